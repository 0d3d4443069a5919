//! Knows the bytes of the grammar: which may stand in a name, an id or a token, and how an id is escaped.
//! Must not know about items, sets, vocabularies or limits.
//!
//! The token characters are those of [RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3).

use std::borrow::Cow;

/// May start a resource or an action.
const NAME_START: u8 = 1;
/// May continue a resource or an action.
const NAME: u8 = 2;
/// May stand in an id as it is.
const ID: u8 = 4;
/// RFC 6749 scope-token character.
const TOKEN: u8 = 8;
/// The escape sign.
const ESCAPE: u8 = 16;

const CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "the loop ends before the table does")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classify(byte as u8);
        byte += 1;
    }
    table
}

const fn classify(byte: u8) -> u8 {
    let mut class = 0;
    if byte.is_ascii_alphanumeric() || byte == b'_' {
        class |= NAME_START | NAME;
    }
    if matches!(byte, b'-' | b'.') {
        class |= NAME;
    }
    if matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
        class |= TOKEN;
        if !matches!(byte, b'%' | b'*' | b',' | b':') {
            class |= ID;
        }
    }
    if byte == b'%' {
        class |= ESCAPE;
    }
    class
}

#[expect(clippy::indexing_slicing, reason = "a u8 cannot leave a table of 256")]
const fn class(byte: u8) -> u8 {
    CLASSES[byte as usize]
}

pub(super) const fn is_name_start(byte: u8) -> bool {
    class(byte) & NAME_START != 0
}

pub(super) const fn is_name_byte(byte: u8) -> bool {
    class(byte) & NAME != 0
}

/// Whether the byte stands in an id without an escape.
pub(super) const fn is_id_byte(byte: u8) -> bool {
    class(byte) & ID != 0
}

/// Whether the byte may stand in the written form of an id.
pub(super) const fn is_written_id_byte(byte: u8) -> bool {
    class(byte) & (ID | ESCAPE) != 0
}

pub(super) const fn is_token_byte(byte: u8) -> bool {
    class(byte) & TOKEN != 0
}

/// Whether the text is a resource or action name.
pub(super) fn is_name(text: &[u8]) -> bool {
    match text {
        [first, rest @ ..] => is_name_start(*first) && rest.iter().all(|byte| is_name_byte(*byte)),
        [] => false,
    }
}

/// Whether the text is one scope token of RFC 6749.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdFault {
    Empty,
    /// `%` without two hex digits, at this byte.
    Digits(usize),
    /// A star or a control character, at this byte.
    Data(usize),
    /// The escaped bytes are not UTF-8; the first one stands at this byte.
    Utf8(usize),
}

/// The byte offset of the first character that no id may contain.
fn forbidden_in_id(id: &str) -> Option<usize> {
    id.char_indices().find(|(_, c)| *c == '*' || c.is_control()).map(|(at, _)| at)
}

/// Checks an id in its decoded form.
pub(super) fn check_id(id: &str) -> Result<(), IdFault> {
    if id.is_empty() {
        return Err(IdFault::Empty);
    }
    match forbidden_in_id(id) {
        Some(at) => Err(IdFault::Data(at)),
        None => Ok(()),
    }
}

/// Decodes the written form of an id. The caller has checked that every byte may stand in one.
pub(super) fn decode_id(written: &str) -> Result<Cow<'_, str>, IdFault> {
    if written.is_empty() {
        return Err(IdFault::Empty);
    }
    let Some(first_escape) = written.bytes().position(|byte| byte == b'%') else {
        return Ok(Cow::Borrowed(written));
    };
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let [byte, tail @ ..] = rest {
        if *byte != b'%' {
            bytes.push(*byte);
            rest = tail;
            continue;
        }
        let at = written.len() - rest.len();
        let [high, low, tail @ ..] = tail else {
            return Err(IdFault::Digits(at));
        };
        let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low)) else {
            return Err(IdFault::Digits(at));
        };
        bytes.push(high << 4 | low);
        rest = tail;
    }
    let id = String::from_utf8(bytes).map_err(|_| IdFault::Utf8(first_escape))?;
    match forbidden_in_id(&id) {
        // The offset in the decoded text says nothing to someone who sees the written one.
        Some(_) => Err(IdFault::Data(first_escape)),
        None => Ok(Cow::Owned(id)),
    }
}

pub(super) const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

const fn hex_digit(value: u8) -> u8 {
    match value & 15 {
        low @ 0..=9 => b'0' + low,
        low => b'A' + low - 10,
    }
}

/// The canonical escape of one byte.
pub(super) const fn escape(byte: u8) -> [u8; 3] {
    [b'%', hex_digit(byte >> 4), hex_digit(byte)]
}

/// Writes a decoded id in its one canonical spelling.
pub(super) fn encode_id(id: &str) -> Cow<'_, str> {
    if id.bytes().all(is_id_byte) {
        return Cow::Borrowed(id);
    }
    let mut written = String::with_capacity(id.len() + 16);
    for byte in id.bytes() {
        if is_id_byte(byte) {
            written.push(char::from(byte));
        } else {
            written.extend(escape(byte).map(char::from));
        }
    }
    Cow::Owned(written)
}

/// The bytes of the decoded id, read from canonical text that has been checked.
pub(super) fn decoded_bytes(written: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = written;
    std::iter::from_fn(move || match rest {
        [b'%', high, low, tail @ ..] => {
            rest = tail;
            Some(hex_value(*high)? << 4 | hex_value(*low)?)
        }
        [byte, tail @ ..] => {
            rest = tail;
            Some(*byte)
        }
        [] => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_the_class_the_grammar_gives_it() {
        for byte in 0..=255u8 {
            let token =
                byte == 0x21 || (0x23..=0x5B).contains(&byte) || (0x5D..=0x7E).contains(&byte);
            assert_eq!(is_token_byte(byte), token, "{byte:#x}");
            assert_eq!(is_id_byte(byte), token && !b"%*,:".contains(&byte), "{byte:#x}");
            assert_eq!(is_written_id_byte(byte), is_id_byte(byte) || byte == b'%', "{byte:#x}");
            assert_eq!(is_name_start(byte), byte.is_ascii_alphanumeric() || byte == b'_');
            assert_eq!(is_name_byte(byte), is_name_start(byte) || byte == b'-' || byte == b'.');
        }
    }

    #[test]
    fn ids_survive_encoding_and_decoding() {
        for id in ["1", "a:b", "100%", "a,b c", "\"q\"\\", "caf\u{e9}", "\u{10FFFF}", "-"] {
            assert_eq!(decode_id(&encode_id(id)).unwrap(), id);
            assert!(decoded_bytes(encode_id(id).as_bytes()).eq(id.bytes()));
        }
    }

    #[test]
    fn bad_escapes_are_told_apart() {
        for (written, fault) in [
            ("a%", IdFault::Digits(1)),
            ("%4", IdFault::Digits(0)),
            ("%GG", IdFault::Digits(0)),
            ("%2A", IdFault::Data(0)),
            ("%C2%85", IdFault::Data(0)),
            ("x%ff", IdFault::Utf8(1)),
            ("", IdFault::Empty),
        ] {
            assert_eq!(decode_id(written), Err(fault), "{written}");
        }
    }
}
