//! Knows what comes with a refresh token when it is presented.
//! Must not know what it gets: `decide` does.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, SessionId};

/// One presentation of a refresh token whose seal has been checked.
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
/// use hallpass::store::{Attempt, Granted, RotateOutcome, Rotation, SessionStore as _};
///
/// let id = issued.session_id();
/// let first = Rotation {
///     id,
///     presented: 0, // the generation of a token that was never refreshed
///     client: None,
///     proof: None,
///     sealing_key: 1,
///     attempt: Attempt::from_bytes([1; 8]),
///     fast_forward: false,
/// };
/// let outcome = store.rotate_session(&first, id.born()).await?;
/// let RotateOutcome::Granted { how, session } = outcome else { panic!("refused") };
/// assert_eq!((how, session.state.generation), (Granted::Rotated { skew: None }, 1));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests of an engine build it")]
pub struct Rotation {
    /// Which session.
    pub id: SessionId,
    /// The generation the presented token was sealed at.
    pub presented: u32,
    /// The client that proved itself, if one did.
    pub client: Option<ClientId>,
    /// The key that the request proved possession of, if one was.
    pub proof: Option<ProofKey>,
    /// The sealing key for the successor, if there will be one.
    pub sealing_key: u8,
    /// The mark of this attempt; new for every call, the same when a call is sent again.
    pub attempt: Attempt,
    /// Whether a token ahead of the row moves the row forward: only after a restore from a
    /// backup, and only by the host's choice.
    pub fast_forward: bool,
}

/// A random mark of one attempt at a consuming command, by which a store recognises the same
/// attempt when it is sent again after a lost answer.
///
/// A store keeps it in the row, and gives the first outcome when it meets it again:
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, store::{Attempt, ReplayStore as _}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, jti) = (MemoryStore::new(), [7; 32]);
/// let (now, until) = (Timestamp::from_unix_seconds(1_000), Timestamp::from_unix_seconds(1_300));
/// let attempt = Attempt::from_bytes([1; 8]);
/// assert!(store.consume_once(&jti, attempt, until, now).await?);
/// assert!(store.consume_once(&jti, attempt, until, now).await?, "the answer was lost");
/// assert!(!store.consume_once(&jti, Attempt::from_bytes([2; 8]), until, now).await?);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attempt(pub(crate) [u8; 8]);

impl Attempt {
    /// The attempt with these bytes, as a store kept them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes, as a store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// The key a session's tokens are bound to: the `cnf` claim (RFC 7800 §3.1).
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
/// use hallpass::{authority::{Refresh, RefreshError}, store::ProofKey};
///
/// let key = ProofKey::Jkt("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned());
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).bound_to(key.clone());
/// let issued = authority.issue(grant).await?;
///
/// let stolen = authority.refresh(issued.refresh_token()).await;
/// assert!(matches!(stolen, Err(RefreshError::ProofRequired)));
/// let proven = Refresh::new(issued.refresh_token()).proof(key);
/// assert!(authority.refresh_with(proven).await.is_ok());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ProofKey {
    /// The JWK thumbprint of a DPoP key (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    Jkt(String),
    /// The SHA-256 thumbprint of a client certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    X5tS256(String),
}

impl ProofKey {
    /// The `cnf` claim: a JSON object with one member.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (name, value) = match self {
            Self::Jkt(value) => ("jkt", value),
            Self::X5tS256(value) => ("x5t#S256", value),
        };
        serde_json::json!({ name: value }).to_string()
    }
}
