//! The crate as its users see it: what may be shared, what is an object, what never shows.

use std::{error::Error, fmt::Debug, sync::Arc};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Verified, Verifier,
    authority::{
        ApiKeyError, AuthorityBuilder, ClientError, ConfigError, IssueError, Issued, IssuedApiKey,
        Minted, Refresh, RefreshError, RevokeError, TokenResponse, WithdrawError,
    },
    clock::{Clock, SystemClock},
    key::KeyRing,
    secret::{
        AccessToken, ApiKey, AuthorizationCode, ClientSecret, IdToken, MasterSecret, RefreshToken,
    },
    store::{ApiKeyStore, RevocationFeed, RevocationSink, RevocationStore, SessionStore, Store},
    verifier::{
        ConfirmationSink, Denied, KeySource, PermissionSource, VerifierBuilder, VerifyError,
    },
};

#[test]
fn what_a_server_shares_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    fn cloned<T: Clone + Send + Sync + 'static>() {}
    cloned::<Authority>();
    cloned::<Verifier>();
    cloned::<Verified>();
    cloned::<KeyRing>();
    cloned::<SigningKey>();
    cloned::<SystemClock>();
    shared::<MemoryStore>();
    shared::<AuthorityBuilder>();
    shared::<VerifierBuilder>();
    shared::<Grant>();
    shared::<Issued>();
    shared::<Minted>();
    shared::<IssuedApiKey>();
    shared::<TokenResponse>();
    shared::<MasterSecret>();
    fn error<T: Error + Send + Sync + 'static>() {}
    error::<ConfigError>();
    error::<IssueError>();
    error::<RefreshError>();
    error::<RevokeError>();
    error::<ApiKeyError>();
    error::<ClientError>();
    error::<WithdrawError>();
    error::<VerifyError>();
    error::<Denied>();
}

#[test]
fn the_futures_of_the_verbs_can_be_spawned() {
    fn send<T: Send>(_: T) {}
    fn f(authority: &Authority, grant: Grant, token: &str) {
        send(authority.issue(grant));
        send(authority.verify(token));
        send(authority.refresh(token));
        send(authority.revoke(token));
        send(authority.tick());
    }
    let _ = f;
}

/// Every trait at a boundary is an object, and an `Arc` of it is as good as the thing itself.
#[test]
fn traits_are_objects() {
    fn accepts<T: Debug + Send + Sync + 'static + ?Sized>(_: Option<Arc<T>>) {}
    accepts::<dyn Store>(None);
    accepts::<dyn SessionStore>(None);
    accepts::<dyn RevocationFeed>(None);
    accepts::<dyn RevocationStore>(None);
    accepts::<dyn RevocationSink>(None);
    accepts::<dyn ApiKeyStore>(None);
    accepts::<dyn Clock>(None);
    accepts::<dyn KeySource>(None);
    accepts::<dyn PermissionSource>(None);
    accepts::<dyn ConfirmationSink>(None);

    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let authority = Authority::builder("https://auth.test")
        .audience("https://api.test")
        .signing_key(key.clone())
        .store(Arc::clone(&store))
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    let feed: Arc<dyn RevocationFeed> = store;
    let verifier = Verifier::builder(authority.issuer().as_str())
        .audience("https://api.test")
        .key(key.verifying_key())
        .clock(clock)
        .revocations(feed)
        .build();
    assert!(verifier.is_ok());
    let by_value = Verifier::builder("https://auth.test")
        .audience("https://api.test")
        .jwks(&authority.jwks())
        .revocations(MemoryStore::new())
        .api_keys(MemoryStore::new(), MasterSecret::generate().unwrap())
        .build();
    assert!(by_value.is_ok());
}

/// Compiles only while the type does not have the trait: with it, `Probe` would be ambiguous.
macro_rules! lacks {
    ($($type:ty: $trait:path),* $(,)?) => {$({
        trait Probe<Mark> {
            fn probe() {}
        }
        struct Has;
        impl<T: ?Sized> Probe<()> for T {}
        impl<T: ?Sized + $trait> Probe<Has> for T {}
        <$type as Probe<_>>::probe();
    })*};
}

