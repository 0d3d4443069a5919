//! Every mistake in the configuration is told with its line, its key and what was expected, and
//! the server does not start.

use std::{fs, process::Command};

use crate::process::{DEMO, example};

/// What is written instead of what, with `#!` in the line that is wrong; the key; what is said.
struct Case(&'static str, &'static str, &'static str, &'static str);

const LISTEN: &str = "listen = \"127.0.0.1:8400\"";
const ISSUER: &str = "issuer = \"http://127.0.0.1:8400\"";
const STORE: &str = "store = \"sqlite:auth.db\"";
const MASTER: &str = "master_secret = { file = \"master.secret\", create = true }";
const MANAGED: &str = "managed = \"ES256\"       # or EdDSA, ES384\nlead = \"10m\"            # how long a key is published before it signs; 0s is allowed\nrotate_every = \"30d\"    # without it, at SIGHUP only\n";
const EXPORT: &str = "secret = \"demo-secret-of-chat-export-change-me\"";
const REDIRECT: &str = "redirect_uris = [\"http://127.0.0.1:8500/callback\"]";
const CEILING: &str = "scope = \"openid offline_access chat:*:list chat:*:read\"\n\n[[client]]";
const NAME: &str = "name = \"ada\"";

#[rustfmt::skip]
const CASES: &[Case] = &[
    // The file as such.
    Case(LISTEN, "listen = 127.0.0.1:8400 #!", "", "this is not TOML: "),
    Case(LISTEN, "listen = \"127.0.0.1:8400\"\nlisten = \"127.0.0.1:8400\" #!", "", "this is not TOML: duplicate key"),
    Case(ISSUER, "issuer = \"http://127.0.0.1:8400\"\nisuer = \"x\" #!", "isuer", "is not a key here; expected one of listen, issuer, name"),
    // The server.
    Case(LISTEN, "", "listen", "is missing; expected an address and a port such as `127.0.0.1:8400`"),
    Case(LISTEN, "listen = \"localhost\" #!", "listen", "expected an address and a port such as `127.0.0.1:8400`, found `localhost`: "),
    Case(LISTEN, "listen = 8400 #!", "listen", "expected an address and a port such as `127.0.0.1:8400`, found an integer"),
    Case(ISSUER, "", "issuer", "is missing; "),
    Case(ISSUER, "issuer = \"http://auth.example.com\" #!", "issuer", "expected the address of this server as others reach it, found `http://auth.example.com`: an issuer begins with `https://`"),
    Case(ISSUER, "issuer = \"http://127.0.0.1:8400/\" #!", "issuer", "expected the address of this server as others reach it, found `http://127.0.0.1:8400/`: it ends with `/`"),
    Case(STORE, "store = \"mysql://root:hunter2@db\" #!", "store", "expected `sqlite:PATH`, `postgres://…` or `redis://…`"),
    Case(STORE, "store = \"memory:\" #!", "store", "a store in memory forgets at every restart; "),
    Case(STORE, "store = \"sqlite:\" #!", "store", "expected a file: `sqlite:PATH`, without options"),
    Case(MASTER, "", "master_secret", "is missing; expected `{ env = \"NAME\" }` or `{ file = \"PATH\" }`"),
    Case(MASTER, "master_secret = \"hunter2\" #!", "master_secret", "expected a table"),
    Case(MASTER, "master_secret = { create = true } #!", "master_secret", "expected either of them: "),
    Case(MASTER, "master_secret = { env = \"HALLPASS_NOT_SET\" } #!", "master_secret.env", "the environment variable `HALLPASS_NOT_SET` is not set; "),
    Case(MASTER, "master_secret = { file = \"no-such-file\" } #!", "master_secret.file", "the file `"),
    Case(MASTER, "master_secret = { file = \"/dev/null\" } #!", "master_secret.file", "the master secret is not 32 bytes in base64, base64url or hex; "),
    Case("audiences = [\"http://127.0.0.1:8400/api\"]", "audiences = [] #!", "audiences", "expected the addresses of the services that tokens are for"),
    Case("audiences = [\"http://127.0.0.1:8400/api\"]", "audiences = [\"the api\"] #!", "audiences[0]", "expected an audience, found `the api`: it is no absolute address without a fragment"),
    Case("# peer_header = \"X-Real-IP\"", "peer_header = \"X Real IP\" #!", "peer_header", "expected the name of a header, found `X Real IP`: it is none"),
    // Keys and lifetimes.
    Case(MANAGED, "managed = \"RS256\" #!", "keys.managed", "RS256 keys are not generated here; make one with `openssl genpkey"),
    Case(MANAGED, "managed = \"HS256\" #!", "keys.managed", "expected `ES256`, `ES384`, `EdDSA`, or with `files` one of `RS256` to `PS512`, found `HS256`: its keys cannot be published"),
    Case(MANAGED, "managed = \"none\" #!", "keys.managed", "expected `ES256`, "),
    Case(MANAGED, "managed = \"ES256\"\nlead = \"ten minutes\" #!", "keys.lead", "expected a time span such as `30s`, `10m`, `12h` or `90d`, found `ten minutes`: it is none"),
    Case(MANAGED, "managed = \"ES256\"\nfiles = [\"chats.json\"]", "keys", "expected either of them: "),
    Case(MANAGED, "files = [\"chats.json\"] #!\nalgorithm = \"ES256\"", "keys.files[0]", "expected a private key for ES256: "),
    Case(MANAGED, "files = [\"no-such.pem\"] #!\nalgorithm = \"ES256\"", "keys.files[0]", "the file `"),
    Case("access_token = \"10m\"    # at most 24h", "access_token = \"25h\" #!", "lifetimes.access_token", "expected from `1s` to `24h`"),
    Case("idle = \"14d\" ", "idle = \"91d\" #!", "lifetimes.idle", "expected at most what `lifetimes.session` is"),
    Case("attempts = 10", "attempts = 0 #!", "sign_in_limit.attempts", "expected a whole number from 1 to 10000"),
    // Scopes.
    Case("name = \"chat:*:list\"", "name = \"chat:*:list chat:*:read\" #!", "scope[2].name", "expected one permission or word, found `chat:*:list chat:*:read`: it has 2 items"),
    Case("name = \"chat:*:list\"", "name = \"chat:*:read\"", "scope[3].name", "`chat:*:read` is described twice"),
    Case("says = \"See the list of your chats\"", "says = \" \" #!", "scope[2].says", "expected what it lets an application do, in plain words"),
    Case("one = \"Read your chat {id}\"", "one = \"Read one chat\" #!", "scope[3].one", "expected a text with `{id}` in it"),
    // Clients.
    Case("id = \"chat-phone\"", "id = \"chat-export\" #!", "client[1].id", "the client `chat-export` is there twice, or is this server's own"),
    Case("id = \"chat-phone\"", "id = \"sign-in\" #!", "client[1].id", "the client `sign-in` is there twice, or is this server's own"),
    Case(EXPORT, "secret = \"hunter2\" #!", "client[0].secret", "expected a secret of at least 32 visible ASCII characters; "),
    Case(EXPORT, "secret_env = \"HALLPASS_NOT_SET\" #!", "client[0].secret_env", "the secret cannot be read: "),
    Case(EXPORT, "jwks = \"chats.json\" #!", "client[0].jwks", "expected a file with a JWK set; "),
    Case("[[client]]\nid = \"chat-export\"", "[[client]] #!\npublic = true\nid = \"chat-export\"", "client[0]", "a public client has no `secret` and no `jwks`"),
    Case(EXPORT, "", "client[0]", "expected how it proves itself, one of `secret`, "),
    Case(REDIRECT, "redirect_uris = [\"http://evil.example/cb\"] #!", "client[0].redirect_uris[0]", "expected an address to send people back to, found `http://evil.example/cb`: "),
    Case(REDIRECT, "redirect_uris = [\"https://a.example/#x\"] #!", "client[0].redirect_uris[0]", "expected an address to send people back to, found `https://a.example/#x`: "),
    Case(REDIRECT, "redirect_uris = [\"javascript:alert(1)\"] #!", "client[0].redirect_uris[0]", "expected an address to send people back to, "),
    Case(REDIRECT, "redirect_uris = [\"http://localhost/cb\"] #!", "client[0].redirect_uris[0]", "expected an address to send people back to, "),
    Case("[[client]]\nid = \"chat-phone\"", "[[client]] #!\nid = \"chat-phone\"\nmay_introspect = true", "client[1]", ""),
    Case("name = \"Chatter for phones\"", "name = \"\"", "client[1]", ""),
    Case("grants = [\"client_credentials\"]", "grants = [\"password\"] #!", "client[2].grants[0]", "expected `authorization_code`, `refresh_token` or `client_credentials`, found `password`: RFC 9700 forbids it"),
    Case("grants = [\"client_credentials\"]", "grants = [\"authorization_code\"] #!", "client[2].grants[0]", "`authorization_code` needs `redirect_uris`"),
    Case(CEILING, "scope = \"openid invoice:*:read\" #!\n\n[[client]]", "client[0].scope", "no `[[scope]]` says what `invoice:*:read` means"),
    Case(CEILING, "scope = \"chat:**\" #!\n\n[[client]]", "client[0].scope", "expected a scope such as `chat:*:read offline_access`, found `chat:**`: "),
    Case("default_scope = \"report:*:read\"", "default_scope = \"chat:*:read\" #!", "client[2].default_scope", "expected at most what `scope` is"),
    Case("may_introspect = true", "may_introspect = \"yes\" #!", "client[3].may_introspect", "expected `true` or `false`"),
    Case("may_introspect = true", "audiences = [\"https://b.example\"] #!", "client[3].audiences[0]", "expected one of the `audiences` at the top of the file"),
    // Users.
    Case(NAME, "name = \"grace\"", "user[1].name", "the user `grace` is there twice"),
    Case("subject = \"user-grace\"", "subject = \"user-ada\" #!", "user[1].subject", "the subject `user-ada` is there twice"),
    Case("password_hash = ", "password = \"hunter2\" #!\npassword_hash = ", "user[0].password", "is not a key here; expected one of name, subject, display, password_hash, scope"),
    Case("password_hash = ", "password_hash = \"hunter2\" #! ", "user[0].password_hash", "expected what `--hash-password` prints: it is no such text"),
    Case("display = \"Grace Hopper\"", "display = [\"Grace\"] #!", "user[1].display", "expected what the pages call the user, found an array"),
    // Routes.
    Case("path = \"/api/chats/{id}\"", "path = \"/chats/{id}\" #!", "resource[1].path", "expected a path such as `/api/chats/{id}`: it begins with `/api/`, "),
    Case("requires = \"chat:{id}:read\"", "requires = \"chat:{name}:read\" #!", "resource[1].requires", "`{name}` is no part of the path"),
    Case("requires = \"chat:*:list\"\nrecords = \"chats.json\"", "requires = \"chat:*:list\"\nrecords = \"auth_server.toml\" #!", "resource[0].records", "expected a JSON file, "),
    Case("path = \"/api/chats/{id}\"", "path = \"/api/chats\" #!", "resource[1].path", "the path `/api/chats` is there twice"),
    Case("dialect = \"nginx\"", "dialect = \"apache\" #!", "forward_auth.dialect", "expected `nginx`, `traefik` or `envoy`, found `apache`: it is none of them"),
    Case("subject_header = \"X-Auth-Subject\"", "subject_header = \"X Subject\" #!", "forward_auth.subject_header", "expected the name of a header, found `X Subject`: "),
    Case("requires = \"report:*:read\"\n\n[[forward_auth.route]]", "requires = \"report::read\" #!\n\n[[forward_auth.route]]", "forward_auth.route[0].requires", "expected a scope such as `report:*:read`, found `report::read`: "),
];

