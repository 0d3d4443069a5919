//! Knows the sessions of a large installation: the number says all about one.
//! Must not know where they are kept.

use std::time::Duration;

use hallpass::{
    Timestamp,
    clock::{Clock as _, SystemClock},
    id::{SessionId, Subject},
    store::{Attempt, CarriedClaims, Rotation, SessionPolicy, SessionRecord, SessionState},
};

/// How long a session may go on.
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How many sessions a person has.
pub(crate) const EACH: u64 = 3;
/// At which generation they are.
const GENERATION: u32 = 5;

/// So many sessions, opened one after the other in the last ninety days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) total: u64,
    pub(crate) now: Timestamp,
}

impl Rows {
    pub(crate) fn new(total: u64) -> Self {
        Self { total, now: SystemClock::new().now() }
    }

    fn born(&self, number: u64) -> Timestamp {
        let age = ABSOLUTE.as_secs_f64() * (1.0 - number as f64 / self.total as f64);
        self.now - Duration::from_secs_f64(age)
    }

    pub(crate) fn id(&self, number: u64) -> SessionId {
        let mut rest = [0; 12];
        rest[..8].copy_from_slice(&mixed(number).to_be_bytes());
        rest[8..].copy_from_slice(&mixed(!number).to_be_bytes()[..4]);
        SessionId::from_parts(self.born(number), rest)
    }

    /// Whose it is. People's sessions lie far apart.
    pub(crate) fn subject(&self, number: u64) -> Subject {
        format!("user-{:08}", mixed(number % self.total.div_ceil(EACH)) % 100_000_000)
            .parse()
            .unwrap()
    }

    pub(crate) fn record(&self, number: u64) -> SessionRecord {
        let (born, hour) = (self.born(number), Duration::from_secs(60 * 60));
        let client = ["web", "ios", "android", "partner"][(number % 4) as usize];
        let claims = CarriedClaims {
            auth_time: Some(born),
            amr: vec!["pwd".to_owned()],
            ..CarriedClaims::default()
        };
        SessionRecord {
            id: self.id(number),
            subject: self.subject(number),
            client: client.parse().unwrap(),
            scope: "offline_access invoice:*:read invoice:7:write openid".parse().unwrap(),
            audience: vec!["https://api.example.com".parse().unwrap()],
            claims,
            cnf: None,
            label: Some("Firefox on Linux".into()),
            policy: SessionPolicy {
                access_lifetime: Duration::from_secs(600),
                retry_window: Duration::from_secs(60),
                retry_after_loss: Duration::from_secs(60),
                idle: hour * 24 * 14,
                max_skew: Duration::from_secs(5),
                rotation: true,
                strict: false,
                client_proof: false,
            },
            absolute_expires_at: born + ABSOLUTE,
            state: SessionState {
                generation: GENERATION,
                sealing_key: 1,
                attempt: Some(Attempt::from_bytes(mixed(number).to_be_bytes())),
                rotated_at: Some(self.now - hour),
                confirmed_at: None,
                idle_expires_at: (self.now + hour * 24 * 13).min(born + ABSOLUTE),
                ended: None,
            },
        }
    }

    /// The next refresh of it.
    pub(crate) fn rotation(&self, number: u64) -> Rotation {
        Rotation {
            id: self.id(number),
            presented: GENERATION,
            client: None,
            proof: None,
            sealing_key: 1,
            attempt: Attempt::from_bytes((mixed(number) ^ 1).to_be_bytes()),
            fast_forward: false,
        }
    }

    /// The first `count` numbers of a walk that meets none twice and leaves out the oldest tenth.
    pub(crate) fn walk(&self, start: u64, count: u64) -> impl Iterator<Item = u64> + use<> {
        // A prime, so that the walk comes by everywhere.
        const STRIDE: u64 = 7_368_787;
        let (first, span) = (self.total / 10, self.total - self.total / 10);
        assert!(start + count <= span, "there are not so many sessions");
        (start..start + count).map(move |at| first + at * STRIDE % span)
    }
}

/// splitmix64.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
