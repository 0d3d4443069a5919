//! Knows what applications and thieves do with tokens, and holds every answer to the model.
//! Must not know what is broken meanwhile.

use std::{sync::Arc, time::Duration};

use crate::{
    person::Person,
    session::{App, End, Expected, Held, parts},
    web::Asked,
};

/// How many answers of a hundred are lost on the way.
const LOSSES: u64 = 4;
const MOST_HELD: usize = 6;
const MOST_BURIED: usize = 12;

impl Person {
    /// Does one thing, whatever the dice say.
    pub(crate) async fn act(&mut self) {
        self.forget();
        if self.held.len() < 2 || (self.held.len() < MOST_HELD && self.dice.percent(10)) {
            let app = if self.dice.percent(75) { App::Phone } else { App::Export };
            return self.open(app).await;
        }
        let at = self.dice.index(self.held.len());
        match self.dice.below(1000) {
            0..300 => self.refresh(at, LOSSES).await,
            300..360 => self.refresh(at, 60).await,
            360..460 => self.race(at).await,
            460..520 => self.replay(at).await,
            520..535 => self.steal(at).await,
            535..800 => self.call(at).await,
            800..850 => self.introspect(at).await,
            850..880 => self.revoke_access(at).await,
            880..905 => self.revoke(at).await,
            905..990 => self.dig().await,
            990..993 => self.everywhere().await,
            993..996 => self.withdraw(App::Phone).await,
            _ => self.sign_out().await,
        }
    }

    /// Sessions whose time is certainly over.
    fn forget(&mut self) {
        let now = self.web.clock.now();
        let (gone, rest) = self.held.drain(..).partition(|held: &Held| held.is_gone(now));
        self.held = rest;
        for mut held in gone {
            self.web.report.count("sessions expired");
            held.access.clear();
            self.bury(held);
        }
    }

    fn bury(&mut self, held: Held) {
        self.buried.push(held);
        if self.buried.len() > MOST_BURIED {
            self.buried.remove(0);
        }
    }

