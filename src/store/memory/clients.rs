//! Knows the clients and consents of the memory store.
//! Must not know what a client's settings mean.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{
    super::{
        StoreError,
        client::{ClientRecord, ClientStore, ReplaceOutcome},
        consent::{ConsentOutcome, ConsentRecord, ConsentStore},
        ended::EndReason,
        revocation::{EndedCounts, Owner, Reach, RevocationRecord, Target},
    },
    MemoryStore, lock, write,
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    scope::Scope,
};

/// Both tables under one lock: removing a client removes its consents in the same step.
#[derive(Debug, Default)]
pub(super) struct Clients {
    clients: BTreeMap<ClientId, ClientRecord>,
    consents: BTreeMap<(Subject, ClientId), ConsentRecord>,
}

impl MemoryStore {
    fn client_changed(&self, id: &ClientId, now: Timestamp) -> RevocationRecord {
        self.feed().append(Target::Client(id.clone()), now, now)
    }

    fn publish_all(&self, records: impl IntoIterator<Item = RevocationRecord>) {
        for record in records {
            self.publish(record);
        }
    }
}

#[async_trait]
impl ClientStore for MemoryStore {
    async fn insert_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        {
            let mut tables = lock(&self.clients);
            if tables.clients.contains_key(&client.id) {
                return Ok(false);
            }
            let first = ClientRecord { version: 1, ..client.clone() };
            tables.clients.insert(client.id.clone(), first);
        }
        let record = self.client_changed(&client.id, now);
        self.publish(record);
        Ok(true)
    }

    async fn find_client(&self, id: &ClientId) -> Result<Option<ClientRecord>, StoreError> {
        Ok(lock(&self.clients).clients.get(id).cloned())
    }

    async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ClientRecord>, StoreError> {
        let tables = lock(&self.clients);
        let rest = tables.clients.values().filter(|client| after.is_none_or(|a| client.id > *a));
        Ok(rest.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn replace_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<ReplaceOutcome, StoreError> {
        let mut records = Vec::new();
        {
            let mut marks = write(&self.marks);
            let mut tables = lock(&self.clients);
            let Some(known) = tables.clients.get_mut(&client.id) else {
                return Ok(ReplaceOutcome::Unknown);
            };
            if known.version != client.version {
                return Ok(ReplaceOutcome::Conflict { version: known.version });
            }
            *known = ClientRecord { version: client.version + 1, ..client.clone() };
            records.push(self.client_changed(&client.id, now));
            if client.disabled_at.is_some() {
                let owner = Owner::Client(client.id.clone());
                let reason = EndReason::ClientRevoked;
                records.push(self.end_owned(&mut marks, &owner, Reach::Everything, reason, now).1);
            }
        }
        self.publish_all(records);
        Ok(ReplaceOutcome::Replaced)
    }

    async fn remove_client(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<EndedCounts>, StoreError> {
        let (counts, records) = {
            let mut marks = write(&self.marks);
            let mut tables = lock(&self.clients);
            if tables.clients.remove(id).is_none() {
                return Ok(None);
            }
            tables.consents.retain(|(_, client), _| client != id);
            let owner = Owner::Client(id.clone());
            let reason = EndReason::ClientRevoked;
            let (counts, ended) =
                self.end_owned(&mut marks, &owner, Reach::Everything, reason, now);
            (counts, [self.client_changed(id, now), ended])
        };
        self.publish_all(records);
        Ok(Some(counts))
    }
}

#[async_trait]
impl ConsentStore for MemoryStore {
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        before: Option<&Scope>,
        now: Timestamp,
    ) -> Result<ConsentOutcome, StoreError> {
        let ended = {
            let mut marks = write(&self.marks);
            let mut tables = lock(&self.clients);
            let key = (consent.subject.clone(), consent.client.clone());
            if tables.consents.get(&key).map(|known| &known.scope) != before {
                return Ok(ConsentOutcome::Conflict);
            }
            tables.consents.insert(key, consent.clone());
            let narrowed = before.is_some_and(|before| !consent.scope.covers(before));
            narrowed.then(|| self.end_pair(&mut marks, &consent.subject, &consent.client, now))
        };
        let Some((counts, record)) = ended else {
            return Ok(ConsentOutcome::Put(EndedCounts::default()));
        };
        self.publish(record);
        Ok(ConsentOutcome::Put(counts))
    }

    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError> {
        let key = (subject.clone(), client.clone());
        Ok(lock(&self.clients).consents.get(&key).cloned())
    }

    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let tables = lock(&self.clients);
        let of_subject = tables.consents.values().filter(|consent| consent.subject == *subject);
        let rest = of_subject.filter(|consent| after.is_none_or(|after| consent.client > *after));
        Ok(rest.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let (counts, record) = {
            let mut marks = write(&self.marks);
            lock(&self.clients).consents.remove(&(subject.clone(), client.clone()));
            self.end_pair(&mut marks, subject, client, now)
        };
        self.publish(record);
        Ok(counts)
    }
}

impl MemoryStore {
    fn end_pair(
        &self,
        marks: &mut super::owners::Marks,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> (EndedCounts, RevocationRecord) {
        let owner = Owner::SubjectAtClient(subject.clone(), client.clone());
        self.end_owned(marks, &owner, Reach::Everything, EndReason::ConsentWithdrawn, now)
    }
}
