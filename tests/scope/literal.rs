//! What is checked while compiling reads as what is read at run time.

use std::{
    cell::Cell,
    panic::{catch_unwind, set_hook, take_hook},
};

use hallpass::scope::{Permission, literal};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The longest text that is tried here.
const ROOM: usize = 1024;

/// What `permission!` makes of a text: its canonical spelling, or why it does not compile.
fn compiled(text: &str) -> Option<Permission> {
    let checked = || {
        let length = literal::canonical_len(text);
        let canonical = literal::canonical::<ROOM>(text).split_at(length).0.to_vec();
        literal::permission(canonical.leak())
    };
    QUIET.set(true);
    let answer = catch_unwind(checked).ok();
    QUIET.set(false);
    answer
}

#[track_caller]
fn same_verdict(text: &str) -> bool {
    let (compiled, read) = (compiled(text), text.parse::<Permission>().ok());
    // At run time an escape may be spelled in other ways too.
    let spelled = |read: &Permission| match text.split(':').count() {
        3 => read.as_str() == text,
        _ => true,
    };
    let expected = read.filter(spelled);
    assert_eq!(compiled, expected, "{text:?}");
    let (Some(compiled), Some(read)) = (compiled, expected) else { return false };
    assert_eq!(
        (compiled.resource(), compiled.id(), compiled.action()),
        (read.resource(), read.id(), read.action()),
        "{text:?}"
    );
    let other = Permission::new("a", "b:c", "r").unwrap();
    assert_eq!(
        (compiled.covers(&other), other.covers(&compiled)),
        (read.covers(&other), other.covers(&read))
    );
    assert!(compiled.covers(&read) && read.covers(&compiled), "{text:?}");
    true
}

#[test]
fn the_compiler_and_the_reader_say_the_same() {
    let loud = take_hook();
    set_hook(Box::new(move |panic| {
        if !QUIET.get() {
            loud(panic);
        }
    }));
    let pieces = [
        "a", "R", "9", "_", "-", ".", ":", "*", "%3A", "%41", "%2a", "%2A", "%", "%0A", "%C3",
        "%A9", "/", " ", "\u{e9}",
    ];
    let mut good = 0;
    let mut texts = vec![String::new()];
    for _ in 0..3 {
        texts = texts
            .iter()
            .flat_map(|text| pieces.iter().map(move |piece| format!("{text}{piece}")))
            .collect();
        good += texts.iter().filter(|text| same_verdict(text)).count();
    }
    for id in &texts {
        good += usize::from(same_verdict(&format!("a:{id}:r")));
    }
    for text in [
        "",
        "email",
        "Email",
        "openid",
        "offline_access",
        "emails",
        "emai",
        "email:*",
        "a:email",
        "a:b:c:d",
        "a::b",
        ":a",
        "a:",
        "%C2%85",
    ] {
        good += usize::from(same_verdict(text));
    }
    for text in ["a:%C2%85:r", "a:%C2%A0:r", "a:%E2%82%AC:r", "a:%7F:r", "a:%20:r", "a:%2C%25:r"] {
        good += usize::from(same_verdict(text));
    }
    // The edges: an id of 255 bytes, escaped or not, and a permission of 512.
    for length in [254, 255, 256] {
        good += usize::from(same_verdict(&format!("a:{}:r", "i".repeat(length))));
        good += usize::from(same_verdict(&format!("a:{}{}:r", "i".repeat(length - 1), "%3A")));
    }
    for length in [507, 508, 509] {
        good += usize::from(same_verdict(&format!("{}:*:a", "r".repeat(length))));
        good += usize::from(same_verdict(&format!("{}:a", "r".repeat(length))));
    }
    assert!(good > 300, "only {good} were good");
}
