//! Knows every statement that this engine executes.
//! Must not know what its rows mean.

/// One of the statements below; there is no other way to make one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql {
    /// Below [`COUNT`].
    number: usize,
    text: &'static str,
}

impl Sql {
    pub(super) fn number(self) -> usize {
        self.number
    }

    pub(super) fn text(self) -> &'static str {
        self.text
    }
}

macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of constants")]
        enum Number { $($name),* }

        $(pub(super) const $name: Sql = Sql { number: Number::$name as usize, text: $text };)*

        /// How many there are: what a connection keeps prepared.
        pub(super) const COUNT: usize = [$(stringify!($name)),*].len();

        #[cfg(test)]
        pub(super) const ALL: [(&str, Sql); COUNT] = [$((stringify!($name), $name)),*];
    };
}

/// In the order in which `row` reads and writes them.
macro_rules! session_columns {
    () => {
        "id, format, subject, client, scope, audience, claims, cnf, label, \
         access_lifetime, retry_window, retry_after_loss, idle, max_skew, rotation, strict, \
         client_proof, absolute_expires_at, generation, sealing_key, attempt, rotated_at, \
         confirmed_at, idle_expires_at, ended_at, end_reason"
    };
}

macro_rules! api_key_columns {
    () => {
        "id, format, subject, client, name, scope, audience, claims, expires_at, last_used_at, \
         replaced_by, ended_at, end_reason"
    };
}

/// How many sessions of an owner are live at ?3, and the latest among all that have not ended.
macro_rules! owned_sessions {
    ($owner:literal) => {
        concat!(
            "SELECT count(CASE WHEN absolute_expires_at > ?3 AND idle_expires_at > ?3 THEN 1 END), \
             max(id) FROM session WHERE ended_at IS NULL AND ",
            $owner
        )
    };
}

/// A page of an owner's sessions that are live at ?4, those after ?3.
macro_rules! list_owned_sessions {
    ($owner:literal) => {
        concat!(
            "SELECT ",
            session_columns!(),
            " FROM session WHERE ",
            $owner,
            " AND id > ?3 AND ended_at IS NULL \
             AND absolute_expires_at > ?4 AND idle_expires_at > ?4 ORDER BY id LIMIT ?5"
        )
    };
}

macro_rules! end_owned_sessions {
    ($owner:literal) => {
        concat!(
            "UPDATE session SET ended_at = ?3, end_reason = ?4 WHERE ended_at IS NULL AND ",
            $owner
        )
    };
}

macro_rules! owned_api_keys {
    ($owner:literal) => {
        concat!(
            "SELECT count(CASE WHEN expires_at IS NULL OR expires_at > ?3 THEN 1 END), \
             max(id) FROM api_key WHERE ended_at IS NULL AND ",
            $owner
        )
    };
}

macro_rules! end_owned_api_keys {
    ($owner:literal) => {
        concat!(
            "UPDATE api_key SET ended_at = ?3, end_reason = ?4, \
             stops_at = min(coalesce(expires_at, ?3), ?3) WHERE ended_at IS NULL AND ",
            $owner
        )
    };
}

