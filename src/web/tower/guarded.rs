//! Translates [`Guard`]: the layer that lets requests in or answers them.
//! Must not decide anything.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    GuardBody,
    respond::{head_of, keep_private, respond, restyle},
};
use crate::web::{Caller, Guard, Presented, admitted::Admitted, caching::Caching};

/// A service behind a [`Guard`].
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # use tower::ServiceExt as _;
/// use hallpass::{Verified, web::tower::GuardService};
/// use http::{Request, Response};
/// use std::convert::Infallible;
/// use tower_layer::Layer as _;
///
/// async fn me(request: Request<String>) -> Result<Response<String>, Infallible> {
///     let who = request.extensions().get::<Verified>().map_or("nobody", Verified::subject);
///     Ok(Response::new(who.to_owned()))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// # let bearer = format!("Bearer {}", issued.access_token().expose_secret());
/// let service: GuardService<_> = guard.layer(tower::service_fn(me));
/// let bare = Request::new(String::new());
/// assert_eq!(service.clone().oneshot(bare).await?.status(), 401); // `me` was not called
/// let asked = Request::builder().header("authorization", &bearer).body(String::new())?;
/// assert_eq!(service.oneshot(asked).await?.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
}

impl<S> Layer<S> for Guard {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, guard: self.clone() }
    }
}

impl<S, B, R> Service<Request<B>> for GuardService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: 'static,
{
    type Response = Response<GuardBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that was polled ready is the one to call; its clone may not be.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let guard = self.guard.clone();
        let head = head_of(&guard, request.method(), request.uri(), request.headers());
        let accept = guard.accept(&head);
        let presented = guard.present(&head);
        Box::pin(async move {
            let accept = accept.as_deref();
            let caching = presented.as_ref().map_or(Caching::Silent, Presented::caching);
            let admitted = match presented {
                Ok(presented) => guard.admit(presented).await,
                Err(refusal) => Err(refusal),
            };
            let caller = match admitted {
                Ok(caller) => caller,
                Err(refusal) => {
                    let answer = guard.answer(&refusal, accept);
                    return Ok(respond(answer, GuardBody::refusal));
                }
            };
            let extensions = request.extensions_mut();
            // An outer guard's witness is not this one's.
            let _ = extensions.remove::<crate::Verified>();
            if let Caller::Verified(who) = &caller {
                extensions.insert(who.clone());
            }
            extensions.insert(caller.clone());
            extensions.insert(Admitted { caller, guard: guard.clone() });
            let response = inner.call(request).await?;
            Ok(keep_private(caching, restyle(&guard, accept, response)))
        })
    }
}
