//! A service behind a real proxy with the file we ship for it, and a gateway that the proxy asks.
//! `HALLPASS_NGINX`, `HALLPASS_TRAEFIK` and `HALLPASS_ENVOY` name the programs, which
//! `tests/servers/` finds.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use hallpass::web::gateway::Dialect;

use crate::process::{Process, Response, send};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxy {
    Nginx,
    Traefik,
    Envoy,
}

impl Proxy {
    /// The program, if the environment names one; says so where it does not.
    pub(crate) fn program(self) -> Option<String> {
        let name = match self {
            Self::Nginx => "HALLPASS_NGINX",
            Self::Traefik => "HALLPASS_TRAEFIK",
            Self::Envoy => "HALLPASS_ENVOY",
        };
        let named = std::env::var(name).ok().filter(|program| !program.is_empty());
        if named.is_none() {
            eprintln!("not run: {name} names no program");
        }
        named
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Envoy => "envoy",
        }
    }

    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Nginx => Dialect::Nginx,
            Self::Traefik => Dialect::Traefik,
            Self::Envoy => Dialect::Envoy { path_prefix: "/authorize".to_owned() },
        }
    }

    fn shipped(self) -> &'static str {
        match self {
            Self::Nginx => include_str!("../../examples/gateway/nginx.conf"),
            Self::Traefik => include_str!("../../examples/gateway/traefik.yml"),
            Self::Envoy => include_str!("../../examples/gateway/envoy.yaml"),
        }
    }

    fn command(self, program: &str, file: &Path, listen: &str) -> Command {
        let mut command = Command::new(program);
        match self {
            Self::Nginx => {
                command.arg("-c").arg(file).args(["-g", "daemon off; master_process off;"])
            }
            Self::Traefik => command
                .arg(format!("--entryPoints.web.address={listen}"))
                .arg(format!("--providers.file.filename={}", file.display()))
                .args(["--global.checkNewVersion=false", "--log.level=ERROR"]),
            Self::Envoy => command
                .arg("-c")
                .arg(file)
                .args(["--disable-hot-restart", "--concurrency", "1", "-l", "error"])
                .stderr(Stdio::inherit()),
        };
        command
    }
}

/// The service behind the proxy: it writes down what arrives.
pub(crate) struct Service {
    address: String,
    arrived: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let arrived = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&arrived);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let seen = Arc::clone(&seen);
                // A proxy may open a connection and keep it for later.
                thread::spawn(move || stream.ok().and_then(|stream| answer(stream, &seen)));
            }
        });
        Self { address, arrived }
    }

    /// The heads of the requests since the last call, header names in lower case.
    pub(crate) fn arrived(&self) -> Vec<String> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = String::new();
    for line in BufReader::new(stream.try_clone().ok()?).split(b'\n') {
        let line = String::from_utf8_lossy(&line.ok()?).trim_end_matches('\r').to_owned();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ").filter(|_| !head.is_empty()) {
            Some((name, value)) => {
                head.push_str(&format!("{}: {value}\n", name.to_ascii_lowercase()));
            }
            None => head.push_str(&format!("{line}\n")),
        }
    }
    if head.is_empty() {
        return None;
    }
    // Before the answer, after which the test looks.
    seen.lock().unwrap().push(head);
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").ok()
}

/// A proxy with a service behind it.
pub(crate) struct Proxied {
    pub(crate) service: Service,
    proxy: Process,
    _folder: tempfile::TempDir,
}

impl Proxied {
    /// Starts the proxy with the file we ship, its addresses replaced.
    pub(crate) fn start(proxy: Proxy, program: &str, gateway: &str) -> Self {
        let service = Service::start();
        let folder = tempfile::tempdir().unwrap();
        // A port that was free a moment ago, at a loopback address that no other test uses.
        let [.., high, low] = std::process::id().to_be_bytes();
        let here = (Ipv4Addr::new(127, 77, high, low), 0);
        let free = TcpListener::bind(here).unwrap().local_addr().unwrap();
        let temporary = folder.path().join("nginx").display().to_string();
        let mut file = proxy.shipped().replace("/tmp/hallpass-gateway-nginx", &temporary);
        let listen = free.to_string();
        for (shipped, address) in
            [("9000", gateway), ("9001", &*service.address), ("8080", &*listen)]
        {
            let (host, port) = address.split_once(':').unwrap();
            let before = file.clone();
            file = file.replace(&format!("127.0.0.1:{shipped}"), address).replace(
                &format!("address: 127.0.0.1, port_value: {shipped}"),
                &format!("address: {host}, port_value: {port}"),
            );
            // Where Traefik listens is not in its file.
            assert!(file != before || (proxy, shipped) == (Proxy::Traefik, "8080"), "{shipped}");
        }
        let path = folder.path().join("proxy.yaml");
        std::fs::write(&path, file).unwrap();
        let process = Process::server(proxy.command(program, &path, &listen), &listen);
        let proxied = Self { service, proxy: process, _folder: folder };
        // Some listen before they have read their file.
        for _ in 0..500 {
            if proxied.get("/health", &[]).status == 200 {
                proxied.service.arrived();
                return proxied;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{proxy:?} does not pass on what is public");
    }

    pub(crate) fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        self.send(&format!("GET {target}"), headers)
    }

    pub(crate) fn send(&self, line: &str, headers: &[(&str, &str)]) -> Response {
        send(&self.proxy.address, line, headers, "")
    }
}
