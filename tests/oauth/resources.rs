//! The services that a token is for: RFC 8707.

use hallpass::{
    authority::{Client, CodeRedemption, GrantType},
    testing::TestAuthority,
};

use crate::{
    code::claims,
    host::{World, code_sent, parameters, query, sent_to, ticket, value},
    support::{REDIRECT, VERIFIER, id},
};

/// §2: more than one may be asked for.
#[tokio::test]
async fn resources_become_audiences() {
    let world =
        World::with(|builder| builder.audience("https://b.test").audience("https://c.test"));
    let target = format!(
        "/authorize?{}&resource=https%3a%2f%2fb.test&resource=https%3a%2f%2fc.test",
        query(&parameters(&[]))
    );
    let code = code_sent(&world.allow(&world.get(&target).await).await);
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
    let access = claims(redeemed.issued().access_token().expose_secret());
    assert_eq!(access["aud"], serde_json::json!(["https://b.test", "https://c.test"]));
}

/// A user sees at which services the application gets what it asks for.
#[tokio::test]
async fn the_page_names_the_services() {
    let world = World::with(|builder| builder.audience("https://b.test"));
    for (resource, named, other) in [
        ("https://b.test", &["https://b.test"][..], Some(TestAuthority::AUDIENCE)),
        ("", &["https://b.test", TestAuthority::AUDIENCE], None),
    ] {
        let page = world.authorize(&[("resource", resource)]).await;
        for name in named {
            assert!(page.body().contains(&format!("<b>{name}</b>")), "{}", page.body());
        }
        assert!(other.is_none_or(|other| !page.body().contains(other)), "{}", page.body());
        assert!(world.printed.lock().unwrap().contains("https://b.test"));
    }
}

/// What the user has not seen is not in the code, even if the client may have it by now.
#[tokio::test]
async fn a_code_is_for_the_services_of_its_page() {
    let world = World::with(|builder| builder.audience("https://b.test"));
    let late = |services: &[&str]| {
        let client = Client::public("late")
            .redirect_uri("https://late.test/cb")
            .scope("a".parse().unwrap())
            .grant(GrantType::AuthorizationCode);
        services.iter().fold(client, |client, service| client.audience(service.parse().unwrap()))
    };
    let _ = world.auth.register_client(late(&["https://b.test"])).await.unwrap();
    let changes = [("client_id", "late"), ("redirect_uri", "https://late.test/cb"), ("scope", "a")];
    let page = world.authorize(&changes).await;
    let form = [("ticket", &*ticket(&page)), ("decision", "allow")];
    let wider = late(&["https://b.test", TestAuthority::AUDIENCE]);
    let _ = world.auth.replace_client(wider).await.unwrap();
    let answer = world.post("/authorize/decision", &form).await;
    let code = value(&sent_to(&answer, "https://late.test/cb"), "code").unwrap();
    let late = id("late");
    let given = CodeRedemption::new(&late, VERIFIER).redirect_uri("https://late.test/cb");
    let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
    let access = claims(redeemed.issued().access_token().expose_secret());
    assert_eq!(access["aud"], "https://b.test");
}
