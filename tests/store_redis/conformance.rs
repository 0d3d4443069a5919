//! The suite that every store must pass (invariants 47-60).

use std::sync::Arc;

use hallpass::{
    store::{RedisOptions, RedisStore},
    testing::conformance::{Suite, Workers},
};

use crate::support::{prefix, store, url};

fn suite() -> Suite {
    Suite::new().workers(Workers::spawning(|work| {
        tokio::spawn(work);
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_holds() {
    let report = suite().histories(60).run(store).await.unwrap_or_else(|v| panic!("{v}"));
    assert!(report.held().len() > 35, "{report:?}");
    suite().server(store).await.unwrap_or_else(|v| panic!("{v}"));
}

/// Two objects on one state, as two processes would have: 100 workers race across them.
#[tokio::test(flavor = "multi_thread")]
async fn the_suite_holds_between_two_instances() {
    let prefixes = std::sync::Mutex::new(Vec::new());
    let fresh = || async {
        let mine = prefix();
        prefixes.lock().unwrap().push(mine.clone());
        RedisOptions::new().prefix(&mine).connect(&url()).await.unwrap()
    };
    let again = |_: Arc<RedisStore>| async {
        let last = prefixes.lock().unwrap().last().unwrap().clone();
        RedisOptions::new().prefix(&last).connect(&url()).await.unwrap()
    };
    suite().shared(fresh, again).await.unwrap_or_else(|v| panic!("{v}"));
}
