//! Translates [`Gateway`]: a service that answers a proxy's questions, for any `http` server.
//! Must not decide anything.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::respond::{fill, respond};
use crate::web::gateway::Gateway;

/// Answers every request, whatever its path: with axum, `Router::new().fallback_service(gateway)`.
impl<B> Service<Request<B>> for Gateway {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let gateway = self.clone();
        let (parts, _) = request.into_parts();
        Box::pin(async move {
            let head = fill(gateway.reads(), &parts.method, &parts.uri, &parts.headers);
            let answer = gateway.decide(&head).await;
            Ok(respond(answer, |text| text))
        })
    }
}
