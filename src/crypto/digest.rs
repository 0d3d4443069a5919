//! Knows SHA-256 (FIPS 180-4).
//! Must not know what is hashed.

use ring::digest::{Context, SHA256};

/// SHA-256 of the concatenation of `parts`. The caller frames them: only parts of fixed length,
/// or with lengths written between, keep two lists apart.
#[must_use]
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    // INVARIANT (digest length): SHA-256 gives exactly 32 bytes, so the lengths agree.
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::sha256;

    /// FIPS 180-4 example "abc".
    #[test]
    fn known_answer() {
        let expected = [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae,
            0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61,
            0xf2, 0x00, 0x15, 0xad,
        ];
        assert_eq!(sha256(&[b"abc"]), expected);
        assert_eq!(sha256(&[b"a", b"", b"bc"]), expected);
    }
}
