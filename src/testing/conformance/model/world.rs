//! Knows who acts in a history, and what each does next.
//! Must not know what the store should answer; `known` does.

use super::{
    super::{
        Violation,
        feed::walk,
        sample::{DAY, HOUR, MINUTE, SECOND, Sample, owners},
        violation::{Because, ensure, same},
    },
    known::Known,
};
use crate::{
    id::{ClientId, Subject},
    store::{
        Cursor, EndReason, EndedCounts, InsertOutcome, Owner, Reach, Rotation, SessionRecord,
        Store, Target,
    },
};

const STEP: &str = "no history of refreshes, retries, lost answers and endings breaks an invariant";

/// One history: a few sessions of two subjects at one client.
pub(super) struct World<'a, S> {
    store: &'a S,
    sample: Sample,
    sessions: Vec<Known>,
    cursor: Option<Cursor>,
}

/// Who presents a token.
#[derive(Debug, Clone, Copy)]
enum Holder {
    Device,
    Tab,
    Thief,
}

impl<'a, S: Store> World<'a, S> {
    pub(super) fn new(store: &'a S, sample: Sample, cursor: Option<Cursor>) -> Self {
        Self { store, sample, sessions: Vec::new(), cursor }
    }

    /// Lives through a history; gives the place in the feed that it reached.
    pub(super) async fn live(mut self, steps: u32) -> Result<Option<Cursor>, Violation> {
        let client = self.sample.client()?;
        let subjects = [self.sample.subject()?, self.sample.subject()?];
        self.sign_in(&subjects[0], &client).await?;
        for _ in 0..steps {
            self.act(&subjects, &client).await?;
            self.look().await?;
        }
        Ok(self.cursor)
    }

    async fn act(&mut self, subjects: &[Subject; 2], client: &ClientId) -> Result<(), Violation> {
        let which = self.sample.random.index(self.sessions.len());
        match self.sample.random.below(100) {
            0..22 => self.refresh(which, Holder::Device).await,
            22..36 => self.refresh(which, Holder::Tab).await,
            36..44 => self.refresh(which, Holder::Thief).await,
            44..52 => self.retry(which).await,
            52..57 => self.read_storage(which),
            57..61 => self.steal(which),
            61..67 => self.confirm(which).await,
            67..69 => self.stranger(which).await,
            69..71 => self.ahead_of_the_row(which).await,
            71..73 => self.end(which).await,
            73 => self.revoke_owner(subjects, client).await,
            74..77 => self.prune().await,
            77..82 => {
                let [one, other] = subjects;
                let subject = if self.sample.random.one_in(2) { one } else { other };
                self.sign_in(subject, client).await
            }
            _ => {
                self.clock();
                Ok(())
            }
        }
    }

    async fn sign_in(&mut self, subject: &Subject, client: &ClientId) -> Result<(), Violation> {
        if self.sessions.len() >= 4 {
            return Ok(());
        }
        let mut session = self.sample.session_of(subject, client)?;
        let random = &mut self.sample.random;
        session.policy.strict = random.one_in(5);
        session.policy.rotation = !random.one_in(6);
        if random.one_in(3) {
            session.policy.retry_after_loss = MINUTE;
        }
        if random.one_in(3) {
            session.policy.idle = HOUR;
            session.state.idle_expires_at = self.sample.now + HOUR;
        }
        if random.one_in(4) {
            session.absolute_expires_at = self.sample.now + HOUR * 3;
            session.state.idle_expires_at =
                session.state.idle_expires_at.min(session.absolute_expires_at);
        }
        let mut outcome = self.store.insert_session(&session).await.because(STEP)?;
        if let InsertOutcome::BornRevoked { not_before } = outcome {
            let born = session.id.born();
            ensure(STEP, born <= not_before, "16: a birth after the mark was refused")?;
            session.id = self.sample.session_id(not_before + SECOND / 1000);
            outcome = self.store.insert_session(&session).await.because(STEP)?;
        }
        same(STEP, "a new session", &outcome, &InsertOutcome::Inserted)?;
        self.sessions.push(Known::new(session));
        Ok(())
    }

