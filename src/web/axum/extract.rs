//! Translates what the guard has left into extractors.
//! Must not decide anything; [`Scoped`] asks the decision path.

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use crate::{
    Verified, event,
    web::{
        Caller, Declared, Refusal, Scoped,
        caller::{Admitted, NO_GUARD},
    },
};

impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        admitted(parts)?.verified()
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Verified {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        Ok(admitted(parts)?.caller.verified().cloned())
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(admitted(parts)?.caller.clone())
    }
}

impl<S: Sync, T: Declared> FromRequestParts<S> for Scoped<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Self::admit(admitted(parts)?)
    }
}

fn admitted(parts: &Parts) -> Result<&Admitted, Refusal> {
    parts.extensions.get().ok_or_else(|| {
        event::misconfigured(&NO_GUARD);
        Refusal::MISCONFIGURED
    })
}
