//! Knows what every store must do, as checks that any engine can be put through.
//! Must not know an engine, nor which errors it chooses: error kinds are no part of the verdict.
//!
//! This is for authors of a store. Each check takes a store from your factory and says which
//! promise of the contract it saw broken. **Every call of the factory must give an empty store**:
//! a new schema, file or key prefix. The suite wipes nothing, and never opens what it did not
//! get.
//!
//! ```
//! use hallpass::{store::MemoryStore, testing::conformance::{Suite, block_on}};
//!
//! let report = block_on(Suite::new().histories(20).run(|| async { MemoryStore::new() }))?;
//! assert!(report.held().contains(&"session_races::rotation_is_linearizable"));
//! # Ok::<(), hallpass::testing::conformance::Violation>(())
//! ```
//!
//! An engine on tokio runs the suite inside a multi-thread runtime and gives it that runtime's
//! `spawn`: `Suite::new().workers(Workers::spawning(|work| { tokio::spawn(work); }))`. One whose
//! state outlives the store object adds [`Suite::shared`], with a second object on the same
//! state.
//!
//! [`Suite::run`] has the roles of a [`Store`](crate::store::Store); [`Suite::server`] adds those
//! of a [`ServerStore`](crate::store::ServerStore).
//!
//! The checks may grow with every release; they are not a stable list.

mod api_key_races;
mod api_key_rotation;
mod api_keys;
mod consents;
mod decisions;
mod feed;
mod model;
mod once;
mod registry;
mod retention;
mod revocations;
mod sample;
mod session_endings;
mod session_races;
mod sessions;
mod shared;
mod sinks;
mod suite;
mod twin;
mod violation;
mod workers;

pub use suite::Suite;
pub use violation::{Report, Violation};
pub use workers::{Work, Workers, block_on};
