//! Knows a body that is either the service's own or a refusal's.
//! Must not know what is in either.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

pin_project_lite::pin_project! {
    /// The body of a response: the service's own, or that of a refusal.
    ///
    /// ```
    /// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
    /// # use http::{Request, Response};
    /// # use tower::ServiceExt as _;
    /// # use tower_layer::Layer as _;
    /// # async fn me(_: Request<String>) -> Result<Response<String>, std::convert::Infallible> {
    /// #     Ok(Response::new("ada".to_owned()))
    /// # }
    /// use hallpass::web::tower::GuardBody;
    /// use http_body_util::BodyExt as _;
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
    /// let service = guard.layer(tower::service_fn(me));
    /// let asked = Request::new(String::new());
/// let refused: Response<GuardBody<String>> = service.oneshot(asked).await?;
    /// let body = refused.into_body().collect().await?.to_bytes();
    /// assert!(body.starts_with(br#"{"error":"missing_token""#));
    /// # Ok(()) }
    /// ```
    #[derive(Debug)]
    pub struct GuardBody<B> {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project_lite::pin_project! {
    #[project = InnerProjection]
    #[derive(Debug)]
    enum Inner<B> {
        Own { #[pin] body: B },
        Refusal { text: Option<Bytes> },
    }
}

impl<B> GuardBody<B> {
    pub(super) const fn own(body: B) -> Self {
        Self { inner: Inner::Own { body } }
    }

    pub(super) fn refusal(text: String) -> Self {
        let text = (!text.is_empty()).then(|| Bytes::from(text));
        Self { inner: Inner::Refusal { text } }
    }
}

impl<B: Body<Data = Bytes>> Body for GuardBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().inner.project() {
            InnerProjection::Own { body } => body.poll_frame(cx),
            InnerProjection::Refusal { text } => {
                Poll::Ready(text.take().map(|text| Ok(Frame::data(text))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Own { body } => body.is_end_stream(),
            Inner::Refusal { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Own { body } => body.size_hint(),
            Inner::Refusal { text } => {
                let length = text.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
        }
    }
}
