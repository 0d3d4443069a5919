//! A generated key can be kept as PEM, by us and by everybody's tool.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use hallpass::{Algorithm, SigningKey};

fn keys() -> Vec<SigningKey> {
    let rsa = include_str!("../vectors/keys/rsa2048.pkcs8.pem");
    let made = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384];
    let made = made.map(|algorithm| SigningKey::generate(algorithm).unwrap());
    let rsa = [Algorithm::RS256, Algorithm::PS512]
        .map(|algorithm| SigningKey::from_pem(algorithm, rsa).unwrap());
    made.into_iter().chain(rsa).collect()
}

#[test]
fn pem_comes_back_and_is_wrapped_as_rfc_7468_says() {
    for key in keys() {
        let pem = key.expose_private_pem().unwrap();
        let text = pem.expose_secret();
        assert_eq!(
            format!("{pem:?} {pem:#?}"),
            "PrivateKeyPem([redacted]) PrivateKeyPem([redacted])"
        );
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(text.ends_with("\n-----END PRIVATE KEY-----\n"));
        assert!(text.lines().all(|line| line.len() <= 64));
        let again = SigningKey::from_pem(key.algorithm(), text).unwrap();
        assert_eq!(again.kid(), key.kid());
        assert_eq!(again.expose_private_pem().unwrap().expose_secret(), text);
    }
    let rsa = include_str!("../vectors/keys/rsa2048.pkcs8.pem");
    let key = SigningKey::from_pem(Algorithm::RS256, rsa).unwrap();
    assert_eq!(key.expose_private_pem().unwrap().expose_secret(), rsa, "as OpenSSL writes it");
    let shared = SigningKey::generate(Algorithm::HS256).unwrap();
    assert!(shared.expose_private_pem().is_none());
}

#[test]
fn openssl_finds_no_fault() {
    if Command::new("openssl").arg("version").output().is_err() {
        return eprintln!("openssl is not installed: not checked");
    }
    for key in keys() {
        let arguments = ["pkey", "-check", "-noout"];
        let mut child = Command::new("openssl")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let pem = key.expose_private_pem().unwrap();
        child.stdin.take().unwrap().write_all(pem.expose_secret().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        // OpenSSL has no check for Ed25519 and says so; it has read the key then.
        let read = said.contains("Key is valid") || said.contains("not supported for this keytype");
        assert!(read, "{}: {said}", key.algorithm());
    }
}
