//! Knows an instance of the server as a process: how it starts, dies, stands still, grows.
//! Must not know what it answers.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// What a process said and when.
type Lines = Arc<Mutex<Vec<(Instant, String)>>>;

pub(crate) struct Instance {
    program: PathBuf,
    config: PathBuf,
    clock: PathBuf,
    pub(crate) address: String,
    child: Option<Child>,
    lines: Lines,
    /// Resident kilobytes by seconds, since the process was started last.
    pub(crate) grown: Vec<(f64, f64)>,
    started: Instant,
}

impl Instance {
    pub(crate) fn new(program: &Path, config: &Path, clock: &Path, address: String) -> Self {
        Self {
            program: program.into(),
            config: config.into(),
            clock: clock.into(),
            address,
            child: None,
            lines: Lines::default(),
            grown: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Starts it, and waits until it listens or has ended.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        let mut child = Command::new(&self.program)
            .args(["--listen", &self.address, "--config"])
            .arg(&self.config)
            .env("HALLPASS_TEST_CLOCK", &self.clock)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| why.to_string())?;
        let (tell, told) = mpsc::channel();
        self.follow(child.stdout.take().unwrap(), Some(tell));
        self.follow(child.stderr.take().unwrap(), None);
        self.child = Some(child);
        self.grown.clear();
        self.started = Instant::now();
        told.recv_timeout(Duration::from_secs(60)).map_err(|_| "it does not listen".to_owned())
    }

    fn follow(&self, from: impl Read + Send + 'static, listens: Option<mpsc::Sender<()>>) {
        let lines = Arc::clone(&self.lines);
        thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                if line.starts_with("listening on ") {
                    if let Some(listens) = &listens {
                        let _ = listens.send(());
                    }
                } else if !line.starts_with("the clock is what ") {
                    let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                    lines.push((Instant::now(), line));
                }
            }
        });
    }

    /// What it said since the last call.
    pub(crate) fn said(&self) -> Vec<(Instant, String)> {
        std::mem::take(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn signal(&self, name: &str) {
        let Some(child) = &self.child else { return };
        let _ = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Notes how large it is now.
    pub(crate) fn measure(&mut self) {
        let Some(child) = &self.child else { return };
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        if let Some(kilobytes) = kilobytes {
            self.grown.push((self.started.elapsed().as_secs_f64(), kilobytes));
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.signal("CONT");
        self.kill();
    }
}
