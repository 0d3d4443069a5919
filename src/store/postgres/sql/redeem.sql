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
    INSERT INTO SCHEMA.session ({NAMES}) SELECT {NAMES} FROM judged WHERE line = 'redeemed'
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
    {COLUMNS}
FROM judged j LEFT JOIN ended ON true
