//! `examples/sessions`, on a SQLite file: each command is a process of its own.

use std::{
    env, fs,
    io::Write,
    path::PathBuf,
    process::{Output, Stdio},
};

use hallpass::{
    Timestamp,
    id::SessionId,
    store::{SessionRecord, SessionStore, SqliteStore},
};
use serde_json::Value;

use crate::support::example;

const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/keys/ed25519.pkcs8.pem");

/// A directory that goes when the test is over.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("sessions-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("tokens.db")
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let url = format!("sqlite:{}", self.file().display());
        run(&[&[url.as_str()], arguments].concat(), input, Some(SECRET))
    }

    /// Runs a command that must succeed, and gives what it printed.
    #[track_caller]
    fn done(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}{errors}");
        text
    }

    /// Runs a command that must not succeed, and gives its exit code and what it said.
    fn failed(&self, arguments: &[&str], input: &str) -> (i32, String) {
        let output = self.run(arguments, input);
        assert!(output.stdout.is_empty(), "{output:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(arguments: &[&str], input: &str, secret: Option<&str>) -> Output {
    let mut command = example("sessions");
    command.args(arguments).env_remove("HALLPASS_SECRET").env("HALLPASS_SIGNING_KEY", KEY);
    if let Some(secret) = secret {
        command.env("HALLPASS_SECRET", secret);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn field(answer: &str, name: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer.get(name).and_then(Value::as_str).unwrap().to_owned()
}

#[test]
fn a_session_is_issued_listed_refreshed_and_ended_by_processes_that_share_a_file() {
    let place = Place::new("story");
    let issued = place.done(&["issue", "ada", "note:*:read"], "");
    assert_eq!(field(&issued, "token_type"), "Bearer");
    let first = field(&issued, "refresh_token");
    place.done(&["issue", "bob", "note:*:read"], "");

    let listed = place.done(&["list", "ada"], "");
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.contains("generation 0") && listed.contains("note:*:read"), "{listed}");
    let id = listed.split_whitespace().next().unwrap().to_owned();

    let second = field(&place.done(&["refresh"], &format!("{first}\n")), "refresh_token");
    assert_ne!(first, second);
    // The answer was lost: the same bytes again.
    assert_eq!(field(&place.done(&["refresh"], &first), "refresh_token"), second);
    assert!(place.done(&["list", "ada"], "").contains("generation 1"));

    assert_eq!(place.done(&["end", &id], ""), format!("ended {id}\n"));
    let (code, said) = place.failed(&["refresh"], &second);
    assert_eq!((code, said.as_str()), (1, "refused: the session has ended: administrative\n"));
    assert_eq!(place.failed(&["end", &id], "").0, 1);
    assert_eq!(place.done(&["list", "ada"], ""), "");
    assert_eq!(place.done(&["list", "bob"], "").lines().count(), 1);

    let ended = place.done(&["revoke-subject", "bob"], "");
    assert_eq!(ended, "ended 1 sessions and 0 API keys\n");
    assert_eq!(place.done(&["list", "bob"], ""), "");
}

#[tokio::test]
async fn prune_forgets_what_is_past_its_deadline_and_nothing_else() {
    let place = Place::new("prune");
    place.done(&["issue", "ada", "note:*:read"], "");
    let id = place.done(&["list", "ada"], "").split_whitespace().next().unwrap().to_owned();
    let store = SqliteStore::open(place.file()).await.unwrap();
    let live = store.find_session(&SessionId::parse(&id).unwrap()).await.unwrap().unwrap();
    let long_ago = Timestamp::from_unix_seconds(1_600_000_000);
    let mut over = SessionRecord { id: SessionId::from_parts(long_ago, [3; 12]), ..live.clone() };
    over.absolute_expires_at = long_ago + over.policy.idle;
    over.state.idle_expires_at = over.absolute_expires_at;
    store.insert_session(&over).await.unwrap();
    drop(store);

    let said = place.done(&["prune"], "");
    assert_eq!(said, "forgot 1 sessions, 0 revocations and 0 API keys\n");
    let store = SqliteStore::open(place.file()).await.unwrap();
    assert_eq!(store.find_session(&over.id).await.unwrap(), None);
    assert_eq!(store.find_session(&live.id).await.unwrap(), Some(live));
}

#[test]
fn junk_and_foreign_tokens_are_refused_with_code_1() {
    let place = Place::new("junk");
    let issued = place.done(&["issue", "ada", "note:*:read"], "");
    let token = field(&issued, "refresh_token");
    let cut = token.get(..token.len() - 1).unwrap();
    for junk in ["", "junk", cut, &field(&issued, "access_token")] {
        let (code, said) = place.failed(&["refresh"], junk);
        assert_eq!(code, 1, "{said}");
        assert!(
            said.starts_with("refused: ") && (junk.is_empty() || !said.contains(junk)),
            "{said}"
        );
    }
    // Another master secret: the token is none of its.
    let url = format!("sqlite:{}", place.file().display());
    let other = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=";
    assert_eq!(run(&[&url, "refresh"], &token, Some(other)).status.code(), Some(1));
}

#[test]
fn what_is_missing_is_named_with_code_3() {
    let place = Place::new("missing");
    let url = format!("sqlite:{}", place.file().display());
    let output = run(&[&url, "list", "ada"], "", None);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("HALLPASS_SECRET") && said.contains("openssl rand -base64 32"), "{said}");

    let output = run(&[&url, "list", "ada"], "", Some("hunter2hunter2"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(!said.contains("hunter2"), "{said}");

    for url in ["sqlite:/no/such/directory/tokens.db", "mysql://ada:hunter2hunter2@db/auth"] {
        let output = run(&[url, "list", "ada"], "", Some(SECRET));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_memory_store_needs_nothing() {
    let output = run(&["memory:", "issue", "ada", "note:read"], "", None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn wrong_arguments_get_the_usage_and_exit_code_2() {
    for arguments in [
        &["memory:"][..],
        &["memory:", "dance"],
        &["memory:", "issue", "ada"],
        &["memory:", "issue", "ada", "note:"],
        &["memory:", "end", "short"],
        &["memory:", "refresh", "hp_rt_token"],
    ] {
        let output = run(arguments, "", None);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.starts_with("sessions: ") && said.contains("usage: sessions URL"), "{said}");
    }
    let output = run(&["--help"], "", None);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("usage: "));
}
