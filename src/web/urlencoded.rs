//! Knows how `application/x-www-form-urlencoded` is read: the form of queries and of forms.
//! Must not know what any parameter means.

use zeroize::Zeroizing;

/// The pairs of a query or a form, as they were sent. What has no `=` has an empty value.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a name or a value; nothing where an escape is broken. What comes out need not be
/// UTF-8.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let [high, low, tail @ ..] = rest else { return None };
                rest = tail;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()?
            }
            plain => *plain,
        });
    }
    Some(out)
}

/// The same as text; nothing where it is not UTF-8.
#[cfg(feature = "oauth")]
pub(crate) fn decode_text(text: &str) -> Option<Zeroizing<String>> {
    let bytes = decode(text)?;
    Some(Zeroizing::new(str::from_utf8(&bytes).ok()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{decode, pairs};

    #[test]
    fn escapes_are_decoded_and_broken_ones_refused() {
        let decoded = |text| decode(text).map(|bytes| bytes.to_vec());
        assert_eq!(decoded("a+b%20c%2B"), Some(b"a b c+".to_vec()));
        assert_eq!(decoded("%fF"), Some(vec![255]));
        for broken in ["%", "%4", "%4g", "%+1", "a%"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_pair_ends_its_name_at_the_first_equals_sign() {
        assert!(pairs("a=b=c&d&&=e").eq([("a", "b=c"), ("d", ""), ("", ""), ("", "e")]));
    }
}
