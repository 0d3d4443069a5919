//! The gateway behind a real nginx with the file we ship: spoofed identity, header injection and
//! path tricks. `HALLPASS_NGINX` names the program (`tests/servers/nginx` prints it); without it
//! the test is not run, and says so.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex},
};

use crate::process::{Process, Response, send};

/// The service behind the proxy: it writes down what arrives.
struct Service {
    address: String,
    arrived: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let arrived = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&arrived);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Some(head) = stream.ok().and_then(answer) else { continue };
                seen.lock().unwrap().push(head);
            }
        });
        Self { address, arrived }
    }

    fn arrived(&self) -> Vec<String> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }
}

fn answer(mut stream: TcpStream) -> Option<String> {
    let mut head = String::new();
    for line in BufReader::new(stream.try_clone().ok()?).lines() {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        head.push_str(&line);
        head.push('\n');
    }
    stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok").ok()?;
    Some(head)
}

struct Proxied {
    service: Service,
    gateway: Process,
    nginx: Process,
    _folder: tempfile::TempDir,
}

impl Proxied {
    fn start(nginx: &str) -> Self {
        let gateway = Process::example("gateway", &[]);
        let service = Service::start();
        let folder = tempfile::tempdir().unwrap();
        // A port that was free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let shipped = include_str!("../../examples/gateway/nginx.conf");
        let here = folder.path().join("nginx").display().to_string();
        let file = shipped
            .replace("127.0.0.1:9000", &gateway.address)
            .replace("127.0.0.1:9001", &service.address)
            .replace("127.0.0.1:8080", &free)
            .replace("/tmp/hallpass-gateway-nginx", &here);
        let path = folder.path().join("nginx.conf");
        std::fs::write(&path, file).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-c").arg(&path).args(["-g", "daemon off; master_process off;"]);
        let nginx = Process::server(command, &free);
        Self { service, gateway, nginx, _folder: folder }
    }

    fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        send(&self.nginx.address, &format!("GET {target}"), headers, "")
    }
}

fn nginx() -> Option<String> {
    let named = std::env::var("HALLPASS_NGINX").ok();
    if named.is_none() {
        eprintln!("not run: HALLPASS_NGINX does not name an nginx");
    }
    named
}

#[test]
fn nginx_lets_through_what_the_rules_allow_and_nothing_else() {
    let Some(nginx) = nginx() else { return };
    let proxied = Proxied::start(&nginx);
    let token = send(&proxied.gateway.address, "POST /login", &[], "").body;
    let bearer = format!("Bearer {token}");
    let authorization = ("Authorization", bearer.as_str());

    // Who it is arrives at the service, and nothing that the client said about it.
    let spoofed = [
        authorization,
        ("X-Auth-Subject", "root"),
        ("x-auth-groups", "root"),
        ("X-Auth-Groups", "admins"),
        ("X_Auth_Subject", "root"),
        ("X-Original-URI", "/health"),
        ("X-Original-Method", "OPTIONS"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Original-URL", "/admin"),
    ];
    assert_eq!(proxied.get("/invoices/7?full=1", &spoofed).status, 200);
    let arrived = proxied.service.arrived().concat();
    assert!(arrived.starts_with("GET /invoices/7?full=1 "), "{arrived}");
    for told in ["Subject: ada\n", "Client: web\n", "Groups: clerks\n"] {
        assert!(arrived.contains(&format!("X-Auth-{told}")), "{arrived}");
    }
    assert!(arrived.contains("X-Auth-Permissions: invoice:7:read report:*:read\n"), "{arrived}");
    for gone in ["root", "admins", "DELETE", "/admin"] {
        assert!(!arrived.contains(gone), "{gone}: {arrived}");
    }

    // On a public route nobody is anybody.
    let spoofed = [("X-Auth-Subject", "root"), ("X-Auth-Permissions", "*:*:*")];
    assert_eq!(proxied.get("/health", &spoofed).status, 200);
    let arrived = proxied.service.arrived().concat().to_lowercase();
    assert!(!arrived.contains("x-auth-"), "{arrived}");

    // Refusals keep their challenge.
    let missing = proxied.get("/invoices/7", &[]);
    assert_eq!(missing.status, 401);
    assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"invoices\""));
    let other = proxied.get("/invoices/8", &[authorization]);
    assert_eq!(other.status, 403);
    let challenge = other.header("www-authenticate").unwrap();
    assert!(challenge.contains("scope=\"invoice:8:read\""), "{challenge}");
    let two = [authorization, authorization];
    assert!([400, 401].contains(&proxied.get("/invoices/7", &two).status));
    assert_eq!(proxied.get("/invoices/7", &[("Authorization", "Bearer a b")]).status, 401);
    assert_eq!(proxied.service.arrived().len(), 0, "a refused request does not arrive");

    // Paths that somebody could read as another one.
    for trick in [
        "/health/../invoices/8",
        "/health/%2e%2e/invoices/8",
        "/health/..%2finvoices/8",
        "//invoices/8",
        "/health//",
        "/health;/../invoices/8",
        "/health/..;/invoices/8",
        "/invoices/7/../8",
        "/invoices/%2A",
        "/invoices/*",
        "/invoices/%FF",
        "/invoices/7%2F..%2F8",
        "/invoices%2F8",
        "/%69nvoices/8",
        "/healthy",
        "/health%00",
        "/health%0d%0aX-Auth-Subject:%20root",
        "/./health",
        "/HEALTH",
        "/nowhere",
        "/invoices/7\\..\\8",
        "http://service/invoices/8",
        "/health#/../invoices/8",
        "/health?/../..#/invoices/8#",
    ] {
        let status = proxied.get(trick, &[authorization]).status;
        let arrived = proxied.service.arrived();
        let is_harmless = match arrived.as_slice() {
            [] => [400, 401, 403].contains(&status),
            [one] => one.starts_with("GET /health?") || one.starts_with("GET /health "),
            _ => false,
        };
        assert!(is_harmless, "{trick}: {status} {arrived:?}");
    }

    // The gateway is gone: nothing passes, and the client is told to come back.
    let Proxied { service, gateway, nginx, _folder } = proxied;
    drop(gateway);
    let gone = send(&nginx.address, "GET /invoices/7", &[authorization], "");
    assert_eq!((gone.status, gone.header("retry-after")), (503, Some("1")));
    assert_eq!(service.arrived().len(), 0);
}
