//! Services that call services, what the operator does at the command line, and what a proxy asks.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use hallpass::{Algorithm, SigningKey};

use crate::process::{Config, example, node};

fn service(config: &Config, key: Option<&str>) -> Output {
    let mut command = Command::new(example("service_to_service"));
    let _ = command.env("ISSUER", &config.issuer).env_remove("API_KEY");
    if let Some(key) = key {
        let _ = command.env("API_KEY", key);
    }
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn a_service_calls_another_with_a_token_and_with_an_api_key() {
    let config = Config::new(&[]);
    let _server = config.start();
    let by_token = service(&config, None);
    assert!(told(&by_token).contains("\"subject\":\"nightly-report\""), "{}", told(&by_token));

    let make = |client: &str, scope: &str| {
        config.command().args(["--api-key", client, scope]).output().unwrap()
    };
    let made = make("nightly-report", "report:*:read");
    let key = told(&made).trim().to_owned();
    assert!(made.status.success() && key.starts_with("hp_ak_"), "{key}");
    let by_key = service(&config, Some(&key));
    assert!(by_key.status.success(), "{}", told(&by_key));

    // No key gives more than its client has, nor is there one for a client that is not there.
    assert!(!make("nightly-report", "chat:*:read").status.success());
    assert!(!make("nobody", "report:*:read").status.success());
    let mut wrong = key;
    let _ = wrong.pop();
    assert!(told(&service(&config, Some(&wrong))).contains("401"));
}

/// A stolen key: what it signed is refused by the instance that runs, and the next one signs.
#[test]
fn rotate_now_withdraws_the_key_that_signs() {
    let config = Config::new(&[]);
    let _server = config.start();
    node(
        "rotate_now.mjs",
        &[&config.issuer, config.file.to_str().unwrap(), example("auth_server").to_str().unwrap()],
    );
}

/// Of keys in files there is no next one: it is withdrawn all the same, and what is left to do is
/// said, also to who asks again.
#[test]
fn rotate_now_withdraws_a_given_key_and_says_what_is_left_to_do() {
    let config = Config::new(&[
        ("managed = \"ES256\"", "files = [\"key.pem\"]"),
        ("lead = \"10m\"", "algorithm = \"EdDSA\""),
        ("rotate_every = \"30d\"", ""),
    ]);
    let key = || SigningKey::generate(Algorithm::EdDSA).unwrap().expose_private_pem().unwrap();
    let (file, stolen) = (config.dir.path().join("key.pem"), key());
    std::fs::write(&file, stolen.expose_secret()).unwrap();
    let server = config.start();
    assert!(service(&config, None).status.success());
    let rotate_now = || config.command().arg("--rotate-now").output().unwrap();

    let first = rotate_now();
    assert!(first.status.success() && told(&first).contains("withdrawn: "), "{}", told(&first));
    assert!(told(&first).contains("put a new key in front of `keys.files`"), "{}", told(&first));
    let began = Instant::now();
    while service(&config, None).status.success() {
        assert!(began.elapsed() < Duration::from_secs(5), "the stolen key signs");
    }
    let again = rotate_now();
    assert!(!again.status.success() && told(&again).contains("keys.files"), "{}", told(&again));

    drop(server);
    std::fs::write(&file, key().expose_secret()).unwrap();
    let _server = config.start();
    let well = service(&config, None);
    assert!(well.status.success(), "{}", told(&well));
}

#[test]
fn a_proxy_hears_who_calls_under_the_name_it_wants() {
    let config =
        Config::new(&[("subject_header = \"X-Auth-Subject\"", "subject_header = \"X-Who\"")]);
    let _server = config.start();
    node("forward_auth.mjs", &[&config.issuer]);
}
