//! Knows who may sign in, and what each permission means to them.
//! Must not know a password; its hash is here.

use argon2::password_hash::phc::PasswordHash;
use hallpass::{Scope, id::Subject};

use super::section::{At, Section};

/// What a permission means, in the words of the consent page.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// One permission or word.
    pub(crate) scope: Scope,
    /// What it lets an application do.
    pub(crate) says: String,
    /// The same for one id, where `{id}` stands.
    pub(crate) one: Option<String>,
}

/// Someone who may sign in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// What they type.
    pub(crate) name: String,
    pub(crate) subject: Subject,
    /// What the pages call them.
    pub(crate) display: String,
    pub(crate) password_hash: String,
    /// The most an application may do for them. Without it, all that is described.
    pub(crate) scope: Option<Scope>,
}

pub(super) fn scopes(root: &Section<'_>) -> Vec<Described> {
    let mut described: Vec<Described> = Vec::new();
    let sections = root.sections("scope");
    if sections.is_empty() && !root.has("scope") {
        root.lacks("scope", "at least one `[[scope]]` that says what a permission means");
    }
    for section in sections {
        let name = section.needs_text("name", "one permission such as `chat:*:read`");
        let scope = name.as_ref().and_then(|at| at.read("one permission or word", one_item));
        let says = section.needs_text("says", "what it lets an application do, in plain words");
        if let Some(says) = says.as_ref().filter(|says| says.value.trim().is_empty()) {
            says.refuse("expected what it lets an application do, in plain words");
        }
        let one = section.text("one", "the same for a single id, with `{id}` in it");
        if let Some(one) = one.as_ref().filter(|one| !one.value.contains("{id}")) {
            one.refuse("expected a text with `{id}` in it");
        }
        section.finish();
        let (Some(name), Some(scope), Some(says)) = (name, scope, says) else { continue };
        if described.iter().any(|known| known.scope == scope) {
            name.refuse(format!("`{scope}` is described twice"));
        }
        let one = one.map(|one| one.value.to_owned());
        described.push(Described { scope, says: says.value.to_owned(), one });
    }
    described
}

fn one_item(text: &str) -> Result<Scope, String> {
    let scope = Scope::parse(text).map_err(|why| why.to_string())?;
    if scope.len() == 1 { Ok(scope) } else { Err(format!("it has {} items", scope.len())) }
}

/// Reads a scope of which every part can be explained on the consent page.
pub(super) fn explained(at: &At<'_, &str>, described: &[Described]) -> Option<Scope> {
    let scope = at.read("a scope such as `chat:*:read offline_access`", Scope::parse)?;
    for item in &scope {
        let Ok(part) = Scope::parse(item.as_str()) else { continue };
        let is_known = |known: &Described| known.scope.covers(&part) || part.covers(&known.scope);
        if !described.iter().any(is_known) {
            at.refuse(format!("no `[[scope]]` says what `{}` means", item.as_str()));
        }
    }
    Some(scope)
}

pub(super) fn users(root: &Section<'_>, described: &[Described]) -> Vec<User> {
    let mut users: Vec<User> = Vec::new();
    let sections = root.sections("user");
    if sections.is_empty() && !root.has("user") {
        root.lacks("user", "at least one `[[user]]` who can sign in");
    }
    for section in sections {
        let name = section.needs_text("name", "what the user types to sign in");
        if let Some(at) =
            name.as_ref().filter(|at| at.value.trim() != at.value || at.value.is_empty())
        {
            at.refuse("expected a name without white space around it");
        }
        let subject = section.text("subject", "what tokens call the user: the `sub` claim");
        let subject = match (&subject, &name) {
            (Some(at), _) | (None, Some(at)) => {
                let read = at.read("a subject", Subject::parse);
                read.map(|subject| at.with(subject))
            }
            (None, None) => None,
        };
        let display = section.text("display", "what the pages call the user");
        let hash = section.needs_text("password_hash", "what `--hash-password` prints");
        let hash = hash.filter(|at| {
            let refused = password_hash(at.value).err();
            if let Some(why) = &refused {
                at.refuse(format!("expected what `--hash-password` prints: {why}"));
            }
            refused.is_none()
        });
        let scope = section.text("scope", "the most an application may do for the user");
        let scope = scope.and_then(|at| explained(&at, described));
        section.finish();
        let (Some(name), Some(subject), Some(hash)) = (name, subject, hash) else { continue };
        if users.iter().any(|known| known.name == name.value) {
            name.refuse(format!("the user `{}` is there twice", name.value));
        }
        if users.iter().any(|known| known.subject == subject.value) {
            subject.refuse(format!("the subject `{}` is there twice", subject.value));
        }
        users.push(User {
            name: name.value.to_owned(),
            subject: subject.value,
            display: display.map_or(name.value, |at| at.value).to_owned(),
            password_hash: hash.value.to_owned(),
            scope,
        });
    }
    users
}

/// A hash that makes guessing slow: Argon2id with at least what RFC 9106 §4 and OWASP ask for.
fn password_hash(text: &str) -> Result<(), &'static str> {
    let hash = PasswordHash::new(text).map_err(|_| "it is no such text")?;
    if hash.algorithm.as_str() != "argon2id" || hash.salt.is_none() || hash.hash.is_none() {
        return Err("it is no Argon2id hash");
    }
    let params = argon2::Params::try_from(&hash).map_err(|_| "its parameters cannot be read")?;
    let is_slow = u64::from(params.m_cost()) * u64::from(params.t_cost()) >= 19 * 1024;
    if is_slow { Ok(()) } else { Err("its memory and passes are too few to slow guessing") }
}
