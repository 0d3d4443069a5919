//! Knows random bytes that were fetched ahead, so that an identifier does not cost a system call.
//! Must not know what they are for; but never for a secret, which comes from the system directly.

use std::{
    fmt::{self, Debug},
    sync::{Mutex, PoisonError},
};

use zeroize::Zeroizing;

use super::{CryptoError, aead::stretch, random_array};

/// Enough for two hundred identifiers.
const SIZE: usize = 2400;
/// What is older, in milliseconds, is thrown away. A process that is copied, by a fork or a snapshot of its machine,
/// has the same bytes twice; identifiers of ours begin with the millisecond they were made in, and
/// after this time the copies no longer share anything.
const KEPT: u64 = 1000;

/// Bytes stretched from a seed of the operating system's random source, each given out once. The
/// system itself takes 3 ns for each byte, which for every token is a tenth of its HMAC.
pub(crate) struct RandomStock(Mutex<Stock>);

struct Stock {
    bytes: [u8; SIZE],
    given: usize,
    fetched_at: u64,
}

impl RandomStock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Stock { bytes: [0; SIZE], given: SIZE, fetched_at: 0 }))
    }

    /// The next `N` bytes at `now`, in milliseconds of any clock.
    pub(crate) fn take<const N: usize>(&self, now: u64) -> Result<[u8; N], CryptoError> {
        let mut stock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = now < stock.fetched_at || now - stock.fetched_at > KEPT;
        if is_old || stock.given + N > SIZE {
            // Should it fail, nothing half filled is given out.
            stock.given = SIZE;
            let seed = Zeroizing::new(random_array()?);
            stretch(&seed, &mut stock.bytes)?;
            (stock.given, stock.fetched_at) = (0, now);
        }
        let given = stock.given;
        let taken = stock.bytes.get_mut(given..).and_then(|rest| rest.first_chunk_mut::<N>());
        let taken = std::mem::replace(taken.ok_or(CryptoError::Random)?, [0; N]);
        stock.given += N;
        Ok(taken)
    }
}

impl Debug for RandomStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomStock([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_bytes_come_twice_on_any_thread() {
        let stock = RandomStock::new();
        let take = || -> Vec<[u8; 12]> {
            (0..5_000_u64).map(|n| stock.take(1_000 + n).unwrap()).collect()
        };
        let taken: Vec<_> = std::thread::scope(|scope| {
            let threads = [scope.spawn(take), scope.spawn(take), scope.spawn(take)];
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
        assert!(!taken.contains(&[0; 12]));
    }

    #[test]
    fn old_bytes_are_thrown_away_whichever_way_the_clock_goes() {
        let stock = RandomStock::new();
        let at = 1_000_000;
        let rest = |stock: &RandomStock| stock.0.lock().unwrap().bytes[20..].to_vec();
        let _: [u8; 8] = stock.take(at).unwrap();
        let first = rest(&stock);
        let _: [u8; 8] = stock.take(at + KEPT).unwrap();
        assert_eq!(rest(&stock), first);
        let _: [u8; 8] = stock.take(at + KEPT + 1).unwrap();
        let second = rest(&stock);
        assert_ne!(second, first);
        let _: [u8; 8] = stock.take(at).unwrap();
        assert_ne!(rest(&stock), second);
    }
}
