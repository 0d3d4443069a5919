//! Knows ordinary records to give to a store, each different from all others of its suite run.
//! Must not know what a check wants to show with them.

use std::time::Duration;

use super::{super::random::Random, Violation};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Audience, ClientId, KeyId, SessionId, Subject, TokenId},
    scope::Scope,
    store::{
        ApiKeyRecord, Attempt, CarriedClaims, Owner, ProofKey, Rotation, SessionPolicy,
        SessionRecord, SessionState,
    },
    token::CustomClaims,
};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const FIXTURE: &str = "the suite's own records can be made";

/// Makes records. Times are told from `now`, which a check moves.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) random: Random,
    pub(super) now: Timestamp,
}

impl Sample {
    pub(super) fn new(seed: u64, now: Timestamp) -> Self {
        Self { random: Random::seeded(seed), now }
    }

    fn text(&mut self, prefix: &str) -> String {
        format!("{prefix}-{:016x}", self.random.word())
    }

    /// A subject no other check uses.
    pub(super) fn subject(&mut self) -> Result<Subject, Violation> {
        parsed(Subject::parse(&self.text("subject")))
    }

    /// A client no other check uses.
    pub(super) fn client(&mut self) -> Result<ClientId, Violation> {
        parsed(ClientId::parse(&self.text("client")))
    }

    pub(super) fn session_id(&mut self, born: Timestamp) -> SessionId {
        SessionId::from_parts(born, self.random.bytes())
    }

    pub(super) fn api_key_id(&mut self, born: Timestamp) -> ApiKeyId {
        ApiKeyId::from_parts(born, self.random.bytes())
    }

    pub(super) fn token_id(&mut self) -> TokenId {
        TokenId::from_parts(self.now, self.random.bytes())
    }

    pub(super) fn key_id(&mut self) -> Result<KeyId, Violation> {
        parsed(KeyId::parse(&self.text("key")))
    }

    pub(super) fn attempt(&mut self) -> Attempt {
        Attempt::from_bytes(self.random.bytes())
    }

    /// A fresh session of a subject at a client, born now.
    pub(super) fn session_of(
        &mut self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<SessionRecord, Violation> {
        Ok(SessionRecord {
            id: self.session_id(self.now),
            subject: subject.clone(),
            client: client.clone(),
            scope: parsed(Scope::parse("invoice:*:read"))?,
            audience: vec![parsed(Audience::parse("https://api.example"))?],
            claims: CarriedClaims::default(),
            cnf: None,
            label: None,
            policy: policy(),
            absolute_expires_at: self.now + DAY * 90,
            state: SessionState {
                generation: 0,
                sealing_key: 0,
                attempt: None,
                rotated_at: None,
                confirmed_at: None,
                idle_expires_at: self.now + DAY * 14,
                ended: None,
            },
        })
    }

    /// A fresh session of a new subject at a new client.
    pub(super) fn session(&mut self) -> Result<SessionRecord, Violation> {
        let (subject, client) = (self.subject()?, self.client()?);
        self.session_of(&subject, &client)
    }

    /// A session in which every field says something.
    pub(super) fn full_session(&mut self) -> Result<SessionRecord, Violation> {
        let state = SessionState {
            generation: u32::MAX - 1,
            sealing_key: u8::MAX,
            attempt: Some(self.attempt()),
            rotated_at: Some(self.now - MINUTE),
            confirmed_at: Some(self.now - SECOND),
            idle_expires_at: self.now + DAY,
            ended: None,
        };
        Ok(SessionRecord {
            claims: self.full_claims()?,
            audience: vec![
                parsed(Audience::parse("https://b.example"))?,
                parsed(Audience::parse("urn:a"))?,
            ],
            cnf: Some(ProofKey::Jkt(self.text("thumbprint"))),
            label: Some("Ada\u{2019}s \"phone\" \u{1f4f1}\n'; --".to_owned()),
            policy: SessionPolicy {
                access_lifetime: Duration::from_millis(1),
                retry_window: Duration::from_millis(60_001),
                retry_after_loss: Duration::ZERO,
                idle: DAY * 400,
                max_skew: Duration::from_millis(4_999),
                rotation: true,
                strict: true,
                client_proof: true,
            },
            state,
            ..self.session()?
        })
    }

    fn full_claims(&self) -> Result<CarriedClaims, Violation> {
        let custom = r#"{"tenant":"x","b":1,"a":[null,"\u00e9"]}"#;
        Ok(CarriedClaims {
            custom: Some(parsed(CustomClaims::parse(custom))?),
            roles: vec!["reader".to_owned(), String::new()],
            groups: vec!["a,b".to_owned(), "gr\u{fc}n".to_owned()],
            auth_time: Some(self.now - HOUR),
            acr: Some("urn:acr:2".to_owned()),
            amr: vec!["pwd".to_owned(), "otp".to_owned()],
        })
    }

    /// A live API key that expires in ten days.
    pub(super) fn api_key_of(
        &mut self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<ApiKeyRecord, Violation> {
        Ok(ApiKeyRecord {
            id: self.api_key_id(self.now),
            subject: subject.clone(),
            client: client.clone(),
            name: "nightly export".to_owned(),
            scope: parsed(Scope::parse("invoice:*:read"))?,
            audience: vec![parsed(Audience::parse("https://api.example"))?],
            claims: CarriedClaims::default(),
            expires_at: Some(self.now + DAY * 10),
            last_used_at: None,
            replaced_by: None,
            ended: None,
        })
    }

    pub(super) fn api_key(&mut self) -> Result<ApiKeyRecord, Violation> {
        let (subject, client) = (self.subject()?, self.client()?);
        self.api_key_of(&subject, &client)
    }

    /// An API key in which every field says something.
    pub(super) fn full_api_key(&mut self) -> Result<ApiKeyRecord, Violation> {
        Ok(ApiKeyRecord {
            claims: self.full_claims()?,
            expires_at: None,
            last_used_at: Some(self.now - HOUR),
            ..self.api_key()?
        })
    }

    pub(super) fn scope(&self, text: &str) -> Result<Scope, Violation> {
        parsed(Scope::parse(text))
    }

    /// The token of generation `presented` of a session, as a new attempt.
    pub(super) fn rotation(&mut self, session: &SessionRecord, presented: u32) -> Rotation {
        Rotation {
            id: session.id,
            presented,
            client: Some(session.client.clone()),
            proof: session.cnf.clone(),
            sealing_key: 0,
            attempt: self.attempt(),
            fast_forward: false,
        }
    }
}

/// The owners that reach a session or key of this subject at this client.
pub(super) fn owners(subject: &Subject, client: &ClientId) -> [Owner; 3] {
    [
        Owner::Subject(subject.clone()),
        Owner::Client(client.clone()),
        Owner::SubjectAtClient(subject.clone(), client.clone()),
    ]
}

/// The default policy of a public client with confirmation wired.
pub(super) fn policy() -> SessionPolicy {
    SessionPolicy {
        access_lifetime: MINUTE * 10,
        retry_window: MINUTE,
        retry_after_loss: DAY,
        idle: DAY * 14,
        max_skew: SECOND * 5,
        rotation: true,
        strict: false,
        client_proof: false,
    }
}

fn parsed<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Violation> {
    result.map_err(|error| Violation::new(FIXTURE, error.to_string()))
}
