//! `Verified` has no constructor.

fn main() {
    let _ = hallpass::Verified::default();
}
