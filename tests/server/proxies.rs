//! A service behind a proxy that asks the example auth_server, with the files that ship for the
//! gateway and the two changes that docs/deploy.md names.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::process::{Config, Process, free_address};

/// Says under `X-Auth-Subject` who calls.
fn service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<_> =
                    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let header = |line: &String| line.to_lowercase().starts_with("x-auth-subject:");
                let who = head.into_iter().filter(header).collect::<Vec<_>>().join("|");
                let length = who.len();
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length";
                let _ = write!(stream, "{head}: {length}\r\n\r\n{who}");
            });
        }
    });
    address
}

/// The status, and the body.
fn get(address: &str, headers: &[&str]) -> (String, String) {
    let mut curl = Command::new("curl");
    let _ = curl.args(["-s", "-w", "\n%{http_code}", &format!("http://{address}/reports/2026")]);
    for header in headers {
        let _ = curl.args(["-H", header]);
    }
    let told = String::from_utf8(curl.output().unwrap().stdout).unwrap();
    let (body, status) = told.rsplit_once('\n').unwrap();
    (status.to_owned(), body.to_owned())
}

fn asks(dialect: &str, shipped: &str, start: impl Fn(&str, &std::path::Path) -> Command) {
    let config = Config::new(&[("dialect = \"nginx\"", &format!("dialect = \"{dialect}\""))]);
    let _server = config.start();
    let key = config.command().args(["--api-key", "nightly-report", "report:*:read"]).output();
    let key = String::from_utf8(key.unwrap().stdout).unwrap();

    let (listen, service) = (free_address(), service());
    let server = config.issuer.strip_prefix("http://").unwrap();
    let port = |address: &str| address.rsplit_once(':').unwrap().1.to_owned();
    let mut file = shipped.to_owned();
    for (from, to) in [
        // Where it asks, and for which scope: what docs/deploy.md says.
        ("gateway/authorize", "gateway/forward-auth/reports"),
        ("9000/authorize", "9000/forward-auth/reports"),
        ("path_prefix: /authorize", "path_prefix: /forward-auth/reports"),
        ("127.0.0.1:9000", server),
        ("port_value: 9000", &format!("port_value: {}", port(server))),
        ("127.0.0.1:9001", &service),
        ("port_value: 9001", &format!("port_value: {}", port(&service))),
        ("127.0.0.1:8080", &listen),
        ("port_value: 8080", &format!("port_value: {}", port(&listen))),
        ("/tmp/hallpass-gateway-nginx", config.dir.path().join("nginx").to_str().unwrap()),
    ] {
        file = file.replace(from, to);
    }
    let path = config.dir.path().join("proxy.yaml");
    std::fs::write(&path, file).unwrap();
    let _proxy = Process::started(start(&listen, &path).stdout(Stdio::null()));

    let began = Instant::now();
    while get(&listen, &[]).0 != "401" {
        assert!(began.elapsed() < Duration::from_secs(60), "{dialect} does not ask");
        thread::sleep(Duration::from_millis(50));
    }
    let bearer = format!("Authorization: Bearer {}", key.trim());
    let (status, who) = get(&listen, &[&bearer, "X-Auth-Subject: user-ada"]);
    assert_eq!(status, "200", "{dialect}");
    assert_eq!(who.to_lowercase(), "x-auth-subject: nightly-report", "{dialect}");
    assert_eq!(get(&listen, &["Authorization: Bearer junk"]).0, "401", "{dialect}");
}

fn program(name: &str) -> Option<String> {
    let named = std::env::var(name).ok().filter(|program| !program.is_empty());
    if named.is_none() {
        eprintln!("not run: {name} names no program");
    }
    named
}

#[test]
fn nginx_asks_before_it_lets_through() {
    let Some(program) = program("HALLPASS_NGINX") else { return };
    asks("nginx", include_str!("../../examples/gateway/nginx.conf"), |_, file| {
        let mut command = Command::new(&program);
        let _ = command.arg("-c").arg(file).args(["-g", "daemon off; master_process off;"]);
        command
    });
}

#[test]
fn traefik_asks_before_it_lets_through() {
    let Some(program) = program("HALLPASS_TRAEFIK") else { return };
    asks("traefik", include_str!("../../examples/gateway/traefik.yml"), |listen, file| {
        let mut command = Command::new(&program);
        let _ = command
            .arg(format!("--entryPoints.web.address={listen}"))
            .arg(format!("--providers.file.filename={}", file.display()))
            .args(["--global.checkNewVersion=false", "--log.level=ERROR"]);
        command
    });
}

#[test]
fn envoy_asks_before_it_lets_through() {
    let Some(program) = program("HALLPASS_ENVOY") else { return };
    asks("envoy", include_str!("../../examples/gateway/envoy.yaml"), |_, file| {
        let mut command = Command::new(&program);
        let _ = command.arg("-c").arg(file);
        let _ = command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "error"]);
        command
    });
}
