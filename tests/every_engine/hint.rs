//! Knows that a verifier follows the hint of an engine that pushes, and does not wait for its poll.
//! Must not know the engine.

use std::{sync::Arc, time::Duration};

use hallpass::{
    Grant, Timestamp,
    store::Store,
    testing::{TestAuthority, TestClock},
};
use tokio::time::{sleep, timeout};

/// Two instances whose clocks stand still, so that no poll is ever due: what the one revokes, the
/// other learns by the hint alone.
pub(crate) async fn a_hint_is_followed_at_once<S: Store>(
    here: Arc<S>,
    there: Arc<S>,
    now: Timestamp,
) {
    let instance = |store| TestAuthority::sharing(store, TestClock::at(now), |builder| builder);
    let (here, there) = (instance(here), instance(there));
    here.ready().await.unwrap();
    let _maintenance = here.spawn_maintenance();
    let mut heard = 0;
    // Listening may not have begun when the first revocations are written: a hint is only a hint.
    for _ in 0..100 {
        let scope = "invoice:*:read".parse().unwrap();
        let issued = there.issue(Grant::new("ada", scope).client("web")).await.unwrap();
        assert!(here.verify(issued.access_token()).await.is_ok());
        let _ = there.revoke(issued.refresh_token()).await.unwrap();
        let refused = async {
            while here.verify(issued.access_token()).await.is_ok() {
                sleep(Duration::from_millis(2)).await;
            }
        };
        heard += u32::from(timeout(Duration::from_millis(500), refused).await.is_ok());
        if heard == 3 {
            return;
        }
    }
    panic!("heard of {heard} in 100");
}
