//! Every token gets the verdict that `jsonwebtoken::decode` gives it, but for the differences that
//! are listed with their reasons. A binary of its own: a provider is installed once per process.
//!
//! `differences.rs` is the table to read; `tokens.rs` makes the tokens; `verdict.rs` asks both.
//! `foreign.rs` asks PyJWT and jose in the same way, and has them sign as well.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::string_slice, reason = "likewise")]

mod damage;
mod differences;
mod facts;
mod foreign;
mod foreign_differences;
mod random;
mod tokens;
mod verdict;

use jsonwebtoken::Algorithm;

use damage::damage;
use differences::{DIFFERENCES, Ours};
use facts::Facts;
use random::Random;
use tokens::Draft;
use verdict::{Answers, Judges};

/// Both answers to many random tokens of one algorithm; how often each was accepted is returned.
fn compare(algorithm: Algorithm, cases: u64) {
    let judges = Judges::new(algorithm);
    let (mut both, mut neither, mut explained) = (0, 0, 0);
    for seed in 0..cases {
        let answers = judges.ask(|now| {
            let mut random = Random::new(seed ^ (algorithm as u64) << 32);
            let mut draft = Draft::good(&judges.issued, now);
            for _ in 0..random.below(4) {
                draft.change(&mut random, now);
            }
            let text = draft.sign(&judges);
            damage(text, &mut random)
        });
        match (&answers.ours, answers.theirs.is_ok()) {
            (Ok(_), true) => both += 1,
            (Err(_), false) => neither += 1,
            _ => {
                let facts = Facts::of(&answers);
                let known = DIFFERENCES.iter().any(|known| known.explains(&answers, &facts));
                assert!(known, "{algorithm:?}, seed {seed}: nothing explains\n{}", show(&answers));
                explained += 1;
            }
        }
    }
    // A generator that only makes junk, or never any, would compare nothing.
    let share = |count: u64| count * 100 / cases;
    assert!(
        share(both) >= 10 && share(neither) >= 10 && share(explained) >= 5,
        "both accept {both}, neither {neither}, explained {explained} of {cases}"
    );
}

fn show(answers: &Answers) -> String {
    let parts: Vec<_> = answers.token.split('.').map(tokens::decoded_for_show).collect();
    format!(
        "now {}\nours {:?}\ntheirs {:?}\n{}\n{}\n{}",
        answers.now,
        answers.ours.as_ref().map(drop),
        answers.theirs,
        parts.first().map_or("", |part| part),
        parts.get(1).map_or("", |part| part),
        answers.token
    )
}

macro_rules! same_verdicts {
    ($($name:ident $algorithm:ident $cases:literal,)*) => {
        $(#[test]
        fn $name() {
            compare(Algorithm::$algorithm, $cases);
        })*
    };
}

same_verdicts! {
    same_verdicts_hs256 HS256 3000,
    same_verdicts_hs384 HS384 1500,
    same_verdicts_hs512 HS512 1500,
    same_verdicts_es256 ES256 1500,
    same_verdicts_es384 ES384 400,
    same_verdicts_eddsa EdDSA 1500,
    same_verdicts_rs256 RS256 300,
    same_verdicts_rs384 RS384 150,
    same_verdicts_rs512 RS512 150,
    same_verdicts_ps256 PS256 150,
    same_verdicts_ps384 PS384 150,
    same_verdicts_ps512 PS512 150,
}

/// An entry whose own example no longer differs has outlived its reason.
#[test]
fn every_listed_difference_still_differs() {
    for algorithm in [Algorithm::HS256, Algorithm::ES256, Algorithm::EdDSA] {
        let judges = Judges::new(algorithm);
        for known in DIFFERENCES {
            let answers = judges.ask(|now| {
                let mut draft = Draft::good(&judges.issued, now);
                (known.example)(&mut draft, now);
                draft.sign(&judges)
            });
            let facts = Facts::of(&answers);
            let differs = answers.ours.is_ok() != answers.theirs.is_ok();
            let what = known.what;
            assert!(differs, "{algorithm:?}: no longer differs: {what}\n{}", show(&answers));
            assert!(known.explains(&answers, &facts), "{what}\n{}", show(&answers));
            assert!(!known.reason.is_empty());
        }
    }
}

/// Without a change the token is exactly the one that was issued, and both take it.
#[test]
fn our_own_token_is_taken_by_both() {
    for algorithm in verdict::ALL {
        let judges = Judges::new(algorithm);
        let answers = judges.ask(|now| {
            let mut draft = Draft::good(&judges.issued, now);
            if draft.is_deterministic(algorithm) {
                draft.clone_times_of(&judges.issued);
                let again = draft.sign(&judges);
                assert_eq!(again, judges.issued.text, "the draft writes what the issuer wrote");
            }
            judges.issued.text.clone()
        });
        assert!(answers.ours.is_ok() && answers.theirs.is_ok(), "{}", show(&answers));
    }
}

/// The table says of each entry who is the stricter; most often that is us.
#[test]
fn where_they_are_stricter_is_said() {
    let laxer = DIFFERENCES.iter().filter(|known| matches!(known.ours, Ours::Accepts));
    assert_eq!(laxer.count(), 2);
}
