//! Forms at the endpoints of an authorization server: whatever comes, an answer of the RFCs; a token
//! for nobody who has not proved to be the client, once and in one way.

use std::{cell::RefCell, collections::HashMap};

use arbitrary::Unstructured;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass::{
    MemoryStore,
    authority::{Client, GrantType},
    oauth::{AuthorizationServer, Request},
    testing::{TestAuthority, conformance::block_on},
    web::RequestHead,
};

use crate::pick::{one_of, rarely, text};

const SECRET: &str = "9f2c1d7e4b8a6053c1d2e3f4a5b6c7d8";
const NAMES: [&str; 14] = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "token",
    "resource",
    "client_assertion",
    "client_assertion_type",
    "grant%5ftype",
    "token_type_hint",
];
const VALUES: [&str; 14] = [
    "client_credentials",
    "nightly",
    SECRET,
    "report:7:read",
    "report%3A*%3Aread",
    "refresh_token",
    "authorization_code",
    "web",
    "hp_rt_AAAA",
    "https%3A%2F%2Fapi.test",
    "password",
    "",
    "+",
    "%zz",
];

thread_local! {
    static SERVER: RefCell<AuthorizationServer> = RefCell::new({
        let nightly = Client::confidential("nightly")
            .secret(SECRET)
            .scope("report:*:read".parse().expect("a scope"))
            .may_introspect(true)
            .grant(GrantType::ClientCredentials);
        let web = Client::public("web").redirect_uri("https://web.test/cb")
            .scope("report:*:read".parse().expect("a scope"))
            .grant(GrantType::AuthorizationCode).grant(GrantType::RefreshToken);
        let auth = TestAuthority::configured(MemoryStore::new(), |builder| {
            builder.server_store(MemoryStore::new()).client(nightly).client(web)
        });
        AuthorizationServer::builder(auth.authority().clone()).build().expect("a server")
    });
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let endpoint = u.int_in_range(0..=4).unwrap_or(0);
    let basic = format!("Basic {}", STANDARD.encode(format!("nightly:{SECRET}")));
    let authorization = if rarely(&mut u, 96) {
        let value =
            one_of(&mut u, &[basic.clone(), "Basic AAAA".to_owned(), "Basic :".to_owned()]).clone();
        Some(if rarely(&mut u, 64) { text(&mut u, "Basic bmlnOnNlY3JldA==") } else { value })
    } else {
        None
    };
    let content_type = *one_of(
        &mut u,
        &[
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=UTF-8",
            "text/plain",
        ],
    );
    let body = if rarely(&mut u, 64) {
        u.take_rest().to_vec()
    } else {
        let mut pairs = Vec::new();
        if !rarely(&mut u, 64) {
            pairs.push("grant_type=client_credentials".to_owned());
        }
        for _ in 0..u.int_in_range(0..=6).unwrap_or(0) {
            let name = *one_of(&mut u, &NAMES);
            let value = if rarely(&mut u, 48) {
                text(&mut u, "a%20:*+=&\u{e9}")
            } else {
                (*one_of(&mut u, &VALUES)).to_owned()
            };
            pairs.push(format!("{name}={value}"));
        }
        pairs.join(*one_of(&mut u, &["&", "&", "&", "&&", ";"])).into_bytes()
    };
    let target = String::from_utf8_lossy(&body).into_owned();
    let target = format!("/authorize?{target}");
    SERVER.with_borrow(|server| {
        let mut head = match endpoint {
            3 => RequestHead::new("GET", &target),
            _ => RequestHead::new("POST", "/token"),
        };
        head = head.header("Content-Type", content_type);
        if let Some(value) = &authorization {
            head = head.header("Authorization", value);
        }
        let request = Request::new(head).body(&body).peer("192.0.2.7");
        let answer = match endpoint {
            0 => block_on(server.token(&request)),
            1 => block_on(server.revoke(&request)),
            2 => block_on(server.introspect(&request)),
            3 => block_on(server.authorize(&request)),
            _ => block_on(server.decide_consent(&request)),
        };
        let shown = || String::from_utf8_lossy(&body).into_owned();
        assert!(
            matches!(answer.status(), 200 | 303 | 400 | 401 | 403 | 404 | 405),
            "{answer:?} to {}",
            shown()
        );
        assert!(
            answer.header("cache-control").is_some_and(|value| value.contains("no-store")),
            "{answer:?}"
        );
        for (name, value) in answer.headers() {
            assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {value:?}");
        }
        if endpoint > 2 {
            assert_ne!(answer.status(), 200, "without a host nothing is shown: {}", shown());
            // Never to an address that is not registered.
            let to = answer.header("location").unwrap_or("https://web.test/cb?");
            assert!(to.starts_with("https://web.test/cb?"), "{to}");
            return;
        }
        if answer.status() == 200 && endpoint == 1 {
            assert!(answer.body().is_empty());
        } else {
            let json: serde_json::Value = serde_json::from_str(answer.body()).expect("JSON");
            assert_eq!(json.get("error").is_some(), answer.status() != 200, "{json}");
        }
        if answer.status() == 200 {
            let form = decoded(&body).unwrap_or_default();
            let proved =
                |name: &str, value: &str| form.get(name).is_some_and(|all| all == &[value]);
            let post = proved("client_id", "nightly") && proved("client_secret", SECRET);
            let public = proved("client_id", "web") && endpoint == 1;
            let header =
                authorization.as_deref() == Some(&basic) && !form.contains_key("client_secret");
            assert!(post != header || public, "{answer:?} to {}", shown());
            assert!(endpoint != 0 || proved("grant_type", "client_credentials"), "{}", shown());
            assert!(!form.contains_key("client_assertion"), "{}", shown());
        }
    });
}

/// A second reader of forms. Parameters without a value are not there.
fn decoded(body: &[u8]) -> Option<HashMap<String, Vec<String>>> {
    let mut form: HashMap<String, Vec<String>> = HashMap::new();
    for pair in body.split(|byte| *byte == b'&') {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let text = |bytes: &[u8]| {
            let plus: Vec<u8> = bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
            let mut out = Vec::new();
            let mut rest = &plus[..];
            while let [byte, tail @ ..] = rest {
                rest = tail;
                if *byte == b'%' {
                    let hex = str::from_utf8(rest.get(..2)?).ok()?;
                    out.push(u8::from_str_radix(hex, 16).ok()?);
                    rest = &rest[2..];
                } else {
                    out.push(*byte);
                }
            }
            String::from_utf8(out).ok()
        };
        let value = text(pair.get(at + 1..).unwrap_or_default())?;
        let name = text(&pair[..at])?;
        if !value.is_empty() {
            form.entry(name).or_default().push(value);
        }
    }
    Some(form)
}
