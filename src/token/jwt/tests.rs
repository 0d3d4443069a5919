//! Knows compact tokens well and badly formed.
//! Must not know a key.

use super::*;
use crate::{clock::Timestamp, id::KeyId, key::Algorithm, token::claims::Sink as _};

#[test]
fn parts() {
    let split = |token: &str| {
        Parts::split(token, 20)
            .map(|p| (p.header.to_owned(), p.payload.to_owned(), p.signature.to_owned()))
    };
    assert_eq!(split("a.b.c"), Ok(("a".into(), "b".into(), "c".into())));
    assert_eq!(Parts::split("a.b.c", 20).unwrap().signing_input, b"a.b");
    for bad in [
        "",
        ".",
        "..",
        "a",
        "a.b",
        "a..c",
        ".b.c",
        "a.b.",
        "a.b.c.",
        ".a.b.c",
        "a.b.c.d",
        "a.b.c.d.e",
        "a..b.c",
    ] {
        assert_eq!(split(bad), Err(JwtError::Malformed), "{bad}");
    }
    assert_eq!(split(&"a".repeat(21)), Err(JwtError::TooLong));
}

/// Blocks, words and what is left over: wherever the dots are, they are found as by looking at each
/// character, and neighbours of the dot in the alphabet are none.
#[test]
fn dots_are_found_wherever_they_are() {
    let naive = |text: &str| match text.split('.').collect::<Vec<_>>()[..] {
        [header, payload, signature] => [header, payload, signature]
            .iter()
            .all(|part| !part.is_empty())
            .then(|| [header, payload, signature].map(str::to_owned)),
        _ => None,
    };
    let ours = |text: &str| {
        let parts = Parts::split(text, 1000).ok()?;
        assert_eq!(parts.signing_input, text.rsplit_once('.').unwrap().0.as_bytes());
        Some([parts.header, parts.payload, parts.signature].map(str::to_owned))
    };
    for length in (0..45).chain([63, 64, 65, 100]) {
        for filler in ["a", "/", "-", "\u{ae}"] {
            for (one, two) in (0..length).flat_map(|one| (one..length).map(move |two| (one, two))) {
                let text = |dots: &[usize]| -> String {
                    (0..length).map(|at| if dots.contains(&at) { "." } else { filler }).collect()
                };
                for third in [one, length - 1, (two + 9) % length] {
                    let text = text(&[one, two, third]);
                    assert_eq!(ours(&text), naive(&text), "{text}");
                }
            }
        }
    }
}

#[test]
fn base64url_is_canonical() {
    let decode = |text: &str| decode_part(text, &mut [0; 8]).map(<[u8]>::to_vec);
    assert_eq!(decode("AQID"), Ok(vec![1, 2, 3]));
    assert_eq!(decode("AQI"), Ok(vec![1, 2]));
    assert_eq!(decode("-_8"), Ok(vec![0xfb, 0xff]));
    for bad in
        ["A", "AQJ", "AR", "AQ==", "AQI=", "+/8", "AQ\n", " AQI", "AQ.I", "é", "AAAAAAAAAAAA"]
    {
        assert_eq!(decode(bad), Err(JwtError::NotCanonical), "{bad}");
    }
    for length in 0..40 {
        let text = URL_SAFE_NO_PAD.encode(vec![7; length]);
        assert!(decoded_length(text.len()) >= length);
    }
}

