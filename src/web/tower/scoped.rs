//! Translates [`RequireScope`]: the layer around one route.
//! Must not decide anything.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{GuardBody, parameters::Parameters, respond::respond};
use crate::{
    event,
    web::{
        Refusal, RequireScope,
        admitted::{Admitted, NO_GUARD},
    },
};

/// A service behind a [`RequireScope`].
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # use http::{Request, Response};
/// # use tower::ServiceExt as _;
/// # use tower_layer::Layer as _;
/// # async fn me(_: Request<String>) -> Result<Response<String>, std::convert::Infallible> {
/// #     Ok(Response::new("paid".to_owned()))
/// # }
/// use hallpass::web::{RequireScope, tower::RequireScopeService};
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
/// let needed = RequireScope::new("invoice:*:pay")?;
/// let pay: RequireScopeService<_> = needed.layer(tower::service_fn(me));
/// let asked = Request::builder().header("authorization", &bearer).body(String::new())?;
/// let answer = guard.layer(pay).oneshot(asked).await?; // the guard around it
/// assert_eq!(answer.status(), 403); // the token may read
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct RequireScopeService<S> {
    inner: S,
    required: RequireScope,
}

impl<S> Layer<S> for RequireScope {
    type Service = RequireScopeService<S>;

    fn layer(&self, inner: S) -> RequireScopeService<S> {
        RequireScopeService { inner, required: self.clone() }
    }
}

impl<S, B, R> Service<Request<B>> for RequireScopeService<S>
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

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let required = self.required.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let parameters = Parameters::of(&mut parts).await;
            let Some(admitted) = parts.extensions.get::<Admitted>() else {
                event::misconfigured(&NO_GUARD);
                return Ok(refuse(Refusal::MISCONFIGURED, None));
            };
            let value = |name: &str| parameters.value(name);
            if let Err(refusal) = required.decide(&admitted.guard, &admitted.caller, value) {
                return Ok(refuse(refusal, Some(admitted)));
            }
            let response = inner.call(Request::from_parts(parts, body)).await?;
            Ok(response.map(GuardBody::own))
        })
    }
}

fn refuse<R>(refusal: Refusal, admitted: Option<&Admitted>) -> Response<GuardBody<R>> {
    let answer = match admitted {
        Some(admitted) => admitted.guard.answer(&refusal, None),
        None => refusal.answer(),
    };
    let mut response = respond(answer, GuardBody::refusal);
    // The guard around it knows the `Accept` header and writes the answer anew.
    response.extensions_mut().insert(refusal);
    response
}
