-- Applies the decision table to each command's row, in one step. `command` is put before this: one row per command, at
-- most one for each session. `decide` says the same in Rust; a test holds both to each other.
locked AS MATERIALIZED (
    -- In the order of ids, so that two writers cannot wait for each other.
    SELECT s.* FROM SCHEMA.session s WHERE {WHICH} ORDER BY s.id FOR UPDATE
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
    {COLUMNS}
FROM judged j LEFT JOIN written w ON w.id = j.id LEFT JOIN recorded r ON r.id = j.id
