//! Knows whether a password is a user's, in the same time for a user that is not there.
//! Must not keep a password.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Checks passwords, a few at a time: each takes 19 MiB and a good part of a processor.
#[derive(Debug)]
pub(crate) struct Passwords {
    permits: Semaphore,
    /// The hash of a password that nobody has.
    nobody: String,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let nobody = hash("a password that nobody has")?;
        let at_once = std::thread::available_parallelism()?.get();
        Ok(Self { permits: Semaphore::new(at_once), nobody })
    }

    /// Whether the password has this hash. Without a hash it is never so, after the same work.
    pub(crate) async fn check(&self, password: String, hash: Option<&str>) -> bool {
        let Ok(_permit) = self.permits.acquire().await else { return false };
        let (is_known, hash) = (hash.is_some(), hash.unwrap_or(&self.nobody).to_owned());
        let check = move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        };
        spawn_blocking(check).await.unwrap_or(false) && is_known
    }
}

/// The hash to write into the configuration: Argon2id, 19 MiB, two passes.
pub(crate) fn hash(password: &str) -> Result<String, Box<dyn std::error::Error>> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|why| format!("the password could not be hashed: {why}"))?.to_string())
}
