//! Knows a router on which a [`TestAuthority`] answers.
//! Must not know what it answers.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Response, Uri},
    routing::any,
};

use super::{TestAuthority, endpoints::PATHS, server::Reply};
use crate::{store::Store, web::RequestHead};

impl<S: Store> TestAuthority<S> {
    /// What [`TestAuthority::serve`] answers, as an axum router: to send requests to without a
    /// socket, to merge into the router under test, or to serve yourself.
    ///
    /// ```
    /// use axum::body::Body;
    /// use hallpass::testing::{TestAuthority, TestResponse};
    /// use tower::ServiceExt as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let auth = TestAuthority::new();
    /// let ask = auth.request_as("ada", "invoice:7:read").uri("/whoami?require=invoice:8:read");
    /// let answer = auth.router().oneshot(ask.body(Body::empty()).unwrap()).await.unwrap();
    /// let answer = TestResponse::from_http(answer).await;
    /// answer.assert_refused(403, "insufficient_scope").scope("invoice:8:read");
    /// # }
    /// ```
    pub fn router(&self) -> Router {
        PATHS.iter().fold(Router::new(), |router, path| {
            let auth = self.clone();
            let handler =
                async move |method: Method, uri: Uri, headers: HeaderMap, form: String| {
                    let target = uri.path_and_query().map_or("/", |target| target.as_str());
                    let head = RequestHead::new(method.as_str(), target);
                    let head = headers
                        .iter()
                        .fold(head, |head, (name, value)| head.header(name.as_str(), value));
                    respond(auth.answer(&head, &form).await)
                };
            router.route(path, any(handler))
        })
    }
}

#[expect(clippy::expect_used, reason = "an answer of ours has a status and headers")]
fn respond(reply: Reply) -> Response<Body> {
    let response = Response::builder().status(reply.status);
    let headers = reply.headers.iter();
    let response = headers.fold(response, |response, (name, value)| response.header(name, value));
    response.body(Body::from(reply.body)).expect("an answer should be a response")
}
