//! The revocation feed over HTTP, and a verifier elsewhere that follows it.

use std::time::Duration;

use hallpass::{
    Grant, Verifier,
    id::{ClientId, Subject},
    oauth,
    remote::{RemoteFeed, RemoteJwks},
    secret::ClientSecret,
    store::{Cursor, FeedPage, Owner, Target},
    verifier::VerifyError,
};
use tokio::net::TcpListener;

use crate::{
    request::Sent,
    world::{API, SECRET, World},
};

#[tokio::test]
async fn the_feed_is_read_in_pages_and_from_where_one_stopped() {
    let world = World::new();
    let authority = world.server.authority();
    for n in 0..25 {
        let subject = Subject::parse(&format!("user-{n}")).unwrap();
        authority.revoke_subject(&subject).await.unwrap();
    }
    let read = async |after: Option<&Cursor>, limit: u32| {
        let after = after.map(|cursor| format!("&after={}", cursor.to_text())).unwrap_or_default();
        let sent = Sent::get(&format!("/revocations?limit={limit}{after}"));
        let seen = world.send(&sent.basic("gateway", SECRET)).await;
        assert_eq!((seen.status, seen.header("content-type")), (200, Some("application/json")));
        assert_eq!(seen.header("cache-control"), Some("no-store"));
        FeedPage::from_json(&seen.body).unwrap()
    };
    let (mut records, mut cursor) = (Vec::new(), None);
    loop {
        let page = read(cursor.as_ref(), 10).await;
        records.extend(page.records);
        cursor = Some(page.cursor);
        if page.complete {
            break;
        }
    }
    let whole = read(None, 1000).await;
    assert!(whole.complete);
    assert_eq!(whole.records.len(), 25);
    assert_eq!(records, whole.records);
    assert!(read(cursor.as_ref(), 10).await.records.is_empty());

    let web = ClientId::parse("web").unwrap();
    authority.revoke_client(&web).await.unwrap();
    let news = read(cursor.as_ref(), 10).await;
    assert_eq!(news.records.len(), 1);
    assert_eq!(news.records[0].target, Target::Owner(Owner::Client(web)));

    // The same by POST, for a client that proves itself in the body.
    let after = cursor.unwrap().to_text();
    let form = [("client_id", "gateway"), ("client_secret", SECRET), ("after", &after)];
    let seen = world.send(&Sent::form("/revocations", &form)).await;
    assert_eq!(FeedPage::from_json(&seen.body).unwrap().records, news.records);
}

/// A resource server without the database: keys and feed over a real connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_elsewhere_learns_of_a_revocation() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}/tenant", listener.local_addr().unwrap());
    let world = World::configured(&issuer, |authority| authority, |server| server);
    let router: ::axum::Router = oauth::axum::router(&world.server);
    tokio::spawn(::axum::serve(listener, router).into_future());

    let feed = RemoteFeed::at(&format!("{issuer}/revocations")).unwrap();
    let verifier = Verifier::builder(issuer.as_str())
        .audience(API)
        .remote_jwks(RemoteJwks::discovered())
        .revocations(feed.client("gateway", &ClientSecret::new(SECRET.to_owned())))
        .clock(world.clock.clone())
        .build()
        .unwrap();
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("partner");
    let issued = world.server.authority().issue(grant).await.unwrap();
    verifier.ready().await.unwrap();
    assert_eq!(verifier.verify(issued.access_token()).await.unwrap().subject(), "ada");

    let _ = world.server.authority().revoke(issued.refresh_token()).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let refused = verifier.verify(issued.access_token()).await.unwrap_err();
    assert!(matches!(refused, VerifyError::Revoked { .. }), "{refused:?}");
}
