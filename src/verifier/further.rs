//! Knows the way of a token that cannot be recalled, and may have to wait: for keys, for news of
//! revocations, for the row of an API key.
//! Must not know how what is known is judged: `verify` does.

use super::{
    TokenKind, Verified, Verifier, VerifyError, api_key::ApiKeys, genuine::Genuine, moment::Moment,
};
use crate::token::OpaqueKind;

impl Verifier {
    /// Checks a token that cannot be recalled. What nearly every one needs is done at once; the
    /// rest, which may wait for something, has a room of its own, so that the future of a request
    /// stays small.
    pub(super) async fn check_any(
        &self,
        token: &str,
        moment: Moment,
    ) -> Result<Verified, VerifyError> {
        if let (Some(api_keys), Some(OpaqueKind::ApiKey)) =
            (&self.0.api_keys, self.0.prefixes.kind_of(token))
        {
            return Box::pin(self.verify_api_key(api_keys, token)).await;
        }
        match self.genuine_anew(token, moment.now) {
            Ok(genuine) if self.keys_are_current() && self.is_settled_at(moment.monotonic) => {
                self.decide_settled(token, genuine)
            }
            Err(error) if !error.is_about_keys() => Err(error),
            open => Box::pin(self.check_further(token, open)).await,
        }
    }

    /// Waits for what is missing, then decides.
    pub(super) async fn check_further(
        &self,
        token: &str,
        open: Result<Genuine, VerifyError>,
    ) -> Result<Verified, VerifyError> {
        let genuine = self.or_with_new_keys(token, open).await?;
        if !self.keys_are_current() {
            self.0.checker.keys.nudge().await;
        }
        if self.is_settled_at(self.0.clock.monotonic()) {
            return self.decide_settled(token, genuine);
        }
        self.keep_up().await;
        self.decide(token, genuine)
    }

    async fn verify_api_key(
        &self,
        api_keys: &ApiKeys,
        token: &str,
    ) -> Result<Verified, VerifyError> {
        if token.len() > self.0.checker.max_length {
            return Err(VerifyError::TooLong);
        }
        let clock = &*self.0.clock;
        let id = api_keys.open(token, clock)?;
        self.keep_up().await;
        // Without news that clears it, the cache is not used: the row decides.
        let fresh = self.0.follower.as_ref().is_some_and(|follower| follower.is_fresh(clock));
        let rules = &self.0.checker.rules;
        let carried = api_keys.check(id, token, rules, &self.0.news.cache, clock, fresh).await?;
        debug_assert_eq!(carried.kind, TokenKind::ApiKey);
        Ok(Verified::new(carried))
    }
}
