//! Invariant 22: random histories of a session against a model that knows nothing of the code.
//!
//! The model keeps, for each session, what the decision table needs and nothing else. Every
//! answer of the real authority is compared to it, with real tokens.

use std::{collections::HashMap, time::Duration};

use hallpass::{
    Timestamp,
    authority::{ConfirmationSignal, Issued, Policy, RefreshError},
    clock::Clock,
    store::{Granted, SessionStore},
    testing::TestAuthority,
};

use super::support::*;

const WINDOW: Duration = Duration::from_secs(60);
const AFTER_LOSS: Duration = Duration::from_secs(3_600);
const IDLE: Duration = Duration::from_secs(8 * 3_600);
const ABSOLUTE: Duration = Duration::from_secs(24 * 3_600);
const SKEW: Duration = Duration::from_secs(5);

/// SplitMix64, so that a history is named by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % bound
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }
}

/// A session as the model sees it, and every token that was ever given out for it.
struct Session {
    /// The refresh token of each generation.
    tokens: Vec<String>,
    access: Vec<Issued>,
    rotated_at: Option<Timestamp>,
    confirmed: bool,
    idle_until: Timestamp,
    until: Timestamp,
    ended: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Rotated,
    Coalesced,
    Replayed,
    Reused,
    Refused,
}

impl Session {
    /// The decision table, line by line, in its own words.
    fn expect(&self, generation: usize, now: Timestamp, strict: bool) -> Expected {
        if now >= self.until || self.ended {
            return Expected::Refused;
        }
        let newest = self.tokens.len() - 1;
        if newest - generation >= 2 {
            return Expected::Reused;
        }
        if now >= self.idle_until {
            return Expected::Refused;
        }
        let Some(rotated_at) = self.rotated_at else { return Expected::Rotated };
        let from_the_future = rotated_at > now + SKEW;
        let elapsed = now.saturating_since(rotated_at);
        let in_window = !strict && !from_the_future && elapsed < WINDOW;
        let lost = !strict && !from_the_future && !self.confirmed && elapsed < AFTER_LOSS;
        match (generation == newest, in_window || (generation != newest && lost)) {
            (true, true) => Expected::Coalesced,
            (true, false) => Expected::Rotated,
            (false, true) => Expected::Replayed,
            (false, false) if from_the_future => Expected::Refused,
            (false, false) => Expected::Reused,
        }
    }

    fn apply(&mut self, expected: &Expected, now: Timestamp) {
        match expected {
            Expected::Rotated => {
                self.rotated_at = Some(now);
                self.confirmed = false;
                self.idle_until = (now + IDLE).min(self.until);
            }
            Expected::Coalesced => self.confirmed = true,
            Expected::Reused => self.ended = true,
            Expected::Replayed | Expected::Refused => {}
        }
    }
}

fn seen(answer: &Result<Issued, RefreshError>) -> Expected {
    match answer {
        Ok(issued) => match issued.how().unwrap() {
            Granted::Rotated { .. } => Expected::Rotated,
            Granted::Coalesced => Expected::Coalesced,
            Granted::Replayed => Expected::Replayed,
            Granted::Kept => panic!("this policy rotates"),
        },
        Err(RefreshError::Reused(_)) => Expected::Reused,
        Err(RefreshError::StateRollback) => panic!("nothing was lost"),
        Err(_) => Expected::Refused,
    }
}

struct History {
    auth: TestAuthority,
    random: Random,
    sessions: Vec<Session>,
    strict: bool,
    counts: HashMap<&'static str, usize>,
}

impl History {
    fn new(seed: u64) -> Self {
        let strict = seed % 4 == 3;
        let policy = Policy::new()
            .strict(strict)
            .retry_window(WINDOW)
            .confirmation(ConfirmationSignal::Wired)
            .retry_after_loss(AFTER_LOSS)
            .idle(IDLE)
            .absolute(ABSOLUTE);
        let auth = with(|builder| builder.policy(policy));
        Self { auth, random: Random(seed), sessions: Vec::new(), strict, counts: HashMap::new() }
    }

    fn now(&self) -> Timestamp {
        self.auth.clock().now()
    }

    async fn step(&mut self) {
        match self.random.below(100) {
            0..8 => self.login().await,
            8..60 => self.refresh().await,
            60..66 => self.revoke().await,
            66..74 => self.confirm().await,
            74..78 => {
                let _ = self.auth.prune(5).await.unwrap();
            }
            78..95 => {
                let seconds = [1, 5, 30, 59, 60, 90, 600, 3_599, 7_200][self.random.index(9)];
                self.auth.clock().advance(Duration::from_secs(seconds));
            }
            95..97 => self.auth.clock().step_back(Duration::from_secs(self.random.below(120))),
            97..98 => self.auth.clock().step_forward(Duration::from_secs(self.random.below(120))),
            _ => self.look().await,
        }
    }

