//! A host with a cookie of its own, and a browser that talks to the endpoints.

use std::sync::Mutex;

use async_trait::async_trait;
use hallpass::{
    MemoryStore, Timestamp,
    authority::AuthorityBuilder,
    clock::Clock as _,
    id::Subject,
    oauth::{
        AuthorizationServer, ConsentPage, Host, HostError, Request, ScopeTexts, SignIn,
        SignInReason, SignOutPage, SignedIn,
    },
    store::ServerStore,
    testing::TestAuthority,
    web::{Answer, RequestHead},
};

use crate::support::{CHALLENGE, REDIRECT, authority_on, authority_with};

/// Why a sign-in was asked for, the way back, and the hint.
pub(crate) type AskedFor = (SignInReason, String, Option<String>);

/// Remembers nothing: the cookie says who and since when. A real host signs it.
#[derive(Debug, Default)]
pub(crate) struct TestHost {
    /// What the last sign-in was asked for.
    pub(crate) asked: std::sync::Arc<Mutex<Option<AskedFor>>>,
    /// What it was shown, as `Debug` prints it.
    printed: std::sync::Arc<Mutex<String>>,
    texts: ScopeTexts,
}

#[async_trait]
impl Host for TestHost {
    async fn user(&self, head: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
        let Some(cookie) = head.values("cookie").next() else { return Ok(None) };
        let cookie = std::str::from_utf8(cookie).map_err(HostError::new)?;
        if cookie == "broken" {
            return Err(HostError::new("the session table is gone"));
        }
        let (name, at) = cookie.split_once('@').unwrap();
        let at = Timestamp::from_unix_seconds(at.parse().unwrap());
        let user = SignedIn::new(Subject::parse(name).unwrap(), at);
        Ok(Some(user.acr("high").amr(["pwd"]).roles(["clerk"]).claim("tenant", "acme")))
    }

    async fn sign_in(&self, interaction: &SignIn<'_>) -> Answer {
        self.printed.lock().unwrap().push_str(&format!("{interaction:?}"));
        let hint = interaction.login_hint.map(str::to_owned);
        *self.asked.lock().unwrap() =
            Some((interaction.reason, interaction.return_to.to_owned(), hint));
        Answer::html(200, "who are you?")
    }

    async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
        self.printed.lock().unwrap().push_str(&format!("{page:?}"));
        page.plain()
    }

    async fn sign_out_page(&self, page: &SignOutPage<'_>) -> Answer {
        self.printed.lock().unwrap().push_str(&format!("{page:?}"));
        page.plain()
    }

    async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
        Ok(vec!["session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax".to_owned()])
    }

    fn describe(&self, item: &str) -> Option<String> {
        self.texts.describe(item)
    }
}

/// Server, clock and a browser in which somebody may be signed in.
pub(crate) struct World<S = MemoryStore> {
    pub(crate) auth: TestAuthority<S>,
    pub(crate) server: AuthorizationServer,
    pub(crate) asked: std::sync::Arc<Mutex<Option<AskedFor>>>,
    pub(crate) printed: std::sync::Arc<Mutex<String>>,
    pub(crate) cookie: Option<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder) -> Self {
        Self::of(authority_with(configure))
    }
}

impl<S: ServerStore> World<S> {
    pub(crate) fn on(store: std::sync::Arc<S>) -> Self {
        Self::of(authority_on(store, |builder| builder))
    }

    fn of(auth: TestAuthority<S>) -> Self {
        let host = TestHost {
            texts: ScopeTexts::new().text("invoice:*:read", "see <all> your invoices"),
            ..TestHost::default()
        };
        let (asked, printed) = (host.asked.clone(), host.printed.clone());
        let server =
            AuthorizationServer::builder(auth.authority().clone()).host(host).build().unwrap();
        let mut world = Self { auth, server, asked, printed, cookie: None };
        world.sign_in("ada");
        world
    }

