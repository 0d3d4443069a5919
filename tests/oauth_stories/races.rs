//! Many at once, through both instances.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{
    browser::{Tokens, code, exchange, post, refresh, refused, session},
    stage::Stage,
};

const MANY: usize = 20;

/// Waits until the other instance has heard of it, which it must within the verifiers' limit.
pub(super) async fn soon(heard: impl AsyncFn() -> bool) -> Duration {
    let began = Instant::now();
    while !heard().await {
        assert!(began.elapsed() < Duration::from_secs(5), "not heard of it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

/// INVARIANT 71: one of twenty wins, the others are replays, which end that session and no other.
pub(super) async fn inv_71_one_of_many_exchanges_wins(stage: &Stage) {
    let other = session(&stage.one, "partner").await;
    let given = code(&stage.one, "partner", "openid offline_access invoice:*:read").await;
    let racing: Vec<_> = (0..MANY)
        .map(|n| {
            let (server, given) = (stage.both()[n % 2].clone(), given.clone());
            tokio::spawn(async move { exchange(&server, "partner", &given).await })
        })
        .collect();
    let mut won = Vec::new();
    for racer in racing {
        let answer = racer.await.unwrap();
        if answer.status() == 200 {
            won.push(Tokens::of(&answer));
        } else {
            refused(&answer, 400, "invalid_grant");
        }
    }
    assert_eq!(won.len(), 1, "one wins");
    for server in stage.both() {
        refused(&refresh(server, "partner", &won[0].refresh).await, 400, "invalid_grant");
        soon(async || server.authority().verify(&won[0].access).await.is_err()).await;
        assert!(server.authority().verify(&other.access).await.is_ok(), "that session only");
    }
    let _ = Tokens::of(&refresh(&stage.two, "partner", &other.refresh).await);
}

/// INVARIANTS 1, 3: twenty refreshes of one token through two instances are one step, and every
/// one of them gets the same successor.
pub(super) async fn inv_3_many_refreshes_are_one_lineage(stage: &Stage) {
    let mut current = session(&stage.one, "phone").await.refresh;
    let mut seen = BTreeSet::from([current.clone()]);
    for round in 0..5 {
        let racing: Vec<_> = (0..MANY)
            .map(|n| {
                let (server, token) = (stage.both()[n % 2].clone(), current.clone());
                tokio::spawn(async move { refresh(&server, "phone", &token).await })
            })
            .collect();
        let (mut successors, mut access) = (BTreeSet::new(), BTreeSet::new());
        for racer in racing {
            let tokens = Tokens::of(&racer.await.unwrap());
            successors.insert(tokens.refresh);
            access.insert(tokens.access);
        }
        assert_eq!(successors.len(), 1, "one lineage");
        assert_eq!(access.len(), MANY, "every answer has an access token of its own");
        let next = successors.pop_first().unwrap();
        // A client that comes again within the window keeps its token: the first round moves on.
        assert!(round > 0 || seen.insert(next.clone()));
        current = next;
    }
}

/// INVARIANT 61, over the endpoints: what one instance takes back, the other refuses within a
/// second. A busy machine may take longer once, but not each time.
pub(super) async fn inv_61_a_revocation_is_seen_elsewhere(stage: &Stage) {
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let tokens = session(&stage.one, "partner").await;
        assert!(stage.two.authority().verify(&tokens.access).await.is_ok());
        let answer = post(&stage.one, "/revoke", "partner", &[("token", &tokens.refresh)]).await;
        assert_eq!(answer.status(), 200);
        assert!(stage.one.authority().verify(&tokens.access).await.is_err(), "here at once");
        refused(&refresh(&stage.two, "partner", &tokens.refresh).await, 400, "invalid_grant");
        let heard = soon(async || stage.two.authority().verify(&tokens.access).await.is_err());
        fastest = fastest.min(heard.await);
    }
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
}
