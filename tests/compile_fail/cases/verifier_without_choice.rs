//! A verifier is told whether to look at revocations before it can be built.

use hallpass::Verifier;

fn main() {
    let _ = Verifier::builder("https://auth.example.com").audience("https://api.example.com").build();
}
