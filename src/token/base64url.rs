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

/// Decodes `text` into the beginning of `out` and says how many bytes there are. `None` where the
/// text has another character than the alphabet's, padding among them, bits that belong to no
/// byte and are not zero (RFC 4648 §3.5), a length that no bytes have, or more than fits.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let (fours, rest) = text.as_chunks::<4>();
    let whole = fours.len() * 3;
    let (head, tail) = out.split_at_mut_checked(whole)?;
    let (threes, _) = head.as_chunks_mut::<3>();
    let mut all = 0;
    for ([a, b, c, d], three) in fours.iter().zip(threes) {
        let word = look(&FIRST, *a) | look(&SECOND, *b) | look(&THIRD, *c) | look(&FOURTH, *d);
        all |= word;
        let [_, x, y, z] = word.to_be_bytes();
        *three = [x, y, z];
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
