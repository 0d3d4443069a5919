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
