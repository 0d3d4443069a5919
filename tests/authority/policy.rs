//! Policy: what fits together, and what a session gets of it.

use std::time::Duration;

use hallpass::{
    MemoryStore,
    authority::{AuthorityBuilder, Client, ConfigError, ConfirmationSignal, Policy, RotationMode},
    id::Audience,
    store::{Granted, SessionStore},
    testing::TestAuthority,
};

use super::support::*;

/// What `build` says of this configuration.
fn refused(configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder) -> ConfigError {
    let builder = hallpass::Authority::builder("https://auth.test")
        .audience("https://api.test")
        .signing_key(hallpass::SigningKey::generate(hallpass::Algorithm::EdDSA).unwrap())
        .store(MemoryStore::new());
    configure(builder).build().unwrap_err()
}

#[test]
fn what_does_not_fit_is_found_at_start_up() {
    let policy = Policy::new;
    for (bad, what) in [
        (policy().access_lifetime(Duration::ZERO), "access_lifetime"),
        (policy().access_lifetime(25 * HOUR), "access_lifetime"),
        (policy().absolute(401 * DAY), "absolute"),
        (policy().idle(91 * DAY), "idle"),
        (policy().idle(Duration::ZERO), "idle and absolute"),
        (policy().max_sessions(0), "max_sessions"),
        (policy().retry_after_loss(HOUR), "retry_after_loss"),
        (
            policy().confirmation(ConfirmationSignal::Wired).retry_after_loss(SECOND),
            "retry_after_loss",
        ),
    ] {
        let error = refused(|builder| builder.policy(bad.clone()));
        assert!(matches!(&error, ConfigError::Policy { what: found, .. } if *found == what));
        let error = refused(|builder| builder.client(Client::public("web").policy(bad)));
        assert!(matches!(&error, ConfigError::Policy { what: found, .. } if *found == what));
    }
    // The very edge of each fits.
    for good in [
        policy().access_lifetime(SECOND),
        policy().access_lifetime(24 * HOUR),
        policy().absolute(400 * DAY),
        policy().idle(SECOND).absolute(SECOND),
        policy().idle(90 * DAY),
        policy().max_sessions(1),
        policy().retry_after_loss(MINUTE),
        policy().confirmation(ConfirmationSignal::Wired).retry_after_loss(MINUTE),
        policy().confirmation(ConfirmationSignal::Wired).retry_after_loss(HOUR),
    ] {
        let _ = with(|builder| builder.policy(good));
    }
    let under = Duration::from_millis(999);
    for bad in [policy().idle(under), policy().idle(under).absolute(under)] {
        let error = refused(|builder| builder.policy(bad));
        assert!(matches!(&error, ConfigError::Policy { what: "idle and absolute", .. }));
    }
    let error = refused(|builder| builder.max_skew(HOUR));
    assert!(matches!(error, ConfigError::Policy { what: "max_skew", .. }), "{error}");
    let error = refused(|builder| {
        builder.client(Client::public("web")).client(Client::confidential("web"))
    });
    assert!(matches!(error, ConfigError::DuplicateClient(_)), "{error}");
    let elsewhere = Audience::parse("https://elsewhere.test").unwrap();
    let error = refused(|builder| builder.client(Client::public("web").audience(elsewhere)));
    assert!(matches!(error, ConfigError::ForeignAudience { .. }), "{error}");
    assert!(matches!(refused(|builder| builder.prefix("HP")), ConfigError::Verifier(_)));
    let error = refused(|builder| builder.policy(Policy::new().retry_after_loss(HOUR)));
    assert!(error.to_string().contains("a thief with an old token"), "it says what is gained");
}

#[tokio::test]
async fn rotation_is_on_but_for_clients_that_prove_themselves() {
    let auth = with(|builder| {
        builder
            .client(Client::confidential("server"))
            .client(Client::public("tabs").policy(Policy::new().rotation(RotationMode::Off)))
            .client(Client::confidential("both").policy(Policy::new().rotation(RotationMode::On)))
    });
    for (name, rotates) in
        [("self", true), ("unknown", true), ("server", false), ("tabs", false), ("both", true)]
    {
        let issued = auth.issue(grant().client(name)).await.unwrap();
        let row = auth.store().find_session(&issued.session_id()).await.unwrap().unwrap();
        assert_eq!(row.policy.rotation, rotates, "{name}");
    }
    let tabs = auth.issue(grant().client("tabs")).await.unwrap();
    let kept = auth.refresh(tabs.refresh_token()).await.unwrap();
    assert!(matches!(kept.how(), Some(Granted::Kept)));
}

#[tokio::test]
async fn a_kept_session_slides_its_idle_deadline_and_never_past_the_absolute_one() {
    let policy = Policy::new().rotation(RotationMode::Off).idle(DAY).absolute(10 * DAY);
    let auth = with(|builder| builder.policy(policy));
    let issued = login(&auth).await;
    for _ in 0..19 {
        auth.clock().advance(DAY / 2);
        assert!(auth.refresh(issued.refresh_token()).await.is_ok());
    }
    let row = auth.store().find_session(&issued.session_id()).await.unwrap().unwrap();
    assert_eq!(row.state.idle_expires_at, row.absolute_expires_at);
    auth.clock().set(issued.session_expires_at());
    assert!(auth.refresh(issued.refresh_token()).await.is_err());
}

#[tokio::test]
async fn defaults_are_what_the_documents_say() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let row = auth.store().find_session(&issued.session_id()).await.unwrap().unwrap();
    let policy = row.policy;
    assert_eq!(policy.access_lifetime, 10 * MINUTE);
    assert_eq!(policy.retry_window, MINUTE);
    assert_eq!(policy.retry_after_loss, MINUTE, "a day only where the signal is wired");
    assert_eq!(policy.idle, 14 * DAY);
    assert_eq!(policy.max_skew, 5 * SECOND);
    assert!(policy.rotation && !policy.strict && !policy.client_proof);
    assert_eq!(row.absolute_expires_at, TestAuthority::STARTS_AT + 90 * DAY);
}
