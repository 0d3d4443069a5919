//! Translates refusals, answers and tokens into responses.
//! Must not write a byte of its own.

use actix_web::{
    HttpRequest, HttpResponse, Responder, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, HeaderName, HeaderValue},
    },
};

use crate::{
    authority::{Issued, Minted, TokenResponse},
    web::{Answer, Refusal},
};

pub(super) fn respond(answer: Answer) -> HttpResponse {
    write_onto(HttpResponse::Ok().finish().drop_body(), answer)
}

/// The answer in place of a response's status and body; its other headers stay.
pub(super) fn write_onto(mut response: HttpResponse<()>, answer: Answer) -> HttpResponse {
    let (status, headers, text) = answer.into_parts();
    // INVARIANT (known statuses): a refusal has one of a few, all of them valid.
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().remove(CONTENT_LENGTH);
    for (name, _) in &headers {
        response.headers_mut().remove(name);
    }
    for (name, value) in headers {
        // INVARIANT (header values): every value is visible ASCII; what is not is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response.set_body(BoxBody::new(text))
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The plain look; the guard around the handler gives it its own.
    fn error_response(&self) -> HttpResponse {
        respond(self.answer())
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(self)
    }
}

impl Responder for TokenResponse {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        for header in Self::HEADERS {
            response.insert_header(header);
        }
        response.body(self.body().to_owned())
    }
}

impl Responder for Issued {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.into_response().respond_to(request)
    }
}

impl Responder for Minted {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.into_response().respond_to(request)
    }
}
