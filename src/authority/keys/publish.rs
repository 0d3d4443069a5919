//! Knows what of the keys others get to see.
//! Must not know when keys change.

use crate::{
    authority::Authority,
    key::{Jwks, KeyRing},
};
#[cfg(feature = "oauth")]
use crate::{authority::error::SigningError, clock::Timestamp};

impl Authority {
    /// The keys that verifiers need, to publish as a JWK Set (RFC 7517 §5): public members only.
    /// Of managed keys there are none before [`ready`](Self::ready).
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::{Verifier, key::Jwks};
    ///
    /// let published = authority.jwks().to_json(); // at `/.well-known/jwks.json`
    /// let elsewhere = Verifier::builder("https://auth.example.com")
    ///     .audience("https://api.example.com")
    ///     .jwks(&Jwks::parse(&published)?)
    ///     .stateless()
    ///     .build()?;
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// assert_eq!(elsewhere.verify_jwt(issued.access_token())?.subject(), "ada");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.key_ring().jwks(self.0.clock.now())
    }

    /// The keys as they are known now.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        self.0.keys.current_at(self.0.verifier.revocations(), self.0.clock.now())
    }

    /// What to publish of the keys at `now`, read again if that is due; managed keys that do not
    /// exist yet are made.
    ///
    /// When the store does not answer, the keys known here are published all the same: they only
    /// ever verify.
    ///
    /// # Errors
    /// [`SigningError`] when no key is known.
    #[cfg(feature = "oauth")]
    pub(crate) async fn published_keys(&self) -> Result<(KeyRing, Timestamp), SigningError> {
        let ensured = self.0.keys.ensure().await;
        let (ring, now) = (self.key_ring(), self.0.clock.now());
        match ensured {
            Err(error) if ring.jwks(now).keys().is_empty() => Err(error),
            _ => Ok((ring, now)),
        }
    }
}
