//! Knows how scopes and permissions travel through serde.
//! Must not accept a text that means something else as a string than as an element of an array.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::draft::Draft;
use super::fault::Place;
use super::limits::Limits;
use super::parse::{self, Rules};
use super::permission::Permission;
use super::set::Scope;
use super::vocabulary::BareWords;

impl Serialize for Scope {
    /// As canonical text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Permission {
    /// As canonical text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// From canonical text, or from an array with one item of the external grammar in each element.
///
/// A bare name is a word in canonical text and would be a resource in the external grammar; in an
/// array it is therefore refused, unless it is one of the reserved words.
impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScopeVisitor)
    }
}

struct ScopeVisitor;

impl<'de> Visitor<'de> for ScopeVisitor {
    type Value = Scope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("canonical scope text or an array of scope items")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scope, E> {
        Scope::parse_canonical(text).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scope, A::Error> {
        let limits = Limits::DEFAULT;
        let rules = Rules { bare: BareWords::Deny, ..Rules::plain(&limits) };
        let mut draft = Draft::default();
        let mut number = 0;
        while let Some(item) = items.next_element::<std::borrow::Cow<'_, str>>()? {
            number += 1;
            if number > limits.items {
                let error = super::error::ScopeError::too_many_items(number, limits.items);
                return Err(A::Error::custom(error));
            }
            let place = Place { item: &item, number, start: 0, stored: false };
            draft.push_read(&parse::read(&place, &rules).map_err(A::Error::custom)?);
        }
        draft.finish(&limits).map_err(A::Error::custom)
    }
}

/// From canonical text.
impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PermissionVisitor)
    }
}

struct PermissionVisitor;

impl Visitor<'_> for PermissionVisitor {
    type Value = Permission;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one permission as canonical text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Permission, E> {
        let scope = Scope::parse_canonical(text).map_err(E::custom)?;
        let mut items = scope.iter();
        match (items.next(), items.next()) {
            (Some(super::view::Item::Permission(permission)), None) => {
                Ok(permission.to_permission())
            }
            _ => Err(E::custom("expected one permission as canonical text")),
        }
    }
}
