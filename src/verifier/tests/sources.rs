//! Knows what a verifier asks of its source of keys, and when.
//! Must not know where keys come from.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serde_json::json;

use super::support::*;
use crate::{
    key::VerifyingKeys,
    verifier::{KeySource, KeySourceError, Verifier, VerifyError},
};

/// A source that counts what it is asked, and cannot count its changes: it leaves `generation` as
/// it comes.
#[derive(Debug)]
struct Counting {
    keys: Mutex<VerifyingKeys>,
    is_due: AtomicBool,
    refreshed: AtomicUsize,
    nudged: AtomicUsize,
    missed: AtomicUsize,
}

#[async_trait]
impl KeySource for Counting {
    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
        Ok(self.keys.lock().unwrap().clone())
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        Ok(())
    }

    async fn find_missing(&self, _: &str) -> Result<bool, KeySourceError> {
        self.missed.fetch_add(1, Ordering::SeqCst);
        Ok(false)
    }

    fn due_in(&self) -> Duration {
        if self.is_due.load(Ordering::SeqCst) { Duration::ZERO } else { Duration::MAX }
    }

    async fn refresh(&self) {
        self.refreshed.fetch_add(1, Ordering::SeqCst);
    }

    async fn nudge(&self) {
        self.nudged.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (Arc<Counting>, Verifier) {
    let source = Arc::new(Counting {
        keys: Mutex::new(VerifyingKeys::new([key().verifying_key()]).unwrap()),
        is_due: AtomicBool::new(false),
        refreshed: AtomicUsize::new(0),
        nudged: AtomicUsize::new(0),
        missed: AtomicUsize::new(0),
    });
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).clock(TestClock::new());
    let verifier = builder.key_source(Arc::<Counting>::clone(&source)).stateless().build().unwrap();
    (source, verifier)
}

/// What cannot say whether its keys have changed has no tokens remembered.
#[test]
fn without_a_count_of_changes_a_key_that_is_gone_is_gone_at_once() {
    let (source, verifier) = counted();
    for _ in 0..3 {
        assert!(verifier.verify_jwt(&good()).is_ok());
    }
    *source.keys.lock().unwrap() = VerifyingKeys::new([]).unwrap();
    assert!(matches!(verifier.verify_jwt(&good()), Err(VerifyError::UnknownKey)));
}

#[test]
fn a_source_works_when_something_is_due_and_only_then() {
    let (source, verifier) = counted();
    let counts = || [&source.refreshed, &source.nudged].map(|count| count.load(Ordering::SeqCst));
    assert!(block_on(verifier.verify(&good())).is_ok());
    let _ = block_on(verifier.tick());
    assert_eq!(counts(), [0, 0]);
    source.is_due.store(true, Ordering::SeqCst);
    assert!(block_on(verifier.verify(&good())).is_ok());
    assert_eq!(counts(), [0, 1], "a request only begins it");
    assert_eq!(block_on(verifier.tick()), Duration::ZERO);
    assert_eq!(counts(), [1, 1]);
}

/// A token that fails for another reason than its key is no reason to look for keys.
#[test]
fn only_a_missing_key_is_looked_for() {
    let (source, verifier) = counted();
    let late = sign(&with(json!({ "exp": NOW - 60 })));
    for error in [
        block_on(verifier.verify(&late)).unwrap_err(),
        block_on(verifier.find_genuine_jwt(&late)).unwrap_err(),
    ] {
        assert!(matches!(error, VerifyError::Expired), "{error}");
    }
    assert_eq!(source.missed.load(Ordering::SeqCst), 0);
    *source.keys.lock().unwrap() = VerifyingKeys::new([]).unwrap();
    assert!(matches!(block_on(verifier.find_genuine_jwt(&late)), Err(VerifyError::UnknownKey)));
    assert_eq!(source.missed.load(Ordering::SeqCst), 1);
}
