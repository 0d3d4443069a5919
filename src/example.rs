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
