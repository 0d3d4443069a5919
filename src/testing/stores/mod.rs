//! Knows stores that stand in front of another store.
//! Must not know which store that is.

mod counting;
mod failing;
mod forward;
mod forward_server;
mod method;

pub use counting::CountingStore;
pub use failing::{FailingStore, Fault};
pub use method::StoreMethod;
