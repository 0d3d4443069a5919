//! Knows a place for files, and sessions to put into them.
//! Must not know what is tested.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use hallpass::{
    clock::Timestamp,
    id::SessionId,
    store::{
        Attempt, CarriedClaims, RotateOutcome, Rotation, SessionPolicy, SessionRecord,
        SessionState, SessionStore, SqliteStore,
    },
};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A directory of its own, gone with the test.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("hallpass-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("tokens.db")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// The session number `number`, born at `NOW`.
pub(crate) fn session(number: u64) -> SessionRecord {
    let mut rest = [0; 12];
    rest[..8].copy_from_slice(&number.to_be_bytes());
    SessionRecord {
        id: SessionId::from_parts(NOW, rest),
        subject: format!("user-{}", number % 1000).parse().unwrap(),
        client: "web".parse().unwrap(),
        scope: "invoice:*:read".parse().unwrap(),
        audience: vec!["https://api.example.com".parse().unwrap()],
        claims: CarriedClaims::default(),
        cnf: None,
        label: None,
        policy: SessionPolicy {
            access_lifetime: MINUTE * 10,
            retry_window: MINUTE,
            retry_after_loss: DAY,
            idle: DAY * 14,
            max_skew: SECOND * 5,
            rotation: true,
            strict: false,
            client_proof: false,
        },
        absolute_expires_at: NOW + DAY * 90,
        state: SessionState {
            generation: 0,
            sealing_key: 1,
            attempt: None,
            rotated_at: None,
            confirmed_at: None,
            idle_expires_at: NOW + DAY * 14,
            ended: None,
        },
    }
}

/// A presentation of generation `presented`; each `attempt` is another one.
pub(crate) fn rotation(session: &SessionRecord, presented: u32, attempt: u64) -> Rotation {
    Rotation {
        id: session.id,
        presented,
        client: None,
        proof: None,
        sealing_key: 1,
        attempt: Attempt::from_bytes(attempt.to_be_bytes()),
        fast_forward: false,
    }
}

/// The generation that was granted.
#[track_caller]
pub(crate) fn granted(outcome: &RotateOutcome) -> u32 {
    match outcome {
        RotateOutcome::Granted { session, .. } => session.state.generation,
        other => panic!("not granted: {other:?}"),
    }
}

pub(crate) async fn open(place: &Place) -> SqliteStore {
    SqliteStore::open(place.file()).await.unwrap()
}

pub(crate) async fn put(store: &SqliteStore, session: &SessionRecord) {
    let outcome = store.insert_session(session).await.unwrap();
    assert_eq!(outcome, hallpass::store::InsertOutcome::Inserted);
}
