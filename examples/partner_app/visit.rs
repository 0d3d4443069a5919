//! Knows what the app remembers of a browser: an authorization that was begun, tokens.
//! Must not know what they are for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::api::{Begun, Tokens};

/// All browsers.
#[derive(Default)]
pub(crate) struct Visits(Mutex<HashMap<String, Arc<Visit>>>);

/// One browser.
#[derive(Default)]
pub(crate) struct Visit {
    begun: Mutex<Option<Begun>>,
    tokens: Mutex<Option<Tokens>>,
}

impl Visits {
    /// Remembers what was begun, and gives the cookie to know the browser by.
    pub(crate) fn begin(&self, begun: Begun) -> Result<HeaderValue, Box<dyn std::error::Error>> {
        let mut id = [0_u8; 16];
        let random = ring::rand::SystemRandom::new();
        ring::rand::SecureRandom::fill(&random, &mut id).map_err(|_| "no random bytes")?;
        let id = URL_SAFE_NO_PAD.encode(id);
        let visit = Visit { begun: Mutex::new(Some(begun)), ..Visit::default() };
        // Lax: the user comes back by a redirect from another site.
        let cookie = format!("visit={id}; Path=/; HttpOnly; SameSite=Lax");
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        visits.insert(id, Arc::new(visit));
        Ok(HeaderValue::from_str(&cookie)?)
    }

    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<Arc<Visit>> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, id) = pairs.find(|(name, _)| *name == "visit")?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

impl Visit {
    /// What was begun, if the answer is to it. It is answered once.
    pub(crate) fn answered(&self, state: Option<&str>) -> Option<Begun> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.take_if(|begun| Some(begun.state.secret().as_str()) == state)
    }

    pub(crate) fn tokens(&self) -> Option<Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn has_tokens(&self) -> bool {
        self.tokens().is_some()
    }

    pub(crate) fn keep(&self, tokens: Tokens) {
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens);
    }

    pub(crate) fn forget(&self) {
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
