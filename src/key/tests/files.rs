//! Keys made by the OpenSSL command line, in every form, right and wrong
//! (`tests/vectors/keys/README.md` has the commands).

use std::{fs, path::Path};

use super::super::*;
use Algorithm::{ES256, ES384, EdDSA, HS256, PS256, PS384, RS256, RS512};

fn bytes(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys").join(name);
    fs::read(path).unwrap()
}

/// The key of a file on this backend, which takes whatever the loader takes.
fn signing(backend: Backend, algorithm: Algorithm, name: &str) -> Result<SigningKey, KeyError> {
    let key = if name.ends_with(".der") {
        SigningKey::from_der(algorithm, &bytes(name))
    } else {
        SigningKey::from_pem(algorithm, &String::from_utf8(bytes(name)).unwrap())
    };
    key.map(|key| key.with_backend(backend).unwrap())
}

fn verifying(backend: Backend, algorithm: Algorithm, name: &str) -> Result<VerifyingKey, KeyError> {
    let key = if name.ends_with(".der") {
        VerifyingKey::from_der(algorithm, &bytes(name))
    } else {
        VerifyingKey::from_pem(algorithm, &String::from_utf8(bytes(name)).unwrap())
    };
    key.map(|key| key.with_backend(backend).unwrap())
}

#[test]
fn every_form_of_a_pair_is_one_key() {
    for &backend in Backend::ALL {
        for (algorithm, private, public) in [
            (
                RS256,
                &[
                    "rsa2048.pkcs8.pem",
                    "rsa2048.pkcs1.pem",
                    "rsa2048.pkcs8.der",
                    "rsa2048.pkcs1.der",
                ][..],
                &[
                    "rsa2048.spki.pem",
                    "rsa2048.pkcs1-public.pem",
                    "rsa2048.spki.der",
                    "rsa2048.pkcs1-public.der",
                ][..],
            ),
            (
                ES256,
                &[
                    "p256.sec1.pem",
                    "p256.sec1-with-parameters.pem",
                    "p256.sec1-with-public-again.pem",
                    "p256.pkcs8.pem",
                    "p256.pkcs8.der",
                    "p256.sec1.der",
                ],
                &["p256.spki.pem", "p256.spki.der"],
            ),
            (ES384, &["p384.pkcs8.pem", "p384.sec1.pem"], &["p384.spki.pem"]),
            (EdDSA, &["ed25519.pkcs8.pem", "ed25519.pkcs8.der"], &["ed25519.spki.pem"]),
        ] {
            for private in private {
                let key = signing(backend, algorithm, private)
                    .unwrap_or_else(|e| panic!("{private}: {e}"));
                let signature = key.sign(b"message").unwrap();
                for public in public {
                    let check = verifying(backend, algorithm, public)
                        .unwrap_or_else(|e| panic!("{public}: {e}"));
                    assert_eq!(check.kid(), key.kid(), "{private} {public}");
                    assert!(check.verify(b"message", signature.as_ref()), "{private} {public}");
                }
                let again = SigningKey::from_der(algorithm, &key.private_der().unwrap()).unwrap();
                assert_eq!(again.kid(), key.kid());
            }
        }
    }
}

