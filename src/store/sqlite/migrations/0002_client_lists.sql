-- hallpass on SQLite, schema version 2: the sessions at a client, oldest first.
--
-- `SqliteStore::open` runs this by itself. By hand, on a file of version 1:
--   sqlite3 -bail tokens.db "BEGIN IMMEDIATE" ".read 0002_client_lists.sql" "COMMIT"
--
-- Programs for version 1 go on with it: `setting.works_from` stays as it is.

CREATE INDEX session_open_by_client_in_order ON session (client, id) WHERE ended_at IS NULL;

PRAGMA user_version = 2;
