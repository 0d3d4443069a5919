//! Knows whether the private exponents of an RSA key belong to its primes and to each other.
//! Must not know how one signs with them, nor take a time that depends on their values.

use zeroize::Zeroizing;

use super::RsaPrivate;

type Number = Zeroizing<Vec<u64>>;

/// Whether `d` gives `dP` and `dQ`, and those undo `e`: `d ≡ dP` and `e · dP ≡ 1` modulo `p - 1`,
/// and the same for `q` (RFC 8017 §3.2).
///
/// One backend never looks at `d` and learns of a wrong `dP` only from the signatures it spoils,
/// another checks all three. So it is done here, for both. Primes must be odd and exponents at
/// most five bytes, as the backend that comes first makes sure.
pub(super) fn agree(key: &RsaPrivate) -> bool {
    let e = key.exponent.iter().fold(0, |e, byte| e << 8 | u64::from(*byte));
    [(&key.prime1, &key.exponent1), (&key.prime2, &key.exponent2)].into_iter().all(
        |(prime, exponent)| {
            let mut modulus = number(prime);
            // One less than an odd number.
            if let Some(lowest) = modulus.first_mut() {
                *lowest &= !1;
            }
            let exponent = number(exponent);
            let one = number(&[1]);
            is_equal(&remainder(&number(&key.private_exponent), &modulus), &exponent)
                & is_equal(&remainder(&times(&exponent, e), &modulus), &one)
        },
    )
}

/// A big-endian number as words, the lowest first.
fn number(bytes: &[u8]) -> Number {
    let words = bytes.rchunks(8);
    Zeroizing::new(
        words.map(|word| word.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))).collect(),
    )
}

fn times(number: &[u64], factor: u64) -> Number {
    let mut carry = 0;
    let mut product = Zeroizing::new(Vec::with_capacity(number.len() + 1));
    for word in number {
        let wide = u128::from(*word) * u128::from(factor) + u128::from(carry);
        product.push(wide as u64);
        carry = (wide >> 64) as u64;
    }
    product.push(carry);
    product
}

/// What `number` leaves when it is divided by `modulus`, bit by bit: the same steps for all
/// numbers of one length.
fn remainder(number: &[u64], modulus: &[u64]) -> Number {
    let mut rest = Zeroizing::new(vec![0; modulus.len()]);
    let mut less = Zeroizing::new(vec![0; modulus.len()]);
    for word in number.iter().rev() {
        for bit in (0..u64::BITS).rev() {
            // The rest is below the modulus; twice that and one more may need another bit.
            let mut carry = word >> bit & 1;
            for rest in rest.iter_mut() {
                (*rest, carry) = (*rest << 1 | carry, *rest >> 63);
            }
            let mut borrow = 0;
            for ((less, rest), modulus) in less.iter_mut().zip(rest.iter()).zip(modulus) {
                let (once, under) = rest.overflowing_sub(*modulus);
                let (twice, under_again) = once.overflowing_sub(borrow);
                (*less, borrow) = (twice, u64::from(under | under_again));
            }
            // Keep the difference unless it went below zero.
            let keep = (carry | (borrow ^ 1)).wrapping_neg();
            for (rest, less) in rest.iter_mut().zip(less.iter()) {
                *rest = *rest & !keep | *less & keep;
            }
        }
    }
    rest
}

fn is_equal(one: &[u64], other: &[u64]) -> bool {
    let longest = one.len().max(other.len());
    let words = |number: &'_ [u64]| {
        let number: Number = Zeroizing::new(number.to_vec());
        (0..longest).map(move |at| number.get(at).copied().unwrap_or_default())
    };
    words(one).zip(words(other)).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small numbers, against the machine's own division.
    #[test]
    fn remainders_are_those_of_the_machine() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let wide = |number: u128| number.to_be_bytes();
        for _ in 0..200 {
            let (a, b) = (u128::from(next()) << 64 | u128::from(next()), next());
            for m in [u128::from(next()) << 64 | 2, u128::from(next()) | 1, 1, u128::MAX] {
                let rest = remainder(&number(&wide(a)), &number(&wide(m)));
                assert!(is_equal(&rest, &number(&wide(a % m))), "{a} mod {m}");
                let product = times(&number(&wide(a >> 64)), b);
                assert!(is_equal(&product, &number(&wide((a >> 64) * u128::from(b)))));
            }
            assert_eq!(is_equal(&number(&wide(a)), &number(&wide(u128::from(b)))), a == b.into());
        }
        assert!(is_equal(&number(&[]), &number(&[0; 17])));
    }
}
