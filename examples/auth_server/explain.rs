//! Knows what a scope means to a person: every permission in words, every wildcard spelled out.
//! Must not know HTML.

use hallpass::scope::{Item, Part, PermissionRef, Scope};

use crate::config::Described;

/// One permission, as the consent page tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explained {
    /// What it lets an application do.
    pub(crate) says: String,
    /// What else it covers: wildcards, spelled out.
    pub(crate) details: Vec<String>,
    /// The permission itself.
    pub(crate) item: String,
}

/// Explains each item of a scope.
pub(crate) fn explain(scope: &Scope, described: &[Described]) -> Vec<Explained> {
    scope.iter().map(|item| explain_one(item, described)).collect()
}

fn explain_one(item: Item<'_>, described: &[Described]) -> Explained {
    let text = item.as_str().to_owned();
    let exact = described.iter().find(|known| known.scope.as_str() == text);
    let Item::Permission(permission) = item else {
        let says = exact.map_or_else(|| format!("“{text}”"), |known| known.says.clone());
        return Explained { says, details: Vec::new(), item: text };
    };
    let mut details = Vec::new();
    let says = match exact {
        Some(known) => known.says.clone(),
        None => say(permission, &text, described, &mut details),
    };
    let kind = part(&permission.resource());
    if permission.id() == Part::Any && permission.action() != Part::Any {
        details.push(format!("This is for every {kind}, those of the future included."));
    }
    if permission.action() == Part::Any {
        details.push("This is for everything that can be done, now and in future.".to_owned());
    }
    if permission.resource() == Part::Any {
        details.push("This is for every kind of thing there is, now and in future.".to_owned());
    }
    Explained { says, details, item: text }
}

/// What is not described as such: one of many, or more than is described.
fn say(
    permission: PermissionRef<'_>,
    text: &str,
    described: &[Described],
    details: &mut Vec<String>,
) -> String {
    let (kind, id) = (part(&permission.resource()), part(&permission.id()));
    let asked = Scope::parse(text).unwrap_or_default();
    let plain = permission.id().as_str().unwrap_or_default().to_owned();
    if let Some(known) = described.iter().find(|known| known.scope.covers(&asked)) {
        return match &known.one {
            Some(one) => one.replace("{id}", &plain),
            None => format!("{} (only {kind} {id})", known.says),
        };
    }
    details.extend(
        described.iter().filter(|known| asked.covers(&known.scope)).map(|known| known.says.clone()),
    );
    match (permission.id(), permission.action()) {
        (Part::Any, Part::Any) => format!("Do everything with every {kind}"),
        (Part::Is(_), Part::Any) => format!("Do everything with {kind} {id}"),
        (Part::Any, Part::Is(action)) => format!("“{action}” every {kind}"),
        (Part::Is(_), Part::Is(action)) => format!("“{action}” {kind} {id}"),
    }
}

fn part(part: &Part<'_>) -> String {
    match part {
        Part::Any => "thing".to_owned(),
        Part::Is(name) => format!("“{name}”"),
    }
}
