//! The authorization server end to end, as two stores on one schema.

use std::sync::Arc;

use crate::{
    bed::{schema, store_in},
    oauth_stories,
};

#[tokio::test(flavor = "multi_thread")]
async fn end_to_end_on_a_server() {
    let fresh = async || {
        let schema = schema();
        (Arc::new(store_in(&schema).await), Arc::new(store_in(&schema).await))
    };
    oauth_stories::run(fresh).await;
}
