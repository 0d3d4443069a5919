//! Knows one token, one set of decisions, and how to measure those who handle them beside each
//! other.
//! Must not know a peer: each has a program of its own in `bin/`.

pub mod decisions;
pub mod floor;
pub mod ours;
pub mod report;
pub mod talk;
pub mod tokens;
pub mod turns;

/// The version of a package as this package's lock file has it.
#[must_use]
pub fn version(package: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = format!("name = \"{package}\"\nversion = \"");
    let after = lock.split_once(&entry).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or("")
}
