//! RFC 8725 §2.1 and §3.2, CVE-2015-9235, CVE-2018-1000531: `alg` is `none` in some spelling.

use crate::{claims, encode, good, refused};

#[test]
fn none_in_every_spelling() {
    let payload = encode(claims().to_string());
    let genuine = good();
    let signature = genuine.rsplit_once('.').unwrap().1;
    for bits in 0..16 {
        let letter = |(at, c): (usize, char)| {
            if bits >> at & 1 == 1 { c.to_ascii_uppercase() } else { c }
        };
        let none: String = "none".chars().enumerate().map(letter).collect();
        for alg in [none.clone(), format!("{none} "), format!(" {none}"), format!("{none}\\u0000")]
        {
            let named = encode(format!(r#"{{"typ":"at+jwt","alg":"{alg}","kid":"ec"}}"#));
            refused(&format!("{named}.{payload}."), "Malformed");
            refused(&format!("{named}.{payload}.AA"), "AlgorithmMismatch");
            refused(&format!("{named}.{payload}.{signature}"), "AlgorithmMismatch");
            let unnamed = encode(format!(r#"{{"typ":"at+jwt","alg":"{alg}"}}"#));
            refused(&format!("{unnamed}.{payload}.AA"), "UnknownKey");
        }
    }
    for header in [r#"{"typ":"at+jwt","kid":"ec"}"#, r#"{"typ":"at+jwt","alg":"","kid":"ec"}"#] {
        let token = format!("{}.{payload}.{signature}", encode(header));
        let error = if header.contains("alg") { "AlgorithmMismatch" } else { "Header" };
        refused(&token, error);
    }
    let null = encode(r#"{"typ":"at+jwt","alg":null,"kid":"ec"}"#);
    refused(&format!("{null}.{payload}.AA"), "Header");
}
