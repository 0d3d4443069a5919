//! CVE-2022-21449: an ECDSA signature of zeros, or of the group's order, passes a careless check.

use crate::{EC_HEADER, claims, encode, good, refused};

#[test]
fn degenerate_signatures() {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ];
    let input = format!("{}.{}", encode(EC_HEADER), encode(claims().to_string()));
    let one = {
        let mut one = [0; 32];
        one[31] = 1;
        one
    };
    let numbers = [[0; 32], one, ORDER, [0xff; 32]];
    for r in numbers {
        for s in numbers {
            refused(&format!("{input}.{}", encode([r, s].concat())), "BadSignature");
        }
    }
}

/// RFC 7518 §3.4: the signature is two numbers of fixed length, not DER, and nothing around them.
#[test]
fn other_lengths_and_encodings() {
    let token = good();
    let (input, signature) = token.rsplit_once('.').unwrap();
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let der = [&[0x30, 0x44, 0x02, 0x20][..], &raw[..32], &[0x02, 0x20], &raw[32..]].concat();
    let padded = [&[0][..], &raw].concat();
    for bytes in
        [&raw[..63], &raw[1..], &raw[..32], &[raw.clone(), vec![0]].concat(), &der, &padded]
    {
        refused(&format!("{input}.{}", encode(bytes)), "BadSignature");
    }
}
