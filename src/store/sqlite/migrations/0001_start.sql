-- hallpass on SQLite, schema version 1.
--
-- `SqliteStore::open` runs this by itself. By hand, on a new file:
--   sqlite3 -bail tokens.db "PRAGMA journal_mode = WAL" "BEGIN IMMEDIATE" ".read 0001_start.sql" "COMMIT"
--
-- Times are Unix milliseconds, lifetimes milliseconds. Ids of sessions, API keys and tokens are 18
-- bytes: 6 of birth, 12 of a hash. No column holds anything that could be presented.

-- One row for each session, however often it is refreshed.
CREATE TABLE session (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 18),
    format              INTEGER NOT NULL,           -- how to read this row; an unknown one is refused
    subject             TEXT    NOT NULL,
    client              TEXT    NOT NULL,
    scope               TEXT    NOT NULL,           -- canonical
    audience            TEXT    NOT NULL,           -- JSON array
    claims              TEXT    NOT NULL,           -- JSON object
    cnf                 TEXT,                       -- JSON object with one member
    label               TEXT,
    -- The policy it was opened with; never changes.
    access_lifetime     INTEGER NOT NULL,
    retry_window        INTEGER NOT NULL,
    retry_after_loss    INTEGER NOT NULL,
    idle                INTEGER NOT NULL,
    max_skew            INTEGER NOT NULL,
    rotation            INTEGER NOT NULL CHECK (rotation IN (0, 1)),
    strict              INTEGER NOT NULL CHECK (strict IN (0, 1)),
    client_proof        INTEGER NOT NULL CHECK (client_proof IN (0, 1)),
    absolute_expires_at INTEGER NOT NULL,
    prune_after         INTEGER NOT NULL,           -- absolute_expires_at + max_skew
    -- What changes as it is used.
    generation          INTEGER NOT NULL,
    sealing_key         INTEGER NOT NULL,
    attempt             BLOB    CHECK (length(attempt) = 8),
    rotated_at          INTEGER,
    confirmed_at        INTEGER,
    idle_expires_at     INTEGER NOT NULL,
    ended_at            INTEGER,
    end_reason          TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_open_by_subject ON session (subject, id) WHERE ended_at IS NULL;
CREATE INDEX session_open_by_client ON session (client, subject) WHERE ended_at IS NULL;
CREATE INDEX session_by_prune_after ON session (prune_after);

CREATE TABLE api_key (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 18),
    format       INTEGER NOT NULL,
    subject      TEXT    NOT NULL,
    client       TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    audience     TEXT    NOT NULL,
    claims       TEXT    NOT NULL,
    expires_at   INTEGER,                           -- nothing: never
    last_used_at INTEGER,
    replaced_by  BLOB    CHECK (length(replaced_by) = 18),
    ended_at     INTEGER,
    end_reason   TEXT,
    stops_at     INTEGER,                           -- the earlier of expires_at and ended_at
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_open_by_subject ON api_key (subject, id) WHERE ended_at IS NULL;
CREATE INDEX api_key_open_by_client ON api_key (client, subject) WHERE ended_at IS NULL;
CREATE INDEX api_key_by_stops_at ON api_key (stops_at) WHERE stops_at IS NOT NULL;

