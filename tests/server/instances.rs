//! Two instances on one PostgreSQL behind nginx, with the files that docs/deploy.md gives: they
//! work as one, and lose nothing when one is killed or both are started anew.

use std::{fs, path::Path, process::Command};

use crate::process::{Config, Process, example, free_address, node, set_up};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/auth_server/deploy");

/// A certificate for this machine, which nobody else believes.
fn certificate(folder: &Path) -> (String, String) {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("tls.pem"), path("tls.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext"])
        .args(["subjectAltName=IP:127.0.0.1", "-out", &certificate, "-keyout", &key])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

/// nginx with the file of the documentation, at other addresses.
fn nginx(folder: &Path, listen: &str, instances: [&str; 2], tls: (&str, &str)) -> Process {
    let mut text = fs::read_to_string(format!("{DEPLOY}/nginx.conf")).unwrap();
    for (from, to) in [
        ("127.0.0.1:8401", instances[0]),
        ("127.0.0.1:8402", instances[1]),
        ("listen 443 ssl;", &format!("listen {listen} ssl;")),
        ("/etc/ssl/auth.example.com.pem", tls.0),
        ("/etc/ssl/auth.example.com.key", tls.1),
    ] {
        assert!(text.contains(from), "the file has no `{from}`");
        text = text.replace(from, to);
    }
    let temporary = folder.display();
    let around = format!(
        "daemon off; pid {temporary}/nginx.pid; error_log stderr error; worker_processes 1;\n\
         events {{}}\nhttp {{\n{}\n{text}\n}}\n",
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {temporary}/{kind};"))
            .join("\n"),
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, around).unwrap();
    let mut command = Command::new(set_up("HALLPASS_NGINX"));
    Process::started(command.arg("-c").arg(file).arg("-p").arg(folder))
}

/// A database of its own, since the secret that seals what is in it is this test's own, too.
fn database() -> String {
    let server = set_up("HALLPASS_TEST_POSTGRES");
    let name = format!("auth_server_{}", std::process::id());
    let create = format!("create database {name}");
    let made = Command::new("psql").args([&server, "-qc", &create]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (address, _) = server.rsplit_once('/').unwrap();
    format!("{address}/{name}")
}

#[test]
fn two_instances_on_one_postgresql_behind_nginx_work_as_one() {
    let (listen, a, b) = (free_address(), free_address(), free_address());
    let store = database();
    let secure = format!("https://{listen}");
    let config = Config::new(&[
        ("store = \"sqlite:auth.db\"", &format!("store = \"{store}\"")),
        ("# peer_header = \"X-Real-IP\"", "peer_header = \"X-Real-IP\""),
    ]);
    let text = fs::read_to_string(&config.file).unwrap().replace(&config.issuer, &secure);
    fs::write(&config.file, text).unwrap();
    let (certificate, key) = certificate(config.dir.path());
    let _nginx = nginx(config.dir.path(), &listen, [&a, &b], (&certificate, &key));
    let program = example("auth_server");
    let arguments = [program.to_str().unwrap(), config.file.to_str().unwrap(), &secure, &a, &b];
    // The script is a browser and an application: it believes the certificate.
    let script = format!("{}/instances.mjs", set_up("HALLPASS_NODE"));
    let mut run = Command::new("node");
    let _ = run.env("NODE_EXTRA_CA_CERTS", &certificate).arg(script).args(arguments);
    crate::process::ends_well(&mut run);
}

/// The unit starts this program with these options, and reloads it as it wants to be reloaded.
#[test]
fn the_systemd_unit_starts_the_program() {
    let unit = fs::read_to_string(format!("{DEPLOY}/auth_server.service")).unwrap();
    let config = Config::new(&[]);
    let (listen, file) = (free_address(), config.file.to_str().unwrap());
    let line = |name: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
        line.replace("/usr/local/bin/auth_server", example("auth_server").to_str().unwrap())
            .replace("/etc/auth_server/auth_server.toml", file)
            .replace("127.0.0.1:8401", &listen)
    };
    let command = |line: &str| {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let _ = command.args(words);
        command
    };
    assert!(command(&line("ExecStartPre")).output().unwrap().status.success());
    let server = Process::listening(&mut command(&line("ExecStart")));
    let reload = line("ExecReload").replace("$MAINPID", &server.id());
    assert!(command(&reload).output().unwrap().status.success());
    assert!(std::net::TcpStream::connect(&listen).is_ok(), "SIGHUP ended it");
    if let Ok(verify) = Command::new("systemd-analyze")
        .args(["verify", "--recursive-errors=no", &format!("{DEPLOY}/auth_server.service")])
        .output()
    {
        let told = String::from_utf8_lossy(&verify.stderr);
        let ours: Vec<_> = told
            .lines()
            .filter(|line| line.contains("auth_server.service") && !line.contains("not executable"))
            .collect();
        assert!(ours.is_empty(), "{ours:#?}");
    }
}

#[test]
fn a_restart_loses_nothing_on_sqlite_either() {
    let config = Config::new(&[]);
    let address = config.issuer.replace("http://", "");
    let program = example("auth_server");
    node(
        "restart.mjs",
        &[program.to_str().unwrap(), config.file.to_str().unwrap(), &config.issuer, &address],
    );
}
