//! The examples, as processes that are talked to over HTTP.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::process::{Process, Response, send};

fn post(address: &str, path: &str, body: &serde_json::Value) -> Response {
    send(address, &format!("POST {path}"), &[], &body.to_string())
}

fn get(address: &str, path: &str, token: &str) -> Response {
    send(address, &format!("GET {path}"), &[("Authorization", &format!("Bearer {token}"))], "")
}

fn login(address: &str, user: &str) -> (String, String) {
    let answer = post(address, "/login", &json!({ "user": user, "password": "secret" }));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

/// What the curl session of both APIs shows.
fn walk(address: &str) {
    let wrong = post(address, "/login", &json!({ "user": "ada", "password": "wrong" }));
    assert_eq!((wrong.status, wrong.json()["error"].clone()), (400, json!("invalid_grant")));

    let (ada, refresh) = login(address, "ada");
    let (bob, _) = login(address, "bob");
    assert_eq!(get(address, "/invoices", &ada).json()["for"], "ada");
    assert_eq!(get(address, "/invoices/7", &bob).json()["invoice"], "7");
    let other = get(address, "/invoices/8", &bob);
    assert_eq!(other.status, 403);
    assert!(other.header("www-authenticate").unwrap().contains("scope=\"invoice:8:read\""));
    assert_eq!(send(address, "GET /invoices", &[], "").header("www-authenticate"), Some("Bearer"));
    assert_eq!(get(address, "/sessions?user=bob", &bob).status, 403);
    let sessions = get(address, "/sessions?user=bob", &ada).json();
    assert!(!sessions["sessions"].as_array().unwrap().is_empty());

    let bearer = format!("Bearer {ada}");
    let key = send(address, "POST /api-keys", &[("Authorization", &bearer)], "").json();
    let key = key["api_key"].as_str().unwrap().to_owned();
    let with_key = |line: &str| send(address, line, &[("X-API-Key", &key)], "").status;
    assert_eq!([with_key("GET /invoices"), with_key("POST /invoices/7")], [200, 403]);

    let next = post(address, "/refresh", &json!({ "refresh_token": refresh })).json();
    let next = next["refresh_token"].as_str().unwrap();
    assert_eq!(post(address, "/logout", &json!({ "refresh_token": next })).status, 204);
    // The very next request.
    assert_eq!(get(address, "/invoices", &ada).status, 401);
    let ended = post(address, "/refresh", &json!({ "refresh_token": next }));
    assert_eq!((ended.status, ended.json()["error"].clone()), (400, json!("invalid_grant")));
    assert_eq!(get(address, "/invoices/7", &bob).status, 200, "another session lives");
}

/// Types the session of the header into a shell, and looks for the statuses it promises: what
/// follows a `#`.
fn type_session(name: &str, source: &str) {
    let process = Process::example(name, &[]);
    let commands = source.lines().filter_map(|line| line.strip_prefix("//! $ "));
    // It runs already.
    let commands: Vec<_> = commands.filter(|line| !line.starts_with("cargo run ")).collect();
    let shown =
        source.lines().find_map(|line| line.strip_prefix("//! listening on http://127.0.0.1:"));
    let shown = format!("localhost:{}", shown.unwrap());
    let script = commands.join("\nprintf '\\n==\\n'\n").replace(&shown, &process.address);
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = output.split("\n==\n").collect();
    assert_eq!(answers.len(), commands.len(), "{output}");
    let mut promised = 0;
    for (command, answer) in commands.iter().zip(answers) {
        let Some((_, said)) = command.split_once(" # ") else { continue };
        let Some(status) = said.get(..3).filter(|text| text.parse::<u16>().is_ok()) else {
            continue;
        };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{command}\n{answer}");
        promised += 1;
    }
    assert!(promised >= 3, "{source}");
}

#[test]
fn axum_api_works_as_its_header_says() {
    type_session("axum_api", include_str!("../../examples/axum_api.rs"));
    walk(&Process::example("axum_api", &[]).address);
}

#[test]
fn actix_api_works_as_its_header_says() {
    type_session("actix_api", include_str!("../../examples/actix_api.rs"));
    walk(&Process::example("actix_api", &[]).address);
}

/// Logout ends access in a second process on the same store within a second.
#[test]
fn logout_reaches_a_second_process_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.db").display().to_string();
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/keys/ed25519.pkcs8.pem");
    let secret = "c29tZSBzZWNyZXQgb2YgMzIgYnl0ZXMgZm9yIHRlc3Q=";
    let variables =
        [("TOKENS_DB", file.as_str()), ("SIGNING_KEY", key), ("HALLPASS_SECRET", secret)];
    let [one, two] = [(); 2].map(|()| Process::example("axum_api", &variables));
    let (access, refresh) = login(&one.address, "ada");
    assert_eq!(get(&two.address, "/invoices", &access).status, 200);
    assert_eq!(post(&one.address, "/logout", &json!({ "refresh_token": refresh })).status, 204);
    assert_eq!(get(&one.address, "/invoices", &access).status, 401, "in the same process at once");
    let began = Instant::now();
    while get(&two.address, "/invoices", &access).status != 401 {
        assert!(began.elapsed() < Duration::from_secs(1), "in the second process within a second");
        std::thread::sleep(Duration::from_millis(20));
    }
    eprintln!("the second process refused after {:?}", began.elapsed());
}

