//! Knows what must hold in whatever order the threads run. Loom tries them all.
//! Must not know how the files do it.

use loom::{
    future::block_on,
    model::Builder,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    clock::Timestamp,
    confirm::{ConfirmationSink, Confirmations},
    flight::Flight,
    id::SessionId,
    verifier::index::{
        filter::Filter,
        ids::Ids,
        marks::{Key, Marks},
        table::Seeds,
    },
    watched::hash::RandomState,
};

/// A thread is stopped in the midst of something up to three times, which finds nearly all that can be found.
fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

#[test]
fn only_one_is_in_the_air() {
    model(|| {
        let shared = Arc::new((Flight::default(), AtomicBool::new(false), AtomicUsize::new(0)));
        let fly = |shared: &(Flight, AtomicBool, AtomicUsize)| {
            let (flight, alone, flown) = shared;
            if let Some(_landing) = flight.begin() {
                assert!(!alone.swap(true, Ordering::Relaxed), "two at once");
                flown.fetch_add(1, Ordering::Relaxed);
                alone.store(false, Ordering::Relaxed);
            }
        };
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || fly(&shared)
        });
        fly(&shared);
        other.join().unwrap();
        assert!(shared.2.load(Ordering::Relaxed) >= 1);
        // Whether all have landed cannot be asked: loom does not know that a swap comes right behind the
        // write that it read, and so takes the landing's write for the earlier one.
    });
}

/// A waker that is registered at the wrong moment would wait for ever, which loom sees.
#[test]
fn who_waits_is_woken_and_sees_what_was_done() {
    model(|| {
        let shared = Arc::new((Flight::default(), AtomicU64::new(0)));
        let landing = shared.0.begin().unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    block_on(shared.0.wait());
                    assert_eq!(shared.1.load(Ordering::Relaxed), 1);
                })
            })
            .collect();
        shared.1.store(1, Ordering::Relaxed);
        drop(landing);
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Two of one shard, which the last byte names, and one of another.
const OTHER: [u8; 18] = [1; 18];
const OLD: [u8; 18] = [0; 18];
const NEW: [u8; 18] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0];

/// INVARIANTS 61: whoever knows that `revoke` has returned finds the record, whatever expires meanwhile.
#[test]
fn a_revoked_id_is_found_once_the_call_has_returned() {
    model(|| {
        let shared = Arc::new((Ids::new(&RandomState), AtomicBool::new(false)));
        shared.0.insert(OLD, 100);
        let revoker = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.insert(NEW, 200);
                shared.1.store(true, Ordering::Release);
            }
        });
        let sweeper = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.insert(OTHER, 200);
                shared.0.expire(150);
            }
        });
        let (ids, returned) = &*shared;
        if returned.load(Ordering::Acquire) {
            assert!(ids.contains(&NEW));
        }
        revoker.join().unwrap();
        sweeper.join().unwrap();
        assert!(ids.contains(&NEW) && ids.contains(&OTHER) && !ids.contains(&OLD));
        assert_eq!(ids.len(), 2);
    });
}

/// The same for one whose bucket is far from the others.
#[test]
fn a_far_id_is_found_too() {
    model(|| {
        let shared = Arc::new((Ids::new(&RandomState), AtomicBool::new(false)));
        shared.0.insert(OLD, 100);
        let revoker = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.insert(NEW, 100_000);
                shared.1.store(true, Ordering::Release);
            }
        });
        let (ids, returned) = &*shared;
        if returned.load(Ordering::Acquire) {
            assert!(ids.contains(&NEW));
        }
        revoker.join().unwrap();
        assert!(ids.contains(&NEW));
    });
}

/// The filter that is looked at without the lock, while its sizes are emptied and filled again.
#[test]
fn what_is_in_the_filter_is_never_said_to_be_absent() {
    model(|| {
        let hash = Seeds::new(&RandomState::new()).hash(&[7; 17]);
        let filter = Arc::new(Filter::default());
        filter.renew(1, [hash].into_iter());
        let writer = thread::spawn({
            let filter = Arc::clone(&filter);
            move || {
                // Another size, the first again, and that once more.
                for len in [15, 5, 5] {
                    filter.renew(len, [hash].into_iter());
                }
            }
        });
        for _ in 0..2 {
            assert!(!filter.lacks(hash));
        }
        writer.join().unwrap();
        assert!(!filter.lacks(hash));
    });
}

#[test]
fn a_mark_is_found_once_the_call_has_returned_and_only_grows() {
    model(|| {
        let shared = Arc::new((Marks::new(), AtomicBool::new(false)));
        let key = Key(b"ada", b"web");
        shared.0.insert(Key(b"bob", b""), Timestamp(1), 1);
        let revoker = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.insert(key, Timestamp(20), 9);
                shared.1.store(true, Ordering::Release);
            }
        });
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.insert(key, Timestamp(10), 9);
                shared.0.expire(5);
            }
        });
        let (marks, returned) = &*shared;
        if returned.load(Ordering::Acquire) {
            assert_eq!(marks.find(key), Some(Timestamp(20)));
        }
        revoker.join().unwrap();
        other.join().unwrap();
        assert_eq!(marks.find(key), Some(Timestamp(20)));
        assert_eq!(marks.find(Key(b"bob", b"")), None);
        assert_eq!(marks.len(), 1);
    });
}

#[derive(Debug, Default)]
struct Told(std::sync::atomic::AtomicUsize);

impl ConfirmationSink for Told {
    fn confirm(&self, _: SessionId, _: u32) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_generation_is_told_once_by_however_many() {
    model(|| {
        let told = std::sync::Arc::new(Told::default());
        let confirmations = Arc::new(Confirmations::new(told.clone()));
        let other = thread::spawn({
            let confirmations = Arc::clone(&confirmations);
            move || confirmations.saw(SessionId(1), 7)
        });
        confirmations.saw(SessionId(1), 7);
        other.join().unwrap();
        assert_eq!(told.0.load(Ordering::Relaxed), 1);
    });
}

/// How keys and the count of their changes go together (`KeySource::generation`), which no one file does
/// alone: the count is raised before the lock of the keys is let go, and read before the keys are. So nothing
/// that was checked under old keys is ever kept under a newer count.
#[test]
fn what_was_checked_under_old_keys_is_never_kept_under_a_newer_count() {
    model(|| {
        let shared = Arc::new((RwLock::new(1_u64), AtomicU64::new(1)));
        let rotating = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for next in [2, 3] {
                    let mut keys = shared.0.write().unwrap();
                    *keys = next;
                    shared.1.fetch_add(1, Ordering::AcqRel);
                }
            }
        });
        let generation = shared.1.load(Ordering::Acquire);
        let keys = *shared.0.read().unwrap();
        assert!(keys >= generation, "keys {keys} kept under {generation}");
        rotating.join().unwrap();
    });
}
