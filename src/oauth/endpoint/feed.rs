//! Knows how the revocation feed is read over HTTP, by resource servers without the database.
//! Must not know the feed's form; [`FeedPage`](crate::store::FeedPage) writes itself.

use super::super::{AuthorizationServer, Endpoint, Form, OAuthError, Request};
use crate::{
    store::{Cursor, StoreErrorKind},
    web::Answer,
};

/// The most records of one page.
const LONGEST: u32 = 1000;

impl AuthorizationServer {
    /// The revocation feed: GET with `after` and `limit` in the query, both optional; or POST
    /// with the same in a form, for a client that proves itself by an assertion.
    ///
    /// Only a client that
    /// [may introspect](crate::authority::Client::may_introspect) reads it, and it authenticates
    /// as it does there. An `after` that the store does not know any more is answered with 410:
    /// the reader begins anew.
    pub async fn revocations(&self, request: &Request<'_>) -> Answer {
        match self.read_feed(request).await {
            Ok(page) => Answer::text(200, "application/json", page).no_store(),
            Err(refused) => refused.answer(),
        }
    }

    async fn read_feed(&self, request: &Request<'_>) -> Result<String, OAuthError> {
        let form = Form::parse(request)?;
        // What proves a client stands in no address (RFC 6749 §2.3.1).
        let proof = match request.head.method() {
            "POST" => None,
            _ => Some(Form::decode("")?),
        };
        let proof = proof.as_ref().unwrap_or(&form);
        let client = self.authenticate(Endpoint::Revocations, request, proof).await?;
        if !client.is_confidential() {
            return Err(OAuthError::CLIENT);
        }
        if !client.can_introspect() {
            return Err(OAuthError::MAY_NOT_INTROSPECT);
        }
        let after = form.get("after").map(Cursor::from_text).transpose();
        let after = after.map_err(|_| OAuthError::CURSOR)?;
        let limit = match form.get("limit").map(str::parse) {
            None => LONGEST,
            Some(Ok(limit @ 1..)) => LONGEST.min(limit),
            Some(_) => return Err(OAuthError::LIMIT),
        };
        match self.authority().read_revocations(after.as_ref(), limit).await {
            Ok(page) => Ok(page.to_json()),
            // The engine judges a cursor as it judges what it has read.
            Err(error) if after.is_some() && error.kind() == StoreErrorKind::Corrupt => {
                Err(OAuthError::CURSOR_GONE)
            }
            Err(error) => Err(error.into()),
        }
    }
}
