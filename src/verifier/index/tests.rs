//! Knows that the index answers as a naive list of records would.
//! Must not know its tables.

use super::*;
use crate::id::{ApiKeyId, ClientId, Subject};

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// What a list says: the first record in the order of the checks that covers the probe.
fn naive(records: &[RevocationRecord], probe: &Probe<'_>) -> Option<RevokedBy> {
    let has = |covers: &dyn Fn(&RevocationRecord) -> bool| records.iter().any(covers);
    let owned = |record: &RevocationRecord| probe.born <= record.not_before;
    if has(&|r| probe.token.is_some_and(|id| r.target == Target::Token(id))) {
        return Some(RevokedBy::Token);
    }
    if has(&|r| probe.session.is_some_and(|id| r.target == Target::Session(id))) {
        return Some(RevokedBy::Session);
    }
    let owner = |r: &RevocationRecord| match &r.target {
        Target::Owner(owner) if owned(r) => Some(owner.clone()),
        _ => None,
    };
    if has(
        &|r| matches!(owner(r), Some(Owner::Subject(s)) if s.as_str().as_bytes() == probe.subject),
    ) {
        return Some(RevokedBy::Subject);
    }
    if has(
        &|r| matches!(owner(r), Some(Owner::Client(c)) if Some(c.as_str().as_bytes()) == probe.client),
    ) {
        return Some(RevokedBy::Client);
    }
    has(&|r| {
        matches!(owner(r), Some(Owner::SubjectAtClient(s, c))
            if s.as_str().as_bytes() == probe.subject && Some(c.as_str().as_bytes()) == probe.client)
    })
    .then_some(RevokedBy::SubjectAtClient)
}

#[test]
fn it_answers_as_a_list_does() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..40 {
        let index = RevocationIndex::new(Duration::from_secs(1000));
        let mut records: Vec<RevocationRecord> = Vec::new();
        let mut now = 100_000;
        for _ in 0..300 {
            let n = random.below(6) as u8;
            let rest = [n; 12];
            let subject =
                Subject::parse(["a", "b", "a\u{0}".trim_end_matches('\0')][n as usize % 3])
                    .unwrap();
            let client = ClientId::parse(["x", "y"][n as usize % 2]).unwrap();
            let target = match random.below(7) {
                0 => Target::Token(TokenId::from_parts(at(n.into()), rest)),
                1 => Target::Session(SessionId::from_parts(at(n.into()), rest)),
                2 => Target::Owner(Owner::Subject(subject)),
                3 => Target::Owner(Owner::Client(client)),
                4 => Target::Owner(Owner::SubjectAtClient(subject, client)),
                5 => Target::ApiKey(ApiKeyId::from_parts(at(1), rest)),
                _ => Target::SigningKey(KeyId::parse("k").unwrap()),
            };
            let record = RevocationRecord {
                target,
                not_before: at(now - random.below(500)),
                expires_at: at(now + 1000 + random.below(50)),
            };
            index.insert(&record);
            if random.below(4) == 0 {
                index.insert(&record);
            }
            records.push(record);
            now += random.below(20);
            if random.below(10) == 0 {
                index.expire(at(now));
            }
            let n = random.below(6) as u8;
            let probe = Probe {
                token: (n > 2).then(|| TokenId::from_parts(at(n.into()), [n; 12])),
                session: (n != 1).then(|| SessionId::from_parts(at(n.into()), [n; 12])),
                subject: ["a", "b", "c"][n as usize % 3].as_bytes(),
                client: [Some("x"), Some("y"), None][n as usize % 3].map(str::as_bytes),
                born: at(now - random.below(900)),
            };
            let live: Vec<_> = records.iter().filter(|r| r.expires_at > at(now)).cloned().collect();
            let found = index.find(&probe);
            // An expired record may linger for a while; a live one is never missing.
            if let Some(expected) = naive(&live, &probe) {
                assert!(found.is_some(), "{expected:?} was forgotten");
            }
            if found.is_some() {
                assert!(naive(&records, &probe).is_some(), "nothing took this back");
            }
            if live.len() == records.len() {
                assert_eq!(found, naive(&records, &probe));
            }
        }
        index.expire(at(now + 2000));
        assert!(index.is_empty(), "{index:?}");
    }
}

#[test]
fn entries_go_when_their_bucket_is_over_and_not_before() {
    let index = RevocationIndex::new(Duration::from_secs(4 * 3600));
    let id = SessionId::from_parts(at(1), [1; 12]);
    let expires_at = at(1_000_000);
    index.insert(&RevocationRecord { target: Target::Session(id), not_before: at(1), expires_at });
    let probe = Probe { token: None, session: Some(id), subject: b"a", client: None, born: at(1) };
    index.expire(Timestamp::from_unix_millis(expires_at.as_unix_millis() - 1));
    assert_eq!(index.find(&probe), Some(RevokedBy::Session));
    index.expire(expires_at + Duration::from_secs(3600));
    assert_eq!((index.find(&probe), index.len()), (None, 0));
}

