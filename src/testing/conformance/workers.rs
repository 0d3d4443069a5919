//! Knows how to run many calls at the same time, on threads or on the runtime of the engine.
//! Must not know a runtime.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use super::Violation;

/// One piece of work for [`Workers`].
///
/// ```
/// use hallpass::{MemoryStore, testing::conformance::{Suite, Work, Workers, block_on}};
///
/// /// Where this engine's calls run: here one thread each, elsewhere its runtime.
/// fn spawn(work: Work) {
///     std::thread::spawn(move || block_on(work));
/// }
///
/// let suite = Suite::new().contenders(4).histories(1).workers(Workers::spawning(spawn));
/// assert!(block_on(suite.server(|| async { MemoryStore::new() })).is_ok());
/// ```
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the suite runs calls that must race.
///
/// [`threads`](Self::threads) is for engines that need no runtime. An engine on tokio takes
/// `Workers::spawning(|work| { tokio::spawn(work); })` inside a multi-thread runtime.
///
/// ```
/// use hallpass::{MemoryStore, testing::conformance::{Suite, Workers}};
///
/// #[tokio::main] // multi-thread, so that calls really race
/// async fn main() {
///     let workers = Workers::spawning(|work| {
///         tokio::spawn(work);
///     });
///     let suite = Suite::new().contenders(4).histories(1).workers(workers);
///     assert!(suite.server(|| async { MemoryStore::new() }).await.is_ok());
/// }
/// ```
#[derive(Clone)]
pub struct Workers(Arc<dyn Fn(Work) + Send + Sync>);

impl Workers {
    /// One thread for each call.
    #[must_use]
    pub fn threads() -> Self {
        Self::spawning(|work| {
            // A thread that cannot be made drops its work, and the meeting notices.
            drop(thread::Builder::new().spawn(move || block_on(work)));
        })
    }

    /// Whatever runs the work in parallel and returns at once.
    #[must_use]
    pub fn spawning(spawn: impl Fn(Work) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }

    /// Runs all jobs at the same time, started together, and gives their results in order.
    pub(super) async fn race<T: Send + 'static>(
        &self,
        rule: &'static str,
        jobs: Vec<Job<T>>,
    ) -> Result<Vec<T>, Violation> {
        let meeting = Arc::new(Meeting::new(jobs.len()));
        for (seat, job) in jobs.into_iter().enumerate() {
            let ticket =
                Ticket { meeting: Arc::clone(&meeting), seat, arrived: false, result: None };
            (self.0)(Box::pin(attend(ticket, job)));
        }
        poll_fn(|context| meeting.poll_finished(context)).await;
        let results = std::mem::take(&mut meeting.state().results);
        let results: Option<Vec<T>> = results.into_iter().collect();
        results.ok_or_else(|| Violation::new(rule, "a call panicked or was never run to its end"))
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").finish_non_exhaustive()
    }
}

/// A call that races with others.
pub(super) type Job<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs a future to its end on this thread. For stores that need no runtime.
///
/// ```
/// use hallpass::testing::{TestAuthority, conformance::block_on};
///
/// let auth = TestAuthority::new();
/// let token = auth.token("ada").mint();
/// let who = block_on(auth.verify(&token)).unwrap(); // in a test without a runtime
/// assert_eq!(who.subject(), "ada");
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A wake between poll and park leaves a token, and park returns at once.
            Poll::Pending => thread::park(),
        }
    }
}

/// Where jobs wait for each other before they start, and leave their results.
struct Meeting<T>(Mutex<State<T>>);

struct State<T> {
    /// Jobs that have not come to the start yet.
    due: usize,
    /// Jobs that have not ended yet.
    open: usize,
    results: Vec<Option<T>>,
    waiting: Vec<Waker>,
}

impl<T> Meeting<T> {
    fn new(seats: usize) -> Self {
        let results = std::iter::repeat_with(|| None).take(seats).collect();
        Self(Mutex::new(State { due: seats, open: seats, results, waiting: Vec::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, context: &Context<'_>, over: impl Fn(&State<T>) -> bool) -> Poll<()> {
        let mut state = self.state();
        if over(&state) {
            return Poll::Ready(());
        }
        state.waiting.push(context.waker().clone());
        Poll::Pending
    }

    fn poll_started(&self, context: &Context<'_>) -> Poll<()> {
        self.wait(context, |state| state.due == 0)
    }

    fn poll_finished(&self, context: &Context<'_>) -> Poll<()> {
        self.wait(context, |state| state.open == 0)
    }

    fn change(&self, change: impl FnOnce(&mut State<T>)) {
        let woken = {
            let mut state = self.state();
            change(&mut state);
            if state.due > 0 { Vec::new() } else { std::mem::take(&mut state.waiting) }
        };
        for waker in woken {
            waker.wake();
        }
    }
}

/// A job's place in the meeting, given back even when the job panics or is dropped.
struct Ticket<T> {
    meeting: Arc<Meeting<T>>,
    seat: usize,
    arrived: bool,
    result: Option<T>,
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        let result = self.result.take();
        self.meeting.change(|state| {
            // A job that never came to the start must not keep the others there.
            if !self.arrived {
                state.due = state.due.saturating_sub(1);
            }
            state.open = state.open.saturating_sub(1);
            if let Some(seat) = state.results.get_mut(self.seat) {
                *seat = result;
            }
        });
    }
}

async fn attend<T>(mut ticket: Ticket<T>, job: Job<T>) {
    ticket.meeting.change(|state| state.due = state.due.saturating_sub(1));
    ticket.arrived = true;
    poll_fn(|context| ticket.meeting.poll_started(context)).await;
    ticket.result = Some(job.await);
}
