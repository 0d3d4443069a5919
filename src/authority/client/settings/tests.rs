//! Knows that settings read back as they were written, and that nothing else is read.
//! Must not know a store.

use super::*;

const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn id() -> ClientId {
    ClientId::parse("partner").unwrap()
}

fn full() -> Client {
    Client::confidential("partner")
        .name("Müller & \"Söhne\"")
        .redirect_uri("https://partner.example/cb")
        .redirect_uri("com.example.app:/cb")
        .post_logout_redirect_uri("https://partner.example/")
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
        .grant(GrantType::ClientCredentials)
        .private_key_jwt(JWKS)
        .scope("invoice:*:read page:7:write openid".parse().unwrap())
        .default_scope("invoice:7:read".parse().unwrap())
        .audience(Audience::parse("https://api.example.com").unwrap())
        .trusted(true)
        .always_refresh(true)
        .may_introspect(true)
        .policy(
            Policy::new()
                .access_lifetime(Duration::from_secs(120))
                .retry_window(Duration::from_millis(1_500))
                .retry_after_loss(Duration::from_secs(3_600))
                .idle(Duration::from_secs(7_200))
                .absolute(Duration::from_secs(86_400))
                .rotation(RotationMode::On)
                .strict(true)
                .confirmation(ConfirmationSignal::Wired)
                .max_sessions(3),
        )
}

#[test]
fn every_setting_reads_back() {
    for client in [full(), Client::public("partner"), Client::confidential("partner")] {
        let text = client.to_settings().unwrap();
        let read = Client::from_settings(&id(), &text).unwrap();
        assert_eq!(format!("{read:?}"), format!("{client:?}"));
        assert_eq!(read.to_settings().unwrap(), text);
    }
}

#[test]
fn a_secret_is_not_among_them() {
    let text = Client::confidential("partner").secret("canary-canary-canary-canary-12345");
    assert!(!text.to_settings().unwrap().contains("canary"));
}

/// INVARIANTS 55: what this version did not write is refused, not defaulted.
#[test]
fn inv_55_nothing_else_is_read() {
    let good = full().to_settings().unwrap();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    for bad in [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        format!("{good}x"),
        with("\"version\":1", "\"version\":2"),
        with("\"version\":1,", ""),
        with("\"version\":1,", "\"version\":1,\"version\":1,"),
        with("\"version\":1,", "\"version\":1,\"future\":true,"),
        with("\"trusted\":true,", ""),
        with("\"trusted\":true,", "\"trusted\":true,\"trusted\":false,"),
        with(&format!("\"scope\":\"{}\",", full().ceiling().unwrap()), ""),
        with(",\"max_sessions\":3", ""),
        with("\"trusted\":true", "\"trusted\":1"),
        with("\"private_key_jwt\"", "\"tls_client_auth\""),
        with("\"refresh_token\"", "\"password\""),
        with("\"rotation\":\"on\"", "\"rotation\":\"sometimes\""),
        with("\"strict\":true", "\"strict\":true,\"lenient\":true"),
        with("\"access_lifetime\":120000", "\"access_lifetime\":-1"),
        with("\"access_lifetime\":120000", "\"access_lifetime\":1.5"),
        with("invoice:*:read", "invoice:*"),
        with("https://api.example.com", ""),
    ] {
        assert!(Client::from_settings(&id(), &bad).is_err(), "{bad}");
    }
    let newer = with("\"version\":1", "\"version\":2");
    assert_eq!(
        Client::from_settings(&id(), &newer).unwrap_err().to_string(),
        "the client's settings have version 2, this version reads 1"
    );
}
