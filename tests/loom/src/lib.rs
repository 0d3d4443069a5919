//! Knows the crate's own files that share without a lock, built with loom's atomics and locks in the
//! place of the standard library's. Must not change a line of them but for their imports and sizes.

#![cfg(test)]
#![allow(dead_code, reason = "not everything of a file is asked here")]

/// The hidden lines of the files' examples, which are not run here.
macro_rules! an_authority {
    () => {
        ""
    };
}

macro_rules! file {
    ($($name:ident)*) => {
        $(pub(crate) mod $name { include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs")); })*
    };
}

file! { flight confirm }

mod verifier {
    pub(crate) mod index {
        file! { filter shards table ids marks }
    }
}
mod tests;

/// The standard library, watched.
mod watched {
    pub(crate) use std::*;

    pub(crate) mod sync {
        pub(crate) use loom::sync::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
        pub(crate) use std::sync::{Arc, OnceLock, PoisonError};

        pub(crate) mod atomic {
            pub(crate) use loom::sync::atomic::*;
        }
    }

    pub(crate) mod hash {
        pub(crate) use std::hash::{BuildHasher, DefaultHasher, Hash};

        /// Every run must be the same, so this one is not random.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct RandomState;

        impl RandomState {
            pub(crate) fn new() -> Self {
                Self
            }
        }

        impl BuildHasher for RandomState {
            type Hasher = DefaultHasher;

            fn build_hasher(&self) -> DefaultHasher {
                DefaultHasher::new()
            }
        }
    }
}

// What the files name of the rest of the crate.
mod clock {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) struct Timestamp(pub(crate) u64);
}

mod id {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub(crate) struct SessionId(pub(crate) u64);
}
