//! Knows claims good and bad, and that the two readers agree.
//! Must not know rules: nothing here is about acceptance.

use serde_json::{Value, json};

use super::*;
use crate::id::{Audience, ClientId, SessionId, TokenId};

fn buffer(payload: &[u8], parsed: &Parsed) -> Vec<u8> {
    [payload, &parsed.unescaped].concat()
}

/// What a reader found, independent of where it lies.
fn view(payload: &str, parsed: &Parsed) -> Value {
    let buffer = buffer(payload.as_bytes(), parsed);
    let claims = &parsed.claims;
    let text = |claim| claims.text(claim, &buffer);
    let list = |claim| claims.has(claim).then(|| claims.list(claim, &buffer).collect::<Vec<_>>());
    let date = |claim| claims.date(claim).map(Timestamp::as_unix_millis);
    let scope =
        if claims.scope_is_list() { json!(list(Claim::Scope)) } else { json!(text(Claim::Scope)) };
    json!({
        "iss": text(Claim::Issuer), "sub": text(Claim::Subject), "aud": list(Claim::Audience),
        "exp": date(Claim::Expires), "nbf": date(Claim::NotBefore), "iat": date(Claim::IssuedAt),
        "auth_time": date(Claim::AuthTime), "jti": text(Claim::TokenId),
        "client_id": text(Claim::ClientId), "scope": scope, "sid": text(Claim::SessionId),
        "gen": claims.generation(), "acr": text(Claim::Acr), "amr": list(Claim::Amr),
        "roles": list(Claim::Roles), "groups": list(Claim::Groups),
        "cnf": text(Claim::Confirmation).map(|t| serde_json::from_str::<Value>(t).unwrap()),
        "nonce": claims.has(Claim::Nonce), "at_hash": claims.has(Claim::AccessTokenHash),
        "events": claims.has(Claim::Events),
    })
}

/// What the fast reader makes of all of a payload, with nothing read before.
fn by_fast(payload: &[u8]) -> Option<Claims> {
    let mut claims = Claims::empty();
    fast::go_on(payload, 0, &mut claims).map(|()| claims)
}

/// How much of a payload is read as we write it.
fn begun(payload: &[u8]) -> usize {
    ours::begin(payload, &mut Claims::empty())
}

/// Reads `payload` with both readers and demands that the fast one, if it answers, agrees.
#[track_caller]
fn both(payload: &str) -> Result<Value, ClaimsError> {
    let strict = slow::parse(payload).map(|parsed| view(payload, &parsed));
    if let Some(claims) = by_fast(payload.as_bytes()) {
        let fast = view(payload, &Parsed { claims, unescaped: Vec::new() });
        assert_eq!(Ok(fast), strict, "the readers differ on {payload}");
    }
    let chosen = parse(payload.as_bytes()).map(|parsed| view(payload, &parsed));
    assert_eq!(chosen, strict, "{payload}");
    strict
}

