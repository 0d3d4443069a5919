//! Knows which checks there are, and with which stores, seeds and workers they run.
//! Must not know what a check checks.

use std::{future::Future, sync::Arc};

use super::{
    Report, Violation, Workers, api_key_races, api_key_rotation, api_keys, consents, decisions,
    feed, model, once, registry, retention, revocations, sample::Sample, session_endings,
    session_races, sessions, shared, sinks, twin,
};
use crate::{
    clock::{Clock, SystemClock, Timestamp},
    store::{ApiKeyStore, RevocationStore, ServerStore, SessionStore, Store},
};

/// The conformance suite: how much of it, with which seed, and where calls race.
///
/// Histories are random but reproducible: a [`Violation`] names its seed, and a suite with that
/// [`seed`](Self::seed) and one history runs it again.
///
/// ```
/// use hallpass::store::MemoryStore;
/// use hallpass::testing::conformance::{Suite, Violation, block_on};
///
/// # fn main() -> Result<(), Violation> {
/// let suite = Suite::new().contenders(8).histories(2).seed(7);
/// let fresh = || async { MemoryStore::new() }; // a new schema, file or prefix each time
/// let report = block_on(suite.sessions(fresh))?;
/// assert!(report.held().contains(&"session_endings::ended_never_revives"));
/// assert!(block_on(suite.server(fresh)).is_ok());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Suite {
    workers: Workers,
    seed: u64,
    base: Timestamp,
    histories: u32,
    contenders: usize,
}

/// Runs checks in order, each with a fresh store, and notes those that hold.
macro_rules! checks {
    ($suite:ident, $fresh:ident: $($module:ident :: $check:ident),* $(,)?) => {{
        let mut report = Report::default();
        $(
            let store = Arc::new($fresh().await);
            $module::$check($suite, &store).await?;
            report.note(concat!(stringify!($module), "::", stringify!($check)));
        )*
        Ok(report)
    }};
}

impl Suite {
    /// 200 histories, 100 racing calls, a fixed seed, threads, and the present as the instant
    /// from which times are told.
    #[must_use]
    pub fn new() -> Self {
        Self {
            workers: Workers::threads(),
            seed: 1,
            base: SystemClock::new().now(),
            histories: 200,
            contenders: 100,
        }
    }

    /// Where calls that must race are run.
    #[must_use]
    pub fn workers(mut self, workers: Workers) -> Self {
        self.workers = workers;
        self
    }

    /// The seed of the first history; each following history adds one.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many random histories each randomised check runs.
    #[must_use]
    pub fn histories(mut self, histories: u32) -> Self {
        self.histories = histories;
        self
    }

    /// How many calls race for one row; at least two.
    #[must_use]
    pub fn contenders(mut self, contenders: usize) -> Self {
        self.contenders = contenders.max(2);
        self
    }

    /// The instant from which all times are told. Engines that let rows expire on their own need
    /// one that is near the present, which is the default.
    #[must_use]
    pub fn starting_at(mut self, base: Timestamp) -> Self {
        self.base = base;
        self
    }

    /// Every check of a [`Store`] on one store object.
    ///
    /// # Errors
    /// The first promise that the store was seen to break.
    pub async fn run<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: Store,
        F: Future<Output = S>,
    {
        let mut report = self.sessions(&fresh).await?;
        report.absorb(self.revocations(&fresh).await?);
        report.absorb(self.api_keys(&fresh).await?);
        report.absorb(self.histories_of(&fresh).await?);
        Ok(report)
    }

    /// The checks of a session store.
    ///
    /// # Errors
    /// The first promise that the store was seen to break.
    pub async fn sessions<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: SessionStore + RevocationStore,
        F: Future<Output = S>,
    {
        checks!(self, fresh:
            sessions::every_field_comes_back,
            sessions::a_known_id_is_a_conflict,
            sessions::a_birth_before_a_revocation_is_refused,
            decisions::every_answer_is_that_of_decide,
            decisions::a_resent_attempt_gets_its_first_outcome,
            sessions::confirmation_is_for_the_current_generation,
            session_endings::an_end_is_one_session_and_one_record,
            session_endings::ended_never_revives,
            session_endings::a_reuse_ends_the_session_at_once,
            sessions::lists_are_ordered_and_paged,
            sessions::prune_is_bounded_and_waits_for_the_deadline,
            session_races::rotation_is_linearizable,
            session_races::strict_rotation_is_linearizable,
            session_races::an_attempt_racing_with_itself_has_one_outcome,
            session_races::nothing_is_granted_after_an_end,
            session_races::no_session_slips_past_a_revocation,
        )
    }

