//! Knows what the machine is, and how much processor time and memory processes have taken.
//! Must not know for what.

use std::{fs, time::Duration};

/// Clock ticks in a second, as Linux tells processor times.
const TICKS: f64 = 100.0;

/// A line about the machine and how busy others keep it.
pub(crate) fn machine() -> String {
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    let info = text("/proc/cpuinfo");
    let name = info.lines().find_map(|line| line.strip_prefix("model name"));
    let name = name.map_or("a processor", |name| name.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = text("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!("on {cores} cores of {name}, load {load}")
}

/// Processor time of the processes for which this holds, by their `stat` line.
fn processes(is_one: impl Fn(&str) -> bool) -> Duration {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter(|stat| is_one(stat)).map(|stat| ticks(&stat)).sum()
}

/// User and system time of a `stat` line.
fn ticks(stat: &str) -> Duration {
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let mut fields = after.split_whitespace().skip(11);
    let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    Duration::from_secs_f64((next() + next()) / TICKS)
}

/// Of all PostgreSQL servers' processes. Of those that ended meanwhile nothing is known.
pub(crate) fn postgres() -> Duration {
    processes(|stat| stat.contains("(postgres)"))
}

/// Of this process.
pub(crate) fn own() -> Duration {
    ticks(&fs::read_to_string("/proc/self/stat").unwrap_or_default())
}

/// Of this process's threads with a name that begins so.
pub(crate) fn threads(name: &str) -> Duration {
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let begins = format!("({name}");
    stats.filter(|stat| stat.contains(&begins)).map(|stat| ticks(&stat)).sum()
}

/// Resident bytes of this process.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