#[test]
fn old_and_new_tokens_work_side_by_side() {
    let source = include_str!("../../examples/migrate_from_jsonwebtoken.rs");
    type_session("migrate_from_jsonwebtoken", source);
    let Process { address, .. } = &Process::example("migrate_from_jsonwebtoken", &[]);
    let old = send(address, "GET /old-login", &[], "").body;
    let new = send(address, "GET /login", &[], "").json();
    for token in [&*old, new["access_token"].as_str().unwrap()] {
        assert_eq!(get(address, "/me", token).body, "ada may invoice:*:read");
    }
    let (head, _) = old.rsplit_once('.').unwrap();
    assert_eq!(get(address, "/me", &format!("{head}.AAAA")).status, 401);
}

/// The curl session of the authorization server, with the browser's part in the middle.
#[test]
fn the_authorization_server_gives_tokens() {
    let process = Process::example("oauth_server", &[]);
    let address = process.address.as_str();
    let metadata = send(address, "GET /.well-known/openid-configuration", &[], "").json();
    assert_eq!(metadata["token_endpoint"], format!("http://{address}/token"));

    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let secret = "client_id=partner&client_secret=an-example-secret-0123456789-abcdefghij";
    let token = |body: &str| send(address, "POST /token", &[form], &format!("{body}&{secret}"));
    let own = token("grant_type=client_credentials&scope=invoice:7:read");
    assert_eq!((own.status, &own.json()["scope"]), (200, &json!("invoice:7:read")), "{own:?}");

    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let asked = format!(
        "GET /authorize?response_type=code&client_id=partner&scope=openid+invoice:7:read&state=1\
         &code_challenge={challenge}&code_challenge_method=S256"
    );
    let page = send(address, &asked, &[], "");
    let (_, rest) = page.body.split_once("name=\"ticket\" value=\"").unwrap();
    let ticket = rest.split('"').next().unwrap();
    let decision = format!("ticket={ticket}&decision=allow");
    let sent = send(address, "POST /authorize/decision", &[form], &decision);
    let location = sent.header("location").unwrap();
    let (_, code) = location.split_once("code=").unwrap();
    let code = code.split('&').next().unwrap();
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let body = format!("grant_type=authorization_code&code={code}&code_verifier={verifier}");
    let tokens = token(&body);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    assert!(tokens.json()["id_token"].is_string());
    assert_eq!(token(&body).json()["error"], "invalid_grant", "a code works once");
}
