-- hallpass, PostgreSQL schema, version 2: the sessions at a client, oldest first.
--
-- `PostgresStore::migrate()` runs this. To run it by hand, in one transaction: put the schema first in `search_path`, run
-- this file, then `INSERT INTO migration (version, runs_since) VALUES (2, 1)`: software for version 1 goes on with it.
--
-- Sessions cannot be written while an index is built, a few seconds for each million. Where that is too long, build it
-- before, outside a transaction, with CREATE INDEX CONCURRENTLY and the same name; then this does nothing.

CREATE INDEX IF NOT EXISTS session_of_client_in_order ON session (client, id) WHERE ended_at IS NULL;
