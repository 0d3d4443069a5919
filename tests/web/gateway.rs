//! The gateway, asked as each proxy asks.

use hallpass::{
    Grant,
    web::{
        Answer, Guard, RequestHead,
        gateway::{Dialect, Gateway, Rules},
    },
};

use crate::world::World;

const RULES: &str = include_str!("../../examples/gateway/rules.toml");

const IDENTITY: [&str; 4] =
    ["x-auth-subject", "x-auth-client", "x-auth-groups", "x-auth-permissions"];

struct Proxy {
    world: World,
    token: String,
    gateway: Gateway,
}

impl Proxy {
    async fn new(dialect: Dialect) -> Self {
        let world = World::new().await;
        let scope = "invoice:7:read report:*:read".parse().unwrap();
        let grant = Grant::new("ada, \u{e9}%", scope).client("web").groups(["clerks", "a,b\"c\n"]);
        let minted = world.authority.issue_access(grant).await.unwrap();
        let token = format!("Bearer {}", minted.access_token().expose_secret());
        let guard = Guard::new(world.authority.verifier());
        let gateway = Gateway::new(guard, Rules::from_toml(RULES).unwrap(), dialect);
        Self { world, token, gateway }
    }

    async fn ask(&self, method: &str, target: &str) -> Answer {
        let question = RequestHead::new("GET", "/authorize")
            .header("x-original-method", method)
            .header("x-original-uri", target)
            .header("authorization", &self.token);
        self.gateway.decide(&question).await
    }

    #[track_caller]
    fn refused(answer: &Answer, status: u16) {
        assert_eq!(answer.status(), status, "{}", answer.body());
        assert!(IDENTITY.iter().all(|name| answer.header(name).is_none()));
    }
}

#[tokio::test]
async fn a_good_request_passes_with_every_identity_header() {
    let proxy = Proxy::new(Dialect::Nginx).await;
    let answer = proxy.ask("GET", "/invoices/7?full=1").await;
    assert_eq!(answer.status(), 200);
    let told = IDENTITY.map(|name| answer.header(name).unwrap());
    let expected =
        ["ada%2C%20%C3%A9%25", "web", "clerks,a%2Cb%22c%0A", "invoice:7:read report:*:read"];
    assert_eq!(told, expected);

    // Public: the credential is not looked at, and the headers are there, and empty.
    let answer = proxy.ask("GET", "/health").await;
    assert_eq!(IDENTITY.map(|name| answer.header(name)), [Some(""); 4]);
}

#[tokio::test]
async fn rules_decide_by_permission_group_and_client() {
    let proxy = Proxy::new(Dialect::Nginx).await;
    for (method, target, status) in [
        ("HEAD", "/invoices/7", 200),
        ("GET", "/invoices/8", 403),
        ("PUT", "/invoices/7", 403),
        ("POST", "/invoices/7", 403),
        ("GET", "/reports/2024/may", 200),
        ("PATCH", "/account", 200),
        ("GET", "/catalogue", 200),
        ("GET", "/nowhere", 403),
        ("GET", "/invoices/%2A", 403),
        ("GET", "/invoices/*", 403),
        ("GET", "/invoices/%FF", 403),
        ("GET", "/invoices/7/", 403),
        ("GET", "/invoices/7/../8", 403),
        ("GET", "/health/..%2finvoices/7", 403),
        ("GET", "//health", 403),
        ("GET", "/healthy", 403),
        ("GET", "/%68ealth", 403),
    ] {
        let answer = proxy.ask(method, target).await;
        assert_eq!(answer.status(), status, "{method} {target}: {}", answer.body());
    }
    let answer = proxy.ask("GET", "/invoices/8").await;
    Proxy::refused(&answer, 403);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.ends_with("scope=\"invoice:8:read\""), "{challenge}");

    let suspended = Grant::new("bob", "report:*:read".parse().unwrap());
    let suspended = suspended.client("web").groups(["clerks", "suspended"]);
    let nightly = Grant::new("cron", "invoice:1:read".parse().unwrap()).client("nightly");
    for (grant, status) in [(suspended, 403), (nightly, 200)] {
        let minted = proxy.world.authority.issue_access(grant).await.unwrap();
        let token = format!("Bearer {}", minted.access_token().expose_secret());
        let question = RequestHead::new("GET", "/authorize")
            .header("x-original-method", "GET")
            .header("x-original-uri", "/reports/2024")
            .header("authorization", &token);
        assert_eq!(proxy.gateway.decide(&question).await.status(), status);
    }
}

/// Never another status than 2xx, 401, 403 and 503: nginx shows anything else as 500.
#[tokio::test]
async fn two_and_malformed_credentials_are_401() {
    let proxy = Proxy::new(Dialect::Nginx).await;
    let question = || {
        RequestHead::new("GET", "/authorize")
            .header("x-original-method", "GET")
            .header("x-original-uri", "/account")
    };
    let two = question().header("authorization", &proxy.token).header("authorization", "x");
    let malformed = question().header("authorization", "Bearer a b");
    for question in [question(), two, malformed] {
        Proxy::refused(&proxy.gateway.decide(&question).await, 401);
    }
    let bad = RequestHead::new("GET", "/authorize")
        .header("x-original-method", "GET")
        .header("x-original-uri", "/catalogue")
        .header("authorization", "Bearer junk");
    Proxy::refused(&proxy.gateway.decide(&bad).await, 401);
    let nobody = RequestHead::new("GET", "/authorize")
        .header("x-original-method", "GET")
        .header("x-original-uri", "/catalogue");
    assert_eq!(proxy.gateway.decide(&nobody).await.status(), 200);

    proxy.world.authority.ready().await.unwrap();
    proxy.world.fail();
    proxy.world.clock.advance(std::time::Duration::from_secs(6));
    let answer = proxy.ask("GET", "/account").await;
    Proxy::refused(&answer, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
}

/// What another proxy would have said, a client may have said.
#[tokio::test]
async fn only_one_dialect_is_understood() {
    let traefik = |head: RequestHead<'static>| {
        head.header("x-forwarded-method", "GET").header("x-forwarded-uri", "/health")
    };
    let nginx = |head: RequestHead<'static>| {
        head.header("x-original-method", "GET").header("x-original-uri", "/health")
    };
    let head = || RequestHead::new("GET", "/check/health");
    let envoy = Dialect::Envoy { path_prefix: "/check".to_owned() };
    for (dialect, question, status) in [
        (Dialect::Nginx, nginx(head()), 200),
        (Dialect::Nginx, traefik(head()), 403),
        (Dialect::Nginx, nginx(nginx(head())), 403),
        (Dialect::Nginx, nginx(head()).header("X-Original-URI", "/nowhere"), 403),
        (Dialect::Nginx, head(), 403),
        (Dialect::Traefik, traefik(head()), 200),
        (Dialect::Traefik, nginx(head()), 403),
        (Dialect::Traefik, traefik(traefik(head())), 403),
        (envoy.clone(), head(), 200),
        (envoy.clone(), nginx(traefik(RequestHead::new("GET", "/check/nowhere"))), 403),
        (envoy, RequestHead::new("GET", "/health"), 403),
    ] {
        let proxy = Proxy::new(dialect.clone()).await;
        let answer = proxy.gateway.decide(&question).await;
        assert_eq!(answer.status(), status, "{dialect:?} {question:?}");
    }
}
