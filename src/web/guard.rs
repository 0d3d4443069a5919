//! Knows the one decision path: where a credential is, whether it is good, what is answered.
//! Must not know a framework, nor how a token is checked.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use super::{
    Answer, Caller, Refusal, RequestHead, Source, Styled,
    answer::Style,
    caching::Caching,
    source::{self, Found},
};
use crate::{event, verifier::Verifier};

/// Lets requests through whose token is good, and answers the others.
///
/// It is the layer of axum and tower and the middleware of actix-web. Put it around everything
/// that needs a token; extractors and route requirements inside it find what it has verified.
/// Cloning is cheap.
///
/// ```
/// use hallpass::{key::{Algorithm, SigningKey}, verifier::Verifier, web::{Guard, RequestHead, Source}};
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .key(SigningKey::generate(Algorithm::EdDSA)?.verifying_key())
///     .stateless()
///     .build()?;
/// let guard = Guard::new(verifier).also(Source::header("X-API-Key"));
///
/// let refused = guard.check(&RequestHead::new("GET", "/invoices")).await.unwrap_err();
/// let answer = guard.answer(&refused, None);
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Guard {
    verifier: Verifier,
    settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
struct Settings {
    sources: Vec<Source>,
    optional: bool,
    report_only: bool,
    style: Style,
}

/// A request's credential, read but not checked; or that there is none.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
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
/// use hallpass::web::Source;
///
/// let guard = guard.also(Source::query());
/// let target = format!("/report.pdf?access_token={}", issued.access_token().expose_secret());
/// let presented = guard.present(&RequestHead::new("GET", &target))?; // read, not checked
/// // The address holds the token, so no shared cache may keep what it leads to.
/// assert_eq!(presented.cache_control(200, std::iter::empty()), Some("private"));
/// assert!(guard.admit(presented).await?.verified().is_some());
/// # Ok(()) }
/// ```
#[must_use]
pub struct Presented(Option<Found>);

impl Presented {
    /// The `Cache-Control` that the response to this request must have in place of its own: a
    /// success whose credential came by query is `private` at least (RFC 6750 §2.3). `own` are
    /// the values that the response has.
    #[must_use]
    pub fn cache_control<'h>(
        &self,
        status: u16,
        own: impl Iterator<Item = &'h [u8]>,
    ) -> Option<&'static str> {
        self.caching().instead_of(status, own)
    }

    pub(super) fn caching(&self) -> Caching {
        self.0.as_ref().map_or(Caching::Silent, |found| found.caching)
    }
}

impl Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Presented([redacted])" } else { "Presented(nothing)" })
    }
}

impl Guard {
    /// A guard that checks with this verifier, and reads the `Authorization` header alone. An
    /// [`Authority`](crate::Authority) gives its verifier with
    /// [`verifier`](crate::Authority::verifier).
    pub fn new(verifier: Verifier) -> Self {
        let settings = Settings {
            sources: vec![Source::authorization()],
            optional: false,
            report_only: false,
            style: Style::default(),
        };
        Self { verifier, settings: Arc::new(settings) }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Reads a credential from here too. Two credentials in one request are refused with 400,
    /// but a cookie beside another credential does not count.
    pub fn also(self, source: Source) -> Self {
        self.with(|settings| settings.sources.push(source))
    }

    /// Reads a credential from these places and no others.
    pub fn sources(self, sources: impl IntoIterator<Item = Source>) -> Self {
        self.with(|settings| settings.sources = sources.into_iter().collect())
    }

    /// Lets requests without any credential through as [`Caller::Anonymous`]. A bad one is
    /// refused as before.
    pub fn optional(self) -> Self {
        self.with(|settings| settings.optional = true)
    }

    /// Lets requests through that [`RequireScope`](super::RequireScope) or
    /// [`Scoped`](super::Scoped) would refuse for their scope or id, and reports each: for the
    /// days in which a new rule is tried out. A token must be good all the same.
    pub fn report_only(self) -> Self {
        self.with(|settings| settings.report_only = true)
    }

    /// The `realm` of challenges (RFC 9110 §11.5).
    pub fn realm(self, realm: &str) -> Self {
        self.with(|settings| settings.style.realm = Some(realm.to_owned()))
    }

    /// Where clients find out how to get a token: `resource_metadata` of challenges
    /// (RFC 9728 §5.1).
    pub fn resource_metadata(self, address: &str) -> Self {
        self.with(|settings| settings.style.resource_metadata = Some(address.to_owned()))
    }

    /// How refusals look, given the request's `Accept` header. Status and challenge stay.
    pub fn restyle(
        self,
        restyle: impl Fn(&Refusal, Option<&str>) -> Styled + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.style.restyle = Some(Arc::new(restyle)))
    }

    /// The names of the headers that [`Guard::present`] and [`Guard::answer`] want to see.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let accept = self.settings.style.restyle.is_some().then_some("accept");
        self.settings.sources.iter().flat_map(Source::reads).chain(accept)
    }

    /// Finds the request's credential.
    ///
    /// # Errors
    /// 400 when there are two or it is malformed, 403 when a cookie comes from another site.
    pub fn present(&self, head: &RequestHead<'_>) -> Result<Presented, Refusal> {
        source::present(&self.settings.sources, head).map(Presented).inspect_err(|refusal| {
            event::verify_refused(refusal);
        })
    }

    /// Checks the credential.
    ///
    /// # Errors
    /// 401 when there is none or it is not good, 503 when we cannot tell.
    pub async fn admit(&self, presented: Presented) -> Result<Caller, Refusal> {
        let Some(Found { token, .. }) = presented.0 else {
            return if self.settings.optional {
                Ok(Caller::Anonymous)
            } else {
                Err(Refusal::MISSING)
            };
        };
        Ok(Caller::Verified(self.verifier.verify(token.as_str()).await?))
    }

    /// Finds and checks the request's credential.
    ///
    /// # Errors
    /// As [`Guard::present`] and [`Guard::admit`].
    pub async fn check(&self, head: &RequestHead<'_>) -> Result<Caller, Refusal> {
        let presented = self.present(head)?;
        self.admit(presented).await
    }

    /// The bytes of a refusal. `accept` is the request's header of that name.
    pub fn answer(&self, refusal: &Refusal, accept: Option<&str>) -> Answer {
        let scheme = self.settings.sources.iter().find_map(Source::challenge_scheme);
        self.settings.style.answer(scheme.unwrap_or("Bearer"), refusal, accept)
    }

    /// The request's `Accept` header, where answers depend on it.
    #[cfg(any(feature = "tower", feature = "actix", feature = "gateway"))]
    pub(super) fn accept(&self, head: &RequestHead<'_>) -> Option<String> {
        self.settings.style.restyle.as_ref()?;
        let accepted = head.values("accept").filter_map(|value| str::from_utf8(value).ok());
        Some(accepted.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
    }

    pub(super) fn is_report_only(&self) -> bool {
        self.settings.report_only
    }

    pub(super) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

impl Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("verifier", &self.verifier)
            .field("settings", &self.settings)
            .finish()
    }
}
