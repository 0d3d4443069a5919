//! Knows ordinary records that a test changes in the one thing it is about.
//! Must not know what is expected of them.

use std::time::Duration;

use hallpass::{
    Timestamp,
    id::{Audience, ClientId, SessionId, Subject},
    scope::Scope,
    store::{Attempt, CarriedClaims, Rotation, SessionPolicy, SessionRecord, SessionState},
};

pub(crate) const SECOND: u64 = 1000;
pub(crate) const HOUR: u64 = 3600 * SECOND;
pub(crate) const DAY: u64 = 24 * HOUR;

/// The instant of the last rotation in [`row`]; everything else is told from here.
pub(crate) fn base() -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000)
}

/// `millis` after [`base`], or before it.
pub(crate) fn at(millis: i64) -> Timestamp {
    let by = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 { base() - by } else { base() + by }
}

/// The default policy of a public client with confirmation wired.
pub(crate) fn policy() -> SessionPolicy {
    SessionPolicy {
        access_lifetime: Duration::from_secs(600),
        retry_window: Duration::from_millis(60 * SECOND),
        retry_after_loss: Duration::from_millis(DAY),
        idle: Duration::from_millis(14 * DAY),
        max_skew: Duration::from_millis(5 * SECOND),
        rotation: true,
        strict: false,
        client_proof: false,
    }
}

/// A session at generation 5, rotated at [`base`], not confirmed; 14 days idle, 90 absolute.
pub(crate) fn row() -> SessionRecord {
    SessionRecord {
        id: SessionId::from_parts(base() - Duration::from_millis(DAY), [7; 12]),
        subject: Subject::parse("ada").unwrap(),
        client: ClientId::parse("app").unwrap(),
        scope: Scope::parse("invoice:*:read").unwrap(),
        audience: vec![Audience::parse("https://api.example").unwrap()],
        claims: CarriedClaims::default(),
        cnf: None,
        label: None,
        policy: policy(),
        absolute_expires_at: base() + Duration::from_millis(90 * DAY),
        state: SessionState {
            generation: 5,
            sealing_key: 1,
            attempt: Some(Attempt::from_bytes([1; 8])),
            rotated_at: Some(base()),
            confirmed_at: None,
            idle_expires_at: base() + Duration::from_millis(14 * DAY),
            ended: None,
        },
    }
}

/// [`row`] with a change.
pub(crate) fn row_with(change: impl FnOnce(&mut SessionRecord)) -> SessionRecord {
    let mut row = row();
    change(&mut row);
    row
}

/// The token of generation `presented`, by a client that need not prove itself.
pub(crate) fn rotation(presented: u32) -> Rotation {
    Rotation {
        id: row().id,
        presented,
        client: None,
        proof: None,
        sealing_key: 2,
        attempt: Attempt::from_bytes([9; 8]),
        fast_forward: false,
    }
}
