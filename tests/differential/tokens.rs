//! Knows how to make tokens: good ones, changed before they are signed.
//! Must not know what becomes of them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::{
    facts::members,
    random::Random,
    verdict::{AUDIENCE, ISSUER, Judges, LEEWAY, MAX_LIFETIME},
};

/// A token as our authority issued it.
pub(crate) struct Issued {
    pub(crate) text: String,
    pub(crate) kid: String,
    header: Members,
    claims: Members,
}

/// Names and values as they are written, in order; a name may come twice.
type Members = Vec<(String, String)>;

impl Issued {
    pub(crate) fn read(text: &str) -> Self {
        let mut parts = text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        let mut read = || {
            let found = members(&parts.next().unwrap()).unwrap();
            found.into_iter().map(|(name, value)| (name, value.to_string())).collect::<Members>()
        };
        let (header, claims) = (read(), read());
        let kid = header.iter().find(|(name, _)| name == "kid").unwrap();
        let kid = serde_json::from_str(&kid.1).unwrap();
        Self { text: text.to_owned(), kid, header, claims }
    }
}

/// A token before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    header: Members,
    claims: Members,
    space: &'static str,
    sign_with: Option<Algorithm>,
    by_stranger: bool,
}

impl Draft {
    /// The issued token, as if issued at `now`.
    pub(crate) fn good(issued: &Issued, now: u64) -> Self {
        let mut draft = Self {
            header: issued.header.clone(),
            claims: issued.claims.clone(),
            space: "",
            sign_with: None,
            by_stranger: false,
        };
        draft.claim("iat", &now.to_string());
        draft.claim("exp", &(now + 600).to_string());
        draft
    }

    pub(crate) fn is_deterministic(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDSA, HS256, HS384, HS512, RS256, RS384, RS512};
        matches!(algorithm, HS256 | HS384 | HS512 | EdDSA | RS256 | RS384 | RS512)
    }

    pub(crate) fn clone_times_of(&mut self, issued: &Issued) {
        self.claims = issued.claims.clone();
    }

    /// Sets a claim to this JSON, or adds it.
    pub(crate) fn claim(&mut self, name: &str, json: &str) {
        set(&mut self.claims, name, json);
    }

    pub(crate) fn header(&mut self, name: &str, json: &str) {
        set(&mut self.header, name, json);
    }

    pub(crate) fn without_claim(&mut self, name: &str) {
        self.claims.retain(|(known, _)| known != name);
    }

    pub(crate) fn without_header(&mut self, name: &str) {
        self.header.retain(|(known, _)| known != name);
    }

    pub(crate) fn claim_again(&mut self, name: &str, json: &str) {
        self.claims.push((name.to_owned(), json.to_owned()));
    }

    pub(crate) fn header_again(&mut self, name: &str, json: &str) {
        self.header.push((name.to_owned(), json.to_owned()));
    }

    /// One change, signed with the rest.
    pub(crate) fn change(&mut self, random: &mut Random, now: u64) {
        match random.below(16) {
            0 => remove(&mut self.claims, random),
            1 => remove(&mut self.header, random),
            2 => repeat(&mut self.claims, random),
            3 => repeat(&mut self.header, random),
            4 => retype(&mut self.claims, random),
            5 => retype(&mut self.header, random),
            6 => self.header("alg", random.pick(&ALG)),
            7 => self.header("typ", random.pick(&TYP)),
            8 => {
                let name = random.pick(&HEADER_NAMES);
                self.header(name, random.pick(&VALUES));
            }
            9 => {
                let name = random.pick(&CLAIM_NAMES);
                self.claim(name, random.pick(&VALUES));
            }
            10 | 11 => self.time(random, now),
            12 => self.whom(random),
            13 => shuffle(&mut self.claims, random),
            14 => self.space = random.pick(&[" ", "\n", "\t  "]),
            _ => match random.below(3) {
                0 => self.by_stranger = true,
                1 => self.sign_with = Some(crate::verdict::ALL[random.below(12)]),
                _ => shuffle(&mut self.header, random),
            },
        }
    }

    /// Times around every edge there is, whole and fractional.
    fn time(&mut self, random: &mut Random, now: u64) {
        let name = random.pick(&["exp", "exp", "nbf", "iat"]);
        let base = match random.below(5) {
            0 => now,
            1 => now - LEEWAY,
            2 => now + LEEWAY,
            3 => now + MAX_LIFETIME,
            _ => now + 600,
        };
        let base = base - 1 + random.below(3) as u64;
        let tail = random.pick(&["", "", "", ".0", ".4", ".5", ".9", "e0", "e3"]);
        self.claim(name, &format!("{base}{tail}"));
    }

    fn whom(&mut self, random: &mut Random) {
        let (name, own) = if random.below(2) == 0 { ("iss", ISSUER) } else { ("aud", AUDIENCE) };
        let text = match random.below(8) {
            0 => format!("\"{own}\""),
            1 => format!("\"{own}/\""),
            2 => format!("[\"{own}\"]"),
            3 => format!("[\"x\",\"{own}\"]"),
            4 => format!("\"{}\"", own.replace('/', "\\/")),
            5 => "\"https://other.example.com\"".to_owned(),
            6 => format!("[\"{own}\",7]"),
            _ => "[]".to_owned(),
        };
        self.claim(name, &text);
    }

    /// Header and claims as JSON, for somebody else to sign.
    pub(crate) fn parts(&self) -> (String, String) {
        (write(&self.header, ""), write(&self.claims, self.space))
    }

    pub(crate) fn sign(&self, judges: &Judges) -> String {
        let header = URL_SAFE_NO_PAD.encode(write(&self.header, ""));
        let claims = URL_SAFE_NO_PAD.encode(write(&self.claims, self.space));
        let input = format!("{header}.{claims}");
        let algorithm = self.sign_with.unwrap_or(judges.algorithm);
        let key = if self.by_stranger { &judges.stranger } else { &judges.encoding };
        let signature = judges.signature(&input, algorithm, key);
        format!("{input}.{signature}")
    }
}

