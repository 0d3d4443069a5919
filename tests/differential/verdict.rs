//! Knows how to put one token before our verifier and before `jsonwebtoken`, at one and the same
//! second.
//! Must not know what the token is.

use std::{
    fs,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass::{
    Authority, Grant, MemoryStore, SigningKey, Timestamp, Verified, Verifier, clock::Clock,
    jsonwebtoken_provider::PROVIDER, verifier::VerifyError,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde_json::Value;

use crate::tokens::Issued;

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const LEEWAY: u64 = 30;
pub(crate) const MAX_LIFETIME: u64 = 24 * 60 * 60;

pub(crate) const ALL: [Algorithm; 12] = [
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
];

/// The two, with one key.
pub(crate) struct Judges {
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: EncodingKey,
    /// A key of the same kind that nobody trusts.
    pub(crate) stranger: EncodingKey,
    pub(crate) issued: Issued,
    /// What others check with; none for HMAC.
    pub(crate) jwk: Option<String>,
    verifier: Verifier,
    clock: FixedClock,
    decoding: DecodingKey,
    validation: Validation,
}

pub(crate) struct Answers {
    pub(crate) token: String,
    pub(crate) now: u64,
    pub(crate) ours: Result<Verified, VerifyError>,
    pub(crate) theirs: Result<(), String>,
    pub(crate) kid: String,
}

/// They read the system's clock; ours shows the second that theirs showed.
#[derive(Debug, Clone, Default)]
struct FixedClock(Arc<AtomicU64>);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) fn system_seconds() -> u64 {
    Timestamp::from_system_time(SystemTime::now()).as_unix_seconds()
}

impl Judges {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        static ONCE: Once = Once::new();
        #[expect(clippy::disallowed_methods, reason = "this process is the oracle's")]
        ONCE.call_once(|| PROVIDER.install_default().unwrap());
        let clock = FixedClock::default();
        clock.0.store(system_seconds(), Ordering::Relaxed);
        let (key, encoding, stranger, decoding) = keys(algorithm);
        let authority = Authority::builder(ISSUER)
            .audience(AUDIENCE)
            .signing_key(key.clone())
            .store(MemoryStore::new())
            .clock(clock.clone())
            .build()
            .unwrap();
        let scope = "invoice:*:read invoice:7:write user:42:read".parse().unwrap();
        let grant = Grant::new("user-42", scope).client("web").claim("plan", "pro");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let minted = runtime.block_on(authority.issue_access(grant)).unwrap();
        let verifier = Verifier::builder(ISSUER)
            .audience(AUDIENCE)
            .key(key.verifying_key())
            .leeway(Duration::from_secs(LEEWAY))
            .max_access_lifetime(Duration::from_secs(MAX_LIFETIME))
            .clock(Arc::new(clock.clone()))
            .stateless()
            .build()
            .unwrap();
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        let issued = Issued::read(minted.access_token().expose_secret());
        let jwk = key.verifying_key().jwk().map(|jwk| jwk.to_json());
        Self { algorithm, encoding, stranger, issued, jwk, verifier, clock, decoding, validation }
    }

    /// Both answers within one second of the clock; a second that passes meanwhile means again.
    pub(crate) fn ask(&self, make: impl Fn(u64) -> String) -> Answers {
        loop {
            let now = system_seconds();
            let token = make(now);
            #[expect(clippy::disallowed_methods, reason = "this is the oracle")]
            let theirs = jsonwebtoken::decode::<Value>(&token, &self.decoding, &self.validation);
            if system_seconds() != now {
                continue;
            }
            let ours = self.ours(&token, now);
            let theirs = theirs.map(drop).map_err(|error| format!("{error:?}"));
            return Answers { token, now, ours, theirs, kid: self.issued.kid.clone() };
        }
    }

    /// Our verdict at this second.
    pub(crate) fn ours(&self, token: &str, now: u64) -> Result<Verified, VerifyError> {
        self.clock.0.store(now, Ordering::Relaxed);
        self.verifier.verify_jwt(token)
    }

    pub(crate) fn signature(&self, input: &str, algorithm: Algorithm, key: &EncodingKey) -> String {
        #[expect(clippy::disallowed_methods, reason = "it signs whatever is asked, as a foe would")]
        jsonwebtoken::crypto::sign(input.as_bytes(), key, algorithm)
            .unwrap_or_else(|_| URL_SAFE_NO_PAD.encode([0; 64]))
    }
}

fn file(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/vectors/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn pem(name: &str) -> Vec<u8> {
    let text = String::from_utf8(file(name)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

fn keys(algorithm: Algorithm) -> (SigningKey, EncodingKey, EncodingKey, DecodingKey) {
    use hallpass::Algorithm as Our;
    let ours = match algorithm {
        Algorithm::HS256 => Our::HS256,
        Algorithm::HS384 => Our::HS384,
        Algorithm::HS512 => Our::HS512,
        Algorithm::ES256 => Our::ES256,
        Algorithm::ES384 => Our::ES384,
        Algorithm::RS256 => Our::RS256,
        Algorithm::RS384 => Our::RS384,
        Algorithm::RS512 => Our::RS512,
        Algorithm::PS256 => Our::PS256,
        Algorithm::PS384 => Our::PS384,
        Algorithm::PS512 => Our::PS512,
        _ => Our::EdDSA,
    };
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => (
            SigningKey::hmac(ours, &[7; 64]).unwrap(),
            EncodingKey::from_secret(&[7; 64]),
            EncodingKey::from_secret(&[8; 64]),
            DecodingKey::from_secret(&[7; 64]),
        ),
        Algorithm::ES256 => pair(ours, "p256.pkcs8.der", EncodingKey::from_ec_der, {
            DecodingKey::from_ec_der(&file("p256.spki.der"))
        }),
        Algorithm::ES384 => pair(ours, "p384.pkcs8.der", EncodingKey::from_ec_der, {
            DecodingKey::from_ec_der(&file("p384.spki.der"))
        }),
        Algorithm::EdDSA => pair(ours, "ed25519.pkcs8.der", EncodingKey::from_ed_der, {
            DecodingKey::from_ed_der(&pem("ed25519.spki.pem"))
        }),
        _ => {
            let (key, encoding, _, decoding) =
                pair(ours, "rsa2048.pkcs1.der", EncodingKey::from_rsa_der, {
                    DecodingKey::from_rsa_der(&file("rsa2048.pkcs1-public.der"))
                });
            (key, encoding, EncodingKey::from_rsa_der(&pem("rsa3072.pkcs8.pem")), decoding)
        }
    }
}

fn pair(
    algorithm: hallpass::Algorithm,
    name: &str,
    encoding: fn(&[u8]) -> EncodingKey,
    decoding: DecodingKey,
) -> (SigningKey, EncodingKey, EncodingKey, DecodingKey) {
    let der = file(name);
    let key = SigningKey::from_der(algorithm, &der).unwrap();
    // A key of the wrong kind signs nothing: its "signature" is zeros of the usual length.
    (key, encoding(&der), encoding(&[]), decoding)
}
