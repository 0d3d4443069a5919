//! Knows what becomes of a consent form: the user's decision, and only theirs.
//! Must not know how the form looks.

use crate::{
    authority::{Client, ConsentError},
    oauth::{
        AuthorizationServer, Endpoint, Form, Host, OAuthError, Request, SignedIn,
        authorization::Refused,
        endpoint::authorize::{ConsentTicket, LIFETIME, PURPOSE, still_registered, told},
    },
    scope::Scope,
    web::Answer,
};

enum Decision {
    Allow(Scope),
    Deny,
}

impl AuthorizationServer {
    /// Takes the consent page's form, by POST: `ticket`, and `decision`, which is `allow`,
    /// `deny`, or `allow_selected` with each selected item as `scope`.
    ///
    /// Nothing is decided for anybody but the user who was shown the page, in the sign-in they
    /// were shown it in, and once. What is allowed is remembered and added to what was allowed
    /// before.
    pub async fn decide_consent(&self, request: &Request<'_>) -> Answer {
        let Some(host) = self.0.host.clone() else { return OAuthError::NOTHING_HERE.answer() };
        match self.decide(&*host, request).await {
            Ok(answer) => answer,
            Err(refused) => self.refuse(&*host, refused).await,
        }
    }

    async fn decide(&self, host: &dyn Host, request: &Request<'_>) -> Result<Answer, Refused> {
        let shown = Refused::Shown;
        if request.head.method() != "POST" {
            return Err(shown(OAuthError::POST_ONLY));
        }
        self.admit(Endpoint::Decision, None, request).await.map_err(shown)?;
        let form = Form::read(request).map_err(shown)?;
        let sealed = form.only("ticket").map_err(shown)?.ok_or(shown(OAuthError::TICKET))?;
        let ticket: ConsentTicket =
            self.authority().open_ticket(PURPOSE, sealed).map_err(|_| shown(OAuthError::TICKET))?;
        let user = host.user(&request.head).await.map_err(|error| shown(told(&error)))?;
        // The ticket is the user's own: another who brings it, or the same in a newer sign-in,
        // has not seen the page.
        let user = user
            .filter(|user| user.subject == ticket.subject && user.auth_time == ticket.auth_time);
        let user = user.ok_or(shown(OAuthError::OTHER_USER))?;
        let client = still_registered(self, &ticket.asked).await.map_err(shown)?;
        let decision = read_decision(&form, &ticket.asked.scope).map_err(shown)?;

        let until = self.authority().now() + LIFETIME;
        let key = [b"oauth-consent:".as_slice(), sealed.as_bytes()].concat();
        let first = self.authority().consume_once(&key, until).await;
        if !first.map_err(|error| shown(error.into()))? {
            return Err(shown(OAuthError::TICKET_USED));
        }
        let reply = ticket.asked.reply.clone();
        let sent = |error| Refused::Sent(reply, error);
        match decision {
            Decision::Deny => Err(sent(OAuthError::DENIED)),
            Decision::Allow(scope) => {
                self.allow(&user, &client, &ticket, scope).await.map_err(sent)
            }
        }
    }

    async fn allow(
        &self,
        user: &SignedIn,
        client: &Client,
        ticket: &ConsentTicket,
        scope: Scope,
    ) -> Result<Answer, OAuthError> {
        let born = self.authority().birth(&user.subject, client.id());
        let given = self.authority().give_consent(&user.subject, client.id(), &scope).await;
        let _ = given.map_err(|error| match error {
            ConsentError::Scope(_) => OAuthError::SCOPE,
            ConsentError::Unavailable(error) => error.into(),
        })?;
        self.send_code(user, client, &ticket.asked, scope, born).await
    }
}

/// What the user decides. Selecting nothing is a denial.
fn read_decision(form: &Form, offered: &Scope) -> Result<Decision, OAuthError> {
    match form.only("decision")? {
        Some("deny") => Ok(Decision::Deny),
        Some("allow") => Ok(Decision::Allow(offered.clone())),
        Some("allow_selected") => {
            let selected: Vec<&str> = form.all("scope").collect();
            let selected =
                Scope::parse(&selected.join(" ")).map_err(|_| OAuthError::NOT_OFFERED)?;
            if !offered.covers(&selected) {
                return Err(OAuthError::NOT_OFFERED);
            }
            Ok(if selected.is_empty() { Decision::Deny } else { Decision::Allow(selected) })
        }
        _ => Err(OAuthError::DECISION),
    }
}
