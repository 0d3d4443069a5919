//! RFC 7519 §4.1.2, RFC 6749 §3.3, RFC 8725 §2.4: names that look alike, or are no text, and scopes that seem
//! to hold more.

use serde_json::json;

use crate::{EC_HEADER, claims_with, refused, sign_ec, target};

#[test]
fn a_subject_is_text_and_that_very_text() {
    for subject in [json!(null), json!(0), json!(1.5), json!(true), json!(["ada"]), json!({})] {
        let token = sign_ec(EC_HEADER, &claims_with(json!({ "sub": subject })));
        refused(&token, "Claims(WrongType { claim: \"sub\" })");
    }
    refused(
        &sign_ec(EC_HEADER, &claims_with(json!({ "sub": "" }))),
        "UnacceptableClaim { claim: \"sub\" }",
    );
    for near in
        ["Ada", "ada ", "a\u{301}da", "ada\u{200b}", "аda", "ada\0", "ａｄａ", "\u{202e}ada"]
    {
        let token = sign_ec(EC_HEADER, &claims_with(json!({ "sub": near })));
        match target().verifier.verify_jwt(&token) {
            Ok(verified) => assert!(verified.subject() == near && near != "ada"),
            Err(error) => assert!(error.to_string().contains("`sub`"), "{near:?}: {error}"),
        }
    }
}

/// None of these holds what `invoice:7:write` asks for; all of them look like it to some reader.
#[test]
fn no_other_spelling_of_a_scope_gives_it() {
    for scope in [
        "",
        "**",
        "invoice",
        "invoice:7",
        "invoice::write",
        "invoice:7:write:x",
        "invoice:7:*rite",
        "invoice:7:w*",
        "invoice:%37:Write",
        "invoice:%2A:write",
        "invoice:%2a:write",
        "invoice:77:write",
        "invoice:7%00:write",
        "invoice:７:write",
        "invoice:＊:write",
        "INVOICE:7:write",
        "invoice:7:write,",
        "\"invoice:7:write\"",
        "invoice:7:read\twrite",
        "x\u{a0}invoice:7:write",
        "x\u{2028}invoice:7:write",
        "x+invoice:7:write",
        "x%20invoice:7:write",
    ] {
        let token = sign_ec(EC_HEADER, &claims_with(json!({ "scope": scope })));
        if let Ok(verified) = target().verifier.verify_jwt(&token) {
            assert!(!verified.allows(&("invoice", "7", "write")), "{scope:?}");
        }
    }
    for scope in [json!(["invoice:7:write"]), json!({ "invoice:7:write": true }), json!(true)] {
        let token = sign_ec(EC_HEADER, &claims_with(json!({ "scope": scope })));
        assert!(target().verifier.verify_jwt(&token).is_err(), "{scope}");
    }
}
