//! Knows how a client says who it is and proves it (RFC 6749 §2.3, OpenID Connect Core §9).
//! Must not know what it wants, nor how a secret is kept.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{AuthorizationServer, Endpoint, Form, OAuthError, Request, assertion};
use crate::{
    authority::{Client, ClientAuthentication},
    event,
    id::ClientId,
    web::urlencoded,
};

/// What a request says of its client. Nothing of it is proved.
struct Credentials<'f> {
    client: Zeroizing<String>,
    proof: Proof<'f>,
}

enum Proof<'f> {
    /// `client_secret_basic`.
    Basic(Zeroizing<String>),
    /// `client_secret_post`.
    Post(&'f str),
    /// `private_key_jwt`.
    Assertion(&'f str),
    /// `none`: the client names itself.
    Name,
}

impl AuthorizationServer {
    /// The client that made this request, after the host's limit was asked. A client that can
    /// prove itself has; a public one has said its name.
    ///
    /// Who is unknown, disabled, or proves itself wrongly or in another way than it is registered
    /// for, gets one and the same answer.
    pub(super) async fn authenticate(
        &self,
        endpoint: Endpoint,
        request: &Request<'_>,
        form: &Form,
    ) -> Result<Arc<Client>, OAuthError> {
        let credentials = Credentials::read(request, form);
        let named = credentials.as_ref().ok().map(|credentials| credentials.client.as_str());
        let named = named.and_then(|named| ClientId::parse(named).ok());
        self.admit(endpoint, named.as_ref().map(ClientId::as_str), request).await?;
        let proved = match &credentials {
            Ok(credentials) => self.prove(credentials).await,
            Err(error) => Err(*error),
        };
        if proved.as_ref().is_err_and(OAuthError::is_of_the_client) {
            // What is no client's id may be a secret or a token in the wrong place (INVARIANTS 40).
            let known = named.filter(|named| self.authority().knows_client(named));
            event::client_refused(known.as_ref().map(ClientId::as_str));
        }
        proved
    }

    async fn prove(&self, credentials: &Credentials<'_>) -> Result<Arc<Client>, OAuthError> {
        self.find(credentials).await.map_err(|error| match credentials.proof {
            Proof::Basic(_) => error.challenged(),
            _ => error,
        })
    }

    async fn find(&self, credentials: &Credentials<'_>) -> Result<Arc<Client>, OAuthError> {
        let authority = self.authority();
        let id = ClientId::parse(&credentials.client).map_err(|_| OAuthError::CLIENT)?;
        let (found, registered_for) = match &credentials.proof {
            Proof::Basic(secret) => (
                authority.authenticate_client(&id, secret.as_str()).await?,
                ClientAuthentication::Secret,
            ),
            Proof::Post(secret) => {
                (authority.authenticate_client(&id, *secret).await?, ClientAuthentication::Secret)
            }
            Proof::Assertion(text) => {
                let client = authority.find_client(&id).await?;
                let client = client.ok_or(OAuthError::CLIENT)?;
                assertion::check(authority, &client, text).await?;
                (Some(client), ClientAuthentication::PrivateKeyJwt)
            }
            Proof::Name => (authority.find_client(&id).await?, ClientAuthentication::None),
        };
        found.filter(|client| client.authentication() == registered_for).ok_or(OAuthError::CLIENT)
    }
}

impl<'f> Credentials<'f> {
    /// RFC 6749 §2.3: "The client MUST NOT use more than one authentication method in each
    /// request."
    fn read(request: &Request<'_>, form: &'f Form) -> Result<Self, OAuthError> {
        let named = form.get("client_id");
        let secret = form.get("client_secret");
        let assertion = form.get("client_assertion");
        let mut headers = request.head.values("authorization");
        let header = headers.next();
        if headers.next().is_some() {
            return Err(OAuthError::AUTHORIZATION);
        }
        match (header, secret, assertion) {
            (None, None, None) => {
                if form.get("client_assertion_type").is_some() {
                    return Err(OAuthError::NO_ASSERTION);
                }
                let client = named.ok_or(OAuthError::NO_CLIENT)?.to_owned();
                Ok(Self { client: client.into(), proof: Proof::Name })
            }
            (Some(header), None, None) => {
                let (client, secret) = read_basic(header).ok_or(OAuthError::CLIENT.challenged())?;
                if named.is_some_and(|named| named != client.as_str()) {
                    return Err(OAuthError::TWO_CLIENTS);
                }
                Ok(Self { client, proof: Proof::Basic(secret) })
            }
            (None, Some(secret), None) => {
                let client = named.ok_or(OAuthError::NO_CLIENT)?.to_owned();
                Ok(Self { client: client.into(), proof: Proof::Post(secret) })
            }
            (None, None, Some(text)) => {
                match form.get("client_assertion_type") {
                    Some(assertion::TYPE) => {}
                    // RFC 6749 §5.2: an "unsupported authentication method".
                    Some(_) => return Err(OAuthError::CLIENT),
                    None => return Err(OAuthError::NO_ASSERTION_TYPE),
                }
                // RFC 7521 §4.2: the client id "is unnecessary", and must be the subject.
                let client = assertion::subject(text).ok_or(OAuthError::CLIENT)?;
                if named.is_some_and(|named| named != client) {
                    return Err(OAuthError::TWO_CLIENTS);
                }
                Ok(Self { client: client.into(), proof: Proof::Assertion(text) })
            }
            _ => Err(OAuthError::TWO_METHODS),
        }
    }
}

/// Reads `Basic` (RFC 7617 §2), then each half as RFC 6749 §2.3.1 says: "encoded using the
/// "application/x-www-form-urlencoded" encoding algorithm". An id with a colon has it encoded, so
/// the first colon ends the id.
fn read_basic(header: &[u8]) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let (scheme, rest) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(rest.trim_ascii()).ok()?);
    let (id, secret) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((urlencoded::decode_text(id)?, urlencoded::decode_text(secret)?))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::read_basic;

    #[track_caller]
    fn reads(plain: impl AsRef<[u8]>, expected: Option<(&str, &str)>) {
        let header = format!("Basic {}", STANDARD.encode(plain));
        let read = read_basic(header.as_bytes());
        let read = read.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str()));
        assert_eq!(read, expected, "{header}");
    }

    #[test]
    fn each_half_of_basic_is_decoded_as_a_form_is() {
        reads("web:s3cret", Some(("web", "s3cret")));
        reads("https%3A%2F%2Fweb:a%20b+c%25", Some(("https://web", "a b c%")));
        reads("web:a:b", Some(("web", "a:b")));
        reads("web:", Some(("web", "")));
        reads("web", None);
        reads("web:%zz", None);
        reads(b"web:\xff", None);
        reads("web:%ff", None);
    }

    #[test]
    fn what_is_no_basic_is_nothing() {
        for text in [
            "",
            "Basic",
            "Basic ",
            "Bearer YTpi",
            "BasicYTpi",
            "Basic ??",
            "Basic YTpi=",
            "Basic YQ",
        ] {
            assert!(read_basic(text.as_bytes()).is_none(), "{text}");
        }
        assert!(read_basic(b"bAsIC  YTpi ").is_some());
    }
}
