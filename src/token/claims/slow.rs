//! Knows how to read any JSON object strictly, and every way in which claims can be wrong.
//! Must not know a shortcut: its verdict is the verdict (RFC 7519 §7.2, RFC 8259).

use std::{borrow::Cow, fmt};

use serde::de::{self, Deserializer as _, MapAccess, Visitor};
use serde_json::{Number, Value};

use super::{Claim, Claims, ClaimsError, MAX_DEPTH, Parsed, Shape, Span};
use crate::clock::Timestamp;

/// Reads the claims of `text`. What it finds is copied behind the payload, unescaped.
pub(super) fn parse(text: &str) -> Result<Parsed, ClaimsError> {
    let mut reader = Reader {
        offset: text.len(),
        parsed: Parsed { claims: Claims::empty(), unescaped: Vec::new() },
        failure: None,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(&mut reader).and_then(|()| json.end());
    match (reader.failure, read) {
        (Some(failure), _) => Err(failure),
        (None, Err(_)) => Err(ClaimsError::NotAnObject),
        (None, Ok(())) => Ok(reader.parsed),
    }
}

struct Reader {
    offset: usize,
    parsed: Parsed,
    failure: Option<ClaimsError>,
}

impl<'de> Visitor<'de> for &mut Reader {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            let value = members.next_value::<Value>()?;
            let read = check_value(&value, 1).and_then(|()| match Claim::of(name.as_bytes()) {
                Some(claim) => self.registered(claim, value),
                None => Ok(()),
            });
            if let Err(failure) = read {
                self.failure = Some(failure);
                return Err(de::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

/// Nesting is bounded, numbers are finite.
fn check_value(value: &Value, depth: usize) -> Result<(), ClaimsError> {
    let deeper = |inner: &Value| check_value(inner, depth + 1);
    match value {
        Value::Array(_) | Value::Object(_) if depth > MAX_DEPTH => Err(ClaimsError::TooDeep),
        Value::Array(items) => items.iter().try_for_each(deeper),
        Value::Object(members) => members.values().try_for_each(deeper),
        Value::Number(number) => finite(number).map(drop),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

fn finite(number: &Number) -> Result<f64, ClaimsError> {
    number.as_f64().filter(|number| number.is_finite()).ok_or(ClaimsError::OutOfRange)
}

impl Reader {
    fn registered(&mut self, claim: Claim, value: Value) -> Result<(), ClaimsError> {
        if !self.parsed.claims.note(claim) {
            return Err(ClaimsError::Duplicate { claim: claim.name() });
        }
        match (claim.shape(), value) {
            (Shape::Text, Value::String(text)) => self.text(claim, &text),
            (Shape::TextOrList, Value::String(text)) if claim == Claim::Scope => {
                self.text(claim, &text)
            }
            (Shape::TextOrList, text @ Value::String(_)) => self.list(claim, vec![text]),
            (Shape::TextOrList | Shape::List, Value::Array(items)) => self.list(claim, items),
            (Shape::Date, Value::Number(number)) => {
                self.parsed.claims.set_date(claim, date(&number)?);
                Ok(())
            }
            (Shape::Counter, Value::Number(number)) => {
                let generation = number.as_u64().and_then(|number| u32::try_from(number).ok());
                self.parsed.claims.generation = generation.ok_or(ClaimsError::OutOfRange)?;
                Ok(())
            }
            (Shape::Object, object @ Value::Object(_)) => self.text(claim, &object.to_string()),
            (Shape::Anything, _) => Ok(()),
            _ => Err(ClaimsError::WrongType { claim: claim.name() }),
        }
    }

    fn text(&mut self, claim: Claim, text: &str) -> Result<(), ClaimsError> {
        let start = self.parsed.unescaped.len();
        self.parsed.unescaped.extend_from_slice(text.as_bytes());
        self.span_from(claim, start)
    }

    fn list(&mut self, claim: Claim, items: Vec<Value>) -> Result<(), ClaimsError> {
        self.parsed.claims.scope_is_list |= claim == Claim::Scope;
        let start = self.parsed.unescaped.len();
        for item in items {
            let Value::String(text) = item else {
                return Err(ClaimsError::WrongType { claim: claim.name() });
            };
            let length = u16::try_from(text.len()).map_err(|_| ClaimsError::TooLarge)?;
            self.parsed.unescaped.push(0);
            self.parsed.unescaped.extend_from_slice(&length.to_be_bytes());
            self.parsed.unescaped.extend_from_slice(text.as_bytes());
        }
        self.span_from(claim, start)
    }

    fn span_from(&mut self, claim: Claim, start: usize) -> Result<(), ClaimsError> {
        let end = self.offset.saturating_add(self.parsed.unescaped.len());
        let span =
            Span::new(self.offset.saturating_add(start), end).ok_or(ClaimsError::TooLarge)?;
        self.parsed.claims.set_span(claim, span);
        Ok(())
    }
}

/// A `NumericDate` (RFC 7519 §2), saturating as [`Timestamp`] does.
fn date(number: &Number) -> Result<Timestamp, ClaimsError> {
    if let Some(seconds) = number.as_u64() {
        return Ok(Timestamp::from_unix_seconds(seconds));
    }
    let millis = (finite(number)? * 1000.0).clamp(0.0, Timestamp::MAX.as_unix_millis() as f64);
    Ok(Timestamp::from_unix_millis(millis as u64))
}
