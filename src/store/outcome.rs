//! Knows the answers to a presented refresh token: how it was granted, or why not.
//! Must not know which answer is due: `decide` does.

use std::time::Duration;

use super::{ended::EndReason, session::SessionRecord};
use crate::id::SessionId;

/// What a store answers to a [`Rotation`](super::Rotation).
///
/// ```
/// use hallpass::store::{Refusal, RotateOutcome};
///
/// /// What the holder of the token is told (RFC 6749 §5.2).
/// fn error(outcome: &RotateOutcome) -> Option<&'static str> {
///     match outcome {
///         RotateOutcome::Granted { .. } => None,
///         RotateOutcome::Refused(Refusal::ClockSkew { .. }) => Some("temporarily_unavailable"),
///         RotateOutcome::Refused(_) | RotateOutcome::Reused(_) => Some("invalid_grant"),
///         // A client throws its token away on `invalid_grant`, and this one is good.
///         RotateOutcome::StateRollback { .. } => Some("temporarily_unavailable"),
///     }
/// }
///
/// assert_eq!(error(&RotateOutcome::Refused(Refusal::Idle)), Some("invalid_grant"));
/// assert_eq!(error(&RotateOutcome::StateRollback { row: None }), Some("temporarily_unavailable"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every way to lose access must be handled")]
pub enum RotateOutcome {
    /// The tokens of this session are given out: the refresh token is the one of
    /// `session.state.generation`.
    Granted {
        /// How it was granted.
        how: Granted,
        /// The session after the step.
        session: Box<SessionRecord>,
    },
    /// No tokens.
    Refused(Refusal),
    /// An old token was presented: the session has ended.
    Reused(Reuse),
    /// The token is ahead of the row, or has no row: the store lost state. Nothing changed.
    StateRollback {
        /// The generation of the row, if there is one.
        row: Option<u32>,
    },
}

/// How a refresh was granted.
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
/// use hallpass::store::Granted;
///
/// let first = authority.refresh(issued.refresh_token()).await?;
/// assert!(matches!(first.how(), Some(Granted::Rotated { .. })));
/// // The answer was lost, so the client asks again, and gets the very same successor.
/// let again = authority.refresh(issued.refresh_token()).await?;
/// assert_eq!(again.how(), Some(Granted::Replayed));
/// assert_eq!(again.refresh_token().expose_secret(), first.refresh_token().expose_secret());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one arm for each line of the decision table")]
pub enum Granted {
    /// The session moved on to its next generation.
    Rotated {
        /// How far the row's clock was ahead, if that was more than the skew allowed.
        skew: Option<Duration>,
    },
    /// The current token came again within the window: the same token.
    Coalesced,
    /// The parent came again within the window: the same successor as before.
    Replayed,
    /// This session does not rotate: the same token.
    Kept,
}

/// Why a presented token gets nothing, without any change of state.
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
/// use hallpass::store::{Refusal, RotateOutcome, Rotation, SessionStore as _};
/// # use hallpass::{id::ClientId, store::Attempt};
///
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// let id = authority.issue(grant).await?.session_id();
/// let by = |client| Rotation {
///     client: Some(client),
/// #     id, presented: 0, proof: None, sealing_key: 1, fast_forward: false,
/// #     attempt: Attempt::from_bytes([1; 8]),
///     // …
/// };
/// let outcome = store.rotate_session(&by(ClientId::parse("phone")?), id.born()).await?;
/// assert_eq!(outcome, RotateOutcome::Refused(Refusal::OtherClient)); // nothing changed
/// let outcome = store.rotate_session(&by(ClientId::parse("web")?), id.born()).await?;
/// assert!(matches!(outcome, RotateOutcome::Granted { .. }));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every way to lose access must be handled")]
pub enum Refusal {
    /// The session has ended.
    Ended(EndReason),
    /// The session's absolute deadline has passed.
    Expired,
    /// The session was unused for too long.
    Idle,
    /// The token belongs to another client.
    OtherClient,
    /// The session belongs to a client that must prove itself, and none did.
    ClientRequired,
    /// The session is bound to a key, and the request did not prove it.
    ProofRequired,
    /// The row's clock is so far ahead that its windows mean nothing.
    ClockSkew {
        /// How far ahead it is.
        ahead: Duration,
    },
}

/// What is known of a reuse, for the operator.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// use hallpass::authority::{Policy, RefreshError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").store(MemoryStore::new())
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
///     .policy(Policy::new().strict(true)) // no window for retries
///     .build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let next = authority.refresh(issued.refresh_token()).await?;
/// // Somebody has kept the first token.
/// let again = authority.refresh(issued.refresh_token()).await;
/// let Err(RefreshError::Reused(reuse)) = again else { panic!("accepted") };
/// assert_eq!((reuse.session, reuse.distance), (issued.session_id(), 1));
/// assert!(authority.verify(next.access_token()).await.is_err()); // the session has ended
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it")]
pub struct Reuse {
    /// The session, now ended.
    pub session: SessionId,
    /// How many generations the presented token was behind: 1 is the parent.
    pub distance: u32,
    /// How long ago the session last rotated.
    pub age: Duration,
}
