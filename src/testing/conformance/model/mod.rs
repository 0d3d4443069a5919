//! Knows random histories of honest devices, tabs, thieves, lost answers and stepping clocks, and
//! holds a store to invariants 1 to 19 after each step (invariant 22).
//! Must not ask `decide` what is right.

mod known;
mod world;

use super::{Suite, Violation, sample::Sample};
use crate::store::Store;
use world::World;

const STEPS: u32 = 40;

/// Random interleavings of refreshes, retries, lost answers, endings, confirmations, prunes and
/// clock steps never break an invariant.
pub(super) async fn no_history_breaks_an_invariant<S: Store>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut cursor = None;
    for history in 0..suite.rounds() {
        let seed = suite.seed_of(history);
        let sample = Sample::new(seed, suite.base());
        let world = World::new(store, sample, cursor);
        cursor = world.live(STEPS).await.map_err(|violation| violation.seeded(seed))?;
    }
    Ok(())
}
