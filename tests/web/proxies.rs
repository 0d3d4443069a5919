//! The gateway behind real proxies with the files we ship: spoofed identity, header injection and
//! path tricks.

use hallpass::{
    Authority, Grant,
    testing::TestAuthority,
    web::gateway::{Gateway, Rules},
};

use crate::{
    process::{Process, send},
    proxied::{Proxied, Proxy},
};

#[test]
fn nginx_lets_through_what_the_rules_allow_and_nothing_else() {
    lets_through_what_the_rules_allow(Proxy::Nginx);
}

#[test]
fn traefik_lets_through_what_the_rules_allow_and_nothing_else() {
    lets_through_what_the_rules_allow(Proxy::Traefik);
}

#[test]
fn envoy_lets_through_what_the_rules_allow_and_nothing_else() {
    lets_through_what_the_rules_allow(Proxy::Envoy);
}

fn lets_through_what_the_rules_allow(proxy: Proxy) {
    let Some(program) = proxy.program() else { return };
    let gateway = Process::example("gateway", &[("PROXY", proxy.name())]);
    let proxied = Proxied::start(proxy, &program, &gateway.address);
    let token = send(&gateway.address, "POST /login", &[], "").body;
    let bearer = format!("Bearer {token}");
    let authorization = ("Authorization", bearer.as_str());
    identity_comes_from_the_gateway_alone(&proxied, authorization);
    refusals_reach_the_client(&proxied, authorization);
    paths_are_not_what_they_seem(&proxied, authorization);

    // The gateway is gone: nothing passes, and the client is told to come back.
    drop(gateway);
    let gone = proxied.get("/invoices/7", &[authorization]);
    let expected = if proxy == Proxy::Traefik { 500 } else { 503 };
    assert_eq!(gone.status, expected, "{gone:?}");
    if proxy == Proxy::Nginx {
        assert_eq!(gone.header("retry-after"), Some("1"));
    }
    assert_eq!(proxied.service.arrived().len(), 0);
}

/// Every spelling of an identity header that a service might read as ours.
const SPOOFED: [(&str, &str); 10] = [
    ("X-Auth-Subject", "root"),
    ("x-auth-subject", "root"),
    ("X-AUTH-GROUPS", "root"),
    ("X-Auth-Groups", "admins"),
    ("X_Auth_Subject", "root"),
    ("X-Auth_Subject", "root"),
    ("x_auth-groups", "root"),
    ("X_AUTH_PERMISSIONS", "*:*:*"),
    ("X-Auth-Permissions", "*:*:*"),
    ("X-Auth-Client", "root"),
];

fn identity_comes_from_the_gateway_alone(proxied: &Proxied, authorization: (&str, &str)) {
    let mut headers = SPOOFED.to_vec();
    headers.extend([
        authorization,
        ("X-Original-URI", "/health"),
        ("X-Original-Method", "OPTIONS"),
        ("X-Forwarded-Uri", "/health"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite-URL", "/admin"),
    ]);
    let passed = proxied.get("/invoices/7?full=1", &headers);
    assert_eq!(passed.status, 200, "{passed:?}");
    let arrived = proxied.service.arrived().concat();
    assert!(arrived.starts_with("GET /invoices/7?full=1 "), "{arrived}");
    for told in [
        "subject: ada\n",
        "client: web\n",
        "groups: clerks\n",
        "permissions: invoice:7:read report:*:read\n",
    ] {
        let told = format!("x-auth-{told}");
        assert_eq!(arrived.matches(&told).count(), 1, "{told}: {arrived}");
    }
    for gone in ["root", "admins", "*:*:*", "DELETE", "/admin"] {
        assert!(!arrived.contains(gone), "{gone}: {arrived}");
    }

    // Where nobody is anybody, nobody can say who they are: no header, or an empty one.
    for target in ["/health", "/catalogue"] {
        assert_eq!(proxied.get(target, &SPOOFED).status, 200);
        let arrived = proxied.service.arrived().concat();
        let told = arrived.lines().filter(|line| line.replace('_', "-").starts_with("x-auth-"));
        let told: Vec<_> = told.filter(|line| !line.ends_with(": ")).collect();
        assert!(told.is_empty(), "{told:?}");
    }

    // Headers that shall not be passed on (RFC 9110 §7.6.1): the client's way to take one of ours
    // away, or those that say what is asked about.
    for named in [
        "close, X-Auth-Subject, X-Auth-Groups",
        "close, X-Forwarded-Uri, X-Forwarded-Method",
        "close, X-Original-URI, X-Original-Method",
    ] {
        let mut headers = SPOOFED.to_vec();
        headers.extend([authorization, ("Connection", named)]);
        let status = proxied.get("/invoices/8", &headers).status;
        assert!((400..500).contains(&status), "{named}: {status}");
        assert_eq!(proxied.service.arrived().len(), 0);
        proxied.get("/invoices/7", &headers);
        let arrived = proxied.service.arrived().concat();
        assert!(!arrived.contains("root") && !arrived.contains("admins"), "{named}: {arrived}");
    }
}

fn refusals_reach_the_client(proxied: &Proxied, authorization: (&str, &str)) {
    let missing = proxied.get("/invoices/7", &[]);
    assert_eq!(missing.status, 401);
    assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"invoices\""));
    let challenges = missing.head.to_lowercase().matches("www-authenticate").count();
    assert_eq!((challenges, missing.header("cache-control")), (1, Some("no-store")), "{missing:?}");
    assert!(missing.json()["error"].is_string(), "{missing:?}");
    let other = proxied.get("/invoices/8", &[authorization]);
    assert_eq!(other.status, 403);
    let challenge = other.header("www-authenticate").unwrap();
    assert!(challenge.contains("scope=\"invoice:8:read\""), "{challenge}");
    let two = [authorization, authorization];
    assert!([400, 401].contains(&proxied.get("/invoices/7", &two).status));
    assert_eq!(proxied.get("/invoices/7", &[("Authorization", "Bearer a b")]).status, 401);
    // Another method is another request.
    for line in ["DELETE /invoices/7", "PUT /invoices/7", "get /invoices/7", "POST /health"] {
        let status = proxied.send(line, &[authorization]).status;
        assert!((400..500).contains(&status), "{line}: {status}");
    }
    assert_eq!(proxied.service.arrived().len(), 0, "a refused request does not arrive");
}

