//! Knows the text of every statement, for one schema.
//! Must not know when one is sent, nor what its answer means.

use super::{
    rows::{API_KEY_COLUMNS, SESSION_COLUMNS, columns_of},
    schema::Schema,
};

/// Every statement with the schema's name in it, so that it needs no `search_path`.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) version: String,
    pub(super) insert_session: String,
    pub(super) find_session: String,
    pub(super) rotate_one: String,
    pub(super) rotate_many: String,
    pub(super) confirm_session: String,
    pub(super) end_session: String,
    pub(super) list_sessions_of_subject: String,
    pub(super) list_sessions_of_client: String,
    pub(super) list_sessions_of_subject_at_client: String,
    pub(super) prune_sessions: String,
    pub(super) insert_api_key: String,
    pub(super) find_api_key: String,
    pub(super) list_api_keys: String,
    pub(super) update_api_key: String,
    pub(super) rotate_api_key: String,
    pub(super) end_api_key: String,
    pub(super) touch_api_key: String,
    pub(super) prune_api_keys: String,
    pub(super) read_revocations: String,
    pub(super) raise_retention: String,
    pub(super) revoke: String,
    pub(super) revoke_owner: String,
    pub(super) prune_revocations: String,
    pub(super) prune_marks: String,
}

const ROTATE: &str = include_str!("sql/rotate.sql");

const ONE_COMMAND: &str = "WITH command AS (SELECT 1::bigint AS ord, $1::bytea AS id, \
    $2::bigint AS presented, $3::text AS client, $4::text AS proof, $5::smallint AS sealing_key, \
    $6::bytea AS attempt, $7::boolean AS fast_forward, $8::bigint AS instant),\n";

const MANY_COMMANDS: &str = "WITH command AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], \
    $3::text[], $4::text[], $5::smallint[], $6::bytea[], $7::boolean[], $8::bigint[]) \
    WITH ORDINALITY AS c (id, presented, client, proof, sealing_key, attempt, fast_forward, \
    instant, ord)),\n";

/// Remembers a record unless its birth is revoked: `{NEW}` is the row, `{BORN}` its birth.
const INSERT: &str = "WITH lock AS MATERIALIZED \
    (SELECT SCHEMA.born_floor($3::text, $4::text) AS last_birth), \
    inserted AS (INSERT INTO SCHEMA.{TABLE} ({COLUMNS}) \
    SELECT {VALUES} FROM lock WHERE SCHEMA.born($1::bytea) > coalesce(lock.last_birth, -1) \
    ON CONFLICT (id) DO NOTHING RETURNING id) \
    SELECT EXISTS (SELECT 1 FROM inserted), \
    CASE WHEN SCHEMA.born($1::bytea) <= lock.last_birth THEN lock.last_birth END FROM lock";

