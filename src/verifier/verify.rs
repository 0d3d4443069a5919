//! Knows the verbs of a verifier: verify, get ready, keep up.
//! Must not know how a token is read: [`Checker`] does that.

use std::{
    fmt::{self, Debug},
    sync::Arc,
    time::Duration,
};

use crate::{
    clock::Clock,
    event,
    secret::TokenText,
    token::{Issuer, Prefixes, claims::Claim},
};

use super::{
    RevocationIndex, RevokedBy, Undecided, Verified, VerifierBuilder, VerifyError,
    api_key::ApiKeys,
    cache::VerifiedCache,
    carried::Carried,
    check::Checker,
    confirm::Confirmations,
    feed::{Follower, News},
    genuine::{Found, Genuine},
    index::Probe,
};

/// Checks tokens: the resource server's half, with public keys and rules only.
///
/// Cloning is cheap, and clones share keys, revocations and caches.
///
/// ```
/// use hallpass::{key::{Algorithm, SigningKey}, verifier::Verifier};
///
/// let key = SigningKey::generate(Algorithm::EdDSA)?;
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .key(key.verifying_key())
///     .stateless()
///     .build()?;
/// assert!(verifier.verify_jwt("not a token").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Verifier(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) checker: Checker,
    pub(super) cache: VerifiedCache,
    pub(super) clock: Arc<dyn Clock>,
    /// `None` where the host chose to verify without revocation.
    pub(super) follower: Option<Follower>,
    pub(super) news: Arc<News>,
    pub(super) prefixes: Prefixes,
    pub(super) api_keys: Option<ApiKeys>,
    pub(super) confirmations: Option<Confirmations>,
}

impl Verifier {
    /// Begins a verifier for tokens of `issuer`, an `https` URL.
    pub fn builder(issuer: impl Into<String>) -> VerifierBuilder<Undecided> {
        VerifierBuilder::new(issuer.into())
    }

