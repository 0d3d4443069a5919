//! A store of one's own, in one journal file, put through the conformance suite.
//!
//! `cargo run --example custom_store --features test-util [HISTORIES]`
//!
//! To write yours, copy this and begin with `store.rs`: the roles only say what a step changes.
//! `row.rs` is how a record is written, `tables.rs` what the journal adds up to, `journal.rs` the
//! file. `docs/stores.md` tells the contract.

mod api_keys;
mod journal;
mod revocations;
mod row;
mod sessions;
mod store;
mod tables;

use std::{
    env,
    error::Error,
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use hallpass::{
    store::StoreErrorKind,
    testing::conformance::{Suite, block_on},
};

use self::store::JournalStore;

const USAGE: &str = "usage: custom_store [HISTORIES]

Puts a store in a journal file through the conformance suite, in a temporary directory. HISTORIES
is how many random histories each randomised check runs; 20 if not given.";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let histories = match arguments.as_slice() {
        [] => Some(20),
        [histories] => histories.parse().ok(),
        _ => None,
    };
    let Some(histories) = histories else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(histories) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("custom_store: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(histories: u32) -> Result<(), Box<dyn Error>> {
    let directory = env::temp_dir().join(format!("custom_store-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let result = conforms(&directory, histories).and_then(|()| survives(&directory));
    fs::remove_dir_all(&directory)?;
    result
}

/// Runs every check on a journal of its own; then opens each journal again, and compares what it
/// says with what the store knew.
fn conforms(directory: &Path, histories: u32) -> Result<(), Box<dyn Error>> {
    let made: Mutex<Vec<(PathBuf, Arc<JournalStore>)>> = Mutex::default();
    // The suite is given shares of the stores, so that they outlive it.
    let fresh = || async {
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        let path = directory.join(format!("{}.journal", made.len()));
        let store = open(&path);
        made.push((path, Arc::clone(&store)));
        store
    };
    let report = block_on(Suite::new().histories(histories).run(fresh))?;
    for check in report.held() {
        println!("held  {check}");
    }
    println!("{} checks held", report.held().len());

    let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (count, mut bytes) = (made.len(), 0);
    for (path, store) in made {
        let known = Arc::into_inner(store).and_then(JournalStore::close);
        let (again, _) = JournalStore::open(&path)?;
        bytes += fs::metadata(&path)?.len();
        if known.is_none() || known != again.close() {
            return Err(format!("{} does not say what its store knew", path.display()).into());
        }
    }
    println!("{count} journals ({bytes} bytes) opened again: each says what its store knew");
    // `Suite::shared` is for stores that several processes use at once. This one refuses that.
    Ok(())
}

/// What a crash in the middle of a line leaves is cut off; what cannot be read is refused.
fn survives(directory: &Path) -> Result<(), Box<dyn Error>> {
    let path = directory.join("0.journal");
    let (store, _) = JournalStore::open(&path)?;
    match JournalStore::open(&path) {
        Err(error) if error.kind() == StoreErrorKind::Misconfigured => {
            println!("a second opening at the same time is refused: {error}");
        }
        other => return Err(format!("a second opening was not refused: {other:?}").into()),
    }
    let known = store.close();
    OpenOptions::new().append(true).open(&path)?.write_all(b"[{\"forget_ses")?;
    let (store, torn) = JournalStore::open(&path)?;
    if store.close() != known {
        return Err("a torn line changed what the journal says".into());
    }
    println!("a torn last line ({torn} bytes) was cut off, and nothing else changed");

    OpenOptions::new().append(true).open(&path)?.write_all(b"[{\"forget_ses\n")?;
    match JournalStore::open(&path) {
        Err(error) if error.kind() == StoreErrorKind::Corrupt => {
            println!("a whole line that cannot be read is refused: {error}");
        }
        other => return Err(format!("a line that is no step was not refused: {other:?}").into()),
    }
    Ok(())
}

#[expect(clippy::expect_used, reason = "the suite's factory gives a store; there is none without")]
fn open(path: &Path) -> Arc<JournalStore> {
    Arc::new(JournalStore::open(path).expect("a journal in the temporary directory").0)
}
