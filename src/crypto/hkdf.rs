//! Knows HKDF with SHA-256 (RFC 5869).
//! Must not know which purposes there are.

use ring::hkdf;
use zeroize::Zeroizing;

use super::CryptoError;

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Derives `N` bytes (at most 255 hash lengths) from `secret` for the purpose `info`.
pub(crate) fn hkdf_sha256<const N: usize>(
    salt: &[u8],
    secret: &[u8],
    info: &[&[u8]],
) -> Result<Zeroizing<[u8; N]>, CryptoError> {
    let mut out = Zeroizing::new([0; N]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(info, Length(N))
        .and_then(|okm| okm.fill(out.as_mut()))
        .map_err(|_| CryptoError::Key)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869 A.1.
    #[test]
    fn known_answer() {
        let salt: Vec<u8> = (0x00..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let okm = hkdf_sha256::<42>(&salt, &[0x0b; 22], &[&info]).unwrap();
        assert_eq!(okm[..8], [0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a]);
        assert_eq!(okm[34..], [0x00, 0x72, 0x08, 0xd5, 0xb8, 0x87, 0x18, 0x58, 0x65][1..]);
    }

    #[test]
    fn too_long_is_an_error() {
        assert!(hkdf_sha256::<8161>(b"", b"secret", &[]).is_err());
        assert!(hkdf_sha256::<8160>(b"", b"secret", &[]).is_ok());
    }
}
