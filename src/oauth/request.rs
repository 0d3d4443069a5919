//! Knows a request to an endpoint as plain data.
//! Must not know what an endpoint makes of it.

use std::fmt::{self, Debug};

use crate::web::RequestHead;

/// A request to one of the endpoints: its head, its body, and who sent it.
///
/// ```
/// use hallpass::{oauth::Request, web::RequestHead};
///
/// let head = RequestHead::new("POST", "/token")
///     .header("content-type", b"application/x-www-form-urlencoded");
/// let request = Request::new(head).body(b"grant_type=client_credentials").peer("192.0.2.7");
/// ```
#[derive(Clone)]
#[must_use]
pub struct Request<'r> {
    pub(super) head: RequestHead<'r>,
    pub(super) body: &'r [u8],
    pub(super) peer: Option<&'r str>,
}

impl<'r> Request<'r> {
    /// A request without a body.
    pub const fn new(head: RequestHead<'r>) -> Self {
        Self { head, body: &[], peer: None }
    }

    /// The same with this body, whole.
    pub const fn body(mut self, body: &'r [u8]) -> Self {
        self.body = body;
        self
    }

    /// The same from this address: what a rate limit may count by. Behind a proxy it is what the
    /// proxy vouches for.
    pub const fn peer(mut self, address: &'r str) -> Self {
        self.peer = Some(address);
        self
    }
}

/// Who sent a request, as a layer of the host's own says it: put it into the request's extensions,
/// and the routers take it instead of the connection's address. Behind a proxy that address is the
/// proxy's, and a rate limit would count everybody as one.
///
/// ```
/// use hallpass::oauth::Peer;
///
/// /// Behind one proxy of yours, which adds the address it sees at the end of `X-Forwarded-For`.
/// fn peer(forwarded_for: &str) -> Peer {
///     Peer::new(forwarded_for.rsplit(',').next().unwrap_or_default().trim())
/// }
///
/// // What stands before it, the client may have written itself.
/// assert_eq!(peer("198.51.100.1, 192.0.2.7").as_str(), "192.0.2.7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer(Box<str>);

impl Peer {
    /// The sender is at this address.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self(address.into())
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Debug for Request<'_> {
    /// Without the body, where credentials are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("head", &self.head).finish_non_exhaustive()
    }
}
