//! RFC 4648 §3.5 and §12, RFC 7515 §2: one token must have one text, or lists of spent and revoked
//! texts can be passed by.

use crate::{good, target};

#[test]
fn no_other_text_is_accepted() {
    let verifier = &target().verifier;
    let token = good();
    for (at, _) in token.char_indices() {
        for character in ["A", "B", "-", "_", "=", "+", "/", " ", "\n", "%", ".", "\0", "é"] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, character);
            assert!(changed == token || verifier.verify_jwt(&changed).is_err(), "{at} {character}");
            let mut longer = token.clone();
            longer.insert_str(at, character);
            assert!(verifier.verify_jwt(&longer).is_err(), "{at} {character}");
        }
        assert!(verifier.verify_jwt(token.get(..at).unwrap()).is_err());
    }
    for end in ["=", "==", "A", "AA", ".", ".A", "\n", " ", "\0"] {
        assert!(verifier.verify_jwt(&format!("{token}{end}")).is_err());
        assert!(verifier.verify_jwt(&format!("{end}{token}")).is_err());
    }
}

/// The last character of 64 bytes has four spare bits: fifteen other texts for each signature.
#[test]
fn spare_bits_are_zero() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let token = good();
    let last = token.bytes().last().unwrap();
    let value = ALPHABET.iter().position(|&b| b == last).unwrap();
    assert_eq!(value % 16, 0);
    for spare in 1..16 {
        let changed = format!(
            "{}{}",
            token.get(..token.len() - 1).unwrap(),
            char::from(ALPHABET[value + spare])
        );
        crate::refused(&changed, "NotCanonical");
    }
}
