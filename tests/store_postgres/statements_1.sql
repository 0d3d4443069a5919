-- The statements of software for version 1 of the schema, as it sends them; `SCHEMA.` stands for the schema.
--- version
SELECT max(version), max(runs_since) FROM SCHEMA.migration
--- insert_session
WITH lock AS MATERIALIZED (SELECT SCHEMA.born_floor($3::text, $4::text) AS last_birth), inserted AS (INSERT INTO SCHEMA.session (id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime_ns, retry_window_ns, retry_after_loss_ns, idle_ns, max_skew_ns, rotation, strict, client_proof, absolute_expires_at, prune_after, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason) SELECT $1::bytea, $2::smallint, $3::text, $4::text, $5::text, $6::text[], $7::text, $8::text, $9::text, $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14::bigint, $15::boolean, $16::boolean, $17::boolean, $18::bigint, $19::bigint, $20::bigint, $21::smallint, $22::bytea, $23::bigint, $24::bigint, $25::bigint, $26::bigint, $27::text FROM lock WHERE SCHEMA.born($1::bytea) > coalesce(lock.last_birth, -1) ON CONFLICT (id) DO NOTHING RETURNING id) SELECT EXISTS (SELECT 1 FROM inserted), CASE WHEN SCHEMA.born($1::bytea) <= lock.last_birth THEN lock.last_birth END FROM lock
--- find_session
SELECT s.id, s.format, s.subject, s.client, s.scope, s.audience, s.claims, s.cnf, s.label, s.access_lifetime_ns, s.retry_window_ns, s.retry_after_loss_ns, s.idle_ns, s.max_skew_ns, s.rotation, s.strict, s.client_proof, s.absolute_expires_at, s.prune_after, s.generation, s.sealing_key, s.attempt, s.rotated_at, s.confirmed_at, s.idle_expires_at, s.ended_at, s.end_reason FROM SCHEMA.session s WHERE s.id = $1
--- rotate_one
WITH command AS (SELECT 1::bigint AS ord, $1::bytea AS id, $2::bigint AS presented, $3::text AS client, $4::text AS proof, $5::smallint AS sealing_key, $6::bytea AS attempt, $7::boolean AS fast_forward, $8::bigint AS instant),
-- Applies the decision table to each command's row, in one step. `command` is put before this: one row per command, at
-- most one for each session. `decide` says the same in Rust; a test holds both to each other.
locked AS MATERIALIZED (
    -- In the order of ids, so that two writers cannot wait for each other.
    SELECT s.* FROM SCHEMA.session s WHERE s.id = $1::bytea ORDER BY s.id FOR UPDATE
), measured AS MATERIALIZED (
    SELECT c.ord, c.presented, c.client AS proven_client, c.proof, c.sealing_key AS next_sealing_key,
        c.attempt AS this_attempt, c.fast_forward, c.instant, l.*,
        l.generation - c.presented AS behind,
        -- Whole milliseconds against nanoseconds: `since < window` is `since < ceiling(window)`, `ahead > skew` is
        -- `ahead > floor(skew)`.
        CASE WHEN l.rotated_at IS NOT NULL THEN greatest(c.instant - l.rotated_at, 0) END AS since,
        coalesce(l.rotated_at - c.instant > l.max_skew_ns / 1000000, false) AS is_ahead,
        (l.retry_window_ns + 999999) / 1000000 AS retry_window,
        (l.retry_after_loss_ns + 999999) / 1000000 AS retry_after_loss,
        least(c.instant + l.idle_ns / 1000000, l.absolute_expires_at) AS slid,
        (l.idle_ns / 20 + 999999) / 1000000 AS worth_sliding
    FROM command c LEFT JOIN locked l ON l.id = c.id
), judged AS MATERIALIZED (
    SELECT m.*, CASE
        WHEN m.format IS NULL THEN 'missing'
        WHEN m.format <> 1 THEN 'unreadable'
        WHEN m.proven_client <> m.client THEN 'other_client'
        WHEN m.proven_client IS NULL AND m.client_proof THEN 'client_required'
        WHEN m.cnf IS NOT NULL AND m.cnf IS DISTINCT FROM m.proof THEN 'proof_required'
        -- This very attempt has been carried out before.
        WHEN m.attempt = m.this_attempt AND m.end_reason = 'reused' THEN 'reused_before'
        WHEN m.attempt = m.this_attempt AND m.ended_at IS NULL AND m.instant < m.absolute_expires_at
            THEN 'rotated_before'
        WHEN m.ended_at IS NOT NULL THEN 'ended'
        WHEN m.instant >= m.absolute_expires_at THEN 'expired'
        WHEN m.behind IN (0, 1) AND m.instant >= m.idle_expires_at THEN 'idle'
        WHEN m.behind = 0 THEN CASE
            WHEN NOT m.rotation THEN CASE
                WHEN m.slid > m.idle_expires_at AND m.slid - m.idle_expires_at >= m.worth_sliding THEN 'slid'
                ELSE 'kept' END
            WHEN NOT m.strict AND NOT m.is_ahead AND m.since < m.retry_window THEN CASE
                WHEN m.confirmed_at IS NULL THEN 'confirmed'
                ELSE 'coalesced' END
            WHEN m.presented = 4294967295 THEN 'exhausted'
            ELSE 'rotated' END
        WHEN m.behind = 1 AND m.is_ahead THEN 'clock_skew'
        WHEN m.behind = 1 AND NOT m.strict AND (m.since < m.retry_window
            OR (m.confirmed_at IS NULL AND m.since < m.retry_after_loss)) THEN 'replayed'
        WHEN m.behind >= 1 THEN 'reused'
        WHEN NOT m.fast_forward THEN 'rollback'
        WHEN m.instant >= m.idle_expires_at THEN 'idle'
        WHEN m.presented = 4294967295 THEN 'exhausted'
        ELSE 'rotated' END AS line
    FROM measured m
), written AS (
    UPDATE SCHEMA.session s SET
        generation = CASE j.line WHEN 'rotated' THEN j.presented + 1 ELSE j.generation END,
        sealing_key = CASE j.line WHEN 'rotated' THEN j.next_sealing_key ELSE j.sealing_key END,
        attempt = CASE WHEN j.line IN ('rotated', 'reused') THEN j.this_attempt ELSE j.attempt END,
        rotated_at = CASE j.line WHEN 'rotated' THEN j.instant ELSE j.rotated_at END,
        confirmed_at = CASE j.line WHEN 'rotated' THEN NULL WHEN 'confirmed' THEN j.instant ELSE j.confirmed_at END,
        idle_expires_at = CASE WHEN j.line IN ('rotated', 'slid') THEN j.slid ELSE j.idle_expires_at END,
        ended_at = CASE j.line WHEN 'reused' THEN j.instant ELSE j.ended_at END,
        end_reason = CASE j.line WHEN 'reused' THEN 'reused' ELSE j.end_reason END
    FROM judged j
    WHERE s.id = j.id AND j.line IN ('rotated', 'confirmed', 'slid', 'reused')
    RETURNING s.id
), recorded AS (
    INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at)
    SELECT 'session', j.id, j.instant, SCHEMA.kept_until(j.instant) FROM judged j WHERE j.line = 'reused'
    RETURNING id, expires_at
)
SELECT j.ord, j.line, w.id IS NOT NULL AS written,
    coalesce(r.expires_at, CASE j.line WHEN 'reused_before' THEN SCHEMA.kept_until(j.ended_at) END) AS recorded_until,
    j.id, j.format, j.subject, j.client, j.scope, j.audience, j.claims, j.cnf, j.label, j.access_lifetime_ns, j.retry_window_ns, j.retry_after_loss_ns, j.idle_ns, j.max_skew_ns, j.rotation, j.strict, j.client_proof, j.absolute_expires_at, j.prune_after, j.generation, j.sealing_key, j.attempt, j.rotated_at, j.confirmed_at, j.idle_expires_at, j.ended_at, j.end_reason
