//! Knows that a consent that is changed waits for a withdrawal that is under way, and yields to it.
//! Must not know what a consent is for.

use std::{sync::Arc, time::Duration};

use hallpass::store::{ConsentOutcome, ConsentRecord, ConsentStore as _};

use crate::bed::{beside, now, schema, session, store_in, url};

/// The statement has begun before the withdrawal commits, and has seen the consent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_does_not_come_back_over_a_withdrawal_that_commits_meanwhile() {
    let (name, now) = (schema(), now());
    let store = Arc::new(store_in(&name).await);
    let session = session(1, now);
    let (subject, client) = (session.subject, session.client);
    let scope = "invoice:*:read".parse().unwrap();
    let first = ConsentRecord { subject, client, scope, given_at: now };
    store.put_consent(&first, None, now).await.unwrap();

    let mut other = beside(&url()).await;
    let withdrawal = other.transaction().await.unwrap();
    withdrawal.execute(&format!("DELETE FROM {name}.consent"), &[]).await.unwrap();
    let wide = "invoice:*:read page:*:read".parse().unwrap();
    let wide = ConsentRecord { scope: wide, ..first.clone() };
    let (there, before) = (Arc::clone(&store), first.scope.clone());
    let put = tokio::spawn(async move { there.put_consent(&wide, Some(&before), now).await });
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE wait_event_type = 'Lock' AND query LIKE '%{name}%consent%'"
    );
    let watcher = beside(&url()).await;
    while watcher.query_one(&waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(!put.is_finished(), "it does not wait");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    withdrawal.commit().await.unwrap();
    assert_eq!(put.await.unwrap().unwrap(), ConsentOutcome::Conflict);
    let found = store.find_consent(&first.subject, &first.client).await.unwrap();
    assert_eq!(found, None);
}
