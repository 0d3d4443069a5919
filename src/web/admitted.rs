//! Knows what a guard leaves in a request, for extractors and route requirements inside it.
//! Must not know a framework's request.

use super::{Caller, Guard};

/// What the log says when the layer was forgotten.
pub(super) const NO_GUARD: &str = "there is no `hallpass::web::Guard` around this route: add it \
                                   with `.layer(guard)` on axum and tower, with `.wrap(guard)` on \
                                   actix-web";

/// What a guard leaves for extractors and route requirements.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) guard: Guard,
}