#[test]
fn headers() {
    let parse = |json: &str| Header::parse(&URL_SAFE_NO_PAD.encode(json));
    let header =
        parse(r#" {"kid":"a\u0062","alg":"ES256","zip":{"x":[1]},"typ":"at+JWT"} "#).unwrap();
    assert_eq!((header.algorithm.as_str(), header.kid.as_deref()), ("ES256", Some("ab")));
    assert!(header.is_type("at+jwt") && !header.is_type("jwt"));
    for (json, error) in [
        ("", JwtError::Header),
        ("[]", JwtError::Header),
        ("{}", JwtError::Header),
        (r#"{"typ":"at+jwt"}"#, JwtError::Header),
        (r#"{"alg":null}"#, JwtError::Header),
        (r#"{"alg":"ES256"}x"#, JwtError::Header),
        (r#"{"alg":"ES256","kid":1}"#, JwtError::Header),
        (r#"{"alg":"ES256","alg":"none"}"#, JwtError::DuplicateHeader),
        (r#"{"alg":"ES256","\u0061lg":"none"}"#, JwtError::DuplicateHeader),
        (r#"{"x":1,"x":1,"alg":"ES256"}"#, JwtError::DuplicateHeader),
        (r#"{"alg":"ES256","crit":[]}"#, JwtError::Extension),
        (r#"{"alg":"ES256","b64":true}"#, JwtError::Extension),
        (r#"{"alg":"ES256","jwk":{}}"#, JwtError::EmbeddedKey),
        (r#"{"alg":"ES256","jku":"https://a"}"#, JwtError::EmbeddedKey),
        (r#"{"alg":"ES256","x5u":"https://a"}"#, JwtError::EmbeddedKey),
        (r#"{"alg":"ES256","x5c":[]}"#, JwtError::EmbeddedKey),
    ] {
        assert_eq!(parse(json), Err(error), "{json}");
    }
    let nested = format!(r#"{{"alg":"ES256","x":{}{}}}"#, "[".repeat(3000), "]".repeat(3000));
    assert_eq!(parse(&nested), Err(JwtError::Header));
    assert_eq!(Header::parse("AR"), Err(JwtError::NotCanonical));
    assert_eq!(Header::parse(&URL_SAFE_NO_PAD.encode(b"\xff")), Err(JwtError::Header));
}

#[test]
fn types() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        assert!(same_type(typ, "at+jwt"), "{typ}");
    }
    for typ in [
        "",
        "JWT",
        "jwt",
        "at+jwt ",
        "application/",
        "text/at+jwt",
        "application/application/at+jwt",
    ] {
        assert!(!same_type(typ, "at+jwt"), "{typ}");
    }
}

#[test]
fn encoding_takes_long_claims() {
    for length in [0, 10, 1023, 1024, 1025, 5000] {
        let payload = vec![b'x'; length];
        let mut scratch = Scratch::new();
        for chunk in payload.chunks(100) {
            scratch.push(chunk);
        }
        assert_eq!(scratch.bytes(), payload);
        let token = encode_payload("aa", &payload, |input| Ok::<_, ()>(input.len().to_be_bytes()));
        let token = token.unwrap();
        if length > 0 {
            let parts = Parts::split(&token, token.len()).unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(parts.payload).unwrap(), payload);
            let signed = URL_SAFE_NO_PAD.decode(parts.signature).unwrap();
            assert_eq!(signed, parts.signing_input.len().to_be_bytes());
        }
    }
    assert_eq!(encode_payload("aa", b"{}", |_| Err::<[u8; 0], _>("no")), Err("no"));
}

/// A key remembers how its first token began; what begins otherwise is written all the same.
#[test]
fn tokens_of_one_key_are_whole_whoever_issues_them() {
    let keys = [
        SigningKey::hmac(Algorithm::HS256, &[7; 32]).unwrap(),
        SigningKey::hmac(Algorithm::HS512, &[7; 64]).unwrap(),
        SigningKey::generate(Algorithm::EdDSA).unwrap(),
    ];
    let long = format!("https://{}.example", "a".repeat(200));
    for key in keys {
        for issuer in ["https://a", &long, "https://ab", "https://a", "https://a\"b", ""] {
            for subject in ["ada", "", "a\"b", "\u{e9}"] {
                let claims = AccessClaims {
                    issuer,
                    subject,
                    audience: &[],
                    expires_at: None,
                    issued_at: Timestamp::EPOCH,
                    not_before: None,
                    token_id: None,
                    client_id: None,
                    scope: "a:1:b",
                    session_id: None,
                    generation: None,
                    auth_time: None,
                    acr: None,
                    amr: &[],
                    roles: &[],
                    groups: &[],
                    confirmation: None,
                    custom: None,
                };
                let mut json = Vec::new();
                claims.write(&mut json);
                let token = encode(&key, &claims).unwrap();
                let parts = Parts::split(&token, token.len()).unwrap();
                assert_eq!(parts.header, key.encoded_header());
                assert_eq!(parts.payload, URL_SAFE_NO_PAD.encode(&json));
                let signature = URL_SAFE_NO_PAD.decode(parts.signature).unwrap();
                assert!(key.verifying_key().verify(parts.signing_input, &signature));
                assert!(
                    key.with_kid(KeyId::parse("b").unwrap())
                        .verifying_key()
                        .verify(parts.signing_input, &signature)
                );
            }
        }
    }
}

/// Whatever is pushed comes out whole and in order, on the stack and beyond it: a short text after
/// the long one that made it spill as well.
#[test]
fn what_spills_keeps_its_order() {
    for first in 990..1030 {
        for second in [1, 20, 40, 2000] {
            let (mut scratch, mut expected) = (Scratch::new(), Vec::new());
            for (n, length) in [first, second, 3, 1, 0, 7].into_iter().enumerate() {
                let bytes = vec![n as u8 + 1; length];
                scratch.push(&bytes);
                expected.extend(bytes);
            }
            assert_eq!(scratch.bytes(), expected, "{first} {second}");
        }
    }
}
