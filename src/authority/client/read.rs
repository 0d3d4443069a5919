//! Knows what a client says of itself.
//! Must not change any of it; the builder does.

use super::{Client, ClientAuthentication, GrantType};
use crate::{
    authority::Policy,
    id::{Audience, ClientId},
    key::VerifyingKeys,
    scope::Scope,
};

impl Client {
    /// Its `client_id` (RFC 6749 §2.2). Where it was made from a text that is none, `-`; whatever
    /// takes a client refuses such a one.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.id
    }

    /// What people read on the consent page: its name, or else its id.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }

    /// Whether it proves itself at the endpoints that it calls directly (RFC 6749 §2.1).
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.confidential
    }

    /// How it proves itself.
    #[must_use]
    pub fn authentication(&self) -> ClientAuthentication {
        self.authentication
    }

    /// The keys that may sign its assertions (RFC 7523 §3), read when the client was accepted.
    /// Empty for a client that proves itself otherwise.
    #[must_use]
    pub fn keys(&self) -> &VerifyingKeys {
        &self.keys
    }

    /// What it may ask the token endpoint for.
    #[must_use]
    pub fn grants(&self) -> &[GrantType] {
        &self.grants
    }

    /// Whether it may ask the token endpoint for this.
    #[must_use]
    pub fn allows_grant(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Where codes may be sent, as registered. Whether one may be sent somewhere, ask
    /// [`allows_redirect`](Self::allows_redirect).
    #[must_use]
    pub fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    /// Where the browser may go after signing out, as registered.
    #[must_use]
    pub fn post_logout_redirect_uris(&self) -> &[String] {
        &self.post_logout_redirect_uris
    }

    /// The most that its tokens may do. Nothing: what its subjects may do.
    #[must_use]
    pub fn ceiling(&self) -> Option<&Scope> {
        self.ceiling.as_ref()
    }

    /// What it gets when it asks for no scope (RFC 6749 §3.3).
    #[must_use]
    pub fn granted_by_default(&self) -> Option<&Scope> {
        self.default_scope.as_ref()
    }

    /// Which of the authority's audiences its tokens may be for. Empty: all of them.
    #[must_use]
    pub fn audiences(&self) -> &[Audience] {
        &self.audience
    }

    /// Its own lifetimes and rotation. Nothing: the authority's.
    #[must_use]
    pub fn own_policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Whether its users are not asked for consent.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Whether it gets a refresh token without asking for `offline_access`.
    #[must_use]
    pub fn always_gets_refresh(&self) -> bool {
        self.always_refresh
    }

    /// Whether it may ask what a token is (RFC 7662 §2.1).
    #[must_use]
    pub fn can_introspect(&self) -> bool {
        self.may_introspect
    }
}
