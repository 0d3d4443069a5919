//! Knows that the keys are found where the issuer's metadata says.
//! Must not know the keys.

use hallpass::{Verifier, remote::RemoteJwks, testing::TestAuthority, verifier::VerifyError};
use serde_json::json;

use crate::{
    server::{Reply, Script, Server, reply, reserve, script},
    world::*,
};

/// An issuer at this address whose metadata is at `place`.
fn issuer(address: std::net::SocketAddr, place: &'static str, claims_to_be: String) -> Script {
    script(move |seen| -> Reply {
        match &*seen.target {
            "/keys" => keys(),
            target if target == place => {
                let keys = format!("http://{address}/keys");
                reply(200, json!({ "issuer": claims_to_be, "jwks_uri": keys }).to_string())
            }
            _ => reply(404, ""),
        }
    })
}

/// The targets that were asked for, and what came of it.
async fn ask(place: &'static str, named: impl Fn(String) -> String) -> (Vec<String>, String) {
    let address = reserve().await;
    let own = format!("http://{address}/tenant");
    let server = Server::start_at(address, issuer(address, place, named(own.clone()))).await;
    let verifier = Verifier::builder(own)
        .audience("api")
        .remote_jwks(RemoteJwks::discovered())
        .clock(TestAuthority::new().clock().clone())
        .stateless()
        .build()
        .unwrap();
    let result = match verifier.ready().await {
        Ok(()) => {
            let token = token(&TestAuthority::new());
            // The key is there; only the issuer is another one.
            assert!(matches!(verifier.verify_jwt(&token), Err(VerifyError::Issuer)));
            String::new()
        }
        failed => trouble(failed),
    };
    (server.seen().into_iter().map(|seen| seen.target).collect(), result)
}

#[tokio::test]
async fn the_metadata_says_where_the_keys_are() {
    const OPENID: &str = "/tenant/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server/tenant";
    let same = |own| own;
    assert_eq!(ask(OPENID, same).await, (vec![OPENID.into(), "/keys".into()], String::new()));
    let (asked, result) = ask(OAUTH, same).await;
    assert_eq!((asked.as_slice(), &*result), (&[OPENID, OAUTH, "/keys"].map(String::from)[..], ""));
    let (asked, result) = ask("/nowhere", same).await;
    assert_eq!(asked.len(), 2);
    assert!(result.contains("the status was 404"), "{result}");
}

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    let (asked, result) =
        ask("/tenant/.well-known/openid-configuration", |own| format!("{own}/")).await;
    assert_eq!(asked.len(), 1, "its keys are not even asked for");
    assert!(result.contains("names another issuer"), "{result}");
}
