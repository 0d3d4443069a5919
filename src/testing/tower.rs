//! Knows how a test asks an axum or tower service as somebody, and reads what it answers.
//! Must not know a service.

use std::{future::poll_fn, pin::pin};

use http_body::Body;

use super::{TestAuthority, TestResponse};
use crate::store::Store;

impl<S: Store> TestAuthority<S> {
    /// The beginning of a request by this subject with this scope, for axum and any `http`
    /// service.
    ///
    /// ```
    /// # #[cfg(feature = "axum")] {
    /// use axum::{Router, body::Body, routing::get};
    /// use hallpass::{Verified, testing::TestAuthority};
    /// use tower::ServiceExt as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn ask() {
    /// let auth = TestAuthority::new();
    /// let app: Router = Router::new()
    ///     .route("/me", get(|who: Verified| async move { who.subject().to_owned() }))
    ///     .layer(auth.guard());
    ///
    /// let request = auth.request_as("ada", "invoice:*:read").uri("/me").body(Body::empty());
    /// assert_eq!(app.oneshot(request.unwrap()).await.unwrap().status(), 200);
    /// # }
    /// # ask() }
    /// ```
    ///
    /// # Panics
    /// When the scope is not one.
    pub fn request_as(
        &self,
        subject: impl Into<String>,
        scope: impl AsRef<str>,
    ) -> http::request::Builder {
        let bearer = self.token(subject).scope(scope).bearer();
        http::Request::builder().header(http::header::AUTHORIZATION, bearer)
    }
}

impl TestResponse {
    /// A response of axum or any `http` service, its body read to the end.
    ///
    /// # Panics
    /// When the body cannot be read.
    #[expect(clippy::panic, reason = "a test that cannot read a body should say so")]
    pub async fn from_http<B: Body>(response: http::Response<B>) -> Self {
        let (parts, body) = response.into_parts();
        let mut body = pin!(body);
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let Ok(frame) = frame else { panic!("the body of the response cannot be read") };
            let Ok(mut data) = frame.into_data() else { continue };
            bytes::BufMut::put(&mut bytes, &mut data);
        }
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value));
        Self::new(parts.status.as_u16(), headers, bytes)
    }
}
