//! Knows the external grammar: what people and clients write, one item at a time.
//! Must not know which items belong together, nor what a permission covers.

use std::borrow::Cow;

use super::error::ScopeError;
use super::fault::{Fault, Place};
use super::grammar::{self, IdFault};
use super::limits::Limits;
use super::vocabulary::{BareWords, Vocabulary};

/// The words that are never resources when they stand alone.
pub(super) const RESERVED: [&str; 6] =
    ["openid", "profile", "email", "address", "phone", "offline_access"];

/// How items are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) limits: &'a Limits,
    pub(super) bare: BareWords,
    pub(super) vocabulary: Option<&'a Vocabulary>,
}

impl<'a> Rules<'a> {
    /// The grammar alone, without a vocabulary.
    pub(super) fn plain(limits: &'a Limits) -> Self {
        Self { limits, bare: BareWords::Resource, vocabulary: None }
    }

    fn reserved_look_alike(&self, word: &str) -> Option<&'a str> {
        reserved_look_alike(word, &RESERVED)
            .or_else(|| self.vocabulary.and_then(|known| known.extra_reserved_look_alike(word)))
    }

    fn is_reserved(&self, word: &str) -> bool {
        RESERVED.contains(&word)
            || self.vocabulary.is_some_and(|known| known.is_extra_reserved(word))
    }
}

/// The reserved word that this one differs from only in case.
pub(super) fn reserved_look_alike<'w>(word: &str, reserved: &[&'w str]) -> Option<&'w str> {
    reserved.iter().find(|known| **known != word && known.eq_ignore_ascii_case(word)).copied()
}

/// One item as it was read: every part checked, the id in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read<'a> {
    Word(&'a str),
    Permission { resource: &'a str, id: Cow<'a, str>, action: &'a str },
}

/// Checks the sizes that need no reading.
pub(super) fn check_sizes(text: &str, limits: &Limits) -> Result<(), ScopeError> {
    if text.len() > limits.bytes {
        return Err(ScopeError::text_too_long(text.len(), limits.bytes));
    }
    // An item and its space take two bytes at least: a short text need not be counted.
    if text.len() / 2 >= limits.items {
        let items = text.split(' ').filter(|item| !item.is_empty()).count();
        if items > limits.items {
            return Err(ScopeError::too_many_items(items, limits.items));
        }
    }
    Ok(())
}

/// The items of a text and where they start.
pub(super) fn items(text: &str) -> impl Iterator<Item = Place<'_>> {
    let mut start = 0;
    let mut number = 0;
    text.split(' ').filter_map(move |item| {
        let place = Place { item, number: number + 1, start, stored: false };
        start += item.len() + 1;
        (!item.is_empty()).then(|| {
            number += 1;
            place
        })
    })
}

/// Reads one item.
pub(super) fn read<'a>(place: &Place<'a>, rules: &Rules<'a>) -> Result<Read<'a>, ScopeError> {
    read_item(place.item, rules).map_err(|fault| fault.at(place))
}

fn read_item<'a>(item: &'a str, rules: &Rules<'a>) -> Result<Read<'a>, Fault<'a>> {
    check_length(item.len(), rules.limits)?;
    // Order of reading: the exact opaque words, then the reserved ones, then the grammar.
    if rules.vocabulary.is_some_and(|known| known.is_opaque(item)) || rules.is_reserved(item) {
        return Ok(Read::Word(item));
    }
    if let Some(word) = rules.reserved_look_alike(item) {
        return Err(Fault::ReservedCase(word));
    }
    let colons = Colons::of(item)?;
    match (colons.count, item.split_at_checked(colons.first), item.get(colons.last + 1..)) {
        (0, ..) => read_bare(item, rules),
        (1, Some((resource, _)), Some(action)) => read_parts(item, resource, "*", action, rules),
        (2, Some((resource, _)), Some(action)) => {
            let id = item.get(colons.first + 1..colons.last).unwrap_or_default();
            read_parts(item, resource, id, action, rules)
        }
        (count, ..) => Err(Fault::TooManyParts(count + 1)),
    }
}

/// Where an item falls apart.
struct Colons {
    count: usize,
    first: usize,
    last: usize,
}

impl Colons {
    /// One pass over the bytes, which finds what no part may have before parts are looked at.
    fn of(item: &str) -> Result<Self, Fault<'_>> {
        let mut colons = Self { count: 0, first: 0, last: 0 };
        let (mut foreign, mut comma, mut empty) = (false, None, item.ends_with(':'));
        for (at, byte) in item.bytes().enumerate() {
            foreign |= !grammar::is_token_byte(byte);
            match byte {
                b':' if colons.count == 0 => {
                    empty |= at == 0;
                    (colons.first, colons.last, colons.count) = (at, at, 1);
                }
                b':' => {
                    empty |= at == colons.last + 1;
                    (colons.last, colons.count) = (at, colons.count + 1);
                }
                b',' if comma.is_none() => comma = Some(at),
                _ => {}
            }
        }
        if foreign {
            check_characters(item)?;
        }
        if item.starts_with(['!', '-']) {
            return Err(Fault::Negation);
        }
        if let Some(at) = comma {
            return Err(Fault::List(at));
        }
        if empty || item.is_empty() {
            let index = item.split(':').position(str::is_empty).unwrap_or_default();
            return Err(Fault::Empty { index, parts: colons.count + 1 });
        }
        Ok(colons)
    }
}

