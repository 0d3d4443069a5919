//! Knows that without a router there are no parts of a path.
//! Must not know a request.

use http::request::Parts;

/// The named parts of the path: none.
#[derive(Debug)]
pub(super) struct Parameters;

impl Parameters {
    pub(super) async fn of(_parts: &mut Parts) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "its twin has something to look into")]
    pub(super) fn value(&self, _name: &str) -> Option<&str> {
        None
    }
}
