//! Knows a few entries that share a lock: which is found, and which must go for another.
//! Must not know when an entry still stands; its caller says so.

use std::{
    mem::size_of_val,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use zeroize::Zeroizing;

use super::{Carried, Standing};
use crate::token::claims::Claim;

/// A token and what it carries. No `Debug`: whoever reads the text can use it.
pub(super) struct Entry {
    hash: u64,
    pub(super) standing: Standing,
    used: AtomicBool,
    /// Wiped when it goes.
    token: Zeroizing<Box<str>>,
    pub(super) carried: Arc<Carried>,
}

impl Entry {
    pub(super) fn new(hash: u64, token: &str, standing: Standing, carried: &Arc<Carried>) -> Self {
        let token = Zeroizing::new(Box::from(token));
        Self { hash, standing, used: AtomicBool::new(false), token, carried: Arc::clone(carried) }
    }

    /// Notes that it is in use. Written once only, so that readers share the line.
    pub(super) fn touch(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

/// The memory that an entry comes to, at most.
pub(super) fn cost(token: &str, carried: &Carried) -> usize {
    /// The two counts of an `Arc`, and what the allocator adds to three blocks.
    const AROUND: usize = 80;
    // The scope is read when it is first asked for, and what that takes is not there yet: a copy
    // of its text where it is not canonical, and beyond a few items a table of them.
    let scope = carried.text(Claim::Scope).unwrap_or_default();
    let items = 1 + scope.bytes().filter(|byte| *byte == b' ').count();
    let table = if items > 8 { items * 64 } else { 0 };
    // The list of entries may have room for twice as many.
    token.len() + size_of_val(carried) + 2 * size_of::<Entry>() + AROUND + scope.len() + table
}

/// Entries in the order in which they came.
#[derive(Default)]
pub(super) struct Set(Vec<Entry>);

impl Set {
    pub(super) fn find(&self, hash: u64, token: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.hash == hash && **entry.token == *token)
    }

    pub(super) fn remove(&mut self, hash: u64) {
        self.0.retain(|entry| entry.hash != hash);
    }

    pub(super) fn all(&self, stands: impl Fn(&Entry) -> bool) -> bool {
        self.0.iter().all(stands)
    }

    pub(super) fn retain(&mut self, stands: impl Fn(&Entry) -> bool) {
        self.0.retain(stands);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
    }

    /// Puts an entry in, whose cost alone is within `room`. What no longer stands goes first, then
    /// the oldest that was not used since the last time one had to go.
    pub(super) fn insert(&mut self, entry: Entry, room: usize, stands: impl Fn(&Entry) -> bool) {
        self.0.retain(|known| known.hash != entry.hash && stands(known));
        let costs = |entry: &Entry| cost(&entry.token, &entry.carried);
        let mut taken: usize = self.0.iter().chain([&entry]).map(costs).sum();
        while taken > room {
            let Some(at) = self.victim() else { return };
            taken -= costs(&self.0.remove(at));
        }
        self.0.push(entry);
    }

    fn victim(&mut self) -> Option<usize> {
        let unused = self.0.iter_mut().position(|entry| !*entry.used.get_mut());
        if unused.is_none() {
            self.0.iter_mut().for_each(|entry| *entry.used.get_mut() = false);
        }
        unused.or_else(|| (!self.0.is_empty()).then_some(0))
    }
}