#[test]
fn every_mistake_is_told_with_line_key_and_what_was_expected() {
    let demo = fs::read_to_string(DEMO).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let beside = |name: &str| dir.path().join(name);
    fs::copy(DEMO.replace("auth_server.toml", "chats.json"), beside("chats.json")).unwrap();
    fs::write(beside("auth_server.toml"), &demo).unwrap();
    let file = beside("wrong.toml");
    let mut failed = Vec::new();
    for Case(instead_of, written, key, says) in CASES {
        assert!(demo.contains(instead_of), "the demo configuration has no `{instead_of}`");
        let text = demo.replacen(instead_of, written, 1);
        let marked = text.lines().position(|line| line.contains("#!"));
        fs::write(&file, &text).unwrap();
        // Without `--check`: it must not start either.
        let run = Command::new(example("auth_server")).arg("--config").arg(&file).output().unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        let place = |line: usize| match key.is_empty() {
            true => format!("{}:{line}: {says}", file.display()),
            false => format!("{}:{line}: {key}: {says}", file.display()),
        };
        let is_told = match marked {
            // What follows from it may be told after it.
            Some(index) => told.starts_with(&place(index + 1)),
            // Where the mistake is in what the file has elsewhere, the line is not compared.
            None => told.contains(&format!(": {key}: {says}")),
        };
        let is_end = told.ends_with(" in the configuration; the server was not started\n");
        let has_secret = told.contains("hunter2");
        if run.status.success() || !is_told || !is_end || has_secret {
            failed.push(format!("`{written}`: expected {key}: {says}\n  found {told}"));
        }
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), CASES.len(), failed.join("\n"));
}

/// All mistakes of a file are told at once, in the order of its lines.
#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let demo = fs::read_to_string(DEMO).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("wrong.toml");
    let text = demo.replace(NAME, "nam = \"ada\"").replace(LISTEN, "").replace(REDIRECT, "");
    fs::write(&file, text.replace("records = \"chats.json\"\n", "")).unwrap();
    let run = Command::new(example("auth_server"))
        .args(["--check", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    let told = String::from_utf8(run.stderr).unwrap();
    let lines: Vec<usize> = told
        .lines()
        .filter_map(|line| line.strip_prefix(&format!("{}:", file.display())))
        .map(|rest| rest.split(':').next().unwrap().parse().unwrap())
        .collect();
    assert!(lines.is_sorted() && lines.len() == 4, "{told}");
    assert!(
        told.ends_with("4 mistakes in the configuration; the server was not started\n"),
        "{told}"
    );
}

#[test]
fn the_demo_configuration_is_right_and_checking_it_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = Command::new(example("auth_server"))
        .args(["--config", DEMO, "--check"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "it made something");
}
