//! Client libraries that nobody adapted, as they come from their registries.

use std::process::Command;

use crate::process::{Config, ends_well, node, set_up};

/// A key may sign at once when it is rotated.
const NO_LEAD: (&str, &str) = ("lead = \"10m\"", "lead = \"0s\"");

#[test]
fn openid_client_of_node() {
    let config = Config::new(&[]);
    let _server = config.start();
    node("openid_client.mjs", &[&config.issuer]);
}

#[test]
fn oauth4webapi_of_node() {
    let config = Config::new(&[]);
    let _server = config.start();
    node("oauth4webapi.mjs", &[&config.issuer]);
}

#[test]
fn jose_and_express_jwt_of_node_through_a_rotation() {
    let config = Config::new(&[NO_LEAD]);
    let server = config.start();
    node("resource_servers.mjs", &[&config.issuer, &server.id()]);
}

#[test]
fn authlib_and_pyjwt_of_python() {
    let config = Config::new(&[]);
    let _server = config.start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/python/clients.py");
    let mut python = Command::new(set_up("HALLPASS_PYTHON"));
    ends_well(python.args([script, &config.issuer, &set_up("HALLPASS_NODE")]));
}

#[test]
fn openidconnect_of_rust() {
    let config = Config::new(&[]);
    let _server = config.start();
    let user = format!("{}/user.mjs", set_up("HALLPASS_NODE"));
    ends_well(Command::new(set_up("HALLPASS_OPENIDCONNECT")).args([&config.issuer, &user]));
}
