//! Knows what many durations have in common.
//! Must not know what took them.

use std::time::Duration;

/// Durations, sorted.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// Which of them has so many thousandths of them below it.
    pub(crate) fn at(&self, thousandths: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * thousandths / 1000).copied().unwrap_or_default()
    }

    /// The median and the 99th of a hundred, as a cell of a table.
    pub(crate) fn cell(&self) -> String {
        format!("{} / {}", short(self.at(500)), short(self.at(990)))
    }
}

/// Three digits and a unit.
pub(crate) fn short(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1_000.0 => format!("{micros:.0} µs"),
        ..10_000.0 => format!("{:.1} ms", micros / 1e3),
        ..1_000_000.0 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.1} s", micros / 1e6),
    }
}
