//! Clients in the host's code: checked when the authority is built, and changed there.

use std::sync::Arc;

use hallpass::{
    Algorithm, Authority, MemoryStore, SigningKey,
    authority::{Client, ClientError, ConfigError, GrantType, IssueError},
};

use super::support::{GIVEN, HOUR, app, clock, configured, grant, id, partner};

fn build(client: Client) -> Result<Authority, ConfigError> {
    Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .store(MemoryStore::new())
        .client(client)
        .build()
}

#[test]
fn what_could_not_be_registered_cannot_be_configured() {
    assert!(build(app()).is_ok());
    assert!(build(partner().secret(GIVEN)).is_ok());
    for (client, text) in [
        (
            app().redirect_uri("http://a.example/"),
            "the client `app` does not fit: redirect URI 2 may use http for the loopback addresses 127.0.0.1 and [::1] alone",
        ),
        (
            partner(),
            "the client `partner` does not fit: a confidential client has grants and nothing to prove itself with: expected `.secret(..)`, or `.private_key_jwt(..)`",
        ),
        (
            partner().secret("hunter2"),
            "the client `partner` does not fit: the secret does not fit: expected at least 32 characters, or 22 of base64, made at random, such as by `openssl rand -base64 32`; visible ASCII, at most 1024",
        ),
        (
            app().grant(GrantType::ClientCredentials),
            "the client `app` does not fit: a public client has client_credentials: expected a confidential client, which proves itself",
        ),
        (
            Client::public(""),
            "the configuration names a bad identifier: a client id must not be empty",
        ),
    ] {
        assert_eq!(build(client).unwrap_err().to_string(), text);
    }
}

#[tokio::test]
async fn it_is_found_and_proves_itself_without_a_store() {
    let auth = build(partner().secret(GIVEN)).unwrap();
    let found = auth.find_client(&id("partner")).await.unwrap().unwrap();
    assert_eq!(found.display_name(), "Partner & Söhne");
    assert!(auth.authenticate_client(&id("partner"), GIVEN).await.unwrap().is_some());
    assert!(auth.authenticate_client(&id("partner"), "wrong").await.unwrap().is_none());
    assert!(auth.authenticate_client(&id("nobody"), GIVEN).await.unwrap().is_none());
    assert!(!format!("{auth:?} {found:?}").contains("horse"));
}

#[tokio::test]
async fn no_verb_changes_it() {
    let auth = configured(Arc::new(MemoryStore::new()), clock(), |builder| {
        builder.client(partner().secret(GIVEN))
    });
    let partner_id = id("partner");
    for error in [
        auth.replace_client(partner()).await.unwrap_err(),
        auth.rotate_client_secret(&partner_id, HOUR).await.unwrap_err(),
        auth.disable_client(&partner_id).await.unwrap_err(),
        auth.enable_client(&partner_id).await.unwrap_err(),
        auth.remove_client(&partner_id).await.unwrap_err(),
    ] {
        assert!(matches!(error, ClientError::Configured(_)), "{error}");
    }
    assert!(auth.issue(grant("partner")).await.is_ok());
}

/// Where clients are registered, a name that is none gets nothing: one that was removed must not
/// come back without its ceiling.
#[tokio::test]
async fn a_grant_names_the_host_or_a_client() {
    let auth = super::support::memory();
    assert!(auth.issue(grant("self")).await.is_ok());
    let error = auth.issue(grant("nobody")).await.unwrap_err();
    assert_eq!(error.to_string(), "the client `nobody` is unknown or disabled");
    assert!(matches!(auth.issue_access(grant("nobody")).await, Err(IssueError::Client { .. })));
    assert!(auth.issue_api_key(grant("nobody"), "nightly", None).await.is_err());
    // Without registration every name is the host's own.
    assert!(build(app()).unwrap().issue(grant("nobody")).await.is_ok());
}
