//! What a browser and an application send, and what they read of the answers.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass::{
    oauth::{AuthorizationServer, Request},
    web::{Answer, RequestHead},
};
use serde_json::Value;

use super::stage::{CALLBACK, PHONE_CALLBACK, SECRET};

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn encoded(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", percent(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(b));
            }
            _ => write!(out, "%{b:02X}").unwrap(),
        }
        out
    })
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut out) = (text.bytes(), Vec::new());
    while let Some(b) = bytes.next() {
        let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap();
        out.push(match b {
            b'%' => u8::try_from(digit() * 16 + digit()).unwrap(),
            b'+' => b' ',
            plain => plain,
        });
    }
    String::from_utf8(out).unwrap()
}

/// What an application asks the browser to open.
pub(crate) fn authorization(client: &str, scope: &str) -> Vec<(&'static str, String)> {
    let callback = if client == "phone" { PHONE_CALLBACK } else { CALLBACK };
    [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", callback),
        ("scope", scope),
        ("state", "a state & more"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// Opens it, as `ada`.
pub(crate) async fn open(
    server: &AuthorizationServer,
    parameters: &[(&'static str, String)],
) -> Answer {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let target = format!("/authorize?{}", encoded(&pairs));
    let head = RequestHead::new("GET", &target).header("cookie", "ada");
    server.answer(&Request::new(head)).await
}

/// Answers the consent page.
pub(crate) async fn decide(server: &AuthorizationServer, page: &Answer, decision: &str) -> Answer {
    assert_eq!(page.status(), 200, "{}", page.body());
    let (_, rest) = page.body().split_once("name=\"ticket\" value=\"").unwrap();
    let (ticket, _) = rest.split_once('"').unwrap();
    let body = encoded(&[("ticket", ticket), ("decision", decision)]);
    let head = RequestHead::new("POST", "/authorize/decision")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", "ada");
    server.answer(&Request::new(head).body(body.as_bytes())).await
}

/// A parameter of the address that the browser is sent to.
pub(crate) fn sent(answer: &Answer, name: &str) -> Option<String> {
    let (_, query) = answer.header("location")?.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(known, value)| (known == name).then(|| decoded(value)))
}

/// A code for this client, with the user's consent if it is asked for.
pub(crate) async fn code(server: &AuthorizationServer, client: &str, scope: &str) -> String {
    let mut answer = open(server, &authorization(client, scope)).await;
    if answer.header("location").is_none() {
        answer = decide(server, &answer, "allow").await;
    }
    sent(&answer, "code").expect("a code")
}

/// A request of the client to an endpoint that it calls directly.
pub(crate) async fn post(
    server: &AuthorizationServer,
    path: &str,
    client: &str,
    form: &[(&str, &str)],
) -> Answer {
    let mut form = form.to_vec();
    let proof = format!("Basic {}", STANDARD.encode(format!("{client}:{SECRET}")));
    let mut head =
        RequestHead::new("POST", path).header("content-type", "application/x-www-form-urlencoded");
    match client {
        "" => {}
        "phone" => form.push(("client_id", client)),
        _ => head = head.header("authorization", &proof),
    }
    let body = encoded(&form);
    server.answer(&Request::new(head).body(body.as_bytes())).await
}

pub(crate) async fn exchange(server: &AuthorizationServer, client: &str, code: &str) -> Answer {
    exchange_with(server, client, code, VERIFIER).await
}

pub(crate) async fn exchange_with(
    server: &AuthorizationServer,
    client: &str,
    code: &str,
    verifier: &str,
) -> Answer {
    let callback = if client == "phone" { PHONE_CALLBACK } else { CALLBACK };
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", callback),
        ("code_verifier", verifier),
    ];
    post(server, "/token", client, &form).await
}

pub(crate) async fn refresh(server: &AuthorizationServer, client: &str, token: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post(server, "/token", client, &form).await
}

/// The tokens of a session of `ada` at this client.
pub(crate) async fn session(server: &AuthorizationServer, client: &str) -> Tokens {
    let code = code(server, client, "openid offline_access invoice:*:read report:7:write").await;
    Tokens::of(&exchange(server, client, &code).await)
}

#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) json: Value,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status(), 200, "{}", answer.body());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let json: Value = serde_json::from_str(answer.body()).unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), json }
    }
}

#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, error: &str) {
    let body: Value = serde_json::from_str(answer.body()).expect("JSON");
    assert_eq!((answer.status(), body["error"].as_str()), (status, Some(error)), "{body}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
