//! Knows an authorization request: what of it is read, and in which order it is refused
//! (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1, RFC 8707 §2).
//! Must not know the user.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AuthorizationServer, Form, OAuthError,
    grant::{read_resources, read_scope},
    reply::ReplyTo,
};
use crate::{
    authority::{Client, GrantType},
    id::{Audience, ClientId},
    scope::Scope,
};

/// The longest value that is carried along: an address of the browser holds a few of them.
const LONGEST: usize = 2048;

/// What a client asks for, read and checked but for what the user may give.
#[derive(Debug)]
pub(super) struct Authorization {
    pub(super) client: Arc<Client>,
    pub(super) asked: AskedFor,
    pub(super) prompt: Prompt,
    /// In seconds.
    pub(super) max_age: Option<u64>,
    pub(super) login_hint: Option<String>,
    pub(super) id_token_hint: Option<String>,
    pub(super) acr_values: Option<String>,
    pub(super) ui_locales: Option<String>,
}

/// The part of it that a consent form carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedFor {
    pub(super) client: ClientId,
    pub(super) reply: ReplyTo,
    pub(super) challenge: String,
    pub(super) scope: Scope,
    pub(super) resource: Vec<Audience>,
    pub(super) nonce: Option<String>,
    /// Which coming of the request asked for a new sign-in and has got it: that stands for one
    /// code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sign_in_asked_by: Option<String>,
}

/// What the request says of showing pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) none: bool,
    pub(super) login: bool,
    pub(super) consent: bool,
}

/// A request that is refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// The user is told, and nobody else: where the answer would go is not known to be right
    /// (RFC 6749 §4.1.2.1).
    Shown(OAuthError),
    /// The client is told, at its address.
    Sent(ReplyTo, OAuthError),
}

impl AuthorizationServer {
    /// Whom the answer of a request goes to.
    pub(super) async fn addressee(
        &self,
        form: &Form,
    ) -> Result<(Arc<Client>, ReplyTo), OAuthError> {
        let id = form.only("client_id")?.ok_or(OAuthError::NO_CLIENT_ID)?;
        let id = ClientId::parse(id).map_err(|_| OAuthError::UNKNOWN_CLIENT)?;
        let client = self.authority().find_client(&id).await?.ok_or(OAuthError::UNKNOWN_CLIENT)?;
        let named = form.only("redirect_uri")?;
        let address = match (named, client.redirect_uris()) {
            (Some(named), _) => named,
            // RFC 6749 §3.1.2.3: it may be left out where only one is registered in full.
            (None, [one]) => one,
            (None, _) => return Err(OAuthError::NO_REDIRECT_URI),
        };
        if !client.allows_redirect(address) {
            return Err(OAuthError::REDIRECT_URI);
        }
        // A state that came twice is no state: nothing is sent back.
        let state = form.only("state").unwrap_or(None).map(str::to_owned);
        let reply = ReplyTo { address: address.to_owned(), named: named.is_some(), state };
        Ok((client, reply))
    }

    /// Reads a request. Nothing of it is acted on yet.
    pub(super) async fn read_authorization(&self, form: &Form) -> Result<Authorization, Refused> {
        let (client, reply) = self.addressee(form).await.map_err(Refused::Shown)?;
        match self.read_rest(form, &client, &reply) {
            Ok(authorization) => Ok(authorization),
            Err(error) => Err(Refused::Sent(reply, error)),
        }
    }

