//! Knows what a process that is killed leaves behind (invariant 52).
//! Must not know how it was written.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use hallpass::store::{
    Granted, RotateOutcome, SessionStore, SqliteDurability, SqliteOptions, SqliteStore,
};

use crate::support::{MINUTE, NOW, Place, granted, put, rotation, session};

const SESSIONS: u64 = 16;
const KILLS: u32 = 20;
const FILE: &str = "HALLPASS_TEST_FILE";
const ROUND: &str = "HALLPASS_TEST_ROUND";
const WAITS: &str = "HALLPASS_TEST_WAITS_FOR_THE_DISK";

/// The marks of attempts differ from round to round.
fn attempt(round: u64, number: u64, presented: u32) -> u64 {
    (round << 48) | (number << 32) | u64::from(presented)
}

fn at(presented: u32) -> hallpass::Timestamp {
    NOW + Duration::from_secs(1) * presented
}

/// Not a test: what the killed process does. Refreshes its sessions for ever, and says what it
/// presents and what it was given.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Ok(file) = std::env::var(FILE) else { return };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let waits = std::env::var(WAITS).unwrap() == "true";
        let store = Arc::new(open(file, durability(waits)).await);
        let tasks = (0..SESSIONS).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let session = session(number);
                let row = store.find_session(&session.id).await.unwrap().unwrap();
                let mut presented = row.state.generation;
                while presented < u32::MAX {
                    say(&format!("present {number} {presented}\n"));
                    let rotation = rotation(&session, presented, attempt(round, number, presented));
                    let outcome = store.rotate_session(&rotation, at(presented)).await.unwrap();
                    presented = granted(&outcome);
                    say(&format!("given {number} {presented}\n"));
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

/// One write each, so that a line is whole or not there.
fn say(line: &str) {
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn durability(waits: bool) -> SqliteDurability {
    if waits { SqliteDurability::Full } else { SqliteDurability::Normal }
}

async fn open(file: impl AsRef<std::path::Path>, durability: SqliteDurability) -> SqliteStore {
    SqliteOptions::new().durability(durability).open(file).await.unwrap()
}

fn start(place: &Place, round: u32, waits: bool) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env(FILE, place.file())
        .env(ROUND, round.to_string())
        .env(WAITS, waits.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a client knows: the last token it was given, and what it presented since, if anything.
#[derive(Clone, Copy, Default)]
struct Known {
    given: u32,
    asked: Option<u32>,
}

/// Where every answer waits for the disk, as by default.
#[tokio::test]
async fn inv_52_every_token_given_before_a_kill_still_works_and_none_forks() {
    killed_again_and_again(true).await;
}

/// Where only ends and revocations do: a process that is killed still loses nothing.
#[tokio::test]
async fn inv_52_nor_does_one_where_rotations_do_not_wait_for_the_disk() {
    killed_again_and_again(false).await;
}

async fn killed_again_and_again(waits: bool) {
    let place = Place::new();
    {
        let store = open(place.file(), durability(waits)).await;
        for number in 0..SESSIONS {
            let mut session = session(number);
            // Every refresh rotates; a retry of a lost answer is still honoured.
            session.policy.retry_window = Duration::ZERO;
            session.policy.strict = false;
            session.absolute_expires_at = NOW + MINUTE * 60 * 24 * 90;
            put(&store, &session).await;
        }
    }
    let mut known = [Known::default(); SESSIONS as usize];
    let mut rotations = 0_u32;
    // A fixed sequence of moments, different from kill to kill.
    let mut random = 0x9e37_79b9_u32;
    for round in 1..=KILLS {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        let lines = 1_100 + random % 500;
        let mut child = start(&place, round, waits);
        rotations += hear_and_kill(&mut child, lines, &mut known);
        let store = open(place.file(), durability(waits)).await;
        for (known, number) in known.iter_mut().zip(0..) {
            check(&store, number, round, known).await;
        }
        let integrity: String = rusqlite::Connection::open(place.file())
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(integrity, "ok");
    }
    assert!(rotations >= 10_000, "only {rotations} rotations");
}

/// Lets a process refresh until it has said `lines` lines, and kills it in the midst of its work.
fn hear_and_kill(child: &mut Child, lines: u32, known: &mut [Known]) -> u32 {
    let mut heard = BufReader::new(child.stderr.take().unwrap());
    let (mut line, mut count, mut rotations) = (String::new(), 0, 0);
    loop {
        line.clear();
        // After the kill the pipe still holds what was said before it.
        if heard.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            break;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let [verb, number, generation] = words[..] else { panic!("the process said {line}") };
        let generation = generation.parse().unwrap();
        let known = &mut known[number.parse::<usize>().unwrap()];
        if verb == "given" {
            *known = Known { given: generation, asked: None };
            rotations += 1;
        } else {
            known.asked = Some(generation);
        }
        count += 1;
        if count == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(count >= lines, "the process ended by itself: {line}");
    rotations
}

async fn check(store: &SqliteStore, number: u64, round: u32, known: &mut Known) {
    let session = session(number);
    let row = store.find_session(&session.id).await.unwrap().unwrap().state.generation;
    let ahead = u32::from(known.asked.is_some());
    assert!(row >= known.given, "{number}: a given token was lost: {row} < {}", known.given);
    assert!(row <= known.given + ahead, "{number}: {row} > {} + {ahead}", known.given);
    // Half of the clients send the very same attempt again, the others a new one.
    let mark = if number.is_multiple_of(2) { u64::from(round) } else { u64::from(round) + 1000 };
    let again = rotation(&session, known.given, attempt(mark, number, known.given));
    let outcome = store.rotate_session(&again, at(known.given)).await.unwrap();
    assert_eq!(granted(&outcome), known.given + 1);
    let RotateOutcome::Granted { how, .. } = outcome else { unreachable!() };
    match (row > known.given, number % 2) {
        (true, 0) => assert_eq!(how, Granted::Rotated { skew: None }, "the first outcome"),
        (true, _) => assert_eq!(how, Granted::Replayed),
        (false, _) => assert_eq!(how, Granted::Rotated { skew: None }),
    }
    *known = Known { given: known.given + 1, asked: None };
    let row = store.find_session(&session.id).await.unwrap().unwrap().state;
    assert_eq!((row.generation, row.ended), (known.given, None), "one branch");
}
