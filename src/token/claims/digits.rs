//! Knows how decimal digits make a number, eight of them read in one go.
//! Must not know what number a claim may have.

/// More digits than this may lose precision or overflow; the strict reader judges them.
pub(super) const MAX_DIGITS: usize = 15;

/// The number that the digits at the beginning make, and how many they are. Beyond [`MAX_DIGITS`]
/// there is one more than that, and no number.
#[inline]
pub(super) fn leading(text: &[u8]) -> (u64, usize) {
    let (mut value, mut length) = match text.first_chunk().copied().and_then(eight) {
        Some(value) => (value, 8),
        None => (0, 0),
    };
    for byte in text.get(length..).unwrap_or_default() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 || length > MAX_DIGITS {
            break;
        }
        value = value * 10 + u64::from(digit);
        length += 1;
    }
    (value, length)
}

/// The number that eight characters make, if they are digits.
#[inline]
fn eight(word: [u8; 8]) -> Option<u64> {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let word = u64::from_le_bytes(word);
    // From `0` to `9` the upper half is a 3, and six more does not change it.
    if word & HIGH != ZEROS || word.wrapping_add(0x0606_0606_0606_0606) & HIGH != ZEROS {
        return None;
    }
    // The first digit is the lowest byte. Neighbours make two digits, these four, these eight.
    let twos = (word ^ ZEROS).wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(1 + (10_000 << 32)) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_the_standard_library_reads() {
        let numbers = (0..16_u32).flat_map(|digits| {
            let power = 10_u64.pow(digits);
            [power - 1, power, power + 7, power / 9 * 8, power / 7]
        });
        let numbers = numbers.filter(|number| number.to_string().len() <= MAX_DIGITS);
        for number in numbers.step_by(if cfg!(miri) { 7 } else { 1 }) {
            for tail in ["", ",", "}", ".5", "e1", "x2345678", "/2345678", ":2345678"] {
                let text = format!("{number}{tail}");
                let length = number.to_string().len();
                assert_eq!(leading(text.as_bytes()), (number, length), "{text}");
                let zeros = format!("00{text}");
                if length + 2 <= MAX_DIGITS {
                    assert_eq!(leading(zeros.as_bytes()), (number, length + 2), "{zeros}");
                }
            }
        }
        for text in ["", "-1", "x", "/", ":", "\u{ff11}"] {
            assert_eq!(leading(text.as_bytes()), (0, 0), "{text}");
        }
        assert_eq!(leading(&[b'9'; 40]).1, MAX_DIGITS + 1);
    }

    /// Every byte in every place of eight digits.
    #[test]
    fn what_is_no_digit_ends_a_number() {
        for at in 0..8 {
            for byte in (0..=255).step_by(if cfg!(miri) { 7 } else { 1 }) {
                let mut text = *b"12345678";
                text[at] = byte;
                let expected = if byte.is_ascii_digit() { 8 } else { at };
                assert_eq!(leading(&text).1, expected, "{text:?}");
            }
        }
    }
}
