//! Knows how a subject is measured in a process of its own, as it is where it is used: SQLite shares
//! memory and locks among all who use it in one process.
//! Must not know what is measured.

use std::{
    io::{BufRead as _, BufReader, Lines, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use tokio::runtime::Runtime;

use crate::work::{Rotate, Subject};

/// A process that rotates when it is told to.
pub struct Alone {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Alone {
    /// This program with other arguments; back when its sessions are there.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(output.next().unwrap().unwrap(), "ready");
        Self { child, input, output }
    }

    /// Its turn; how many it did in a second.
    pub fn turn(&mut self) -> f64 {
        writeln!(self.input).unwrap();
        self.output.next().unwrap().unwrap().parse().unwrap()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// The other end: a turn for each line, until there are no more.
pub fn serve<R: Rotate>(
    runtime: &Runtime,
    callers: u32,
    turn: Duration,
    subject: impl Future<Output = Subject<R>>,
) {
    let subject = runtime.block_on(subject);
    println!("ready");
    for line in std::io::stdin().lines() {
        line.unwrap();
        println!("{}", runtime.block_on(subject.turn(callers, turn)));
    }
}
