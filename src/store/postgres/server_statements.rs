//! Knows the text of every statement of the roles an authorization server adds.
//! Must not know when one is sent, nor what its answer means.

use super::{
    rows::{SESSION_COLUMNS, columns_of},
    schema::Schema,
    statements,
};

/// As [`Statements`](super::statements::Statements), for clients, consents, codes, single-use
/// values and signing keys.
#[derive(Debug)]
pub(super) struct ServerStatements {
    pub(super) insert_client: String,
    pub(super) find_client: String,
    pub(super) list_clients: String,
    pub(super) replace_client: String,
    pub(super) remove_client: String,
    pub(super) put_consent: String,
    pub(super) find_consent: String,
    pub(super) list_consents: String,
    pub(super) withdraw_consent: String,
    pub(super) insert_code: String,
    pub(super) redeem_code: String,
    pub(super) prune_codes: String,
    pub(super) consume_once: String,
    pub(super) prune_replays: String,
    pub(super) load_signing_keys: String,
    pub(super) replace_signing_keys: String,
}

const CLIENT: &str =
    "c.id, c.version, c.settings, c.secret_hashes, c.secret_expires_at, c.disabled_at";

const RECORD_CLIENT: &str = "recorded AS (INSERT INTO SCHEMA.revocation (kind, key, not_before, \
    expires_at) SELECT 'client_changed', id, {NOW}, SCHEMA.kept_until({NOW}) FROM changed \
    RETURNING expires_at)";

/// The other columns of a code, after its session's.
const CODE: [(&str, &str); 8] = [
    ("code_id", "bytea"),
    ("redirect_uri", "text"),
    ("challenge", "text"),
    ("code_expires_at", "bigint"),
    ("extra", "text"),
    ("used", "text"),
    ("used_by", "bytea"),
    ("code_prune_after", "bigint"),
];

