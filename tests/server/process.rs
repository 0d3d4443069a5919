//! Knows how the examples are started as processes, and stopped again.

use std::{env, path::PathBuf};

/// The program of an example. `tests/run` builds them before.
pub(crate) fn example(name: &str) -> PathBuf {
    let mut path = env::current_exe().unwrap();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let path = path.join("examples").join(name);
    assert!(
        path.is_file(),
        "{} is not there: cargo build --all-features --examples",
        path.display()
    );
    path
}

/// The demo configuration.
pub(crate) const DEMO: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/examples/auth_server/demo/auth_server.toml");