/// RFC 8410 §10.3: version 2, with attributes, with the public key.
#[test]
fn ed25519_of_version_2() {
    let key = signing(Backend::Ring, EdDSA, "ed25519.v2.pem").unwrap();
    assert!(
        key.verifying_key()
            .jwk()
            .unwrap()
            .to_json()
            .contains(r#""x":"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE""#)
    );
    // The same file with another public key inside.
    let pem = String::from_utf8(bytes("ed25519.v2.pem")).unwrap();
    let wrong = pem.replace("rXAxZuE=", "rXAxZuI=");
    assert_eq!(SigningKey::from_pem(EdDSA, &wrong).unwrap_err(), KeyError::Inconsistent);
}

#[test]
fn larger_rsa_keys_sign() {
    for &backend in Backend::ALL {
        for name in ["rsa3072.pkcs8.pem", "rsa4096.pkcs8.pem"] {
            let key = signing(backend, PS256, name).unwrap();
            let signature = key.sign(b"message").unwrap();
            assert!(key.verifying_key().verify(b"message", signature.as_ref()), "{name}");
        }
    }
}

#[test]
fn signatures_of_openssl_verify() {
    for &backend in Backend::ALL {
        for (algorithm, public, signature) in [
            (RS256, "rsa8192.spki.pem", "rsa8192.rs256.sig"),
            (RS256, "rsa2560.spki.pem", "rsa2560.rs256.sig"),
            (PS384, "rsa2048.spki.pem", "rsa2048.ps384.sig"),
            (EdDSA, "ed25519.spki.pem", "ed25519.eddsa.sig"),
        ] {
            let key = verifying(backend, algorithm, public).unwrap();
            assert!(key.verify(b"message", &bytes(signature)), "{public}");
            assert!(!key.verify(b"massage", &bytes(signature)), "{public}");
        }
        // The algorithm belongs to the key: the right signature under a sister algorithm is wrong.
        for sister in [PS256, RS256, RS512] {
            let key = verifying(backend, sister, "rsa2048.spki.pem").unwrap();
            assert!(!key.verify(b"message", &bytes("rsa2048.ps384.sig")), "{sister}");
        }
    }
}

const PRIVATE_FOR_PUBLIC: &str = "found a private key, expected a public key; whoever only verifies must not hold it: take the public half with `openssl pkey -in key.pem -pubout -out public.pem`";
const PUBLIC_FOR_PRIVATE: &str = "found a public key, expected a private key; a public key verifies: load it with `VerifyingKey`";
const ENCRYPTED: &str =
    "the private key is encrypted; decrypt it first with `openssl pkey -in key.pem -out plain.pem`";
const NO_PUBLIC: &str = "the EC private key comes without its public key; add it with `openssl ec -in key.pem -out with-public.pem`";
const CERTIFICATE: &str = "found a certificate; take its public key with `openssl x509 -in cert.pem -pubkey -noout -out public.pem`";
const COMPRESSED: &str = "found an EC key with a compressed point; write it in full with `openssl ec -in key.pem -conv_form uncompressed -out full.pem` (and `-pubin -pubout` for a public key)";
const OTHER_CURVE: &str = "found an EC key on another curve; expected P-256 (ES256) or P-384 (ES384); make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem`";

#[test]
fn a_wrong_private_key_says_what_is_wrong() {
    for (algorithm, name, text) in [
        (RS256, "rsa2048.spki.pem", PUBLIC_FOR_PRIVATE),
        (RS256, "rsa2048.pkcs1-public.pem", PUBLIC_FOR_PRIVATE),
        (RS256, "rsa2048.spki.der", PUBLIC_FOR_PRIVATE),
        (RS256, "rsa2048.pkcs1-public.der", PUBLIC_FOR_PRIVATE),
        (ES256, "p256.spki.pem", PUBLIC_FOR_PRIVATE),
        (RS256, "rsa2048.encrypted.pem", ENCRYPTED),
        (RS256, "rsa2048.encrypted-pkcs1.pem", ENCRYPTED),
        (EdDSA, "ed25519.encrypted.pem", ENCRYPTED),
        (ES256, "p256.encrypted.pem", ENCRYPTED),
        (ES256, "p256.encrypted.der", ENCRYPTED),
        (ES256, "p256.sec1-without-public.pem", NO_PUBLIC),
        (ES256, "p256.pkcs8-without-public.pem", NO_PUBLIC),
        (ES256, "p256.certificate.pem", CERTIFICATE),
        (ES256, "p256.certificate.der", CERTIFICATE),
        (ES256, "p256.request.pem", "found a certificate request; give the key itself"),
        (ES256, "p256.sec1-compressed.pem", COMPRESSED),
        (
            ES256,
            "p256.sec1-explicit.pem",
            "found an EC key with explicit curve parameters; name the curve with `openssl ec -in key.pem -param_enc named_curve -out named.pem`",
        ),
        (ES256, "p521.pkcs8.pem", OTHER_CURVE),
        (ES256, "secp256k1.pkcs8.pem", OTHER_CURVE),
        (ES256, "p384.pkcs8.pem", "found a P-384 key; ES256 takes a P-256 key"),
        (ES384, "p256.sec1.pem", "found a P-256 key; ES384 takes a P-384 key"),
        (ES256, "ed25519.pkcs8.pem", "found an Ed25519 key; ES256 takes a P-256 key"),
        (RS256, "p256.pkcs8.pem", "found a P-256 key; RS256 takes an RSA key"),
        (EdDSA, "rsa2048.pkcs8.pem", "found an RSA key; EdDSA takes an Ed25519 key"),
        (HS256, "rsa2048.pkcs8.pem", "found an RSA key; HS256 takes a shared secret"),
        (
            EdDSA,
            "ed448.pkcs8.pem",
            "found an Ed448 key; expected Ed25519; make one with `openssl genpkey -algorithm ed25519 -out key.pem`",
        ),
        (
            EdDSA,
            "x25519.pkcs8.pem",
            "found a key for key agreement (X25519 or X448); expected a signing key; make one with `openssl genpkey -algorithm ed25519 -out key.pem`",
        ),
        (
            EdDSA,
            "ed25519.openssh.pem",
            "found an OpenSSH private key; write it again with `ssh-keygen -p -m PKCS8 -f key` (that works for EC and RSA), or make one with `openssl genpkey -algorithm ed25519 -out key.pem`",
        ),
        (
            RS256,
            "rsa1024.pkcs8.pem",
            "the RSA key has 1024 bits; expected 2048, 3072 or 4096 to sign",
        ),
        (
            RS256,
            "rsa2047.pkcs8.pem",
            "the RSA key has 2047 bits; expected 2048, 3072 or 4096 to sign",
        ),
        (
            RS256,
            "rsa2560.pkcs8.pem",
            "the RSA key has 2560 bits; expected 2048, 3072 or 4096 to sign",
        ),
        (
            RS256,
            "rsa2048.three-primes.pem",
            "found an RSA key with more than two primes; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem`",
        ),
        (
            PS256,
            "rsa2048.pss.pem",
            "found an RSA key restricted to RSASSA-PSS; expected a plain RSA key, which PS256 takes too; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem`",
        ),
    ] {
        assert_eq!(
            signing(Backend::Ring, algorithm, name).unwrap_err().to_string(),
            text,
            "{name}"
        );
    }
}

#[test]
fn a_wrong_public_key_says_what_is_wrong() {
    for (algorithm, name, text) in [
        (RS256, "rsa2048.pkcs8.pem", PRIVATE_FOR_PUBLIC),
        (RS256, "rsa2048.pkcs1.pem", PRIVATE_FOR_PUBLIC),
        (RS256, "rsa2048.pkcs8.der", PRIVATE_FOR_PUBLIC),
        (RS256, "rsa2048.pkcs1.der", PRIVATE_FOR_PUBLIC),
        (ES256, "p256.sec1.pem", PRIVATE_FOR_PUBLIC),
        (ES256, "p256.sec1.der", PRIVATE_FOR_PUBLIC),
        (EdDSA, "ed25519.pkcs8.pem", PRIVATE_FOR_PUBLIC),
        (EdDSA, "ed25519.encrypted.pem", ENCRYPTED),
        (ES256, "p256.certificate.pem", CERTIFICATE),
        (ES256, "p256.spki-compressed.pem", COMPRESSED),
        (ES384, "p256.spki.pem", "found a P-256 key; ES384 takes a P-384 key"),
        (HS256, "p256.spki.pem", "found a P-256 key; HS256 takes a shared secret"),
        (HS256, "rsa2048.spki.pem", "found an RSA key; HS256 takes a shared secret"),
        (EdDSA, "rsa2048.spki.pem", "found an RSA key; EdDSA takes an Ed25519 key"),
        (RS256, "rsa1024.spki.pem", "the RSA key has 1024 bits; expected 2048 to 8192"),
        (RS256, "rsa2047.spki.pem", "the RSA key has 2047 bits; expected 2048 to 8192"),
    ] {
        assert_eq!(
            verifying(Backend::Ring, algorithm, name).unwrap_err().to_string(),
            text,
            "{name}"
        );
    }
}

#[test]
fn a_text_that_is_no_pem_says_so() {
    let good = String::from_utf8(bytes("ed25519.pkcs8.pem")).unwrap();
    let cut = good.replace("-----END", "-----FIN");
    let other_end = good.replace("END PRIVATE", "END PUBLIC");
    let not_base64 = good.replace("MC4C", "MC*C");
    let unknown = good.replace("PRIVATE KEY", "SECRET THING");
    let relabelled = good.replace("PRIVATE KEY", "EC PRIVATE KEY");
    let as_public = good.replace("PRIVATE KEY", "PUBLIC KEY");
    for (pem, text) in [
        ("", "this is not a PEM key: no `-----BEGIN` line"),
        ("hunter2", "this is not a PEM key: no `-----BEGIN` line"),
        (cut.as_str(), "this is not a PEM key: no `-----END` line"),
        (other_end.as_str(), "this is not a PEM key: the `-----END` line has another label"),
        (not_base64.as_str(), "this is not a PEM key: the body is not base64"),
        (
            unknown.as_str(),
            "found a PEM block that holds no key; expected the label PRIVATE KEY, EC PRIVATE KEY, RSA PRIVATE KEY, PUBLIC KEY or RSA PUBLIC KEY",
        ),
        (relabelled.as_str(), "this is not a DER key: it has an unknown version"),
        (as_public.as_str(), PUBLIC_FOR_PRIVATE),
    ] {
        assert_eq!(SigningKey::from_pem(EdDSA, pem).unwrap_err().to_string(), text);
    }
    // A private key under a public label is caught by its content.
    assert_eq!(
        VerifyingKey::from_pem(EdDSA, &as_public).unwrap_err().to_string(),
        "this is not a DER key: a field has an unexpected type"
    );
    let windows = good.replace('\n', "\r\n");
    assert!(SigningKey::from_pem(EdDSA, &windows).is_ok());
}

#[test]
fn no_cut_or_flipped_key_panics_or_passes_for_another() {
    for (algorithm, name) in [
        (RS256, "rsa2048.pkcs1.der"),
        (ES256, "p256.pkcs8.der"),
        (ES256, "p256.sec1.der"),
        (EdDSA, "ed25519.pkcs8.der"),
    ] {
        let good = bytes(name);
        for length in 0..good.len() {
            assert!(SigningKey::from_der(algorithm, &good[..length]).is_err(), "{name} {length}");
        }
        assert!(SigningKey::from_der(algorithm, &[&good[..], &[0]].concat()).is_err());
        let step = if name.starts_with("rsa") { 7 } else { 1 };
        for at in (0..good.len()).step_by(step) {
            let mut changed = good.clone();
            changed[at] ^= 0x55;
            // A changed seed is another Ed25519 key; everything else must be noticed.
            if let Ok(key) = SigningKey::from_der(algorithm, &changed) {
                assert_eq!(algorithm, EdDSA, "{name} at {at}");
                for &backend in Backend::ALL {
                    let key = key.with_backend(backend).unwrap();
                    let signature = key.sign(b"message").unwrap();
                    assert!(key.verifying_key().verify(b"message", signature.as_ref()));
                }
            }
        }
    }
    for name in ["rsa2048.spki.der", "rsa2048.pkcs1-public.der", "p256.spki.der"] {
        let good = bytes(name);
        let algorithm = if name.starts_with("rsa") { RS256 } else { ES256 };
        for length in 0..good.len() {
            assert!(VerifyingKey::from_der(algorithm, &good[..length]).is_err(), "{name} {length}");
        }
        assert!(VerifyingKey::from_der(algorithm, &[&good[..], &[0]].concat()).is_err());
    }
}

#[test]
fn what_cannot_be_made_says_how_it_can() {
    assert_eq!(
        SigningKey::generate(RS256).unwrap_err().to_string(),
        "RS256 keys are not generated here; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem` and load it with `SigningKey::from_pem`"
    );
    assert_eq!(
        SigningKey::hmac(HS256, &[7; 31]).unwrap_err().to_string(),
        "HS256 takes a secret of at least 32 bytes, this has 31; make one with `openssl rand -base64 32`"
    );
    assert!(SigningKey::hmac(HS256, &[7; 32]).is_ok());
    assert!(SigningKey::hmac(Algorithm::HS384, &[7; 47]).is_err());
    assert!(VerifyingKey::hmac(Algorithm::HS512, &[7; 63]).is_err());
    assert_eq!(
        SigningKey::hmac(ES256, &[7; 32]).unwrap_err().to_string(),
        "found a shared secret; ES256 takes a P-256 key"
    );
    for name in ["rsa2048.spki.pem", "p256.sec1.pem"] {
        assert_eq!(
            VerifyingKey::hmac(HS256, &bytes(name)).unwrap_err().to_string(),
            "found a PEM block as a shared secret; expected random bytes, made with `openssl rand -base64 64`; a PEM key is loaded with `from_pem`"
        );
    }
    assert_eq!(
        "none".parse::<Algorithm>().unwrap_err().to_string(),
        "this is not a signature algorithm; expected one of EdDSA, ES256, ES384, RS256, RS384, RS512, PS256, PS384, PS512, HS256, HS384, HS512"
    );
}