fn check_characters(item: &str) -> Result<(), Fault<'_>> {
    let foreign = |c: &(usize, char)| !u8::try_from(c.1).is_ok_and(grammar::is_token_byte);
    match item.char_indices().find(foreign) {
        Some((at, c)) => Err(Fault::Character { at, c }),
        None => Ok(()),
    }
}

fn read_bare<'a>(name: &'a str, rules: &Rules<'a>) -> Result<Read<'a>, Fault<'a>> {
    check_name(name, 0)?;
    if name != "*" {
        match (rules.bare, rules.vocabulary) {
            (BareWords::Resource, _) => {}
            (BareWords::Deny, _) => return Err(Fault::BareDenied),
            (BareWords::Declared, Some(known)) if known.is_resource(name) => {}
            (BareWords::Declared, known) => {
                return Err(Fault::UnknownBare(known.and_then(|known| known.nearest(name))));
            }
        }
    }
    check_length(name.len() + 4, rules.limits)?;
    Ok(Read::Permission { resource: name, id: Cow::Borrowed("*"), action: "*" })
}

fn read_parts<'a>(
    item: &'a str,
    resource: &'a str,
    id: &'a str,
    action: &'a str,
    rules: &Rules<'a>,
) -> Result<Read<'a>, Fault<'a>> {
    let action_at = item.len() - action.len();
    check_wildcard(resource, 0)?;
    check_wildcard(id, resource.len() + 1)?;
    check_wildcard(action, action_at)?;
    check_name(resource, 0)?;
    let id = read_id(id, resource.len() + 1, rules.limits)?;
    check_name(action, action_at)?;
    if let Some(known) = rules.vocabulary {
        let two_parts = resource.len() + 1 == action_at;
        known.check(resource, action, two_parts)?;
    }
    check_length(resource.len() + id.len() + action.len() + 2, rules.limits)?;
    Ok(Read::Permission { resource, id, action })
}

/// The canonical spelling has its own length, and it too must be readable.
fn check_length(bytes: usize, limits: &Limits) -> Result<(), Fault<'static>> {
    let limit = limits.item_bytes;
    if bytes > limit { Err(Fault::ItemTooLong { bytes, limit }) } else { Ok(()) }
}

/// The id in its canonical spelling.
fn read_id<'a>(written: &'a str, at: usize, limits: &Limits) -> Result<Cow<'a, str>, Fault<'a>> {
    if written == "*" {
        return Ok(Cow::Borrowed(written));
    }
    let id = grammar::decode_id(written).map_err(|fault| match fault {
        IdFault::Empty => Fault::Empty { index: 1, parts: 3 },
        IdFault::Digits(offset) => Fault::EscapeDigits(at + offset),
        IdFault::Data(offset) => Fault::EscapeData(at + offset),
        IdFault::Utf8(offset) => Fault::EscapeUtf8(at + offset),
    })?;
    if id.len() > limits.id_bytes {
        return Err(Fault::IdTooLong { bytes: id.len(), limit: limits.id_bytes });
    }
    let spelled = match id {
        Cow::Borrowed(_) => None,
        Cow::Owned(id) => Some(grammar::encode_id(&id).into_owned()),
    };
    Ok(spelled.map_or(Cow::Borrowed(written), Cow::Owned))
}

pub(super) fn check_wildcard(part: &str, at: usize) -> Result<(), Fault<'_>> {
    match part.bytes().position(|byte| byte == b'*') {
        Some(offset) if part != "*" => Err(Fault::Wildcard(at + offset)),
        _ => Ok(()),
    }
}

/// Checks a resource, an action or a bare name; `*` is one too.
pub(super) fn check_name(name: &str, at: usize) -> Result<(), Fault<'_>> {
    if name == "*" || grammar::is_name(name.as_bytes()) {
        return Ok(());
    }
    check_wildcard(name, at)?;
    let wrong = |(offset, c): &(usize, char)| {
        let byte = u8::try_from(*c).unwrap_or_default();
        !(if *offset == 0 { grammar::is_name_start(byte) } else { grammar::is_name_byte(byte) })
    };
    match name.char_indices().find(wrong) {
        Some((offset, c)) => Err(Fault::NameCharacter { at: at + offset, c }),
        None => Ok(()),
    }
}
