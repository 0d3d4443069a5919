//! Knows which rows belong to which owner, and up to which birth an owner's access is revoked.
//! Must not know what a row holds.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use super::super::revocation::Owner;
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
};

/// Up to which birth each owner's access is revoked.
#[derive(Debug, Default)]
pub(super) struct Marks(HashMap<Owner, (Timestamp, Timestamp)>);

impl Marks {
    /// Remembers a mark until `expires_at`; a later one stands.
    pub(super) fn raise(&mut self, owner: &Owner, not_before: Timestamp, expires_at: Timestamp) {
        let mark = self.0.entry(owner.clone()).or_insert((not_before, expires_at));
        *mark = (mark.0.max(not_before), mark.1.max(expires_at));
    }

    /// The latest mark of those that reach this subject at this client.
    pub(super) fn not_before(&self, subject: &Subject, client: &ClientId) -> Option<Timestamp> {
        if self.0.is_empty() {
            return None;
        }
        reaching(subject, client)
            .iter()
            .filter_map(|owner| self.0.get(owner).map(|(not_before, _)| *not_before))
            .max()
    }

    /// Drops marks whose records have expired.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.0.retain(|_, (_, expires_at)| now < *expires_at);
    }
}

/// The owners that a row of this subject and client has.
fn reaching(subject: &Subject, client: &ClientId) -> [Owner; 3] {
    [
        Owner::Subject(subject.clone()),
        Owner::Client(client.clone()),
        Owner::SubjectAtClient(subject.clone(), client.clone()),
    ]
}

/// The rows of every owner.
#[derive(Debug)]
pub(super) struct Owned<Id>(HashMap<Owner, BTreeSet<Id>>);

impl<Id> Default for Owned<Id> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<Id: Copy + Ord + Hash> Owned<Id> {
    pub(super) fn insert(&mut self, id: Id, subject: &Subject, client: &ClientId) {
        for owner in reaching(subject, client) {
            self.0.entry(owner).or_default().insert(id);
        }
    }

    /// Forgets a row, and an owner with its last row.
    pub(super) fn remove(&mut self, id: &Id, subject: &Subject, client: &ClientId) {
        for owner in reaching(subject, client) {
            if let Some(ids) = self.0.get_mut(&owner) {
                ids.remove(id);
                if ids.is_empty() {
                    self.0.remove(&owner);
                }
            }
        }
    }

    /// The owner's rows, oldest first.
    pub(super) fn of(&self, owner: &Owner) -> Vec<Id> {
        self.0.get(owner).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }

    /// The owner's rows born after `after`, oldest first.
    pub(super) fn after(&self, owner: &Owner, after: Option<&Id>) -> Vec<Id> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        self.0
            .get(owner)
            .map(|ids| ids.range((from, Unbounded)).copied().collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invariant 54: an owner is remembered no longer than the last of its rows.
    #[test]
    fn inv_54_an_owner_goes_with_its_last_row() {
        let mut owned = Owned::default();
        let (subject, client) = ("ada".parse().unwrap(), "web".parse().unwrap());
        for id in [1, 2] {
            owned.insert(id, &subject, &client);
        }
        owned.remove(&1, &subject, &client);
        assert_eq!(owned.of(&Owner::Client(client.clone())), [2]);
        assert_eq!(owned.0.len(), 3);
        owned.remove(&2, &subject, &client);
        assert!(owned.0.is_empty());
    }
}
