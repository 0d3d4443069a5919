//! Knows that the suite catches every store that breaks one promise, and names the promise.
//! Must not know how the suite finds out.

mod api_keys;
mod store;

use hallpass::testing::conformance::{Suite, block_on};

use self::store::{Flaw, Flawed};

fn fresh(flaw: Flaw) -> impl AsyncFn() -> Flawed {
    async move || Flawed::new(flaw)
}

#[track_caller]
#[expect(clippy::panic, reason = "it is an assertion")]
fn caught(flaw: Flaw, by: &str) {
    let fresh = fresh(flaw);
    let result = block_on(Suite::new().histories(40).run(|| fresh()));
    let Err(violation) = result else { panic!("{flaw:?} passes") };
    assert!(violation.rule().contains(by), "{flaw:?} was caught by {violation}");
}

#[test]
fn every_flaw_is_caught_and_named() {
    caught(Flaw::ConfirmsAnyGeneration, "confirm_session");
    caught(Flaw::DropsTheLabel, "insert_session");
    caught(Flaw::EndsSiblings, "end_session");
    caught(Flaw::ForgetsAttempts, "rotate_session");
    caught(Flaw::ForgetsToPublish, "subscribe");
    caught(Flaw::IgnoresMarks, "insert_session");
    caught(Flaw::IgnoresPruneLimits, "prune_sessions");
    caught(Flaw::KeepsTheLastRetention, "raise_retention");
    caught(Flaw::ListsBackwards, "list_sessions");
    caught(Flaw::ListsEveryClient, "list_sessions");
    caught(Flaw::LosesTheEndOfAPage, "read_revocations");
    caught(Flaw::PrunesEarly, "prune_sessions");
    caught(Flaw::ReadsThenWrites, "linearizable");
    caught(Flaw::ReplacesKeysTwice, "rotate_api_key");
    caught(Flaw::Revives, "rotate_session");
    caught(Flaw::RunsFast, "rotate_session");
    caught(Flaw::SlidesOnReplay, "rotate_session");
    caught(Flaw::TouchesAlways, "touch_api_key");
    caught(Flaw::WritesNoRecordOnReuse, "rotate_session");
}

/// The random histories find what they can without any other check, and name the history.
#[test]
fn the_model_alone_catches_what_shows_in_a_sequence_of_calls() {
    for flaw in [
        Flaw::ConfirmsAnyGeneration,
        Flaw::EndsSiblings,
        Flaw::ForgetsAttempts,
        Flaw::PrunesEarly,
        Flaw::Revives,
        Flaw::RunsFast,
        Flaw::SlidesOnReplay,
        Flaw::WritesNoRecordOnReuse,
    ] {
        let fresh = fresh(flaw);
        let suite = Suite::new().histories(400);
        let result = block_on(suite.histories_of(|| fresh()));
        let Err(violation) = result else { panic!("the model passes {flaw:?}") };
        let seed = violation.seed().unwrap();
        // The seed alone shows it again.
        let again = block_on(Suite::new().seed(seed).histories(1).histories_of(|| fresh()));
        assert_eq!(again.unwrap_err().seed(), Some(seed));
        assert!(violation.to_string().ends_with(&format!("(seed {seed})")), "{violation}");
    }
}
