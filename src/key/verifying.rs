//! Knows how to check signatures with one key under its one algorithm.
//! Must not know a private key, except where the algorithm is symmetric.

use std::{
    fmt::{self, Debug},
    sync::{Arc, OnceLock},
};

use crate::{
    crypto::{Backend, HmacBegun, HmacKey, HmacTag, PublicMaterial, Verifier},
    id::KeyId,
};

use super::{
    Algorithm, Jwk, KeyError,
    algorithm::Method,
    asn1::Form,
    beginning::Beginning,
    header::encode_header,
    jwk::{self, Parsed},
    pem, public, thumbprint,
};

/// A key that checks signatures: parsed and checked once, bound to one algorithm, cheap to clone.
///
/// ```
/// use hallpass::key::{Algorithm, SigningKey, VerifyingKey};
///
/// let key = SigningKey::generate(Algorithm::ES256)?.verifying_key();
/// let jwk = key.jwk().expect("not a shared secret").to_json();
/// assert_eq!(VerifyingKey::from_jwk(&jwk)?.kid(), key.kid());
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
#[derive(Clone)]
pub struct VerifyingKey(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    algorithm: Algorithm,
    kid: KeyId,
    encoded_header: Box<str>,
    check: Check,
    /// For a shared secret: its tags of our tokens, whose header is hashed already.
    headed: Option<HmacBegun>,
    /// How our tokens of one issuer begin, once there was one.
    beginning: OnceLock<Beginning>,
}

#[derive(Clone)]
enum Check {
    Hmac(HmacKey),
    Pair(Verifier, PublicMaterial),
}

