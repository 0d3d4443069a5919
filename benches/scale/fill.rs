//! Knows how a store is filled, and what each call takes then.
//! Must not know an engine.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hallpass::store::{EndReason, Granted, InsertOutcome, Owner, RotateOutcome, Store};
use tokio::runtime::Runtime;

use crate::{
    cpu,
    engine::{Kind, Place},
    rows::Rows,
    times::Times,
};

/// How many callers fill, and rotate in company.
const CALLERS: u64 = 64;
/// Up to how many sessions are opened through the store.
const FEW: u64 = 10_000;
/// How often each call is measured.
const TIMES: u64 = 2_000;
/// How many rows are forgotten at once.
const BATCH: u32 = 1_000;

/// Columns of the table, by line.
type Table = BTreeMap<(u8, String), Vec<String>>;

/// One column for each size.
pub(crate) fn run(kind: Kind, sizes: &[u64]) {
    let runtime = Runtime::new().unwrap();
    let mut table = Table::new();
    for (column, size) in sizes.iter().enumerate() {
        runtime.block_on(measure(kind, *size, |line, cell| {
            let cells = table.entry(line).or_default();
            cells.resize(column, String::new());
            cells.push(cell);
        }));
    }
    let heads: Vec<_> = sizes.iter().map(|size| format!("{size} sessions")).collect();
    println!("\n| {} | {} |\n|---{}|", kind.name(), heads.join(" | "), "|---".repeat(heads.len()));
    for ((_, line), cells) in &table {
        println!("| {line} | {} |", cells.join(" | "));
    }
    println!("\n{}", cpu::machine());
}

async fn measure(kind: Kind, total: u64, mut cell: impl FnMut((u8, String), String)) {
    let place = Place::new(kind).await;
    let rows = Rows::new(total);
    let store = place.open(false).await;
    let began = Instant::now();
    // A few through the store; more would take long, since each is a commit.
    if total <= FEW {
        fill(&store, rows).await;
    } else {
        place.fill(&*store, rows).await;
    }
    let took = began.elapsed();
    eprintln!("{}: {total} sessions in {took:.0?}", kind.name());
    drop(store);
    place.settle().await;
    let mut line = |at: u8, name: &str, text: String| cell((at, name.to_owned()), text);
    let per = |bytes: u64| format!("{:.0} MB, {} B each", bytes as f64 / 1e6, bytes / total);
    let sizes = place.sizes().await;
    line(0, "filled at", format!("{:.0} a second", total as f64 / took.as_secs_f64()));
    line(1, "table and indexes", per(sizes.iter().map(|(_, bytes)| bytes).sum()));
    for (name, bytes) in &sizes {
        line(2, &format!("· `{name}`"), per(*bytes));
    }
    let store = place.open(true).await;
    let times = TIMES.min(total / 10);
    let find = walk(rows, 0, times, async |number| {
        assert!(store.find_session(&rows.id(number)).await.unwrap().is_some());
    });
    line(3, "read one", find.await.cell());
    let list = walk(rows, times, times, async |number| {
        let owner = Owner::Subject(rows.subject(number));
        assert!(!store.list_sessions(&owner, None, 100, rows.now).await.unwrap().is_empty());
    });
    line(4, "list a person's", list.await.cell());
    let rotated = walk(rows, 2 * times, times, async |number| rotate(&*store, rows, number).await);
    line(5, "rotate, one caller", rotated.await.cell());
    let callers = CALLERS.min(times);
    let (rate, rotated) = crowd(&store, rows, 3 * times, callers, times * 3 / callers).await;
    line(
        6,
        &format!("rotate, {callers} callers"),
        format!("{rate:.0} a second, {}", rotated.cell()),
    );
    let ended = walk(rows, 6 * times, times, async |number| {
        assert!(store.end_session(&rows.id(number), EndReason::SignedOut, rows.now).await.unwrap());
    });
    line(7, "end one", ended.await.cell());
    line(8, &format!("forget {BATCH} that are due"), prune(&*store, rows).await.cell());
    drop(store);
    place.remove().await;
}

async fn fill(store: &Arc<dyn Store>, rows: Rows) {
    let next = Arc::new(AtomicU64::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (store, next) = (Arc::clone(store), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= rows.total {
                        return;
                    }
                    let opened = store.insert_session(&rows.record(number)).await.unwrap();
                    assert!(matches!(opened, InsertOutcome::Inserted), "{opened:?}");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// One call after the other, each for another session.
async fn walk(rows: Rows, start: u64, count: u64, call: impl AsyncFn(u64)) -> Times {
    let mut times = Vec::new();
    for number in rows.walk(start, count) {
        let began = Instant::now();
        call(number).await;
        times.push(began.elapsed());
    }
    Times::new(times)
}

async fn rotate(store: &dyn Store, rows: Rows, number: u64) {
    let outcome = store.rotate_session(&rows.rotation(number), rows.now).await.unwrap();
    let rotated = matches!(outcome, RotateOutcome::Granted { how: Granted::Rotated { .. }, .. });
    assert!(rotated, "{outcome:?}");
}

/// All at the same time, each his own sessions one after the other.
async fn crowd(
    store: &Arc<dyn Store>,
    rows: Rows,
    start: u64,
    callers: u64,
    each: u64,
) -> (f64, Times) {
    let began = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in rows.walk(start + caller * each, each) {
                    let began = Instant::now();
                    rotate(&*store, rows, number).await;
                    times.push(began.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    (rate, Times::new(times))
}

/// The oldest, some time later, batch by batch.
async fn prune(store: &dyn Store, rows: Rows) -> Times {
    let later = rows.now + crate::rows::ABSOLUTE / 20 + Duration::from_secs(60);
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let gone = store.prune_sessions(later, BATCH).await.unwrap();
        if gone < BATCH && !times.is_empty() {
            break;
        }
        times.push(began.elapsed());
    }
    Times::new(times)
}