-- What was taken back, numbered in the order of commits: SQLite has one writer at a time over all
-- processes, and AUTOINCREMENT never gives a number twice, also when the last rows are pruned.
CREATE TABLE revocation (
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,                    -- token, session, api_key, signing_key, client_changed; of owners: subject, client, subject_at_client
    id         BLOB    CHECK (length(id) = 18),
    subject    TEXT,
    client     TEXT,
    key_id     TEXT,
    not_before INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX revocation_by_expires_at ON revocation (expires_at);

-- Up to which birth an owner's access is revoked. A name that does not apply is empty.
CREATE TABLE mark (
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, client)
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_by_expires_at ON mark (expires_at);

-- Registered applications. Secrets are keyed hashes, worthless without the master secret.
CREATE TABLE client (
    id          TEXT    NOT NULL PRIMARY KEY,
    format      INTEGER NOT NULL,
    version     INTEGER NOT NULL,                   -- counts its changes
    settings    TEXT    NOT NULL,                   -- JSON object
    secrets     TEXT    NOT NULL,                   -- JSON array of hashes with their expiry
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
    subject  TEXT    NOT NULL,
    client   TEXT    NOT NULL,
    format   INTEGER NOT NULL,
    scope    TEXT    NOT NULL,                      -- canonical
    given_at INTEGER NOT NULL,
    PRIMARY KEY (subject, client)
) STRICT, WITHOUT ROWID;

CREATE INDEX consent_by_client ON consent (client);

-- Authorization codes, each with the session that redeeming it opens: `id` and what follows it are
-- the columns of `session`.
CREATE TABLE code (
    code_id             BLOB    NOT NULL PRIMARY KEY CHECK (length(code_id) = 18),
    redirect_uri        TEXT    NOT NULL,
    challenge           TEXT    NOT NULL,
    expires_at          INTEGER NOT NULL,
    extra               TEXT    NOT NULL,           -- JSON
    used                TEXT    CHECK (used IN ('redeemed', 'burnt')),
    used_by             BLOB    CHECK (length(used_by) = 8),
    prune_after         INTEGER NOT NULL,
    id                  BLOB    NOT NULL CHECK (length(id) = 18),
    format              INTEGER NOT NULL,           -- how to read this row; an unknown one is refused
    subject             TEXT    NOT NULL,
    client              TEXT    NOT NULL,
    scope               TEXT    NOT NULL,           -- canonical
    audience            TEXT    NOT NULL,           -- JSON array
    claims              TEXT    NOT NULL,           -- JSON object
    cnf                 TEXT,                       -- JSON object with one member
    label               TEXT,
    access_lifetime     INTEGER NOT NULL,
    retry_window        INTEGER NOT NULL,
    retry_after_loss    INTEGER NOT NULL,
    idle                INTEGER NOT NULL,
    max_skew            INTEGER NOT NULL,
    rotation            INTEGER NOT NULL CHECK (rotation IN (0, 1)),
    strict              INTEGER NOT NULL CHECK (strict IN (0, 1)),
    client_proof        INTEGER NOT NULL CHECK (client_proof IN (0, 1)),
    absolute_expires_at INTEGER NOT NULL,
    generation          INTEGER NOT NULL,
    sealing_key         INTEGER NOT NULL,
    attempt             BLOB    CHECK (length(attempt) = 8),
    rotated_at          INTEGER,
    confirmed_at        INTEGER,
    idle_expires_at     INTEGER NOT NULL,
    ended_at            INTEGER,
    end_reason          TEXT,
    CHECK ((used IS 'redeemed') = (used_by IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX code_by_prune_after ON code (prune_after);

-- Values that work once, by their hash.
CREATE TABLE once (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    attempt    BLOB    NOT NULL CHECK (length(attempt) = 8),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX once_by_expires_at ON once (expires_at);

-- The signing keys, a few rows that are always read and replaced together; private halves are sealed.
CREATE TABLE signing_key (
    position       INTEGER NOT NULL PRIMARY KEY,
    format         INTEGER NOT NULL,
    kid            TEXT    NOT NULL,
    public_jwk     TEXT    NOT NULL,
    sealed_private BLOB    NOT NULL,
    published_at   INTEGER NOT NULL,
    active_at      INTEGER,
    retire_at      INTEGER,
    gone_at        INTEGER
) STRICT;

CREATE TABLE setting (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    works_from INTEGER NOT NULL,                    -- the oldest schema version whose programs may use this file
    retention  INTEGER,                             -- how long revocation records live: the highest ever asked for
    signing_keys INTEGER NOT NULL DEFAULT 0,        -- counts the changes of the signing keys
    barrier    INTEGER NOT NULL DEFAULT 0           -- counts commits made only to reach the disk
) STRICT;

INSERT INTO setting (id, works_from) VALUES (1, 1);

PRAGMA application_id = 1752200307; -- "hpts"
PRAGMA user_version = 1;
