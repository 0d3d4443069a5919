//! Tokens that other libraries made, checked here: those of a partner that follows RFC 9068, and
//! those that a service handed out before it had this crate.
//!
//! `cargo run --example verify_foreign`
//!
//! The tokens are files made long ago, so the verifier is given a clock that stands still at the
//! hour they were made for: that is how a host brings a time of its own. With `--issue` it prints
//! fresh tokens of ours as JSON instead, for other libraries to check
//! (`tests/vectors/foreign/README.md`).

use std::{collections::BTreeMap, error::Error, fs, sync::Arc, time::Duration};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Timestamp, Verifier,
    clock::{Clock, SystemClock},
    id::KeyId,
    key::{Jwks, KeyRing, VerifyingKey, VerifyingKeys},
    verifier::RelaxedProfile,
};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
const US: &str = "https://api.example.com";
const OLD_SECRET: &[u8] = b"a secret of the old service, shared with nobody";
const NOON: u64 = 1_767_268_800;

type Anything = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Anything> {
    match std::env::args().nth(1).as_deref() {
        None => tell(),
        Some("--issue") => issue().await,
        Some(_) => Err("usage: verify_foreign [--issue]".into()),
    }
}

/// A clock that stands still. A host that has a clock of its own gives it in the same way.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(NOON)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn tell() -> Result<(), Anything> {
    println!("It is {}, and stays so: the verifier was given a clock.", Noon.now());
    let partner = Jwks::parse(&fs::read_to_string(format!("{FOLDER}/foreign/partner.jwks.json"))?)?;

    // What the old service signed with. The names are for our log only: its tokens have no `kid`.
    let secret = VerifyingKey::hmac(Algorithm::HS256, OLD_SECRET)?;
    let p384 = fs::read_to_string(format!("{FOLDER}/keys/p384.spki.pem"))?;
    let p384 = VerifyingKey::from_pem(Algorithm::ES384, &p384)?;
    let old_keys = VerifyingKeys::new([
        secret.with_kid(KeyId::parse("old-secret")?),
        p384.with_kid(KeyId::parse("old-p384")?),
    ])?;
    let end_of_quarter = Timestamp::from_unix_seconds(1_775_001_600);
    let day = Duration::from_secs(24 * 60 * 60);
    let old_service = RelaxedProfile::new("old-service", old_keys, end_of_quarter, day);

    let verifier = Verifier::builder("https://partner.example")
        .audience(US)
        .keys(&partner.verifying_keys()?)
        .relaxed(old_service)
        .clock(Arc::new(Noon))
        .stateless()
        .build()?;

    title("1. A partner's access tokens follow RFC 9068: the strict profile takes them");
    let strict = [
        ("pyjwt", "rs256"),
        ("pyjwt", "ps256"),
        ("pyjwt", "eddsa"),
        ("jose", "es256"),
        ("jose", "eddsa"),
        ("jose", "long_type"),
        ("jsonwebtoken", "rs256"),
        ("jsonwebtoken", "es256"),
        ("jsonwebtoken", "eddsa"),
    ];
    for (library, name) in strict {
        let who = verifier.verify_jwt(token(library, name)?.as_str())?;
        who.require(("invoice", "7", "write"))?;
        if who.allows(&("invoice", "8", "write")) {
            return Err("8 is not 7".into());
        }
        let client = who.client_id().unwrap_or("-");
        println!("   {library:12} {name:10} {} through {client}, may write 7 not 8", who.subject());
    }

    title(
        "2. The old service's tokens have no `kid` and no client: the relaxed profile takes them",
    );
    for (library, name) in
        [("pyjwt", "old_hs256"), ("jose", "old_es384"), ("jsonwebtoken", "old_hs256")]
    {
        let who = verifier.verify_jwt(token(library, name)?.as_str())?;
        println!("   {library:12} {name:10} {} may {}", who.subject(), who.scope().as_str());
    }
    println!("   (a bare `admin` in the last one's scope is no permission, and was dropped)");
    println!("   it ends at {end_of_quarter}, and no token of it lives longer than a day");

    title("3. What is refused, and why");
    for (library, name, because) in [
        ("pyjwt", "expired", "the token has expired"),
        ("pyjwt", "id_token", "the token's type is not that of an access token"),
        ("pyjwt", "old_with_nonce", "the claim `nonce` is not acceptable"),
        ("pyjwt", "old_for_a_year", "the token's lifetime is too long"),
        ("pyjwt", "old_none", "the token is malformed"),
        ("jose", "own_key", "the token's header brings a key of its own"),
        ("jose", "extension", "the token's header asks for an extension"),
        ("jose", "unknown_key", "no key has the name in the token's header"),
        ("jose", "other_audience", "the token is for another audience"),
        ("jsonwebtoken", "alg_swapped", "the token's algorithm is not that of its key"),
        ("jsonwebtoken", "old_kid", "no key has the name in the token's header"),
    ] {
        let error = verifier
            .verify_jwt(token(library, name)?.as_str())
            .err()
            .ok_or_else(|| format!("{library} {name} was accepted"))?;
        println!("   {library:12} {name:15} {error}");
        if error.to_string() != because {
            return Err(format!("expected: {because}").into());
        }
    }
    let changed = token("jose", "es256")?.replacen("eyJpc3Mi", "eyJpc3Ni", 1);
    let error = verifier.verify_jwt(changed.as_str()).err().ok_or("one letter was changed")?;
    println!("   {:12} {:15} {error}", "jose", "es256, changed");

    title("4. From April on nobody needs the old tokens");
    println!("   take `.relaxed(…)` out; what is left is the strict profile");
    Ok(())
}

