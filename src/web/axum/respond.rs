//! Translates refusals, answers and tokens into responses.
//! Must not write a byte of its own.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};

use crate::{
    authority::{Issued, Minted, TokenResponse},
    web::{Answer, Refusal, tower::respond},
};

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        respond(self, Body::from)
    }
}

impl IntoResponse for Refusal {
    /// The plain look; the guard around the handler gives it its own.
    fn into_response(self) -> Response {
        let mut response = self.answer().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for TokenResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body().to_owned()));
        for (name, value) in Self::HEADERS {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl IntoResponse for Issued {
    fn into_response(self) -> Response {
        Self::into_response(self).into_response()
    }
}

impl IntoResponse for Minted {
    fn into_response(self) -> Response {
        Self::into_response(self).into_response()
    }
}