    async fn refresh(&mut self, which: usize, holder: Holder) -> Result<(), Violation> {
        let Some(known) = self.sessions.get(which) else { return Ok(()) };
        let presented = match holder {
            Holder::Device => Some(known.stored),
            Holder::Tab => Some(known.tab),
            Holder::Thief => known.stolen,
        };
        let Some(presented) = presented else { return Ok(()) };
        let mut rotation = self.sample.rotation(&known.row, presented);
        rotation.sealing_key = u8::try_from(self.sample.random.below(3)).unwrap_or(0);
        let granted = self.present(which, &rotation).await?;
        // One answer in eight is lost on its way.
        let lost = self.sample.random.one_in(8);
        if let (Some(known), Some(generation), false) =
            (self.sessions.get_mut(which), granted, lost)
        {
            match holder {
                Holder::Device => known.stored = generation,
                Holder::Tab => (known.tab, known.stored) = (generation, generation),
                Holder::Thief => known.stolen = Some(generation),
            }
        }
        Ok(())
    }

    /// Presents a token; gives the generation that came back.
    async fn present(
        &mut self,
        which: usize,
        rotation: &Rotation,
    ) -> Result<Option<u32>, Violation> {
        let now = self.sample.now;
        let answer = self.store.rotate_session(rotation, now).await.because(STEP)?;
        let Some(known) = self.sessions.get_mut(which) else { return Ok(None) };
        let was_live = known.row.state.ended.is_none();
        let granted = known.take(STEP, rotation, &answer, now)?;
        known.last = Some(rotation.clone());
        if was_live && known.row.state.ended.is_some() {
            let target = Target::Session(known.row.id);
            self.heard(&target, "11: a reuse left no record").await?;
        }
        Ok(granted)
    }

    /// The very same command again, as an engine sends it when it is not sure of the answer.
    async fn retry(&mut self, which: usize) -> Result<(), Violation> {
        let last = self.sessions.get(which).and_then(|known| known.last.clone());
        if let Some(rotation) = last {
            let granted = self.present(which, &rotation).await?;
            if let (Some(known), Some(generation)) = (self.sessions.get_mut(which), granted) {
                known.stored = generation;
            }
        }
        Ok(())
    }

    fn read_storage(&mut self, which: usize) -> Result<(), Violation> {
        if let Some(known) = self.sessions.get_mut(which) {
            known.tab = known.stored;
        }
        Ok(())
    }

    fn steal(&mut self, which: usize) -> Result<(), Violation> {
        if let Some(known) = self.sessions.get_mut(which) {
            known.stolen = Some(known.stored);
        }
        Ok(())
    }

    async fn confirm(&mut self, which: usize) -> Result<(), Violation> {
        let (now, behind) = (self.sample.now, u32::from(self.sample.random.one_in(3)));
        let Some(known) = self.sessions.get_mut(which) else { return Ok(()) };
        let state = &mut known.row.state;
        let generation = state.generation.saturating_sub(behind);
        self.store.confirm_session(&known.row.id, generation, now).await.because(STEP)?;
        if generation == state.generation && state.ended.is_none() && !known.gone {
            state.confirmed_at = state.confirmed_at.or(Some(now));
        }
        Ok(())
    }

    async fn stranger(&mut self, which: usize) -> Result<(), Violation> {
        let other = self.sample.client()?;
        let Some(known) = self.sessions.get(which) else { return Ok(()) };
        let presented = known.stored;
        let rotation = self.sample.rotation(&known.row, presented);
        let rotation = Rotation { client: Some(other), ..rotation };
        self.present(which, &rotation).await.map(drop)
    }

