//! How many refresh tokens are rotated in a second, at 1, 16 and 64 callers: hallpass's stores
//! beside sqlx, and `pgbench`, on the same disk and the same server, in turns.
//!
//! `stores [--quick]`. PostgreSQL is the server that HALLPASS_TEST_POSTGRES names; `run` starts one.

mod alone;
mod postgres;
mod sqlite;
mod work;

use std::{path::Path, time::Duration};

use hallpass::store::{PostgresStore, SqliteDurability, SqliteOptions};
use sqlx::sqlite::SqliteSynchronous;
use tokio::runtime::Runtime;

use crate::{alone::Alone, work::Ours};

const CALLERS: [u32; 3] = [1, 16, 64];

/// Who uses SQLite, each in a process of its own: the program with `--alone` before the rest.
const ON_SQLITE: [&str; 3] = ["ours", "plain", "tuned"];

/// How many rounds, and how long a turn is.
#[derive(Clone, Copy)]
struct Pace {
    rounds: usize,
    turn: Duration,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [alone, rest @ ..] = arguments.as_slice()
        && alone == "--alone"
    {
        return serve(rest);
    }
    let pace = match arguments.iter().any(|argument| argument == "--quick") {
        true => Pace { rounds: 2, turn: Duration::from_millis(30) },
        false => Pace { rounds: 11, turn: Duration::from_millis(250) },
    };
    let runtime = Runtime::new().unwrap();
    println!(
        "SQLite: hallpass's rotations as a multiple of sqlx's, median of {} rounds.\n",
        pace.rounds
    );
    println!(
        "| durability | callers | hallpass, a second | sqlx, its defaults | sqlx, one connection, no ping |"
    );
    println!("|---|---:|---:|---:|---:|");
    let place = tempfile::tempdir().unwrap();
    for durability in ["NORMAL", "FULL"] {
        for callers in CALLERS {
            let cells = sqlite(pace, place.path(), durability, callers);
            println!("| `{durability}` | {callers} | {cells} |");
        }
    }
    println!();
    let Ok(url) = std::env::var("HALLPASS_TEST_POSTGRES") else {
        println!("PostgreSQL: left out, HALLPASS_TEST_POSTGRES is not set.");
        return;
    };
    println!("PostgreSQL: hallpass's rotations as a multiple, median of {} rounds.\n", pace.rounds);
    println!(
        "| `synchronous_commit` | callers | hallpass, a second | sqlx, one `UPDATE` \
         | sqlx, `BEGIN` … `COMMIT` | pgbench, one `UPDATE` |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for commit in ["off", "on"] {
        for callers in CALLERS {
            let cells = postgres(&runtime, pace, &url, commit, callers);
            println!("| `{commit}` | {callers} | {cells} |");
        }
    }
}

/// Our rate and its ratios to the others'.
fn cells(rates: &[Vec<f64>]) -> String {
    let ours = &rates[0];
    let ratios = rates[1..].iter().map(|theirs| {
        let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs);
        match theirs.is_empty() {
            true => "not here".to_owned(),
            false => format!("{:.1}", median(ratios.collect())),
        }
    });
    let rate = format!("{:.0}", median(ours.clone()));
    std::iter::once(rate).chain(ratios).collect::<Vec<_>>().join(" | ")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn sqlite(pace: Pace, place: &Path, durability: &str, callers: u32) -> String {
    let mut subjects = ON_SQLITE.map(|who| {
        let file = place.join(format!("{who}-{durability}-{callers}.db"));
        let (callers, turn) = (callers.to_string(), pace.turn.as_millis().to_string());
        Alone::start(&["--alone", who, durability, &callers, &turn, file.to_str().unwrap()])
    });
    let mut rates = vec![Vec::new(); ON_SQLITE.len()];
    for _ in 0..pace.rounds {
        for (subject, rates) in subjects.iter_mut().zip(&mut rates) {
            rates.push(subject.turn());
        }
    }
    cells(&rates)
}

/// One of [`ON_SQLITE`], as its arguments say.
fn serve(arguments: &[String]) {
    let [who, durability, callers, turn, file] = arguments else {
        panic!("who, durability, callers, milliseconds, file");
    };
    let (callers, turn) = (callers.parse().unwrap(), turn.parse().unwrap());
    let (ours, theirs) = match durability.as_str() {
        "NORMAL" => (SqliteDurability::Normal, SqliteSynchronous::Normal),
        "FULL" => (SqliteDurability::Full, SqliteSynchronous::Full),
        other => panic!("no such durability: {other}"),
    };
    let (runtime, turn) = (Runtime::new().unwrap(), Duration::from_millis(turn));
    let pool = match who.as_str() {
        "ours" => {
            let filled = async {
                let store = SqliteOptions::new().durability(ours).open(file).await.unwrap();
                Ours::filled(store, callers).await
            };
            return alone::serve(&runtime, callers, turn, filled);
        }
        "plain" => sqlite::defaults(),
        "tuned" => sqlite::tuned(),
        other => panic!("no such subject: {other}"),
    };
    let filled = sqlite::Sqlx::filled(Path::new(file), theirs, pool, callers);
    alone::serve(&runtime, callers, turn, filled);
}

fn postgres(
    runtime: &Runtime,
    pace: Pace,
    url: &str,
    commit: &'static str,
    callers: u32,
) -> String {
    runtime.block_on(async {
        let builder = PostgresStore::builder().schema(&postgres::schema());
        let store = builder.connect(&postgres::with_commit(url, commit)).await.unwrap();
        store.migrate().await.unwrap();
        let ours = Ours::filled(store, callers).await;
        let update = postgres::Update::filled(url, commit, callers).await;
        let transaction = postgres::Transaction::filled(url, commit, callers).await;
        let pgbench = postgres::Pgbench::filled(url, commit, callers).await;
        let mut rates = vec![Vec::new(); 4];
        // It counts its work instead of its time: as much as it does in a turn.
        let mut transactions = 50;
        for _ in 0..pace.rounds {
            rates[0].push(ours.turn(callers, pace.turn).await);
            rates[1].push(update.turn(callers, pace.turn).await);
            rates[2].push(transaction.turn(callers, pace.turn).await);
            if let Some(pgbench) = &pgbench {
                let rate = pgbench.turn(callers, transactions);
                rates[3].push(rate);
                let more = rate * pace.turn.as_secs_f64() / f64::from(callers);
                transactions = (more as u32).max(50);
            }
        }
        cells(&rates)
    })
}
