//! What may be registered, and what every refusal says.

use hallpass::{
    Algorithm, SigningKey,
    authority::{Client, ClientError, ConfirmationSignal, GrantType, Policy, RedirectProblem},
    id::Audience,
    key::{VerifyingKey, VerifyingKeys},
    scope::Vocabulary,
};

use super::support::{GIVEN, SECOND, app, id, memory, partner};

const PUBLIC: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const PRIVATE: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const SHARED: &str =
    r#"{"keys":[{"kty":"oct","alg":"HS256","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}"#;

async fn refused(client: Client) -> ClientError {
    let auth = memory();
    let error = auth.register_client(client).await.unwrap_err();
    assert!(auth.list_clients(None, 10).await.unwrap().is_empty(), "{error}");
    error
}

#[tokio::test]
async fn a_registered_client_is_found_as_it_was_described() {
    let auth = memory();
    let registered = auth.register_client(partner()).await.unwrap();
    assert_eq!(registered.id, id("partner"));
    let secret = registered.secret.unwrap();
    assert!(secret.expose_secret().starts_with("hp_cs_"));
    let found = auth.find_client(&id("partner")).await.unwrap().unwrap();
    assert_eq!(found.display_name(), "Partner & Söhne");
    assert_eq!(found.ceiling().unwrap().as_str(), "invoice:*:read page:*:read");
    assert!(found.allows_grant(GrantType::RefreshToken));
    assert!(!found.allows_grant(GrantType::ClientCredentials));
    assert!(found.allows_redirect("https://partner.example/callback"));
    assert!(found.is_confidential() && !found.is_trusted() && !found.can_introspect());

    let public = auth.register_client(app()).await.unwrap();
    assert!(public.secret.is_none());
    assert!(auth.authenticate_client(&id("app"), "").await.unwrap().is_none());
    let keys = Client::confidential("keys").private_key_jwt(PUBLIC);
    assert!(auth.register_client(keys).await.unwrap().secret.is_none());
    let found = auth.find_client(&id("keys")).await.unwrap().unwrap();
    assert_eq!(found.keys().iter().map(|key| key.kid().as_str()).collect::<Vec<_>>(), ["one"]);

    let ids = |listed: Vec<hallpass::authority::ListedClient>| {
        listed.iter().map(|one| one.client.id().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(auth.list_clients(None, 2).await.unwrap()), ["app", "keys"]);
    assert_eq!(ids(auth.list_clients(Some(&id("keys")), 2).await.unwrap()), ["partner"]);
}

#[tokio::test]
async fn every_refusal_says_what_was_expected() {
    let redirects = |uri: &str| app().redirect_uri(uri);
    let short = Policy::new().access_lifetime(SECOND * 90_000);
    let wired = Policy::new().confirmation(ConfirmationSignal::Wired);
    let credentials = GrantType::ClientCredentials;
    for (client, text) in [
        (Client::public(""), "a client id must not be empty"),
        (
            Client::public("é"),
            "a client id must not contain the character U+00E9; expected printable ASCII",
        ),
        (
            app().name("\u{202e}"),
            "a client's name has 1 to 200 characters, none of which controls how text is shown",
        ),
        (redirects("https://a.example/#x"), "redirect URI 2 must not have a fragment"),
        (
            app().post_logout_redirect_uri("http://a.example/"),
            "post-logout redirect URI 1 may use http for the loopback addresses 127.0.0.1 and [::1] alone",
        ),
        (
            redirects("http://localhost/"),
            "redirect URI 2 must name the loopback address instead of `localhost`: 127.0.0.1 or [::1], on any port",
        ),
        (
            app().grant(credentials),
            "a public client has client_credentials: expected a confidential client, which proves itself",
        ),
        (
            app().may_introspect(true),
            "a public client may introspect: expected a confidential client, which proves itself",
        ),
        (
            app().secret(GIVEN),
            "a public client has a secret or keys: expected a confidential client, which proves itself",
        ),
        (
            partner().private_key_jwt(PUBLIC).secret(GIVEN),
            "a client has a secret and keys: expected one way to prove itself",
        ),
        (
            Client::public("app").grant(GrantType::AuthorizationCode),
            "a client has authorization_code and no redirect URI: expected at least one to send codes to",
        ),
        (
            partner().private_key_jwt("{}"),
            "the client's key set does not fit: this is not a JWK set: expected one JSON object with an array `keys`",
        ),
        (
            partner().private_key_jwt(r#"{"keys":[]}"#),
            "a client's key set is empty: expected at least one public key",
        ),
        (
            partner()
                .scope("page:*:read".parse().unwrap())
                .default_scope("page:7:*".parse().unwrap()),
            "the default scope is more than the client's scope allows",
        ),
        (
            partner().audience(Audience::parse("https://else.example").unwrap()),
            "the audience `https://else.example` is not one of the authority's",
        ),
        (
            partner().policy(short),
            "the policy's access_lifetime does not fit: expected at most max_access_lifetime, 86400 s",
        ),
        (
            partner().policy(wired),
            "the policy's confirmation does not fit: expected none, unless the authority's own policy has the signal wired",
        ),
    ] {
        assert_eq!(refused(client).await.to_string(), text);
    }
    for jwks in [PRIVATE, SHARED] {
        let error = refused(partner().private_key_jwt(jwks)).await;
        assert!(matches!(error, ClientError::Key { number: 1, .. }), "{error}");
        assert!(!error.to_string().contains("nWGxne") && !error.to_string().contains("AAECAwQ"));
    }
    let error = refused(redirects("https://user:canary@a.example/")).await;
    let ClientError::Redirect { number: 2, problem: RedirectProblem::UserInfo, .. } = error else {
        panic!("{error}")
    };
    assert!(!format!("{error} {error:?}").contains("canary"));
    let empty = refused(partner().default_scope(hallpass::Scope::empty())).await;
    assert!(empty.to_string().starts_with("the default scope is empty"), "{empty}");
    let many = (0..101).fold(app(), |app, n| app.redirect_uri(format!("https://a.example/{n}")));
    let text = refused(many).await.to_string();
    assert_eq!(text, "a client has at most 100 URIs of a kind, this has 102");
}

#[tokio::test]
async fn an_id_is_taken_once() {
    let auth = super::support::configured(
        std::sync::Arc::new(hallpass::MemoryStore::new()),
        super::support::clock(),
        |builder| builder.client(Client::public("fixed")).own_client("house"),
    );
    auth.register_client(partner()).await.unwrap();
    for taken in [partner(), Client::public("fixed"), Client::public("house")] {
        let id = taken.id().clone();
        let error = auth.register_client(taken).await.unwrap_err();
        assert!(matches!(&error, ClientError::Taken(found) if *found == id), "{error}");
    }
    assert_eq!(auth.list_clients(None, 10).await.unwrap().len(), 1);
    auth.disable_client(&id("partner")).await.unwrap();
    let error = auth.register_client(partner()).await.unwrap_err();
    assert!(matches!(error, ClientError::Taken(_)), "disabled is not gone");
    auth.remove_client(&id("partner")).await.unwrap();
    auth.register_client(partner()).await.unwrap();
}

#[tokio::test]
async fn a_store_that_remembers_no_clients_says_so() {
    let auth = hallpass::testing::TestAuthority::new();
    let error = auth.register_client(partner()).await.unwrap_err();
    assert_eq!(error.to_string(), "the server store is not set up as it must be");
    assert!(auth.find_client(&id("partner")).await.unwrap().is_none());
}

/// The largest that may be registered, and what is one more.
#[tokio::test]
async fn every_bound_is_the_largest_that_fits() {
    let auth = memory();
    let uris = |count| (1..count).fold(app(), |app, n| app.redirect_uri(format!("https://a/{n}")));
    assert!(auth.register_client(uris(100)).await.is_ok());
    refused(uris(101)).await;
    let keyed = |count: usize| {
        let key = |_| SigningKey::generate(Algorithm::EdDSA).unwrap().verifying_key();
        let set = VerifyingKeys::new((0..count).map(key)).unwrap();
        let jwks = set.iter().filter_map(VerifyingKey::jwk).map(|jwk| jwk.to_json());
        let jwks = jwks.collect::<Vec<_>>().join(",");
        Client::confidential("keys").private_key_jwt(format!(r#"{{"keys":[{jwks}]}}"#))
    };
    assert!(auth.register_client(keyed(20)).await.is_ok());
    assert!(matches!(refused(keyed(21)).await, ClientError::TooMany { limit: 20, found: 21, .. }));
    let long = |length: usize| {
        let start = "https://long.example/";
        Client::public("long")
            .grant(GrantType::AuthorizationCode)
            .redirect_uri(format!("{start}{}", "x".repeat(length - start.len())))
    };
    assert!(auth.register_client(long(2048)).await.is_ok());
    assert!(matches!(
        refused(long(2049)).await,
        ClientError::Redirect { problem: RedirectProblem::Length, .. }
    ));
    let hosts =
        ["https://[::]/x", "https://[2001:db8::]:8443/x", "http://[::1]:1/x", "http://[::1]/x"];
    for (n, uri) in hosts.into_iter().enumerate() {
        let client = Client::public(&format!("host{n}")).grant(GrantType::AuthorizationCode);
        assert!(auth.register_client(client.redirect_uri(uri)).await.is_ok(), "{uri}");
    }
}

/// A policy of its own needs the signal wired only if it uses it.
#[tokio::test]
async fn a_signal_that_is_not_wired_cannot_be_used() {
    let policy = |signal| Policy::new().confirmation(signal);
    for (own, theirs, fits) in [
        (ConfirmationSignal::None, ConfirmationSignal::None, true),
        (ConfirmationSignal::Wired, ConfirmationSignal::None, true),
        (ConfirmationSignal::Wired, ConfirmationSignal::Wired, true),
        (ConfirmationSignal::None, ConfirmationSignal::Wired, false),
    ] {
        let store = std::sync::Arc::new(hallpass::MemoryStore::new());
        let auth = super::support::configured(store, super::support::clock(), |builder| {
            builder.policy(short_loss(policy(own)))
        });
        let client = partner().policy(short_loss(policy(theirs)));
        assert_eq!(auth.register_client(client).await.is_ok(), fits, "{own:?} {theirs:?}");
    }
}

/// Without the signal a lost answer may be asked for again only within the window.
fn short_loss(policy: Policy) -> Policy {
    policy.retry_window(SECOND).retry_after_loss(SECOND)
}

/// What only a vocabulary can read would not be read again from the store.
#[tokio::test]
async fn a_scope_that_cannot_be_kept_is_refused() {
    let vocabulary = Vocabulary::builder().opaque("https://a/b").resource("book").build().unwrap();
    let opaque = || vocabulary.parse("https://a/b").unwrap();
    for client in
        [Client::public("app").scope(opaque()), Client::public("app").default_scope(opaque())]
    {
        assert!(matches!(refused(client).await, ClientError::Scope { .. }));
    }
}
