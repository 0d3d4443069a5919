//! Knows the `http` crate's form of what the decision path reads and answers.
//! Must not decide anything.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header::CACHE_CONTROL,
};

use super::GuardBody;
use crate::web::{Answer, Guard, Refusal, RequestHead, caching::Caching};

/// What the guard wants to see of a request.
pub(super) fn head_of<'r>(
    guard: &'r Guard,
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
) -> RequestHead<'r> {
    fill(guard.reads(), method, uri, headers)
}

/// A request with the headers of these names.
pub(super) fn fill<'r>(
    names: impl Iterator<Item = &'r str>,
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
) -> RequestHead<'r> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    names.fold(RequestHead::new(method.as_str(), target), |head, name| {
        let values = headers.get_all(name).into_iter();
        values.fold(head, |head, value| head.header(name, value))
    })
}

/// The answer as a response of any body.
pub(in crate::web) fn respond<B>(answer: Answer, body: impl FnOnce(String) -> B) -> Response<B> {
    let (status, headers, text) = answer.into_parts();
    let mut response = Response::new(body(text));
    *response.status_mut() = status_code(status);
    write_headers(headers, response.headers_mut());
    response
}

/// A service's response with its body wrapped. If it is a refusal that nobody has styled yet, it
/// gets this guard's look; other headers of it stay.
pub(super) fn restyle<B>(
    guard: &Guard,
    accept: Option<&str>,
    mut response: Response<B>,
) -> Response<GuardBody<B>> {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else {
        return response.map(GuardBody::own);
    };
    let (status, headers, text) = guard.answer(&refusal, accept).into_parts();
    let (mut parts, _) = response.into_parts();
    parts.status = status_code(status);
    parts.headers.remove(http::header::CONTENT_LENGTH);
    write_headers(headers, &mut parts.headers);
    Response::from_parts(parts, GuardBody::refusal(text))
}

/// The response with what is asked of caches.
pub(super) fn keep_private<B>(caching: Caching, mut response: Response<B>) -> Response<B> {
    let own = response.headers().get_all(CACHE_CONTROL).into_iter().map(HeaderValue::as_bytes);
    if let Some(value) = caching.instead_of(response.status().as_u16(), own) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
    response
}

fn status_code(status: u16) -> StatusCode {
    // INVARIANT (known statuses): a refusal has one of a few, all of them valid.
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn write_headers(headers: Vec<(String, String)>, out: &mut HeaderMap) {
    for (name, _) in &headers {
        out.remove(name);
    }
    for (name, value) in headers {
        // INVARIANT (header values): every value is visible ASCII; what is not is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            out.append(name, value);
        }
    }
}
