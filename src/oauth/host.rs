//! Knows what the endpoints ask of the host: who the user is, how consent looks.
//! Must not know the answer.

use std::fmt::Debug;

/// What the authorization endpoint asks of the host.
pub trait Host: Debug + Send + Sync + 'static {}
