//! Knows whether a password is a user's, in the same time for a user that is not there.
//! Must not keep a password.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        PasswordHasher as _,
        phc::{Output, PasswordHash},
    },
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Checks passwords, a few at a time: each takes 19 MiB and a good part of a processor.
#[derive(Debug)]
pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
    workplaces: Arc<Workplaces>,
    /// The hash of a password that nobody has.
    nobody: String,
}

/// Where hashes are computed. They are kept: an allocator that gets pieces of this size back
/// leaves them with the thread that had them, and the process grows by hundreds of MiB.
type Workplaces = Mutex<Vec<Vec<Block>>>;

impl Passwords {
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let nobody = hash("a password that nobody has")?;
        let at_once = std::thread::available_parallelism()?.get();
        Ok(Self { permits: Arc::new(Semaphore::new(at_once)), workplaces: Arc::default(), nobody })
    }

    /// Whether the password has this hash. Without a hash it is never so, after the same work.
    pub(crate) async fn check(&self, password: String, hash: Option<&str>) -> bool {
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return false };
        let (is_known, hash) = (hash.is_some(), hash.unwrap_or(&self.nobody).to_owned());
        let workplaces = Arc::clone(&self.workplaces);
        let check = move || {
            let take = || workplaces.lock().unwrap_or_else(PoisonError::into_inner);
            let mut workplace = take().pop().unwrap_or_default();
            let has_it = has(password.as_bytes(), &hash, &mut workplace);
            take().push(workplace);
            // Not before: whoever hangs up stops waiting, and the work goes on.
            drop(permit);
            has_it
        };
        spawn_blocking(check).await.unwrap_or(false) && is_known
    }
}

/// Whether the password has this hash, which the configuration has found to be Argon2id.
fn has(password: &[u8], hash: &str, workplace: &mut Vec<Block>) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let (Some(salt), Some(known)) = (&hash.salt, &hash.hash) else { return false };
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from);
    let (Ok(version), Ok(params)) = (version, Params::try_from(&hash)) else { return false };
    if workplace.len() < params.block_count() {
        workplace.resize(params.block_count(), Block::new());
    }
    let mut found = vec![0; known.len()];
    let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
    let done = argon2.hash_password_into_with_memory(password, salt, &mut found, workplace);
    // Compared in constant time.
    done.is_ok() && Output::new(&found).is_ok_and(|found| found == *known)
}

/// The hash to write into the configuration: Argon2id, 19 MiB, two passes.
pub(crate) fn hash(password: &str) -> Result<String, Box<dyn std::error::Error>> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|why| format!("the password could not be hashed: {why}"))?.to_string())
}
