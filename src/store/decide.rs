//! Knows what a store does with a presented refresh token: one pure function, the same for all.
//! Must not know the rules: `judge` has them.

use std::convert::Infallible;

use super::{
    judge::{Facts, judge},
    outcome::RotateOutcome,
    presented::Rotation,
    session::{SessionRecord, SessionState},
};
use crate::clock::Timestamp;

/// What [`decide`] says: the answer, and the state to write, if any.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::{Attempt, RotateOutcome, Rotation, SessionState, decide};
/// # use hallpass::store::SessionStore as _;
///
/// let row = store.find_session(&issued.session_id()).await?.unwrap();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let (id, client, proof) = (row.id, None, None);
/// # let current = Rotation {
/// #     id, presented: 0, client, proof, sealing_key: 1, attempt, fast_forward: false
/// # };
/// let decision = decide(Some(&row), &current, row.id.born());
/// let Some(SessionState { generation: 1, attempt: Some(_), .. }) = decision.write else {
///     panic!("the store writes this");
/// };
/// assert!(matches!(decision.outcome, RotateOutcome::Granted { .. })); // and answers this
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines read it")]
pub struct Decision {
    /// The answer.
    pub outcome: RotateOutcome,
    /// The row's new state, written in the same atomic step, or nothing.
    pub write: Option<SessionState>,
}

/// Decides what a presented refresh token gets.
///
/// A store applies it in one atomic step: reads the row, writes [`Decision::write`] (and, where
/// that ends the session, its revocation record), and answers [`Decision::outcome`]. The lines
/// are tried from the top, as in the decision table of `docs/sessions.md`.
///
/// [`Decision::write`]: field@Decision::write
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::{Attempt, Rotation, SessionStore as _, decide};
///
/// let mut row = store.find_session(&issued.session_id()).await?.unwrap();
/// # let now = row.id.born();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let (id, client, proof) = (row.id, None, None);
/// # let rotation = Rotation {
/// #     id, presented: 0, client, proof, sealing_key: 1, attempt, fast_forward: false
/// # };
/// let first = decide(Some(&row), &rotation, now);
/// if let Some(state) = first.write {
///     row.state = state; // in the same transaction as the read
/// }
/// // The same attempt, sent again after a lost answer: nothing to write, the same answer.
/// let again = decide(Some(&row), &rotation, now);
/// assert_eq!((again.write, again.outcome), (None, first.outcome));
/// # Ok(()) }
/// ```
#[must_use]
pub fn decide(row: Option<&SessionRecord>, rotation: &Rotation, now: Timestamp) -> Decision {
    let verdict = judge(row.map(Facts::of).as_ref(), rotation, now);
    let write = verdict.write;
    let Ok(outcome) = verdict.outcome(row, |row| Ok::<_, Infallible>(row.clone()));
    Decision { outcome, write }
}
