//! Knows the hidden lines with which the examples of this crate's pages begin, so that each shows
//! only what is new in it.
//! Must not hold anything that runs outside an example.

/// A `builder` that lacks nothing, for examples that add to it. Ends within an async `main`.
macro_rules! a_builder {
    () => {
        "# use hallpass::{Algorithm, Authority, Grant, MemoryStore, Scope, SigningKey};
# #[tokio::main]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let builder = Authority::builder(\"https://auth.example.com\")
#     .audience(\"https://api.example.com\")
#     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
#     .store(MemoryStore::new());"
    };
}

/// An `authority` that only remembers sessions, revocations and API keys.
macro_rules! an_authority {
    () => {
        concat!(a_builder!(), "\n# let authority = builder.build()?;")
    };
}

/// An `authority` that clients register with.
macro_rules! a_server {
    () => {
        concat!(
            a_builder!(),
            "\n# let authority = builder.server_store(MemoryStore::new()).build()?;"
        )
    };
}

/// A function `sign` for tokens that others make, under their `secret`.
macro_rules! a_foreign_token {
    () => {
        concat!(
            a_builder!(),
            "
# let secret = b\"a secret of at least 32 bytes, shared\";
# let sign = |header: &str, claims: &str| {
#     use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
#     let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
#     let input = format!(\"{}.{}\", encode(header.as_bytes()), encode(claims.as_bytes()));
#     let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
#     let tag = ring::hmac::sign(&key, input.as_bytes());
#     format!(\"{input}.{}\", encode(tag.as_ref()))
# };"
        )
    };
}

/// An authorization `code` for the client `app`, with the challenge and the verifier of RFC 7636.
#[cfg(feature = "oauth")]
macro_rules! a_code {
    () => {
        concat!(
            a_server!(),
            "
# use hallpass::authority::{Client, CodeBinding};
# let app = authority.register_client(Client::public(\"app\")).await?.id;
# let verifier = \"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\";
# let binding = CodeBinding::new(\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\");
# let grant = Grant::new(\"ada\", \"openid invoice:*:read\".parse()?).client(\"app\");
# let code = authority.issue_code(grant, binding.refreshable(true)).await?;"
        )
    };
}
