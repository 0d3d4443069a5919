//! Knows why a client is not taken, or not changed.
//! Must not print a secret, nor a URI, which may hold one.

use super::redirect::RedirectProblem;
use crate::{
    id::{Audience, ClientId, IdError},
    key::KeyError,
    store::StoreError,
};

/// A client was not registered or changed, or does not fit where it is configured.
///
/// ```
#[doc = a_server!()]
/// use hallpass::authority::{Client, ClientError};
///
/// let app = Client::public("app").redirect_uri("https://app.example.com/*");
/// let error = authority.register_client(app).await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "redirect URI 1 must not contain `*`: URIs are compared as they are, register each one"
/// );
/// let status = match error {
///     ClientError::Taken(_) => 409,
///     ClientError::Contended | ClientError::Unavailable(_) => 503,
///     _ => 422, // the text says what to change
/// };
/// assert_eq!(status, 422);
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The text given for an id is none.
    #[error("{0}")]
    Id(#[from] IdError),
    /// The name is empty, too long or would print as something else.
    #[error("a client's name has 1 to 200 characters, none of which controls how text is shown")]
    Name,
    /// A URI cannot be one that browsers are sent to.
    #[error("{list} {number} {problem}")]
    Redirect {
        /// `redirect URI` or `post-logout redirect URI`.
        list: &'static str,
        /// Which of the list, from 1.
        number: usize,
        /// What is wrong.
        problem: RedirectProblem,
    },
    /// Two settings contradict each other, or one lacks another.
    #[error("{found}: expected {expected}")]
    Contradiction {
        /// What was said of the client.
        found: &'static str,
        /// What that needs.
        expected: &'static str,
    },
    /// There is too much of something.
    #[error("a client has at most {limit} {what}, this has {found}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most there may be.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// The key set cannot be read.
    #[error("the client's key set does not fit: {0}")]
    Jwks(#[from] KeyError),
    /// A key of the set is not one that may prove a client: an asymmetric public key.
    #[error("key {number} of the client's set does not fit: {reason}")]
    Key {
        /// Which of the set, from 1.
        number: usize,
        /// Why it is not taken.
        #[source]
        reason: KeyError,
    },
    /// The secret could be guessed, or cannot be sent.
    #[error(
        "the secret does not fit: expected at least 32 characters, or 22 of base64, made at \
         random, such as by `openssl rand -base64 32`; visible ASCII, at most 1024"
    )]
    Secret,
    /// What the client gets by default is more than it may have.
    #[error("the default scope is more than the client's scope allows")]
    DefaultScope,
    /// A scope is too large, or has words that only the vocabulary which made it can read.
    #[error(
        "the client's {what} cannot be kept: it is too large, or has words with special characters"
    )]
    Scope {
        /// Which one.
        what: &'static str,
    },
    /// Its tokens would be for a resource server that the authority does not name.
    #[error("the audience `{audience}` is not one of the authority's")]
    Audience {
        /// The audience.
        audience: Audience,
    },
    /// A value of its policy does not fit the others, or the authority's limits.
    #[error("the policy's {what} does not fit: expected {expected}")]
    Policy {
        /// Which value.
        what: &'static str,
        /// What was expected.
        expected: String,
    },
    /// There is a client of this id, or it is the authority's own.
    #[error("the client id `{0}` is taken")]
    Taken(ClientId),
    /// There is no client of this id.
    #[error("there is no registered client `{0}`")]
    Unknown(ClientId),
    /// The client is configured in the host's code, which alone changes it.
    #[error("the client `{0}` is configured where the authority is built, and changes there")]
    Configured(ClientId),
    /// The client does not prove itself by a secret.
    #[error("the client `{0}` has no secret: it is public, or signs assertions")]
    NoSecret(ClientId),
    /// Others changed the client again and again in the meantime. Try again.
    #[error("the client was changed by others in the meantime")]
    Contended,
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
    /// The store did not answer, or the authority has no
    /// [`server_store`](super::super::AuthorityBuilder::server_store). Whether the change
    /// happened is seen when the client is next read.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}
