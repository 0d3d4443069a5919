//! Knows how the runner talks with a process that measures, in whatever language it is written.
//! Must not know what is measured.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The nanoseconds of every turn, by job and case.
pub type Times = BTreeMap<(String, String), Vec<f64>>;

/// A process that measures, or why there is none.
pub struct Subject {
    pub title: String,
    pub times: Times,
    /// Why it is not measured.
    pub fault: Option<&'static str>,
    process: Option<Process>,
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Subject {
    /// Starts a process and waits until it has shown that it is right. An empty command stands for
    /// one that could not be built.
    #[must_use]
    pub fn start(name: &str, command: &[String]) -> Self {
        let mut subject =
            Self { title: name.to_owned(), times: Times::new(), fault: None, process: None };
        let Some((program, arguments)) = command.split_first() else {
            subject.fault = Some("did not build here");
            return subject;
        };
        let spawned = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = spawned else {
            subject.fault = Some("did not start");
            return subject;
        };
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = output.next().and_then(Result::ok);
        match ready.as_deref().and_then(|line| line.strip_prefix("ready\t")) {
            Some(title) => {
                subject.title = title.to_owned();
                subject.process = Some(Process { child, input, output });
            }
            None => {
                let _ended = child.wait();
                subject.fault = Some("did not pass the checks before the measurement");
            }
        }
        subject
    }

    /// Every case has one turn.
    pub fn turn(&mut self) {
        let Some(process) = &mut self.process else { return };
        if process.turn(&mut self.times).is_none() {
            self.fault = Some("ended before its time");
            self.process = None;
        }
    }

    /// The times of a case.
    #[must_use]
    pub fn times(&self, job: &str, case: &str) -> &[f64] {
        let key = (job.to_owned(), case.to_owned());
        self.times.get(&key).map_or(&[], Vec::as_slice)
    }
}

impl Process {
    fn turn(&mut self, times: &mut Times) -> Option<()> {
        writeln!(self.input).ok()?;
        self.input.flush().ok()?;
        loop {
            let line = self.output.next()?.ok()?;
            if line == "end" {
                return Some(());
            }
            let mut fields = line.split('\t');
            let (job, case, time) = (fields.next()?, fields.next()?, fields.next()?);
            let key = (job.to_owned(), case.to_owned());
            times.entry(key).or_default().push(time.parse().ok()?);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}
