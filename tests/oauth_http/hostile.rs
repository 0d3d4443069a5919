//! INVARIANT 75: no input is a 500, through the frameworks' own parsing, with bodies as they come.

use crate::{
    request::Sent,
    table::is_sound,
    world::{SECRET, World},
};

const POSTED: [&str; 4] = ["/token", "/revoke", "/introspect", "/revocations"];

async fn each(world: &World, body: &[u8], header: Option<&[u8]>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in POSTED {
        let mut sent = Sent::raw_form(path, body);
        if let Some(header) = header {
            sent = sent.header("authorization", header);
        }
        let seen = world.send(&sent).await;
        is_sound(&seen, path);
        statuses.push(seen.status);
    }
    statuses
}

fn basic() -> Vec<u8> {
    Sent::get("/").basic("gateway", SECRET).headers.remove(0).1
}

#[tokio::test]
async fn inv_75_what_is_too_much_or_not_encoded_is_400() {
    let world = World::new();
    let many: String = (0..5_000).map(|n| format!("p{n}=v&")).collect();
    let long = format!("grant_type=client_credentials&token={}", "x".repeat(4 << 20));
    let barely = format!("token={}", "x".repeat(64 * 1024 - 5));
    for body in [
        many.as_bytes(),
        "&".repeat(100).as_bytes(),
        long.as_bytes(),
        barely.as_bytes(),
        &[0xff; 4 << 20],
        &[0; 4 << 20],
        b"token=%",
        b"token=%zz",
        b"token=%ff",
        b"token=\xc3\x28",
        b"%c3%28=x",
        b"grant_type=a&grant_type=a&token=x&token=x",
        b"client_id=a&client_id=a",
    ] {
        assert_eq!(each(&world, body, Some(&basic())).await, [400; 4]);
    }
    for body in [&b""[..], b"&", b"=", b"&&==&&", b"token", b"\0"] {
        assert_eq!(each(&world, body, Some(&basic())).await[..3], [400; 3], "{body:?}");
    }
}

/// A body that is as long as may be is read whole.
#[tokio::test]
async fn the_longest_body_is_read() {
    let world = World::new();
    let body = format!("token={}", "x".repeat(64 * 1024 - 6));
    assert_eq!(each(&world, body.as_bytes(), Some(&basic())).await[1..3], [200; 2]);
}

#[tokio::test]
async fn inv_75_a_broken_header_is_401() {
    let world = World::new();
    let body = b"grant_type=client_credentials&token=x";
    for header in [
        &b""[..],
        b"Basic",
        b"Basic ====",
        b"Basic YQ==",
        b"Basic Og==",
        b"Basic \xff\xfe",
        b"\xff",
        b"Basic /////w==",
        b"Bearer x",
        "Basic é".as_bytes(),
    ] {
        assert_eq!(each(&world, body, Some(header)).await, [401; 4], "{header:?}");
    }
}

/// The documents take whatever comes with a GET, and read no body.
#[tokio::test]
async fn inv_75_documents_take_any_query_and_header() {
    let world = World::new();
    for path in ["/jwks", "/.well-known/oauth-authorization-server"] {
        let plain = world.send(&Sent::get(path)).await;
        let query = format!("{path}?{}", "a=b&".repeat(5_000));
        let sent = Sent { body: vec![0; 4 << 20], ..Sent::get(&query) };
        let sent = sent.header("if-none-match", b"\xff\"").header("authorization", b"\xff");
        assert_eq!(world.send(&sent).await, plain);
    }
}

/// What is at no path of ours is the framework's, and by plain data a 404.
#[tokio::test]
async fn inv_75_other_paths_are_404() {
    use hallpass::{oauth::Request, web::RequestHead};
    let world = World::new();
    for path in ["/", "", "/token/", "//token", "/Token", "/%74oken", "*", "/token%00", "/jwks/.."]
    {
        let request = Request::new(RequestHead::new("POST", path));
        assert_eq!(world.server.answer(&request).await.status(), 404, "{path}");
    }
}
