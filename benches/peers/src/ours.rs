//! Knows hallpass, as a service uses it.
//! Must not know a peer.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, Verifier,
    key::{Backend, VerifyingKey},
};

use crate::tokens::{AUDIENCE, CLIENT, ISSUER, LIFETIME, SCOPE, SUBJECT, refused, signing_key};

/// The futures measured here are ready at once: a memory store never waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a memory store never waits"),
    }
}

pub struct Ours {
    authority: Authority,
    grant: Grant,
    stateless: Verifier,
    cached: Authority,
    token: String,
}

impl Ours {
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self::on(Backend::Ring, algorithm)
    }

    #[must_use]
    pub fn on(backend: Backend, algorithm: Algorithm) -> Self {
        let key = signing_key(algorithm).with_backend(backend).unwrap();
        let authority = |cache| {
            let builder = Authority::builder(ISSUER).audience(AUDIENCE).signing_key(key.clone());
            // No poll of the feed, so that each turn is the same.
            let poll = Duration::from_secs(600);
            let builder = builder.poll_interval(poll).max_staleness(poll);
            builder.store(MemoryStore::new()).verified_cache(cache).build().unwrap()
        };
        let (authority, cached) = (authority(0), authority(1 << 20));
        let grant = Grant::new(SUBJECT, SCOPE.parse().unwrap())
            .client(CLIENT)
            .access_lifetime(Duration::from_secs(LIFETIME));
        let minted = ready(authority.issue_access(grant.clone())).unwrap();
        let token = minted.access_token().expose_secret().to_owned();
        let stateless = stateless(key.verifying_key());
        let ours = Self { authority, grant, stateless, cached, token };
        ours.check(algorithm);
        ours
    }

    fn check(&self, algorithm: Algorithm) {
        // The second time it comes from the cache.
        for _ in 0..2 {
            assert!(self.accepts(&self.token) && self.verify());
            assert!(self.verify_with_revocation() && self.verify_again());
        }
        for (why, token) in refused(algorithm, &self.token) {
            assert!(!self.accepts(&token), "hallpass, {}: {why}", algorithm.name());
            assert!(ready(self.cached.verify(&*token)).is_err(), "{why}");
        }
    }

    /// The token that everyone is given.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What a service without the store does.
    #[must_use]
    pub fn accepts(&self, token: &str) -> bool {
        self.stateless.verify_jwt(token).is_ok_and(|who| who.subject() == SUBJECT)
    }

    #[must_use]
    pub fn verify(&self) -> bool {
        self.accepts(&self.token)
    }

    /// And is its session, its subject, its client or itself revoked?
    #[must_use]
    pub fn verify_with_revocation(&self) -> bool {
        ready(self.authority.verify(self.token.as_str())).is_ok_and(|who| who.subject() == SUBJECT)
    }

    /// The same token once more, from the cache of verified tokens.
    #[must_use]
    pub fn verify_again(&self) -> bool {
        ready(self.cached.verify(self.token.as_str())).is_ok_and(|who| who.subject() == SUBJECT)
    }

    #[must_use]
    pub fn issue(&self) -> usize {
        let minted = ready(self.authority.issue_access(self.grant.clone())).unwrap();
        minted.access_token().expose_secret().len()
    }

    #[must_use]
    pub fn issue_text(&self) -> String {
        let minted = ready(self.authority.issue_access(self.grant.clone())).unwrap();
        minted.access_token().expose_secret().to_owned()
    }
}

fn stateless(key: VerifyingKey) -> Verifier {
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).verified_cache(0).stateless();
    builder.key(key).build().unwrap()
}
