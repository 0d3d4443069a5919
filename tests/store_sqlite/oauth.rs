//! The authorization server end to end, as two stores on one file.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hallpass::store::{SqliteDurability, SqliteOptions, SqliteStore};

use crate::{oauth_stories, support::Place};

async fn open(file: PathBuf) -> Arc<SqliteStore> {
    let options = SqliteOptions::new().durability(SqliteDurability::Normal);
    Arc::new(options.open(file).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn end_to_end_on_a_file() {
    let (place, next) = (Place::new(), AtomicUsize::new(0));
    let fresh = async || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let file = place.path().join(format!("oauth-{number}.db"));
        (open(file.clone()).await, open(file).await)
    };
    oauth_stories::run(fresh).await;
}