statements! {
    BEGIN = "BEGIN IMMEDIATE";
    COMMIT = "COMMIT";
    LOG = "PRAGMA wal_checkpoint(NOOP)";
    MOVE_LOG = "PRAGMA wal_checkpoint(PASSIVE)";

    FIND_MARK = "SELECT max(not_before) FROM mark WHERE (kind, subject, client) IN \
        (VALUES ('subject', ?1, ''), ('client', '', ?2), ('subject_at_client', ?1, ?2))";
    RAISE_MARK = "INSERT INTO mark (kind, subject, client, not_before, expires_at) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (kind, subject, client) DO UPDATE SET \
        not_before = max(not_before, excluded.not_before), \
        expires_at = max(expires_at, excluded.expires_at)";
    PRUNE_MARKS = "DELETE FROM mark WHERE (kind, subject, client) IN (SELECT kind, subject, client \
        FROM mark WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

    INSERT_SESSION = concat!("INSERT INTO session (", session_columns!(), ", prune_after) VALUES \
        (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
        ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27) ON CONFLICT (id) DO NOTHING");
    FIND_SESSION = concat!("SELECT ", session_columns!(), " FROM session WHERE id = ?1");
    LIST_SESSIONS_OF_SUBJECT = list_owned_sessions!("subject = ?1 AND ?2 IS NULL");
    LIST_SESSIONS_OF_CLIENT = list_owned_sessions!("client = ?2 AND ?1 IS NULL");
    LIST_SESSIONS_OF_SUBJECT_AT_CLIENT = list_owned_sessions!("client = ?2 AND subject = ?1");
    ADVANCE_SESSION = "UPDATE session SET generation = ?2, sealing_key = ?3, attempt = ?4, \
        rotated_at = ?5, confirmed_at = ?6, idle_expires_at = ?7 WHERE id = ?1";
    END_SESSION_BY_ROTATION = "UPDATE session SET attempt = ?2, ended_at = ?3, end_reason = ?4 \
        WHERE id = ?1";
    END_SESSION = "UPDATE session SET ended_at = ?2, end_reason = ?3 \
        WHERE id = ?1 AND ended_at IS NULL \
        RETURNING absolute_expires_at > ?2 AND idle_expires_at > ?2";
    CONFIRM_SESSION = "UPDATE session SET confirmed_at = ?3 WHERE id = ?1 AND generation = ?2 \
        AND ended_at IS NULL AND confirmed_at IS NULL";
    PRUNE_SESSIONS = "DELETE FROM session WHERE id IN (SELECT id FROM session \
        WHERE prune_after <= ?1 ORDER BY prune_after LIMIT ?2)";
    SESSIONS_OF_SUBJECT = owned_sessions!("subject = ?1 AND ?2 IS NULL");
    SESSIONS_OF_CLIENT = owned_sessions!("client = ?2 AND ?1 IS NULL");
    SESSIONS_OF_SUBJECT_AT_CLIENT = owned_sessions!("client = ?2 AND subject = ?1");
    END_SESSIONS_OF_SUBJECT = end_owned_sessions!("subject = ?1 AND ?2 IS NULL");
    END_SESSIONS_OF_CLIENT = end_owned_sessions!("client = ?2 AND ?1 IS NULL");
    END_SESSIONS_OF_SUBJECT_AT_CLIENT = end_owned_sessions!("client = ?2 AND subject = ?1");

    INSERT_API_KEY = concat!("INSERT INTO api_key (", api_key_columns!(), ", stops_at) VALUES \
        (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (id) DO NOTHING");
    FIND_API_KEY = concat!("SELECT ", api_key_columns!(), " FROM api_key WHERE id = ?1");
    LIST_API_KEYS = concat!("SELECT ", api_key_columns!(), " FROM api_key \
        WHERE subject = ?1 AND id > ?2 AND ended_at IS NULL \
        AND (expires_at IS NULL OR expires_at > ?3) ORDER BY id LIMIT ?4");
    UPDATE_API_KEY = "UPDATE api_key SET name = ?2, scope = ?3, expires_at = ?4, replaced_by = ?5, \
        stops_at = ?6 WHERE id = ?1";
    END_API_KEY = "UPDATE api_key SET ended_at = ?2, end_reason = ?3, \
        stops_at = min(coalesce(expires_at, ?2), ?2) WHERE id = ?1 AND ended_at IS NULL \
        RETURNING expires_at IS NULL OR expires_at > ?2";
    TOUCH_API_KEY = "UPDATE api_key SET last_used_at = ?2 WHERE id = ?1 \
        AND (last_used_at IS NULL OR last_used_at + ?3 <= ?2)";
    PRUNE_API_KEYS = "DELETE FROM api_key WHERE id IN (SELECT id FROM api_key \
        WHERE stops_at <= ?1 ORDER BY stops_at LIMIT ?2)";
    API_KEYS_OF_SUBJECT = owned_api_keys!("subject = ?1 AND ?2 IS NULL");
    API_KEYS_OF_CLIENT = owned_api_keys!("client = ?2 AND ?1 IS NULL");
    API_KEYS_OF_SUBJECT_AT_CLIENT = owned_api_keys!("client = ?2 AND subject = ?1");
    END_API_KEYS_OF_SUBJECT = end_owned_api_keys!("subject = ?1 AND ?2 IS NULL");
    END_API_KEYS_OF_CLIENT = end_owned_api_keys!("client = ?2 AND ?1 IS NULL");
    END_API_KEYS_OF_SUBJECT_AT_CLIENT = end_owned_api_keys!("client = ?2 AND subject = ?1");

    APPEND_REVOCATION = "INSERT INTO revocation \
        (kind, id, subject, client, key_id, not_before, written_at, expires_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    READ_REVOCATIONS = "SELECT number, written_at, kind, id, subject, client, key_id, not_before, \
        expires_at FROM revocation WHERE number >= ?1 ORDER BY number LIMIT ?2";
    LAST_NUMBER = "SELECT seq FROM sqlite_sequence WHERE name = 'revocation'";
    PRUNE_REVOCATIONS = "DELETE FROM revocation WHERE number IN (SELECT number FROM revocation \
        WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

    INSERT_CLIENT = "INSERT INTO client (id, format, version, settings, secrets, disabled_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
    FIND_CLIENT = "SELECT id, format, version, settings, secrets, disabled_at FROM client \
        WHERE id = ?1";
    LIST_CLIENTS = "SELECT id, format, version, settings, secrets, disabled_at FROM client \
        WHERE id > ?1 ORDER BY id LIMIT ?2";
    REPLACE_CLIENT = "UPDATE client SET format = ?2, version = ?3, settings = ?4, secrets = ?5, \
        disabled_at = ?6 WHERE id = ?1";
    REMOVE_CLIENT = "DELETE FROM client WHERE id = ?1";

    PUT_CONSENT = "INSERT INTO consent (subject, client, format, scope, given_at) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (subject, client) DO UPDATE SET \
        format = excluded.format, scope = excluded.scope, given_at = excluded.given_at";
    FIND_CONSENT = "SELECT subject, client, format, scope, given_at FROM consent \
        WHERE subject = ?1 AND client = ?2";
    LIST_CONSENTS = "SELECT subject, client, format, scope, given_at FROM consent \
        WHERE subject = ?1 AND client > ?2 ORDER BY client LIMIT ?3";
    WITHDRAW_CONSENT = "DELETE FROM consent WHERE subject = ?1 AND client = ?2";
    WITHDRAW_CONSENTS_OF_CLIENT = "DELETE FROM consent WHERE client = ?1";

    INSERT_CODE = concat!("INSERT INTO code (", session_columns!(), ", code_id, redirect_uri, \
        challenge, expires_at, extra, used, used_by, prune_after) VALUES \
        (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
        ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34) \
        ON CONFLICT (code_id) DO NOTHING");
    FIND_CODE = concat!("SELECT ", session_columns!(), ", code_id, redirect_uri, challenge, \
        expires_at, extra, used, used_by FROM code WHERE code_id = ?1");
    USE_CODE = "UPDATE code SET used = ?2, used_by = ?3, prune_after = ?4 WHERE code_id = ?1";
    PRUNE_CODES = "DELETE FROM code WHERE code_id IN (SELECT code_id FROM code \
        WHERE prune_after <= ?1 ORDER BY prune_after LIMIT ?2)";

    FIND_ONCE = "SELECT attempt, expires_at FROM once WHERE key = ?1";
    PUT_ONCE = "INSERT INTO once (key, attempt, expires_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, \
        expires_at = excluded.expires_at";
    PRUNE_ONCE = "DELETE FROM once WHERE key IN (SELECT key FROM once \
        WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

    SIGNING_KEYS_VERSION = "SELECT signing_keys FROM setting WHERE id = 1";
    RAISE_SIGNING_KEYS_VERSION = "UPDATE setting SET signing_keys = ?1 WHERE id = 1";
    LOAD_SIGNING_KEYS = "SELECT format, kid, public_jwk, sealed_private, published_at, active_at, \
        retire_at, gone_at FROM signing_key ORDER BY position";
    CLEAR_SIGNING_KEYS = "DELETE FROM signing_key";
    INSERT_SIGNING_KEY = "INSERT INTO signing_key (position, format, kid, public_jwk, \
        sealed_private, published_at, active_at, retire_at, gone_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

    FIND_RETENTION = "SELECT retention FROM setting WHERE id = 1";
    RAISE_RETENTION = "UPDATE setting SET retention = max(coalesce(retention, 0), ?1) WHERE id = 1 \
        RETURNING retention";
    BARRIER = "UPDATE setting SET barrier = barrier + 1 WHERE id = 1";
}
