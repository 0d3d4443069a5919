//! Knows how a test asks an axum or tower service as somebody.
//! Must not know a service.

use super::TestAuthority;
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