/// Paths that somebody could read as another one.
fn paths_are_not_what_they_seem(proxied: &Proxied, authorization: (&str, &str)) {
    for trick in [
        "/health/../invoices/8",
        "/health/%2e%2e/invoices/8",
        "/health/%252e%252e/invoices/8",
        "/health/..%2finvoices/8",
        "/health/..%5cinvoices/8",
        "//invoices/8",
        "/health//",
        "/health;/../invoices/8",
        "/health/..;/invoices/8",
        "/invoices/7/../8",
        "/invoices/7/%2e%2e/8",
        "/invoices/%2A",
        "/invoices/*",
        "/invoices/%FF",
        "/invoices/7%2F..%2F8",
        "/invoices%2F8",
        "/invoices/8%00",
        "/invoices/8?x=/invoices/7",
        "/%69nvoices/8",
        "/healthy",
        "/health%00",
        "/health%0d%0aX-Auth-Subject:%20root",
        "/./health",
        "/HEALTH",
        "/nowhere",
        "/",
        "/invoices/7\\..\\8",
        "http://service/invoices/8",
        "http://service/health/../invoices/8",
        "/health#/../invoices/8",
        "/health?/../..#/invoices/8#",
        "*",
    ] {
        let status = proxied.get(trick, &[authorization]).status;
        let arrived = proxied.service.arrived();
        let is_harmless = match arrived.as_slice() {
            [] => (400..500).contains(&status),
            [one] => one.starts_with("GET /health?") || one.starts_with("GET /health "),
            _ => false,
        };
        assert!(is_harmless, "{trick}: {status} {arrived:?}");
    }
}

/// What an identity may hold, and what arrives of it.
const ODD: [(&str, &str); 7] = [
    ("ada, \"the\" first", "ada%2C%20%22the%22%20first"),
    ("\u{e9}\u{1f511}\u{2028}", "%C3%A9%F0%9F%94%91%E2%80%A8"),
    ("a%0d%0aX-Auth-Groups: root", "a%250d%250aX-Auth-Groups:%20root"),
    ("a;b=c\\d", "a%3Bb%3Dc%5Cd"),
    (" ada ", "%20ada%20"),
    ("$auth_groups ${HOME}", "%24auth_groups%20%24%7BHOME%7D"),
    ("%DOWNSTREAM_REMOTE_ADDRESS% {{.}}", "%25DOWNSTREAM_REMOTE_ADDRESS%25%20%7B%7B.%7D%7D"),
];

#[test]
fn no_identity_leaves_its_header_through_nginx() {
    odd_identities_stay_in_their_headers(Proxy::Nginx);
}

#[test]
fn no_identity_leaves_its_header_through_traefik() {
    odd_identities_stay_in_their_headers(Proxy::Traefik);
}

#[test]
fn no_identity_leaves_its_header_through_envoy() {
    odd_identities_stay_in_their_headers(Proxy::Envoy);
}

fn odd_identities_stay_in_their_headers(proxy: Proxy) {
    let Some(program) = proxy.program() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let auth = TestAuthority::new();
    let rules = Rules::from_toml(include_str!("../../examples/gateway/rules.toml")).unwrap();
    let gateway = Gateway::new(auth.guard(), rules, proxy.dialect());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = axum::Router::new().fallback_service(gateway);
    runtime.spawn(async move { axum::serve(listener, router).await });
    let proxied = Proxied::start(proxy, &program, &address);
    for (odd, told) in ODD {
        // A group may hold what a subject may not: a line break.
        let groups = [odd.to_owned(), format!("{odd}\r\nX-Auth-Client: root\r\n\r\n\0")];
        let authority: &Authority = auth.authority();
        let grant = Grant::new(odd, "invoice:7:read".parse().unwrap())
            .groups(groups.iter().map(String::as_str));
        let minted = runtime.block_on(authority.issue_access(grant.client("web"))).unwrap();
        let bearer = format!("Bearer {}", minted.access_token().expose_secret());
        let answer = proxied.get("/account", &[("Authorization", &bearer)]);
        assert_eq!(answer.status, 200, "{odd:?}");
        let arrived = proxied.service.arrived().concat();
        let groups = format!("{told},{told}%0D%0AX-Auth-Client:%20root%0D%0A%0D%0A%00");
        for line in [
            format!("\nx-auth-subject: {told}\n"),
            format!("\nx-auth-groups: {groups}\n"),
            "\nx-auth-client: web\n".to_owned(),
        ] {
            assert!(arrived.contains(&line), "{line:?} {arrived}");
        }
        let ours = arrived.lines().filter(|line| line.starts_with("x-auth-")).count();
        assert_eq!(ours, 4, "{arrived}");
    }
}
