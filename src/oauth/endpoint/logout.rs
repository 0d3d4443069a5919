//! Knows how a client lets its user sign out (OpenID Connect RP-Initiated Logout 1.0).
//! Must not know how the host remembers a user; it drops its own cookie.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::authorize::{show, told};
use crate::{
    authority::Client,
    id::{ClientId, SessionId, Subject},
    oauth::{
        AuthorizationServer, Endpoint, Form, Host, OAuthError, Request,
        pages::{SignOutPage, guarded},
        reply::with_query,
    },
    web::Answer,
};

const PURPOSE: &str = "oauth-sign-out";
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What a sign-out does, and where it leads.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOut {
    /// Who is signed in, where they are asked.
    subject: Option<Subject>,
    /// The session that the ID token was made in.
    session: Option<SessionId>,
    client: Option<ClientId>,
    /// Registered by that client.
    address: Option<String>,
    state: Option<String>,
}

impl AuthorizationServer {
    /// Signs the user out, by GET or POST: ends the session that `id_token_hint` was made in,
    /// lets the host drop its cookie, and sends the browser to `post_logout_redirect_uri`, if the
    /// client has registered exactly that.
    ///
    /// Without a hint of ours, or with one of another user than the one who is signed in, the
    /// user is asked first: any site can send a browser here.
    pub async fn end_session(&self, request: &Request<'_>) -> Answer {
        let Some(host) = self.0.host.clone() else { return OAuthError::NOTHING_HERE.answer() };
        match self.sign_out(&*host, request).await {
            Ok(answer) => answer,
            Err(error) => show(&*host, error).await,
        }
    }

    async fn sign_out(&self, host: &dyn Host, request: &Request<'_>) -> Result<Answer, OAuthError> {
        let form = Form::parse(request)?;
        self.admit_named(Endpoint::Logout, &form, request).await?;
        let user = host.user(&request.head).await.map_err(|error| told(&error))?;
        let user = user.map(|user| user.subject);
        if let (Some(ticket), "POST") = (form.get("ticket"), request.head.method()) {
            let wanted: SignOut =
                self.authority().open_ticket(PURPOSE, ticket).map_err(|_| OAuthError::TICKET)?;
            if user.is_some() && user != wanted.subject {
                return Err(OAuthError::OTHER_USER);
            }
            // It may have been taken back since.
            let client = match &wanted.client {
                Some(id) => self.authority().find_client(id).await?,
                None => None,
            };
            check_address(client.as_deref(), wanted.address.as_deref())?;
            return self.carry_out(host, request, wanted).await;
        }
        let hint = form.get("id_token_hint");
        let hint = hint.and_then(|hint| self.authority().read_id_token_hint(hint));
        let client = self.client_of(&form, hint.as_ref().map(|hint| &hint.client)).await?;
        let address = form.get("post_logout_redirect_uri");
        check_address(client.as_deref(), address)?;
        // With an ID token of somebody else, who is signed in signs out themselves and nobody else.
        let own =
            hint.as_ref().filter(|hint| user.as_ref().is_none_or(|user| *user == hint.subject));
        let wanted = SignOut {
            subject: user.clone(),
            session: own.map(|hint| hint.session),
            client: client.as_ref().map(|client| client.id().clone()),
            address: address.map(str::to_owned),
            state: form.get("state").map(str::to_owned),
        };
        if user.is_none() || own.is_some() {
            return self.carry_out(host, request, wanted).await;
        }
        let ticket = self.authority().seal_ticket(PURPOSE, &wanted, LIFETIME);
        let page = SignOutPage {
            action: &self.path_of(Endpoint::Logout),
            ticket: &ticket.map_err(|_| OAuthError::MISCONFIGURED)?,
            client: client.as_deref(),
        };
        Ok(guarded(host.sign_out_page(&page).await))
    }

    /// The client by its ID token or its name, which must agree.
    async fn client_of(
        &self,
        form: &Form,
        hinted: Option<&ClientId>,
    ) -> Result<Option<Arc<Client>>, OAuthError> {
        let named = form.get("client_id").map(ClientId::parse).transpose();
        let named = named.map_err(|_| OAuthError::UNKNOWN_CLIENT)?;
        let id = match (named.as_ref(), hinted) {
            (Some(named), Some(hinted)) if named != hinted => {
                return Err(OAuthError::HINT_OF_ANOTHER);
            }
            (named, hinted) => named.or(hinted),
        };
        match id {
            Some(id) => Ok(self.authority().find_client(id).await?),
            None => Ok(None),
        }
    }

    async fn carry_out(
        &self,
        host: &dyn Host,
        request: &Request<'_>,
        wanted: SignOut,
    ) -> Result<Answer, OAuthError> {
        if let Some(session) = &wanted.session {
            self.authority().sign_out_session(session).await?;
        }
        let cookies = match wanted.subject {
            Some(_) => host.sign_out(&request.head).await.map_err(|error| told(&error))?,
            None => Vec::new(),
        };
        let answer = match &wanted.address {
            Some(address) => {
                let state = wanted.state.as_deref().map(|state| ("state", state));
                Answer::see_other(&with_query(address, state))
            }
            None => host.signed_out_page().await,
        };
        let drop = |answer: Answer, cookie: &String| answer.and_header("set-cookie", cookie);
        Ok(cookies.iter().fold(guarded(answer), drop))
    }
}

/// RP-Initiated Logout §3: the address "MUST have been previously registered", and is compared
/// as it stands.
fn check_address(client: Option<&Client>, address: Option<&str>) -> Result<(), OAuthError> {
    let Some(address) = address else { return Ok(()) };
    let known = client.is_some_and(|client| client.allows_post_logout_redirect(address));
    if known { Ok(()) } else { Err(OAuthError::POST_LOGOUT) }
}
