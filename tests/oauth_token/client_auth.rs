//! How a client proves itself by its secret (RFC 6749 §2.3).

use hallpass::oauth::Endpoint::Token;

use super::world::*;

/// RFC 6749 §2.3.1: both ways, and the secret has every character that an encoding can spoil.
#[tokio::test]
async fn a_secret_comes_in_the_header_or_in_the_body() {
    let world = World::new();
    let ask = ("grant_type", "client_credentials");
    grants(&world.post(Token, Some(&basic("partner", SECRET)), &[ask]).await);
    // The name may come again, if it is the same.
    let named = ("client_id", "partner");
    grants(&world.post(Token, Some(&basic("partner", SECRET)), &[ask, named]).await);
    grants(&world.post(Token, None, &[ask, named, ("client_secret", SECRET)]).await);
}

/// RFC 6749 §2.3.1: "The parameters … MUST NOT be included in the request URI."
#[tokio::test]
async fn nothing_in_the_query_counts() {
    use hallpass::{oauth::Request, web::RequestHead};
    let world = World::new();
    let query = encode(&[("client_id", "partner"), ("client_secret", SECRET)]);
    let target = format!("/token?{query}");
    let head = RequestHead::new("POST", &target)
        .header("content-type", "application/x-www-form-urlencoded");
    let request = Request::new(head).body(b"grant_type=client_credentials");
    refuses(&world.send(Token, &request).await, 401, "invalid_client");
}
