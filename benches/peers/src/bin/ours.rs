//! Knows hallpass alone: without and with revocation, and a token that was verified before.
//! `ours tokens` prints what programs in other languages need.
//! Must not know a peer.

use hallpass_peers::{
    floor::Floor,
    ours::Ours,
    tokens::{self, ALGORITHMS},
    turns::{Job, serve},
};

fn main() {
    let subjects = ALGORITHMS.map(|algorithm| {
        let ours = Ours::new(algorithm);
        let floor = Floor::new(algorithm, ours.token());
        assert!(floor.verify());
        (algorithm, ours, floor)
    });
    if std::env::args().nth(1).as_deref() == Some("tokens") {
        let algorithms: serde_json::Map<_, _> = subjects
            .iter()
            .map(|(algorithm, ours, _)| {
                let refused = tokens::refused(*algorithm, ours.token());
                let kid = tokens::signing_key(*algorithm).kid().to_string();
                let entry = serde_json::json!({
                    "token": ours.token(), "kid": kid, "refused": refused,
                });
                (algorithm.name().to_owned(), entry)
            })
            .collect();
        let keys = format!("{}/../../tests/vectors/keys", env!("CARGO_MANIFEST_DIR"));
        let all = serde_json::json!({
            "issuer": tokens::ISSUER, "audience": tokens::AUDIENCE, "subject": tokens::SUBJECT,
            "client": tokens::CLIENT, "scope": tokens::SCOPE, "lifetime": tokens::LIFETIME,
            "secret": tokens::SECRET, "keys": keys, "algorithms": algorithms,
        });
        println!("{all}");
        return;
    }
    let mut jobs = Vec::new();
    for (algorithm, ours, floor) in &subjects {
        let name = algorithm.name();
        let job = Job::new(format!("verify {name}"))
            .case("ring", || floor.verify())
            .case("hallpass", || ours.verify())
            .case("revocation", || ours.verify_with_revocation())
            .case("again", || ours.verify_again());
        jobs.push(job);
        let job = Job::new(format!("issue {name}"))
            .case("ring", || floor.sign())
            .case("hallpass", || ours.issue());
        jobs.push(job);
    }
    serve("hallpass", &jobs);
}
