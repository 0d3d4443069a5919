//! Translates [`Guard`]: the middleware that lets requests in or answers them.
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
    error::InternalError,
    http::header::{CACHE_CONTROL, HeaderValue},
};

use super::respond::{respond, write_onto};
use crate::web::{
    Caller, Guard, Presented, Refusal, RequestHead, admitted::Admitted, caching::Caching,
};

/// A service behind a [`Guard`].
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// use actix_web::{App, test, web};
/// use hallpass::Verified;
///
/// async fn me(who: Verified) -> String {
///     who.subject().to_owned()
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
/// let app = App::new().wrap(guard).route("/me", web::get().to(me));
/// let app = test::init_service(app).await;
/// let bare = test::TestRequest::get().uri("/me");
/// assert_eq!(test::call_service(&app, bare.to_request()).await.status(), 401);
/// let asked = test::TestRequest::get().uri("/me").insert_header(("authorization", bearer));
/// assert_eq!(test::call_service(&app, asked.to_request()).await.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct GuardMiddleware<S> {
    inner: Rc<S>,
    guard: Guard,
}

impl<S, B> Transform<S, ServiceRequest> for Guard
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = GuardMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<GuardMiddleware<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(GuardMiddleware { inner: Rc::new(inner), guard: self.clone() }))
    }
}

impl<S, B> Service<ServiceRequest> for GuardMiddleware<S>
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
        let inner = Rc::clone(&self.inner);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (presented, accept) = {
                let head = head_of(&guard, request.request());
                (guard.present(&head), guard.accept(&head))
            };
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
                    return Ok(request.into_response(respond(answer)).map_into_right_body());
                }
            };
            leave(&request, caller, &guard);
            match inner.call(request).await {
                Ok(response) => Ok(keep_private(caching, restyle(&guard, accept, response))),
                Err(error) => match error.as_error::<Refusal>() {
                    Some(refusal) => {
                        let answer = respond(guard.answer(refusal, accept));
                        Err(InternalError::from_response(refusal.clone(), answer).into())
                    }
                    None => Err(error),
                },
            }
        })
    }
}

fn leave(request: &ServiceRequest, caller: Caller, guard: &Guard) {
    let mut extensions = request.extensions_mut();
    // An outer guard's witness is not this one's.
    let _ = extensions.remove::<crate::Verified>();
    if let Caller::Verified(who) = &caller {
        extensions.insert(who.clone());
    }
    extensions.insert(caller.clone());
    extensions.insert(Admitted { caller, guard: guard.clone() });
}

/// A handler's refusal gets this guard's look; other headers of it stay.
fn restyle<B>(
    guard: &Guard,
    accept: Option<&str>,
    response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B>> {
    let refusal = response.response().error().and_then(Error::as_error::<Refusal>).cloned();
    let Some(refusal) = refusal else { return response.map_into_left_body() };
    let (request, response) = response.into_parts();
    let response = write_onto(response.drop_body(), guard.answer(&refusal, accept));
    ServiceResponse::new(request, response).map_into_right_body()
}

/// The response with what is asked of caches.
fn keep_private<B>(caching: Caching, mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    let own = response.headers().get_all(CACHE_CONTROL).map(HeaderValue::as_bytes);
    if let Some(value) = caching.instead_of(response.status().as_u16(), own) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
    response
}

/// What the guard wants to see of a request.
fn head_of<'r>(guard: &'r Guard, request: &'r HttpRequest) -> RequestHead<'r> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let head = RequestHead::new(request.method().as_str(), target);
    guard.reads().fold(head, |head, name| {
        let mut values = request.headers().get_all(name);
        values.by_ref().fold(head, |head, value| head.header(name, value))
    })
}
