//! Knows what each user may do now, as the configuration says.
//! Must not know tokens.

use std::collections::HashMap;

use async_trait::async_trait;
use hallpass::{
    id::{ClientId, Subject},
    scope::{Scope, ScopeError},
    verifier::{PermissionError, PermissionSource},
};

use crate::{
    app::SIGN_IN_SCOPE,
    config::{Described, SIGN_IN, User},
};

/// The users, and what an application may do for each. One who is taken out of the file may do
/// nothing any more: the next refresh is refused.
#[derive(Debug)]
pub(crate) struct UsersMay {
    users: HashMap<Subject, Scope>,
    everything: Scope,
    sign_in: Scope,
}

impl UsersMay {
    pub(crate) fn new(users: &[User], described: &[Described]) -> Result<Self, ScopeError> {
        let everything = Scope::parse_items(described.iter().map(|known| known.scope.as_str()))?;
        let of = |user: &User| {
            (user.subject.clone(), user.scope.clone().unwrap_or_else(|| everything.clone()))
        };
        Ok(Self {
            users: users.iter().map(of).collect(),
            sign_in: Scope::parse(SIGN_IN_SCOPE)?,
            everything,
        })
    }
}

#[async_trait]
impl PermissionSource for UsersMay {
    async fn permissions(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
    ) -> Result<Scope, PermissionError> {
        let client = client.map(ClientId::as_str);
        // A client that acts for itself may do what its own ceiling lets it (RFC 9068 §2.2).
        if client == Some(subject.as_str()) {
            return Ok(self.everything.clone());
        }
        let Some(scope) = self.users.get(subject) else { return Ok(Scope::empty()) };
        Ok(if client == Some(SIGN_IN) { self.sign_in.clone() } else { scope.clone() })
    }
}