impl Statements {
    pub(super) fn for_schema(schema: &Schema) -> Self {
        let session = columns_of("s", &SESSION_COLUMNS);
        let api_key = columns_of("k", &API_KEY_COLUMNS);
        let rotate = |command: &str, which: &str| {
            let body = ROTATE.replace("{WHICH}", which);
            let body = body.replace("{COLUMNS}", &columns_of("j", &SESSION_COLUMNS));
            schema.fill(&format!("{command}{body}"))
        };
        let insert = |table: &str, columns: &[(&str, &str)]| {
            let values: Vec<String> =
                columns.iter().zip(1..).map(|((_, kind), at)| format!("${at}::{kind}")).collect();
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            let text = INSERT
                .replace("{TABLE}", table)
                .replace("{COLUMNS}", &names.join(", "))
                .replace("{VALUES}", &values.join(", "));
            schema.fill(&text)
        };
        let fill = |text: String| schema.fill(&text);
        let list_sessions = |owner: &str| {
            schema.fill(&format!(
                "SELECT {session} FROM SCHEMA.session s WHERE {owner} AND s.id > $3 \
                 AND s.ended_at IS NULL AND $5 < s.absolute_expires_at AND $5 < s.idle_expires_at \
                 ORDER BY s.id LIMIT $4"
            ))
        };
        let prune = |table, due| schema.fill(&prune(table, "id", due));
        Self {
            version: fill("SELECT max(version), max(runs_since) FROM SCHEMA.migration".into()),
            insert_session: insert("session", &SESSION_COLUMNS),
            find_session: fill(format!("SELECT {session} FROM SCHEMA.session s WHERE s.id = $1")),
            rotate_one: rotate(ONE_COMMAND, "s.id = $1::bytea"),
            rotate_many: rotate(MANY_COMMANDS, "s.id = ANY ($1::bytea[])"),
            confirm_session: fill(
                "UPDATE SCHEMA.session SET confirmed_at = $3 WHERE id = $1 AND generation = $2 \
                 AND ended_at IS NULL AND confirmed_at IS NULL"
                    .into(),
            ),
            end_session: fill(
                "WITH locked AS MATERIALIZED (SELECT t.id, t.ended_at, $3 < t.absolute_expires_at AND $3 < t.idle_expires_at AS live \
                 FROM SCHEMA.session t WHERE t.id = $1 FOR UPDATE), \
                 ended AS (UPDATE SCHEMA.session t SET ended_at = $3, end_reason = $2 \
                 FROM locked l WHERE t.id = l.id AND l.ended_at IS NULL RETURNING t.id), \
                 recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) \
                 SELECT 'session', id, $3, SCHEMA.kept_until($3) FROM ended RETURNING expires_at) \
                 SELECT l.live AND l.ended_at IS NULL, coalesce(l.ended_at, $3), \
                 coalesce(r.expires_at, SCHEMA.kept_until(l.ended_at)) \
                 FROM locked l LEFT JOIN recorded r ON true"
                    .into(),
            ),
            list_sessions_of_subject: list_sessions("s.subject = $1 AND $2::text = ''"),
            list_sessions_of_client: list_sessions("s.client = $2 AND $1::text = ''"),
            list_sessions_of_subject_at_client: list_sessions("s.client = $2 AND s.subject = $1"),
            prune_sessions: prune("session", "prune_after"),
            insert_api_key: insert("api_key", &API_KEY_COLUMNS),
            find_api_key: fill(format!("SELECT {api_key} FROM SCHEMA.api_key k WHERE k.id = $1")),
            list_api_keys: fill(format!(
                "SELECT {api_key} FROM SCHEMA.api_key k WHERE k.subject = $1 AND k.id > $2 \
                 AND k.ended_at IS NULL AND coalesce($4 < k.expires_at, true) \
                 ORDER BY k.id LIMIT $3"
            )),
            update_api_key: fill(format!(
                "WITH changed AS (UPDATE SCHEMA.api_key k SET name = coalesce($2, k.name), \
                 scope = coalesce($3, k.scope), \
                 expires_at = CASE WHEN $4::boolean THEN $5 ELSE k.expires_at END \
                 WHERE k.id = $1 AND k.ended_at IS NULL AND coalesce($6 < k.expires_at, true) \
                 RETURNING k.*), \
                 recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) \
                 SELECT 'api_key', id, $6, SCHEMA.kept_until($6) FROM changed \
                 RETURNING expires_at AS recorded_until) \
                 SELECT recorded.recorded_until, {api_key} FROM changed k, recorded"
            )),
            rotate_api_key: schema.fill(&rotate_api_key()),
            end_api_key: fill(
                "WITH locked AS MATERIALIZED (SELECT t.id, t.ended_at, coalesce($3 < t.expires_at, true) AS live \
                 FROM SCHEMA.api_key t WHERE t.id = $1 FOR UPDATE), \
                 ended AS (UPDATE SCHEMA.api_key t SET ended_at = $3, end_reason = $2 \
                 FROM locked l WHERE t.id = l.id AND l.ended_at IS NULL RETURNING t.id), \
                 recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) \
                 SELECT 'api_key', id, $3, SCHEMA.kept_until($3) FROM ended RETURNING expires_at) \
                 SELECT l.live AND l.ended_at IS NULL, coalesce(l.ended_at, $3), \
                 coalesce(r.expires_at, SCHEMA.kept_until(l.ended_at)) \
                 FROM locked l LEFT JOIN recorded r ON true"
                    .into(),
            ),
            touch_api_key: fill(
                "UPDATE SCHEMA.api_key SET last_used_at = $2 \
                 WHERE id = $1 AND coalesce(last_used_at <= $3, true)"
                    .into(),
            ),
            prune_api_keys: prune("api_key", "least(ended_at, expires_at)"),
            read_revocations: fill(
                "WITH settled AS MATERIALIZED (SELECT r.* FROM SCHEMA.revocation r \
                 WHERE (r.tx, r.seq) > ($1::text::xid8, $2) \
                 AND r.tx < pg_snapshot_xmin(pg_current_snapshot()) \
                 ORDER BY r.tx, r.seq LIMIT $3), \
                 young AS (SELECT r.* FROM SCHEMA.revocation r \
                 WHERE (r.tx, r.seq) > ($1::text::xid8, $2) \
                 AND r.tx >= pg_snapshot_xmin(pg_current_snapshot()) \
                 AND (SELECT count(*) FROM settled) < $3), \
                 page AS (SELECT * FROM settled UNION ALL SELECT * FROM young) \
                 SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, \
                 pg_snapshot_xmax(pg_current_snapshot())::text::bigint, \
                 p.tx::text::bigint, p.seq, p.kind, p.id, p.subject, p.client, p.key, \
                 p.not_before, p.expires_at \
                 FROM (SELECT 1) once LEFT JOIN page p ON true ORDER BY p.tx, p.seq"
                    .into(),
            ),
            raise_retention: fill(
                "INSERT INTO SCHEMA.setting AS s (name, value) VALUES ('retention_ms', $1) \
                 ON CONFLICT (name) DO UPDATE SET value = greatest(s.value, excluded.value) \
                 RETURNING value"
                    .into(),
            ),
            revoke: fill(
                "INSERT INTO SCHEMA.revocation (kind, id, key, not_before, expires_at) \
                 VALUES ($1, $2, $3, $4, SCHEMA.kept_until($4)) RETURNING expires_at"
                    .into(),
            ),
            revoke_owner: fill(
                "SELECT sessions, api_keys, not_before, expires_at \
                 FROM SCHEMA.revoke_owner($1, $2, $3, $4, $5, $6)"
                    .into(),
            ),
            prune_revocations: fill(self::prune("revocation", "seq", "expires_at")),
            // The place of a row is its key here: one that has moved meanwhile is left for later.
            prune_marks: fill(self::prune("owner_mark", "ctid", "expires_at")),
        }
    }
}

