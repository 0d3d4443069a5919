//! Knows where a built example is.
//! Must not know what it does.

use std::{path::PathBuf, process::Command};

/// `cargo test` builds the examples beside the tests: `deps/` and `examples/` are siblings.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let folder: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        // A single test target was asked for, which does not build examples.
        let profile = folder.parent().and_then(|folder| folder.file_name()).unwrap();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["build", "--quiet", "--all-features", "--example", name]);
        if profile == "release" {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    }
    Command::new(path)
}
