//! Knows that two authorities on one server agree on their clients.
//! Must not know how they do.

use std::sync::Arc;

use crate::bed::{builder, now, schema, store_in, url};

#[tokio::test]
async fn a_change_at_one_bites_at_the_other() {
    let schema = schema();
    let here = Arc::new(store_in(&schema).await);
    let there = Arc::new(builder(&schema).connect(&url()).await.unwrap());
    crate::every_engine_clients::story(here, there, now(), true).await;
}
