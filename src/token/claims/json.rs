//! Knows how texts and numbers are written as JSON (RFC 8259).
//! Must not know what they say.

use super::plain::{is_plain, plain_length};

/// Where JSON is written to.
pub(crate) trait Sink {
    fn push(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// An array of strings.
pub(super) fn strings<'a>(out: &mut impl Sink, values: impl Iterator<Item = &'a str>) {
    out.push(b"[");
    for (index, value) in values.enumerate() {
        out.push(if index > 0 { b",\"" } else { b"\"" });
        text(out, value);
        out.push(b"\"");
    }
    out.push(b"]");
}

/// What stands between the quotes of a string.
#[inline]
pub(super) fn text(out: &mut impl Sink, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push(text.as_bytes());
    } else {
        escaped(out, text.as_bytes());
    }
}

/// The same where quotes, backslashes and control characters are escaped (RFC 8259 §7).
#[cold]
fn escaped(out: &mut impl Sink, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = plain_length(rest) {
        let (plain, tail) = rest.split_at(at);
        out.push(plain);
        let Some((&special, tail)) = tail.split_first() else { break };
        match special {
            b'"' => out.push(br#"\""#),
            b'\\' => out.push(br"\\"),
            control => {
                const HEX: [u8; 16] = *b"0123456789abcdef";
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                out.push(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)]);
            }
        }
        rest = tail;
    }
    out.push(rest);
}

/// A number in decimal digits.
pub(super) fn number(out: &mut impl Sink, value: u64) {
    // Dates of our time have ten digits.
    if let Ok(low) = u32::try_from(value % 100_000_000)
        && let Ok(high @ 10..=99) = u8::try_from(value / 100_000_000)
    {
        let [a, b, c, d, e, f, g, h] = eight(low);
        out.push(&[b'0' + high / 10, b'0' + high % 10, a, b, c, d, e, f, g, h]);
        return;
    }
    let mut digits = [b'0'; 20];
    let mut rest = value;
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.push(digits.get(digits.len() - length..).unwrap_or_default());
}

/// The eight digits of a number below 10^8. It is cut into halves side by side, these again, and
/// once more; a product and a shift divide all parts at once.
fn eight(value: u32) -> [u8; 8] {
    let fours = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    let hundreds = fours.wrapping_mul(10_486) >> 20 & 0x0000_007f_0000_007f;
    let twos = hundreds | fours.wrapping_sub(hundreds * 100) << 16;
    let tens = twos.wrapping_mul(103) >> 10 & 0x000f_000f_000f_000f;
    let ones = tens | twos.wrapping_sub(tens * 10) << 8;
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        let written = |value: u64| {
            let mut out = Vec::new();
            number(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        let powers = (0..20).map(|digits| 10_u64.pow(digits));
        let near = powers.flat_map(|power| {
            [power - 1, power, power + 1, power / 9 * 8, power.saturating_mul(7)]
        });
        for value in near.chain([u64::MAX, 1_700_000_000, 9_999_999_999, 10_000_000_000]) {
            assert_eq!(written(value), value.to_string());
        }
    }

    /// Every four digits in each half.
    #[test]
    fn eight_digits_are_cut_right() {
        for four in (0..10_000).step_by(if cfg!(miri) { 97 } else { 1 }) {
            for value in [four, four * 10_000, four * 10_000 + 9_999 - four] {
                assert_eq!(eight(value), *format!("{value:08}").as_bytes(), "{value}");
            }
        }
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        for length in (0..40).step_by(if cfg!(miri) { 13 } else { 1 }) {
            for at in 0..length {
                for special in ["\"", "\\", "\u{0}", "\u{1f}", " ", "\u{7f}", "\u{e9}", "\u{2028}"]
                {
                    let around = (0..length).map(|n| if n == at { special } else { "a" });
                    let plain: String = around.collect();
                    let mut out = b"\"".to_vec();
                    text(&mut out, &plain);
                    out.push(b'"');
                    assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), plain);
                    let must = special < " " || special == "\"" || special == "\\";
                    assert_eq!(out.len() == plain.len() + 2, !must, "{plain:?}");
                }
            }
        }
    }
}
