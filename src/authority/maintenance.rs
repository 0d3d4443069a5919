//! Knows the work that is done beside the verbs: loading, reading the feed, writing
//! confirmations, forgetting what has expired.
//! Must not know a runtime, but for the one function that spawns.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::Authority;
use crate::{
    event,
    id::SessionId,
    store::StoreError,
    verifier::{ConfirmationSink, VerifyError},
};

/// How often expired records are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How much is forgotten in one command, and in one tick: a backlog is worked off over several.
const PRUNE_BATCH: u32 = 1_000;
/// How long an ended or expired API key is still listed as such by the store.
const API_KEY_GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How many sessions may wait for their confirmation to be written. Above that the news is
/// dropped, and a retry is answered for longer.
const MAX_WAITING: usize = 10_000;

/// What waits to be done.
#[derive(Debug, Default)]
pub(super) struct Background {
    retention_raised: AtomicBool,
    confirmations: Mutex<BTreeMap<SessionId, u32>>,
    /// Monotonic milliseconds at which pruning is due.
    prune_due: AtomicU64,
}

impl ConfirmationSink for Background {
    fn confirm(&self, session: SessionId, generation: u32) {
        let mut waiting = self.confirmations.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING || waiting.contains_key(&session) {
            let known = waiting.entry(session).or_insert(generation);
            *known = (*known).max(generation);
        }
    }
}

impl Authority {
    /// Asks the store for the first time, loads the keys it keeps and what was revoked, and says
    /// what is wrong. Call it at start-up; without it the first verb does the same. Managed keys
    /// that do not exist yet are made.
    ///
    /// ```
    #[doc = an_authority!()]
    /// assert!(!authority.verifier().is_fresh(), "nothing was asked yet");
    /// authority.ready().await?; // before the first request is let in
    /// assert!(authority.verifier().is_fresh());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`] when the store does not answer, or the keys in it do not open.
    pub async fn ready(&self) -> Result<(), VerifyError> {
        self.ensure_retention().await.map_err(|error| VerifyError::Store(Arc::new(error)))?;
        self.0.verifier.ready().await
    }

    /// Does what is due beside the verbs, and returns how long to wait for the next time: reads
    /// the revocation feed, reads and rotates keys, writes confirmations and the last use of API keys,
    /// forgets expired records.
    ///
    /// Errors of the store are told to the operator and tried again; verification fails closed
    /// by itself when it knows too little.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use std::time::Duration;
    ///
    /// // In a loop: `loop { sleep(authority.tick().await).await }`.
    /// let wait = authority.tick().await;
    /// assert!(wait <= Duration::from_millis(500), "the feed is read twice a second");
    /// # Ok(()) }
    /// ```
    pub async fn tick(&self) -> Duration {
        if let Err(error) = self.ensure_retention().await {
            event::store_failed("raise_retention", &error);
        }
        let wait = self.0.verifier.tick().await;
        if let Err(error) = self.tell_withdrawals().await {
            event::store_failed("revoke", &error);
        }
        let keys_in = self.keep_keys().await;
        self.write_confirmations().await;
        let prune_in = self.prune_when_due().await;
        wait.min(prune_in).min(keys_in)
    }

    /// Makes sure that revocation records live long enough, before anything is issued that they
    /// would have to cover.
    pub(super) async fn ensure_retention(&self) -> Result<(), StoreError> {
        let background = &self.0.background;
        if !background.retention_raised.load(Ordering::Acquire) {
            self.0.store.raise_retention(self.0.retention).await?;
            background.retention_raised.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Whether there is nothing to ask before something is issued. A wait for nothing costs a token
    /// a hundredth of its time.
    pub(super) fn may_issue_at_once(&self) -> bool {
        self.0.background.retention_raised.load(Ordering::Acquire) && self.0.keys.are_given()
    }

    async fn write_confirmations(&self) {
        let waiting = {
            let mut waiting =
                self.0.background.confirmations.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        let now = self.0.clock.now();
        for (session, generation) in waiting {
            if let Err(error) = self.0.store.confirm_session(&session, generation, now).await {
                // Lost on purpose: the next generation is confirmed anew.
                return event::store_failed("confirm_session", &error);
            }
        }
    }

    async fn prune_when_due(&self) -> Duration {
        let due = &self.0.background.prune_due;
        let now = self.0.clock.monotonic();
        let due_at = Duration::from_millis(due.load(Ordering::Relaxed));
        if let Some(wait) = due_at.checked_sub(now).filter(|wait| !wait.is_zero()) {
            return wait;
        }
        let more = match self.prune(PRUNE_BATCH).await {
            Ok(pruned) => pruned.more,
            Err(error) => {
                event::store_failed("prune", &error);
                false
            }
        };
        let wait = if more { Duration::from_secs(1) } else { PRUNE_EVERY };
        let next = u64::try_from((now + wait).as_millis()).unwrap_or(u64::MAX);
        due.store(next, Ordering::Relaxed);
        wait
    }

    /// Forgets at most `limit` expired sessions, revocation records, API keys, codes and single-use values each. No answer
    /// changes by it. [`tick`](Self::tick) does it every minute.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten stays forgotten.
    pub async fn prune(&self, limit: u32) -> Result<Pruned, StoreError> {
        let now = self.0.clock.now();
        let store = &self.0.store;
        let sessions = store.prune_sessions(now, limit).await?;
        let revocations = store.prune_revocations(now, limit).await?;
        let api_keys = store.prune_api_keys(now - API_KEY_GRACE, limit).await?;
        let (mut codes, mut replays) = (0, 0);
        if let Some(server) = &self.0.server {
            codes = server.prune_codes(now, limit).await?;
            replays = server.prune_replays(now, limit).await?;
        }
        event::pruned(sessions, revocations, api_keys);
        let more = [sessions, revocations, api_keys, codes, replays].contains(&limit);
        Ok(Pruned { sessions, revocations, api_keys, codes, replays, more })
    }
}

/// What was forgotten.
///
/// ```
#[doc = an_authority!()]
/// let mut forgotten = 0;
/// loop {
///     let pruned = authority.prune(1_000).await?;
///     forgotten += pruned.sessions;
///     if !pruned.more {
///         break; // the last batch was not full
///     }
/// }
/// assert_eq!(forgotten, 0, "nothing has expired yet");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// Sessions past their absolute deadline.
    pub sessions: u32,
    /// Revocation records that no live token needs.
    pub revocations: u32,
    /// API keys that ended or expired a month ago.
    pub api_keys: u32,
    /// Authorization codes that can say nothing more.
    pub codes: u32,
    /// Single-use values that have expired.
    pub replays: u32,
    /// Whether a batch was full, so that there may be more.
    pub more: bool,
}
