//! Knows what of a request decides about access, as plain data: no framework's types.
//! Must not know a body, and never shows a header's value.

use std::fmt::{self, Debug};

/// The head of a request: method, path, query, and the headers that matter.
///
/// Adapters fill in the headers that [`Guard::reads`](super::Guard::reads) names, each value as
/// it was sent and in the order it was sent.
///
/// ```
/// use hallpass::web::RequestHead;
///
/// let head = RequestHead::new("GET", "/invoices/7?full=1").header("Authorization", b"Bearer a.b.c");
/// assert_eq!(head.path(), "/invoices/7");
/// assert_eq!(head.values("authorization").count(), 1);
/// ```
#[derive(Clone)]
#[must_use]
pub struct RequestHead<'r> {
    method: &'r str,
    target: &'r str,
    headers: Vec<(&'r str, &'r [u8])>,
}

impl<'r> RequestHead<'r> {
    /// A request with this method and target: a path, with the query if there is one.
    pub const fn new(method: &'r str, target: &'r str) -> Self {
        Self { method, target, headers: Vec::new() }
    }

    /// The same with one more header. The name may have any case.
    pub fn header(mut self, name: &'r str, value: &'r (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.headers.push((name, value.as_ref()));
        self
    }

    /// The same headers on another request: the one that a proxy asks about.
    #[cfg(feature = "gateway")]
    pub(super) fn asking(&self, method: &'r str, target: &'r str) -> Self {
        Self { method, target, headers: self.headers.clone() }
    }

    pub(super) const fn with_method(mut self, method: &'r str) -> Self {
        self.method = method;
        self
    }

    /// The method, as sent.
    #[must_use]
    pub const fn method(&self) -> &'r str {
        self.method
    }

    /// The target as sent: the path, with the query if there is one.
    #[must_use]
    pub const fn target(&self) -> &'r str {
        self.target
    }

    /// The target before the first `?`, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &'r str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// The target after the first `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'r str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The values of a header, in order.
    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'r [u8]> + 'h {
        let named = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value)
    }

    /// The value of a header that was sent exactly once.
    pub(crate) fn single(&self, name: &str) -> Option<&'r [u8]> {
        let mut values = self.values(name);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

impl Debug for RequestHead<'_> {
    /// Without the query and the headers' values, where credentials are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
