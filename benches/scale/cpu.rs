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

/// The fields of a `stat` line after the name, of which the first is the state.
fn fields(stat: &str) -> Vec<&str> {
    stat.rsplit_once(')').map_or("", |(_, after)| after).split_whitespace().collect()
}

/// So many of the times in a `stat` line: user and system, then those of children that ended.
fn ticks(stat: &str, times: usize) -> Duration {
    let fields = fields(stat);
    let times = fields.iter().skip(11).take(times).filter_map(|field| field.parse::<f64>().ok());
    Duration::from_secs_f64(times.sum::<f64>() / TICKS)
}

fn stat(of: impl std::fmt::Display) -> String {
    fs::read_to_string(format!("/proc/{of}/stat")).unwrap_or_default()
}

/// The process that started another.
pub(crate) fn parent(of: u32) -> Option<u32> {
    fields(&stat(of)).get(1)?.parse().ok()
}

/// Of a server on this machine: the process that listens, those it started, those that ended.
pub(crate) fn server(listens: u32) -> Duration {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let stats = names.filter(|name| name.parse::<u32>().is_ok()).map(stat);
    let listens_as_text = listens.to_string();
    let children = stats.filter(|stat| fields(stat).get(1) == Some(&&*listens_as_text));
    children.map(|stat| ticks(&stat, 2)).sum::<Duration>() + ticks(&stat(listens), 4)
}

/// Of this process.
pub(crate) fn own() -> Duration {
    ticks(&stat("self"), 2)
}

/// Of this process's threads with a name that begins so.
pub(crate) fn threads(name: &str) -> Duration {
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let begins = format!("({name}");
    stats.filter(|stat| stat.contains(&begins)).map(|stat| ticks(&stat, 2)).sum()
}

/// Resident bytes of this process.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
