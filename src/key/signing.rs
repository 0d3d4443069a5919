//! Knows how to sign with one key under its one algorithm.
//! Must not know when a key may be used: the ring decides that.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use zeroize::Zeroizing;

use crate::{
    crypto::{Backend, Curve, HmacKey, PrivateMaterial, Scheme, Signature, Signer, fill_random},
    id::KeyId,
    secret::PrivateKeyPem,
};

use super::{
    Algorithm, KeyError, VerifyingKey,
    algorithm::Method,
    asn1::Form,
    jwk::{self, Parsed},
    pem, private, public,
};

/// A key that signs: parsed and checked once, kept prepared, bound to one algorithm, cheap to
/// clone.
///
/// ```
/// use hallpass::key::{Algorithm, SigningKey};
///
/// let key = SigningKey::generate(Algorithm::EdDSA)?;
/// assert_eq!(key.algorithm(), Algorithm::EdDSA);
/// assert_eq!(key.kid().as_str().len(), 43, "its RFC 7638 thumbprint");
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
///
/// # Security
/// Our copies of the private half are wiped when the last clone is dropped. The backend keeps
/// its own prepared copy as long; ring does not wipe it, AWS-LC does.
#[derive(Clone)]
pub struct SigningKey {
    public: VerifyingKey,
    private: Arc<Private>,
}

enum Private {
    Hmac(HmacKey),
    Pair { signer: Box<Signer>, material: Arc<PrivateMaterial> },
}

impl Private {
    fn pair(signer: Signer, material: Arc<PrivateMaterial>) -> Self {
        Self::Pair { signer: Box::new(signer), material }
    }
}

