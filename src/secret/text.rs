//! Knows the secrets that are text: tokens, keys and codes. Printing one prints its kind.
//! Must not know how they are made or checked.

use std::fmt::{self, Debug};

use zeroize::Zeroizing;

/// A text whose memory is overwritten when it goes.
struct Wiped(String);

impl Drop for Wiped {
    /// All its room, not only what it held last. [`Zeroizing`] writes byte by byte, which for a
    /// token takes longer than to check its signature by HMAC; this writes as wide as the machine
    /// can, and then has the compiler believe that somebody looks.
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.clear();
        bytes.resize(bytes.capacity(), 0);
        zeroize::optimization_barrier(&*bytes);
    }
}

macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// It prints as
        #[doc = concat!("`", stringify!($name), "([redacted])`,")]
        /// cannot be compared, cloned or serialized, and is wiped when dropped.
        pub struct $name(Wiped);

        impl $name {
            /// Takes over a secret text.
            #[must_use]
            pub fn new(text: String) -> Self {
                Self::from_sealed(Zeroizing::new(text))
            }

            pub(crate) fn from_sealed(mut text: Zeroizing<String>) -> Self {
                Self(Wiped(std::mem::take(&mut *text)))
            }

            /// The text, to hand it to its owner.
            ///
            /// # Security
            /// Do not log it or keep it where others read. Every use of this name is worth a look.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                &self.0.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }

        impl Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

macro_rules! token_text {
    ($($name:ident)*) => {
        $(impl sealed::TokenText for $name {
            fn text(&self) -> &str {
                &self.0.0
            }
        })*
    };
}

secret_text!(
    /// An access token (RFC 6749 §1.4): whoever shows it may do what it allows.
    ///
    /// ```
    /// use hallpass::secret::AccessToken;
    ///
    /// let token = AccessToken::new("eyJ0".to_owned());
    /// assert_eq!(format!("{token:?}"), "AccessToken([redacted])");
    /// assert_eq!(token.expose_secret(), "eyJ0");
    /// ```
    AccessToken
);
secret_text!(
    /// A refresh token (RFC 6749 §1.5): one use, for the next pair of tokens.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let token = issued.refresh_token();
    /// assert_eq!(format!("{token:?}"), "RefreshToken([redacted])");
    /// let text = token.expose_secret().to_owned(); // for its owner: a cookie, the token response
    /// assert!(authority.refresh(&text).await.is_ok());
    /// # Ok(()) }
    /// ```
    RefreshToken
);
secret_text!(
    /// A long-lived key of a service, a script or a person.
    ///
    /// ```
    /// use hallpass::secret::ApiKey;
    ///
    /// let key = ApiKey::new("hp_ak_AQ".to_owned()); // a script has its own from the environment
    /// let header = format!("Bearer {}", key.expose_secret());
    /// assert_eq!(header, "Bearer hp_ak_AQ");
    /// assert_eq!(format!("sent {key:?}"), "sent ApiKey([redacted])");
    /// ```
    ApiKey
);
secret_text!(
    /// What a confidential client authenticates with (RFC 6749 §2.3.1).
    ///
    /// ```
    /// use hallpass::secret::ClientSecret;
    ///
    /// #[derive(Debug)]
    /// struct Partner {
    ///     id: &'static str,
    ///     secret: ClientSecret,
    /// }
    /// let secret = ClientSecret::new("from the vault".to_owned());
    /// let partner = Partner { id: "shop", secret };
    /// assert_eq!(
    ///     format!("{partner:?}"),
    ///     r#"Partner { id: "shop", secret: ClientSecret([redacted]) }"#
    /// );
    /// ```
    ClientSecret
);
secret_text!(
    /// What the browser carries from `/authorize` to the client (RFC 6749 §1.3.1).
    ///
    /// ```
    /// use hallpass::secret::AuthorizationCode;
    ///
    /// let code = AuthorizationCode::new("hp_ac_AQ".to_owned());
    /// let location = format!("https://app.example.com/callback?code={}", code.expose_secret());
    /// assert!(location.ends_with("?code=hp_ac_AQ"));
    /// assert_eq!(format!("{code:?}"), "AuthorizationCode([redacted])");
    /// ```
    AuthorizationCode
);
secret_text!(
    /// An ID token (OpenID Connect Core §2): it tells a client who signed in, and is good for
    /// nothing else.
    ///
    /// ```compile_fail
    /// # async fn f(authority: hallpass::Authority, id_token: hallpass::secret::IdToken) {
    /// let who = authority.verify(&id_token).await; // nothing that asks for a token takes it
    /// # }
    /// ```
    IdToken
);
secret_text!(
    /// A private signing key as PEM text (RFC 7468), made by
    /// [`SigningKey::expose_private_pem`](crate::key::SigningKey::expose_private_pem).
    ///
    /// ```
    /// use hallpass::key::{Algorithm, SigningKey};
    ///
    /// let key = SigningKey::generate(Algorithm::EdDSA)?;
    /// let pem = key.expose_private_pem().expect("not a shared secret");
    /// assert_eq!(format!("{pem:?}"), "PrivateKeyPem([redacted])");
    /// assert!(pem.expose_secret().starts_with("-----BEGIN PRIVATE KEY-----"));
    /// # Ok::<(), hallpass::key::KeyError>(())
    /// ```
    PrivateKeyPem
);

token_text!(AccessToken RefreshToken ApiKey ClientSecret AuthorizationCode);

mod sealed {
    #[doc(hidden)]
    #[expect(unnameable_types, reason = "sealed: no other type may be taken for a token")]
    pub trait TokenText {
        fn text(&self) -> &str;
    }
}

/// The text of a token somebody presented: `&str`, `&String`, or a reference to one of the
/// secrets of this module. It lets `verify(issued.access_token())` and `verify(header_value)`
/// read alike.
///
/// ```
/// use hallpass::secret::{AccessToken, TokenText};
///
/// fn length(token: impl TokenText) -> usize {
///     token.token_text().len()
/// }
/// assert_eq!(length("eyJ0"), 4);
/// assert_eq!(length(&AccessToken::new("eyJ0".to_owned())), 4);
/// ```
pub trait TokenText: sealed::TokenText {
    /// The text.
    fn token_text(&self) -> &str;
}

impl<T: sealed::TokenText> TokenText for T {
    fn token_text(&self) -> &str {
        self.text()
    }
}

impl sealed::TokenText for &str {
    fn text(&self) -> &str {
        self
    }
}

impl sealed::TokenText for &String {
    fn text(&self) -> &str {
        self
    }
}

impl<T: sealed::TokenText> sealed::TokenText for &T {
    fn text(&self) -> &str {
        (**self).text()
    }
}
