//! Knows that two authorities on one server agree on their clients.
//! Must not know how they do.

use std::sync::Arc;

use hallpass::store::RedisOptions;

use crate::support::{now, prefix, url};

#[tokio::test]
async fn a_change_at_one_bites_at_the_other() {
    let prefix = prefix();
    let connect = async || RedisOptions::new().prefix(&prefix).connect(&url()).await.unwrap();
    let (here, there) = (Arc::new(connect().await), Arc::new(connect().await));
    crate::every_engine_clients::story(here, there, now(), true).await;
}
