//! Knows how each verb fails, and whose fault it is.
//! Must not know HTTP: status and body are the web edge's.

use super::client::ClientError;
use crate::{
    crypto,
    id::{Audience, ClientId, IdError},
    key::{KeyError, RotateError},
    scope::{NegotiateError, ScopeError},
    secret::SecretError,
    store::{EndReason, Reuse, StoreError},
    token::{ClaimsWriteError, OpaqueError},
    verifier::{KeySourceError, PermissionError},
};

/// The authority is not set up as it must be: the host's fault, found at start-up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Something that must be given was not.
    #[error("{what} is missing: {hint}")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// How to give it.
        hint: &'static str,
    },
    /// A value does not fit the others.
    #[error("the policy's {what} does not fit: expected {expected}")]
    Policy {
        /// Which value.
        what: &'static str,
        /// What was expected.
        expected: String,
    },
    /// An identifier in the configuration is wrong.
    #[error("the configuration names a bad identifier: {0}")]
    Id(#[from] IdError),
    /// Two clients have one id.
    #[error("the client `{0}` is configured twice")]
    DuplicateClient(ClientId),
    /// A client's tokens would be for a resource server that the authority does not name.
    #[error("the client `{client}` has the audience `{audience}`, which the authority has not")]
    ForeignAudience {
        /// The client.
        client: ClientId,
        /// The audience.
        audience: Audience,
    },
    /// A client does not fit.
    #[error("the client `{client}` does not fit: {problem}")]
    Client {
        /// The client.
        client: ClientId,
        /// What does not fit, and what was expected.
        #[source]
        problem: Box<ClientError>,
    },
    /// The issuer is not an address a token may name.
    #[error("the issuer does not fit: {0}")]
    Issuer(#[from] crate::token::IssuerError),
    /// A key cannot be used.
    #[error("a key does not fit: {0}")]
    Key(#[from] KeyError),
    /// The prefix of opaque tokens cannot be used.
    #[error("{0}")]
    Prefix(#[from] crate::token::PrefixError),
    /// The rules for verifying do not fit.
    #[error("{0}")]
    Verifier(#[from] crate::verifier::ConfigError),
    /// The master secret cannot be used.
    #[error("the master secret does not fit: {0}")]
    MasterSecret(#[from] SecretError),
}

/// A token could not be made, for a reason that is not the caller's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The signing key failed.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// No key of the ring may sign.
    #[error("no key may sign: the ring's was withdrawn, and it has no other")]
    NoKey,
    /// A session's refresh token was sealed under a master secret that is not given here.
    #[error("a session was sealed under a master secret that is not given: `also_opens` keeps it")]
    UnknownSealingKey,
    /// The keys that the store keeps cannot be read, or were not for too long.
    #[error("{0}")]
    Keys(#[from] KeySourceError),
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
    /// The token would be longer than verifiers accept.
    #[error("the token would have {length} bytes, verifiers accept {limit}")]
    TooLong {
        /// The bytes it would have.
        length: usize,
        /// The bytes verifiers accept.
        limit: usize,
    },
}

impl From<crypto::CryptoError> for SigningError {
    fn from(_: crypto::CryptoError) -> Self {
        Self::Random
    }
}

/// Nothing was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// An identifier of the grant is wrong.
    #[error("the grant names a bad identifier: {0}")]
    Id(#[from] IdError),
    /// A custom claim cannot be carried.
    #[error("{0}")]
    Claims(#[from] ClaimsWriteError),
    /// A custom claim's value cannot be written as JSON.
    #[error("the value of the claim `{name}` cannot be written as JSON")]
    UnwritableClaim {
        /// The claim.
        name: String,
    },
    /// An audience that this client's tokens may not be for (RFC 8707 §2, `invalid_target`).
    #[error("the audience `{audience}` is not one this client may ask for")]
    Audience {
        /// The audience.
        audience: String,
    },
    /// There is no such client, or it is disabled. Where clients are registered, every client
    /// that a grant names must be one (RFC 6749 §5.2, `unauthorized_client`).
    #[error("the client `{client}` is unknown or disabled")]
    Client {
        /// The client.
        client: ClientId,
    },
    /// The requested scope is refused (RFC 6749 §5.2, `invalid_scope`).
    #[error("{0}")]
    NotGranted(#[from] NegotiateError),
    /// The scope that would be granted is beyond the limits.
    #[error("the scope to grant does not fit: {0}")]
    Scope(#[from] ScopeError),
    /// The lifetime that was asked for has passed already.
    #[error("the access token would be expired when it is issued")]
    Expired,
    /// The owner was revoked again and again while this was issued, or the random generator
    /// repeats itself.
    #[error("the grant was overtaken by revocations of its owner")]
    Contended,
    /// The signing key or the random generator failed.
    #[error("the token could not be signed or sealed")]
    Signing(#[from] SigningError),
    /// What the subject may do cannot be had.
    #[error("{0}")]
    Permissions(#[from] PermissionError),
    /// The store did not answer.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

/// A refresh token got nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The text is no refresh token of this authority, or it has expired. The store was not
    /// asked.
    #[error("the refresh token does not fit: {0}")]
    Token(#[from] OpaqueError),
    /// The session has ended.
    #[error("the session has ended: {}", .0.as_str())]
    Ended(EndReason),
    /// The session was unused for too long, or has reached its absolute deadline.
    #[error("the session has expired")]
    Expired,
    /// An old token was presented: the session has been ended now.
    #[error("the refresh token was used before: the session has been ended")]
    Reused(Reuse),
    /// The token's client, or the one that presents it, is unknown or disabled.
    #[error("the client of the refresh token is unknown or disabled")]
    UnknownClient,
    /// The token belongs to another client.
    #[error("the refresh token belongs to another client")]
    OtherClient,
    /// The session's client must prove itself (RFC 6749 §6).
    #[error("the session's client must prove itself")]
    ClientRequired,
    /// The session is bound to a key that the request did not prove.
    #[error("the session is bound to a key, and the request did not prove it")]
    ProofRequired,
    /// The requested scope is more than the session has (RFC 6749 §6, `invalid_scope`).
    #[error("the requested scope is more than the session has")]
    ScopeExceeded,
    /// Nothing of the scope may be granted any more (`invalid_scope`).
    #[error("nothing of the scope may be granted any more")]
    NothingGranted,
    /// The requested audience is more than the session has (RFC 8707 §2.2, `invalid_target`).
    #[error("the requested audience is more than the session has")]
    AudienceExceeded,
    /// The token is ahead of the store, or the store does not know its session: state was lost.
    /// A client must keep its token.
    #[error("the store has lost state of this session")]
    StateRollback,
    /// The clocks of this instance and of the one that wrote the row disagree too much.
    #[error("the clocks of the instances disagree")]
    ClockSkew,
    /// A scope is beyond the limits.
    #[error("the scope does not fit: {0}")]
    Scope(#[from] ScopeError),
    /// The signing key failed. The old refresh token can be presented again.
    #[error("the token could not be signed or sealed")]
    Signing(#[from] SigningError),
    /// What the subject may do cannot be had. The refresh token can be presented again.
    #[error("{0}")]
    Permissions(#[from] PermissionError),
    /// The store did not answer. The refresh token can be presented again.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

/// An API key could not be made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// What is true of every grant.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The grant binds to a key, which an API key cannot be: whoever shows it may use it.
    #[error("an API key cannot be bound to a key")]
    Bound,
    /// The text is no API key of this authority, or it has expired.
    #[error("the API key does not fit: {0}")]
    Token(#[from] OpaqueError),
    /// There is no such key, or it has ended or expired.
    #[error("there is no live API key with this id")]
    NotLive,
    /// It has been replaced already.
    #[error("the API key was replaced before")]
    AlreadyReplaced,
    /// The new expiry is after the one the key carries.
    #[error("an API key's expiry can only be brought forward; rotate it for a longer life")]
    Extended,
    /// The name is empty or too long.
    #[error("an API key's name has 1 to 200 characters, none of them a control character")]
    Name,
    /// The store did not answer.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

/// A revocation could not be carried out. Repeating it is safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// The token is good, and has no id by which it could be revoked alone (RFC 7009 §2.2.1,
    /// `unsupported_token_type`): revoke its subject or client instead.
    #[error("a token without an id of this authority cannot be revoked alone")]
    UnsupportedTokenType,
    /// The store did not answer: the revocation may or may not have happened.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

/// The signing keys did not change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateKeysError {
    /// The ring does not rotate now.
    #[error("{0}")]
    Ring(#[from] RotateError),
    /// The store did not answer: whether the keys changed is seen when they are next read.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
    /// The store has signing keys, and none of them opens: they were sealed under another master
    /// secret, or for another issuer.
    #[error(
        "no signing key in the store opens: give the master secret that sealed them, or `also_opens` it"
    )]
    Sealed,
}

impl From<RotateKeysError> for WithdrawError {
    fn from(error: RotateKeysError) -> Self {
        match error {
            RotateKeysError::Ring(error) => Self::Ring(error),
            RotateKeysError::Unavailable(error) => Self::Unavailable(error),
            RotateKeysError::Sealed => Self::Sealed,
        }
    }
}

/// A signing key could not be withdrawn everywhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithdrawError {
    /// There is no such key, or the ring cannot be without it.
    #[error("{0}")]
    Ring(#[from] RotateError),
    /// The store did not answer: other instances may still accept the key.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
    /// The store's keys cannot be read here, as none opens: other instances may still accept it.
    #[error("{}", RotateKeysError::Sealed)]
    Sealed,
}
