//! Knows how an API key is checked: opened without I/O, then its row, then a short-lived cache.
//! Must not know how keys are made or changed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    clock::{Clock, Timestamp},
    crypto::{ct_eq, sha256},
    id::ApiKeyId,
    scope::Scope,
    store::{ApiKeyRecord, ApiKeyStore, EndReason},
    token::{
        OpaqueKind, Prefixes, claims::AccessClaims, opaque, rules::Rules, sealing::SealingKeys,
    },
};

use super::{
    PermissionSource, RevokedBy, TokenKind, VerifyError,
    carried::{self, Carried, CarriedScope, Facts},
    last_use::LastUse,
};

/// How long a cached key is believed without asking the store.
const LONGEST_CACHED: Duration = Duration::from_secs(60);
/// How many keys are cached.
const MOST_CACHED: usize = 16_384;

/// What it takes to check API keys.
#[derive(Debug)]
pub(super) struct ApiKeys {
    pub(super) store: Arc<dyn ApiKeyStore>,
    pub(super) sealing: SealingKeys,
    pub(super) prefixes: Prefixes,
    pub(super) permissions: Option<Arc<dyn PermissionSource>>,
    pub(super) used: LastUse,
}

impl ApiKeys {
    /// Opens a key, without any I/O: junk ends here.
    pub(super) fn open(&self, token: &str, clock: &dyn Clock) -> Result<ApiKeyId, VerifyError> {
        let (kind, now) = (OpaqueKind::ApiKey, clock.now());
        let opened = opaque::open(token, kind, &self.sealing, &self.prefixes, now);
        Ok(opened.map_err(VerifyError::Opaque)?.api_key_id())
    }

    /// Checks a key that was opened. The cache is used where `fresh` says that records which would have cleared
    /// it have been seen.
    pub(super) async fn check(
        &self,
        id: ApiKeyId,
        token: &str,
        rules: &Rules,
        cache: &ApiKeyCache,
        clock: &dyn Clock,
        fresh: bool,
    ) -> Result<Arc<Carried>, VerifyError> {
        let proof = sha256(&[token.as_bytes()]);
        if fresh && let Some(found) = cache.find(&id, &proof, clock) {
            self.used.note(id, clock);
            return Ok(found);
        }
        // Before the store is asked: a record that arrives meanwhile makes the answer old.
        let epoch = cache.epoch();
        let began = clock.monotonic();
        let row = self.store.find_api_key(&id).await?.ok_or(VerifyError::UnknownToken)?;
        if let Some((_, reason)) = row.ended {
            return Err(VerifyError::Revoked { by: revoked_by(reason) });
        }
        if !row.is_live(clock.now()) {
            return Err(VerifyError::Expired);
        }
        if !row.audience.iter().any(|theirs| rules.audiences.contains(theirs)) {
            return Err(VerifyError::Audience);
        }
        let scope = self.effective_scope(&row).await?;
        let carried = carry(&row, &scope, rules)?;
        if fresh {
            let entry =
                Entry { proof, began, deadline: row.expires_at, carried: Arc::clone(&carried) };
            cache.keep(id, entry, epoch, clock);
        }
        self.used.note(id, clock);
        Ok(carried)
    }

    async fn effective_scope(&self, row: &ApiKeyRecord) -> Result<Scope, VerifyError> {
        let Some(source) = &self.permissions else { return Ok(row.scope.clone()) };
        let allowed = source
            .permissions(&row.subject, Some(&row.client))
            .await
            .map_err(VerifyError::Permissions)?;
        // A meet beyond the limits of a scope is refused as if nothing were allowed.
        Ok(row.scope.meet(&allowed).unwrap_or_else(|_| Scope::empty()))
    }
}

fn revoked_by(reason: EndReason) -> RevokedBy {
    match reason {
        EndReason::SubjectRevoked => RevokedBy::Subject,
        EndReason::ClientRevoked => RevokedBy::Client,
        EndReason::ConsentWithdrawn => RevokedBy::SubjectAtClient,
        _ => RevokedBy::Token,
    }
}

/// Writes what the row says as claims, so that an API key reads like any other token.
fn carry(row: &ApiKeyRecord, scope: &Scope, rules: &Rules) -> Result<Arc<Carried>, VerifyError> {
    let claims = AccessClaims {
        issuer: rules.issuer.as_str(),
        subject: row.subject.as_str(),
        audience: &row.audience,
        expires_at: row.expires_at,
        issued_at: row.id.born(),
        not_before: None,
        token_id: None,
        client_id: Some(&row.client),
        scope: scope.as_str(),
        session_id: None,
        generation: None,
        auth_time: row.claims.auth_time,
        acr: row.claims.acr.as_deref(),
        amr: &row.claims.amr,
        roles: &row.claims.roles,
        groups: &row.claims.groups,
        confirmation: None,
        custom: row.claims.custom.as_ref(),
    };
    let mut json = Vec::new();
    claims.write(&mut json);
    let born = row.id.born();
    carried::read(&json, TokenKind::ApiKey, |_, _| {
        let scope = CarriedScope::Own(scope.clone());
        Ok(Facts { scope, key: None, token: None, session: None, born })
    })
}

/// API keys that were found in the store a moment ago. Bounded in entries and in age.
#[derive(Debug, Default)]
pub(super) struct ApiKeyCache {
    entries: Mutex<HashMap<ApiKeyId, Entry>>,
    /// Counts what was cleared, so that an answer that was on its way is not kept.
    epoch: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    /// The hash of the whole token: the id alone says nothing about its other parts.
    proof: [u8; 32],
    /// Monotonic time at which the store was asked.
    began: Duration,
    deadline: Option<Timestamp>,
    carried: Arc<Carried>,
}

impl Entry {
    fn is_young(&self, clock: &dyn Clock) -> bool {
        clock.monotonic().saturating_sub(self.began) < LONGEST_CACHED
            && self.deadline.is_none_or(|deadline| clock.now() < deadline)
    }
}

impl ApiKeyCache {
    fn entries(&self) -> MutexGuard<'_, HashMap<ApiKeyId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn find(&self, id: &ApiKeyId, proof: &[u8; 32], clock: &dyn Clock) -> Option<Arc<Carried>> {
        let entries = self.entries();
        let entry = entries.get(id)?;
        (ct_eq(&entry.proof, proof) && entry.is_young(clock)).then(|| Arc::clone(&entry.carried))
    }

    fn keep(&self, id: ApiKeyId, entry: Entry, epoch: u64, clock: &dyn Clock) {
        let mut entries = self.entries();
        // Under the lock under which clearing counts.
        if self.epoch() != epoch {
            return;
        }
        if entries.len() >= MOST_CACHED {
            entries.retain(|_, entry| entry.is_young(clock));
        }
        if entries.len() < MOST_CACHED || entries.contains_key(&id) {
            entries.insert(id, entry);
        }
    }

    pub(super) fn forget(&self, id: &ApiKeyId) {
        let mut entries = self.entries();
        self.epoch.fetch_add(1, Ordering::AcqRel);
        entries.remove(id);
    }

    pub(super) fn forget_all(&self) {
        let mut entries = self.entries();
        self.epoch.fetch_add(1, Ordering::AcqRel);
        entries.clear();
    }
}