/// A token of a library's file.
fn token(library: &str, name: &str) -> Result<String, Anything> {
    let text = fs::read_to_string(format!("{FOLDER}/foreign/{library}.json"))?;
    let mut tokens: BTreeMap<String, String> = serde_json::from_str(&text)?;
    tokens.remove(name).ok_or_else(|| format!("{library} made no {name}").into())
}

fn title(text: &str) {
    println!("\n{text}");
}

/// Tokens of ours under every algorithm, and what others need to check them.
async fn issue() -> Result<(), Anything> {
    let pem = |name: &str| fs::read_to_string(format!("{FOLDER}/keys/{name}.pkcs8.pem"));
    let secret = [42; 64];
    let mut tokens = BTreeMap::new();
    let mut ring: Option<KeyRing> = None;
    for algorithm in [
        Algorithm::HS256,
        Algorithm::HS384,
        Algorithm::HS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ] {
        let key = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                SigningKey::hmac(algorithm, &secret)?
            }
            Algorithm::ES256 => SigningKey::from_pem(algorithm, &pem("p256")?)?,
            Algorithm::ES384 => SigningKey::from_pem(algorithm, &pem("p384")?)?,
            Algorithm::EdDSA => SigningKey::from_pem(algorithm, &pem("ed25519")?)?,
            _ => SigningKey::from_pem(algorithm, &pem("rsa2048")?)?,
        };
        // One RSA key serves six algorithms here; under each it has its own name.
        let key = key.with_kid(KeyId::parse(&format!("ours-{}", algorithm.name()))?);
        let authority = Authority::builder("https://auth.example.com")
            .audience(US)
            .signing_key(key.clone())
            .store(MemoryStore::new())
            .clock(SystemClock::new())
            .build()?;
        let grant = Grant::new("ada", "invoice:*:read invoice:7:write".parse()?).client("web");
        let minted = authority.issue_access(grant).await?;
        tokens.insert(algorithm.name(), minted.access_token().expose_secret().to_owned());
        ring = Some(match ring {
            Some(ring) => ring.also_verifies(key.verifying_key())?,
            None => KeyRing::given(key),
        });
    }
    // What a JWKS endpoint would serve: shared secrets are not in it.
    let jwks = ring.ok_or("there are algorithms")?.jwks(Noon.now()).to_json();
    let jwks: Value = serde_json::from_str(&jwks)?;
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let all = json!({
        "issuer": "https://auth.example.com",
        "audience": US,
        "secret": secret,
        "jwks": jwks,
        "tokens": tokens,
    });
    println!("{all:#}");
    Ok(())
}