    /// The user signs in now.
    pub(crate) fn sign_in(&mut self, name: &str) {
        let now = self.auth.clock().now().as_unix_seconds();
        self.cookie = Some(format!("{name}@{now}"));
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        let mut head = RequestHead::new("GET", target);
        if let Some(cookie) = &self.cookie {
            head = head.header("cookie", cookie.as_bytes());
        }
        let request = Request::new(head);
        match target.split('?').next().unwrap() {
            "/authorize" => self.server.authorize(&request).await,
            "/logout" => self.server.end_session(&request).await,
            other => panic!("{other}"),
        }
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = query(form);
        let mut head = RequestHead::new("POST", path)
            .header("content-type", b"application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookie {
            head = head.header("cookie", cookie.as_bytes());
        }
        let request = Request::new(head).body(body.as_bytes());
        match path {
            "/authorize" => self.server.authorize(&request).await,
            "/authorize/decision" => self.server.decide_consent(&request).await,
            "/logout" => self.server.end_session(&request).await,
            other => panic!("{other}"),
        }
    }

    /// An authorization request with these parameters instead of, or beside, the usual ones; an
    /// empty value takes one away.
    pub(crate) async fn authorize(&self, changes: &[(&str, &str)]) -> Answer {
        self.get(&format!("/authorize?{}", query(&parameters(changes)))).await
    }

    /// What the host was last asked to sign in for.
    pub(crate) fn asked(&self) -> Option<AskedFor> {
        self.asked.lock().unwrap().take()
    }

    /// The user allows what the page asks for.
    pub(crate) async fn allow(&self, page: &Answer) -> Answer {
        let ticket = ticket(page);
        self.post("/authorize/decision", &[("ticket", &ticket), ("decision", "allow")]).await
    }
}

pub(crate) fn parameters<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("response_type", "code"),
        ("client_id", "partner"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid invoice:*:read"),
        ("state", "s t&te=%"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    kept.chain(changes.iter().copied().filter(|(_, value)| !value.is_empty())).collect()
}

pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|b| match b.is_ascii_alphanumeric() {
                true => char::from(b).to_string(),
                false => format!("%{b:02x}"),
            })
            .collect()
    };
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The ticket in a page's form.
pub(crate) fn ticket(page: &Answer) -> String {
    assert_eq!(page.status(), 200, "{}", page.body());
    let (_, rest) = page.body().split_once("name=\"ticket\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// The parameters of a redirect to the partner.
pub(crate) fn sent(answer: &Answer) -> Vec<(String, String)> {
    sent_to(answer, REDIRECT)
}

pub(crate) fn sent_to(answer: &Answer, address: &str) -> Vec<(String, String)> {
    assert_eq!(answer.status(), 303, "{}", answer.body());
    let location = answer.header("location").unwrap();
    let query = location.strip_prefix(address).unwrap_or_else(|| panic!("sent to {location}"));
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = tail;
            if *first == b'%' {
                let digits = std::str::from_utf8(&rest[..2]).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &rest[2..];
            } else {
                bytes.push(*first);
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let query = query.strip_prefix(['?', '&']).unwrap();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

pub(crate) fn value(pairs: &[(String, String)], name: &str) -> Option<String> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The error of a redirect, which must have state and issuer.
#[track_caller]
pub(crate) fn error_sent(answer: &Answer) -> String {
    let pairs = sent(answer);
    assert_eq!(value(&pairs, "iss").as_deref(), Some(TestAuthority::ISSUER));
    assert_eq!(value(&pairs, "state").as_deref(), Some("s t&te=%"));
    assert_eq!(value(&pairs, "code"), None);
    assert!(value(&pairs, "error_description").is_some());
    value(&pairs, "error").unwrap_or_else(|| panic!("{pairs:?}"))
}

#[track_caller]
pub(crate) fn code_sent(answer: &Answer) -> String {
    let pairs = sent(answer);
    assert_eq!(value(&pairs, "iss").as_deref(), Some(TestAuthority::ISSUER));
    assert_eq!(value(&pairs, "state").as_deref(), Some("s t&te=%"));
    value(&pairs, "code").unwrap_or_else(|| panic!("{pairs:?}"))
}

/// A page for the user: it names no other address, and guards itself.
#[track_caller]
pub(crate) fn shown(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status(), status, "{}", answer.body());
    assert_eq!(answer.header("location"), None);
    assert!(answer.body().contains(text), "{}", answer.body());
    guarded(answer);
}

#[track_caller]
pub(crate) fn guarded(answer: &Answer) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("content-security-policy", "frame-ancestors 'none'"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}
