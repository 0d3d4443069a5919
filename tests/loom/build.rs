//! Knows how a source file of the crate becomes one that loom can watch: its `std` is `crate::watched`.
//! Must not know what is in the files.

use std::{env, fs, path::Path};

const FILES: [(&str, &str); 7] = [
    ("flight", "verifier/flight.rs"),
    ("filter", "verifier/index/filter.rs"),
    ("table", "verifier/index/table.rs"),
    ("ids", "verifier/index/ids.rs"),
    ("marks", "verifier/index/marks.rs"),
    ("shards", "verifier/index/shards.rs"),
    ("confirm", "verifier/confirm.rs"),
];

fn main() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src");
    let out = Path::new(&env::var_os("OUT_DIR").unwrap()).to_owned();
    for (name, file) in FILES {
        let path = source.join(file);
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        // The one place of a module in the crate is another here.
        let text = text.replace("pub(in crate::verifier)", "pub(crate)");
        let text = text.replace("pub(super)", "pub(crate)");
        let text = text.replace("use std::", "use crate::watched::").replace("//!", "//");
        // Fewer of the same kind: each costs loom time, and one shard is like another.
        let text = text.replace("(0..=u8::MAX)", "(0..=1)").replace("usize = 4096;", "usize = 2;");
        let text = text.replace("SHARDS: usize = 64;", "SHARDS: usize = 2;");
        let text = text.replace("[8, 32, 128,", "[1, 2, 128,");
        fs::write(out.join(format!("{name}.rs")), text).unwrap();
    }
}
