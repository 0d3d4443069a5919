//! Knows what a token says, read naively and apart from both judges.
//! Must not know what is allowed.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use crate::verdict::Answers;

/// Header and claims of a token, in order, repetitions included. Empty where they cannot be read.
pub(crate) struct Facts {
    pub(crate) header: Vec<(String, Value)>,
    pub(crate) claims: Vec<(String, Value)>,
    pub(crate) length: usize,
    pub(crate) is_canonical: bool,
    pub(crate) now: u64,
    pub(crate) kid: String,
}

impl Facts {
    pub(crate) fn of(answers: &Answers) -> Self {
        let mut parts = answers.token.split('.');
        let mut read = || {
            let bytes = parts.next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
            bytes.and_then(|bytes| members(&bytes)).unwrap_or_default()
        };
        let (header, claims) = (read(), read());
        let (length, now, kid) = (answers.token.len(), answers.now, answers.kid.clone());
        let is_canonical =
            answers.token.split('.').all(|part| URL_SAFE_NO_PAD.decode(part).is_ok());
        Self { header, claims, length, is_canonical, now, kid }
    }

    pub(crate) fn has_header(&self, names: &[&str]) -> bool {
        self.header.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&Value> {
        self.header.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn date(&self, name: &str) -> Option<f64> {
        self.claim(name)?.as_f64()
    }
}

pub(crate) fn is_repeated(members: &[(String, Value)], name: &str) -> bool {
    members.iter().filter(|(known, _)| known == name).count() > 1
}

/// The members of a JSON object.
pub(crate) fn members(json: &[u8]) -> Option<Vec<(String, Value)>> {
    struct All;

    impl<'de> Visitor<'de> for All {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(member) = map.next_entry()? {
                all.push(member);
            }
            Ok(all)
        }
    }

    serde_json::Deserializer::from_slice(json).deserialize_map(All).ok()
}
