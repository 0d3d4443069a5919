//! Translates what the guard has left into extractors.
//! Must not decide anything; [`Scoped`] asks the decision path.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};

use crate::{
    Verified, event,
    web::{
        Caller, Declared, Refusal, Scoped,
        caller::{Admitted, NO_GUARD},
    },
};

impl FromRequest for Verified {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_admitted(request, Admitted::verified))
    }
}

impl FromRequest for Caller {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_admitted(request, |admitted| Ok(admitted.caller.clone())))
    }
}

impl<T: Declared> FromRequest for Scoped<T> {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_admitted(request, Self::admit))
    }
}

fn with_admitted<T>(
    request: &HttpRequest,
    read: impl FnOnce(&Admitted) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let extensions = request.extensions();
    let Some(admitted) = extensions.get::<Admitted>() else {
        event::misconfigured(&NO_GUARD);
        return Err(Refusal::MISCONFIGURED);
    };
    read(admitted)
}
