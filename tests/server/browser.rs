//! The pages, in a real browser: the whole story, hostile texts, and what no other site may do.

use std::{env, fs, path::PathBuf, process::Command};

use crate::process::{Config, Process, example, free_address, node};

/// In the documentation if `HALLPASS_SCREENSHOTS` says so, else gone with the test.
fn screenshots(config: &Config) -> PathBuf {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images");
    let folder = match env::var_os("HALLPASS_SCREENSHOTS") {
        Some(_) => PathBuf::from(kept),
        None => config.dir.path().join("images"),
    };
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_whole_story_without_scripts_at_any_width() {
    let partner = free_address();
    let config = Config::new(&[
        ("127.0.0.1:8500", &partner),
        // The app has to refresh.
        ("access_token = \"10m\"", "access_token = \"2s\""),
    ]);
    let _server = config.start();
    let mut app = Command::new(example("partner_app"));
    let _ = app.env("ISSUER", &config.issuer).env("LISTEN", &partner);
    let _app = Process::listening(&mut app);
    let shots = screenshots(&config);
    node("story.mjs", &[&*config.issuer, &format!("http://{partner}"), shots.to_str().unwrap()]);
}

#[test]
fn what_a_person_wrote_is_text_and_nothing_else() {
    let config = Config::new(&[
        (
            "name = \"Chat Export by Example Partner\"",
            "name = '''</strong><script>alert(\"client\")</script><img src=x onerror=alert(1)>&amp;'''",
        ),
        (
            "says = \"Read all of your chats\"",
            "says = '''\"><svg onload=alert(\"scope\")> ${7*7} {{7*7}}'''",
        ),
        ("one = \"Read your chat {id}\"", "one = '''<b>one</b> {id}'''"),
        ("display = \"Ada Lovelace\"", "display = '''<style>*{display:none}</style>Ada'''"),
        ("name = \"Chatter\"", "name = '''</title><script>alert(\"name\")</script>'''"),
    ]);
    let _server = config.start();
    node("hostile.mjs", &[&config.issuer]);
}

#[test]
fn no_other_site_can_act_for_a_person() {
    let config = Config::new(&[
        ("attempts = 10", "attempts = 3"),
        // She has a wildcard to give, and not only what is described.
        ("display = \"Ada Lovelace\"", "scope = \"openid offline_access chat:*:*\""),
    ]);
    let _server = config.start();
    let secure = Config::new(&[
        ("issuer = \"http://", "issuer = \"https://"),
        ("audiences = [\"http://", "audiences = [\"https://"),
    ]);
    let _secure = secure.start();
    node("forms.mjs", &[&config.issuer, &secure.issuer]);
}
