//! Knows how connections are accepted, counted, held and failed, each on a thread of its own.
//! Must not know what is served.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::connection::{Asked, Reply, finish};

/// How long [`Listening::wait_for`] waits before it says that the test is wrong.
const PATIENCE: Duration = Duration::from_secs(10);

/// What happens to a request instead of an answer.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    Status(u16),
    HangUp,
    Bytes(Vec<u8>),
}

#[derive(Debug, Default)]
struct Control {
    heads: Vec<String>,
    trouble: Option<Trouble>,
    is_held: bool,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    control: Mutex<Control>,
    changed: Condvar,
}

impl Shared {
    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Control)) {
        change(&mut self.control());
        self.changed.notify_all();
    }

    /// Writes the request down, waits while answers are held, and says what shall happen to it.
    /// Nothing where the server is over.
    fn arrive(&self, head: &str) -> Option<Option<Trouble>> {
        self.change(|control| control.heads.push(head.to_owned()));
        let held = |control: &mut Control| control.is_held && !control.is_over;
        let control = self.changed.wait_while(self.control(), held);
        let control = control.unwrap_or_else(PoisonError::into_inner);
        (!control.is_over).then(|| control.trouble.clone())
    }
}

/// A server that listens until it is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Listening {
    /// Listens at a free port of `127.0.0.1`, and answers with what `answer` makes of a request.
    #[expect(clippy::expect_used, reason = "a test that cannot listen should say so")]
    pub(super) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port should be free");
        let address = listener.local_addr().expect("a listener should have an address");
        let shared = Arc::<Shared>::default();
        let (ours, answer) = (Arc::clone(&shared), Arc::new(answer));
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if ours.control().is_over {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (shared, answer) = (Arc::clone(&ours), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &shared, &*answer));
            }
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn set_trouble(&self, trouble: Option<Trouble>) {
        self.shared.change(|control| control.trouble = trouble);
    }

    pub(super) fn hold(&self, is_held: bool) {
        self.shared.change(|control| control.is_held = is_held);
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.shared.control().heads.clone()
    }

    /// Waits until so many requests have arrived.
    pub(super) fn wait_for(&self, requests: usize) {
        let give_up = Instant::now() + PATIENCE;
        let mut control = self.shared.control();
        while control.heads.len() < requests {
            let left = give_up.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {requests} requests arrived", control.heads.len());
            let waited = self.shared.changed.wait_timeout(control, left);
            (control, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn serve(stream: &TcpStream, shared: &Shared, answer: &dyn Fn(&Asked) -> Reply) {
    // Who connects and says nothing has not asked.
    let Ok(asked) = Asked::read(stream) else { return };
    let bytes = match shared.arrive(&asked.head) {
        None | Some(Some(Trouble::HangUp)) => return,
        Some(Some(Trouble::Bytes(bytes))) => bytes,
        Some(Some(Trouble::Status(status))) => Reply { status, ..Reply::default() }.to_bytes(),
        Some(None) => answer(&asked).to_bytes(),
    };
    // Who has hung up does not read.
    let _ = finish(stream, &bytes);
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.shared.change(|control| control.is_over = true);
        // The thread waits for a connection; this is one.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}
