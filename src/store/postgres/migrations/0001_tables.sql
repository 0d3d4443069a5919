-- hallpass, PostgreSQL schema, version 1.
--
-- `PostgresStore::migrate()` runs this. To run it by hand, in one transaction: create the schema, put it first in
-- `search_path`, run this file, then `INSERT INTO migration (version, runs_since) VALUES (1, 1)`.
--
-- Times are Unix milliseconds, durations nanoseconds. Identifiers are 18 bytes: 6 of birth in milliseconds, then 12 of
-- hash or randomness. Nothing here can be presented as a credential: identifiers are hashes of secrets.

CREATE TABLE migration (
    version    integer PRIMARY KEY,
    -- The oldest version of the software that can work with this schema: versions run together while they are replaced.
    runs_since integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row per setting; `retention_ms` is how long a revocation record lives.
CREATE TABLE setting (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

-- One row per session, however often it is refreshed. No index holds a column that a refresh writes, and a page keeps
-- room for the next version of its rows, so that a refresh touches no index (a HOT update).
CREATE TABLE session (
    id                  bytea PRIMARY KEY CHECK (octet_length(id) = 18),
    format              smallint NOT NULL,
    subject             text COLLATE "C" NOT NULL,
    client              text COLLATE "C" NOT NULL,
    scope               text NOT NULL,
    audience            text[] NOT NULL,
    claims              text NOT NULL,
    -- The key the tokens are bound to, as `jkt:…` or `x5t#S256:…`.
    cnf                 text COLLATE "C",
    label               text,
    access_lifetime_ns  bigint NOT NULL,
    retry_window_ns     bigint NOT NULL,
    retry_after_loss_ns bigint NOT NULL,
    idle_ns             bigint NOT NULL,
    max_skew_ns         bigint NOT NULL,
    rotation            boolean NOT NULL,
    strict              boolean NOT NULL,
    client_proof        boolean NOT NULL,
    absolute_expires_at bigint NOT NULL,
    prune_after         bigint NOT NULL,
    generation          bigint NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    sealing_key         smallint NOT NULL CHECK (sealing_key BETWEEN 0 AND 255),
    attempt             bytea CHECK (octet_length(attempt) = 8),
    rotated_at          bigint,
    confirmed_at        bigint,
    idle_expires_at     bigint NOT NULL,
    ended_at            bigint,
    end_reason          text,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) WITH (fillfactor = 70);

CREATE INDEX session_of_subject ON session (subject, id) WHERE ended_at IS NULL;
CREATE INDEX session_of_client ON session (client, subject, id) WHERE ended_at IS NULL;
CREATE INDEX session_to_prune ON session (prune_after);

CREATE TABLE api_key (
    id           bytea PRIMARY KEY CHECK (octet_length(id) = 18),
    format       smallint NOT NULL,
    subject      text COLLATE "C" NOT NULL,
    client       text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    scope        text NOT NULL,
    audience     text[] NOT NULL,
    claims       text NOT NULL,
    expires_at   bigint,
    last_used_at bigint,
    replaced_by  bytea CHECK (octet_length(replaced_by) = 18),
    ended_at     bigint,
    end_reason   text,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) WITH (fillfactor = 85);

CREATE INDEX api_key_of_subject ON api_key (subject, id) WHERE ended_at IS NULL;
CREATE INDEX api_key_of_client ON api_key (client, subject, id) WHERE ended_at IS NULL;
-- `least` passes over what is not set: the earlier of both, or nothing.
CREATE INDEX api_key_to_prune ON api_key (least(ended_at, expires_at));

-- Up to which birth an owner's access is revoked. `kind` is `subject`, `client` or `subject_at_client`; what an owner
-- does not name is empty.
CREATE TABLE owner_mark (
    kind       text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    client     text COLLATE "C" NOT NULL,
    not_before bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (kind, subject, client)
);

CREATE INDEX owner_mark_to_prune ON owner_mark (expires_at);

-- The revocation feed. A reader cannot miss a late commit, because it goes back to the oldest transaction that was
-- still running when it read: `tx` is the transaction that wrote the row.
CREATE TABLE revocation (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- `token`, `session`, `api_key` (named by `id`); `subject`, `client`, `subject_at_client`; `client_changed` and
    -- `signing_key` (named by `key`).
    kind       text COLLATE "C" NOT NULL,
    id         bytea CHECK (octet_length(id) = 18),
    subject    text COLLATE "C",
    client     text COLLATE "C",
    key        text COLLATE "C",
    not_before bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX revocation_in_order ON revocation (tx, seq);
CREATE INDEX revocation_to_prune ON revocation (expires_at);

-- Tells who listens that there is something to read. A hint: nothing depends on its arrival.
CREATE FUNCTION announce_revocation() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_notify('hallpass:' || TG_TABLE_SCHEMA, '');
    RETURN NULL;
END $$;

CREATE TRIGGER announce_revocation AFTER INSERT ON revocation
    FOR EACH ROW EXECUTE FUNCTION announce_revocation();

-- The lock under which an owner's records are created (shared) and revoked (exclusive).
CREATE FUNCTION owner_lock(kind text, subject text, client text) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT hashtextextended(
        concat_ws(E'\x01', 'hallpass', current_schema(), kind, subject, client), 0)
$$;

-- Why creating a record cannot slip past the revocation of its owner: a statement sees what was committed before it
-- began, not what was committed while it waited for a lock. So both sides take their lock first and look afterwards
-- with a new view: in a VOLATILE function under READ COMMITTED every statement takes one. A record is created under
-- three shared locks and sees every mark whose revocation was committed before; a revocation holds the exclusive lock
-- until it is committed, and sees every record that was created before it got the lock. Under another isolation level
-- neither would be true, so both functions refuse to run.
CREATE FUNCTION require_read_committed() RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'hallpass needs the isolation level read committed, not %',
            current_setting('transaction_isolation') USING ERRCODE = 'HP001';
    END IF;
END $$;

-- The last birth that is revoked for this subject at this client, or nothing.
CREATE FUNCTION born_floor(of_subject text, of_client text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
    last_birth bigint;
BEGIN
    PERFORM require_read_committed();
    PERFORM pg_advisory_xact_lock_shared(owner_lock('subject', of_subject, ''));
    PERFORM pg_advisory_xact_lock_shared(owner_lock('client', '', of_client));
    PERFORM pg_advisory_xact_lock_shared(owner_lock('subject_at_client', of_subject, of_client));
    SELECT max(m.not_before) INTO last_birth FROM owner_mark m
    WHERE (m.kind, m.subject, m.client) IN (
        ('subject', of_subject, ''),
        ('client', '', of_client),
        ('subject_at_client', of_subject, of_client));
    RETURN last_birth;
END $$;

-- The birth in an identifier, in milliseconds.
CREATE FUNCTION born(id bytea) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ('x' || encode(substring(id FROM 1 FOR 6), 'hex'))::bit(48)::bigint
$$;

-- Until when a record written now must be kept; 253402300799999 is the end of year 9999.
CREATE FUNCTION kept_until(since bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT least(
        since + coalesce((SELECT value FROM setting WHERE name = 'retention_ms'), 86460000),
        253402300799999)
$$;

-- Ends everything an owner has and writes the one record of it. Rows are locked in the order of their ids, as everyone
-- does who locks several, so that nobody waits in a circle. The conditions are fixed texts; each kind of owner gets a
-- plan with its own index.
CREATE FUNCTION revoke_owner(
    of_kind text, of_subject text, of_client text, with_api_keys boolean, why text, instant bigint,
    OUT sessions bigint, OUT api_keys bigint, OUT not_before bigint, OUT expires_at bigint)
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
    owned text;
    latest_session bigint;
    latest_api_key bigint;
BEGIN
    PERFORM require_read_committed();
    owned := CASE of_kind
        WHEN 'subject' THEN 'o.subject = $1'
        WHEN 'client' THEN 'o.client = $2'
        WHEN 'subject_at_client' THEN 'o.client = $2 AND o.subject = $1'
    END;
    IF owned IS NULL THEN
        RAISE EXCEPTION 'unknown kind of owner %', of_kind USING ERRCODE = 'HP002';
    END IF;
    PERFORM pg_advisory_xact_lock(owner_lock(of_kind, of_subject, of_client));
    EXECUTE 'WITH locked AS MATERIALIZED (
            SELECT o.id FROM session o WHERE ' || owned || ' AND o.ended_at IS NULL ORDER BY o.id FOR UPDATE),
        ended AS (
            UPDATE session s SET ended_at = $4, end_reason = $3 FROM locked
            WHERE s.id = locked.id AND s.ended_at IS NULL
            RETURNING s.id, $4 < s.absolute_expires_at AND $4 < s.idle_expires_at AS was_live)
        SELECT count(*) FILTER (WHERE was_live), max(born(id)) FROM ended'
        INTO sessions, latest_session USING of_subject, of_client, why, instant;
    api_keys := 0;
    IF with_api_keys THEN
        EXECUTE 'WITH locked AS MATERIALIZED (
                SELECT o.id FROM api_key o WHERE ' || owned || ' AND o.ended_at IS NULL ORDER BY o.id FOR UPDATE),
            ended AS (
                UPDATE api_key k SET ended_at = $4, end_reason = $3 FROM locked
                WHERE k.id = locked.id AND k.ended_at IS NULL
                RETURNING k.id, coalesce($4 < k.expires_at, true) AS was_live)
            SELECT count(*) FILTER (WHERE was_live), max(born(id)) FROM ended'
            INTO api_keys, latest_api_key USING of_subject, of_client, why, instant;
    END IF;
    not_before := greatest(instant, latest_session, latest_api_key);
    expires_at := kept_until(not_before);
    INSERT INTO owner_mark AS m (kind, subject, client, not_before, expires_at)
        VALUES (of_kind, of_subject, of_client, revoke_owner.not_before, revoke_owner.expires_at)
        ON CONFLICT ON CONSTRAINT owner_mark_pkey DO UPDATE SET
            not_before = greatest(m.not_before, excluded.not_before),
            expires_at = greatest(m.expires_at, excluded.expires_at);
    INSERT INTO revocation (kind, subject, client, not_before, expires_at)
        VALUES (of_kind, nullif(of_subject, ''), nullif(of_client, ''),
            revoke_owner.not_before, revoke_owner.expires_at);
END $$;

-- Ends one session that another statement has found, with its record; what was committed while that statement waited is
-- seen, because a VOLATILE function looks anew. Nothing if there is no such session.
CREATE FUNCTION end_session(of_id bytea, why text, instant bigint, OUT ended_since bigint, OUT kept bigint)
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM require_read_committed();
    UPDATE session SET ended_at = instant, end_reason = why WHERE id = of_id AND ended_at IS NULL;
    IF FOUND THEN
        ended_since := instant;
        INSERT INTO revocation (kind, id, not_before, expires_at)
            VALUES ('session', of_id, instant, kept_until(instant)) RETURNING expires_at INTO kept;
    ELSE
        SELECT s.ended_at, kept_until(s.ended_at) INTO ended_since, kept FROM session s WHERE s.id = of_id;
    END IF;
END $$;

CREATE TABLE client (
    id                text COLLATE "C" PRIMARY KEY,
    version           bigint NOT NULL,
    settings          text NOT NULL,
    -- Hashes under a key of the master secret, and until when each works.
    secret_hashes     bytea[] NOT NULL,
    secret_expires_at bigint[] NOT NULL,
    disabled_at       bigint
);

CREATE TABLE consent (
    subject  text COLLATE "C" NOT NULL,
    client   text COLLATE "C" NOT NULL,
    scope    text NOT NULL,
    given_at bigint NOT NULL,
    PRIMARY KEY (subject, client)
);

CREATE INDEX consent_of_client ON consent (client);

-- An authorization code, with every column of the session that it will open.
CREATE TABLE code (
    LIKE session INCLUDING CONSTRAINTS,
    code_id          bytea PRIMARY KEY CHECK (octet_length(code_id) = 18),
    redirect_uri     text NOT NULL,
    challenge        text NOT NULL,
    code_expires_at  bigint NOT NULL,
    extra            text NOT NULL,
    -- `redeemed` (by the attempt `used_by`) or `burnt`.
    used             text,
    used_by          bytea CHECK (octet_length(used_by) = 8),
    code_prune_after bigint NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX code_to_prune ON code (code_prune_after);

CREATE TABLE replay (
    key        bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    attempt    bytea NOT NULL CHECK (octet_length(attempt) = 8),
    expires_at bigint NOT NULL
);

CREATE INDEX replay_to_prune ON replay (expires_at);

-- The signing keys as one value: one row. The private halves are sealed.
CREATE TABLE signing_key_set (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version        bigint NOT NULL,
    kid            text[] NOT NULL,
    public_jwk     text[] NOT NULL,
    sealed_private bytea[] NOT NULL,
    published_at   bigint[] NOT NULL,
    active_at      bigint[] NOT NULL,
    retire_at      bigint[] NOT NULL,
    gone_at        bigint[] NOT NULL
);

INSERT INTO signing_key_set VALUES (true, 0, '{}', '{}', '{}', '{}', '{}', '{}', '{}');
