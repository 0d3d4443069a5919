//! Knows that genuine tokens open and nothing else does.
//! Must not know a store: everything here happens before one is asked.

use super::*;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn keys() -> SealingKeys {
    SealingKeys::of([(7, &[1; 32]), (9, &[2; 32])])
}

fn parts(kind: OpaqueKind) -> OpaqueParts {
    OpaqueParts {
        kind,
        born: Timestamp::from_unix_millis(1_699_999_999_123),
        secret: Zeroizing::new(*b"sixteen bytes ok"),
        generation: 0x0102_0304,
        expires_at: Some(NOW + std::time::Duration::from_secs(60)),
    }
}

fn seal(parts: &OpaqueParts) -> Zeroizing<String> {
    parts.seal(&keys(), 7, &Prefixes::default()).unwrap()
}

fn open_at(text: &str, kind: OpaqueKind, now: Timestamp) -> Result<OpaqueParts, OpaqueError> {
    open(text, kind, &keys(), &Prefixes::default(), now)
}

#[test]
fn round_trip_and_known_text() {
    for kind in OpaqueKind::ALL {
        let text = seal(&parts(kind));
        assert_eq!(text.len(), 78);
        // RFC 6750 §2.1: a token must be a b64token.
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        assert_eq!(Prefixes::default().kind_of(&text), Some(kind));
        let opened = open_at(&text, kind, NOW).unwrap();
        assert_eq!(opened.kind, kind);
        assert_eq!(opened.born, parts(kind).born);
        assert_eq!(opened.secret, parts(kind).secret);
        assert_eq!(opened.generation, 0x0102_0304);
        assert_eq!(opened.expires_at, parts(kind).expires_at);
        assert_eq!(opened.id(), parts(kind).id());
        assert_eq!(*seal(&opened), *text, "sealing is deterministic");
    }
    let text = seal(&parts(OpaqueKind::RefreshToken));
    assert_eq!(
        *text,
        "hp_rt_AQcBi8_lZJNzaXh0ZWVuIGJ5dGVzIG9rAQIDBABlU_E8Im8YsxpgkQuHgTnmnqFtgA0erIP1".to_owned(),
        "the format is a promise to tokens that are out there"
    );
}

#[test]
fn ids_are_dated_hashes_of_the_secret_and_differ_by_kind() {
    let of = |kind| parts(kind).id();
    assert_eq!(parts(OpaqueKind::RefreshToken).session_id().born(), parts(OpaqueKind::ApiKey).born);
    assert_ne!(of(OpaqueKind::RefreshToken), of(OpaqueKind::ApiKey));
    let mut next = parts(OpaqueKind::RefreshToken);
    next.generation += 1;
    assert_eq!(next.id(), of(OpaqueKind::RefreshToken), "one session, one id");
    next.secret[0] ^= 1;
    assert_ne!(next.id(), of(OpaqueKind::RefreshToken));
}

#[test]
fn each_kind_opens_at_its_own_door_only() {
    for kind in OpaqueKind::ALL {
        let text = seal(&parts(kind));
        for door in OpaqueKind::ALL.into_iter().filter(|door| *door != kind) {
            assert_eq!(open_at(&text, door, NOW).unwrap_err(), OpaqueError::Malformed);
            // Even with the prefix and checksum of the other kind, the tag is another.
            let prefix = Prefixes::default();
            let body = text.strip_prefix(prefix.of(kind)).unwrap();
            let mut forged = format!("{}{}", prefix.of(door), body.get(..BODY_TEXT).unwrap());
            forged.extend(checksum(&forged).map(char::from));
            assert_eq!(open_at(&forged, door, NOW).unwrap_err(), OpaqueError::BadSeal);
        }
    }
}

#[test]
fn the_deadline_itself_is_expired_and_never_is_never() {
    let kind = OpaqueKind::RefreshToken;
    let text = seal(&parts(kind));
    let deadline = parts(kind).expires_at.unwrap();
    let just_before = Timestamp::from_unix_millis(deadline.as_unix_millis() - 1);
    assert!(open_at(&text, kind, just_before).is_ok());
    assert_eq!(open_at(&text, kind, deadline).unwrap_err(), OpaqueError::Expired);
    assert_eq!(open_at(&text, kind, Timestamp::MAX).unwrap_err(), OpaqueError::Expired);
    let eternal = OpaqueParts { expires_at: None, ..parts(kind) };
    let opened = open_at(&seal(&eternal), kind, Timestamp::MAX).unwrap();
    assert_eq!(opened.expires_at, None);
}