impl SigningKey {
    /// A new random key. Where it must outlive the process, let the store manage it or load it
    /// from a file instead.
    ///
    /// # Errors
    /// For RSA, which is not generated here (the text has the `openssl` command), and when the
    /// operating system gives no random bytes.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        match algorithm.method() {
            Method::Hmac(hash) => {
                let mut secret = Zeroizing::new(vec![0; hash.length()]);
                fill_random(&mut secret)?;
                Self::hmac(algorithm, &secret)
            }
            Method::Pair(Scheme::Ed25519) => {
                let mut seed = Zeroizing::new([0; 32]);
                fill_random(seed.as_mut())?;
                let material = PrivateMaterial::Ed25519 { seed, public: None };
                Self::from_private(algorithm, material, None)
            }
            Method::Pair(Scheme::Ecdsa(curve)) => {
                Self::from_der(algorithm, &Signer::generate_ecdsa_pkcs8(curve)?)
            }
            Method::Pair(Scheme::RsaPkcs1(_) | Scheme::RsaPss(_)) => {
                Err(KeyError::CannotGenerate { algorithm })
            }
        }
    }

    /// Reads a private key from PEM (RFC 7468): the labels `PRIVATE KEY` (PKCS#8),
    /// `EC PRIVATE KEY` (SEC 1) and `RSA PRIVATE KEY` (PKCS#1). The key takes its RFC 7638
    /// thumbprint as `kid`.
    ///
    /// RSA keys must have 2048, 3072 or 4096 bits, EC keys must carry their public key.
    ///
    /// # Errors
    /// When the text holds no private key, an encrypted one, or one that `algorithm` does not
    /// take; the text says what to do.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        let (form, der) = pem::decode(pem)?;
        Self::from_private(algorithm, private::read(form, &der)?, None)
    }

    /// Reads a private key from DER: PKCS#8, SEC 1 or PKCS#1.
    ///
    /// # Errors
    /// As [`SigningKey::from_pem`].
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Self::from_private(algorithm, private::read(Form::of(der)?, der)?, None)
    }

    /// Reads a private JWK (RFC 7517): `OKP`, `EC`, `RSA` with all CRT members, or `oct`. Its
    /// `kty`, `crv`, `alg`, `use`, `key_ops` and size must agree; `RSA` and `oct` must name their
    /// `alg`. Without a `kid` it takes its thumbprint.
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        match jwk::parse(json)? {
            Parsed::Private { algorithm, kid, material } => {
                Self::from_private(algorithm, material, kid)
            }
            Parsed::Secret { algorithm, kid, secret } => {
                let key = Self::hmac(algorithm, &secret)?;
                Ok(kid.map_or(key.clone(), |kid| key.with_kid(kid)))
            }
            Parsed::Public { .. } => Err(KeyError::WrongHalf {
                found: "public",
                expected: "private",
                hint: "; a public key verifies: load it with `VerifyingKey`",
            }),
        }
    }

    /// A shared secret of at least the length of the hash.
    ///
    /// # Security
    /// Whoever verifies with it can sign. It must be random: a passphrase can be guessed from
    /// one token.
    ///
    /// # Errors
    /// When the secret is too short or `algorithm` is not HS256, HS384 or HS512.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let key = HmacKey::new(public::check_secret(algorithm, secret)?, secret);
        Ok(Self {
            public: VerifyingKey::from_hmac_key(algorithm, key.clone())?,
            private: Arc::new(Private::Hmac(key)),
        })
    }

    fn from_private(
        algorithm: Algorithm,
        material: PrivateMaterial,
        kid: Option<KeyId>,
    ) -> Result<Self, KeyError> {
        let scheme = fit(algorithm, &material)?;
        let signer = Signer::new(scheme, &material)?;
        signer.check(&material)?;
        Ok(Self {
            public: VerifyingKey::from_public(algorithm, signer.public(), kid)?,
            private: Arc::new(Private::pair(signer, Arc::new(material))),
        })
    }

    /// The same key, with its signatures made and checked by `backend`. A key comes from its
    /// loader on [`Backend::Ring`]; a shared secret stays there.
    ///
    /// # Errors
    /// [`KeyError::Backend`] when the backend cannot prepare a key that the loader has taken.
    pub fn with_backend(&self, backend: Backend) -> Result<Self, KeyError> {
        let public = self.public.with_backend(backend)?;
        let private = match (&*self.private, self.algorithm().method(), public.public_material()) {
            (Private::Pair { signer, material }, Method::Pair(scheme), Some(own))
                if signer.backend() != backend =>
            {
                let signer = Signer::on(backend, scheme, material, own)
                    .map_err(|_| KeyError::Backend { backend })?;
                Arc::new(Private::pair(signer, Arc::clone(material)))
            }
            _ => Arc::clone(&self.private),
        };
        Ok(Self { public, private })
    }

    /// What computes its signatures.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match &*self.private {
            Private::Hmac(_) => Backend::Ring,
            Private::Pair { signer, .. } => signer.backend(),
        }
    }

    /// The same key under another name.
    #[must_use]
    pub fn with_kid(&self, kid: KeyId) -> Self {
        Self { public: self.public.with_kid(kid), private: Arc::clone(&self.private) }
    }

    /// The one algorithm it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// Its name in token headers.
    #[must_use]
    pub fn kid(&self) -> &KeyId {
        self.public.kid()
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.public.clone()
    }

    /// The encoded header of an access token under this key.
    pub(crate) fn encoded_header(&self) -> &str {
        self.public.encoded_header()
    }

    /// How an access token with this payload begins, and the rest of the payload: see
    /// [`VerifyingKey::beginning`].
    pub(crate) fn beginning<'p>(
        &self,
        payload: &'p [u8],
        constant: usize,
    ) -> Option<(&str, &'p [u8])> {
        self.public.beginning(payload, constant)
    }

    /// The signature of `message` in its JOSE form: for ECDSA `r ‖ s` of fixed length
    /// (RFC 7518 §3.4). It fails only when the random source does.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        match &*self.private {
            Private::Hmac(key) => {
                let begun = self.public.sign_begun(message);
                Ok(Signature::Tag(begun.unwrap_or_else(|| key.sign(message))))
            }
            Private::Pair { signer, .. } => signer.sign(message).map_err(|_| KeyError::Random),
        }
    }

    /// The private half as PKCS#8 (RFC 5958), to be sealed and stored; none of a shared secret.
    pub(crate) fn private_der(&self) -> Option<Zeroizing<Vec<u8>>> {
        match &*self.private {
            Private::Hmac(_) => None,
            Private::Pair { material, .. } => Some(private::write_pkcs8(material)),
        }
    }

    /// The private key as PEM text (PKCS#8, label `PRIVATE KEY`), to keep a generated key where
    /// [`SigningKey::from_pem`] reads it back. `None` for a shared secret, which the host gave
    /// and has. A `kid` other than the thumbprint is not in it.
    ///
    /// ```
    /// use hallpass::key::{Algorithm, SigningKey};
    ///
    /// let key = SigningKey::generate(Algorithm::ES256)?;
    /// let pem = key.expose_private_pem().expect("not a shared secret");
    /// let again = SigningKey::from_pem(Algorithm::ES256, pem.expose_secret())?;
    /// assert_eq!(again.kid(), key.kid());
    /// assert_eq!(format!("{pem:?}"), "PrivateKeyPem([redacted])");
    /// # Ok::<(), hallpass::key::KeyError>(())
    /// ```
    ///
    /// # Security
    /// Whoever has the text signs tokens that every verifier believes. Write it only where the
    /// service alone reads, and search for this name in review.
    #[must_use]
    pub fn expose_private_pem(&self) -> Option<PrivateKeyPem> {
        self.private_der().map(|der| PrivateKeyPem::from_sealed(pem::encode_private(&der)))
    }
}

/// The scheme under which `material` serves `algorithm`, if it is fit to sign with.
fn fit(algorithm: Algorithm, material: &PrivateMaterial) -> Result<Scheme, KeyError> {
    let (found, bits) = match material {
        PrivateMaterial::Ed25519 { .. } => ("an Ed25519 key", None),
        PrivateMaterial::Ec { curve: Curve::P256, .. } => ("a P-256 key", None),
        PrivateMaterial::Ec { curve: Curve::P384, .. } => ("a P-384 key", None),
        PrivateMaterial::Rsa(key) => ("an RSA key", Some(public::bits(&key.modulus))),
    };
    let expected = algorithm.needs();
    let Method::Pair(scheme) = algorithm.method() else {
        return Err(KeyError::WrongKind { found, algorithm, expected });
    };
    if found != expected {
        return Err(KeyError::WrongKind { found, algorithm, expected });
    }
    match bits {
        None | Some(2048 | 3072 | 4096) => Ok(scheme),
        Some(bits) => Err(KeyError::RsaSize { bits, expected: "2048, 3072 or 4096 to sign" }),
    }
}

impl Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", self.kid())
            .finish_non_exhaustive()
    }
}
