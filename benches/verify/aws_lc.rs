//! Knows the second backend, with nothing around it, beside us on it and us on ring.
//! Must not know the peers; the other cases do.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use criterion::Criterion;
use hallpass::{Algorithm, Authority, Grant, MemoryStore, Verifier, key::Backend};

use super::{AUDIENCE, Case, ISSUER, case, file, grant, print_ratios_of, ready, signing_key};

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// One algorithm: one token, the backend's kept keys, and us on both backends.
struct Subject {
    name: &'static str,
    grant: Grant,
    token: String,
    input: Vec<u8>,
    signature: Vec<u8>,
    pair: Pair,
    public: ParsedPublicKey,
    ours: [(Authority, Verifier); 2],
}

impl Subject {
    fn new(algorithm: Algorithm) -> Self {
        let ours = [Backend::AwsLc, Backend::Ring].map(|backend| on(backend, algorithm));
        let minted = ready(ours[0].0.issue_access(grant())).unwrap();
        let token = minted.access_token().expose_secret().to_owned();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let (input, signature) =
            (input.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(signature).unwrap());
        let (pair, public) = keys(algorithm);
        let name = algorithm.name();
        let subject = Self { name, grant: grant(), token, input, signature, pair, public, ours };
        // Nobody is measured refusing, and nobody on the wrong backend.
        assert!(subject.check());
        assert_eq!(ours_on(&subject.ours[0].0), Backend::AwsLc);
        assert_eq!(ours_on(&subject.ours[1].0), Backend::Ring);
        subject
    }

    fn check(&self) -> bool {
        self.public.verify_sig(&self.input, &self.signature).is_ok()
    }

    fn sign(&self) -> u8 {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = [0; 256];
                pair.sign(&RSA_PKCS1_SHA256, &random, &self.input, &mut signature).unwrap();
                signature[0]
            }
            Pair::Ecdsa(pair) => pair.sign(&random, &self.input).unwrap().as_ref()[0],
            Pair::Ed25519(pair) => pair.sign(&self.input).as_ref()[0],
        }
    }

    fn verifying(&self) -> [Case<'_>; 3] {
        let verify = |at: usize| self.ours[at].1.verify_jwt(self.token.as_str()).unwrap();
        [
            case("AWS-LC", || self.check()),
            case("ours", move || verify(0)),
            case("ours on ring", move || verify(1)),
        ]
    }

    fn issuing(&self) -> [Case<'_>; 3] {
        let issue = |at: usize| ready(self.ours[at].0.issue_access(self.grant.clone())).unwrap();
        [
            case("AWS-LC", || self.sign()),
            case("ours", move || issue(0)),
            case("ours on ring", move || issue(1)),
        ]
    }
}

fn on(backend: Backend, algorithm: Algorithm) -> (Authority, Verifier) {
    let key = signing_key(algorithm);
    let verifier = Verifier::builder(ISSUER).audience(AUDIENCE).key(key.verifying_key());
    let verifier = verifier.verified_cache(0).backend(backend).stateless().build().unwrap();
    let authority = Authority::builder(ISSUER).audience(AUDIENCE).signing_key(key);
    let authority = authority.store(MemoryStore::new()).verified_cache(0).backend(backend);
    (authority.build().unwrap(), verifier)
}

fn ours_on(authority: &Authority) -> Backend {
    authority.key_ring().keys().next().unwrap().verifying_key().backend()
}

fn keys(algorithm: Algorithm) -> (Pair, ParsedPublicKey) {
    match algorithm {
        Algorithm::RS256 => {
            let pair = RsaKeyPair::from_der(&file("rsa2048.pkcs1.der")).unwrap();
            let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
            (Pair::Rsa(pair), public.unwrap())
        }
        Algorithm::ES256 => {
            let pkcs8 = file("p256.pkcs8.der");
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).unwrap();
            let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
            (Pair::Ecdsa(pair), public.unwrap())
        }
        _ => {
            let pair = Ed25519KeyPair::from_pkcs8(&file("ed25519.pkcs8.der")).unwrap();
            let public = ParsedPublicKey::new(&ED25519, pair.public_key()).unwrap();
            (Pair::Ed25519(pair), public)
        }
    }
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

pub(super) fn groups(c: &mut Criterion) {
    for subject in ALGORITHMS.map(Subject::new) {
        let mut group = c.benchmark_group(format!("AWS-LC/{}", subject.name));
        for (verb, cases) in [("verify", subject.verifying()), ("issue", subject.issuing())] {
            for case in cases {
                group.bench_function(format!("{verb} {}", case.name), |b| b.iter(|| (case.run)()));
            }
        }
        group.finish();
    }
}

pub(super) fn print_ratios() {
    println!("ratio to AWS-LC's bare operation with a kept key");
    for subject in ALGORITHMS.map(Subject::new) {
        print_ratios_of("verify", subject.name, &subject.verifying());
        print_ratios_of("issue", subject.name, &subject.issuing());
    }
}
