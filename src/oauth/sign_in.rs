//! Knows when a user must sign in (OpenID Connect Core §3.1.2.1, §3.1.2.3), and how the request
//! comes back afterwards.
//! Must not know how users sign in.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    AuthorizationServer, Endpoint, Form, OAuthError, SignedIn,
    authorization::Authorization,
    host::{SignIn, SignInReason},
    pages::guarded,
    reply::with_query,
};
use crate::{
    clock::Timestamp,
    crypto,
    id::Subject,
    oauth::Host,
    web::{Answer, RequestHead},
};

/// What a request carries around the sign-in, and back.
const SINCE: &str = "hp_since";
const PURPOSE: &str = "oauth-sign-in";
/// How long a user may take to sign in. After it they are asked once more.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long ago that sign-in may be when the request comes back: the host leads there at once.
const NEW: Duration = Duration::from_secs(10 * 60);

/// The parameters that have a meaning here, and come back after a sign-in. Others are ignored
/// (RFC 6749 §3.1).
const KNOWN: [&str; 15] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "prompt",
    "max_age",
    "resource",
    "response_mode",
    "login_hint",
    "acr_values",
    "ui_locales",
];

/// When this very request came first: a sign-in after that is a new one.
#[derive(Serialize, Deserialize)]
struct Since {
    at: Timestamp,
    request: String,
    /// Which coming of the request it was: two may be alike to the last letter.
    id: String,
}

/// What follows from who is signed in.
pub(super) enum SignInStep {
    /// The user is led to sign in.
    Led(Answer),
    /// The user is the one.
    Done {
        /// Which coming of the request asked for the sign-in, where only that makes the user the
        /// one.
        asked_by: Option<String>,
    },
}

impl AuthorizationServer {
    /// Leads the user to sign in, if they must.
    pub(super) async fn lead_to_sign_in(
        &self,
        host: &dyn Host,
        head: &RequestHead<'_>,
        form: &Form,
        authorization: &Authorization,
        user: Option<&SignedIn>,
    ) -> Result<SignInStep, OAuthError> {
        let now = self.authority().now();
        let hint = authorization.id_token_hint.as_deref();
        let expected = hint.and_then(|hint| self.authority().read_id_token_hint(hint));
        let expected = expected.map(|hint| hint.subject);
        let query = query(form);
        let since = self.since(form, &query);
        let at = since.as_ref().map(|since| since.at);
        let reason_for = |at| reason(authorization, user, at, expected.as_ref(), now);
        let Some(reason) = reason_for(at) else {
            let asked_by = since.filter(|_| reason_for(None).is_some()).map(|since| since.id);
            return Ok(SignInStep::Done { asked_by });
        };
        if authorization.prompt.none {
            return Err(OAuthError::LOGIN_REQUIRED);
        }
        if reason == SignInReason::OtherUser && since.is_some() {
            return Err(OAuthError::OTHER_LOGIN_REQUIRED);
        }
        let since = match since {
            Some(since) => since,
            None => Since { at: now, request: digest(&query), id: ticket_id()? },
        };
        let since = self.authority().seal_ticket(PURPOSE, &since, LIFETIME);
        let since = since.map_err(|_| OAuthError::MISCONFIGURED)?;
        let path = self.path_of(Endpoint::Authorize);
        // The hint is as long as all else together, and the host has what it says.
        let hint = hint.map(|hint| ("id_token_hint", hint));
        let carried = hint.into_iter().chain([(SINCE, since.as_str())]);
        let return_to = with_query(&format!("{path}?{query}"), carried);
        let interaction = SignIn {
            head,
            reason,
            return_to: &return_to,
            client: &authorization.client,
            login_hint: authorization.login_hint.as_deref(),
            expected: expected.as_ref(),
            acr_values: authorization.acr_values.as_deref(),
            ui_locales: authorization.ui_locales.as_deref(),
        };
        Ok(SignInStep::Led(guarded(host.sign_in(&interaction).await)))
    }

    /// Uses up a sign-in that a request has asked for: it stands for one code. Whoever finds the
    /// way back in the browser's history does not pass for the user with it.
    pub(super) async fn use_sign_in(
        &self,
        asked_by: &str,
        user: &SignedIn,
    ) -> Result<(), OAuthError> {
        let at = user.auth_time.as_unix_millis().to_be_bytes();
        let key = [b"oauth-sign-in:", asked_by.as_bytes(), &at, user.subject.as_str().as_bytes()]
            .concat();
        let until = self.authority().now() + LIFETIME;
        if self.authority().consume_once(&key, until).await? {
            Ok(())
        } else {
            Err(OAuthError::SIGN_IN_USED)
        }
    }

    /// When this request came first, if it has been led to a sign-in. A mark of another request
    /// is none.
    fn since(&self, form: &Form, query: &str) -> Option<Since> {
        let since: Since = self.authority().open_ticket(PURPOSE, form.get(SINCE)?).ok()?;
        (since.request == digest(query)).then_some(since)
    }

    /// The path of an endpoint on the issuer's origin.
    pub(super) fn path_of(&self, endpoint: Endpoint) -> String {
        let url = self.endpoints().url(self.authority().issuer(), endpoint);
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").to_owned()
    }
}

/// So that no two tickets are alike.
pub(super) fn ticket_id() -> Result<String, OAuthError> {
    let id: [u8; 12] = crypto::random_array().map_err(|_| OAuthError::NOT_NOW)?;
    Ok(URL_SAFE_NO_PAD.encode(id))
}

/// Why the user must sign in, if they must.
fn reason(
    authorization: &Authorization,
    user: Option<&SignedIn>,
    since: Option<Timestamp>,
    expected: Option<&Subject>,
    now: Timestamp,
) -> Option<SignInReason> {
    let Some(user) = user else { return Some(SignInReason::Nobody) };
    if expected.is_some_and(|expected| *expected != user.subject) {
        return Some(SignInReason::OtherUser);
    }
    // A host may keep its times in whole seconds.
    let age = now.saturating_since(user.auth_time);
    let is_new = |since: Timestamp| {
        user.auth_time.as_unix_seconds() >= since.as_unix_seconds() && age <= NEW
    };
    if since.is_some_and(is_new) {
        return None;
    }
    if authorization.prompt.login {
        return Some(SignInReason::Asked);
    }
    // "max_age=0" is the same as prompt=login, however new the sign-in is.
    let is_old = |most: u64| most == 0 || age > Duration::from_secs(most);
    authorization.max_age.is_some_and(is_old).then_some(SignInReason::TooOld)
}

/// What has a meaning of the request, in an order of its own.
fn query(form: &Form) -> String {
    let known = KNOWN.into_iter().flat_map(|name| form.all(name).map(move |value| (name, value)));
    with_query("", known).split_off(1)
}

fn digest(query: &str) -> String {
    URL_SAFE_NO_PAD.encode(crypto::sha256(&[query.as_bytes()]))
}
