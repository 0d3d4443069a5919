//! Knows which forms are ours: their token is bound to the browser and to who is signed in.
//! Must not know what a form is for.

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{hkdf, hmac, rand};

use super::cookie::{Cookie, Cookies};

/// Makes and checks form tokens. The key comes from the master secret, so that a form of one
/// instance may be sent to another.
pub(crate) struct FormTokens {
    key: hmac::Key,
}

impl std::fmt::Debug for FormTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormTokens").finish_non_exhaustive()
    }
}

impl FormTokens {
    pub(crate) fn derive(secret: &str, issuer: &str) -> Result<Self, ring::error::Unspecified> {
        let secret =
            hkdf::Salt::new(hkdf::HKDF_SHA256, issuer.as_bytes()).extract(secret.as_bytes());
        let key = secret.expand(&[b"auth_server/form"], hmac::HMAC_SHA256)?;
        Ok(Self { key: key.into() })
    }

    fn message(cookies: &Cookies, form: &str, headers: &HeaderMap) -> Vec<u8> {
        let session = cookies.read(Cookie::Session, headers).unwrap_or_default();
        [form.as_bytes(), b"\0", session.as_bytes()].concat()
    }

    /// The token for a form in this browser, and the cookie that it has to have, if it has none.
    pub(crate) fn issue(
        &self,
        cookies: &Cookies,
        headers: &HeaderMap,
    ) -> Result<(String, Option<String>), ring::error::Unspecified> {
        let known = cookies.read(Cookie::Form, headers).filter(|value| value.len() == 22);
        let fresh = match known {
            Some(_) => None,
            None => Some(random()?),
        };
        let form = known.or(fresh.as_deref()).unwrap_or_default();
        let tag = hmac::sign(&self.key, &Self::message(cookies, form, headers));
        Ok((URL_SAFE_NO_PAD.encode(tag), fresh))
    }

    /// Whether a form with this token came from a page of ours in this browser.
    pub(crate) fn is_ours(&self, cookies: &Cookies, headers: &HeaderMap, token: &str) -> bool {
        // What browsers say by themselves: no other site may even try (Fetch Metadata).
        let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
        let Some(form) = cookies.read(Cookie::Form, headers) else { return false };
        let Ok(tag) = URL_SAFE_NO_PAD.decode(token) else { return false };
        site.is_none_or(|site| site == b"same-origin")
            && hmac::verify(&self.key, &Self::message(cookies, form, headers), &tag).is_ok()
    }
}

/// 16 random bytes as text.
pub(super) fn random() -> Result<String, ring::error::Unspecified> {
    let bytes: [u8; 16] = rand::generate(&rand::SystemRandom::new())?.expose();
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
