//! Knows the operations on clients and consents as calls of scripts.
//! Must not know what a client's settings mean.

use async_trait::async_trait;

use super::{
    RedisStore,
    error::Error,
    feed_record::record,
    field,
    reply::Reply,
    script::{
        FIND_CLIENT, FIND_CONSENT, INSERT_CLIENT, LIST_CLIENTS, LIST_CONSENTS, PUT_CONSENT,
        REMOVE_CLIENT, REPLACE_CLIENT, WITHDRAW_CONSENT,
    },
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    scope::Scope,
    store::{
        ClientRecord, ClientStore, ConsentOutcome, ConsentRecord, ConsentStore, EndedCounts,
        HashedSecret, Owner, ReplaceOutcome, StoreError, Target,
    },
};

#[async_trait]
impl ClientStore for RedisStore {
    async fn insert_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = self
            .call(&INSERT_CLIENT)
            .arg(client.id.as_str())
            .arg(&client.settings)
            .arg(secrets(&client.secrets)?)
            .arg(field::optional_time(client.disabled_at))
            .arg(field::time(now))
            .once();
        match Reply::open(self.write(&call).await?)? {
            (word, _) if word == "taken" => Ok(false),
            (_, mut reply) => {
                self.registered(&client.id, now, &mut reply)?;
                Ok(true)
            }
        }
    }

    async fn find_client(&self, id: &ClientId) -> Result<Option<ClientRecord>, StoreError> {
        let call = self.call(&FIND_CLIENT).arg(id.as_str());
        match Reply::open(self.read(call).await?)? {
            (word, _) if word == "none" => Ok(None),
            (_, mut reply) => Ok(Some(read(id.clone(), reply.next_list()?)?)),
        }
    }

    async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ClientRecord>, StoreError> {
        let mut found: Vec<ClientRecord> = Vec::new();
        loop {
            let from = found.last().map(|client| &client.id).or(after);
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            let stretch = left.min(256);
            let call = self.call(&LIST_CLIENTS).arg(from.map_or("", |id| id.as_str())).arg(stretch);
            let (_, mut reply) = Reply::open(self.read(call).await?)?;
            let mut rows = reply.next_list()?;
            let mut read_now = 0;
            while !rows.is_empty() {
                let mut pair = rows.next_list()?;
                found.push(read(client_id(&pair.text()?)?, pair.next_list()?)?);
                read_now += 1;
            }
            if read_now < stretch || read_now == left {
                return Ok(found);
            }
        }
    }

    async fn replace_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<ReplaceOutcome, StoreError> {
        let call = self
            .call(&REPLACE_CLIENT)
            .arg(client.id.as_str())
            .arg(client.version)
            .arg(client.version.saturating_add(1))
            .arg(&client.settings)
            .arg(secrets(&client.secrets)?)
            .arg(field::optional_time(client.disabled_at))
            .arg(field::time(now))
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (word, mut reply) = Reply::open(value)?;
        match word.as_str() {
            "unknown" => return Ok(ReplaceOutcome::Unknown),
            "conflict" => return Ok(ReplaceOutcome::Conflict { version: reply.number()? }),
            _ => {}
        }
        self.registered(&client.id, now, &mut reply)?;
        self.owner_ended(&Owner::Client(client.id.clone()), reply.next_list()?).await?;
        replicated?;
        Ok(ReplaceOutcome::Replaced)
    }

    async fn remove_client(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<EndedCounts>, StoreError> {
        let call = self.call(&REMOVE_CLIENT).arg(id.as_str()).arg(field::time(now)).once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (word, mut reply) = Reply::open(value)?;
        let counts = if word == "none" {
            None
        } else {
            self.registered(id, now, &mut reply)?;
            Some(self.owner_ended(&Owner::Client(id.clone()), reply.next_list()?).await?)
        };
        replicated?;
        Ok(counts)
    }
}

impl RedisStore {
    /// Tells the sinks of a change to a client.
    fn registered(&self, id: &ClientId, now: Timestamp, reply: &mut Reply) -> Result<(), Error> {
        let expires_at = Timestamp::from_unix_millis(reply.count()?);
        self.publish(record(Target::Client(id.clone()), now, expires_at));
        Ok(())
    }
}

