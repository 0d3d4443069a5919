//! Knows how a permission reads to people.
//! Must not know who is asked for it.

use std::collections::BTreeMap;

use crate::scope::{Item, PermissionRef, Scope};

/// One thing that an application asks for.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, Timestamp, id::Subject};
/// # use hallpass::{authority::{Client, GrantType}, oauth::*, web::{Answer, RequestHead}};
/// # #[derive(Debug)] struct House;
/// # #[async_trait::async_trait]
/// impl Host for House {
/// #     async fn user(&self, _: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
/// #         let ada = Subject::parse("ada").map_err(HostError::new)?;
/// #         Ok(Some(SignedIn::new(ada, Timestamp::from_unix_seconds(1_700_000_000))))
/// #     }
/// #     async fn sign_in(&self, _: &SignIn<'_>) -> Answer { Answer::see_other("/login") }
///     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
///         // Only what is new to the user. Escape a text that is not your own.
///         let new = page.asked.iter().filter(|asked| !asked.is_given());
///         let lines = new.map(|asked| format!("<li>{} ({})", asked.text(), asked.item()));
///         Answer::html(200, lines.collect::<String>())
///     }
///     // …
/// #     async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
/// #         Ok(Vec::new())
/// #     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = Client::public("app").name("Books").scope("invoice:*:read".parse()?)
/// #     .redirect_uri("https://app.example.com/cb").grant(GrantType::AuthorizationCode);
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).client(app).build()?;
/// # let server = AuthorizationServer::builder(authority).host(House).build()?;
/// # let start = "/authorize?response_type=code&client_id=app&scope=invoice:7:read\
/// #     &code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
///
/// let page = server.authorize(&Request::new(RequestHead::new("GET", start))).await;
/// assert_eq!(page.body(), "<li>read invoice 7 (invoice:7:read)");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    item: String,
    text: String,
    given: bool,
}

impl Asked {
    /// The scope item, such as `invoice:*:read`: what the form sends to name it.
    #[must_use]
    pub fn item(&self) -> &str {
        &self.item
    }

    /// What people read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the user has allowed it to this application before.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.given
    }
}

/// Every item of a scope as people read it.
pub(super) fn asked(
    scope: &Scope,
    given: Option<&Scope>,
    describe: impl Fn(&str) -> Option<String>,
) -> Vec<Asked> {
    let new = given.map_or_else(|| scope.clone(), |given| scope.not_covered_by(given));
    let line = |item: Item<'_>| Asked {
        item: item.as_str().to_owned(),
        text: describe(item.as_str()).unwrap_or_else(|| spell_out(item)),
        given: !new.iter().any(|other| other.as_str() == item.as_str()),
    };
    scope.iter().map(line).collect()
}

/// Texts for scope items, for [`Host::describe`](super::Host::describe).
///
/// ```
/// use hallpass::oauth::ScopeTexts;
///
/// let texts = ScopeTexts::new()
///     .text("invoice:*:read", "see all your invoices")
///     .text("invoice:{id}:read", "see your invoice {id}");
/// assert_eq!(texts.describe("invoice:*:read").as_deref(), Some("see all your invoices"));
/// assert_eq!(texts.describe("invoice:7:read").as_deref(), Some("see your invoice 7"));
/// assert_eq!(texts.describe("invoice:*:*"), None);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ScopeTexts(BTreeMap<String, String>);

impl ScopeTexts {
    /// No texts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text of one item, as a scope prints it; or, with `{id}` in the middle, of an item for
    /// one id, which takes its place in the text. `*` is never an id.
    pub fn text(mut self, item: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.insert(item.into(), text.into());
        self
    }

    /// The text for an item, if there is one.
    #[must_use]
    pub fn describe(&self, item: &str) -> Option<String> {
        if let Some(text) = self.0.get(item) {
            return Some(text.clone());
        }
        let (resource, rest) = item.split_once(':')?;
        let (id, action) = rest.split_once(':')?;
        let text = self.0.get(&format!("{resource}:{{id}}:{action}")).filter(|_| id != "*")?;
        Some(text.replace("{id}", id))
    }
}

/// An item in plain words, wildcards and all: nobody should allow `*` for an asterisk.
fn spell_out(item: Item<'_>) -> String {
    match item {
        Item::Permission(permission) => permission_in_words(permission),
        Item::Word(word) => match word {
            "openid" => "know who you are".to_owned(),
            "offline_access" => "keep its access while you are away".to_owned(),
            "profile" => "know your profile".to_owned(),
            "email" => "know your e-mail address".to_owned(),
            other => other.to_owned(),
        },
    }
}

fn permission_in_words(permission: PermissionRef<'_>) -> String {
    let (resource, id, action) = (permission.resource(), permission.id(), permission.action());
    let what = match (resource.as_str(), id.as_str()) {
        (None, None) => "everything".to_owned(),
        (None, Some(id)) => format!("everything with the id {id}"),
        (Some(resource), None) => format!("every {resource}"),
        (Some(resource), Some(id)) => format!("{resource} {id}"),
    };
    match action.as_str() {
        None => format!("do anything with {what}"),
        Some(action) => format!("{action} {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_spelled_out() {
        for (scope, text) in [
            ("invoice:7:read", "read invoice 7"),
            ("invoice:*:read", "read every invoice"),
            ("invoice:7:*", "do anything with invoice 7"),
            ("invoice:*:*", "do anything with every invoice"),
            ("*:7:read", "read everything with the id 7"),
            ("*:*:read", "read everything"),
            ("*:*:*", "do anything with everything"),
            ("openid", "know who you are"),
        ] {
            let scope = Scope::parse(scope).unwrap();
            let texts: Vec<_> = asked(&scope, None, |_| None);
            assert_eq!(texts.iter().map(Asked::text).collect::<Vec<_>>(), [text]);
        }
    }

    #[test]
    fn what_was_given_before_is_told_from_what_is_new() {
        let scope = Scope::parse("a:1:read b:*:write").unwrap();
        let given = Scope::parse("a:*:read b:1:write").unwrap();
        let asked = asked(&scope, Some(&given), |_| None);
        let told: Vec<_> = asked.iter().map(|one| (one.item(), one.is_given())).collect();
        assert_eq!(told, [("a:1:read", true), ("b:*:write", false)]);
    }
}
