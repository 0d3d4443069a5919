//! `examples/custom_store`, the store that users copy.

use crate::support::example;

/// Invariants 47 to 60, as far as one process can show them, and a crash in the middle of a line.
#[test]
fn the_custom_store_passes_the_conformance_suite_and_survives_a_torn_line() {
    let output = example("custom_store").arg("8").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");
    for check in [
        "session_races::rotation_is_linearizable",
        "decisions::every_answer_is_that_of_decide",
        "feed::nothing_is_missed_while_others_write",
        "api_key_races::rotation_is_linearizable",
        "sinks::an_end_seen_by_another_call_has_reached_the_sinks",
        "twin::every_answer_is_that_of_a_store_never_pruned",
    ] {
        assert!(text.contains(&format!("held  {check}\n")), "{check} is missing in\n{text}");
    }
    for line in [
        "each says what its store knew",
        "a second opening at the same time is refused",
        "a torn last line (13 bytes) was cut off, and nothing else changed",
        "a whole line that cannot be read is refused: the journal store holds a record",
    ] {
        assert!(text.contains(line), "`{line}` is missing in\n{text}");
    }
}

#[test]
fn wrong_arguments_get_the_usage_and_exit_code_2() {
    for arguments in [&["many"][..], &["1", "2"], &["-1"]] {
        let output = example("custom_store").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("usage: "));
    }
}