#[test]
fn what_we_write_is_read_by_the_fast_reader() {
    let audiences = [Audience::parse("https://api.example.com").unwrap()];
    let two = [audiences[0].clone(), Audience::parse("b").unwrap()];
    let client = ClientId::parse("web").unwrap();
    let custom = CustomClaims::new(&json!({ "tenant": { "id": [1, null, "x"] } })).unwrap();
    let names = ["pwd".to_owned(), "otp".to_owned()];
    let session = SessionId::from_parts(Timestamp::from_unix_millis(5), [1; 12]);
    let mut claims = AccessClaims {
        issuer: "https://auth.example.com",
        subject: "user-42",
        audience: &audiences,
        expires_at: Some(Timestamp::from_unix_seconds(1_700_000_600)),
        issued_at: Timestamp::from_unix_millis(1_700_000_000_999),
        not_before: None,
        token_id: Some(TokenId::from_parts(Timestamp::from_unix_millis(7), [2; 12])),
        client_id: None,
        scope: "",
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
    let mut out = Vec::new();
    claims.write(&mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"iss":"https://auth.example.com","sub":"user-42","aud":"https://api.example.com","exp":1700000600,"iat":1700000000,"jti":"AAAAAAAHAgICAgICAgICAgIC","scope":""}"#
    );

    claims.audience = &two;
    claims.not_before = Some(Timestamp::EPOCH);
    claims.client_id = Some(&client);
    claims.scope = "invoice:*:read openid";
    claims.session_id = Some(session);
    claims.generation = Some(u32::MAX);
    claims.auth_time = Some(Timestamp::MAX);
    claims.acr = Some("silver");
    (claims.amr, claims.roles, claims.groups) = (&names, &names[..1], &names);
    claims.confirmation = Some(r#"{"jkt":"abc"}"#);
    claims.custom = Some(&custom);
    let mut out = Vec::new();
    claims.write(&mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(by_fast(text.as_bytes()).is_some(), "{text}");
    // More than one audience is not what the first reader expects.
    let rest = text.get(begun(text.as_bytes())..).unwrap();
    assert!(rest.starts_with(",\"aud\":["), "{rest}");
    let found = both(&text).unwrap();
    assert_eq!(found["aud"], json!(["https://api.example.com", "b"]));
    assert_eq!(found["sid"], json!(session.to_string()));
    assert_eq!(found["gen"], json!(u32::MAX));
    assert_eq!(found["nbf"], json!(0));
    assert_eq!(found["auth_time"], json!(253_402_300_799_000_u64));
    assert_eq!(found["cnf"], json!({ "jkt": "abc" }));
    assert_eq!(found["groups"], json!(["pwd", "otp"]));
}

#[test]
fn hostile_text_is_escaped_when_written() {
    let controls: String = ('\0'..' ').collect();
    let nasty = &*format!("a\"b\\c{controls}\u{7f}\u{2028}é\",\"sub\":\"root");
    let client = ClientId::parse("web").unwrap();
    let audiences = [Audience::parse("x\"y").unwrap()];
    let claims = AccessClaims {
        issuer: "https://a",
        subject: nasty,
        audience: &audiences,
        expires_at: Some(Timestamp::EPOCH),
        issued_at: Timestamp::EPOCH,
        not_before: None,
        token_id: Some(TokenId::from_bytes([0; 18])),
        client_id: Some(&client),
        scope: nasty,
        session_id: None,
        generation: None,
        auth_time: None,
        acr: Some(nasty),
        amr: &[nasty.to_owned()],
        roles: &[],
        groups: &[],
        confirmation: None,
        custom: None,
    };
    let mut out = Vec::new();
    claims.write(&mut out);
    let text = String::from_utf8(out).unwrap();
    let found = both(&text).unwrap();
    for claim in ["sub", "scope", "acr"] {
        assert_eq!(found[claim], json!(nasty));
    }
    assert_eq!(found["amr"], json!([nasty]));
    assert_eq!(found["aud"], json!(["x\"y"]));
}

#[test]
fn good_payloads() {
    let get = |payload: &str, claim: &str| both(payload).unwrap()[claim].clone();
    assert_eq!(get("{}", "sub"), Value::Null);
    assert_eq!(get(" { } ", "sub"), Value::Null);
    assert_eq!(get("{\"sub\" :\t\"a\" , \"x\":[ { } , [ ] ]\n}\r\n", "sub"), json!("a"));
    assert_eq!(get(r#"{"s\u0075b":"a"}"#, "sub"), json!("a"));
    assert_eq!(get(r#"{"sub":"\u00e9\ud83d\ude00"}"#, "sub"), json!("é😀"));
    assert_eq!(get(r#"{"sub":"é😀"}"#, "sub"), json!("é😀"));
    assert_eq!(get(r#"{"aud":"a"}"#, "aud"), json!(["a"]));
    assert_eq!(get(r#"{"aud":[]}"#, "aud"), json!([]));
    assert_eq!(get(r#"{"aud":[ "a" ,"b"]}"#, "aud"), json!(["a", "b"]));
    assert_eq!(get(r#"{"aud":["a,\"b","","c\\"]}"#, "aud"), json!(["a,\"b", "", "c\\"]));
    assert_eq!(get(r#"{"scope":["a","b"]}"#, "scope"), json!(["a", "b"]));
    assert_eq!(get(r#"{"exp":1.5}"#, "exp"), json!(1500));
    assert_eq!(get(r#"{"exp":1e3}"#, "exp"), json!(1_000_000));
    assert_eq!(get(r#"{"exp":-1}"#, "exp"), json!(0));
    assert_eq!(get(r#"{"exp":-0.5}"#, "exp"), json!(0));
    assert_eq!(get(r#"{"exp":1e308}"#, "exp"), json!(Timestamp::MAX));
    assert_eq!(get(r#"{"exp":99999999999999}"#, "exp"), json!(Timestamp::MAX));
    assert_eq!(get(r#"{"exp":18446744073709551616}"#, "exp"), json!(Timestamp::MAX));
    assert_eq!(get(r#"{"nonce":null,"events":{}}"#, "nonce"), json!(true));
    let deep = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(both(&deep(MAX_DEPTH)).is_ok());
    for depth in [MAX_DEPTH + 1, 100] {
        assert_eq!(both(&deep(depth)), Err(ClaimsError::TooDeep));
    }
    // Beyond serde_json's own limit; far beyond what a recursive reader would survive.
    for depth in [200, 5000] {
        assert_eq!(both(&deep(depth)), Err(ClaimsError::NotAnObject));
    }
}

#[test]
fn bad_payloads() {
    for text in [
        "",
        " ",
        "null",
        "[]",
        "\"a\"",
        "1",
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1}x",
        "{\"a\":1}{}",
        "\u{feff}{}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":1e400}",
        "{\"exp\":1e400}",
        "{\"a\":tru}",
        "{\"a\":truex}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"sub\":\"\u{0}\"}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"aud\":[\"a\",]}",
        "{\"aud\":[,]}",
        "{\"sub\":\"a}",
        "{'a':1}",
        "{\"a\":1/**/}",
        // In the form in which we write claims, but for the numbers.
        r#"{"iss":"a","exp":01}"#,
        r#"{"iss":"a","exp":1,"iat":00}"#,
        r#"{"iss":"a","exp":0123456789,"iat":1}"#,
        r#"{"iss":"a","gen":01}"#,
        r#"{"iss":"a","gen":}"#,
    ] {
        assert_eq!(both(text), Err(ClaimsError::NotAnObject), "{text}");
    }
    assert_eq!(parse(b"{\"sub\":\"\xff\"}"), Err(ClaimsError::NotUtf8));
    assert_eq!(parse(b"{\"sub\":\"\xed\xa0\x80\"}"), Err(ClaimsError::NotUtf8));
}

#[test]
fn wrong_types_and_duplicates() {
    let values =
        ["null", "true", "1", "-1", "1.5", "\"x\"", "[]", "[\"x\"]", "[1]", "[\"x\",null]", "{}"];
    let all = [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "auth_time",
        "jti",
        "client_id",
        "scope",
        "sid",
        "gen",
        "acr",
        "amr",
        "roles",
        "groups",
        "cnf",
        "nonce",
        "at_hash",
        "events",
    ];
    for name in all {
        let claim = Claim::of(name.as_bytes()).unwrap();
        assert_eq!(claim.name(), name);
        for value in values {
            let fits = match claim.shape() {
                Shape::Text => value == "\"x\"",
                Shape::TextOrList => matches!(value, "\"x\"" | "[]" | "[\"x\"]"),
                Shape::List => matches!(value, "[]" | "[\"x\"]"),
                Shape::Date => matches!(value, "1" | "-1" | "1.5"),
                Shape::Counter => value == "1",
                Shape::Object => value == "{}",
                Shape::Anything => true,
            };
            let found = both(&format!("{{\"{name}\":{value}}}"));
            assert_eq!(found.is_ok(), fits, "{name} {value}");
            if !fits && claim != Claim::Generation {
                assert_eq!(found, Err(ClaimsError::WrongType { claim: claim.name() }));
            }
        }
        let good =
            values.into_iter().find(|value| both(&format!("{{\"{name}\":{value}}}")).is_ok());
        let good = good.unwrap();
        let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], name.get(1..).unwrap());
        for twice in [
            format!("{{\"{name}\":{good},\"{name}\":{good}}}"),
            format!("{{\"{name}\":{good},\"x\":0,\"{escaped}\":{good}}}"),
            format!("{{\"{escaped}\":{good},\"{name}\":{good}}}"),
        ] {
            assert_eq!(both(&twice), Err(ClaimsError::Duplicate { claim: claim.name() }));
        }
    }
    for number in ["4294967296", "1.5", "-1", "1e30"] {
        assert_eq!(both(&format!("{{\"gen\":{number}}}")), Err(ClaimsError::OutOfRange));
    }
}

/// The fast reader expects our own order. Whatever comes out of order, again, or with spaces in
/// between is read as by the strict one, and what comes again is refused.
#[test]
fn no_order_hides_a_member_that_comes_twice() {
    let members = [
        r#""iss":"a""#,
        r#""sub":"b""#,
        r#""aud":"c""#,
        r#""exp":5"#,
        r#""iat":4"#,
        r#""jti":"d""#,
        r#""client_id":"e""#,
        r#""scope":"f:1:g""#,
        r#""sid":"h""#,
        r#""gen":1"#,
        r#""plan":{"iss":1}"#,
    ];
    let object = |members: &[&str]| format!("{{{}}}", members.join(","));
    let fast = |text: &str| by_fast(text.as_bytes()).is_some();
    assert!(fast(&object(&members)));
    for at in 0..members.len() {
        for other in 0..members.len() {
            let mut moved = members.to_vec();
            moved.swap(at, other);
            assert!(fast(&object(&moved)) && both(&object(&moved)).is_ok());
            moved.insert(other, members[at]);
            let twice = both(&object(&moved));
            assert_eq!(twice.is_err(), at != 10, "{moved:?}");
            moved.remove(other);
            moved.remove(at);
            assert!(both(&object(&moved)).is_ok());
        }
        for spaced in [
            members[at].replacen(':', ": ", 1),
            members[at].replacen(':', " :", 1),
            format!(" {} ", members[at]),
        ] {
            let mut moved = members.to_vec();
            moved[at] = &spaced;
            assert!(fast(&object(&moved)) && both(&object(&moved)).is_ok(), "{spaced}");
        }
        let mut cut = members[at].to_owned();
        cut.pop();
        let mut broken = members.to_vec();
        broken[at] = &cut;
        assert!(both(&object(&broken)).is_err(), "{cut}");
    }
    for bad in [
        r#"{"iss":"a",}"#,
        r#"{"iss":"a""#,
        r#"{"iss":"a"}}"#,
        r#"{"iss":"a" "sub":"b"}"#,
        r#"{"iss""a"}"#,
        r#"{"iss":}"#,
    ] {
        assert!(both(bad).is_err(), "{bad}");
    }
}

#[test]
fn custom_claims() {
    let error = |value: Value| CustomClaims::new(&value).unwrap_err();
    assert_eq!(error(json!([])), ClaimsWriteError::NotAnObject);
    assert_eq!(error(json!({ "a": 1, "exp": 1 })), ClaimsWriteError::Registered { claim: "exp" });
    for nest in [|inner| json!([inner]), |inner| json!({ "b": inner })] {
        let deep = (0..MAX_DEPTH).fold(json!(1), |deep, _| nest(deep));
        let fitting = CustomClaims::new(&json!({ "a": deep })).unwrap();
        assert!(both(fitting.as_json()).is_ok());
        assert_eq!(error(json!({ "a": nest(deep) })), ClaimsWriteError::TooDeep);
        assert_eq!(CustomClaims::parse(fitting.as_json()), Ok(fitting));
    }
    assert!(CustomClaims::parse("{\"a\":1").is_err());
}

/// A small generator: the same seed gives the same payloads on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn payload(&mut self) -> String {
        let names = [
            "iss",
            "sub",
            "aud",
            "exp",
            "nbf",
            "iat",
            "jti",
            "client_id",
            "scope",
            "sid",
            "gen",
            "auth_time",
            "acr",
            "amr",
            "roles",
            "groups",
            "cnf",
            "nonce",
            "events",
            "x",
            "y",
            "",
            "e\\u0078p",
            "é",
        ];
        let values = [
            "\"a\"",
            "\"\"",
            "\"é\"",
            "\"\\n\"",
            "\"\\u0041\"",
            "[\"a\",\"b\"]",
            "[]",
            "[\"\\\"\"]",
            "0",
            "1700000000",
            "-1",
            "1.5",
            "1e9",
            "999999999999999",
            "1000000000000000",
            "00",
            "4294967295",
            "4294967296",
            "true",
            "null",
            "{}",
            "{\"a\":{\"b\":[1,\"x\"]}}",
            "[[1]]",
            "[1,\"a\"]",
            "{\"a\":1,\"a\":2}",
        ];
        let spaces = ["", "", "", "", " ", "\n"];
        let mut text = String::from("{");
        for index in 0..self.below(6) {
            let space = self.pick(&spaces);
            let comma = if index > 0 { "," } else { "" };
            text += &format!(
                "{comma}{space}\"{}\":{space}{}{space}",
                self.pick(&names),
                self.pick(&values)
            );
        }
        text.push('}');
        text
    }
}

#[test]
fn the_readers_agree_on_random_payloads() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut fast_reads) = (0, 0);
    let rounds = if cfg!(miri) { 60 } else { 40_000 };
    for _ in 0..rounds {
        let mut text = random.payload();
        if random.below(3) == 0 && !text.is_empty() {
            // Damage one byte; what is no longer UTF-8 is left out here.
            let at = random.below(text.len());
            let mut bytes = text.clone().into_bytes();
            bytes[at] = b"{}[]\",:\\0e.-x \x00"[random.below(15)];
            text = String::from_utf8(bytes).unwrap_or(text);
        }
        read += usize::from(both(&text).is_ok());
        fast_reads += usize::from(by_fast(text.as_bytes()).is_some());
    }
    assert!(
        read > rounds / 8 && fast_reads > rounds / 16,
        "{read} and {fast_reads} payloads were read"
    );
}
