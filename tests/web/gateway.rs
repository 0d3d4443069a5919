//! The gateway, asked as each proxy asks.

use hallpass::{
    Grant,
    web::{
        Answer, Guard, RequestHead,
        gateway::{Dialect, Gateway, Identity, Rules},
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

/// F126: who the user is says a claim of the host's choice, and it must not be empty.
#[tokio::test]
async fn the_user_is_named_by_a_claim_and_never_empty() {
    let proxy = Proxy::new(Dialect::Nginx).await;
    let identity = Identity::new("X-User").unwrap().user_claim("uid");
    let gateway = proxy.gateway.clone().identity(identity);
    let ask = async |uid: serde_json::Value| {
        let grant = Grant::new("ada", "invoice:7:read".parse().unwrap()).client("web");
        let grant = if uid.is_null() { grant } else { grant.claim("uid", uid) };
        let minted = proxy.world.authority.issue_access(grant).await.unwrap();
        let token = format!("Bearer {}", minted.access_token().expose_secret());
        let question = RequestHead::new("GET", "/authorize")
            .header("x-original-method", "GET")
            .header("x-original-uri", "/account")
            .header("authorization", &token);
        gateway.decide(&question).await
    };
    for (uid, told) in
        [("u,7\r\nX-Auth-Groups: root".into(), "u%2C7%0D%0AX-Auth-Groups:%20root"), (7.into(), "7")]
    {
        let answer = ask(uid).await;
        assert_eq!((answer.status(), answer.header("x-user")), (200, Some(told)));
        assert_eq!(answer.header("x-auth-subject"), None, "other names, and no others");
    }
    for nobody in [serde_json::Value::Null, "".into(), 1.5.into(), true.into(), vec!["a"].into()] {
        let answer = ask(nobody).await;
        assert_eq!((answer.status(), answer.header("x-user")), (403, None));
    }
    // Nobody in particular is nobody, not an error.
    let question = RequestHead::new("GET", "/authorize")
        .header("x-original-method", "GET")
        .header("x-original-uri", "/health");
    assert_eq!(gateway.decide(&question).await.header("x-user"), Some(""));
}

/// F128: what a request says about itself is dropped, unless the host trusts who sends it.
#[tokio::test]
async fn inbound_identity_is_dropped_unless_it_is_trusted() {
    let proxy = Proxy::new(Dialect::Nginx).await;
    let trusting = proxy.gateway.clone().identity(Identity::default().trust_inbound());
    let about = |target: &'static str| {
        RequestHead::new("GET", "/authorize")
            .header("x-original-method", "GET")
            .header("x-original-uri", target)
            .header("x-auth-subject", "root")
            .header("x-auth-groups", "a,b")
            .header("x-auth-groups", "c")
            .header("x-auth-client", "a\tb")
    };
    let told = |answer: &Answer| IDENTITY.map(|name| answer.header(name).unwrap().to_owned());
    for target in ["/health", "/catalogue"] {
        let dropped = proxy.gateway.decide(&about(target)).await;
        assert_eq!(told(&dropped), ["", "", "", ""]);
        let passed = trusting.decide(&about(target)).await;
        assert_eq!(told(&passed), ["root", "", "", ""], "once, and visible");
    }
    // It is no credential, and a token wins.
    Proxy::refused(&trusting.decide(&about("/account")).await, 401);
    let question = about("/catalogue").header("authorization", &proxy.token);
    let told = told(&trusting.decide(&question).await);
    assert_eq!(told[..2], ["ada%2C%20%C3%A9%25", "web"]);
    assert!(proxy.gateway.reads().all(|name| !name.starts_with("x-auth-")));
    assert_eq!(trusting.reads().filter(|name| name.starts_with("x-auth-")).count(), 4);
}

/// F131: a condition only reports; a rule, a path and a good credential are needed all the same.
#[tokio::test]
async fn report_only_is_for_conditions_alone() {
    let proxy = Proxy::new(Dialect::Nginx).await;
    let guard = Guard::new(proxy.world.authority.verifier()).report_only();
    let gateway = Gateway::new(guard, Rules::from_toml(RULES).unwrap(), Dialect::Nginx);
    for (target, token, status) in [
        ("/invoices/8", proxy.token.as_str(), 200),
        ("/invoices/%2A", &proxy.token, 200),
        ("/invoices/8", "Bearer junk", 401),
        ("/nowhere", &proxy.token, 403),
        ("/health/../invoices/8", &proxy.token, 403),
    ] {
        let question = RequestHead::new("GET", "/authorize")
            .header("x-original-method", "GET")
            .header("x-original-uri", target)
            .header("authorization", token);
        assert_eq!(gateway.decide(&question).await.status(), status, "{target}");
    }
    let nobody = RequestHead::new("GET", "/authorize")
        .header("x-original-method", "GET")
        .header("x-original-uri", "/invoices/8");
    Proxy::refused(&gateway.decide(&nobody).await, 401);
}

/// Each kind of condition, alone, for a caller who meets it and for one who does not.
#[tokio::test]
async fn each_condition_asks_for_what_it_names() {
    let world = World::new().await;
    let rules = r#"
        [[rule]]
        methods = ["GET"]
        path = "/role"
        require = { role = "ops" }
        [[rule]]
        methods = ["GET"]
        path = "/group"
        require = { group = "staff" }
        [[rule]]
        methods = ["GET"]
        path = "/client"
        require = { client = "web" }
        [[rule]]
        methods = ["GET"]
        path = "/not"
        require = { not = { role = "ops" } }
        [[rule]]
        methods = ["GET"]
        path = "/any/{id}"
        require = { any = [{ role = "ops" }, { permission = "page:{id}:read" }, { permission = "a:1:b" }] }
    "#;
    let guard = Guard::new(world.authority.verifier());
    let gateway = Gateway::new(guard, Rules::from_toml(rules).unwrap(), Dialect::Nginx);
    let scope = || "page:7:read".parse().unwrap();
    let ops = Grant::new("ada", scope()).client("web").roles(["ops", "x"]).groups(["staff", "y"]);
    let other =
        Grant::new("bob", "x:1:y".parse().unwrap()).client("app").roles(["x"]).groups(["y"]);
    for (grant, expected) in [(ops, [200, 200, 200, 403, 200]), (other, [403, 403, 403, 200, 403])]
    {
        let minted = world.authority.issue_access(grant).await.unwrap();
        let token = format!("Bearer {}", minted.access_token().expose_secret());
        for (target, status) in
            ["/role", "/group", "/client", "/not", "/any/7"].into_iter().zip(expected)
        {
            let question = RequestHead::new("GET", "/authorize")
                .header("x-original-method", "GET")
                .header("x-original-uri", target)
                .header("authorization", &token);
            let answer = gateway.decide(&question).await;
            assert_eq!(answer.status(), status, "{target}: {}", answer.body());
            let scope = answer.header("www-authenticate").and_then(|it| it.split_once("scope="));
            let helps = (target == "/any/7" && status == 403).then_some("\"page:7:read a:1:b\"");
            assert_eq!(scope.map(|(_, scope)| scope), helps, "{target}");
            let plain = answer.body().contains("the caller may not do this");
            assert_eq!(plain, status == 403 && helps.is_none(), "{}", answer.body());
            let names_scope = answer.body().contains(r#""scope":"#);
            assert_eq!(names_scope, helps.is_some(), "{}", answer.body());
        }
    }
}