    /// The checks of a revocation store, and of the sessions it ends.
    ///
    /// # Errors
    /// The first promise that the store was seen to break.
    pub async fn revocations<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: Store,
        F: Future<Output = S>,
    {
        checks!(self, fresh:
            feed::a_walk_reaches_everything,
            feed::a_cursor_goes_on_where_it_was,
            feed::nothing_is_missed_while_others_write,
            retention::the_highest_is_kept_and_given,
            retention::prune_is_bounded_and_waits_for_expiry,
            retention::a_mark_outlives_prune_until_its_record_expires,
            revocations::a_record_is_written_for_a_token_or_key,
            revocations::an_owner_loses_what_it_has_and_no_more,
            revocations::a_fast_clock_saves_nothing,
            sinks::every_write_reaches_the_sinks_before_it_returns,
            sinks::an_end_seen_by_another_call_has_reached_the_sinks,
        )
    }

    /// The checks of a feed alone, for one that reaches its reader by another way than its
    /// writer, such as over HTTP.
    ///
    /// # Errors
    /// The first promise that the feed was seen to break.
    pub async fn feed<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: RevocationStore,
        F: Future<Output = S>,
    {
        checks!(self, fresh:
            feed::a_walk_reaches_everything,
            feed::a_cursor_goes_on_where_it_was,
            feed::nothing_is_missed_while_others_write,
        )
    }

    /// The checks of an API-key store.
    ///
    /// # Errors
    /// The first promise that the store was seen to break.
    pub async fn api_keys<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: ApiKeyStore + RevocationStore,
        F: Future<Output = S>,
    {
        checks!(self, fresh:
            api_keys::every_field_comes_back,
            api_keys::a_birth_before_a_revocation_is_refused,
            api_keys::lists_are_ordered_and_paged,
            api_keys::a_change_is_the_answer_of_the_next_look,
            api_key_rotation::a_rotation_overlaps_and_happens_once,
            api_key_rotation::a_taken_successor_is_not_overwritten,
            api_keys::an_end_is_for_good,
            api_keys::a_touch_is_written_once_a_step,
            api_keys::prune_is_bounded_and_takes_what_stopped,
            api_key_races::rotation_is_linearizable,
            api_key_races::nothing_is_live_after_an_end,
        )
    }

    /// The checks of the roles that only an authorization server needs.
    ///
    /// # Errors
    /// The first promise that the store was seen to break.
    pub async fn server<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: ServerStore,
        F: Future<Output = S>,
    {
        checks!(self, fresh:
            once::a_code_opens_one_session,
            once::a_taken_session_is_not_given_out,
            once::redemption_is_linearizable,
            once::a_value_works_once,
            once::prune_waits_and_is_bounded,
            registry::a_client_changes_by_version,
            registry::a_client_that_goes_loses_what_it_holds,
            registry::a_narrower_consent_ends_what_was_given,
            consents::one_replaces_what_was_read,
            consents::a_withdrawal_stays,
            registry::one_instance_replaces_the_signing_keys,
        )
    }

    /// The random histories: a model that knows the invariants alone (invariant 22), and a
    /// comparison with the memory store that is never pruned (invariant 57).
    ///
    /// # Errors
    /// The first promise that the store was seen to break, with its seed.
    pub async fn histories_of<S, F>(&self, fresh: impl Fn() -> F) -> Result<Report, Violation>
    where
        S: Store,
        F: Future<Output = S>,
    {
        checks!(self, fresh: model::no_history_breaks_an_invariant, twin::every_answer_is_that_of_a_store_never_pruned)
    }

    /// The checks of a store whose state outlives the store object: `again` gives a second
    /// object on the same state, as another process would have.
    ///
    /// # Errors
    /// The first promise that the store was seen to break.
    pub async fn shared<S, F, G>(
        &self,
        fresh: impl Fn() -> F,
        again: impl Fn(Arc<S>) -> G,
    ) -> Result<Report, Violation>
    where
        S: Store,
        F: Future<Output = S>,
        G: Future<Output = S>,
    {
        let mut report = Report::default();
        macro_rules! pair {
            ($($check:ident),* $(,)?) => {$(
                let one = Arc::new(fresh().await);
                let two = Arc::new(again(Arc::clone(&one)).await);
                shared::$check(self, &one, &two).await?;
                report.note(concat!("shared::", stringify!($check)));
            )*};
        }
        pair!(
            one_sees_what_the_other_wrote,
            the_highest_retention_is_kept,
            rotation_is_linearizable_across_objects,
            a_cursor_misses_nothing_the_other_writes,
        );
        Ok(report)
    }

    pub(super) fn sample(&self) -> Sample {
        Sample::new(self.seed, self.base)
    }

    pub(super) fn workers_ref(&self) -> &Workers {
        &self.workers
    }

    pub(super) fn base(&self) -> Timestamp {
        self.base
    }

    pub(super) fn contending(&self) -> usize {
        self.contenders
    }

    /// How many histories a randomised check runs.
    pub(super) fn rounds(&self) -> u32 {
        self.histories
    }

    /// How many times a race of a few calls is run: a slip shows in one round of many.
    pub(super) fn races(&self) -> u32 {
        (self.histories / 4).clamp(4, 50)
    }

    pub(super) fn seed_of(&self, history: u32) -> u64 {
        self.seed.wrapping_add(u64::from(history))
    }
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}
