//! Knows the named parts of the path as axum's router found them.
//! Must not decode anything itself.

use axum::extract::{FromRequestParts as _, RawPathParams, rejection::RawPathParamsRejection};
use http::request::Parts;

/// The named parts of the path, decoded.
#[derive(Debug)]
pub(super) enum Parameters {
    Known(RawPathParams),
    NotUtf8,
    None,
}

impl Parameters {
    pub(super) async fn of(parts: &mut Parts) -> Self {
        match RawPathParams::from_request_parts(parts, &()).await {
            Ok(known) => Self::Known(known),
            Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => Self::NotUtf8,
            Err(_) => Self::None,
        }
    }

    /// The part of that name; nothing where there is none or where two have it.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match self {
            Self::Known(known) => {
                let mut named = known.iter().filter(|(known, _)| *known == name);
                let (_, value) = named.next()?;
                named.next().is_none().then_some(value)
            }
            // What a lossy decoder leaves, and what is refused as an id.
            Self::NotUtf8 => Some("\u{FFFD}"),
            Self::None => None,
        }
    }
}