    /// Whose tokens it accepts.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.checker.rules.issuer
    }

    /// Checks a JWT without any I/O.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let verifier = authority.verifier();
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let early = verifier.verify_jwt(issued.access_token()).unwrap_err();
    /// assert_eq!(early.to_string(), "the revocation data is not fresh enough to decide");
    /// verifier.tick().await; // what `spawn_maintenance` does in time
    /// assert_eq!(verifier.verify_jwt(issued.access_token())?.subject(), "ada");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`] for the first thing that is wrong; [`VerifyError::Stale`] when nobody has
    /// kept up with the revocations (call [`Verifier::tick`], or use [`Verifier::verify`]).
    pub fn verify_jwt(&self, token: impl TokenText) -> Result<Verified, VerifyError> {
        let (token, now) = (token.token_text(), self.now());
        let may_decide = |feed: &Follower| feed.may_decide(&*self.0.clock);
        let genuine = match self.recall(token, now) {
            Some(carried) if self.stands(&carried, may_decide) => {
                return Ok(Verified::new(carried));
            }
            Some(carried) => Ok(Genuine { carried, found: Found::Again }),
            None => self.genuine_anew(token, now),
        };
        told(genuine.and_then(|genuine| self.decide(token, genuine)))
    }

    /// Checks any access token: a JWT, or an API key where [`VerifierBuilder::api_keys`] was
    /// given. Reads the revocation feed when that is due, and the store for an API key that was
    /// not seen lately; otherwise it does no I/O.
    ///
    /// ```
    #[doc = a_builder!()]
    /// use hallpass::{Verifier, verifier::VerifyError};
    /// use std::sync::Arc;
    ///
    /// let store = Arc::new(MemoryStore::new());
    /// let authority = builder.store(store.clone()).build()?;
    /// let verifier = Verifier::builder("https://auth.example.com")
    ///     .audience("https://api.example.com")
    ///     .jwks(&authority.jwks())
    ///     .revocations(store)
    ///     .build()?;
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// assert_eq!(verifier.verify(issued.access_token()).await?.subject(), "ada");
    /// let _ = authority.revoke(issued.refresh_token()).await?;
    /// let refused = verifier.verify(issued.access_token()).await;
    /// assert!(matches!(refused, Err(VerifyError::Revoked { .. })));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`] for the first thing that is wrong.
    pub async fn verify(&self, token: impl TokenText) -> Result<Verified, VerifyError> {
        let (token, moment) = (token.token_text(), self.moment());
        // Most requests come with a token that came before. They are answered here: to hand an
        // answer on from one function to the next costs more than to look for it.
        let is_settled = |feed: &Follower| feed.is_settled_at(moment.monotonic);
        match self.recall(token, moment.now) {
            Some(carried) if self.keys_are_current() && self.stands(&carried, is_settled) => {
                Ok(Verified::new(carried))
            }
            Some(carried) => {
                let known = Ok(Genuine { carried, found: Found::Again });
                told(Box::pin(self.check_further(token, known)).await)
            }
            None => told(self.check_any(token, moment).await),
        }
    }

    /// Whether what was recalled may be answered, as far as `enough` is known: it was not revoked.
    #[inline]
    fn stands(&self, carried: &Carried, enough: impl FnOnce(&Follower) -> bool) -> bool {
        self.0.follower.as_ref().is_none_or(enough) && self.revoked(carried).is_none()
    }

    /// Loads keys and revocations, so that the first request does not wait for them. Both are
    /// tried, whichever fails.
    ///
    /// # Errors
    /// [`VerifyError::Keys`] or [`VerifyError::Store`], which say what is missing.
    pub async fn ready(&self) -> Result<(), VerifyError> {
        let keys = self.0.checker.keys.load().await.map_err(VerifyError::Keys);
        if let Some(follower) = &self.0.follower {
            let loaded = follower.load(&self.0.news, &*self.0.clock).await;
            keys.and(loaded.map_err(VerifyError::Store))
        } else {
            keys
        }
    }

    /// Does what is due and says how long to wait until the next time. Call it in a loop; with
    /// it, no request ever waits for the feed or for keys that are due.
    pub async fn tick(&self) -> Duration {
        let keys = &self.0.checker.keys;
        keys.refresh().await;
        self.keep_up().await;
        self.0.cache.sweep(keys.generation(), self.now());
        if let Some(api_keys) = &self.0.api_keys {
            api_keys.used.write(&*api_keys.store).await;
        }
        let feed_in = match &self.0.follower {
            Some(follower) => follower.due_in(&*self.0.clock),
            None => Duration::from_secs(60),
        };
        feed_in.min(keys.due_in())
    }

    /// Makes the next [`tick`](Self::tick) read the feed, due or not.
    #[cfg(feature = "tokio")]
    pub(crate) fn expect_news(&self) {
        if let Some(follower) = &self.0.follower {
            follower.expect_news();
        }
    }

    /// What is known to be revoked.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let _ = authority.revoke(issued.access_token()).await?;
    /// assert_eq!(authority.verifier().revocations().len(), 1); // for a gauge
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn revocations(&self) -> &RevocationIndex {
        &self.0.news.index
    }

    /// Whether the revocations are known recently enough; always, where the host chose to do
    /// without.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.0.follower.as_ref().is_none_or(|follower| follower.is_fresh(&*self.0.clock))
    }

    /// A poll that fails is no failure of this request as long as what we know is fresh.
    pub(crate) async fn keep_up(&self) {
        if let Some(follower) = &self.0.follower
            && let Err(error) = follower.refresh(&self.0.news, &*self.0.clock).await
        {
            event::feed_failed(&error);
        }
    }

    /// The last step for a JWT: freshness, then revocation.
    pub(super) fn decide(&self, token: &str, genuine: Genuine) -> Result<Verified, VerifyError> {
        if self.0.follower.as_ref().is_some_and(|feed| !feed.may_decide(&*self.0.clock)) {
            return Err(VerifyError::Stale);
        }
        self.decide_settled(token, genuine)
    }

    /// The same where enough is known to decide.
    pub(super) fn decide_settled(
        &self,
        token: &str,
        genuine: Genuine,
    ) -> Result<Verified, VerifyError> {
        let Genuine { carried, found } = genuine;
        if let Some(by) = self.revoked(&carried) {
            return Err(VerifyError::Revoked { by });
        }
        if let Found::Anew { standing, now } = found {
            self.confirm(&carried);
            if let Some(standing) = standing {
                self.0.cache.keep(token, standing, &carried, now);
            }
        }
        Ok(Verified::new(carried))
    }

    /// What took it back, if anything did: its key, or what it is about.
    #[inline]
    fn revoked(&self, carried: &Carried) -> Option<RevokedBy> {
        let index = &self.0.news.index;
        // Nothing is, as a rule.
        if index.is_empty() {
            return None;
        }
        let key = carried.facts.key.as_ref();
        if key.is_some_and(|key| index.is_withdrawn(key.kid())) {
            return Some(RevokedBy::SigningKey);
        }
        index.find(&probe(carried))
    }

    fn confirm(&self, carried: &Carried) {
        if let (Some(confirmations), Some(session), Some(generation)) =
            (&self.0.confirmations, carried.facts.session, carried.claims.generation())
        {
            confirmations.saw(session, generation);
        }
    }
}

/// Tells the operator of a refusal, once for each token that was presented.
fn told(result: Result<Verified, VerifyError>) -> Result<Verified, VerifyError> {
    if let Err(error) = &result {
        event::verify_refused(error);
    }
    result
}

fn probe(carried: &Carried) -> Probe<'_> {
    Probe {
        token: carried.facts.token,
        session: carried.facts.session,
        subject: carried.bytes(Claim::Subject).unwrap_or_default(),
        client: carried.bytes(Claim::ClientId),
        born: carried.facts.born,
    }
}

impl Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("issuer", self.issuer())
            .field("audiences", &self.0.checker.rules.audiences)
            .field("revocations", &self.0.follower.is_some())
            .finish_non_exhaustive()
    }
}
