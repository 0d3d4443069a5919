//! Knows how the suite says which promise a store breaks, and which checks it holds.
//! Must not know the promises.

use std::{error::Error, fmt::Debug};

use crate::store::StoreError;

/// A promise of the contract that a store breaks.
///
/// ```
/// use hallpass::store::{MemoryStore, StoreErrorKind};
/// use hallpass::testing::{FailingStore, Fault, StoreMethod};
/// use hallpass::testing::conformance::{Suite, block_on};
///
/// let fresh = || async {
///     let store = FailingStore::new(MemoryStore::new());
///     store.fail_method(StoreMethod::EndSession, Fault::Before(StoreErrorKind::Busy));
///     store
/// };
/// let violation = block_on(Suite::new().sessions(fresh)).unwrap_err();
/// assert!(violation.detail().contains("the call failed"));
/// // A random history showed it; that one alone shows it again.
/// let again = Suite::new().seed(violation.seed().unwrap()).histories(1);
/// assert_eq!(block_on(again.sessions(fresh)).unwrap_err().rule(), violation.rule());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store breaks \"{rule}\": {detail}{}", .seed.map(|seed| format!(" (seed {seed})")).unwrap_or_default())]
pub struct Violation {
    rule: &'static str,
    detail: String,
    seed: Option<u64>,
}

impl Violation {
    pub(super) fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into(), seed: None }
    }

    /// Names the history, so that it can be run again.
    pub(super) fn seeded(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The promise, in the words of the contract.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// What the store did instead.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The seed of the random history that showed it, for [`Suite::seed`](super::Suite::seed).
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }
}

/// The checks a store has passed.
///
/// ```
/// use hallpass::{MemoryStore, testing::conformance::{Suite, block_on}};
///
/// let suite = Suite::new().contenders(4).histories(1);
/// let report = block_on(suite.feed(|| async { MemoryStore::new() }))?;
/// assert_eq!(report.held()[0], "feed::a_walk_reaches_everything"); // in the order they ran
/// # Ok::<(), hallpass::testing::conformance::Violation>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    held: Vec<&'static str>,
}

impl Report {
    /// The names of the checks, in the order they ran.
    #[must_use]
    pub fn held(&self) -> &[&'static str] {
        &self.held
    }

    pub(super) fn note(&mut self, check: &'static str) {
        self.held.push(check);
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.held.extend(other.held);
    }
}

/// Turns what went wrong inside a check into a violation of the rule it checks.
pub(super) trait Because<T> {
    fn because(self, rule: &'static str) -> Result<T, Violation>;
}

impl<T> Because<T> for Result<T, StoreError> {
    fn because(self, rule: &'static str) -> Result<T, Violation> {
        self.map_err(|error| {
            let mut detail = format!("the call failed: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                detail = format!("{detail}: {cause}");
                source = cause.source();
            }
            Violation::new(rule, detail)
        })
    }
}

/// Says that `rule` is broken unless two values are equal.
pub(super) fn same<T: PartialEq + Debug>(
    rule: &'static str,
    what: &str,
    got: &T,
    expected: &T,
) -> Result<(), Violation> {
    if got == expected {
        return Ok(());
    }
    Err(Violation::new(rule, format!("{what}: got {got:?}, expected {expected:?}")))
}

/// Says that `rule` is broken unless `holds`.
pub(super) fn ensure(rule: &'static str, holds: bool, what: &str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::new(rule, what)) }
}
