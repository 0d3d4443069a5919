//! Knows the few DER forms that keys come in (X.690 §8-§10), to read and to write.
//! Must not know which key is inside.

use zeroize::Zeroizing;

use super::KeyError;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const CONTEXT_0: u8 = 0xa0;
pub(super) const CONTEXT_1: u8 = 0xa1;
/// `[1] IMPLICIT BIT STRING`, the public key of a PKCS#8 version 2 (RFC 5958 §2).
pub(super) const CONTEXT_1_PRIMITIVE: u8 = 0x81;

const CUT_SHORT: KeyError = KeyError::Der { problem: "the bytes end too early" };
const NOT_DER: KeyError = KeyError::Der { problem: "a length is not written the DER way" };
const UNEXPECTED: KeyError = KeyError::Der { problem: "a field has an unexpected type" };
const TRAILING: KeyError = KeyError::Der { problem: "something follows after the end" };

/// The rest of some DER bytes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The type of the next field.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next field's content, which must have this type.
    pub(super) fn read(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let (found, content) = self.read_any()?;
        if found == tag { Ok(content) } else { Err(UNEXPECTED) }
    }

    /// The next field's type and content.
    pub(super) fn read_any(&mut self) -> Result<(u8, &'a [u8]), KeyError> {
        let [tag, length, rest @ ..] = self.0 else { return Err(CUT_SHORT) };
        let (length, rest) = match (length, rest) {
            (short @ 0..=0x7f, rest) => (usize::from(*short), rest),
            (0x81, [length, rest @ ..]) if *length >= 0x80 => (usize::from(*length), rest),
            (0x82, [high, low, rest @ ..]) if *high > 0 => {
                (usize::from(u16::from_be_bytes([*high, *low])), rest)
            }
            // A key needs no length over 64 KiB; a shorter length in a longer form is BER.
            _ => return Err(NOT_DER),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.0 = rest;
        Ok((*tag, content))
    }

    pub(super) fn sequence(&mut self) -> Result<Self, KeyError> {
        self.read(SEQUENCE).map(Self)
    }

    /// A non-negative integer, big-endian without leading zeros; zero is empty.
    pub(super) fn unsigned(&mut self) -> Result<&'a [u8], KeyError> {
        match self.read(INTEGER)? {
            [0] => Ok(&[]),
            [0, number @ ..] if number.first().is_some_and(|first| *first >= 0x80) => Ok(number),
            number @ [(1..=0x7f), ..] => Ok(number),
            _ => Err(KeyError::Der { problem: "a number is negative or padded" }),
        }
    }

    /// The content of a bit string of whole bytes.
    pub(super) fn bit_string(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        match self.read(tag)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(KeyError::Der { problem: "a bit string does not hold whole bytes" }),
        }
    }

    pub(super) fn finish(self) -> Result<(), KeyError> {
        if self.is_empty() { Ok(()) } else { Err(TRAILING) }
    }
}

/// One field. What is written may be private, so buffers are wiped.
pub(super) fn field(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    // Reserved at once: a growing vector would leave unwiped copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(length + 6));
    out.push(tag);
    let bytes = length.to_be_bytes();
    let significant = bytes.iter().skip_while(|byte| **byte == 0);
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            let count = significant.clone().count();
            out.push(0x80 | u8::try_from(count).unwrap_or(8));
            out.extend(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A non-negative integer from big-endian bytes without leading zeros.
pub(super) fn unsigned(number: &[u8]) -> Zeroizing<Vec<u8>> {
    match number.first() {
        Some(1..=0x7f) => field(INTEGER, &[number]),
        _ => field(INTEGER, &[&[0], number]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written_one_way() {
        for length in [0, 1, 127, 128, 255, 256, 65535] {
            let content = vec![7; length];
            let written = field(OCTET_STRING, &[&content]);
            let mut reader = Reader::new(&written);
            assert_eq!(reader.read(OCTET_STRING), Ok(&content[..]));
            assert!(reader.finish().is_ok());
        }
        for bad in
            [&[0x04][..], &[0x04, 0x81, 0x7f], &[0x04, 0x82, 0, 0xff], &[0x04, 0x80], &[4, 2, 1]]
        {
            assert!(Reader::new(bad).read(OCTET_STRING).is_err(), "{bad:?}");
        }
        assert_eq!(Reader::new(&[4, 0]).read(SEQUENCE), Err(UNEXPECTED));
    }

    #[test]
    fn numbers_are_read_and_written_one_way() {
        for number in [&[][..], &[1], &[0x7f], &[0x80], &[0xff, 0]] {
            assert_eq!(Reader::new(&unsigned(number)).unsigned(), Ok(number));
        }
        for bad in [&[2, 0][..], &[2, 1, 0x80], &[2, 2, 0, 1], &[2, 2, 0xff, 0xff]] {
            assert!(Reader::new(bad).unsigned().is_err(), "{bad:?}");
        }
    }
}
