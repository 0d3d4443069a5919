//! Knows base64url without padding (RFC 4648 §5): how to write it, and how to read each text in its
//! one spelling only.
//! Must not know what the bytes are.
//!
//! To read, four tables hold each character's bits in their place, so that four characters are
//! three bytes after four look-ups; whether any of them was none of the alphabet is asked once, at
//! the end. To write, the characters of a block are computed; for less, one table holds the two
//! characters of every twelve bits. Which entries are looked at depends on the text, so this is for
//! tokens and identifiers; keys and other secrets go through the `base64` crate.
//! `docs/decisions/base64url.md` says why that is enough.

/// Set where a character is none of the alphabet.
const BAD: u32 = 1 << 31;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const fn table(shift: u32) -> [u32; 256] {
    let mut table = [BAD; 256];
    let mut value = 0;
    while value < 64 {
        #[expect(
            clippy::indexing_slicing,
            reason = "computed when compiled, where a slip is an error"
        )]
        {
            table[ALPHABET[value as usize] as usize] = value << shift;
        }
        value += 1;
    }
    table
}

const fn pairs() -> [u16; 4096] {
    let mut pairs = [0; 4096];
    let mut bits = 0;
    while bits < 4096 {
        #[expect(
            clippy::indexing_slicing,
            reason = "computed when compiled, where a slip is an error"
        )]
        {
            pairs[bits] = u16::from_le_bytes([ALPHABET[bits >> 6], ALPHABET[bits & 63]]);
        }
        bits += 1;
    }
    pairs
}

/// The first of the two characters is the lower byte.
static PAIRS: [u16; 4096] = pairs();
static FIRST: [u32; 256] = table(18);
static SECOND: [u32; 256] = table(12);
static THIRD: [u32; 256] = table(6);
static FOURTH: [u32; 256] = table(0);

fn look(table: &[u32; 256], byte: u8) -> u32 {
    table.get(usize::from(byte)).copied().unwrap_or(BAD)
}

fn quad([a, b, c, d]: &[u8; 4]) -> u32 {
    look(&FIRST, *a) | look(&SECOND, *b) | look(&THIRD, *c) | look(&FOURTH, *d)
}

/// Decodes `text` into the beginning of `out` and says how many bytes there are. `None` where the
/// text has another character than the alphabet's, padding among them, bits that belong to no
/// byte and are not zero (RFC 4648 §3.5), a length that no bytes have, or more than fits.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut all = 0;
    let (fours, rest) = text.as_chunks::<4>();
    let whole = fours.len() * 3;
    let (out, tail) = out.split_at_mut_checked(whole)?;
    let (sixteens, fours) = fours.as_chunks::<4>();
    let (twelves, threes) = out.as_chunks_mut::<12>();
    for ([first, second, third, fourth], slot) in sixteens.iter().zip(&mut *twelves) {
        let (a, b, c, d) = (quad(first), quad(second), quad(third), quad(fourth));
        all |= a | b | c | d;
        let (eight, four) = slot.split_first_chunk_mut::<8>()?;
        let (a, b, c, d) = (u64::from(a), u64::from(b), c, d);
        *eight = (a << 40 | (b & 0x00ff_ffff) << 16 | u64::from(c >> 8 & 0xffff)).to_be_bytes();
        *four.first_chunk_mut()? = (c << 24 | (d & 0x00ff_ffff)).to_be_bytes();
    }
    for (four, slot) in fours.iter().zip(threes.as_chunks_mut::<3>().0) {
        let word = quad(four);
        all |= word;
        let [_, three @ ..] = word.to_be_bytes();
        *slot = three;
    }
    let (word, bytes) = match rest {
        [] => (0, 0),
        [a, b] => (look(&FIRST, *a) | look(&SECOND, *b), 1),
        [a, b, c] => (look(&FIRST, *a) | look(&SECOND, *b) | look(&THIRD, *c), 2),
        // One character is less than a byte.
        _ => return None,
    };
    let [_, x, y, z] = word.to_be_bytes();
    let spare = match bytes {
        1 => y | z,
        _ => z,
    };
    if (all | word) & BAD != 0 || spare != 0 {
        return None;
    }
    for (slot, byte) in tail.get_mut(..bytes)?.iter_mut().zip([x, y]) {
        *slot = byte;
    }
    Some(whole + bytes)
}