#[test]
fn expiries_far_apart_are_kept_apart() {
    let index = RevocationIndex::new(Duration::from_secs(600));
    let ids: Vec<_> = (0..40).map(|n| SessionId::from_parts(at(1), [n; 12])).collect();
    // Minutes from next to none to years, out of order, each twice; the later expiry counts.
    let minutes = |n: usize| 1_000_000 + ((n * 7919) % 40) as u64 * 97;
    for round in [0, 3] {
        for (n, id) in ids.iter().enumerate() {
            index.insert(&RevocationRecord {
                target: Target::Session(*id),
                not_before: at(1),
                expires_at: at((minutes(n) + round) * 60),
            });
        }
    }
    assert!(index.len() >= 40);
    for minute in (1_000_000..1_004_000).step_by(13) {
        index.expire(at(minute * 60));
        for (n, id) in ids.iter().enumerate() {
            let probe =
                Probe { token: None, session: Some(*id), subject: b"a", client: None, born: at(1) };
            let expected = minutes(n) + 3 > minute;
            let lingers = minutes(n) + 3 + 2 > minute;
            let found = index.find(&probe).is_some();
            assert!(found == expected || (found && lingers), "{n} at {minute}");
        }
    }
    assert!(index.is_empty());
}

#[test]
fn names_do_not_run_into_each_other() {
    let index = RevocationIndex::new(Duration::from_secs(4 * 3600));
    let pair = Owner::SubjectAtClient(Subject::parse("ab").unwrap(), ClientId::parse("c").unwrap());
    index.insert(&RevocationRecord {
        target: Target::Owner(pair),
        not_before: at(10),
        expires_at: at(1_000_000),
    });
    let probe = |subject: &'static str, client: Option<&'static str>| Probe {
        token: None,
        session: None,
        subject: subject.as_bytes(),
        client: client.map(str::as_bytes),
        born: at(5),
    };
    assert_eq!(index.find(&probe("ab", Some("c"))), Some(RevokedBy::SubjectAtClient));
    assert_eq!(index.find(&probe("a", Some("bc"))), None);
    assert_eq!(index.find(&probe("ab", None)), None);
    assert_eq!(index.find(&probe("abc", Some(""))), None);
}

/// Records whose ends lie too far apart for one table, in the same shard: each is kept to its own.
#[test]
fn a_record_far_from_the_others_is_kept_to_its_own_end() {
    let index = RevocationIndex::new(Duration::from_secs(600));
    let minutes = [1_000_000_u64, 1_000_400, 1_000_300, 999_000];
    let id = |n: usize| SessionId::from_parts(at(n as u64 + 1), [7; 12]);
    for (n, minute) in minutes.iter().enumerate() {
        index.insert(&RevocationRecord {
            target: Target::Session(id(n)),
            not_before: at(1),
            expires_at: at(minute * 60),
        });
    }
    for now in (998_900..1_000_500).step_by(7) {
        index.expire(at(now * 60));
        for (n, minute) in minutes.iter().enumerate() {
            let found = index.has_ended(&id(n));
            assert!(found || *minute <= now, "{n} was forgotten at {now}");
            assert!(!found || *minute + 2 > now, "{n} lingers at {now}");
        }
    }
    assert!(index.is_empty());
}

/// In one shard, near each other and far, and names beside them: at the end of each it goes, no other
/// does, and the count says so. An index that counts nothing looks nowhere.
#[test]
fn what_stays_is_counted_when_others_go() {
    let index = RevocationIndex::new(Duration::from_secs(600));
    let ends = [8, 16, 24, 400, 408].map(|n| at(75 * (800_000 + n)));
    let id = |end: Timestamp| SessionId::from_parts(end, [7; 12]);
    for end in ends {
        let subject = Subject::parse(&end.as_unix_seconds().to_string()).unwrap();
        for target in [Target::Session(id(end)), Target::Owner(Owner::Subject(subject))] {
            index.insert(&RevocationRecord { target, not_before: at(1), expires_at: end });
        }
    }
    for (gone, now) in ends.into_iter().enumerate() {
        assert_eq!(index.len(), 2 * (ends.len() - gone));
        assert!(ends.iter().all(|end| index.has_ended(&id(*end)) == (*end >= now)));
        index.expire(now);
    }
    assert_eq!(index.len(), 0);
}
