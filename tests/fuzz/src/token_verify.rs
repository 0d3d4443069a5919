//! Access tokens, made member by member: a token is accepted if all of it is right, and only then.
//!
//! Signed here with ring directly, so that the crate's own writer is not its own judge. In the
//! other half of the cases the payload is free text under a good signature, and what is accepted
//! is compared with what serde_json reads.

use arbitrary::Unstructured;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, SigningKey, Verifier,
    id::KeyId,
    testing::{TestAuthority, TestClock},
};
use ring::hmac;
use serde_json::Value;

use crate::pick::{mutate, one_of, rarely, text};

const SECRET: &[u8; 32] = b"a shared secret of 32 bytes, yes";
const NOW: u64 = 1_700_000_000;

struct World {
    verifier: Verifier,
    right: hmac::Key,
    wrong: hmac::Key,
}

impl World {
    fn new() -> Self {
        let key = |algorithm, kid: &str| {
            let key = match algorithm {
                Algorithm::HS256 => SigningKey::hmac(algorithm, SECRET),
                _ => SigningKey::generate(algorithm),
            };
            key.expect("a key").with_kid(KeyId::parse(kid).expect("a kid")).verifying_key()
        };
        let verifier = Verifier::builder("https://auth.test")
            .audience("https://api.test")
            .key(key(Algorithm::HS256, "right"))
            .key(key(Algorithm::EdDSA, "other"))
            .clock(TestClock::at(TestAuthority::STARTS_AT))
            .stateless()
            .build()
            .expect("a verifier");
        let right = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
        let wrong = hmac::Key::new(hmac::HMAC_SHA256, &SECRET[1..]);
        Self { verifier, right, wrong }
    }
}

thread_local! {
    static WORLD: World = World::new();
}

