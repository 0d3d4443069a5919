//! The world in which the requests of the table are made: an authority whose time and store the
//! test has in its hand, and one token for every way to be right or wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Timestamp,
    store::StoreErrorKind,
    testing::{FailingStore, Fault, TestAuthority, TestClock, TestToken},
    web::{Guard, Source, Styled},
};

/// RFC 8037 appendix A.1.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

pub(crate) type Store = FailingStore<MemoryStore>;

/// What the rows of the table share.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: TestClock,
    /// How often any handler was reached.
    pub(crate) reached: Arc<AtomicUsize>,
    pub(crate) tokens: Arc<Tokens>,
}

/// Access tokens, API keys and refresh tokens, each for one purpose.
pub(crate) struct Tokens {
    pub(crate) reader: String,
    pub(crate) writer: String,
    pub(crate) invoice_7: String,
    pub(crate) odd_ids: String,
    pub(crate) books: String,
    pub(crate) nothing: String,
    pub(crate) strong: String,
    pub(crate) weak: String,
    pub(crate) long_ago: String,
    pub(crate) expired: String,
    pub(crate) revoked: String,
    pub(crate) signed_out: String,
    pub(crate) other_audience: String,
    pub(crate) other_key: String,
    pub(crate) other_issuer: String,
    pub(crate) id_token: String,
    pub(crate) api_key: String,
    pub(crate) unseen_api_key: String,
    pub(crate) revoked_api_key: String,
    pub(crate) refresh: String,
    pub(crate) ended_refresh: String,
}

fn builder(store: &Arc<Store>, clock: &TestClock, key: SigningKey, audience: &str) -> Authority {
    Authority::builder("https://auth.example.com")
        .audience(audience)
        .signing_key(key)
        .store(Arc::clone(store))
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn test_token(change: impl FnOnce(TestToken) -> TestToken) -> String {
    let token = TestAuthority::new().token("ada").scope("invoice:*:read");
    change(token).mint().expose_secret().to_owned()
}

impl World {
    pub(crate) async fn new() -> Self {
        let store = Arc::new(Store::new(MemoryStore::new()));
        let clock = TestClock::at(Timestamp::from_unix_seconds(1_700_000_000));
        let ours = || SigningKey::from_jwk(KEY).unwrap();
        let theirs = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let authority = builder(&store, &clock, ours(), "https://api.example.com");
        let stranger = builder(&store, &clock, theirs, "https://api.example.com");
        let elsewhere = builder(&store, &clock, ours(), "https://other.example.com");
        let tokens = Tokens::mint(&authority, &stranger, &elsewhere, &clock).await;
        Self { authority, store, clock, reached: Arc::default(), tokens: Arc::new(tokens) }
    }

    pub(crate) fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }

    pub(crate) fn fail(&self) {
        self.store.fail_all(Fault::Before(StoreErrorKind::Unavailable));
    }

    /// The guards, by the first part of the path that each stands before.
    pub(crate) fn guard(&self, name: &str) -> Option<Guard> {
        let plain = Guard::new(self.authority.verifier());
        Some(match name {
            "plain" => plain,
            "all" => plain
                .also(Source::header("X-API-Key"))
                .also(Source::query())
                .also(Source::cookie().origin("https://app.example.com")),
            "optional" => plain.also(Source::header("X-API-Key")).optional(),
            "report" => plain.report_only(),
            "styled" => plain
                .realm("in\"voices\u{e9}")
                .resource_metadata("https://api.example.com/.well-known/oauth-protected-resource")
                .restyle(|refusal, accept| match accept {
                    Some(accept) if accept.contains("text/html") => Styled::new(
                        "text/html; charset=utf-8",
                        format!("<h1>{}</h1>", refusal.description()),
                    ),
                    _ => Styled::problem(refusal),
                }),
            "scheme" => plain.sources([Source::scheme("Token")]),
            _ => return None,
        })
    }
}

pub(crate) const GUARDS: [&str; 6] = ["plain", "all", "optional", "report", "styled", "scheme"];

impl Tokens {
    async fn mint(
        authority: &Authority,
        stranger: &Authority,
        elsewhere: &Authority,
        clock: &TestClock,
    ) -> Self {
        let grant = |scope: &str| Grant::new("ada", scope.parse().unwrap()).client("web");
        let access = async |grant: Grant| {
            let minted = authority.issue_access(grant).await.unwrap();
            minted.access_token().expose_secret().to_owned()
        };
        let expired = access(grant("invoice:*:read").access_lifetime(Duration::from_secs(1))).await;
        let long_ago = grant("invoice:*:pay").auth_time(hallpass::clock::Clock::now(clock));
        clock.advance(Duration::from_secs(400));
        let now = hallpass::clock::Clock::now(clock);

        let revoked = access(grant("invoice:*:read")).await;
        let _ = authority.revoke(&revoked).await.unwrap();
        let session = authority.issue(grant("invoice:*:read")).await.unwrap();
        let signed_out = session.access_token().expose_secret().to_owned();
        let _ = authority.revoke(session.refresh_token()).await.unwrap();

        let api_key = async |name: &str| {
            let issued =
                authority.issue_api_key(grant("invoice:*:read"), name, None).await.unwrap();
            issued.api_key().expose_secret().to_owned()
        };
        let revoked_api_key = api_key("revoked").await;
        let _ = authority.revoke(&revoked_api_key).await.unwrap();

        let live = authority.issue(grant("invoice:*:read")).await.unwrap();
        let token_of = async |other: &Authority| {
            let minted = other.issue_access(grant("invoice:*:read")).await.unwrap();
            minted.access_token().expose_secret().to_owned()
        };
        Self {
            reader: access(grant("invoice:*:read")).await,
            writer: access(grant("invoice:*:read invoice:*:write")).await,
            invoice_7: access(grant("invoice:7:read")).await,
            odd_ids: access(grant("invoice:%252A:read invoice:a%2Fb:read invoice:%3A:read")).await,
            books: access(grant("account:a:use book:1:read")).await,
            nothing: access(grant("openid")).await,
            strong: access(grant("invoice:*:pay").auth_time(now).acr("strong")).await,
            weak: access(grant("invoice:*:pay").auth_time(now).acr("weak")).await,
            long_ago: access(long_ago.acr("strong")).await,
            expired,
            revoked,
            signed_out,
            other_audience: token_of(elsewhere).await,
            other_key: token_of(stranger).await,
            // Signed with the very key of this world.
            other_issuer: test_token(|token| token),
            id_token: test_token(TestToken::id_token_like),
            api_key: api_key("script").await,
            unseen_api_key: api_key("unseen").await,
            revoked_api_key,
            refresh: live.refresh_token().expose_secret().to_owned(),
            ended_refresh: session.refresh_token().expose_secret().to_owned(),
        }
    }
}
