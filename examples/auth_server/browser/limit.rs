//! Knows how often a password may be tried.
//! Must not know a password.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::config::SignInLimit;

/// How many counters are kept; beyond that the oldest windows are forgotten.
const MOST: usize = 100_000;
/// How much more a peer may try for all users together, and all peers together for a user. The
/// first is for those who share an address; the second keeps a stranger from locking someone out
/// cheaply, and a crowd from guessing for long.
const WIDER: u32 = 10;

/// Counts attempts for a user from a peer, for a user, and from a peer, each in a window of time.
/// It counts in this process: two instances let twice as many through.
#[derive(Debug)]
pub(crate) struct SignInLimiter {
    limit: SignInLimit,
    counters: Mutex<HashMap<Key, Counter>>,
}

type Key = (Option<String>, Option<String>);

#[derive(Debug, Clone, Copy)]
struct Counter {
    began: Instant,
    attempts: u32,
}

/// An attempt that was let through; to be given back if it was right.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt([Key; 3]);

impl SignInLimiter {
    pub(crate) fn new(limit: SignInLimit) -> Self {
        Self { limit, counters: Mutex::default() }
    }

    /// Counts an attempt before it is made.
    ///
    /// # Errors
    /// How long to wait, when it is one too many; it is then not counted.
    pub(crate) fn attempt(&self, user: &str, peer: &str) -> Result<Attempt, Duration> {
        let (now, per) = (Instant::now(), self.limit.per);
        let user = Some(user.to_lowercase());
        let peer = Some(peer.to_owned());
        let keys = [(user.clone(), peer.clone()), (user, None), (None, peer)];
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() > MOST {
            counters.retain(|_, counter| now.duration_since(counter.began) < per);
        }
        if counters.len() > MOST {
            return Err(per);
        }
        for (key, most) in keys.iter().zip(self.most()) {
            let Some(counter) = counters.get(key) else { continue };
            let age = now.duration_since(counter.began);
            if age < per && counter.attempts >= most {
                return Err(per.saturating_sub(age));
            }
        }
        for key in &keys {
            let counter =
                counters.entry(key.clone()).or_insert(Counter { began: now, attempts: 0 });
            if now.duration_since(counter.began) >= per {
                *counter = Counter { began: now, attempts: 0 };
            }
            counter.attempts += 1;
        }
        Ok(Attempt(keys))
    }

    /// The password was right: it does not count.
    pub(crate) fn was_right(&self, attempt: Attempt) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        for key in attempt.0 {
            if let Some(counter) = counters.get_mut(&key) {
                counter.attempts = counter.attempts.saturating_sub(1);
            }
        }
    }

    fn most(&self) -> [u32; 3] {
        let wide = self.limit.attempts.saturating_mul(WIDER);
        [self.limit.attempts, wide, wide]
    }
}
