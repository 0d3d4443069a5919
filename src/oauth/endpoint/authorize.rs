//! Knows the authorization endpoint (RFC 6749 §3.1): who is asked what, before a code is given.
//! Must not know how a code is made, nor how pages look.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    authority::{Client, CodeBinding, Grant, GrantType},
    clock::Timestamp,
    id::Subject,
    oauth::{
        AuthorizationServer, Endpoint, Form, Host, OAuthError, Request, SignedIn,
        authorization::{AskedFor, Authorization, Refused},
        describe,
        pages::{ConsentPage, ErrorPage, guarded},
        reply::ReplyTo,
        sign_in::{SignInStep, ticket_id},
    },
    scope::Scope,
    web::Answer,
};

/// How long a consent page can be answered.
pub(super) const LIFETIME: Duration = Duration::from_secs(10 * 60);
pub(super) const PURPOSE: &str = "oauth-consent";

/// What a consent form carries: the request as it was understood, and whom it was shown to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentTicket {
    pub(super) asked: AskedFor,
    pub(super) subject: Subject,
    pub(super) auth_time: Timestamp,
    /// So that no two pages have one ticket.
    pub(super) id: String,
}

impl AuthorizationServer {
    /// Asks the user whether a client may have what it asks for, and sends the client a code:
    /// the start of `response_type=code` with PKCE (RFC 6749 §4.1, RFC 7636), by GET or POST.
    ///
    /// Whatever is wrong with the client or its address is shown to the user; everything else is
    /// told to the client there, with `state` and `iss` (RFC 9207). The browser is never sent to
    /// an address that the client has not registered.
    pub async fn authorize(&self, request: &Request<'_>) -> Answer {
        let Some(host) = self.0.host.clone() else { return OAuthError::NOTHING_HERE.answer() };
        match self.begin(&*host, request).await {
            Ok(answer) => answer,
            Err(refused) => self.refuse(&*host, refused).await,
        }
    }

    async fn begin(&self, host: &dyn Host, request: &Request<'_>) -> Result<Answer, Refused> {
        let form = Form::read(request).map_err(Refused::Shown)?;
        self.admit_named(Endpoint::Authorize, &form, request).await.map_err(Refused::Shown)?;
        let authorization = self.read_authorization(&form).await?;
        let reply = authorization.asked.reply.clone();
        let answer = self.ask(host, request, &form, authorization).await;
        answer.map_err(|error| Refused::Sent(reply, error))
    }

    /// Everything from here on is told to the client.
    async fn ask(
        &self,
        host: &dyn Host,
        request: &Request<'_>,
        form: &Form,
        authorization: Authorization,
    ) -> Result<Answer, OAuthError> {
        let head = &request.head;
        let user = host.user(head).await.map_err(|error| told(&error))?;
        let step = self.lead_to_sign_in(host, head, form, &authorization, user.as_ref()).await?;
        let asked_by = match step {
            SignInStep::Led(answer) => return Ok(answer),
            SignInStep::Done { asked_by } => asked_by,
        };
        let Some(user) = user else { return Err(OAuthError::LOGIN_REQUIRED) };
        let Authorization { client, mut asked, prompt, ui_locales, .. } = authorization;
        asked.sign_in_asked_by = asked_by;
        let born = self.authority().birth(&user.subject, client.id());
        // What the user cannot give is not asked for. The services are those of the page, even if
        // the client may soon ask for more.
        (asked.scope, asked.resource) =
            self.authority().offer(grant(&user, &asked, asked.scope.clone())).await?;
        let given = self.authority().find_consent(&user.subject, client.id()).await?;
        let given = given.map(|record| record.scope);
        if !prompt.consent && may_skip(&client, &asked, given.as_ref()) {
            let scope = asked.scope.clone();
            return self.send_code(&user, &client, &asked, scope, born).await;
        }
        if prompt.none {
            return Err(OAuthError::CONSENT_REQUIRED);
        }
        let items = describe::asked(&asked.scope, given.as_ref(), |item| host.describe(item));
        let host_name = redirect_host(&asked.reply.address).to_owned();
        let audiences = asked.resource.clone();
        let ticket = self.consent_ticket(&user, asked)?;
        let page = ConsentPage {
            client: &client,
            redirect_host: &host_name,
            asked: &items,
            audiences: &audiences,
            action: &self.path_of(Endpoint::Decision),
            ticket: &ticket,
            ui_locales: ui_locales.as_deref(),
        };
        Ok(guarded(host.consent_page(&page).await))
    }

