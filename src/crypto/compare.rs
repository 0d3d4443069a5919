//! Knows how to compare secrets: in a time that depends on their length alone.
//! Must not know what is compared.

use subtle::ConstantTimeEq as _;

/// Whether both are equal. Lengths are public; where they differ the answer is immediate.
#[must_use]
pub(crate) fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::ct_eq;

    #[test]
    fn equal_means_equal() {
        assert!(ct_eq(b"", b"") && ct_eq(b"abc", b"abc"));
        for other in [&b"abd"[..], b"bbc", b"ab", b"abcd", b""] {
            assert!(!ct_eq(b"abc", other));
        }
    }
}