/// Forgets up to $2 rows whose time `due` has come by $1, the oldest first. The keys are an array,
/// because a join whose size is not known could be planned as a walk of the table.
pub(super) fn prune(table: &str, key: &str, due: &str) -> String {
    format!(
        "WITH gone AS (DELETE FROM SCHEMA.{table} WHERE {key} = ANY (ARRAY( \
         SELECT d.{key} FROM SCHEMA.{table} d WHERE {due} <= $1 \
         ORDER BY {due} LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1) \
         SELECT count(*) FROM gone"
    )
}

/// The lock of the successor's owner comes before the row's, as in a revocation of the owner.
/// The same call sent again finds its own successor in `replaced_by`.
fn rotate_api_key() -> String {
    let mut values = Vec::new();
    let mut names = Vec::new();
    for ((name, kind), at) in API_KEY_COLUMNS.iter().zip(1..) {
        names.push(*name);
        values.push(format!("${at}::{kind}"));
    }
    let next = values.len() + 1;
    let (old, overlap, now) = (
        format!("${next}::bytea"),
        format!("${}::bigint", next + 1),
        format!("${}::bigint", next + 2),
    );
    format!(
        "WITH lock AS MATERIALIZED (SELECT SCHEMA.born_floor($3::text, $4::text) AS last_birth), \
         locked AS MATERIALIZED (SELECT k.*, lock.last_birth FROM lock, SCHEMA.api_key k \
         WHERE k.id = {old} FOR UPDATE OF k), \
         judged AS MATERIALIZED (SELECT l.id, l.format, l.replaced_by, l.last_birth, CASE \
         WHEN l.replaced_by = $1::bytea THEN 'rotated_before' \
         WHEN l.replaced_by IS NOT NULL THEN 'already_replaced' \
         WHEN l.ended_at IS NOT NULL OR l.expires_at <= {now} THEN 'not_live' \
         WHEN SCHEMA.born($1::bytea) <= l.last_birth THEN 'born_revoked' \
         ELSE 'rotated' END AS line FROM locked l), \
         inserted AS (INSERT INTO SCHEMA.api_key ({names}) SELECT {values} FROM judged \
         WHERE line = 'rotated' RETURNING id), \
         replaced AS (UPDATE SCHEMA.api_key k SET replaced_by = $1::bytea, \
         expires_at = least(k.expires_at, {overlap}) FROM judged \
         WHERE k.id = judged.id AND line = 'rotated' RETURNING k.id), \
         recorded AS (INSERT INTO SCHEMA.revocation (kind, id, not_before, expires_at) \
         SELECT 'api_key', id, {now}, SCHEMA.kept_until({now}) FROM judged \
         WHERE line = 'rotated' RETURNING expires_at) \
         SELECT j.line, j.replaced_by, j.last_birth, \
         coalesce((SELECT expires_at FROM recorded), SCHEMA.kept_until({now})) \
         FROM judged j",
        names = names.join(", "),
        values = values.join(", "),
    )
}
