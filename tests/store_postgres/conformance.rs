//! Knows that the PostgreSQL store keeps the contract of a store.
//! Must not know what the suite checks.

use std::sync::Arc;

use hallpass::{
    store::PostgresStore,
    testing::conformance::{Suite, Workers},
};

use crate::bed::{fresh, schema, store_in};

fn suite() -> Suite {
    Suite::new().histories(15).workers(Workers::spawning(|work| drop(tokio::spawn(work))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_passes_the_suite() {
    let report = suite().run(fresh).await.unwrap();
    assert!(report.held().len() > 35, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_serves_an_authorization_server() {
    let report = suite().server(fresh).await.unwrap();
    assert!(report.held().contains(&"once::a_taken_session_is_not_given_out"), "{report:?}");
}

/// Two store objects with connections of their own: two instances of a service.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_racing_pass_the_suite() {
    let name = schema();
    let number = std::sync::atomic::AtomicU32::new(0);
    let names = Arc::new(std::sync::Mutex::new(std::collections::HashMap::new()));
    let first = || {
        let name = format!("{name}_{}", number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let names = Arc::clone(&names);
        async move {
            let store = Arc::new(store_in(&name).await);
            names.lock().unwrap().insert(Arc::as_ptr(&store) as usize, name);
            store
        }
    };
    let second = |store: Arc<Arc<PostgresStore>>| {
        let name = names.lock().unwrap()[&(Arc::as_ptr(store.as_ref()) as usize)].clone();
        async move { Arc::new(store_in(&name).await) }
    };
    let report = suite().shared(first, second).await.unwrap();
    assert_eq!(report.held().len(), 4);
}