#[test]
fn keys_come_and_go() {
    let kind = OpaqueKind::ApiKey;
    let text = seal(&parts(kind));
    let prefixes = Prefixes::default();
    let turned = SealingKeys::of([(9, &[2; 32]), (7, &[1; 32])]);
    assert_eq!(turned.current(), Some(9));
    let opened = open(&text, kind, &turned, &prefixes, NOW).unwrap();
    assert_eq!(*opened.seal(&turned, 7, &prefixes).unwrap(), *text);
    assert_ne!(*opened.seal(&turned, 9, &prefixes).unwrap(), *text);
    let retired = SealingKeys::of([(9, &[2; 32])]);
    let error = |keys: &SealingKeys| open(&text, kind, keys, &prefixes, NOW).unwrap_err();
    assert_eq!(error(&retired), OpaqueError::UnknownSealingKey);
    assert!(opened.seal(&retired, 7, &prefixes).is_none());
    let other = SealingKeys::of([(7, &[3; 32])]);
    assert_eq!(error(&other), OpaqueError::BadSeal);
}

/// Every one-character change of one token is refused, whatever the character and place.
#[test]
fn any_change_of_one_character_is_refused() {
    let kind = OpaqueKind::RefreshToken;
    let text = seal(&parts(kind));
    let characters = (0_u8..128).map(char::from).chain(['é', '\u{fffd}', '😀']);
    let mut tried = 0;
    for character in characters {
        for at in 0..text.len() {
            let mut changed = text.to_string();
            changed.replace_range(at..=at, character.encode_utf8(&mut [0; 4]));
            if changed != *text {
                let error = open_at(&changed, kind, NOW).unwrap_err();
                assert!(matches!(error, OpaqueError::Malformed | OpaqueError::Checksum));
                tried += 1;
            }
        }
    }
    assert!(tried > 10_000);
    for at in 0..=text.len() {
        for character in ['A', '0', '=', '.', ' '] {
            let mut longer = text.to_string();
            longer.insert(at, character);
            assert!(open_at(&longer, kind, NOW).is_err());
        }
        assert!(
            text.get(..at)
                .filter(|cut| *cut != &**text)
                .is_none_or(|cut| open_at(cut, kind, NOW).is_err())
        );
    }
}

/// Changes that take care of the checksum run into the seal, in every bit of the body.
#[test]
fn any_change_of_one_bit_breaks_the_seal() {
    let kind = OpaqueKind::RefreshToken;
    let text = seal(&parts(kind));
    let mut body = URL_SAFE_NO_PAD.decode(text.get(6..72).unwrap()).unwrap();
    for bit in 0..body.len() * 8 {
        body[bit / 8] ^= 1 << (bit % 8);
        let mut forged = format!("hp_rt_{}", URL_SAFE_NO_PAD.encode(&body));
        forged.extend(checksum(&forged).map(char::from));
        let expected = match bit / 8 {
            0 => OpaqueError::Malformed,
            1 => OpaqueError::UnknownSealingKey,
            _ => OpaqueError::BadSeal,
        };
        assert_eq!(open_at(&forged, kind, NOW).unwrap_err(), expected, "bit {bit}");
        body[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn prefixes() {
    let own = Prefixes::new("acme").unwrap();
    assert_eq!(own.of(OpaqueKind::ApiKey), "acme_ak_");
    let text = parts(OpaqueKind::ApiKey).seal(&keys(), 7, &own).unwrap();
    assert!(text.starts_with("acme_ak_"));
    assert!(open(&text, OpaqueKind::ApiKey, &keys(), &own, NOW).is_ok());
    assert!(open_at(&text, OpaqueKind::ApiKey, NOW).is_err());
    for bad in ["", "Acme", "a_b", "é", "aaaaaaaaaaaaaaaaa"] {
        assert_eq!(Prefixes::new(bad), Err(PrefixError));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let parts = parts(OpaqueKind::RefreshToken);
    let shown = format!("{parts:?} {:?}", keys());
    assert!(!shown.contains("sixteen") && !shown.contains("115, 105"), "{shown}");
}
