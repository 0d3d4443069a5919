//! Knows how a test asks an actix-web service as somebody, and reads what it answers.
//! Must not know a service.

use actix_web::{HttpResponse, body::MessageBody, http::header::AUTHORIZATION, test::TestRequest};

use super::{TestAuthority, TestResponse};
use crate::store::Store;

impl<S: Store> TestAuthority<S> {
    /// A request by this subject with this scope, for actix-web's test services.
    ///
    /// ```
    /// use actix_web::{App, test, web};
    /// use hallpass::{Verified, testing::TestAuthority};
    ///
    /// async fn me(who: Verified) -> String {
    ///     who.subject().to_owned()
    /// }
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// let auth = TestAuthority::new();
    /// let app = App::new().wrap(auth.guard()).route("/me", web::get().to(me));
    /// let app = test::init_service(app).await;
    ///
    /// let request = auth.actix_request_as("ada", "invoice:*:read").uri("/me");
    /// assert_eq!(test::call_service(&app, request.to_request()).await.status(), 200);
    /// # });
    /// ```
    ///
    /// # Panics
    /// When the scope is not one.
    pub fn actix_request_as(
        &self,
        subject: impl Into<String>,
        scope: impl AsRef<str>,
    ) -> TestRequest {
        let bearer = self.token(subject).scope(scope).bearer();
        TestRequest::default().insert_header((AUTHORIZATION, bearer))
    }
}

impl TestResponse {
    /// A response of actix-web, of a handler or of a test service, its body read to the end.
    ///
    /// # Panics
    /// When the body cannot be read.
    #[expect(clippy::panic, reason = "a test that cannot read a body should say so")]
    pub async fn from_actix<B: MessageBody>(response: impl Into<HttpResponse<B>>) -> Self {
        let (head, body) = response.into().into_parts();
        let Ok(bytes) = actix_web::body::to_bytes(body).await else {
            panic!("the body of the response cannot be read")
        };
        let headers = head.headers().iter().map(|(name, value)| (name.as_str(), value));
        Self::new(head.status().as_u16(), headers, bytes)
    }
}
