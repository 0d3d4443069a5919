//! Knows every known difference between our verdict and that of `jsonwebtoken`, and its reason.
//! Must not know how tokens are made, but for one example each.

use hallpass::{token::ClaimsError, verifier::VerifyError};
use serde_json::Value;

use crate::{
    facts::{Facts, is_repeated},
    tokens::Draft,
    verdict::{AUDIENCE, Answers, ISSUER, LEEWAY, MAX_LIFETIME},
};

/// What we do with a token that they treat otherwise.
pub(crate) enum Ours {
    /// We refuse, with an error of this kind; they accept.
    Refuses(fn(&VerifyError) -> bool),
    /// We accept; they refuse.
    Accepts,
}

pub(crate) struct Difference {
    pub(crate) what: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) ours: Ours,
    /// Whether the token has it at all, read apart from both.
    pub(crate) applies: fn(&Facts) -> bool,
    /// A token that shows it and nothing else.
    pub(crate) example: fn(&mut Draft, u64),
}

impl Difference {
    pub(crate) fn explains(&self, answers: &Answers, facts: &Facts) -> bool {
        let as_expected = match (&self.ours, &answers.ours, &answers.theirs) {
            (Ours::Refuses(with), Err(error), Ok(())) => with(error),
            (Ours::Accepts, Ok(_), Err(_)) => true,
            _ => false,
        };
        as_expected && (self.applies)(facts)
    }
}

macro_rules! refuses {
    ($pattern:pat) => {
        Ours::Refuses(|error| matches!(error, $pattern))
    };
}

