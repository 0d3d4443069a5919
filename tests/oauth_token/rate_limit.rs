//! The host's limit on requests (RFC 6585 §4).

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use hallpass::{
    oauth::{
        Endpoint::{self, Introspect, Revoke, Token},
        RateKey, RateLimit, Request, RetryAfter,
    },
    web::RequestHead,
};

use super::world::*;

/// Lets a number of requests in, and notes what it was asked by.
#[derive(Debug, Default)]
struct Turnstile {
    seen: Mutex<Vec<Seen>>,
    open: usize,
}

type Seen = (Endpoint, Option<String>, Option<String>);

#[async_trait]
impl RateLimit for Turnstile {
    async fn check(&self, key: RateKey<'_>, _cost: u32) -> Result<(), RetryAfter> {
        let mut seen = self.seen.lock().unwrap();
        let own = |text: Option<&str>| text.map(str::to_owned);
        seen.push((key.endpoint, own(key.client), own(key.peer)));
        if seen.len() > self.open { Err(RetryAfter(Duration::from_millis(1500))) } else { Ok(()) }
    }
}

#[tokio::test]
async fn one_too_many_is_429_before_anything_is_proved() {
    let turnstile = Arc::new(Turnstile { open: 1, ..Turnstile::default() });
    let world = World::with(|builder| builder.rate_limit(Arc::clone(&turnstile)));
    let ask = [("grant_type", "client_credentials")];
    grants(&world.post(Token, Some(&basic("partner", SECRET)), &ask).await);
    world.cut_off();
    for secret in [SECRET, "wrong"] {
        let answer = world.post(Token, Some(&basic("partner", secret)), &ask).await;
        refuses(&answer, 429, "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), Some("2"));
    }
}

#[tokio::test]
async fn it_is_asked_once_by_endpoint_client_and_peer() {
    let turnstile = Arc::new(Turnstile { open: usize::MAX, ..Turnstile::default() });
    let world = World::with(|builder| builder.rate_limit(Arc::clone(&turnstile)));
    let _ =
        world.post(Token, Some(&basic("a b", "x")), &[("grant_type", "client_credentials")]).await;
    let _ = world.post(Revoke, None, &[("client_id", "phone"), ("token", "x")]).await;
    let _ = world.post(Introspect, Some("Basic ?"), &[("token", "x")]).await;
    let head = RequestHead::new("POST", "/token")
        .header("content-type", "application/x-www-form-urlencoded");
    let request = Request::new(head).body(b"token=x").peer("192.0.2.7");
    let _ = world.server.revoke(&request).await;
    let some = |text: &str| Some(text.to_owned());
    let seen = turnstile.seen.lock().unwrap().clone();
    let expected = [
        (Token, some("a b"), None),
        (Revoke, some("phone"), None),
        (Introspect, None, None),
        (Revoke, None, some("192.0.2.7")),
    ];
    assert_eq!(seen, expected);
}

/// A limit that counts by a name keeps it: what can be no client's is not passed on.
#[tokio::test]
async fn it_is_given_no_name_that_can_be_none() {
    let turnstile = Arc::new(Turnstile { open: usize::MAX, ..Turnstile::default() });
    let world = World::with(|builder| builder.rate_limit(Arc::clone(&turnstile)));
    let long = "x".repeat(60_000);
    for name in [long.as_str(), "line\nbreak", "café"] {
        let form = [("client_id", name), ("token", "x")];
        refuses(&world.post(Revoke, None, &form).await, 401, "invalid_client");
        refuses(
            &world.post(Revoke, Some(&basic(name, "x")), &form[1..]).await,
            401,
            "invalid_client",
        );
    }
    assert!(turnstile.seen.lock().unwrap().iter().all(|(_, client, _)| client.is_none()));
}
