//! Knows what was counted and what was broken.
//! Must not know what may happen.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A small write that takes longer is no fault of a server's.
pub(crate) const STALL: Duration = Duration::from_millis(400);
/// More are counted, not kept.
const MOST: usize = 40;

/// What all tasks of a run note down.
#[derive(Default)]
pub(crate) struct Report(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    counts: BTreeMap<&'static str, u64>,
    figures: Vec<(String, String)>,
    violations: Vec<String>,
    violated: u64,
    keys: BTreeSet<String>,
    /// How long an instance still took what another had revoked.
    late: Vec<Duration>,
    spells: Vec<(Instant, Option<Instant>)>,
    stalls: Vec<(Instant, Instant)>,
    /// Since when the machine has not answered.
    waiting: Option<Instant>,
}

impl Report {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.noted().counts.entry(what).or_default() += 1;
    }

    /// A line of the table at the end.
    pub(crate) fn figure(&self, what: &str, value: String) {
        self.noted().figures.push((what.to_owned(), value));
    }

    /// A promise that was not kept.
    pub(crate) fn violation(&self, what: String) {
        let mut noted = self.noted();
        noted.violated += 1;
        if noted.violations.len() < MOST {
            eprintln!("soak: {what}");
            noted.violations.push(what);
        }
    }

    pub(crate) fn violations(&self) -> u64 {
        self.noted().violated
    }

    /// A key that signed something.
    pub(crate) fn key(&self, kid: String) {
        self.noted().keys.insert(kid);
    }

    /// An instance took a token for so long after another had revoked it.
    pub(crate) fn late(&self, by: Duration) {
        self.noted().late.push(by);
    }

    /// From now on answers may be missing.
    pub(crate) fn fault_begins(&self) {
        self.noted().spells.push((Instant::now(), None));
    }

    /// All instances answer again.
    pub(crate) fn fault_ends(&self) {
        if let Some((_, end @ None)) = self.noted().spells.last_mut() {
            *end = Some(Instant::now());
        }
    }

    /// Between these, answers may be missing for another reason.
    pub(crate) fn excuse(&self, from: Instant, to: Instant) {
        self.noted().stalls.push((from, to));
    }

    /// The machine is asked for something, or has done it.
    pub(crate) fn machine(&self, asked: Option<Instant>) {
        self.noted().waiting = asked;
    }

    /// Whether something is broken now.
    pub(crate) fn is_in_fault(&self) -> bool {
        self.noted().spells.last().is_some_and(|(_, ended)| ended.is_none())
    }

    /// Whether something was broken at some time between these two.
    pub(crate) fn is_excused(&self, from: Instant, to: Instant) -> bool {
        let noted = self.noted();
        let mut stalls = noted.stalls.iter().rev();
        let stalls_now = noted.waiting.is_some_and(|since| since.elapsed() > STALL);
        if stalls_now || stalls.any(|(began, ended)| *began <= to && *ended >= from) {
            return true;
        }
        noted
            .spells
            .iter()
            .rev()
            .any(|(began, ended)| *began <= to && ended.is_none_or(|ended| ended >= from))
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let noted = self.noted();
        let mut table = String::from("| soak | |\n|---|---|\n");
        let mut line = |what: &str, value: &str| {
            let _ = writeln!(table, "| {what} | {value} |");
        };
        for (what, value) in &noted.figures {
            line(what, value);
        }
        line("signing keys that signed", &noted.keys.len().to_string());
        let mut late = noted.late.clone();
        late.sort_unstable();
        let at = |of: usize| late.get(late.len().saturating_sub(1) * of / 100).copied();
        if let (Some(half), Some(most)) = (at(50), at(100)) {
            let times = late.len();
            line(
                "a revoked token was still taken at the other instance",
                &format!("{times} times, half of them after {half:.0?}, none after {most:.0?}"),
            );
        }
        for (what, times) in &noted.counts {
            line(what, &times.to_string());
        }
        line("violations", &noted.violated.to_string());
        table
    }
}