    pub(crate) fn bury_last(
        &mut self,
        end: fn(&'static str, &Asked) -> End,
        how: &'static str,
        asked: &Asked,
    ) {
        let Some(mut held) = self.held.pop() else { return };
        self.web.report.count(how);
        held.ended = Some(end(how, asked));
        self.bury(held);
    }

    /// An honest client that asks with its newest token until it is answered.
    pub(crate) async fn refresh(&mut self, at: usize, losses: u64) {
        let request = self.held[at].app.refresh(self.held[at].current());
        let asked = self.web.ask(&mut self.dice, losses, &request).await;
        self.hear(at, &asked);
    }

    /// Holds what was answered to a current token, or its parent, to the model.
    fn hear(&mut self, at: usize, asked: &Asked) {
        let held = &mut self.held[at];
        let mut expected = held.expected(asked.first, asked.last);
        if self.is_deceived && self.dice.percent(2) {
            expected = Expected::Refused;
        }
        let report = &self.web.report;
        match (asked.answer.status, expected) {
            (200, Expected::Refused) => {
                report.violation(format!("fork: a session that is over was refreshed: {held}"));
            }
            (200, _) => match held.learn(asked) {
                Ok(how) => {
                    report.count(how);
                    if let Some(access) = held.access.last()
                        && let Some((head, _)) = parts(&access.token)
                    {
                        report.key(head["kid"].as_str().unwrap_or_default().to_owned());
                    }
                }
                Err(why) => report.violation(why),
            },
            (0, _) => {}
            (status, Expected::Granted) => {
                let body = &asked.answer.body;
                report.violation(format!("lost: a live session was answered {status} {body}"));
                self.held.remove(at);
            }
            (400, _) if asked.answer.body.contains("invalid_grant") => {
                report.count("sessions expired");
                self.held.remove(at);
            }
            (status, _) => report.violation(format!("a refresh was answered {status}")),
        }
    }

    /// Tabs and replicas that share a token: all at once, at both instances; some give up.
    async fn race(&mut self, at: usize) {
        let held = &self.held[at];
        let request = held.app.refresh(held.current());
        let first = self.web.clock.now();
        let began = std::time::Instant::now();
        let runners: Vec<_> = (0..2 + self.dice.below(5))
            .map(|_| {
                let lost = self.dice.percent(10).then(|| self.dice.millis(0, 30));
                (self.dice.index(2), lost)
            })
            .collect();
        let started: Vec<_> = runners
            .into_iter()
            .map(|(by, lost)| {
                let (web, request) = (Arc::clone(&self.web), request.clone());
                tokio::spawn(async move {
                    let answer = web.try_ask(by, &request, lost).await?;
                    let last = web.clock.now();
                    Some(Asked { answer, by, first, last, began, attempts: 1 })
                })
            })
            .collect();
        self.web.report.count("races");
        let mut all = Vec::new();
        for runner in started {
            all.extend(runner.await.unwrap());
        }
        // Oldest first, as the store may have decided them.
        all.sort_by_key(|asked| {
            let token = asked.answer.json()["access_token"].as_str().map(str::to_owned);
            token.and_then(|token| parts(&token)?.1["gen"].as_u64())
        });
        let before = self.held.len();
        for asked in &all {
            if self.held.len() == before {
                self.hear(at, asked);
            }
        }
        // Whoever lost the answer asks again; until then nobody knows where the session is.
        if self.held.len() == before {
            let mut asked = self.web.ask(&mut self.dice, 0, &request).await;
            asked.first = first;
            self.hear(at, &asked);
        }
    }

    /// The token before, as from a tab that was asleep for a moment.
    async fn replay(&mut self, at: usize) {
        let (held, now) = (&self.held[at], self.web.clock.now());
        let Some(parent) = held.parent_in_window(now).filter(|_| held.is_live(now)) else { return };
        let request = held.app.refresh(parent);
        let asked = self.web.ask(&mut self.dice, LOSSES, &request).await;
        self.web.report.count("parents presented in time");
        self.hear(at, &asked);
    }

    /// A thief comes with a token that was rotated away: the session ends for both.
    async fn steal(&mut self, at: usize) {
        let now = self.web.clock.now();
        let Some(stale) = self.held[at].stale(now).filter(|_| self.held[at].is_live(now)) else {
            return;
        };
        let request = self.held[at].app.refresh(stale);
        let asked = self.web.ask(&mut self.dice, LOSSES, &request).await;
        if asked.answer.status != 400 {
            let what = asked.answer.status;
            self.web.report.violation(format!("fork: a stale token was answered {what}"));
        }
        let last = self.held.len() - 1;
        self.held.swap(at, last);
        self.bury_last(End::by_either, "ended since a stale token came", &asked);
        let last = self.buried.len() - 1;
        self.look_into(last).await;
    }

    async fn revoke(&mut self, at: usize) {
        let request = self.held[at].app.revoke(self.held[at].current());
        let asked = self.web.ask(&mut self.dice, LOSSES, &request).await;
        if asked.answer.status != 200 {
            return self.web.report.violation(format!("/revoke answered {}", asked.answer.status));
        }
        let last = self.held.len() - 1;
        self.held.swap(at, last);
        self.bury_last(End::by_who_answered, "sessions revoked", &asked);
        let last = self.buried.len() - 1;
        self.look_into(last).await;
    }

    async fn revoke_access(&mut self, at: usize) {
        let held = &mut self.held[at];
        let Some(access) = held.access.last_mut().filter(|access| access.revoked.is_none()) else {
            return;
        };
        let request = held.app.revoke(&access.token);
        let asked = self.web.ask(&mut self.dice, LOSSES, &request).await;
        if asked.answer.status != 200 {
            return self.web.report.violation(format!("/revoke answered {}", asked.answer.status));
        }
        access.revoked = Some(End::by_who_answered("access tokens revoked", &asked));
        self.web.report.count("access tokens revoked");
        for _ in 0..3 {
            self.call(at).await;
        }
    }

    /// Whether what has ended has stayed so.
    async fn dig(&mut self) {
        if !self.buried.is_empty() {
            let at = self.dice.index(self.buried.len());
            self.look_into(at).await;
        }
    }

    pub(crate) async fn look_into(&mut self, at: usize) {
        let request = self.buried[at].app.refresh(self.buried[at].current());
        let asked = self.web.ask(&mut self.dice, 0, &request).await;
        self.web.report.count("ended sessions tried");
        if asked.answer.status != 400 {
            let (what, held) = (asked.answer.status, &self.buried[at]);
            self.web
                .report
                .violation(format!("fork: an ended session was answered {what}: {held}"));
        }
        if let Some(access) = self.buried[at].access.last().cloned() {
            for _ in 0..2 {
                let asked = self.used(&access).await;
                self.judge(&self.buried[at], &access, &asked);
            }
        }
    }

    /// Acts for so long.
    pub(crate) async fn live(mut self, until: std::time::Instant) -> Self {
        while std::time::Instant::now() < until {
            self.act().await;
            tokio::time::sleep(Duration::from_millis(self.dice.below(20))).await;
        }
        self
    }
}
