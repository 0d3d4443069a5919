//! The authorization server end to end, as two stores under one prefix.

use std::sync::Arc;

use hallpass::store::RedisOptions;

use crate::{
    oauth_stories,
    support::{prefix, url},
};

#[tokio::test(flavor = "multi_thread")]
async fn end_to_end_on_a_server() {
    let fresh = async || {
        let options = RedisOptions::new().prefix(&prefix());
        let one = options.clone().connect(&url()).await.unwrap();
        (Arc::new(one), Arc::new(options.connect(&url()).await.unwrap()))
    };
    oauth_stories::run(fresh).await;
}
