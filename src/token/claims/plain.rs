//! Knows which bytes stand in a JSON string as they are, and finds the first that does not (RFC
//! 8259 §7).
//! Must not know what the string means.

/// How many bytes come before the first quote, backslash or control character, eight of them looked
/// at in one go; nothing where there is none of these.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The high bit of every byte below `than`. A borrow may mark a byte after the first that
        // is marked with right, never one before it.
        let below = |word: u64, than: u64| word.wrapping_sub(ONES * than) & !word & HIGH;
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let marked = quote | backslash | below(word, 0x20);
        if marked != 0 {
            return Some(at * 8 + (marked.trailing_zeros() / 8) as usize);
        }
    }
    let end = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20)?;
    Some(words.len() * 8 + end)
}

/// Whether all bytes stand in a JSON string as they are. A compiler looks at sixteen in one go.
#[inline]
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let special = |b: u8| (b == b'"') | (b == b'\\') | (b < 0x20);
    let any = |bytes: &[u8; 16]| {
        let mut marks = *bytes;
        for mark in &mut marks {
            *mark = u8::from(special(*mark));
        }
        u128::from_ne_bytes(marks) != 0
    };
    match bytes.last_chunk() {
        // The last sixteen bytes have what is left over, and some that were looked at already.
        Some(last) => {
            let (whole, _) = bytes.as_chunks::<16>();
            !whole.iter().fold(any(last), |all, bytes| all | any(bytes))
        }
        None => !bytes.iter().any(|&b| special(b)),
    }
}

/// The same for texts that are ASCII as a rule: how many bytes come before the first quote,
/// backslash, control character or byte beyond ASCII.
#[inline]
pub(super) fn ascii_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
        let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        // The high bit of every such byte. A borrow leaves a byte that has it already, so that it
        // may mark one after the first that is marked with right, never one before it.
        let marked = (quote | backslash | word.wrapping_sub(ONES * 0x20) | word) & HIGH;
        if marked != 0 {
            return Some(at * 8 + (marked.trailing_zeros() / 8) as usize);
        }
    }
    let is_special = |&b: &u8| b == b'"' || b == b'\\' || !(0x20..0x80).contains(&b);
    let end = rest.iter().position(is_special)?;
    Some(words.len() * 8 + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte in every place of two words, with every neighbour that a borrow could reach.
    #[test]
    fn the_first_special_byte_is_found_as_by_looking_at_each() {
        let special = |b: &u8| *b == b'"' || *b == b'\\' || *b < 0x20;
        let neighbours = [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff, 0, b'"'];
        for at in 0..17 {
            for byte in (0..=255).step_by(if cfg!(miri) { 17 } else { 1 }) {
                for next in neighbours {
                    let mut text = [b'a'; 18];
                    (text[at], text[at + 1]) = (byte, next);
                    assert_eq!(plain_length(&text), text.iter().position(special), "{text:?}");
                    for text in [&text[..], &text[at..], &text[..=at]] {
                        assert_eq!(is_plain(text), !text.iter().any(special), "{text:?}");
                    }
                    let beyond = |b: &u8| special(b) || !b.is_ascii();
                    assert_eq!(ascii_length(&text), text.iter().position(beyond), "{text:?}");
                }
            }
        }
    }
}