/// A good member in most cases, a bad one in the others. An empty text leaves the member out.
fn member(
    u: &mut Unstructured<'_>,
    good: &[&'static str],
    bad: &[&'static str],
    all_good: &mut bool,
) -> &'static str {
    if rarely(u, 16) && !bad.is_empty() {
        *all_good = false;
        return *one_of(u, bad);
    }
    *one_of(u, good)
}

fn object(u: &mut Unstructured<'_>, mut members: Vec<String>) -> String {
    members.retain(|member| !member.is_empty());
    if rarely(u, 128) && members.len() > 1 {
        let (a, b) = (u.choose_index(members.len()), u.choose_index(members.len()));
        members.swap(a.unwrap_or(0), b.unwrap_or(0));
    }
    let comma = one_of(u, &[",", ", ", ",\n\t"]);
    format!("{{{}}}", members.join(comma))
}

fn header(u: &mut Unstructured<'_>, good: &mut bool) -> String {
    let members = [
        member(
            u,
            &[r#""alg":"HS256""#],
            &[
                "",
                r#""alg":"none""#,
                r#""alg":"hs256""#,
                r#""alg":"EdDSA""#,
                r#""alg":"HS512""#,
                r#""alg":1"#,
                r#""alg":"HS256","alg":"HS256""#,
                r#""alg":"HS256\u0000""#,
            ],
            good,
        ),
        member(
            u,
            &[r#""typ":"at+jwt""#, r#""typ":"application/at+jwt""#, r#""typ":"AT+JWT""#],
            &["", r#""typ":"JWT""#, r#""typ":"at+jwt ""#, r#""typ":"at+jwt","typ":"JWT""#],
            good,
        ),
        member(
            u,
            &[r#""kid":"right""#, r#""kid":"r\u0069ght""#],
            &["", r#""kid":"other""#, r#""kid":"nobody""#, r#""kid":1"#, r#""kid":"right\n""#],
            good,
        ),
        member(
            u,
            &["", "", r#""x":1"#, r#""cty":"x""#, r#""x":{"alg":"none"}"#],
            &[
                r#""crit":["exp"]"#,
                r#""crit":[]"#,
                r#""b64":false"#,
                r#""b64":true"#,
                r#""jwk":{"kty":"oct","k":"AAAA"}"#,
                r#""jku":"https://evil.test""#,
                r#""x5u":"https://evil.test""#,
                r#""x5c":["AAAA"]"#,
                r#""":"#,
            ],
            good,
        ),
    ];
    object(u, members.iter().map(|member| (*member).to_owned()).collect())
}

fn payload(u: &mut Unstructured<'_>, good: &mut bool) -> String {
    let mut m = |good_ones: &[&'static str], bad: &[&'static str]| member(u, good_ones, bad, good);
    let mut members = vec![
        m(
            &[r#""iss":"https://auth.test""#, r#""iss":"https:\/\/auth.test""#],
            &[
                "",
                r#""iss":"https://auth.test/""#,
                r#""iss":["https://auth.test"]"#,
                r#""iss":null"#,
            ],
        ),
        m(&[r#""sub":"ada""#], &["", r#""sub":1"#, r#""sub":"""#, r#""sub":"ada","sub":"eve""#]),
        m(
            &[r#""aud":"https://api.test""#, r#""aud":["x","https://api.test"]"#],
            &[
                "",
                r#""aud":"https://api.tes""#,
                r#""aud":[]"#,
                r#""aud":{}"#,
                r#""aud":[["https://api.test"]]"#,
            ],
        ),
        // Expiry within the leeway is still good; at its end it is not.
        m(
            &[
                r#""exp":1700000600"#,
                r#""exp":1699999971"#,
                r#""exp":1700000600.5"#,
                r#""exp":17000006e2"#,
            ],
            &[
                "",
                r#""exp":1699999970"#,
                r#""exp":"1700000600""#,
                r#""exp":1e400"#,
                r#""exp":-1"#,
                r#""exp":1700000600000"#,
                r#""exp":null"#,
            ],
        ),
        m(
            &[r#""iat":1699999900"#],
            &["", r#""iat":1700000031"#, r#""iat":true"#, r#""iat":1600000000"#],
        ),
        m(&["", r#""nbf":1700000029"#], &[r#""nbf":1700000031"#, r#""nbf":"0""#]),
        m(&[r#""jti":"AYvGDGQAAQEBAQEBAQEBAQEB""#], &["", r#""jti":"""#, r#""jti":7"#]),
        m(&[r#""client_id":"web""#], &["", r#""client_id":"""#, r#""client_id":null"#]),
        m(
            &["", r#""scope":"invoice:*:read openid""#, r#""scope":"""#, r#""scope":"\u0000 :::""#],
            &[r#""scope":["invoice:*:read"]"#, r#""scope":{}"#],
        ),
    ];
    let mut members: Vec<String> = members.drain(..).map(str::to_owned).collect();
    if rarely(u, 128) {
        let value = Value::from(text(u, "ab\"\\\u{0}é:{}[],"));
        members.push(format!(r#""of our own":{}"#, one_of(u, &[value.clone(), [value].into()])));
    }
    object(u, members)
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    WORLD.with(|world| {
        let mut good = true;
        let header = header(&mut u, &mut good);
        let free = rarely(&mut u, 96);
        let payload = if free { free_payload(&mut u) } else { payload(&mut u, &mut good) };
        let encode = |part: &str| URL_SAFE_NO_PAD.encode(part);
        let input = format!("{}.{}", encode(&header), encode(&payload));
        let wrong = rarely(&mut u, 16);
        let key = if wrong { &world.wrong } else { &world.right };
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(key, input.as_bytes()));
        let token = format!("{input}.{signature}");
        let presented = if rarely(&mut u, 32) { mutate(&mut u, &token) } else { token.clone() };
        good &= !wrong && presented == token;

        let verdict = world.verifier.verify_jwt(&*presented);
        match &verdict {
            Ok(who) => {
                assert!(good, "accepted: {header} {payload}");
                let read: Value = serde_json::from_str(&payload).expect("accepted, so it is JSON");
                assert_eq!(read["iss"], "https://auth.test", "{payload}");
                assert_eq!(read["sub"], who.subject(), "{payload}");
                assert_eq!(read["client_id"].as_str(), who.client_id(), "{payload}");
                assert!(
                    read["exp"].as_f64().is_some_and(|exp| exp > NOW as f64 - 30.0),
                    "{payload}"
                );
                let audience = &read["aud"];
                let ours = audience == "https://api.test"
                    || audience
                        .as_array()
                        .is_some_and(|all| all.contains(&"https://api.test".into()));
                assert!(ours, "{payload}");
                let claims: Value = who.claims().expect("accepted");
                assert_eq!(claims, read, "{payload}");
                let _ = (who.scope().len(), who.token_id(), who.session_id(), who.born());
                let _ = (who.roles().count(), who.groups().count(), who.amr().count(), who.acr());
                assert!(!who.allows(&("root", "1", "write")) || payload.contains("scope"));
            }
            Err(error) => {
                assert!(free || !good, "refused with {error}: {header} {payload}");
                let text = error.to_string();
                assert!(signature.len() < 8 || !text.contains(&signature), "{text}");
            }
        }
    });
}

/// A payload with something of the fuzzer's in it, so that most is still there to be judged.
fn free_payload(u: &mut Unstructured<'_>) -> String {
    let mut good = true;
    let payload = payload(u, &mut good);
    let at = u.int_in_range(0..=payload.len()).unwrap_or(0);
    let upto = u.int_in_range(at..=payload.len().min(at + 12)).unwrap_or(at);
    let cut = |at| (0..=at).rev().find(|at| payload.is_char_boundary(*at)).unwrap_or(0);
    let (at, upto) = (cut(at), cut(upto));
    let spliced = text(u, "{}[]\",:\\u0019eE+-. tnxy\n");
    format!("{}{spliced}{}", &payload[..at], &payload[upto..])
}
