//! Knows the suites that the SQLite store is put through, in memory, on a file, and as two.
//! Must not know a check.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hallpass::{
    store::{SqliteDurability, SqliteOptions, SqliteStore},
    testing::conformance::{Suite, Workers, block_on},
};

use crate::support::Place;

fn on_tokio() -> Suite {
    Suite::new().workers(Workers::spawning(|work| drop(tokio::spawn(work))))
}

/// New files in one place.
struct Files(Place, AtomicUsize);

impl Files {
    fn new() -> Self {
        Self(Place::new(), AtomicUsize::new(0))
    }

    async fn fresh(&self) -> SqliteStore {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        let file = self.0.path().join(format!("{number}.db"));
        SqliteOptions::new().durability(SqliteDurability::Normal).open(file).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_holds_in_memory() {
    let fresh = || async { SqliteStore::open_in_memory().await.unwrap() };
    on_tokio().histories(60).run(fresh).await.unwrap();
    on_tokio().server(fresh).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_holds_on_a_file() {
    let files = Files::new();
    on_tokio().histories(30).run(|| files.fresh()).await.unwrap();
    on_tokio().server(|| files.fresh()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_holds_for_two_stores_on_one_file() {
    let place = Place::new();
    let next = AtomicUsize::new(0);
    let file = |number: usize| place.path().join(format!("{number}.db"));
    let fresh =
        || async { SqliteStore::open(file(next.fetch_add(1, Ordering::Relaxed))).await.unwrap() };
    let again = |_: Arc<SqliteStore>| async {
        SqliteStore::open(file(next.load(Ordering::Relaxed) - 1)).await.unwrap()
    };
    on_tokio().shared(fresh, again).await.unwrap();
}

#[test]
fn no_runtime_is_needed() {
    let fresh = || async { SqliteStore::open_in_memory().await.unwrap() };
    block_on(Suite::new().histories(5).contenders(20).run(fresh)).unwrap();
}
