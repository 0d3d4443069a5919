//! Knows which commands wait for which threads, and until when.
//! Must not know a connection.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    command::{Caller, Command},
    error::Error,
};

/// How many commands may wait. Above that a caller is told at once.
const MAX_WAITING: usize = 16_384;

/// Commands for one kind of thread: the writer, or the readers.
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    /// How long a command may take, from its arrival to its answer.
    timeout: Duration,
}

struct State {
    waiting: VecDeque<Waiting>,
    /// What each thread carries out at this moment.
    running: Vec<Vec<Running>>,
    open: bool,
    threads: usize,
    /// How many threads wait for a command and have not been called. One that wakes by itself
    /// counts twice, and is called once too often.
    asleep: usize,
}

struct Waiting {
    command: Box<dyn Command>,
    deadline: Instant,
}

struct Running {
    caller: Arc<dyn Caller>,
    deadline: Instant,
}

impl Queue {
    pub(super) fn new(timeout: Duration) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            running: Vec::new(),
            open: true,
            threads: 0,
            asleep: 0,
        };
        Self { state: Mutex::new(state), arrived: Condvar::new(), timeout }
    }

    /// Hands in a command. Where it cannot be taken its caller is told.
    pub(super) fn push(&self, command: Box<dyn Command>) {
        let deadline = Instant::now() + self.timeout;
        let mut state = self.lock();
        let refusal = if !state.open || state.threads == 0 {
            Error::Gone
        } else if state.waiting.len() >= MAX_WAITING {
            Error::Crowded
        } else {
            state.waiting.push_back(Waiting { command, deadline });
            // To call a thread is a system call, also where none waits.
            let call = state.asleep > 0;
            state.asleep -= usize::from(call);
            drop(state);
            if call {
                self.arrived.notify_one();
            }
            return;
        };
        drop(state);
        command.caller().fail(refusal);
    }

    /// A thread that will take commands.
    pub(super) fn worker(self: &Arc<Self>) -> Worker {
        let mut state = self.lock();
        state.threads += 1;
        state.running.push(Vec::new());
        let number = state.running.len() - 1;
        drop(state);
        Worker { queue: Arc::clone(self), number }
    }

    /// Takes no more; threads end once nothing waits.
    pub(super) fn close(&self) {
        self.lock().open = false;
        self.arrived.notify_all();
    }

    /// Answers for what took too long. Says whether a thread is left.
    pub(super) fn expire(&self, now: Instant) -> bool {
        let mut late: Vec<Arc<dyn Caller>> = Vec::new();
        let mut state = self.lock();
        // All have the same time, so the oldest is the first, but for those that raced.
        while state.waiting.front().is_some_and(|waiting| waiting.deadline <= now) {
            late.extend(state.waiting.pop_front().map(|waiting| waiting.command.caller()));
        }
        let running = state.running.iter().flatten();
        late.extend(running.filter(|one| one.deadline <= now).map(|one| Arc::clone(&one.caller)));
        let alive = state.threads > 0;
        drop(state);
        late.iter().for_each(|caller| caller.fail(Error::Late));
        alive
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's end of the queue. When it is dropped, by a panic too, nobody waits for it.
pub(super) struct Worker {
    queue: Arc<Queue>,
    number: usize,
}

impl Worker {
    /// Waits for something to do and takes what is there, at most `limit`. Nothing, once the
    /// queue is closed and empty. Whatever was taken before is over.
    pub(super) fn take(&self, limit: usize) -> Option<Vec<Box<dyn Command>>> {
        let mut state = self.queue.lock();
        self.forget_running(&mut state);
        while state.waiting.is_empty() {
            if !state.open {
                return None;
            }
            state.asleep += 1;
            state = self.queue.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.waiting.len().min(limit);
        let taken: Vec<Waiting> = state.waiting.drain(..count).collect();
        if let Some(running) = state.running.get_mut(self.number) {
            running.extend(taken.iter().map(|waiting| Running {
                caller: waiting.command.caller(),
                deadline: waiting.deadline,
            }));
        }
        Some(taken.into_iter().map(|waiting| waiting.command).collect())
    }

    /// Whether something waits for this kind of thread.
    pub(super) fn is_wanted(&self) -> bool {
        !self.queue.lock().waiting.is_empty()
    }

    fn forget_running(&self, state: &mut State) {
        if let Some(running) = state.running.get_mut(self.number) {
            running.clear();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.threads -= 1;
        let mut left: Vec<Arc<dyn Caller>> = Vec::new();
        if let Some(running) = state.running.get_mut(self.number) {
            left.extend(running.drain(..).map(|one| one.caller));
        }
        if state.threads == 0 {
            left.extend(state.waiting.drain(..).map(|waiting| waiting.command.caller()));
        }
        drop(state);
        left.iter().for_each(|caller| caller.fail(Error::Gone));
    }
}
