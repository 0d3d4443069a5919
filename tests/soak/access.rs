//! Knows what services do with access tokens, and holds every answer to the model.
//! Must not know how a token was got.

use http::header;

use crate::{
    person::Person,
    session::{Access, Expected, Held},
    web::{Asked, Request},
};

const REPORT_SECRET: &str = "demo-secret-of-report-service-change-me";

impl Person {
    /// Uses one of its access tokens at one of the instances.
    pub(crate) async fn call(&mut self, at: usize) {
        let held = &self.held[at];
        if held.access.is_empty() {
            return;
        }
        let access = held.access[self.dice.index(held.access.len())].clone();
        let asked = self.used(&access).await;
        self.judge(&self.held[at], &access, &asked);
    }

    pub(crate) async fn used(&mut self, access: &Access) -> Asked {
        let bearer = format!("Bearer {}", access.token);
        let request = Request::get("/api/chats").header(header::AUTHORIZATION, bearer);
        self.web.ask(&mut self.dice, 0, &request).await
    }

    pub(crate) fn judge(&self, held: &Held, access: &Access, asked: &Asked) {
        let report = &self.web.report;
        match (asked.answer.status, held.expected_of(access, asked)) {
            (200, Expected::Refused) => {
                let since = held.over_since(access);
                report.violation(format!(
                    "an access token was taken {since:?} after its end, by {}",
                    asked.by
                ));
            }
            (200, Expected::Either) => {
                report.count("access tokens taken");
                if let Some((_, since)) = held.over_since(access) {
                    report.late(since);
                }
            }
            (200, _) => report.count("access tokens taken"),
            (0, _) => {}
            (401, Expected::Granted) => {
                report.violation(format!(
                    "a good access token was refused by {}: {}",
                    asked.by, asked.answer.body
                ));
            }
            (401, _) => report.count("access tokens refused"),
            (status, _) => report.violation(format!("/api/chats answered {status}")),
        }
    }

    /// The same by a service that asks whether the token works.
    pub(crate) async fn introspect(&mut self, at: usize) {
        let Some(access) = self.held[at].access.last().cloned() else { return };
        let request = Request::post("/introspect")
            .field("token", access.token.clone())
            .field("client_id", "report-service")
            .field("client_secret", REPORT_SECRET);
        let mut asked = self.web.ask(&mut self.dice, 0, &request).await;
        asked.answer.status = match asked.answer.json()["active"].as_bool() {
            Some(true) => 200,
            Some(false) => 401,
            None => asked.answer.status,
        };
        self.web.report.count("introspections");
        self.judge(&self.held[at], &access, &asked);
    }
}