#[test]
fn secrets_are_not_printed_copied_compared_or_serialized() {
    lacks!(
        AccessToken: std::fmt::Display, AccessToken: Clone, AccessToken: PartialEq,
        AccessToken: serde::Serialize, AccessToken: AsRef<str>, AccessToken: std::ops::Deref,
        RefreshToken: std::fmt::Display, RefreshToken: Clone, RefreshToken: PartialEq,
        RefreshToken: serde::Serialize, RefreshToken: AsRef<str>, RefreshToken: std::ops::Deref,
        ApiKey: std::fmt::Display, ApiKey: Clone, ApiKey: PartialEq, ApiKey: serde::Serialize,
        ClientSecret: std::fmt::Display, ClientSecret: Clone, ClientSecret: serde::Serialize,
        AuthorizationCode: std::fmt::Display, AuthorizationCode: serde::Serialize,
        IdToken: std::fmt::Display, IdToken: serde::Serialize,
        MasterSecret: std::fmt::Display, MasterSecret: Clone, MasterSecret: serde::Serialize,
        SigningKey: std::fmt::Display, SigningKey: serde::Serialize, SigningKey: PartialEq,
        Issued: serde::Serialize, Issued: Clone, Minted: serde::Serialize,
        IssuedApiKey: serde::Serialize, TokenResponse: serde::Serialize,
        Verified: Default, Verified: serde::de::DeserializeOwned,
    );
}

const CANARY: &str = "canary0canary0canary0canary0cana";

