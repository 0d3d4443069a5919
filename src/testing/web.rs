//! Knows how a test asks a service as somebody, in one line for each framework.
//! Must not know a service.

use super::TestAuthority;
use crate::{store::Store, web::Guard};

impl<S: Store> TestAuthority<S> {
    /// The guard to put around what you test: it lets this authority's tokens in.
    pub fn guard(&self) -> Guard {
        Guard::new(self.authority().verifier())
    }
}
