//! Request heads as a stranger sends them, and the refusals that answer them: no head gets in, no
//! answer carries what was sent, and every challenge can be taken apart again.

use arbitrary::Unstructured;
use hallpass::{
    scope::Require,
    testing::{TestAuthority, conformance::block_on},
    web::{Answer, Caller, Guard, Refusal, RequestHead, Source},
};

use crate::pick::{one_of, rarely, text};

struct World {
    authority: TestAuthority,
    good: String,
}

thread_local! {
    static WORLD: World = {
        let authority = TestAuthority::new();
        let good = authority.token("ada").scope("invoice:*:read").mint().expose_secret().to_owned();
        World { authority, good }
    };
}

const NAMES: [&str; 8] = [
    "Authorization",
    "authorization",
    "Cookie",
    "X-API-Key",
    "Sec-Fetch-Site",
    "Origin",
    "Upgrade",
    "Accept",
];
const CHARACTERS: &str = "Bearer bearerBASIC tok.en-_~+/=;,\"\\\t\r\n__Host-hp_at=\u{0}é%&?";

/// Part of a credential that must show nowhere.
const CANARY: &str = "Zq9canaryQz7";

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    WORLD.with(|world| {
        let realm = text(&mut u, "ab \"\\\r\n,=é");
        let metadata = text(&mut u, "https://\"\\, ");
        let guard = Guard::new(world.authority.verifier())
            .also(Source::header("X-API-Key"))
            .also(Source::query())
            .also(Source::cookie().origin("https://app.test"))
            .realm(&realm)
            .resource_metadata(&metadata);
        let method = *one_of(&mut u, &["GET", "HEAD", "POST", "DELETE", "get", ""]);
        let target = if rarely(&mut u, 64) {
            format!("/invoices?access_token={}", text(&mut u, "%41a.&=;access_token"))
        } else {
            text(&mut u, "/invoices?access_token=&%2e")
        };
        let mut is_good = false;
        let mut values = Vec::new();
        for _ in 0..u.int_in_range(0..=4).unwrap_or(0) {
            let mut value = text(&mut u, CHARACTERS);
            if rarely(&mut u, 96) {
                value.push_str(CANARY);
            } else if rarely(&mut u, 64) {
                is_good = true;
                let prefixes = ["Bearer ", "bearer  ", "", "__Host-hp_at=", "a=b; __Host-hp_at="];
                value = format!("{}{}", one_of(&mut u, &prefixes), world.good);
            }
            values.push((*one_of(&mut u, &NAMES), value));
        }
        let head = values.iter().fold(RequestHead::new(method, &target), |head, (name, value)| {
            head.header(name, value)
        });

        let refusal = match block_on(guard.check(&head)) {
            Ok(Caller::Verified(who)) => {
                assert!(is_good && who.subject() == "ada");
                // Then by scope: what is asked for comes from elsewhere, too.
                let Ok(required) = Require::parse(&text(&mut u, "ab:*12rw \"")) else { return };
                match who.require(required) {
                    Ok(()) => return,
                    Err(denied) => Refusal::from(denied),
                }
            }
            Ok(_) => panic!("nobody got in"),
            Err(refusal) => refusal,
        };
        let answer = guard.answer(&refusal, None);
        judge(&answer, &realm);
        // What the host itself shows may by chance be what was sent.
        if !realm.contains(CANARY) && !metadata.contains(CANARY) {
            assert!(!answer.body().contains(CANARY));
            assert!(answer.headers().all(|(_, value)| !value.contains(CANARY)));
        }
    });
}

fn judge(answer: &Answer, realm: &str) {
    assert!(matches!(answer.status(), 400 | 401 | 403 | 503), "{answer:?}");
    let body: serde_json::Value = serde_json::from_str(answer.body()).expect("JSON");
    assert!(body["error"].is_string() || answer.status() == 401, "{answer:?}");
    for (name, value) in answer.headers() {
        assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {value:?}");
    }
    match answer.header("www-authenticate") {
        Some(challenge) => {
            let (scheme, parameters) = take_apart(challenge).expect("a challenge of RFC 9110");
            assert_eq!(scheme, "Bearer");
            let visible = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
            let expected: String = realm.chars().map(visible).collect();
            let told = parameters.iter().find(|(name, _)| name == "realm");
            assert_eq!(told.map_or("", |(_, value)| value), expected, "{challenge}");
            let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), parameters.len(), "RFC 6750 §3: each once: {challenge}");
        }
        None => assert_ne!(answer.status(), 401, "RFC 9110 §11.6.1: {answer:?}"),
    }
}

/// A second reader: scheme, then `name="quoted"` with commas between them (RFC 9110 §11.3).
fn take_apart(challenge: &str) -> Option<(String, Vec<(String, String)>)> {
    let (scheme, mut rest) = challenge.split_once(' ').unwrap_or((challenge, ""));
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(characters.next()?.1),
                (_, c) => value.push(c),
            }
        };
        parameters.push((name.to_owned(), value));
        rest = &quoted[end + 1..];
        rest = if rest.is_empty() { rest } else { rest.strip_prefix(", ")? };
    }
    Some((scheme.to_owned(), parameters))
}
