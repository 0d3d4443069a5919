//! Knows how to compare secrets: in a time that depends on their length alone.
//! Must not know what is compared.

use std::hint::black_box;

use subtle::ConstantTimeEq as _;

/// Whether both are equal. Lengths are public; where they differ the answer is immediate.
///
/// Eight bytes are compared in one go. Differences are gathered to the end, and what was gathered
/// is hidden from the compiler after each step, so that it cannot stop early.
#[must_use]
pub(crate) fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((words_a, rest_a), (words_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = words_a.iter().zip(words_b);
    let apart = words.fold(0, |apart, (a, b)| {
        black_box(apart | (u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b)))
    });
    let rest = rest_a.iter().zip(rest_b);
    let apart = rest.fold(apart, |apart, (a, b)| black_box(apart | u64::from(a ^ b)));
    apart.ct_eq(&0).into()
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

    /// Each bit of each byte counts, in whole words and beside them.
    #[test]
    fn every_bit_counts() {
        for length in 0..40 {
            let a = vec![0xa5; length];
            assert!(ct_eq(&a, &a.clone()));
            for bit in 0..length * 8 {
                let mut b = a.clone();
                b[bit / 8] ^= 1 << (bit % 8);
                assert!(!ct_eq(&a, &b), "{length} bytes, bit {bit}");
            }
        }
    }
}