    fn read_rest(
        &self,
        form: &Form,
        client: &Arc<Client>,
        reply: &ReplyTo,
    ) -> Result<Authorization, OAuthError> {
        if form.has_repeats() {
            return Err(OAuthError::REPEATED);
        }
        // OpenID Connect Core §6: not offered, and never passed over in silence, as they would
        // say something else than the parameters.
        if form.get("request").is_some() {
            return Err(OAuthError::REQUEST_OBJECT);
        }
        if form.get("request_uri").is_some() {
            return Err(OAuthError::REQUEST_URI);
        }
        if form.get("registration").is_some() {
            return Err(OAuthError::REGISTRATION);
        }
        // RFC 9700 §2.1.2: codes alone; no token ever travels in an address.
        match form.required("response_type", OAuthError::NO_RESPONSE_TYPE)? {
            "code" => {}
            _ => return Err(OAuthError::RESPONSE_TYPE),
        }
        if !client.allows_grant(GrantType::AuthorizationCode) {
            return Err(OAuthError::UNAUTHORIZED_CLIENT);
        }
        if form.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(OAuthError::RESPONSE_MODE);
        }
        let challenge = read_challenge(form)?;
        let prompt = read_prompt(form.get("prompt").unwrap_or_default())?;
        let max_age = form.get("max_age").map(str::parse).transpose();
        let max_age = max_age.map_err(|_| OAuthError::MAX_AGE)?;
        let scope = self.read_asked_scope(form, client)?;
        let asked = AskedFor {
            client: client.id().clone(),
            reply: reply.clone(),
            challenge,
            scope,
            resource: read_resources(form)?,
            nonce: text(form, "nonce")?,
            sign_in_asked_by: None,
        };
        if reply.state.as_ref().is_some_and(|state| state.len() > LONGEST) {
            return Err(OAuthError::TOO_LONG);
        }
        Ok(Authorization {
            client: Arc::clone(client),
            asked,
            prompt,
            max_age,
            login_hint: text(form, "login_hint")?,
            id_token_hint: form.get("id_token_hint").map(str::to_owned),
            acr_values: text(form, "acr_values")?,
            ui_locales: text(form, "ui_locales")?,
        })
    }

    /// What is asked for, or else the client's default (RFC 6749 §3.3).
    ///
    /// Where neither a ceiling nor a permission source says what the client's users may do, its
    /// default is also the most: what a client asks for and a user allows is no permission, as
    /// the user may not have it to give.
    fn read_asked_scope(&self, form: &Form, client: &Client) -> Result<Scope, OAuthError> {
        let requested = read_scope(form)?;
        let default = client.granted_by_default();
        let scope = requested.or_else(|| default.cloned()).ok_or(OAuthError::NO_SCOPE)?;
        let is_limited = client.ceiling().is_some() || self.authority().asks_permissions();
        let within = |limit: &Scope| {
            let mut beyond = scope
                .not_covered_by(limit)
                .iter()
                .map(|item| item.as_str().to_owned())
                .collect::<Vec<_>>();
            beyond.retain(|item| !matches!(item.as_str(), "openid" | "offline_access"));
            beyond.is_empty()
        };
        let is_within = is_limited || within(default.unwrap_or(&Scope::empty()));
        if !is_within {
            return Err(OAuthError::SCOPE);
        }
        // It would be of no use to a client that cannot present a refresh token.
        if client.allows_grant(GrantType::RefreshToken) {
            return Ok(scope);
        }
        let offline = Scope::parse("offline_access").map_err(|_| OAuthError::SCOPE)?;
        let scope = scope.not_covered_by(&offline);
        // Nobody would be asked for nothing, and still be named to the client.
        if scope.is_empty() { Err(OAuthError::SCOPE) } else { Ok(scope) }
    }
}

/// RFC 7636 §4.3, §4.4.1: required of every client, and S256 alone.
fn read_challenge(form: &Form) -> Result<String, OAuthError> {
    let challenge = form.required("code_challenge", OAuthError::NO_CODE_CHALLENGE)?;
    // Without a method it would be `plain`, which whoever reads the request can answer.
    if form.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::CHALLENGE_METHOD);
    }
    let base64url = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if challenge.len() != 43 || !challenge.bytes().all(base64url) {
        return Err(OAuthError::CHALLENGE);
    }
    Ok(challenge.to_owned())
}

/// OpenID Connect Core §3.1.2.1. Choosing an account is a new sign-in.
fn read_prompt(text: &str) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(OAuthError::PROMPT),
        }
    }
    // "If this parameter contains none with any other value, an error is returned."
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(OAuthError::PROMPT);
    }
    Ok(prompt)
}

fn text(form: &Form, name: &'static str) -> Result<Option<String>, OAuthError> {
    match form.get(name) {
        Some(text) if text.len() > LONGEST => Err(OAuthError::TOO_LONG),
        text => Ok(text.map(str::to_owned)),
    }
}