FROM judged j LEFT JOIN written w ON w.id = j.id LEFT JOIN recorded r ON r.id = j.id
--- rotate_many
WITH command AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::smallint[], $6::bytea[], $7::boolean[], $8::bigint[]) WITH ORDINALITY AS c (id, presented, client, proof, sealing_key, attempt, fast_forward, instant, ord)),
-- Applies the decision table to each command's row, in one step. `command` is put before this: one row per command, at
-- most one for each session. `decide` says the same in Rust; a test holds both to each other.
locked AS MATERIALIZED (
    -- In the order of ids, so that two writers cannot wait for each other.
    SELECT s.* FROM SCHEMA.session s WHERE s.id = ANY ($1::bytea[]) ORDER BY s.id FOR UPDATE
), measured AS MATERIALIZED (
    SELECT c.ord, c.presented, c.client AS proven_client, c.proof, c.sealing_key AS next_sealing_key,
        c.attempt AS this_attempt, c.fast_forward, c.instant, l.*,
        l.generation - c.presented AS behind,
        -- Whole milliseconds against nanoseconds: `since < window` is `since < ceiling(window)`, `ahead > skew` is
        -- `ahead > floor(skew)`.
        CASE WHEN l.rotated_at IS NOT NULL THEN greatest(c.instant - l.rotated_at, 0) END AS since,
        coalesce(l.rotated_at - c.instant > l.max_skew_ns / 1000000, false) AS is_ahead,
        (l.retry_window_ns + 999999) / 1000000 AS retry_window,
        (l.retry_after_loss_ns + 999999) / 1000000 AS retry_after_loss,
        least(c.instant + l.idle_ns / 1000000, l.absolute_expires_at) AS slid,
        (l.idle_ns / 20 + 999999) / 1000000 AS worth_sliding
    FROM command c LEFT JOIN locked l ON l.id = c.id
), judged AS MATERIALIZED (
    SELECT m.*, CASE
        WHEN m.format IS NULL THEN 'missing'
        WHEN m.format <> 1 THEN 'unreadable'
        WHEN m.proven_client <> m.client THEN 'other_client'
        WHEN m.proven_client IS NULL AND m.client_proof THEN 'client_required'
        WHEN m.cnf IS NOT NULL AND m.cnf IS DISTINCT FROM m.proof THEN 'proof_required'
        -- This very attempt has been carried out before.
        WHEN m.attempt = m.this_attempt AND m.end_reason = 'reused' THEN 'reused_before'
        WHEN m.attempt = m.this_attempt AND m.ended_at IS NULL AND m.instant < m.absolute_expires_at
            THEN 'rotated_before'
        WHEN m.ended_at IS NOT NULL THEN 'ended'
        WHEN m.instant >= m.absolute_expires_at THEN 'expired'
        WHEN m.behind IN (0, 1) AND m.instant >= m.idle_expires_at THEN 'idle'
        WHEN m.behind = 0 THEN CASE
            WHEN NOT m.rotation THEN CASE
                WHEN m.slid > m.idle_expires_at AND m.slid - m.idle_expires_at >= m.worth_sliding THEN 'slid'
                ELSE 'kept' END
            WHEN NOT m.strict AND NOT m.is_ahead AND m.since < m.retry_window THEN CASE
                WHEN m.confirmed_at IS NULL THEN 'confirmed'
                ELSE 'coalesced' END
            WHEN m.presented = 4294967295 THEN 'exhausted'
            ELSE 'rotated' END
        WHEN m.behind = 1 AND m.is_ahead THEN 'clock_skew'
        WHEN m.behind = 1 AND NOT m.strict AND (m.since < m.retry_window
            OR (m.confirmed_at IS NULL AND m.since < m.retry_after_loss)) THEN 'replayed'
        WHEN m.behind >= 1 THEN 'reused'
        WHEN NOT m.fast_forward THEN 'rollback'
        WHEN m.instant >= m.idle_expires_at THEN 'idle'
        WHEN m.presented = 4294967295 THEN 'exhausted'
        ELSE 'rotated' END AS line
    FROM measured m
), written AS (
    UPDATE SCHEMA.session s SET
        generation = CASE j.line WHEN 'rotated' THEN j.presented + 1 ELSE j.generation END,
        sealing_key = CASE j.line WHEN 'rotated' THEN j.next_sealing_key ELSE j.sealing_key END,
        attempt = CASE WHEN j.line IN ('rotated', 'reused') THEN j.this_attempt ELSE j.attempt END,
        rotated_at = CASE j.line WHEN 'rotated' THEN j.instant ELSE j.rotated_at END,
        confirmed_at = CASE j.line WHEN 'rotated' THEN NULL WHEN 'confirmed' THEN j.instant ELSE j.confirmed_at END,
        idle_expires_at = CASE WHEN j.line IN ('rotated', 'slid') THEN j.slid ELSE j.idle_expires_at END,
        ended_at = CASE j.line WHEN 'reused' THEN j.instant ELSE j.ended_at END,
        end_reason = CASE j.line WHEN 'reused' THEN 'reused' ELSE j.end_reason END
    FROM judged j
    WHERE s.id = j.id AND j.line IN ('rotated', 'confirmed', 'slid', 'reused')
    RETURNING s.id
), recorded AS (
    INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at)
    SELECT 'session', j.id, j.instant, SCHEMA.kept_until(j.instant) FROM judged j WHERE j.line = 'reused'
    RETURNING id, expires_at
)
SELECT j.ord, j.line, w.id IS NOT NULL AS written,
    coalesce(r.expires_at, CASE j.line WHEN 'reused_before' THEN SCHEMA.kept_until(j.ended_at) END) AS recorded_until,
    j.id, j.format, j.subject, j.client, j.scope, j.audience, j.claims, j.cnf, j.label, j.access_lifetime_ns, j.retry_window_ns, j.retry_after_loss_ns, j.idle_ns, j.max_skew_ns, j.rotation, j.strict, j.client_proof, j.absolute_expires_at, j.prune_after, j.generation, j.sealing_key, j.attempt, j.rotated_at, j.confirmed_at, j.idle_expires_at, j.ended_at, j.end_reason
