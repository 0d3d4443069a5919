//! Knows who is signed in at this browser.
//! Must not know how they signed in.

use axum::http::HeaderMap;
use hallpass::{
    Timestamp,
    authority::{Refresh, RefreshError},
    id::{ClientId, SessionId, Subject},
    verifier::FailureKind,
};

use super::cookie::Cookie;
use crate::{
    app::App,
    config::{SIGN_IN, User},
    pages::Page,
};

/// Why it cannot be said who somebody is.
pub(crate) type Unknown = Box<dyn std::error::Error + Send + Sync>;

/// Who sends a request.
#[derive(Debug)]
pub(crate) enum Who {
    Nobody,
    Known(SignedIn),
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) subject: Subject,
    pub(crate) session: SessionId,
    /// When they gave their password.
    pub(crate) at: Timestamp,
    /// What the pages call them.
    pub(crate) display: String,
}

impl App {
    /// Who is signed in at this browser. The session is asked of the store each time, so that
    /// signing out bites at once, on every instance.
    pub(crate) async fn who(&self, headers: &HeaderMap) -> Result<Who, Page> {
        let Some(cookie) = self.cookies.read(Cookie::Session, headers) else {
            return Ok(Who::Nobody);
        };
        match self.signed_in(cookie).await {
            Ok(who) => Ok(who.map_or(Who::Nobody, Who::Known)),
            Err(error) => Err(self.unwell(&*error)),
        }
    }

    /// Who holds this cookie; nobody if it is none, or has ended. While that cannot be known, it is
    /// an error: who is sent to sign in has reason to believe that they were signed out.
    pub(crate) async fn signed_in(&self, cookie: &str) -> Result<Option<SignedIn>, Unknown> {
        let Ok(client) = ClientId::parse(SIGN_IN) else { return Ok(None) };
        let issued = match self.authority.refresh_with(Refresh::new(cookie).client(&client)).await {
            Ok(issued) => issued,
            Err(
                error @ (RefreshError::Unavailable(_)
                | RefreshError::StateRollback
                | RefreshError::ClockSkew
                | RefreshError::Signing(_)
                | RefreshError::Permissions(_)),
            ) => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        let who = match self.authority.verify(issued.access_token()).await {
            Ok(who) => who,
            Err(error) if error.kind() == FailureKind::Unavailable => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        let Ok(subject) = Subject::parse(who.subject()) else { return Ok(None) };
        let Some(user) = self.user(&subject) else { return Ok(None) };
        Ok(Some(SignedIn {
            display: user.display.clone(),
            session: issued.session_id(),
            at: who.auth_time().unwrap_or_else(|| issued.session_id().born()),
            subject,
        }))
    }

    pub(crate) fn user(&self, subject: &Subject) -> Option<&User> {
        self.config.users.iter().find(|user| user.subject == *subject)
    }
}
