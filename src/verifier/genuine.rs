//! Knows how a JWT is found genuine: because it was before, or by checking it, with new keys if
//! its key is not known.
//! Must not know revocation, which is asked afterwards.

use std::sync::Arc;

use super::{Verified, Verifier, VerifyError, cache::Standing, carried::Carried, verify::Inner};
use crate::clock::Timestamp;

/// A token that is genuine and in force, revocation aside.
pub(super) struct Genuine {
    pub(super) carried: Arc<Carried>,
    pub(super) found: Found,
}

pub(super) enum Found {
    /// It was checked before and is in the cache.
    Again,
    /// It was checked now; with what it takes to remember that, if it may be remembered.
    Anew { standing: Option<Standing>, now: Timestamp },
}

impl Verifier {
    /// What a token carries that has passed before and would pass now, revocation aside.
    #[inline]
    pub(super) fn recall(&self, token: &str, now: Timestamp) -> Option<Arc<Carried>> {
        let Inner { checker, cache, .. } = &*self.0;
        if !cache.is_on() {
            return None;
        }
        cache.find(token, checker.keys.generation()?, now)
    }

    pub(super) fn genuine(&self, token: &str) -> Result<Genuine, VerifyError> {
        let now = self.now();
        match self.recall(token, now) {
            Some(carried) => Ok(Genuine { carried, found: Found::Again }),
            None => self.genuine_anew(token, now),
        }
    }

    /// The same of a token that cannot be recalled.
    pub(super) fn genuine_anew(&self, token: &str, now: Timestamp) -> Result<Genuine, VerifyError> {
        let Inner { checker, cache, .. } = &*self.0;
        // Before the keys themselves are looked at: should they change meanwhile, what is found
        // under them is already outdated.
        let generation = if cache.is_on() { checker.keys.generation() } else { None };
        self.reject_opaque(token)?;
        let checked = checker.check(token, now)?;
        let standing = generation.zip(checked.until);
        let standing = standing.map(|(generation, until)| Standing { generation, until });
        Ok(Genuine { carried: checked.carried, found: Found::Anew { standing, now } })
    }

    /// Checks a JWT as [`Verifier::verify_jwt`] does, but for revocation.
    #[cfg(feature = "test-util")]
    pub(crate) fn genuine_jwt(&self, token: &str) -> Result<Verified, VerifyError> {
        Ok(Verified::new(self.genuine(token)?.carried))
    }

    /// Checks a JWT as [`Verifier::verify`] does, but for revocation: for who takes a token back,
    /// what was taken back already makes no difference.
    pub(crate) async fn find_genuine_jwt(&self, token: &str) -> Result<Verified, VerifyError> {
        Ok(Verified::new(self.or_with_new_keys(token, self.genuine(token)).await?.carried))
    }

    /// What was found, or what is found with new keys if only they were missing.
    pub(super) async fn or_with_new_keys(
        &self,
        token: &str,
        found: Result<Genuine, VerifyError>,
    ) -> Result<Genuine, VerifyError> {
        match found {
            Err(missing) if missing.is_about_keys() => {
                self.check_with_new_keys(token, missing).await
            }
            found => found,
        }
    }

    /// Opaque tokens of ours give no access by signature (INVARIANTS 42).
    fn reject_opaque(&self, token: &str) -> Result<(), VerifyError> {
        match self.0.prefixes.kind_of(token) {
            Some(_) => Err(VerifyError::WrongKind),
            None => Ok(()),
        }
    }

    async fn check_with_new_keys(
        &self,
        token: &str,
        missing: VerifyError,
    ) -> Result<Genuine, VerifyError> {
        let checker = &self.0.checker;
        match (checker.missing_kid(token), missing) {
            (Some(kid), _) => {
                if !checker.keys.find_missing(&kid).await.map_err(VerifyError::Keys)? {
                    return Err(VerifyError::UnknownKey);
                }
            }
            (None, VerifyError::Keys(_)) => {
                checker.keys.load().await.map_err(VerifyError::Keys)?;
            }
            (None, missing) => return Err(missing),
        }
        self.genuine(token)
    }
}
