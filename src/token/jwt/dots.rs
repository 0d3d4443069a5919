//! Knows where the dots of a compact token are (RFC 7515 §7.1).
//! Must not know what is between them.

/// Where the only two dots of a text are.
pub(super) struct Dots {
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Dots {
    /// Nothing unless there are exactly two.
    pub(super) fn find(text: &[u8]) -> Option<Self> {
        let (mut count, mut first, mut last) = (0, 0, 0);
        let mut note = |at| {
            (count, last) = (count + 1, at);
            if count == 1 {
                first = at;
            }
        };
        let (blocks, rest) = text.as_chunks::<32>();
        for (block, bytes) in blocks.iter().enumerate() {
            let (words, _) = bytes.as_chunks::<8>();
            // Two blocks of a token have a dot, as a rule.
            if !has_dot(words) {
                continue;
            }
            for (word, bytes) in words.iter().enumerate() {
                let mut marks = dots_of(u64::from_le_bytes(*bytes));
                while marks != 0 {
                    note(block * 32 + word * 8 + (marks.trailing_zeros() / 8) as usize);
                    marks &= marks - 1;
                }
            }
        }
        for (at, _) in rest.iter().enumerate().filter(|(_, byte)| **byte == b'.') {
            note(blocks.len() * 32 + at);
        }
        (count == 2).then_some(Self { first, last })
    }
}

/// Whether any of these bytes is a dot.
fn has_dot(words: &[[u8; 8]]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let other = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes) ^ (ONES * u64::from(b'.'));
    words.iter().fold(0, |marks, bytes| marks | zeros(other(bytes))) & (ONES << 7) != 0
}

/// The high bit of every byte that is a dot.
fn dots_of(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let other = word ^ u64::from_le_bytes([b'.'; 8]);
    !(((other & LOW) + LOW) | other | LOW)
}
