//! Translates [`RequireScope`]: the middleware of one resource or route, and a route's guard.
//! Must not decide anything.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::EitherBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    guard::GuardContext,
};

use super::parameters::Parameters;
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
/// use actix_web::{App, test, web};
/// use hallpass::web::RequireScope;
///
/// async fn show(id: web::Path<String>) -> String {
///     format!("invoice {id}")
/// }
///
/// # actix_web::rt::System::new().block_on(async {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// # let bearer = format!("Bearer {}", issued.access_token().expose_secret());
/// let pay = RequireScope::new("invoice:{id}:pay")?;
/// let read = RequireScope::new("invoice:{id}:read")?;
/// let app = App::new()
///     .wrap(guard)
///     .service(web::resource("/invoices/{id}").wrap(read).get(show))
///     .service(web::resource("/invoices/{id}/pay").wrap(pay).get(show));
/// let app = test::init_service(app).await;
/// for (path, status) in [("/invoices/7", 200), ("/invoices/7/pay", 403)] {
///     let asked = test::TestRequest::get().uri(path);
///     let asked = asked.insert_header(("authorization", bearer.as_str()));
///     assert_eq!(test::call_service(&app, asked.to_request()).await.status(), status);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct RequireScopeMiddleware<S> {
    inner: Rc<S>,
    required: RequireScope,
}

impl<S, B> Transform<S, ServiceRequest> for RequireScope
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireScopeMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<RequireScopeMiddleware<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequireScopeMiddleware { inner: Rc::new(inner), required: self.clone() }))
    }
}

impl<S, B> Service<ServiceRequest> for RequireScopeMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let decided = decide(&self.required, request.request());
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            match decided {
                Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
                // The guard around it finds the refusal in the response and writes it anew.
                Err(refusal) => Ok(request.error_response(refusal).map_into_right_body()),
            }
        })
    }
}

fn decide(required: &RequireScope, request: &HttpRequest) -> Result<(), Refusal> {
    let extensions = request.extensions();
    let Some(admitted) = extensions.get::<Admitted>() else {
        event::misconfigured(&NO_GUARD);
        return Err(Refusal::MISCONFIGURED);
    };
    let parameters = Parameters::of(request);
    required.decide(&admitted.guard, &admitted.caller, |name| parameters.value(name))
}

/// A route that is taken only where the requirement is met, so that another may follow it. Parts
/// of the path are not known before a route is chosen: a requirement with `{name}` is never met
/// here.
impl actix_web::guard::Guard for RequireScope {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        let extensions = context.req_data();
        let Some(admitted) = extensions.get::<Admitted>() else {
            event::misconfigured(&NO_GUARD);
            return false;
        };
        self.decide(&admitted.guard, &admitted.caller, |_| None).is_ok()
    }
}
