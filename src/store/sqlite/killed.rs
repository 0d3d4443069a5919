//! Knows what a process leaves behind that dies between any two steps of a command (invariant 52).
//! Must not know the steps: the command is killed before the first, the second, and so on.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use rusqlite::{Connection, types::Value};

use super::{
    super::{
        ApiKeyRecord, ApiKeyStore, Attempt, CarriedClaims, ClientRecord, ClientStore, CodeRecord,
        CodeStore, ConsentOutcome, ConsentRecord, ConsentStore, EndReason, Owner, Reach,
        Redemption, RevocationStore, Rotation, SessionPolicy, SessionRecord, SessionState,
        SessionStore,
    },
    SqliteStore,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, SessionId},
};

/// How many points are still to be passed; negative where nobody dies.
static LEFT: AtomicI64 = AtomicI64::new(-1);

/// Between two steps: before a statement, before a commit, after it.
pub(super) fn point() {
    if LEFT.load(Ordering::SeqCst) >= 0 && LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
        std::process::abort();
    }
}

const FILE: &str = "HALLPASS_TEST_FILE";
const WHAT: &str = "HALLPASS_TEST_WHAT";
const POINT: &str = "HALLPASS_TEST_POINT";
const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

/// Commands of several statements, and how few points each has at least.
const COMMANDS: [(&str, i64); 11] = [
    ("insert_session", 4),
    ("rotate_session", 4),
    ("reuse_a_session", 5),
    ("end_session", 5),
    ("revoke_subject", 7),
    ("rotate_api_key", 6),
    ("redeem_code", 6),
    ("redeem_code_twice", 6),
    ("put_consent", 7),
    ("disable_client", 7),
    ("remove_client", 7),
];

fn session(number: u8) -> SessionRecord {
    SessionRecord {
        id: SessionId::from_parts(NOW, [number; 12]),
        subject: "ada".parse().unwrap(),
        client: "web".parse().unwrap(),
        scope: "invoice:*:*".parse().unwrap(),
        audience: Vec::new(),
        claims: CarriedClaims::default(),
        cnf: None,
        label: None,
        policy: SessionPolicy {
            access_lifetime: MINUTE,
            retry_window: MINUTE,
            retry_after_loss: MINUTE,
            idle: MINUTE * 60,
            max_skew: MINUTE,
            rotation: true,
            strict: true,
            client_proof: false,
        },
        absolute_expires_at: NOW + MINUTE * 600,
        state: SessionState {
            generation: 0,
            sealing_key: 1,
            attempt: None,
            rotated_at: None,
            confirmed_at: None,
            idle_expires_at: NOW + MINUTE * 60,
            ended: None,
        },
    }
}

fn rotation(presented: u32, attempt: u8) -> Rotation {
    Rotation {
        id: session(1).id,
        presented,
        client: None,
        proof: None,
        sealing_key: 1,
        attempt: Attempt::from_bytes([attempt; 8]),
        fast_forward: false,
    }
}

fn api_key(number: u8) -> ApiKeyRecord {
    let SessionRecord { subject, client, scope, audience, claims, .. } = session(1);
    ApiKeyRecord {
        id: ApiKeyId::from_parts(NOW, [number; 12]),
        subject,
        client,
        name: "deploy".into(),
        scope,
        audience,
        claims,
        expires_at: None,
        last_used_at: None,
        replaced_by: None,
        ended: None,
    }
}

fn code(number: u8) -> CodeRecord {
    let session = session(number);
    CodeRecord {
        id: *session.id.as_bytes(),
        redirect_uri: "https://app.example.com/cb".into(),
        challenge: "c".repeat(43),
        expires_at: NOW + MINUTE,
        session,
        extra: "{}".into(),
        used: None,
    }
}

fn redemption(number: u8, attempt: u8) -> Redemption {
    let code = code(number);
    Redemption {
        id: code.id,
        client: code.session.client,
        redirect_uri: code.redirect_uri,
        challenge: code.challenge,
        attempt: Attempt::from_bytes([attempt; 8]),
    }
}

fn client(disabled_at: Option<Timestamp>) -> ClientRecord {
    let (id, settings) = (session(1).client, "{}".into());
    ClientRecord { id, version: 1, settings, secrets: Vec::new(), disabled_at }
}

fn consent(scope: &str) -> ConsentRecord {
    let SessionRecord { subject, client, .. } = session(1);
    ConsentRecord { subject, client, scope: scope.parse().unwrap(), given_at: NOW }
}

