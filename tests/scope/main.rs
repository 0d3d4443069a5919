//! The scope grammar held to its vectors, its laws and its words.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod allocations;
mod binding;
mod exhaustive;
mod issue;
mod laws;
mod limits;
mod literal;
mod messages;
mod neighbours;
mod oracle;
mod permission;
mod process;
mod text;
mod vectors;
mod vocabulary;
mod wire;
