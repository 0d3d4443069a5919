//! RFC 7519 §7.2, RFC 8259 §2 and §8.1: something before, behind or between, which a lenient reader skips.

use crate::{EC_HEADER, claims, sign_ec, target};

const VARIANTS: [fn(&str) -> String; 12] = [
    |json| format!("{json}{json}"),
    |json| format!("{json},"),
    |json| format!("{json}}}"),
    |json| format!("{json}\0"),
    |json| format!("\u{feff}{json}"),
    |json| format!("{json}// admin"),
    |json| format!("/**/{json}"),
    |json| json.replacen('{', "{,", 1),
    |json| json.replacen('}', ",}", 1),
    |json| json.replace('"', "'"),
    |json| json.replacen('"', "\"\n", 1),
    |json| format!("[{json}]"),
];

#[test]
fn header_and_claims_are_one_json_object_each() {
    let claims = claims().to_string();
    for (number, variant) in VARIANTS.iter().enumerate() {
        for token in [sign_ec(&variant(EC_HEADER), &claims), sign_ec(EC_HEADER, &variant(&claims))]
        {
            let found = target().verifier.verify_jwt(&token).map(drop);
            assert!(found.is_err(), "{number}");
        }
    }
}

/// Space where JSON has it is no second form of a token: the signature is over it.
#[test]
fn other_encodings_of_text() {
    let claims = claims().to_string();
    let wide: Vec<u8> = claims.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin = [claims.replace("ada", "ad\u{e1}").as_bytes(), b""].concat();
    let latin: Vec<u8> = String::from_utf8(latin).unwrap().chars().map(|c| c as u8).collect();
    for payload in [wide, latin, b"\xff\xfe{}".to_vec(), b"\xc0\xa2".to_vec()] {
        let input = format!("{}.{}", crate::encode(EC_HEADER), crate::encode(&payload));
        let random = ring::rand::SystemRandom::new();
        let signature = target().pair.sign(&random, input.as_bytes()).unwrap();
        let found = target().verifier.verify_jwt(&format!("{input}.{}", crate::encode(signature)));
        assert!(format!("{:?}", found.map(drop)).starts_with("Err(Claims("));
    }
}