impl ServerStatements {
    pub(super) fn for_schema(schema: &Schema) -> Self {
        let fill = |text: &str| schema.fill(text);
        let with_record = |now: &str, text: &str| {
            schema.fill(&text.replace("{RECORD}", RECORD_CLIENT).replace("{NOW}", now))
        };
        let code: Vec<(&str, &str)> = SESSION_COLUMNS.iter().chain(&CODE).copied().collect();
        let names = |columns: &[(&'static str, &str)]| {
            columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        };
        let values: Vec<String> =
            code.iter().zip(1..).map(|((_, kind), at)| format!("${at}::{kind}")).collect();
        let redeem = include_str!("sql/redeem.sql")
            .replace("{NAMES}", &names(&SESSION_COLUMNS))
            .replace("{COLUMNS}", &columns_of("j", &SESSION_COLUMNS));
        let prune = |table, key, due| schema.fill(&statements::prune(table, key, due));
        Self {
            insert_client: with_record(
                "$6",
                "WITH changed AS (INSERT INTO SCHEMA.client (id, version, settings, \
                 secret_hashes, secret_expires_at, disabled_at) VALUES ($1, 1, $2, $3, $4, $5) \
                 ON CONFLICT (id) DO NOTHING RETURNING id), {RECORD} \
                 SELECT expires_at FROM recorded",
            ),
            find_client: fill(&format!("SELECT {CLIENT} FROM SCHEMA.client c WHERE c.id = $1")),
            list_clients: fill(&format!(
                "SELECT {CLIENT} FROM SCHEMA.client c WHERE c.id > $1 ORDER BY c.id LIMIT $2"
            )),
            replace_client: with_record(
                "$7",
                "WITH known AS MATERIALIZED (SELECT id, version FROM SCHEMA.client \
                 WHERE id = $1 FOR UPDATE), \
                 changed AS (UPDATE SCHEMA.client c SET version = k.version + 1, settings = $2, \
                 secret_hashes = $3, secret_expires_at = $4, disabled_at = $5 FROM known k \
                 WHERE c.id = k.id AND k.version = $6 RETURNING c.id), {RECORD}, \
                 ended AS MATERIALIZED (SELECT e.* FROM \
                 (SELECT id FROM changed WHERE $5 IS NOT NULL) c, \
                 LATERAL SCHEMA.revoke_owner('client', '', c.id, true, 'client_revoked', $7) e) \
                 SELECT k.version, r.expires_at, e.not_before, e.expires_at FROM known k \
                 LEFT JOIN recorded r ON true LEFT JOIN ended e ON true",
            ),
            remove_client: with_record(
                "$2",
                "WITH changed AS (DELETE FROM SCHEMA.client WHERE id = $1 RETURNING id), \
                 consents AS (DELETE FROM SCHEMA.consent o USING changed c WHERE o.client = c.id), \
                 {RECORD}, ended AS MATERIALIZED (SELECT e.* FROM changed c, \
                 LATERAL SCHEMA.revoke_owner('client', '', c.id, true, 'client_revoked', $2) e) \
                 SELECT e.sessions, e.api_keys, e.not_before, e.expires_at, r.expires_at \
                 FROM ended e, recorded r",
            ),
            // Guarded by the scope that the caller has read. One that is there is updated and never
            // inserted, which would bring back what another transaction deletes meanwhile.
            put_consent: fill(
                "WITH changed AS (UPDATE SCHEMA.consent SET scope = $3, given_at = $4 \
                 WHERE subject = $1 AND client = $2 AND scope = $5 RETURNING subject, client), \
                 first AS (INSERT INTO SCHEMA.consent (subject, client, scope, given_at) \
                 SELECT $1, $2, $3, $4 WHERE $5::text IS NULL \
                 ON CONFLICT (subject, client) DO NOTHING RETURNING subject), \
                 ended AS MATERIALIZED (SELECT e.* FROM (SELECT * FROM changed WHERE $6) c, LATERAL \
                 SCHEMA.revoke_owner('subject_at_client', c.subject, c.client, true, \
                 'consent_withdrawn', $7) e) \
                 SELECT e.sessions, e.api_keys, e.not_before, e.expires_at, \
                 EXISTS (SELECT 1 FROM changed) OR EXISTS (SELECT 1 FROM first) \
                 FROM (SELECT 1) once LEFT JOIN ended e ON true",
            ),
            find_consent: fill(
                "SELECT subject, client, scope, given_at FROM SCHEMA.consent \
                 WHERE subject = $1 AND client = $2",
            ),
            list_consents: fill(
                "SELECT subject, client, scope, given_at FROM SCHEMA.consent \
                 WHERE subject = $1 AND client > $2 ORDER BY client LIMIT $3",
            ),
            withdraw_consent: fill(
                "WITH gone AS (DELETE FROM SCHEMA.consent WHERE subject = $1 AND client = $2) \
                 SELECT sessions, api_keys, not_before, expires_at FROM \
                 SCHEMA.revoke_owner('subject_at_client', $1, $2, true, 'consent_withdrawn', $3)",
            ),
            insert_code: fill(&format!(
                "INSERT INTO SCHEMA.code ({}) VALUES ({}) ON CONFLICT (code_id) DO NOTHING \
                 RETURNING 1",
                names(&code),
                values.join(", ")
            )),
            redeem_code: fill(&redeem),
            prune_codes: prune("code", "code_id", "code_prune_after"),
            consume_once: fill(
                "INSERT INTO SCHEMA.replay AS r (key, attempt, expires_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, \
                 expires_at = CASE WHEN r.expires_at <= $4 THEN excluded.expires_at \
                 ELSE r.expires_at END \
                 WHERE r.expires_at <= $4 OR r.attempt = excluded.attempt RETURNING 1",
            ),
            prune_replays: prune("replay", "key", "expires_at"),
            load_signing_keys: fill(
                "SELECT version, kid, public_jwk, sealed_private, published_at, active_at, \
                 retire_at, gone_at FROM SCHEMA.signing_key_set",
            ),
            replace_signing_keys: fill(
                "WITH changed AS (UPDATE SCHEMA.signing_key_set SET version = version + 1, \
                 kid = $2, public_jwk = $3, sealed_private = $4, published_at = $5, \
                 active_at = $6, retire_at = $7, gone_at = $8 WHERE version = $1 RETURNING 1), \
                 recorded AS (INSERT INTO SCHEMA.revocation (kind, key, not_before, expires_at) \
                 SELECT 'signing_key', w.kid, $10, SCHEMA.kept_until($10) \
                 FROM changed, unnest($9::text[]) AS w (kid)) \
                 SELECT SCHEMA.kept_until($10) FROM changed",
            ),
        }
    }
}