    /// A token the row has not reached: the store lost state.
    async fn ahead_of_the_row(&mut self, which: usize) -> Result<(), Violation> {
        let Some(known) = self.sessions.get(which) else { return Ok(()) };
        let presented = known.row.state.generation + 1;
        let rotation = self.sample.rotation(&known.row, presented);
        self.present(which, &rotation).await.map(drop)
    }

    async fn end(&mut self, which: usize) -> Result<(), Violation> {
        let now = self.sample.now;
        let Some(known) = self.sessions.get_mut(which) else { return Ok(()) };
        let was_live = known.row.is_live(now) && !known.gone;
        let id = known.row.id;
        let reason = EndReason::SignedOut;
        let said = self.store.end_session(&id, reason, now).await.because(STEP)?;
        same(STEP, "was it live", &said, &was_live)?;
        let ends = known.row.state.ended.is_none() && !known.gone;
        if ends {
            known.row.state.ended = Some((now, reason));
            self.heard(&Target::Session(id), "14: an end left no record").await?;
        }
        Ok(())
    }

    async fn revoke_owner(
        &mut self,
        subjects: &[Subject; 2],
        client: &ClientId,
    ) -> Result<(), Violation> {
        let now = self.sample.now;
        let owners = owners(&subjects[0], client);
        let Some(owner) = self.sample.random.pick(&owners).cloned() else { return Ok(()) };
        let reason = EndReason::Administrative;
        let reached = |row: &SessionRecord| match &owner {
            Owner::Client(_) => true,
            _ => row.subject == subjects[0],
        };
        let mut expected = EndedCounts::default();
        for known in &mut self.sessions {
            if reached(&known.row) && !known.gone && known.row.state.ended.is_none() {
                expected.sessions += u64::from(known.row.is_live(now));
                known.row.state.ended = Some((now, reason));
            }
        }
        let counts = self.store.revoke_owner(&owner, Reach::Sessions, reason, now).await;
        same(STEP, "13: what ended", &counts.because(STEP)?, &expected)?;
        self.heard(&Target::Owner(owner), "16: a revocation left no record").await
    }

    async fn prune(&mut self) -> Result<(), Violation> {
        let now = self.sample.now;
        self.store.prune_sessions(now, 1000).await.because(STEP)?;
        for known in &mut self.sessions {
            let found = self.store.find_session(&known.row.id).await.because(STEP)?;
            let due = now >= known.row.prune_after();
            ensure(STEP, due || found.is_some() || known.gone, "58: a row went too early")?;
            known.gone = found.is_none();
        }
        Ok(())
    }

    fn clock(&mut self) {
        let random = &mut self.sample.random;
        let forward = [SECOND, SECOND * 30, MINUTE, HOUR, HOUR * 5, DAY, DAY * 5];
        let back = [SECOND, SECOND * 5, SECOND * 6, MINUTE, HOUR];
        let edge = SECOND / 1000 * u32::try_from(random.below(3)).unwrap_or(0);
        if random.one_in(5) {
            let by = random.pick(&back).copied().unwrap_or(SECOND);
            self.sample.now = self.sample.now - (by + edge);
        } else {
            let by = random.pick(&forward).copied().unwrap_or(SECOND);
            self.sample.now = self.sample.now + (by + edge);
        }
    }

    /// Every row is what it must be: the one that was touched, and all others (13).
    async fn look(&self) -> Result<(), Violation> {
        for known in &self.sessions {
            let found = self.store.find_session(&known.row.id).await.because(STEP)?;
            let expected = (!known.gone).then(|| known.row.clone());
            same(STEP, "a row after a step", &found, &expected)?;
        }
        Ok(())
    }

    /// The feed has gone on by a record of this.
    async fn heard(&mut self, target: &Target, what: &str) -> Result<(), Violation> {
        let (records, cursor) = walk(self.store, STEP, self.cursor.take(), 50).await?;
        self.cursor = Some(cursor);
        ensure(STEP, records.iter().any(|record| record.target == *target), what)
    }
}