#[async_trait]
impl ConsentStore for RedisStore {
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        before: Option<&Scope>,
        now: Timestamp,
    ) -> Result<ConsentOutcome, StoreError> {
        // Whether a scope covers another is not for a script to say.
        let narrows = before.is_some_and(|before| !consent.scope.covers(before));
        let before = before.map_or_else(|| "-".to_owned(), |scope| format!("+{}", scope.as_str()));
        let call = self
            .call(&PUT_CONSENT)
            .arg(consent.subject.as_str())
            .arg(consent.client.as_str())
            .arg(before)
            .arg(format!("1 {} {}", field::time(consent.given_at), consent.scope.as_str()))
            .arg(u8::from(narrows))
            .arg(field::time(now))
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (word, mut reply) = Reply::open(value)?;
        if word == "conflict" {
            return Ok(ConsentOutcome::Conflict);
        }
        let owner = Owner::SubjectAtClient(consent.subject.clone(), consent.client.clone());
        let counts = self.owner_ended(&owner, reply.next_list()?).await?;
        replicated?;
        Ok(ConsentOutcome::Put(counts))
    }

    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError> {
        let call = self.call(&FIND_CONSENT).arg(subject.as_str()).arg(client.as_str());
        match Reply::open(self.read(call).await?)? {
            (word, _) if word == "none" => Ok(None),
            (_, mut reply) => Ok(Some(read_consent(subject, client.clone(), &reply.text()?)?)),
        }
    }

    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let mut found = Vec::new();
        let mut from = after.map(ToString::to_string).unwrap_or_default();
        loop {
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                return Ok(found);
            }
            let call = self.call(&LIST_CONSENTS).arg(subject.as_str()).arg(&from).arg(left);
            let (_, mut reply) = Reply::open(self.read(call).await?)?;
            let mut rows = reply.next_list()?;
            while !rows.is_empty() {
                let mut pair = rows.next_list()?;
                let client = client_id(&pair.text()?)?;
                found.push(read_consent(subject, client, &pair.text()?)?);
            }
            from = reply.text()?;
            if from.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let call = self
            .call(&WITHDRAW_CONSENT)
            .arg(subject.as_str())
            .arg(client.as_str())
            .arg(field::time(now))
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (_, mut reply) = Reply::open(value)?;
        let owner = Owner::SubjectAtClient(subject.clone(), client.clone());
        let counts = self.owner_ended(&owner, reply.next_list()?).await?;
        replicated?;
        Ok(counts)
    }
}

fn client_id(text: &str) -> Result<ClientId, Error> {
    ClientId::parse(text).map_err(|_| Error::Field("client"))
}

fn parse_scope(text: &str) -> Result<Scope, Error> {
    Scope::parse_canonical(text).map_err(|_| Error::Field("scope"))
}

fn secrets(secrets: &[HashedSecret]) -> Result<String, Error> {
    let pairs: Vec<_> = secrets.iter().map(|s| (field::hex(&s.hash), s.expires_at)).collect();
    serde_json::to_string(&pairs).map_err(|_| Error::Field("secrets"))
}

fn read(id: ClientId, mut row: Reply) -> Result<ClientRecord, Error> {
    // The script has checked the version of the row.
    row.text()?;
    let version = field::parse(&row.text()?, "version")?;
    let settings = row.text()?;
    let pairs: Vec<(String, Option<Timestamp>)> =
        serde_json::from_slice(&row.bytes()?).map_err(|_| Error::Field("secrets"))?;
    let mut secrets = Vec::with_capacity(pairs.len());
    for (hash, expires_at) in pairs {
        secrets.push(HashedSecret { hash: field::unhex(&hash, "secrets")?, expires_at });
    }
    let disabled_at = field::parse_optional_time(&row.text()?, "disabled")?;
    Ok(ClientRecord { id, version, settings, secrets, disabled_at })
}

/// A consent is one text: version, when it was given, and the scope.
fn read_consent(subject: &Subject, client: ClientId, text: &str) -> Result<ConsentRecord, Error> {
    let mut words = text.splitn(3, ' ');
    let (version, given, scope) = (words.next(), words.next(), words.next());
    let (Some("1"), Some(given), Some(scope)) = (version, given, scope) else {
        return Err(Error::Row);
    };
    let given_at = field::parse_time(given, "given_at")?;
    Ok(ConsentRecord { subject: subject.clone(), client, scope: parse_scope(scope)?, given_at })
}
