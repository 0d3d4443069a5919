//! Each endpoint with each method of the store failing, before it takes effect and after: nothing
//! is given, skipped or believed for want of an answer, and what may pass is told as such.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use hallpass::{
    MemoryStore,
    authority::{Client, GrantType},
    oauth::Request,
    store::StoreErrorKind,
    testing::{FailingStore, Fault, StoreMethod},
    web::{Answer, RequestHead},
};
use serde_json::Value;

use crate::{
    host::{World, query, sent, ticket, value},
    support::{REDIRECT, SECRET, VERIFIER},
};

const SCOPE: &str = "openid offline_access invoice:*:read";
const REQUEST: &[(&str, &str)] = &[("client_id", "late"), ("scope", SCOPE)];

/// A client that the store must be asked for, in a world whose store fails on demand.
struct Faulty {
    world: World<FailingStore<MemoryStore>>,
    method: StoreMethod,
    fault: Fault,
    /// How often an answer failed to come.
    troubles: AtomicU32,
}

impl Faulty {
    async fn new(method: StoreMethod, fault: Fault) -> Self {
        let world = World::on(Arc::new(FailingStore::new(MemoryStore::new())));
        let late = Client::confidential("late")
            .secret(SECRET)
            .redirect_uri(REDIRECT)
            .scope(SCOPE.parse().unwrap())
            .may_introspect(true)
            .grant(GrantType::AuthorizationCode)
            .grant(GrantType::RefreshToken);
        let _ = world.auth.register_client(late).await.unwrap();
        Self { world, method, fault, troubles: AtomicU32::new(0) }
    }

    fn break_it(&self) {
        // Nothing that was read before is believed any more, so that the store is asked.
        self.world.auth.clock().advance(std::time::Duration::from_secs(3));
        self.world.auth.store().fail_method(self.method, self.fault);
    }

    fn trouble<T>(&self) -> Option<T> {
        self.troubles.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn heal(&self) {
        self.world.auth.store().heal();
    }

    async fn call(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = query(&[form, &[("client_id", "late"), ("client_secret", SECRET)]].concat());
        let head = RequestHead::new("POST", path)
            .header("content-type", b"application/x-www-form-urlencoded");
        let request = Request::new(head).body(body.as_bytes());
        self.world.server.answer(&request).await
    }

    /// With the store failing: good as ever, or told that it may pass.
    async fn call_broken(&self, path: &str, form: &[(&str, &str)]) -> Option<Value> {
        self.break_it();
        let answer = self.call(path, form).await;
        self.heal();
        let what = (path, self.method, self.fault);
        match answer.status() {
            200 => Some(serde_json::from_str(answer.body()).unwrap_or_default()),
            503 => {
                assert!(answer.body().contains("temporarily_unavailable"), "{what:?}");
                self.trouble()
            }
            other => panic!("{what:?}: {other} {}", answer.body()),
        }
    }

    /// A code, if the browser was sent away with one.
    fn code(&self, answer: &Answer) -> Option<String> {
        let what = (self.method, self.fault, answer.body());
        if answer.status() == 503 {
            return self.trouble();
        }
        let pairs = sent(answer);
        let error = value(&pairs, "error");
        let code = value(&pairs, "code");
        assert!(
            code.is_some() || error.as_deref() == Some("temporarily_unavailable"),
            "{what:?} {pairs:?}"
        );
        code.or_else(|| self.trouble())
    }

    async fn sign_in(&self) -> Value {
        let answer = self.world.authorize(REQUEST).await;
        let answer = if answer.status() == 200 { self.world.allow(&answer).await } else { answer };
        let code = self.code(&answer).unwrap();
        let answer = self.call("/token", &redeeming(&code)).await;
        assert_eq!(answer.status(), 200, "{}", answer.body());
        serde_json::from_str(answer.body()).unwrap()
    }

    async fn is_live(&self, tokens: &Value) -> bool {
        self.world.auth.verify(tokens["access_token"].as_str().unwrap()).await.is_ok()
    }
}

fn redeeming(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", REDIRECT),
    ]
}

async fn story(method: StoreMethod, fault: Fault) -> u32 {
    let faulty = Faulty::new(method, fault).await;
    let world = &faulty.world;

    // Nobody has allowed anything: there is a page, or no answer, and never a code.
    faulty.break_it();
    let answer = world.authorize(REQUEST).await;
    faulty.heal();
    let asked = if answer.status() == 200 { Some(ticket(&answer)) } else { None };
    assert!(asked.is_some() || faulty.code(&answer).is_none(), "{method:?} {fault:?}");

    // The decision.
    let page = world.authorize(REQUEST).await;
    faulty.break_it();
    let answer = world.allow(&page).await;
    faulty.heal();
    let code = faulty.code(&answer);

    // The code: if there was no answer, there was none for whoever comes after either.
    if let Some(code) = code {
        let got = faulty.call_broken("/token", &redeeming(&code)).await;
        let again = faulty.call("/token", &redeeming(&code)).await;
        assert!(got.is_none() || again.status() == 400, "{method:?} {fault:?}: twice");
        if let Some(got) = got {
            assert!(!faulty.is_live(&got).await, "{method:?} {fault:?}: the replay ends it");
        }
    }

    let tokens = faulty.sign_in().await;
    let text = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let refresh = text(&tokens, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let _ = faulty.call_broken("/token", &form).await;
    let answer = faulty.call("/token", &form).await;
    assert_eq!(answer.status(), 200, "{method:?} {fault:?}: no login is lost");

    for name in ["access_token", "refresh_token"] {
        let token = text(&tokens, name);
        let form = [("token", token.as_str())];
        if let Some(told) = faulty.call_broken("/introspect", &form).await {
            assert_eq!(told["active"], true, "{method:?} {fault:?}: {name}");
        }
    }
    let _ = faulty.call_broken("/revocations", &[]).await;

    for name in ["access_token", "refresh_token"] {
        let tokens = faulty.sign_in().await;
        let token = text(&tokens, name);
        // 200 is a promise (INVARIANTS 64).
        if faulty.call_broken("/revoke", &[("token", &token)]).await.is_some() {
            assert!(!faulty.is_live(&tokens).await, "{method:?} {fault:?}: {name}");
        }
    }

    let tokens = faulty.sign_in().await;
    faulty.break_it();
    let hint = text(&tokens, "id_token");
    let answer = world.get(&format!("/logout?{}", query(&[("id_token_hint", &hint)]))).await;
    faulty.heal();
    match answer.status() {
        200 => assert!(!faulty.is_live(&tokens).await, "{method:?} {fault:?}: signed out"),
        503 => assert!(answer.header("set-cookie").is_none()),
        other => panic!("{method:?} {fault:?}: {other}"),
    }
    faulty.troubles.into_inner()
}

#[tokio::test]
async fn nothing_is_given_or_believed_for_want_of_an_answer() {
    use StoreMethod::{
        ConsumeOnce, EndSession, FindClient, FindConsent, FindSession, InsertCode, PutConsent,
        ReadRevocations, RedeemCode, Revoke, RotateSession,
    };
    let asked = [
        ConsumeOnce,
        EndSession,
        FindClient,
        FindConsent,
        FindSession,
        InsertCode,
        PutConsent,
        ReadRevocations,
        RedeemCode,
        Revoke,
        RotateSession,
    ];
    for &method in StoreMethod::ALL {
        for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Corrupt] {
            for fault in [Fault::Before(kind), Fault::After(kind)] {
                let troubles = story(method, fault).await;
                assert_eq!(troubles > 0, asked.contains(&method), "{method:?} {fault:?}");
            }
        }
    }
}