/// The same of a text whose bytes have no spare bits: `BYTES` must be what `TEXT` characters make.
pub(crate) fn decode_array<const TEXT: usize, const BYTES: usize>(
    text: &[u8; TEXT],
) -> Option<[u8; BYTES]> {
    const { assert!(TEXT * 3 == BYTES * 4) };
    let (mut bytes, mut all) = ([0; BYTES], 0);
    for (four, slot) in text.as_chunks::<4>().0.iter().zip(bytes.as_chunks_mut::<3>().0) {
        let word = quad(four);
        all |= word;
        let [_, three @ ..] = word.to_be_bytes();
        *slot = three;
    }
    (all & BAD == 0).then_some(bytes)
}

/// How many characters so many bytes take.
pub(crate) const fn encoded_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// The eight characters of six bytes, which are the lower ones of the word.
#[inline]
fn eight(word: u64) -> [u8; 8] {
    let pair = |shift: u32| {
        let bits = (word >> shift) as usize & 0xfff;
        u64::from(PAIRS.get(bits).copied().unwrap_or_default())
    };
    (pair(36) | pair(24) << 16 | pair(12) << 32 | pair(0) << 48).to_le_bytes()
}

/// Writes `bytes` behind what `out` has.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoded_length(bytes.len()), 0);
    encode_into(bytes, out.get_mut(start..).unwrap_or_default());
}

/// The text of so few bytes, a multiple of six: `TEXT` must be their encoded length.
#[inline]
pub(crate) fn encode_array<const BYTES: usize, const TEXT: usize>(
    bytes: &[u8; BYTES],
) -> [u8; TEXT] {
    const { assert!(BYTES.is_multiple_of(6) && TEXT == encoded_length(BYTES)) };
    let mut text = [0; TEXT];
    for (slot, six) in text.as_chunks_mut::<8>().0.iter_mut().zip(bytes.as_chunks::<6>().0) {
        let [a, b, c, d, e, f] = *six;
        *slot = eight(u64::from_be_bytes([0, 0, a, b, c, d, e, f]));
    }
    text
}

/// Writes `bytes` to `out`, which has exactly the room.
fn encode_into(bytes: &[u8], out: &mut [u8]) {
    let (blocks, rest) = bytes.as_chunks::<24>();
    let (slots, tail) = out.split_at_mut(blocks.len() * 32);
    for (block, slot) in blocks.iter().zip(slots.as_chunks_mut::<32>().0) {
        *slot = thirty_two(block);
    }
    encode_rest(rest, tail);
}

/// The 32 characters of 24 bytes, computed in lanes and not looked up: bits are moved in words and
/// characters chosen by comparing, for which a compiler takes the widest registers it may.
#[inline]
fn thirty_two(block: &[u8; 24]) -> [u8; 32] {
    let ([x, y, z], []) = block.as_chunks::<8>() else { return [0; 32] };
    let [x, y, z] = [x, y, z].map(|word| u64::from_be_bytes(*word));
    let words = [x >> 16, x << 32 | y >> 32, y << 16 | z >> 48, z];
    let mut out = [0; 32];
    for (slot, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *slot = spread(word).to_le_bytes();
    }
    for value in &mut out {
        let character = *value + b'A';
        let character = character.wrapping_add(if *value > 25 { 6 } else { 0 });
        let character = character.wrapping_sub(if *value > 51 { 75 } else { 0 });
        let character = character.wrapping_sub(if *value > 61 { 13 } else { 0 });
        *value = character.wrapping_add(if *value > 62 { 49 } else { 0 });
    }
    out
}

/// The lower six bytes as eight values of six bits, the first in the lowest byte.
#[inline]
fn spread(word: u64) -> u64 {
    let halves = word >> 24 & 0x00ff_ffff | (word & 0x00ff_ffff) << 32;
    let twelves = halves >> 12 & 0x0000_0fff_0000_0fff | (halves & 0x0000_0fff_0000_0fff) << 16;
    twelves >> 6 & 0x003f_003f_003f_003f | (twelves & 0x003f_003f_003f_003f) << 8
}

/// Writes what is less than a block, or all of something short.
fn encode_rest(bytes: &[u8], out: &mut [u8]) {
    let (eights, tail) = out.as_chunks_mut::<8>();
    let mut rest = bytes;
    for slot in eights {
        // Two bytes more are read than are written, where there are two more: one look for all.
        let word = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_be_bytes(*bytes) >> 16,
            None => last_word(rest),
        };
        *slot = eight(word);
        rest = rest.get(6..).unwrap_or_default();
    }
    for (slot, character) in tail.iter_mut().zip(eight(last_word(rest))) {
        *slot = character;
    }
}

