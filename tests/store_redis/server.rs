//! Knows how to start, kill and restart a server of a test's own, and how to cut the network to
//! one.
//! Must not know what is tested.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A server on a port of its own; killed, and its directory removed, when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    dir: PathBuf,
    options: Vec<String>,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir =
            std::env::temp_dir().join(format!("hallpass-redis-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let port = free_port();
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let child = launch(port, &dir, &options);
        Self { child, port, dir, options }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends the process as a power cut would, as far as a process can be.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on its port, with what it finds on disk.
    pub(crate) fn restart(&mut self) {
        self.child = launch(self.port, &self.dir, &self.options);
    }

    /// Throws away what it has on disk.
    pub(crate) fn lose_disk(&self) {
        std::fs::remove_dir_all(&self.dir).unwrap();
        std::fs::create_dir_all(&self.dir).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `HALLPASS_REDIS_SERVER` names another program that speaks the same, such as valkey-server.
fn program() -> String {
    std::env::var("HALLPASS_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}

fn launch(port: u16, dir: &std::path::Path, options: &[String]) -> Child {
    let mut child = Command::new(program())
        .args(["--bind", "127.0.0.1", "--save", "", "--port"])
        .arg(port.to_string())
        // The server opens a relative one where it is started, and writes another one in `dir`.
        .arg("--logfile")
        .arg(dir.join("log"))
        .arg("--dir")
        .arg(dir)
        .args(options)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is needed: tests/servers/redis installs it");
    let start = Instant::now();
    // Until it answers: a process outside tells of its start in no other way.
    while !answers(port) {
        assert!(child.try_wait().unwrap().is_none(), "the server ended: {dir:?}/log");
        assert!(start.elapsed() < Duration::from_secs(20), "the server does not answer");
        thread::sleep(Duration::from_millis(10));
    }
    child
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut answer = [0; 7];
    stream.write_all(b"PING\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer == *b"+PONG\r\n"
}

/// What a [`Proxy`] does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// Passes it on.
    Up = 0,
    /// Takes it, and passes nothing on: a cable pulled out.
    Silent = 1,
    /// Closes every connection and takes no new one.
    Closed = 2,
    /// Passes requests on and loses the answers.
    Deaf = 3,
}

/// A network between a store and a server that a test can cut.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    network: Arc<AtomicU8>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = Arc::new(AtomicU8::new(Network::Up as u8));
        let streams = Arc::new(Mutex::new(Vec::new()));
        let (state, open) = (Arc::clone(&network), Arc::clone(&streams));
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if state.load(Ordering::SeqCst) == Network::Closed as u8 {
                    continue;
                }
                let Ok(far) = TcpStream::connect(server) else { continue };
                open.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                let (answers, asker) = (far.try_clone().unwrap(), near.try_clone().unwrap());
                for (from, to, lost) in
                    [(near, far, Network::Silent), (answers, asker, Network::Deaf)]
                {
                    let state = Arc::clone(&state);
                    thread::spawn(move || pass(from, to, &state, lost));
                }
            }
        });
        Self { port, network, streams }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.store(network as u8, Ordering::SeqCst);
        if network == Network::Closed {
            for stream in self.streams.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

/// Carries bytes one way, until the network is silent or loses what goes this way.
fn pass(mut from: TcpStream, mut to: TcpStream, network: &AtomicU8, lost: Network) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        // What came while the network was silent is lost for this connection, as with a
        // middlebox that forgot it: it never recovers, a new one must be made.
        let now = network.load(Ordering::SeqCst);
        if now == Network::Silent as u8 || now == lost as u8 {
            while matches!(from.read(&mut buffer), Ok(1..)) {}
            return;
        }
        if to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
