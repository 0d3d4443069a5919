//! The servers for tests, asked as a client asks: over a socket.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
};

use super::JwksServer;
use crate::{Verifier, key::Jwks, testing::TestAuthority};

fn ask(address: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

fn get(server: &JwksServer) -> String {
    ask(server.address(), "GET /jwks.json")
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn what_it_publishes_verifies_what_it_signs() {
    let auth = TestAuthority::new();
    let server = auth.jwks_server();
    let next = server.rotate();
    let set = Jwks::parse(body(&get(&server))).unwrap();
    assert_eq!(set.keys().len(), 2);
    let verifier = Verifier::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .clock(auth.clock().clone())
        .jwks(&set)
        .stateless()
        .build()
        .unwrap();
    for token in [auth.token("ada"), auth.token("ada").signed_by(&next)] {
        assert_eq!(verifier.verify_jwt(token.mint().expose_secret()).unwrap().subject(), "ada");
    }
    server.publish_text("no set");
    assert_eq!(body(&get(&server)), "no set");
    server.publish(&auth.jwks());
    server.set_header("cache-control", "max-age=60");
    assert!(get(&server).contains("\r\ncache-control: max-age=60\r\n"));
    assert!(ask(server.address(), "GET /other").starts_with("HTTP/1.1 404"));
}

#[test]
fn it_fails_as_it_is_told_and_counts() {
    let server = TestAuthority::new().jwks_server();
    server.fail(503);
    assert!(get(&server).starts_with("HTTP/1.1 503 "));
    server.hang_up();
    assert_eq!(get(&server), "");
    server.answer_bytes("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n");
    assert!(get(&server).ends_with("location: http://127.0.0.1:1/\r\n\r\n"));
    server.heal();
    assert!(get(&server).starts_with("HTTP/1.1 200 "));
    assert_eq!(server.requests(), 4);
    assert!(server.request_heads().iter().all(|head| head.starts_with("GET /jwks.json ")));
}

#[test]
fn a_held_request_waits_until_it_is_released() {
    let server = TestAuthority::new().jwks_server();
    server.hold();
    let address = server.address();
    let waiting = thread::spawn(move || ask(address, "GET /jwks.json"));
    server.wait_for_requests(1);
    assert!(!waiting.is_finished());
    // What it is answered is decided when it is let go.
    server.fail(500);
    server.release();
    assert!(waiting.join().unwrap().starts_with("HTTP/1.1 500 "));
}

#[test]
fn a_server_that_ends_lets_nobody_wait() {
    let server = TestAuthority::new().jwks_server();
    server.hold();
    let address = server.address();
    let waiting = thread::spawn(move || ask(address, "GET /jwks.json"));
    server.wait_for_requests(1);
    drop(server);
    assert_eq!(waiting.join().unwrap(), "");
    assert!(TcpStream::connect(address).is_err());
}
