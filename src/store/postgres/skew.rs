//! Knows how far the server's clock is from ours.
//! Must not know what is refused because of it.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;

use super::{Inner, error::Error, run::Repeatable};
use crate::clock::Clock;

/// How often clocks are compared, and how often while they differ too much.
const EVERY: Duration = Duration::from_secs(60);
const EVERY_WHILE_REFUSING: Duration = Duration::from_secs(5);

/// What the last comparison found.
#[derive(Debug)]
pub(super) struct Skew {
    clock: Arc<dyn Clock>,
    allowed: Duration,
    /// Milliseconds by which the server is certainly ahead (or behind, if negative).
    found: AtomicI64,
}

impl Skew {
    pub(super) fn new(clock: Arc<dyn Clock>, allowed: Duration) -> Self {
        Self { clock, allowed, found: AtomicI64::new(0) }
    }

    /// Refuses when clocks differ by more than is allowed.
    pub(super) fn check(&self) -> Result<(), Error> {
        let found = self.found.load(Ordering::Relaxed);
        if u128::from(found.unsigned_abs()) > self.allowed.as_millis() {
            return Err(Error::Skew(found));
        }
        Ok(())
    }
}

impl Inner {
    /// Asks the server for its time. What the round trip took is not counted as a difference.
    pub(super) async fn compare_clocks(&self) -> Result<(), Error> {
        let millis = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
        let before = millis(self.skew.clock.now().as_unix_millis());
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let rows = self.query(sql, &[], Repeatable::Yes).await?;
        let after = millis(self.skew.clock.now().as_unix_millis());
        let server: i64 = match rows.first() {
            Some(row) => row.try_get(0)?,
            None => return Err(Error::Answer("no time")),
        };
        let found = if server < before.min(after) {
            server - before.min(after)
        } else if server > before.max(after) {
            server - before.max(after)
        } else {
            0
        };
        self.skew.found.store(found, Ordering::Relaxed);
        Ok(())
    }
}

/// Compares clocks for as long as the store lives.
pub(super) async fn keep_comparing(store: Weak<Inner>) {
    loop {
        let refusing = match store.upgrade() {
            Some(inner) => inner.skew.check().is_err(),
            None => return,
        };
        sleep(if refusing { EVERY_WHILE_REFUSING } else { EVERY }).await;
        if let Some(inner) = store.upgrade() {
            // A server that does not answer has no clock to compare; what was found stays.
            let _unanswered = inner.compare_clocks().await;
        }
    }
}
