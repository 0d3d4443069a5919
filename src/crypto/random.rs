//! Knows where random bytes come from: the operating system.
//! Must not know what they are for.

use ring::rand::{SecureRandom as _, SystemRandom};

use super::CryptoError;

/// Fills `out` with random bytes. A failing source is an error, never a panic: a service that
/// cannot make tokens answers 503 and lives on.
pub(crate) fn fill_random(out: &mut [u8]) -> Result<(), CryptoError> {
    SystemRandom::new().fill(out).map_err(|_| CryptoError::Random)
}

/// `N` random bytes.
pub(crate) fn random_array<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}