/// A file with something of everything.
async fn furnish(file: &Path) {
    let store = SqliteStore::open(file).await.unwrap();
    for number in 1..4 {
        store.insert_session(&session(number)).await.unwrap();
    }
    store.rotate_session(&rotation(0, 1), NOW).await.unwrap();
    store.insert_api_key(&api_key(1)).await.unwrap();
    store.insert_client(&client(None), NOW).await.unwrap();
    store.put_consent(&consent("invoice:*:*"), None, NOW).await.unwrap();
    for number in [11, 12] {
        store.insert_code(&code(number)).await.unwrap();
    }
    store.redeem_code(&redemption(12, 1), NOW).await.unwrap();
}

async fn carry_out(store: &SqliteStore, what: &str) {
    let later = NOW + MINUTE / 2;
    match what {
        "insert_session" => drop(store.insert_session(&session(9)).await.unwrap()),
        "rotate_session" => drop(store.rotate_session(&rotation(1, 2), later).await.unwrap()),
        "reuse_a_session" => drop(store.rotate_session(&rotation(0, 3), later).await.unwrap()),
        "end_session" => {
            let reason = EndReason::SignedOut;
            store.end_session(&session(1).id, reason, later).await.unwrap();
        }
        "revoke_subject" => {
            let (owner, reason) = (Owner::Subject(session(1).subject), EndReason::SubjectRevoked);
            store.revoke_owner(&owner, Reach::Everything, reason, later).await.unwrap();
        }
        "rotate_api_key" => {
            let next = api_key(2);
            store.rotate_api_key(&api_key(1).id, &next, later + MINUTE, later).await.unwrap();
        }
        "redeem_code" => drop(store.redeem_code(&redemption(11, 4), later).await.unwrap()),
        "redeem_code_twice" => drop(store.redeem_code(&redemption(12, 5), later).await.unwrap()),
        "put_consent" => {
            let before = consent("invoice:*:*").scope;
            let put = store.put_consent(&consent("invoice:*:read"), Some(&before), later).await;
            assert_ne!(put.unwrap(), ConsentOutcome::Conflict);
        }
        "disable_client" => {
            store.replace_client(&client(Some(later)), later).await.unwrap();
        }
        "remove_client" => drop(store.remove_client(&client(None).id, later).await.unwrap()),
        other => panic!("{other}"),
    }
}

/// Every row of every table.
fn rows(file: &Path) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let text = |sql: &str| -> Vec<Vec<Value>> {
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect());
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut found = Vec::new();
    for table in text("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
        let [Value::Text(table)] = table.as_slice() else { panic!("{table:?}") };
        let rows = text(&format!("SELECT * FROM {table}"));
        found.extend(rows.iter().map(|row| format!("{table}: {row:?}")));
    }
    found
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Not a test: the process that dies.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Ok(file) = std::env::var(FILE) else { return };
    let (what, at) = (std::env::var(WHAT).unwrap(), std::env::var(POINT).unwrap());
    runtime().block_on(async {
        let store = SqliteStore::open(file).await.unwrap();
        LEFT.store(at.parse().unwrap(), Ordering::SeqCst);
        carry_out(&store, &what).await;
        LEFT.store(-1, Ordering::SeqCst);
    });
}

/// Starts a process that does `what` and dies at a point; says whether it died.
fn dies(file: &Path, what: &str, at: i64) -> bool {
    let name = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&name, "--exact", "--ignored"])
        .env(FILE, file)
        .env(WHAT, what)
        .env(POINT, at.to_string())
        .output()
        .unwrap();
    let ended = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert_eq!(output.status.success(), ended, "{output:?}");
    !ended
}

/// Invariant 52: what is left is the state before the command or the one after it.
#[test]
fn inv_52_a_kill_between_any_two_steps_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base.db");
    runtime().block_on(furnish(&base));
    let copy = |name: String| -> PathBuf {
        let file = folder.path().join(name);
        let into = file.to_str().unwrap();
        Connection::open(&base).unwrap().execute("VACUUM INTO ?1", [into]).unwrap();
        file
    };
    let before = rows(&base);
    for (what, at_least) in COMMANDS {
        let done = copy(format!("{what}.db"));
        assert!(!dies(&done, what, i64::MAX));
        let after = rows(&done);
        assert_ne!(before, after, "{what} does nothing");
        let (mut at, mut kept) = (0, false);
        loop {
            let file = copy(format!("{what}-{at}.db"));
            if !dies(&file, what, at) {
                break;
            }
            let left = rows(&file);
            assert!(left == before || left == after, "{what} at {at}: {left:#?}");
            assert!(!kept || left == after, "{what} at {at}: what was committed is gone");
            kept = left == after;
            at += 1;
        }
        assert!(kept, "{what}: the last point is after the commit");
        assert!(at >= at_least, "{what} has {at} points");
    }
}
