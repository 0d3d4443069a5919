//! Knows how to tell, once, that a session's newest refresh token reached its client.
//! Must not know what becomes of the news: the sink queues it (INVARIANTS 9 and 10).

use std::{
    fmt::Debug,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::id::SessionId;

/// Hears that an access token of a session's generation was used: the client has received the
/// refresh token that came with it, so its parent need no longer be accepted.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{Verifier, id::SessionId, verifier::ConfirmationSink};
/// use std::sync::mpsc::{SyncSender, sync_channel};
///
/// #[derive(Debug)]
/// struct Queue(SyncSender<(SessionId, u32)>);
///
/// impl ConfirmationSink for Queue {
///     fn confirm(&self, session: SessionId, generation: u32) {
///         let _ = self.0.try_send((session, generation)); // full: dropped, never waited for
///     }
/// }
///
/// let (queue, heard) = sync_channel(1_000);
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .jwks(&authority.jwks())
///     .confirmations(Queue(queue))
///     .stateless()
///     .build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let _ = verifier.verify_jwt(issued.access_token())?;
/// assert_eq!(heard.try_recv()?, (issued.session_id(), 0)); // to be told to the authority
/// # Ok(()) }
/// ```
pub trait ConfirmationSink: Debug + Send + Sync + 'static {
    /// An access token minted at this generation of the session was verified.
    ///
    /// Called while a request waits: it must only note or queue, in bounded memory, and may drop.
    /// It is called about once per session and generation; a repetition must do no harm.
    fn confirm(&self, session: SessionId, generation: u32);
}

impl<T: ConfirmationSink + ?Sized> ConfirmationSink for Arc<T> {
    fn confirm(&self, session: SessionId, generation: u32) {
        (**self).confirm(session, generation);
    }
}

const SLOTS: usize = 4096;

/// Remembers which generations were told, in a fixed amount of memory.
///
/// A session has one slot, which it may lose to another session; then it is told again. That a
/// generation is wrongly taken for told has a chance of one in 2^64.
#[derive(Debug)]
pub(super) struct Confirmations {
    sink: Arc<dyn ConfirmationSink>,
    hasher: RandomState,
    told: Box<[AtomicU64]>,
}

impl Confirmations {
    pub(super) fn new(sink: Arc<dyn ConfirmationSink>) -> Self {
        let told = (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
        Self { sink, hasher: RandomState::new(), told }
    }

    pub(super) fn saw(&self, session: SessionId, generation: u32) {
        let slot = self.hasher.hash_one(session) as usize % SLOTS;
        let mark = self.hasher.hash_one((session, generation)) | 1;
        let Some(told) = self.told.get(slot) else { return };
        if told.load(Ordering::Relaxed) != mark && told.swap(mark, Ordering::Relaxed) != mark {
            self.sink.confirm(session, generation);
        }
    }
}