    fn consent_ticket(&self, user: &SignedIn, asked: AskedFor) -> Result<String, OAuthError> {
        let ticket = ConsentTicket {
            asked,
            subject: user.subject.clone(),
            auth_time: user.auth_time,
            id: ticket_id()?,
        };
        let sealed = self.authority().seal_ticket(PURPOSE, &ticket, LIFETIME);
        sealed.map_err(|_| OAuthError::MISCONFIGURED)
    }

    /// Makes the code and sends the browser to the client with it. `born` is from before the
    /// consent was looked at, so that its withdrawal since then reaches the code.
    pub(super) async fn send_code(
        &self,
        user: &SignedIn,
        client: &Client,
        asked: &AskedFor,
        scope: Scope,
        born: Timestamp,
    ) -> Result<Answer, OAuthError> {
        // OpenID Connect Core §11.
        let offline = scope.view().has_word("offline_access") || client.always_gets_refresh();
        let refreshable = offline && client.allows_grant(GrantType::RefreshToken);
        let mut binding = CodeBinding::new(&asked.challenge).refreshable(refreshable).born(born);
        let ReplyTo { address, named, .. } = &asked.reply;
        if *named {
            binding = binding.redirect_uri(address);
        }
        if let Some(nonce) = &asked.nonce {
            binding = binding.nonce(nonce);
        }
        if let Some(request) = &asked.sign_in_asked_by {
            self.use_sign_in(request, user).await?;
        }
        let code = self.authority().issue_code(grant(user, asked, scope), binding).await?;
        Ok(asked.reply.code(self.authority().issuer(), code.expose_secret()))
    }

    pub(super) async fn refuse(&self, host: &dyn Host, refused: Refused) -> Answer {
        match refused {
            Refused::Sent(reply, error) => reply.error(self.authority().issuer(), error),
            Refused::Shown(error) => show(host, error).await,
        }
    }
}

/// Tells the user, and no client.
pub(super) async fn show(host: &dyn Host, error: OAuthError) -> Answer {
    let (status, description) = (error.status(), error.description());
    let page = ErrorPage { status, error: error.error(), description };
    let mut answer = guarded(host.error_page(&page).await);
    let plain = error.answer();
    for name in ["retry-after", "allow"] {
        if let Some(value) = plain.header(name) {
            answer = answer.with_header(name, value);
        }
    }
    answer
}

/// Tells the operator why the host had no answer.
pub(super) fn told(error: &crate::oauth::HostError) -> OAuthError {
    crate::event::host_failed(error);
    OAuthError::HOST
}

/// What is to be granted to a user through a client.
fn grant(user: &SignedIn, asked: &AskedFor, scope: Scope) -> Grant {
    let mut grant = Grant::new(&user.subject, scope)
        .client(&asked.client)
        .auth_time(user.auth_time)
        .amr(user.amr.iter().map(String::as_str))
        .roles(user.roles.iter().map(String::as_str))
        .groups(user.groups.iter().map(String::as_str));
    if let Some(acr) = &user.acr {
        grant = grant.acr(acr);
    }
    if let Some(label) = &user.label {
        grant = grant.label(label);
    }
    for (name, value) in &user.claims {
        grant = grant.claim(name, value);
    }
    asked.resource.iter().fold(grant, |grant, resource| grant.audience(resource))
}

/// Whether the user need not be asked: they have been, or the client is of the same house. And
/// only where nobody can pass for the client: it proves itself, or its address is an https one
/// (RFC 8252 §8.6). An app's own scheme or a port on the user's machine can be anybody's.
fn may_skip(client: &Client, asked: &AskedFor, given: Option<&Scope>) -> bool {
    let is_certain = client.is_confidential() || asked.reply.address.starts_with("https://");
    let is_allowed = client.is_trusted() || given.is_some_and(|given| given.covers(&asked.scope));
    is_certain && is_allowed
}

/// What of an address people can recognise.
fn redirect_host(address: &str) -> &str {
    match address.split_once("://") {
        Some(("http" | "https", rest)) => rest.split(['/', '?']).next().unwrap_or(rest),
        _ => address.split(':').next().unwrap_or(address),
    }
}

/// Whether this is still a client, and this still its address.
pub(super) async fn still_registered(
    server: &AuthorizationServer,
    asked: &AskedFor,
) -> Result<Arc<Client>, OAuthError> {
    let client = server.authority().find_client(&asked.client).await?;
    let client = client.ok_or(OAuthError::UNKNOWN_CLIENT)?;
    if client.allows_redirect(&asked.reply.address) {
        Ok(client)
    } else {
        Err(OAuthError::REDIRECT_URI)
    }
}
