//! The authorization server end to end, in process, as two instances on one engine: each engine's
//! tests run these stories on itself.

mod browser;
mod races;
mod refusals;
pub(crate) mod stage;

use std::sync::Arc;

use hallpass::store::ServerStore;

use self::stage::Stage;

/// Runs every story, each on an engine of its own: `fresh` gives two stores on one empty place.
pub(crate) async fn run<S: ServerStore>(fresh: impl AsyncFn() -> (Arc<S>, Arc<S>)) {
    let stage = async || {
        let (one, two) = fresh().await;
        Stage::new(one, two).await
    };
    refusals::the_whole_flow(&stage().await).await;
    refusals::a_code_is_bound(&stage().await).await;
    refusals::inv_72_a_wrong_client_burns_nothing(&stage().await).await;
    refusals::scope_is_never_widened(&stage().await).await;
    refusals::a_withdrawn_consent_ends_what_it_gave(&stage().await).await;
    refusals::a_disabled_client_holds_nothing(&stage().await).await;
    refusals::an_assertion_works_once(&stage().await).await;
    races::inv_71_one_of_many_exchanges_wins(&stage().await).await;
    races::inv_3_many_refreshes_are_one_lineage(&stage().await).await;
    races::inv_61_a_revocation_is_seen_elsewhere(&stage().await).await;
}