const ALG: [&str; 10] = [
    "\"none\"",
    "\"None\"",
    "\"HS256\"",
    "\"HS512\"",
    "\"RS256\"",
    "\"PS256\"",
    "\"ES256\"",
    "\"ES384\"",
    "\"EdDSA\"",
    "\"hs256\"",
];
const TYP: [&str; 7] = [
    "\"JWT\"",
    "\"at+JWT\"",
    "\"application/at+jwt\"",
    "\"Application/AT+JWT\"",
    "\"at+jwt \"",
    "\"\"",
    "null",
];
const HEADER_NAMES: [&str; 15] = [
    "crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "cty", "kid", "zip", "enc",
    "url", "nonce", "private",
];
const CLAIM_NAMES: [&str; 20] = [
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
    "plan",
];
const VALUES: [&str; 22] = [
    "null",
    "true",
    "0",
    "7",
    "-5",
    "1.5",
    "1e30",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"x\"",
    "\"\\u00e9\\n\"",
    "\"\\ud800\"",
    "[]",
    "[\"x\"]",
    "[\"x\",1]",
    "{}",
    "{\"a\":1,\"a\":2}",
    "{\"kid\":\"x\",\"kty\":\"oct\",\"k\":\"AAAA\"}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    "00",
    "nul",
];

fn set(members: &mut Members, name: &str, json: &str) {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some(member) => member.1 = json.to_owned(),
        None => members.push((name.to_owned(), json.to_owned())),
    }
}

fn remove(members: &mut Members, random: &mut Random) {
    if !members.is_empty() {
        let _ = members.remove(random.below(members.len()));
    }
}

fn repeat(members: &mut Members, random: &mut Random) {
    if !members.is_empty() {
        let again = members[random.below(members.len())].clone();
        members.insert(random.below(members.len() + 1), again);
    }
}

fn retype(members: &mut Members, random: &mut Random) {
    if !members.is_empty() {
        let at = random.below(members.len());
        members[at].1 = random.pick(&VALUES).to_owned();
    }
}

fn shuffle(members: &mut Members, random: &mut Random) {
    for at in (1..members.len()).rev() {
        members.swap(at, random.below(at + 1));
    }
}

fn write(members: &Members, space: &str) -> String {
    let written = members.iter().map(|(name, value)| {
        format!("{space}{}{space}:{space}{value}{space}", Value::from(name.as_str()))
    });
    format!("{space}{{{}}}{space}", written.collect::<Vec<_>>().join(","))
}

pub(crate) fn decoded_for_show(part: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
