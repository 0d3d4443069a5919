//! Knows the scripts, one for each operation, and how a call of one is written.
//! Must not know what an answer means.

use std::sync::LazyLock;

use redis::{Arg, Cmd, ToRedisArgs};

/// A script with its parts and the hash by which the server knows it.
pub(super) struct Script {
    code: String,
    hash: String,
}

impl Script {
    fn new(parts: &[&str]) -> Self {
        let code = parts.concat();
        let hash = redis::Script::new(&code).get_hash().to_owned();
        Self { code, hash }
    }
}

macro_rules! scripts {
    ($($name:ident = $($part:literal)+;)*) => {
        $(pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(&[$(include_str!(concat!("scripts/", $part, ".lua"))),+])
        });)*
    };
}

scripts! {
    INSERT_SESSION = "base" "owners" "open_session" "insert_session";
    FIND_SESSION = "base" "owners" "session_format" "session_end" "session_row" "find_session";
    ROTATE_SESSION =
        "session_format" "seldom_begin" "base" "owners" "feed" "seldom_end" "rotate_session";
    CONFIRM_SESSION = "base" "owners" "session_format" "session_end" "session_row" "confirm_session";
    END_SESSION = "base" "owners" "feed" "session_format" "session_end" "session_row" "close_session" "end_session";
    LIST_SESSIONS = "base" "owners" "session_format" "session_end" "session_row" "list_sessions";
    PRUNE_SESSIONS = "base" "owners" "prune_sessions";
    READ_REVOCATIONS = "base" "read_revocations";
    RAISE_RETENTION = "base" "raise_retention";
    REVOKE = "base" "feed" "revoke";
    REVOKE_OWNER = "base" "feed" "session_format" "session_end" "sweep" "end_owner" "revoke_owner";
    SWEEP_OWNER = "base" "session_format" "session_end" "sweep" "sweep_owner";
    PRUNE_REVOCATIONS = "base" "session_format" "session_end" "sweep" "prune_revocations";
    INSERT_API_KEY = "base" "owners" "api_key_row" "insert_api_key";
    FIND_API_KEY = "base" "owners" "api_key_row" "find_api_key";
    LIST_API_KEYS = "base" "owners" "api_key_row" "list_api_keys";
    UPDATE_API_KEY = "base" "owners" "feed" "api_key_row" "update_api_key";
    ROTATE_API_KEY = "base" "owners" "feed" "api_key_row" "rotate_api_key";
    END_API_KEY = "base" "owners" "feed" "api_key_row" "end_api_key";
    TOUCH_API_KEY = "base" "owners" "api_key_row" "touch_api_key";
    PRUNE_API_KEYS = "base" "owners" "prune_api_keys";
    INSERT_CLIENT = "base" "feed" "insert_client";
    FIND_CLIENT = "base" "client_row" "find_client";
    LIST_CLIENTS = "base" "client_row" "list_clients";
    REPLACE_CLIENT = "base" "feed" "session_format" "session_end" "sweep" "end_owner" "client_row" "replace_client";
    REMOVE_CLIENT = "base" "feed" "session_format" "session_end" "sweep" "end_owner" "remove_client";
    PUT_CONSENT = "base" "feed" "session_format" "session_end" "sweep" "end_owner" "put_consent";
    FIND_CONSENT = "base" "find_consent";
    LIST_CONSENTS = "base" "list_consents";
    WITHDRAW_CONSENT = "base" "feed" "session_format" "session_end" "sweep" "end_owner" "withdraw_consent";
    INSERT_CODE = "base" "insert_code";
    REDEEM_CODE = "base" "owners" "feed" "session_format" "session_end" "session_row" "open_session" "close_session" "redeem_code";
    PRUNE_CODES = "base" "prune_codes";
    CONSUME_ONCE = "base" "consume_once";
    PRUNE_REPLAYS = "base" "prune_replays";
    LOAD_SIGNING_KEYS = "base" "load_signing_keys";
    REPLACE_SIGNING_KEYS = "base" "feed" "replace_signing_keys";
}

/// One call of a script: by its hash, and with its text where the server does not know it yet.
pub(super) struct Call {
    script: &'static Script,
    command: Cmd,
    /// Whether it may be sent again when its first answer was lost.
    pub(super) repeatable: bool,
}

impl Call {
    pub(super) fn of(script: &'static LazyLock<Script>, prefix: &str) -> Self {
        let mut command = redis::cmd("EVALSHA");
        // The keys are made from the prefix: a cluster, which needs to be told them, is refused.
        command.arg(&script.hash).arg("0").arg(prefix);
        Self { script, command, repeatable: true }
    }

    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }

    /// Its answer says what *this* sending changed, so it is sent once only.
    pub(super) fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    pub(super) fn by_hash(&self) -> &Cmd {
        &self.command
    }

    pub(super) fn by_text(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(&self.script.code);
        for argument in self.command.args_iter().skip(2) {
            if let Arg::Simple(argument) = argument {
                command.arg(argument);
            }
        }
        command
    }
}
