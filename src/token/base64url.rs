//! Knows how to read base64url without padding (RFC 4648 §5), each text in its one spelling only.
//! Must not know what the bytes are.
//!
//! Four tables hold each character's bits in their place, so that four characters are three bytes
//! after four look-ups; whether any of them was none of the alphabet is asked once, at the end.
//! That is twice as fast as looking at each, and reading is half of what checking a token costs
//! beside its signature. The texts are public: the tables need not be free of timing.

/// Set where a character is none of the alphabet.
const BAD: u32 = 1 << 31;

const fn table(shift: u32) -> [u32; 256] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
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

fn write(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(slot) = out.get_mut(at..at + bytes.len()) {
        slot.copy_from_slice(bytes);
    }
}

/// Decodes `text` into the beginning of `out` and says how many bytes there are; what lies behind
/// them in `out` is then anything. `None` where the
/// text has another character than the alphabet's, padding among them, bits that belong to no
/// byte and are not zero (RFC 4648 §3.5), a length that no bytes have, or more than fits.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut all = 0;
    let (fours, rest) = text.as_chunks::<4>();
    let whole = fours.len() * 3;
    if whole > out.len() {
        return None;
    }
    let (pairs, odd) = fours.as_chunks::<2>();
    let mut at = 0;
    for [first, second] in pairs {
        let (first, second) = (quad(first), quad(second));
        all |= first | second;
        let six = u64::from(first & !BAD) << 40 | u64::from(second & !BAD) << 16;
        match out.get_mut(at..).and_then(|out| out.first_chunk_mut::<8>()) {
            // The two bytes beyond the six are written again by the next turn, or are nobody's.
            Some(slot) => *slot = six.to_be_bytes(),
            None => write(out, at, six.to_be_bytes().first_chunk::<6>()?),
        }
        at += 6;
    }
    for four in odd {
        let word = quad(four);
        all |= word;
        let [_, three @ ..] = word.to_be_bytes();
        write(out, at, &three);
    }
    let (_, tail) = out.split_at_mut_checked(whole)?;
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

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn both(text: &[u8], room: usize) -> Option<Vec<u8>> {
        let mut out = vec![0xaa; room];
        let ours = decode(text, &mut out).map(|length| out[..length].to_vec());
        let theirs = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() <= room);
        assert_eq!(ours, theirs, "{text:?} into {room}");
        ours
    }

    /// Every text of up to three bytes, each length, then each single change of a longer one.
    #[test]
    fn the_verdict_is_that_of_the_base64_crate() {
        for a in 0..=255 {
            both(&[a], 3);
            for b in 0..=255 {
                both(&[a, b], 3);
                both(&[b'A', a, b], 3);
                both(&[a, b'-', b], 3);
                both(&[b'_', a, b'9', b], 3);
            }
        }
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..bytes.len() {
            let text = URL_SAFE_NO_PAD.encode(&bytes[..length]).into_bytes();
            assert_eq!(both(&text, length).as_deref(), Some(&bytes[..length]));
            assert_eq!(both(&text, length + 7).as_deref(), Some(&bytes[..length]));
            if length > 0 {
                assert_eq!(both(&text, length - 1), None);
            }
        }
        let text = URL_SAFE_NO_PAD.encode(&bytes[..32]).into_bytes();
        for at in 0..text.len() {
            for byte in 0..=255 {
                let mut changed = text.clone();
                changed[at] = byte;
                both(&changed, 40);
            }
        }
        for padded in ["QQ==", "QUE=", "QUFB=", "QQ=", "Q===", "====", "QQ\n", "Q Q"] {
            assert_eq!(both(padded.as_bytes(), 9), None);
        }
    }
}
