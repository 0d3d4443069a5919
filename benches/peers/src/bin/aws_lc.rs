//! Knows hallpass with its keys on AWS-LC instead of ring.
//! Must not know another peer.

use hallpass::{Algorithm, key::Backend};
use hallpass_peers::{
    ours::Ours,
    turns::{Peer, serve_jwt},
};

struct OnAwsLc(Ours);

impl Peer for OnAwsLc {
    fn accepts(&self, token: &str) -> bool {
        self.0.accepts(token)
    }

    fn issue(&self) -> String {
        self.0.issue_text()
    }
}

fn main() {
    let new = |algorithm: Algorithm| OnAwsLc(Ours::on(Backend::AwsLc, algorithm));
    serve_jwt("hallpass, on AWS-LC", new);
}