impl VerifyingKey {
    /// Reads a public key from PEM (RFC 7468): the labels `PUBLIC KEY` and `RSA PUBLIC KEY`.
    /// The key takes its RFC 7638 thumbprint as `kid`.
    ///
    /// # Errors
    /// When the text holds no public key, or one that `algorithm` does not take. A private key is
    /// refused: whoever only verifies must not hold it.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        let (form, der) = pem::decode(pem)?;
        Self::from_public(algorithm, public::read(form, &der)?, None)
    }

    /// Reads a public key from DER: SubjectPublicKeyInfo, or PKCS#1 for RSA.
    ///
    /// # Errors
    /// As [`VerifyingKey::from_pem`].
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Self::from_public(algorithm, public::read(Form::of(der)?, der)?, None)
    }

    /// Reads a JWK (RFC 7517): `OKP`, `EC` or `RSA` without private members, or `oct`. Its `kty`,
    /// `crv`, `alg`, `use`, `key_ops` and size must agree. Without a `kid` it takes its
    /// thumbprint; an RSA key without `alg` verifies RS256, and `oct` must name its `alg`.
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        match jwk::parse(json)? {
            Parsed::Public { algorithm, kid, material } => {
                Self::from_public(algorithm, material, kid)
            }
            Parsed::Secret { algorithm, kid, secret } => {
                let key = Self::hmac(algorithm, &secret)?;
                Ok(kid.map_or(key.clone(), |kid| key.with_kid(kid)))
            }
            Parsed::Private { .. } => Err(KeyError::WrongHalf {
                found: "private",
                expected: "public",
                hint: "; whoever only verifies must not hold it: leave out `d` and the other private members",
            }),
        }
    }

    /// A shared secret of at least the length of the hash.
    ///
    /// # Security
    /// Whoever holds it can sign. Use it where issuer and verifier are one service.
    ///
    /// # Errors
    /// When the secret is too short or `algorithm` is not HS256, HS384 or HS512.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let key = HmacKey::new(public::check_secret(algorithm, secret)?, secret);
        Self::from_hmac_key(algorithm, key)
    }

    pub(super) fn from_hmac_key(algorithm: Algorithm, key: HmacKey) -> Result<Self, KeyError> {
        let kid = thumbprint::secret_name(&key)?;
        Ok(Self::assemble(algorithm, kid, Check::Hmac(key)))
    }

    pub(super) fn from_public(
        algorithm: Algorithm,
        material: PublicMaterial,
        kid: Option<KeyId>,
    ) -> Result<Self, KeyError> {
        let verifier = public::prepare(algorithm, &material)?;
        let kid = match kid {
            Some(kid) => kid,
            None => thumbprint::thumbprint(&material)?,
        };
        Ok(Self::assemble(algorithm, kid, Check::Pair(verifier, material)))
    }

    fn assemble(algorithm: Algorithm, kid: KeyId, check: Check) -> Self {
        let encoded_header = encode_header("at+jwt", algorithm, &kid);
        let headed = match &check {
            Check::Hmac(key) => Some(key.begin(encoded_header.as_bytes())),
            Check::Pair(..) => None,
        };
        let beginning = OnceLock::new();
        Self(Arc::new(Inner { algorithm, kid, encoded_header, check, headed, beginning }))
    }

    /// The same key under another name: what a foreign issuer calls it.
    #[must_use]
    pub fn with_kid(&self, kid: KeyId) -> Self {
        Self::assemble(self.0.algorithm, kid, self.0.check.clone())
    }

    /// The same key, with signatures checked by `backend`. A key comes from its loader on
    /// [`Backend::Ring`]; a shared secret stays there.
    ///
    /// # Errors
    /// [`KeyError::Backend`] when the backend cannot prepare a key that the loader has taken.
    pub fn with_backend(&self, backend: Backend) -> Result<Self, KeyError> {
        match (&self.0.check, self.0.algorithm.method()) {
            (Check::Pair(verifier, material), Method::Pair(scheme))
                if verifier.backend() != backend =>
            {
                let verifier = Verifier::on(backend, scheme, material)
                    .map_err(|_| KeyError::Backend { backend })?;
                let check = Check::Pair(verifier, material.clone());
                Ok(Self::assemble(self.0.algorithm, self.0.kid.clone(), check))
            }
            _ => Ok(self.clone()),
        }
    }

    /// What checks its signatures.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match &self.0.check {
            Check::Hmac(_) => Backend::Ring,
            Check::Pair(verifier, _) => verifier.backend(),
        }
    }

    /// The one algorithm it verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Its name in token headers.
    #[must_use]
    pub fn kid(&self) -> &KeyId {
        &self.0.kid
    }

    /// The public JWK to publish; a shared secret has none.
    #[must_use]
    pub fn jwk(&self) -> Option<Jwk> {
        Jwk::of(self)
    }

    /// Whether both are one key under one name and algorithm.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let same_numbers = || match (self.public_material(), other.public_material()) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => false,
        };
        Arc::ptr_eq(&self.0, &other.0)
            || self.algorithm() == other.algorithm() && self.kid() == other.kid() && same_numbers()
    }

    pub(super) fn public_material(&self) -> Option<&PublicMaterial> {
        match &self.0.check {
            Check::Pair(_, material) => Some(material),
            Check::Hmac(_) => None,
        }
    }

    /// The encoded header of an access token under this key, as our issuer writes it. A token
    /// that starts with exactly this, then a dot, needs no header parsed.
    pub(crate) fn encoded_header(&self) -> &str {
        &self.0.encoded_header
    }

    /// How a token with this payload begins, header and dot included, and the rest of the payload:
    /// if it begins with the same `constant` bytes as the first that this was asked for.
    pub(super) fn beginning<'p>(
        &self,
        payload: &'p [u8],
        constant: usize,
    ) -> Option<(&str, &'p [u8])> {
        let inner = &*self.0;
        let first = || {
            let key = match &inner.check {
                Check::Hmac(key) => Some(key),
                Check::Pair(..) => None,
            };
            Beginning::new(&inner.encoded_header, payload.get(..constant).unwrap_or_default(), key)
        };
        inner.beginning.get_or_init(first).of(payload)
    }

    /// The tag of `message` under a shared secret, if it begins as our tokens do.
    pub(super) fn sign_begun(&self, message: &[u8]) -> Option<HmacTag> {
        let further = self.0.beginning.get().and_then(|beginning| beginning.sign(message));
        further.or_else(|| self.0.headed.as_ref()?.sign(message))
    }

    /// Whether `signature` is this key's signature of `message`.
    #[must_use]
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0.check {
            Check::Hmac(key) => {
                let headed = self.0.headed.as_ref();
                headed
                    .and_then(|headed| headed.verify(message, signature))
                    .unwrap_or_else(|| key.verify(message, signature))
            }
            Check::Pair(verifier, _) => verifier.verify(message, signature),
        }
    }
}

impl Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.0.algorithm)
            .field("kid", &self.0.kid)
            .finish_non_exhaustive()
    }
}
