//! Knows where the dots of a compact token are (RFC 7515 §7.1).
//! Must not know what is between them.

/// Where the first and the last dot of a text are; the same one, where there is only one.
#[inline]
pub(super) fn ends(text: &[u8]) -> Option<(usize, usize)> {
    Some((first(text)?, last(text)?))
}

fn first(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let marks = dots_of(word);
        if marks != 0 {
            return Some(at * 8 + (marks.trailing_zeros() / 8) as usize);
        }
    }
    let at = rest.iter().position(|byte| *byte == b'.')?;
    Some(words.len() * 8 + at)
}

fn last(text: &[u8]) -> Option<usize> {
    let (rest, words) = text.as_rchunks::<8>();
    for (at, word) in words.iter().enumerate().rev() {
        let marks = dots_of(word);
        if marks != 0 {
            return Some(rest.len() + at * 8 + 7 - (marks.leading_zeros() / 8) as usize);
        }
    }
    rest.iter().rposition(|byte| *byte == b'.')
}

/// The high bit of every byte that is a dot, and of no other.
#[inline]
fn dots_of(word: &[u8; 8]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let other = u64::from_le_bytes(*word) ^ u64::from_le_bytes([b'.'; 8]);
    !(((other & LOW) + LOW) | other | LOW)
}
