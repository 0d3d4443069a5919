//! Knows how the programs of these tests are started, and stopped again.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The demo configuration.
pub(crate) const DEMO: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/examples/auth_server/demo/auth_server.toml");

/// The program of an example. `tests/run` builds them before.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(name);
    let path_shown = path.display();
    assert!(path.is_file(), "{path_shown} is not there: cargo build --all-features --examples");
    path
}

/// What `tests/run server` has set up.
pub(crate) fn set_up(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("`{name}` is not set; `tests/run server` does it"))
}

/// An address of this machine where nobody listens.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A program that ends with the test.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // nginx would leave its workers behind if it were killed.
        let _ = Command::new("kill").arg(self.id()).status();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts it, and waits until it says that it listens.
    pub(crate) fn listening(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_listening = lines.any(|line| line.unwrap().starts_with("listening on "));
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        assert!(is_listening, "{command:?} does not listen");
        Self(child)
    }

    pub(crate) fn started(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn id(&self) -> String {
        self.0.id().to_string()
    }
}

/// A configuration of its own: the demo's at another address, with changes.
pub(crate) struct Config {
    pub(crate) dir: TempDir,
    pub(crate) file: PathBuf,
    pub(crate) issuer: String,
}

impl Config {
    pub(crate) fn new(changes: &[(&str, &str)]) -> Self {
        let (dir, address) = (tempfile::tempdir().unwrap(), free_address());
        let data = dir.path().join("data");
        let mut text = fs::read_to_string(DEMO).unwrap();
        let own = [
            ("127.0.0.1:8400", address.as_str()),
            ("data_dir = \"auth_server-data\"", &format!("data_dir = \"{}\"", data.display())),
        ];
        for (from, to) in own.iter().chain(changes) {
            assert!(text.contains(from), "the demo configuration has no `{from}`");
            text = text.replace(from, to);
        }
        let file = dir.path().join("auth_server.toml");
        fs::write(&file, text).unwrap();
        let chats = DEMO.replace("auth_server.toml", "chats.json");
        let _ = fs::copy(chats, dir.path().join("chats.json")).unwrap();
        Self { issuer: format!("http://{address}"), dir, file }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(example("auth_server"));
        let _ = command.arg("--config").arg(&self.file);
        command
    }

    pub(crate) fn start(&self) -> Process {
        Process::listening(&mut self.command())
    }
}

/// Runs a script of `node/`; it has to end well and say so.
pub(crate) fn node<S: AsRef<std::ffi::OsStr>>(script: &str, arguments: &[S]) {
    let folder = PathBuf::from(set_up("HALLPASS_NODE"));
    ends_well(Command::new("node").arg(folder.join(script)).args(arguments));
}

pub(crate) fn ends_well(command: &mut Command) {
    let run = command.output().unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    let is_well = run.status.success() && told.contains("all is well");
    assert!(is_well, "{command:?}: {told}\n{}", String::from_utf8_lossy(&run.stderr));
}
