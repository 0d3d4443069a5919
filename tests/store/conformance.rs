//! Knows that the memory store, and stores in front of it, pass the conformance suite.
//! Must not know what the suite checks.

use std::sync::Arc;

use hallpass::{
    store::{MemoryStore, ServerStore},
    testing::{
        CountingStore, FailingStore,
        conformance::{Suite, Workers, block_on},
    },
};

#[test]
fn the_memory_store_passes_thousands_of_histories() {
    let suite = Suite::new().histories(3000);
    let report = block_on(suite.run(|| async { MemoryStore::new() })).unwrap();
    assert!(report.held().len() > 35, "{report:?}");
}

#[test]
fn the_memory_store_serves_an_authorization_server() {
    let report = block_on(Suite::new().server(|| async { MemoryStore::new() })).unwrap();
    assert_eq!(report.held().len(), 11);
    block_on(Suite::new().server(|| async { CountingStore::new(MemoryStore::new()) })).unwrap();
}

#[test]
fn a_shared_memory_store_passes() {
    let suite = Suite::new().seed(77);
    block_on(suite.run(|| async { Arc::new(MemoryStore::new()) })).unwrap();
    let fresh = || async { Arc::new(MemoryStore::new()) };
    let again = |store: Arc<Arc<MemoryStore>>| async move { Arc::clone(store.as_ref()) };
    let report = block_on(suite.shared(fresh, again)).unwrap();
    assert_eq!(report.held().len(), 4);
}

#[test]
fn a_boxed_store_passes_whatever_is_in_the_box() {
    let suite = Suite::new().histories(20);
    let fresh = || async { Box::new(MemoryStore::new()) as Box<dyn ServerStore> };
    block_on(suite.run(fresh)).unwrap();
    block_on(suite.server(fresh)).unwrap();
}

#[test]
fn stores_that_count_and_could_fail_pass() {
    let suite = Suite::new().histories(50);
    block_on(suite.run(|| async { CountingStore::new(MemoryStore::new()) })).unwrap();
    block_on(suite.run(|| async { FailingStore::new(MemoryStore::new()) })).unwrap();
}

#[test]
fn the_suite_runs_on_a_multi_thread_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let workers = Workers::spawning(|work| drop(tokio::spawn(work)));
    let suite = Suite::new().histories(50).workers(workers);
    runtime.block_on(suite.run(|| async { MemoryStore::new() })).unwrap();
}
