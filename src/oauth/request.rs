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

impl Debug for Request<'_> {
    /// Without the body, where credentials are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("head", &self.head).finish_non_exhaustive()
    }
}