FROM judged j LEFT JOIN written w ON w.id = j.id LEFT JOIN recorded r ON r.id = j.id
--- confirm_session
UPDATE SCHEMA.session SET confirmed_at = $3 WHERE id = $1 AND generation = $2 AND ended_at IS NULL AND confirmed_at IS NULL
--- end_session
WITH locked AS MATERIALIZED (SELECT t.id, t.ended_at, $3 < t.absolute_expires_at AND $3 < t.idle_expires_at AS live FROM SCHEMA.session t WHERE t.id = $1 FOR UPDATE), ended AS (UPDATE SCHEMA.session t SET ended_at = $3, end_reason = $2 FROM locked l WHERE t.id = l.id AND l.ended_at IS NULL RETURNING t.id), recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) SELECT 'session', id, $3, SCHEMA.kept_until($3) FROM ended RETURNING expires_at) SELECT l.live AND l.ended_at IS NULL, coalesce(l.ended_at, $3), coalesce(r.expires_at, SCHEMA.kept_until(l.ended_at)) FROM locked l LEFT JOIN recorded r ON true
--- list_sessions
SELECT s.id, s.format, s.subject, s.client, s.scope, s.audience, s.claims, s.cnf, s.label, s.access_lifetime_ns, s.retry_window_ns, s.retry_after_loss_ns, s.idle_ns, s.max_skew_ns, s.rotation, s.strict, s.client_proof, s.absolute_expires_at, s.prune_after, s.generation, s.sealing_key, s.attempt, s.rotated_at, s.confirmed_at, s.idle_expires_at, s.ended_at, s.end_reason FROM SCHEMA.session s WHERE s.subject = $1 AND s.id > $2 AND s.ended_at IS NULL AND $4 < s.absolute_expires_at AND $4 < s.idle_expires_at ORDER BY s.id LIMIT $3
--- prune_sessions
WITH due AS MATERIALIZED (SELECT id FROM SCHEMA.session WHERE prune_after <= $1 ORDER BY prune_after LIMIT $2 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM SCHEMA.session t USING due WHERE t.id = due.id RETURNING 1) SELECT count(*) FROM gone
--- insert_api_key
WITH lock AS MATERIALIZED (SELECT SCHEMA.born_floor($3::text, $4::text) AS last_birth), inserted AS (INSERT INTO SCHEMA.api_key (id, format, subject, client, name, scope, audience, claims, expires_at, last_used_at, replaced_by, ended_at, end_reason) SELECT $1::bytea, $2::smallint, $3::text, $4::text, $5::text, $6::text, $7::text[], $8::text, $9::bigint, $10::bigint, $11::bytea, $12::bigint, $13::text FROM lock WHERE SCHEMA.born($1::bytea) > coalesce(lock.last_birth, -1) ON CONFLICT (id) DO NOTHING RETURNING id) SELECT EXISTS (SELECT 1 FROM inserted), CASE WHEN SCHEMA.born($1::bytea) <= lock.last_birth THEN lock.last_birth END FROM lock
--- find_api_key
SELECT k.id, k.format, k.subject, k.client, k.name, k.scope, k.audience, k.claims, k.expires_at, k.last_used_at, k.replaced_by, k.ended_at, k.end_reason FROM SCHEMA.api_key k WHERE k.id = $1
--- list_api_keys
SELECT k.id, k.format, k.subject, k.client, k.name, k.scope, k.audience, k.claims, k.expires_at, k.last_used_at, k.replaced_by, k.ended_at, k.end_reason FROM SCHEMA.api_key k WHERE k.subject = $1 AND k.id > $2 AND k.ended_at IS NULL AND coalesce($4 < k.expires_at, true) ORDER BY k.id LIMIT $3
--- update_api_key
WITH changed AS (UPDATE SCHEMA.api_key k SET name = coalesce($2, k.name), scope = coalesce($3, k.scope), expires_at = CASE WHEN $4::boolean THEN $5 ELSE k.expires_at END WHERE k.id = $1 AND k.ended_at IS NULL AND coalesce($6 < k.expires_at, true) RETURNING k.*), recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) SELECT 'api_key', id, $6, SCHEMA.kept_until($6) FROM changed RETURNING expires_at AS recorded_until) SELECT recorded.recorded_until, k.id, k.format, k.subject, k.client, k.name, k.scope, k.audience, k.claims, k.expires_at, k.last_used_at, k.replaced_by, k.ended_at, k.end_reason FROM changed k, recorded
--- rotate_api_key
WITH lock AS MATERIALIZED (SELECT SCHEMA.born_floor($3::text, $4::text) AS last_birth), locked AS MATERIALIZED (SELECT k.*, lock.last_birth FROM lock, SCHEMA.api_key k WHERE k.id = $14::bytea FOR UPDATE OF k), judged AS MATERIALIZED (SELECT l.id, l.format, l.replaced_by, l.last_birth, CASE WHEN l.replaced_by = $1::bytea THEN 'rotated_before' WHEN l.replaced_by IS NOT NULL THEN 'already_replaced' WHEN l.ended_at IS NOT NULL OR l.expires_at <= $16::bigint THEN 'not_live' WHEN SCHEMA.born($1::bytea) <= l.last_birth THEN 'born_revoked' ELSE 'rotated' END AS line FROM locked l), inserted AS (INSERT INTO SCHEMA.api_key (id, format, subject, client, name, scope, audience, claims, expires_at, last_used_at, replaced_by, ended_at, end_reason) SELECT $1::bytea, $2::smallint, $3::text, $4::text, $5::text, $6::text, $7::text[], $8::text, $9::bigint, $10::bigint, $11::bytea, $12::bigint, $13::text FROM judged WHERE line = 'rotated' RETURNING id), replaced AS (UPDATE SCHEMA.api_key k SET replaced_by = $1::bytea, expires_at = least(k.expires_at, $15::bigint) FROM judged WHERE k.id = judged.id AND line = 'rotated' RETURNING k.id), recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) SELECT 'api_key', id, $16::bigint, SCHEMA.kept_until($16::bigint) FROM judged WHERE line = 'rotated' RETURNING expires_at) SELECT j.line, j.replaced_by, j.last_birth, coalesce((SELECT expires_at FROM recorded), SCHEMA.kept_until($16::bigint)) FROM judged j
--- end_api_key
WITH locked AS MATERIALIZED (SELECT t.id, t.ended_at, coalesce($3 < t.expires_at, true) AS live FROM SCHEMA.api_key t WHERE t.id = $1 FOR UPDATE), ended AS (UPDATE SCHEMA.api_key t SET ended_at = $3, end_reason = $2 FROM locked l WHERE t.id = l.id AND l.ended_at IS NULL RETURNING t.id), recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) SELECT 'api_key', id, $3, SCHEMA.kept_until($3) FROM ended RETURNING expires_at) SELECT l.live AND l.ended_at IS NULL, coalesce(l.ended_at, $3), coalesce(r.expires_at, SCHEMA.kept_until(l.ended_at)) FROM locked l LEFT JOIN recorded r ON true
--- touch_api_key
UPDATE SCHEMA.api_key SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at <= $3, true)
--- prune_api_keys
WITH due AS MATERIALIZED (SELECT id FROM SCHEMA.api_key WHERE least(ended_at, expires_at) <= $1 ORDER BY least(ended_at, expires_at) LIMIT $2 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM SCHEMA.api_key t USING due WHERE t.id = due.id RETURNING 1) SELECT count(*) FROM gone
--- read_revocations
WITH settled AS MATERIALIZED (SELECT r.* FROM SCHEMA.revocation r WHERE (r.tx, r.seq) > ($1::text::xid8, $2) AND r.tx < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY r.tx, r.seq LIMIT $3), young AS (SELECT r.* FROM SCHEMA.revocation r WHERE (r.tx, r.seq) > ($1::text::xid8, $2) AND r.tx >= pg_snapshot_xmin(pg_current_snapshot()) AND (SELECT count(*) FROM settled) < $3), page AS (SELECT * FROM settled UNION ALL SELECT * FROM young) SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint, p.tx::text::bigint, p.seq, p.kind, p.id, p.subject, p.client, p.key, p.not_before, p.expires_at FROM (SELECT 1) once LEFT JOIN page p ON true ORDER BY p.tx, p.seq
--- raise_retention
INSERT INTO SCHEMA.setting AS s (name, value) VALUES ('retention_ms', $1) ON CONFLICT (name) DO UPDATE SET value = greatest(s.value, excluded.value) RETURNING value
--- revoke
INSERT INTO SCHEMA.revocation (kind, id, key, not_before, expires_at) VALUES ($1, $2, $3, $4, SCHEMA.kept_until($4)) RETURNING expires_at
--- revoke_owner
SELECT sessions, api_keys, not_before, expires_at FROM SCHEMA.revoke_owner($1, $2, $3, $4, $5, $6)
--- prune_revocations
WITH due AS MATERIALIZED (SELECT seq FROM SCHEMA.revocation WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM SCHEMA.revocation r USING due WHERE r.seq = due.seq RETURNING 1) SELECT count(*) FROM gone
--- prune_marks
WITH due AS MATERIALIZED (SELECT kind, subject, client FROM SCHEMA.owner_mark WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) DELETE FROM SCHEMA.owner_mark m USING due WHERE (m.kind, m.subject, m.client) = (due.kind, due.subject, due.client)
--- insert_client
WITH changed AS (INSERT INTO SCHEMA.client (id, version, settings, secret_hashes, secret_expires_at, disabled_at) VALUES ($1, 1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING id), recorded AS (INSERT INTO SCHEMA.revocation (kind, key, not_before, expires_at) SELECT 'client_changed', id, $6, SCHEMA.kept_until($6) FROM changed RETURNING expires_at) SELECT expires_at FROM recorded
--- find_client
SELECT c.id, c.version, c.settings, c.secret_hashes, c.secret_expires_at, c.disabled_at FROM SCHEMA.client c WHERE c.id = $1
--- list_clients
SELECT c.id, c.version, c.settings, c.secret_hashes, c.secret_expires_at, c.disabled_at FROM SCHEMA.client c WHERE c.id > $1 ORDER BY c.id LIMIT $2
--- replace_client
WITH known AS MATERIALIZED (SELECT id, version FROM SCHEMA.client WHERE id = $1 FOR UPDATE), changed AS (UPDATE SCHEMA.client c SET version = k.version + 1, settings = $2, secret_hashes = $3, secret_expires_at = $4, disabled_at = $5 FROM known k WHERE c.id = k.id AND k.version = $6 RETURNING c.id), recorded AS (INSERT INTO SCHEMA.revocation (kind, key, not_before, expires_at) SELECT 'client_changed', id, $7, SCHEMA.kept_until($7) FROM changed RETURNING expires_at), ended AS MATERIALIZED (SELECT e.* FROM (SELECT id FROM changed WHERE $5 IS NOT NULL) c, LATERAL SCHEMA.revoke_owner('client', '', c.id, true, 'client_revoked', $7) e) SELECT k.version, r.expires_at, e.not_before, e.expires_at FROM known k LEFT JOIN recorded r ON true LEFT JOIN ended e ON true
--- remove_client
WITH changed AS (DELETE FROM SCHEMA.client WHERE id = $1 RETURNING id), consents AS (DELETE FROM SCHEMA.consent o USING changed c WHERE o.client = c.id), recorded AS (INSERT INTO SCHEMA.revocation (kind, key, not_before, expires_at) SELECT 'client_changed', id, $2, SCHEMA.kept_until($2) FROM changed RETURNING expires_at), ended AS MATERIALIZED (SELECT e.* FROM changed c, LATERAL SCHEMA.revoke_owner('client', '', c.id, true, 'client_revoked', $2) e) SELECT e.sessions, e.api_keys, e.not_before, e.expires_at, r.expires_at FROM ended e, recorded r
--- put_consent
WITH put AS (INSERT INTO SCHEMA.consent AS o (subject, client, scope, given_at) SELECT $1, $2, $3, $4 WHERE $5::text IS NOT DISTINCT FROM (SELECT scope FROM SCHEMA.consent WHERE subject = $1 AND client = $2) ON CONFLICT (subject, client) DO UPDATE SET scope = excluded.scope, given_at = excluded.given_at WHERE o.scope = $5 RETURNING o.subject, o.client), ended AS MATERIALIZED (SELECT e.* FROM (SELECT * FROM put WHERE $6) p, LATERAL SCHEMA.revoke_owner('subject_at_client', p.subject, p.client, true, 'consent_withdrawn', $7) e) SELECT e.sessions, e.api_keys, e.not_before, e.expires_at FROM put LEFT JOIN ended e ON true
--- find_consent
SELECT subject, client, scope, given_at FROM SCHEMA.consent WHERE subject = $1 AND client = $2
--- list_consents
SELECT subject, client, scope, given_at FROM SCHEMA.consent WHERE subject = $1 AND client > $2 ORDER BY client LIMIT $3
--- withdraw_consent
WITH gone AS (DELETE FROM SCHEMA.consent WHERE subject = $1 AND client = $2) SELECT sessions, api_keys, not_before, expires_at FROM SCHEMA.revoke_owner('subject_at_client', $1, $2, true, 'consent_withdrawn', $3)
--- insert_code
INSERT INTO SCHEMA.code (id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime_ns, retry_window_ns, retry_after_loss_ns, idle_ns, max_skew_ns, rotation, strict, client_proof, absolute_expires_at, prune_after, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason, code_id, redirect_uri, challenge, code_expires_at, extra, used, used_by, code_prune_after) VALUES ($1::bytea, $2::smallint, $3::text, $4::text, $5::text, $6::text[], $7::text, $8::text, $9::text, $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14::bigint, $15::boolean, $16::boolean, $17::boolean, $18::bigint, $19::bigint, $20::bigint, $21::smallint, $22::bytea, $23::bigint, $24::bigint, $25::bigint, $26::bigint, $27::text, $28::bytea, $29::text, $30::text, $31::bigint, $32::text, $33::text, $34::bytea, $35::bigint) ON CONFLICT (code_id) DO NOTHING RETURNING 1
--- redeem_code
-- Applies `decide_redemption` in one step: $1 code, $2 client, $3 redirect, $4 challenge, $5 attempt, $6 now.
-- Subject and client of a code never change, so they may be read before its owner's lock is taken.
WITH found AS MATERIALIZED (
    SELECT subject, client FROM SCHEMA.code WHERE code_id = $1
), lock AS MATERIALIZED (
    SELECT SCHEMA.born_floor(subject, client) AS last_birth FROM found
), locked AS MATERIALIZED (
    SELECT c.*, lock.last_birth FROM lock, SCHEMA.code c WHERE c.code_id = $1 FOR UPDATE OF c
), judged AS MATERIALIZED (
    SELECT l.*, CASE
        WHEN l.format <> 1 THEN 'unreadable'
        WHEN l.client <> $2 THEN 'other_client'
        WHEN l.used = 'redeemed' AND l.used_by = $5 THEN 'redeemed_before'
        WHEN l.used = 'redeemed' AND l.redirect_uri = $3 AND l.challenge = $4 THEN 'replayed'
        WHEN l.used IS NOT NULL THEN 'used'
        WHEN $6 >= l.code_expires_at THEN 'expired'
        WHEN l.redirect_uri <> $3 OR l.challenge <> $4 THEN 'burnt'
        WHEN SCHEMA.born(l.id) <= l.last_birth THEN 'revoked'
        WHEN EXISTS (SELECT 1 FROM SCHEMA.session s WHERE s.id = l.id) THEN 'taken'
        ELSE 'redeemed' END AS line
    FROM locked l
), opened AS (
    INSERT INTO SCHEMA.session (id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime_ns, retry_window_ns, retry_after_loss_ns, idle_ns, max_skew_ns, rotation, strict, client_proof, absolute_expires_at, prune_after, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason) SELECT id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime_ns, retry_window_ns, retry_after_loss_ns, idle_ns, max_skew_ns, rotation, strict, client_proof, absolute_expires_at, prune_after, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason FROM judged WHERE line = 'redeemed'
    ON CONFLICT (id) DO NOTHING RETURNING id
), written AS (
    UPDATE SCHEMA.code c SET
        used = CASE j.line WHEN 'taken' THEN 'burnt' ELSE j.line END,
        used_by = CASE j.line WHEN 'redeemed' THEN $5 END,
        code_prune_after = CASE j.line WHEN 'redeemed' THEN j.prune_after ELSE j.code_prune_after END
    FROM judged j WHERE c.code_id = j.code_id
        AND (j.line IN ('burnt', 'taken') OR j.line = 'redeemed' AND EXISTS (SELECT 1 FROM opened))
    RETURNING c.code_id
), ended AS MATERIALIZED (
    SELECT e.* FROM (SELECT id FROM judged WHERE line = 'replayed') j,
        LATERAL SCHEMA.end_session(j.id, 'code_replayed', $6) e
)
SELECT j.line, EXISTS (SELECT 1 FROM written), EXISTS (SELECT 1 FROM opened), j.last_birth,
    ended.ended_since, ended.kept, j.redirect_uri, j.challenge, j.code_expires_at, j.extra, j.used, j.used_by,
    j.id, j.format, j.subject, j.client, j.scope, j.audience, j.claims, j.cnf, j.label, j.access_lifetime_ns, j.retry_window_ns, j.retry_after_loss_ns, j.idle_ns, j.max_skew_ns, j.rotation, j.strict, j.client_proof, j.absolute_expires_at, j.prune_after, j.generation, j.sealing_key, j.attempt, j.rotated_at, j.confirmed_at, j.idle_expires_at, j.ended_at, j.end_reason
FROM judged j LEFT JOIN ended ON true
--- prune_codes
WITH due AS MATERIALIZED (SELECT code_id FROM SCHEMA.code WHERE code_prune_after <= $1 ORDER BY code_prune_after LIMIT $2 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM SCHEMA.code t USING due WHERE t.code_id = due.code_id RETURNING 1) SELECT count(*) FROM gone
--- consume_once
INSERT INTO SCHEMA.replay AS r (key, attempt, expires_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, expires_at = CASE WHEN r.expires_at <= $4 THEN excluded.expires_at ELSE r.expires_at END WHERE r.expires_at <= $4 OR r.attempt = excluded.attempt RETURNING 1
--- prune_replays
WITH due AS MATERIALIZED (SELECT key FROM SCHEMA.replay WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM SCHEMA.replay t USING due WHERE t.key = due.key RETURNING 1) SELECT count(*) FROM gone
--- load_signing_keys
SELECT version, kid, public_jwk, sealed_private, published_at, active_at, retire_at, gone_at FROM SCHEMA.signing_key_set
--- replace_signing_keys
WITH changed AS (UPDATE SCHEMA.signing_key_set SET version = version + 1, kid = $2, public_jwk = $3, sealed_private = $4, published_at = $5, active_at = $6, retire_at = $7, gone_at = $8 WHERE version = $1 RETURNING 1), recorded AS (INSERT INTO SCHEMA.revocation (kind, key, not_before, expires_at) SELECT 'signing_key', w.kid, $10, SCHEMA.kept_until($10) FROM changed, unnest($9::text[]) AS w (kid)) SELECT SCHEMA.kept_until($10) FROM changed
