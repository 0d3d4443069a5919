//! What the operator is told: each event once, and no secret in any.
//!
//! One test in a process of its own: whether an event is wanted is remembered for the process,
//! so other threads without a subscriber would switch events off.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests are tests"
)]

use std::{
    fmt::{Debug, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hallpass::{
    Grant, MemoryStore,
    authority::{Issued, IssuedApiKey},
    store::StoreErrorKind,
    testing::{FailingStore, Fault, TestAuthority, conformance::block_on},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

fn grant() -> Grant {
    Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web")
}

/// The parts of tokens that must show nowhere.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(issued: &Issued, key: &IssuedApiKey) -> Self {
        let access = issued.access_token().expose_secret();
        let mut secrets: Vec<String> = access.split('.').skip(1).map(str::to_owned).collect();
        for opaque in [issued.refresh_token().expose_secret(), key.api_key().expose_secret()] {
            // What follows version, key id and birth: secret, generation, expiry, tag.
            secrets.push(opaque["hp_rt_".len() + 11..].to_owned());
            secrets.push(opaque[opaque.len() - 30..].to_owned());
        }
        Self(secrets)
    }

    #[track_caller]
    fn are_not_in(&self, text: &str) {
        for secret in &self.0 {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
    }
}

/// Writes every event down.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<String>>>, Arc<AtomicU64>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hallpass"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1 + self.1.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Capture {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Exactly this one event since the last look.
    #[track_caller]
    fn told(&self, all: &mut String, what: &str) {
        let events = self.take();
        let [event] = &*events else { panic!("expected one `{what}`: {events:#?}") };
        assert!(event.contains(what), "expected `{what}`: {event}");
        all.push_str(event);
    }
}

fn inv_17_40_77_one_event_for_each_thing_that_happens_and_no_secret_in_any(capture: &Capture) {
    let auth = TestAuthority::new();
    let all = &mut String::new();

    let issued = block_on(auth.issue(grant())).unwrap();
    capture.told(all, "message=issued");
    let _ = block_on(auth.verify(issued.access_token())).unwrap();
    assert_eq!(capture.take(), Vec::<String>::new(), "what is good is not news");
    let next = block_on(auth.refresh(issued.refresh_token())).unwrap();
    capture.told(all, "how=\"rotated\"");
    let _ = block_on(auth.refresh(next.refresh_token())).unwrap();
    capture.told(all, "how=\"coalesced\"");
    let _ = block_on(auth.refresh(issued.refresh_token())).unwrap();
    capture.told(all, "how=\"replayed\"");
    assert!(block_on(auth.refresh("hp_rt_junk")).is_err());
    capture.told(all, "message=refresh refused");
    auth.clock().advance(Duration::from_secs(120));
    assert!(block_on(auth.refresh(issued.refresh_token())).is_err());
    capture.told(all, "kind=\"recent parent\" distance=1 age_ms=120000");
    assert!(block_on(auth.verify(next.access_token())).is_err());
    capture.told(all, "message=verify refused");
    assert!(auth.verifier().verify_jwt("junk").is_err());
    capture.told(all, "message=verify refused");

    let other = block_on(auth.issue(grant())).unwrap();
    let key = block_on(auth.issue_api_key(grant(), "ci", None)).unwrap();
    let secrets = Secrets::of(&issued, &key);
    let more = Secrets::of(&other, &key);
    assert_eq!(capture.take().len(), 2);
    let _ = block_on(auth.revoke(other.refresh_token())).unwrap();
    capture.told(all, "message=ended what=\"session\"");
    let _ = block_on(auth.revoke(next.access_token())).unwrap();
    capture.told(all, "message=revoked what=\"token\"");
    let _ = block_on(auth.revoke("junk")).unwrap();
    assert_eq!(capture.take(), Vec::<String>::new(), "nothing happened");
    let ada = hallpass::id::Subject::parse("ada").unwrap();
    let _ = block_on(auth.revoke_subject(&ada)).unwrap();
    capture.told(all, "message=revoked what=\"subject_revoked\" sessions=0 api_keys=1");
    let _ = block_on(auth.prune(10)).unwrap();
    capture.told(all, "message=pruned");
    secrets.are_not_in(all);
    more.are_not_in(all);
}

fn a_feed_that_cannot_be_read_is_told(capture: &Capture) {
    let auth = TestAuthority::on(FailingStore::new(MemoryStore::new()));
    block_on(auth.ready()).unwrap();
    auth.store().fail_all(Fault::Before(StoreErrorKind::Unavailable));
    auth.clock().advance(Duration::from_secs(1));
    let token = auth.token("ada").mint();
    assert!(block_on(auth.verify(&token)).is_ok());
    capture.told(&mut String::new(), "revocations could not be read");
}

/// INVARIANTS 40: people put a secret or a token where the name of the client goes.
#[cfg(feature = "oauth")]
fn a_client_that_is_refused_is_named_if_there_is_one(capture: &Capture) {
    use hallpass::{
        authority::Client,
        oauth::{AuthorizationServer, Request},
        testing::TestClock,
        web::RequestHead,
    };
    let store = Arc::new(MemoryStore::new());
    let clock = TestClock::at(TestAuthority::STARTS_AT);
    let auth = TestAuthority::sharing(store.clone(), clock, |builder| builder.server_store(store));
    let server = AuthorizationServer::builder(auth.authority().clone()).build().unwrap();
    let registered = block_on(auth.register_client(Client::confidential("partner"))).unwrap();
    let secret = registered.secret.unwrap().expose_secret().to_owned();
    let _ = capture.take();
    for (name, password, told) in [
        ("partner", "wrong", "named=\"partner\""),
        (&secret, "partner", "client refused"),
        ("9f2c1d7e4b8a6053c1d2e3f4a5b6c7d8", "x", "client refused"),
    ] {
        let head = RequestHead::new("POST", "/revoke")
            .header("content-type", "application/x-www-form-urlencoded");
        let body = format!("client_id={name}&client_secret={password}&token=x");
        let answer = block_on(server.revoke(&Request::new(head).body(body.as_bytes())));
        assert_eq!(answer.status(), 401);
        let all = &mut String::new();
        capture.told(all, told);
        assert!(name == "partner" || !all.contains(name), "{all}");
    }
}

#[test]
fn what_the_operator_is_told() {
    let capture = Capture::default();
    let _guard = tracing::subscriber::set_default(capture.clone());
    inv_17_40_77_one_event_for_each_thing_that_happens_and_no_secret_in_any(&capture);
    a_feed_that_cannot_be_read_is_told(&capture);
    #[cfg(feature = "oauth")]
    a_client_that_is_refused_is_named_if_there_is_one(&capture);
}