pub(crate) use refuses;

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "`crit` and `b64` in the header",
        reason: "RFC 7515 §4.1.11: extensions that are not understood must be refused; they never look",
        ours: refuses!(VerifyError::Extension),
        applies: |facts| facts.has_header(&["crit", "b64"]),
        example: |draft, _| draft.header("crit", "[\"exp\"]"),
    },
    Difference {
        what: "`jwk`, `jku`, `x5u`, `x5c` in the header",
        reason: "RFC 8725 §3.10: a token must not bring its own key; they ignore it",
        ours: refuses!(VerifyError::EmbeddedKey),
        applies: |facts| facts.has_header(&["jwk", "jku", "x5u", "x5c"]),
        example: |draft, _| draft.header("jku", "\"https://evil.example/keys\""),
    },
    Difference {
        what: "another `typ` than an access token's",
        reason: "RFC 9068 §4: an ID token must not pass; they never look",
        ours: refuses!(VerifyError::UnexpectedType | VerifyError::Header),
        applies: |facts| {
            let typ = facts.header("typ").and_then(Value::as_str).map(str::to_ascii_lowercase);
            !matches!(typ.as_deref(), Some("at+jwt" | "application/at+jwt"))
        },
        example: |draft, _| draft.header("typ", "\"JWT\""),
    },
    Difference {
        what: "no `kid`, or another than our key's",
        reason: "the strict profile takes keys by name (RFC 8725 §3.1); they are given one key",
        ours: refuses!(VerifyError::UnknownKey | VerifyError::UnexpectedType | VerifyError::Header),
        applies: |facts| facts.header("kid").and_then(Value::as_str) != Some(facts.kid.as_str()),
        example: |draft, _| draft.without_header("kid"),
    },
    Difference {
        what: "a header member twice that is none of theirs",
        reason: "RFC 7515 §4: names must be unique; they check the names they know",
        ours: refuses!(VerifyError::DuplicateHeader),
        applies: |facts| facts.header.iter().any(|(name, _)| is_repeated(&facts.header, name)),
        example: |draft, _| {
            draft.header("private", "1");
            draft.header_again("private", "2");
        },
    },
    Difference {
        what: "a header member without meaning here that has another type than they declare",
        reason: "RFC 7515 §4: what is not understood is ignored; they type `cty`, `x5t`, `url` and more",
        ours: Ours::Accepts,
        applies: |facts| {
            let typed = ["cty", "x5t", "x5t#S256", "enc", "zip", "url", "nonce"];
            facts.header.iter().any(|(name, value)| typed.contains(&&**name) && !value.is_string())
        },
        example: |draft, _| draft.header("cty", "7"),
    },
    Difference {
        what: "`iss` absent, or no string",
        reason: "RFC 9068 §4: it must be there and equal; they compare it where it is there and readable",
        ours: refuses!(
            VerifyError::MissingClaim { claim: "iss" }
                | VerifyError::Claims(ClaimsError::WrongType { claim: "iss" })
        ),
        applies: |facts| facts.claim("iss").is_none_or(|iss| iss.as_str() != Some(ISSUER)),
        example: |draft, _| draft.without_claim("iss"),
    },
    Difference {
        what: "`aud` absent, or neither a string nor strings",
        reason: "RFC 9068 §4: it must name us; they compare it where it is there and readable",
        ours: refuses!(
            VerifyError::MissingClaim { claim: "aud" }
                | VerifyError::Claims(ClaimsError::WrongType { claim: "aud" })
        ),
        applies: |facts| match facts.claim("aud") {
            Some(Value::Array(items)) => !items.iter().all(Value::is_string),
            Some(aud) => !aud.is_string(),
            None => true,
        },
        example: |draft, _| draft.claim("aud", &format!("[\"{AUDIENCE}\",7]")),
    },
    Difference {
        what: "a registered claim twice that they do not read",
        reason: "RFC 7519 §4: two readers could read it in two ways",
        ours: refuses!(VerifyError::Claims(ClaimsError::Duplicate { .. })),
        applies: |facts| facts.claims.iter().any(|(name, _)| is_repeated(&facts.claims, name)),
        example: |draft, _| draft.claim_again("client_id", "\"admin\""),
    },
    Difference {
        what: "`sub`, `jti`, `client_id` or `iat` absent",
        reason: "RFC 9068 §2.2 requires them; `iat` also bounds the lifetime",
        ours: refuses!(VerifyError::MissingClaim { claim: "sub" | "jti" | "client_id" | "iat" }),
        applies: |facts| {
            ["sub", "jti", "client_id", "iat"].iter().any(|name| facts.claim(name).is_none())
        },
        example: |draft, _| draft.without_claim("client_id"),
    },
    Difference {
        what: "`sub`, `jti` or `client_id` empty",
        reason: "an empty name would be everybody's",
        ours: refuses!(VerifyError::UnacceptableClaim { claim: "sub" | "jti" | "client_id" }),
        applies: |facts| {
            let empty = |name: &&str| facts.claim(name) == Some(&Value::from(""));
            ["sub", "jti", "client_id"].iter().any(empty)
        },
        example: |draft, _| draft.claim("sub", "\"\""),
    },
    Difference {
        what: "a registered claim of the wrong type that they do not read",
        reason: "a claim with a meaning is read or the token refused, never skipped",
        ours: refuses!(VerifyError::Claims(ClaimsError::WrongType { .. })),
        applies: |facts| facts.claims.iter().any(|(name, value)| has_wrong_type(name, value)),
        example: |draft, _| draft.claim("roles", "\"admin\""),
    },
    Difference {
        what: "`gen` is no integer of 32 bits",
        reason: "it is a session's generation; they do not know it",
        ours: refuses!(VerifyError::Claims(ClaimsError::OutOfRange)),
        applies: |facts| {
            let generation = facts.claim("gen").filter(|value| value.is_number());
            generation.is_some_and(|number| number.as_u64().is_none_or(|n| n > u32::MAX.into()))
        },
        example: |draft, _| draft.claim("gen", "-5"),
    },
    Difference {
        what: "`scope` is an array",
        reason: "RFC 8693 §4.2: it is one string; the relaxed profile reads arrays",
        ours: refuses!(VerifyError::UnacceptableClaim { claim: "scope" }),
        applies: |facts| facts.claim("scope").is_some_and(Value::is_array),
        example: |draft, _| draft.claim("scope", "[\"invoice:*:read\"]"),
    },
    Difference {
        what: "`iat` ahead",
        reason: "a token of the future dodges every revocation until then; they do not read `iat`",
        ours: refuses!(VerifyError::NotYetValid),
        applies: |facts| facts.date("iat").is_some_and(|iat| iat > (facts.now + LEEWAY) as f64),
        example: |draft, now| {
            draft.claim("iat", &(now + LEEWAY + 1).to_string());
            draft.claim("exp", &(now + 600).to_string());
        },
    },
    Difference {
        what: "a life longer than any may have",
        reason: "a revocation record would end before the token",
        ours: refuses!(VerifyError::LivesTooLong),
        applies: |facts| match (facts.date("iat"), facts.date("exp")) {
            (Some(iat), Some(exp)) => exp - iat > MAX_LIFETIME as f64,
            _ => false,
        },
        example: |draft, now| draft.claim("exp", &(now + MAX_LIFETIME + 1).to_string()),
    },
    Difference {
        what: "the very second of `exp`, after the leeway",
        reason: "RFC 7519 §4.1.4: `on or after`; to them the last second still counts",
        ours: refuses!(VerifyError::Expired),
        applies: |facts| {
            let deadline = facts.date("exp").map(|exp| exp + LEEWAY as f64 - facts.now as f64);
            // They round a fraction, half upwards.
            deadline.is_some_and(|left| (-0.5..=0.0).contains(&left))
        },
        example: |draft, now| {
            draft.claim("exp", &(now - LEEWAY).to_string());
            draft.claim("iat", &(now - 600).to_string());
        },
    },
    Difference {
        what: "a fraction of a second in `nbf` beyond the leeway",
        reason: "we keep milliseconds; they round to whole seconds, down as well",
        ours: refuses!(VerifyError::NotYetValid),
        applies: |facts| {
            let ahead = facts.date("nbf").map(|nbf| nbf - (facts.now + LEEWAY) as f64);
            ahead.is_some_and(|ahead| ahead > 0.0 && ahead < 0.5)
        },
        example: |draft, now| draft.claim("nbf", &format!("{}.4", now + LEEWAY)),
    },
    Difference {
        what: "`nbf` before 1970",
        reason: "RFC 7519 §2 allows any number; to them a negative one is malformed",
        ours: Ours::Accepts,
        applies: |facts| facts.date("nbf").is_some_and(|nbf| nbf < 0.0),
        example: |draft, _| draft.claim("nbf", "-1"),
    },
    Difference {
        what: "nesting beyond 32 levels",
        reason: "a bound on what is parsed; theirs is 128",
        ours: refuses!(VerifyError::Claims(ClaimsError::TooDeep)),
        applies: |facts| facts.claims.iter().any(|(_, value)| depth(value) > 32),
        example: |draft, _| {
            draft.claim("plan", &format!("{}{}", "[".repeat(40), "]".repeat(40)));
        },
    },
    Difference {
        what: "longer than 8 KiB",
        reason: "a bound on what is looked at before the signature holds; they have none",
        ours: refuses!(VerifyError::TooLong),
        applies: |facts| facts.length > 8192,
        example: |draft, _| draft.claim("plan", &format!("\"{}\"", "x".repeat(8192))),
    },
];

fn has_wrong_type(name: &str, value: &Value) -> bool {
    let strings =
        |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    match name {
        "iss" | "sub" | "jti" | "client_id" | "sid" | "acr" => !value.is_string(),
        "aud" | "scope" => !value.is_string() && !strings(value),
        "amr" | "roles" | "groups" => !strings(value),
        "exp" | "nbf" | "iat" | "auth_time" | "gen" => !value.is_number(),
        "cnf" => !value.is_object(),
        _ => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