/// The first six bytes, or as many as there are; the bits that belong to none are zero (RFC 4648
/// §3.5).
fn last_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let [_, _, room @ ..] = &mut word;
    for (slot, byte) in room.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// Miri, a thousand times slower, takes one in so many.
    const STEP: usize = if cfg!(miri) { 37 } else { 1 };

    fn both(text: &[u8], room: usize) -> Option<Vec<u8>> {
        let mut out = vec![0xaa; room];
        let ours = decode(text, &mut out).map(|length| out[..length].to_vec());
        let theirs = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() <= room);
        assert_eq!(ours, theirs, "{text:?} into {room}");
        ours
    }

    /// Every length, and every pair of bytes in every place of a block.
    #[test]
    fn what_is_written_is_what_the_base64_crate_writes() {
        let both = |bytes: &[u8]| {
            let mut ours = b"kept.".to_vec();
            encode(bytes, &mut ours);
            assert_eq!(ours, format!("kept.{}", URL_SAFE_NO_PAD.encode(bytes)).into_bytes());
        };
        let bytes: Vec<u8> = (0..=255).rev().cycle().take(700).collect();
        for length in (0..bytes.len()).step_by(STEP) {
            both(&bytes[..length]);
        }
        for a in (0..=255).step_by(STEP) {
            for b in (0..=255).step_by(STEP) {
                both(&[a, b]);
                both(&[b, a, b, 7, a, a, b]);
            }
        }
        let text: [u8; 24] = encode_array(&[0xfb; 18]);
        assert_eq!(text, URL_SAFE_NO_PAD.encode([0xfb; 18]).as_bytes());
    }

    /// Every text of up to three bytes, each length, then each single change of a longer one.
    #[test]
    fn the_verdict_is_that_of_the_base64_crate() {
        for a in (0..=255).step_by(STEP) {
            both(&[a], 3);
            for b in (0..=255).step_by(STEP) {
                both(&[a, b], 3);
                both(&[b'A', a, b], 3);
                both(&[a, b'-', b], 3);
                both(&[b'_', a, b'9', b], 3);
            }
        }
        let bytes: Vec<u8> = (0..=255).collect();
        for length in (0..bytes.len()).step_by(STEP) {
            let text = URL_SAFE_NO_PAD.encode(&bytes[..length]).into_bytes();
            assert_eq!(both(&text, length).as_deref(), Some(&bytes[..length]));
            assert_eq!(both(&text, length + 7).as_deref(), Some(&bytes[..length]));
            if length > 0 {
                assert_eq!(both(&text, length - 1), None);
            }
        }
        let text = URL_SAFE_NO_PAD.encode(&bytes[..32]).into_bytes();
        for at in 0..text.len() {
            for byte in (0..=255).step_by(STEP) {
                let mut changed = text.clone();
                changed[at] = byte;
                both(&changed, 40);
            }
        }
        for at in 0..24 {
            for byte in (0..=255).step_by(STEP) {
                let mut changed: [u8; 24] = text[..24].try_into().unwrap();
                changed[at] = byte;
                let array: Option<[u8; 18]> = decode_array(&changed);
                assert_eq!(array.map(Vec::from), both(&changed, 18));
            }
        }
        for padded in ["QQ==", "QUE=", "QUFB=", "QQ=", "Q===", "====", "QQ\n", "Q Q"] {
            assert_eq!(both(padded.as_bytes(), 9), None);
        }
    }

    /// Wherever they stand, one does not hide the other.
    #[test]
    fn two_bad_characters_are_as_bad_as_one() {
        let good = URL_SAFE_NO_PAD.encode([0x5a; 35]).into_bytes();
        for at in 0..good.len() {
            for other in (at + 1..good.len()).step_by(STEP) {
                for bad in [b'=', b'+', 0, 0xff] {
                    let mut text = good.clone();
                    (text[at], text[other]) = (bad, bad);
                    assert_eq!(both(&text, 35), None);
                    if let Ok(text) = <&[u8; 24]>::try_from(&text[..24]) {
                        let array: Option<[u8; 18]> = decode_array(text);
                        assert_eq!(array.is_none(), at < 24, "{text:?}");
                    }
                }
            }
        }
    }
}