/// Inv 40: every type that can hold a secret, printed.
#[test]
fn inv_40_nothing_that_holds_a_secret_prints_it() {
    let canary = || CANARY.to_owned();
    let master = || MasterSecret::from_bytes(CANARY.as_bytes().try_into().unwrap());
    let hmac = SigningKey::hmac(Algorithm::HS256, CANARY.as_bytes()).unwrap();
    let builder = Authority::builder("https://auth.test")
        .audience("https://api.test")
        .signing_key(hmac.clone())
        .store(MemoryStore::new())
        .master_secret(master());
    let built = format!("{builder:?}");
    let authority = builder.build().unwrap();
    let verifier = Verifier::builder("https://auth.test")
        .audience("https://api.test")
        .key(hmac.verifying_key())
        .api_keys(MemoryStore::new(), master());
    let printed = [
        built,
        format!("{authority:?} {authority:#?}"),
        format!("{verifier:?}"),
        format!("{:?}", verifier.stateless().build().unwrap()),
        format!("{:?}", authority.verifier()),
        format!("{:?}", authority.key_ring()),
        format!("{hmac:?} {:?}", hmac.verifying_key()),
        format!("{:?}", master()),
        format!("{:?}", master().also_opens(MasterSecret::generate().unwrap())),
        format!("{:?}", AccessToken::new(canary())),
        format!("{:?}", RefreshToken::new(canary())),
        format!("{:?}", ApiKey::new(canary())),
        format!("{:?}", ClientSecret::new(canary())),
        format!("{:?}", AuthorizationCode::new(canary())),
        format!("{:?}", IdToken::new(canary())),
        format!("{:?}", Refresh::new(CANARY)),
    ];
    let bytes = format!("{:?}", CANARY.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    for text in &printed {
        assert!(!text.contains("canary"), "{text}");
        assert!(!text.contains(bytes), "{text}");
    }
}

#[cfg(feature = "test-util")]
#[expect(clippy::unwrap_used, clippy::string_slice, reason = "helpers of tests are tests")]
mod with_an_authority {
    use hallpass::{
        testing::{TestAuthority, conformance::block_on},
        verifier::VerifyError,
    };

    use super::*;

    fn grant() -> Grant {
        Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web")
    }

    /// The parts of tokens that must show nowhere.
    struct Secrets(Vec<String>);

    impl Secrets {
        fn of(issued: &Issued, key: &IssuedApiKey) -> Self {
            let access = issued.access_token().expose_secret();
            let mut secrets: Vec<String> = access.split('.').skip(1).map(str::to_owned).collect();
            for opaque in [issued.refresh_token().expose_secret(), key.api_key().expose_secret()] {
                // What follows version, key id and birth: secret, generation, expiry, tag.
                secrets.push(opaque["hp_rt_".len() + 11..].to_owned());
                secrets.push(opaque[opaque.len() - 30..].to_owned());
            }
            Self(secrets)
        }

        #[track_caller]
        fn are_not_in(&self, text: &str) {
            for secret in &self.0 {
                assert!(!text.contains(secret.as_str()), "{text}");
            }
        }
    }

    #[test]
    fn inv_40_41_what_is_given_out_and_what_is_stored_shows_no_credential() {
        let auth = TestAuthority::new();
        let issued = block_on(auth.issue(grant())).unwrap();
        let key = block_on(auth.issue_api_key(grant(), "ci", None)).unwrap();
        let secrets = Secrets::of(&issued, &key);
        let next = block_on(auth.refresh(issued.refresh_token())).unwrap();
        let more = Secrets::of(&next, &key);
        let who = block_on(auth.verify(key.api_key())).unwrap();
        for text in [
            format!("{:#?}", auth.store()),
            format!("{auth:?} {:?}", auth.authority()),
            format!("{issued:?} {key:?} {next:?} {who:?}"),
            format!("{:?}", auth.verify_now(&issued)),
        ] {
            secrets.are_not_in(&text);
            more.are_not_in(&text);
        }
        let texts = format!("{:?}", issued.into_response());
        secrets.are_not_in(&texts);
    }

    trait VerifyNow {
        fn verify_now(&self, issued: &Issued) -> Result<Verified, VerifyError>;
    }

    impl VerifyNow for TestAuthority {
        fn verify_now(&self, issued: &Issued) -> Result<Verified, VerifyError> {
            block_on(self.verify(issued.access_token()))
        }
    }

    /// Lower case, no full stop, no line break, and nothing of what was presented.
    #[test]
    fn error_texts_have_one_style_and_no_credential() {
        let auth = TestAuthority::new();
        let issued = block_on(auth.issue(grant())).unwrap();
        let refresh = issued.refresh_token().expose_secret();
        let mut errors: Vec<Box<dyn Error>> = Vec::new();
        for token in ["junk", &refresh[..40], &format!("{refresh}x"), "a.b.c", "eyJ.eyJ.xxx"] {
            errors.push(Box::new(block_on(auth.verify(token)).unwrap_err()));
            errors.push(Box::new(block_on(auth.refresh(token)).unwrap_err()));
            errors.push(Box::new(auth.api_key_id(token).unwrap_err()));
        }
        errors.push(Box::new(block_on(auth.verify(refresh)).unwrap_err()));
        for token in [
            auth.token("ada").expired(),
            auth.token("ada").wrong_key(),
            auth.token("ada").wrong_issuer(),
            auth.token("ada").wrong_audience(),
            auth.token("ada").not_yet_valid(),
            auth.token("ada").id_token_like(),
        ] {
            let error = block_on(auth.verify(&token.mint())).unwrap_err();
            assert!(!error.public_description().ends_with('.'));
            errors.push(Box::new(error));
        }
        errors.push(Box::new(Authority::builder("nowhere").build().unwrap_err()));
        errors.push(Box::new(Authority::builder("https://auth.test").build().unwrap_err()));
        let denied = auth.verified("ada", "").require(("invoice", "7", "read")).unwrap_err();
        errors.push(Box::new(denied));
        for error in errors {
            let mut next: Option<&dyn Error> = Some(&*error);
            while let Some(error) = next {
                let text = error.to_string();
                assert!(!text.starts_with(char::is_uppercase) || text.starts_with("API"), "{text}");
                assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
                assert!(!text.contains(&refresh[6..40]) && !text.contains("eyJ."), "{text}");
                next = error.source();
            }
        }
    }
}
