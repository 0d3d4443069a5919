//! The authorization server end to end, on the memory store.

use std::sync::Arc;

use hallpass::MemoryStore;

use crate::oauth_stories;

#[tokio::test(flavor = "multi_thread")]
async fn end_to_end_in_memory() {
    let fresh = async || {
        let store = Arc::new(MemoryStore::new());
        (Arc::clone(&store), store)
    };
    oauth_stories::run(fresh).await;
}