    async fn login(&mut self) {
        let issued = login(&self.auth).await;
        let now = self.now();
        let until = issued.session_expires_at();
        self.sessions.push(Session {
            tokens: vec![text(&issued).to_owned()],
            access: vec![issued],
            rotated_at: None,
            confirmed: false,
            idle_until: (now + IDLE).min(until),
            until,
            ended: false,
        });
    }

    /// The current token, a retry, or whatever a thief or a lost answer left behind.
    async fn refresh(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        let at = self.pick();
        let newest = self.sessions[at].tokens.len() - 1;
        let generation = match self.random.below(20) {
            0 => self.random.index(newest + 1),
            1..7 => newest.saturating_sub(1),
            _ => newest,
        };
        let now = self.now();
        let expected = self.sessions[at].expect(generation, now, self.strict);
        let answer = self.auth.refresh(&self.sessions[at].tokens[generation]).await;
        let seen = seen(&answer);
        let session = &mut self.sessions[at];
        assert_eq!(seen, expected, "generation {generation} of {newest} at {now}: {answer:?}");
        session.apply(&expected, now);
        *self.counts.entry(name(&expected)).or_default() += 1;
        // One answer in eight is lost on its way to the client.
        let Ok(issued) = answer else { return };
        assert_eq!(issued.session_expires_at(), session.until, "inv 33");
        assert!(issued.expires_at() <= session.until, "inv 5");
        if expected == Expected::Rotated {
            session.tokens.push(text(&issued).to_owned());
        }
        let newest = session.tokens.last().unwrap();
        assert_eq!(text(&issued), newest, "inv 1 and 4: one live token");
        session.access.push(issued);
        let count = session.tokens.len() - 1;
        let id = session.access[0].session_id();
        let row = self.auth.store().find_session(&id).await.unwrap().unwrap();
        assert_eq!(usize::try_from(row.state.generation).unwrap(), count, "inv 2");
        assert!(row.state.idle_expires_at <= row.absolute_expires_at, "inv 34");
    }

    /// The newer sessions more often: the others have mostly ended.
    fn pick(&mut self) -> usize {
        let recent = self.sessions.len().min(6);
        match self.random.below(5) {
            0 => self.random.index(self.sessions.len()),
            _ => self.sessions.len() - 1 - self.random.index(recent),
        }
    }

    async fn revoke(&mut self) {
        if self.sessions.is_empty() || self.random.below(3) > 0 {
            return;
        }
        if self.random.below(6) == 0 {
            let _ = self.auth.revoke_subject(&ada()).await.unwrap();
            self.sessions.iter_mut().for_each(|session| session.ended = true);
        } else {
            let at = self.pick();
            let session = &mut self.sessions[at];
            let generation = self.random.index(session.tokens.len());
            let _ = self.auth.revoke(&session.tokens[generation]).await.unwrap();
            session.ended |= self.auth.clock().now() < session.until;
        }
        self.look().await;
    }

    /// A client uses the access token that came with the newest refresh token.
    async fn confirm(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        let at = self.pick();
        let session = &mut self.sessions[at];
        let issued = session.access.last().unwrap();
        if let Ok(who) = self.auth.verify(issued.access_token()).await {
            assert!(!session.ended, "inv 14");
            let newest = session.tokens.len() - 1;
            let _ = self.auth.tick().await;
            session.confirmed |= who.generation() == u32::try_from(newest).ok();
        }
        // Whatever else was waiting has been written, too; it was for tokens seen in `look`.
    }

    /// No token of a session that has ended is alive, of whatever generation.
    async fn look(&mut self) {
        let verifier = self.auth.verifier();
        verifier.ready().await.unwrap();
        for session in self.sessions.iter().filter(|session| session.ended).rev().take(8) {
            for issued in &session.access {
                assert!(verifier.verify_jwt(issued.access_token()).is_err(), "inv 14 and 16");
            }
            for token in session.tokens.iter().rev().take(3) {
                assert!(self.auth.refresh(token).await.is_err(), "inv 14 and 15");
            }
        }
    }
}

fn name(expected: &Expected) -> &'static str {
    match expected {
        Expected::Rotated => "rotated",
        Expected::Coalesced => "coalesced",
        Expected::Replayed => "replayed",
        Expected::Reused => "reused",
        Expected::Refused => "refused",
    }
}

#[tokio::test]
async fn inv_22_random_histories_follow_the_model() {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for seed in 0..40 {
        let mut history = History::new(seed);
        for _ in 0..400 {
            history.step().await;
        }
        for (name, count) in history.counts {
            *counts.entry(name).or_default() += count;
        }
    }
    for line in ["rotated", "coalesced", "replayed", "reused", "refused"] {
        assert!(counts.get(line).copied().unwrap_or(0) >= 20, "hardly tried: {counts:?}");
    }
}
