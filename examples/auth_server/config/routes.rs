//! Knows the demo API's routes, and what a proxy may ask for.
//! Must not know how they are served.

use std::{collections::BTreeMap, fs, path::Path};

use hallpass::{
    scope::{RequirementTemplate, Scope},
    web::gateway::{Condition, Dialect, Identity},
};
use serde_json::Value;

use super::{
    people::User,
    section::{At, Section},
};

/// A route of the demo API.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) path: String,
    /// The scope it asks for; parameters of the path may stand for ids.
    pub(crate) requires: String,
    /// What it has, by subject. Without it the route says who calls.
    pub(crate) records: Option<BTreeMap<String, Vec<Value>>>,
}

/// Which proxy asks, and so how.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proxy {
    Nginx,
    Traefik,
    Envoy,
}

impl Proxy {
    /// How it asks at this path.
    pub(crate) fn dialect(self, path: &str) -> Dialect {
        match self {
            Self::Nginx => Dialect::Nginx,
            Self::Traefik => Dialect::Traefik,
            // It puts the path that it was asked for behind its own prefix.
            Self::Envoy => Dialect::Envoy { path_prefix: path.to_owned() },
        }
    }
}

/// What proxies may ask.
#[derive(Debug, Clone)]
pub(crate) struct ForwardAuth {
    pub(crate) proxy: Proxy,
    pub(crate) identity: Identity,
    /// Where a proxy asks, and what the caller's token must allow.
    pub(crate) routes: Vec<(String, Condition)>,
}

pub(super) fn resources(root: &Section<'_>, beside: &Path, users: &[User]) -> Vec<Resource> {
    let mut resources: Vec<Resource> = Vec::new();
    for section in root.sections("resource") {
        let path = path(&section, "a path such as `/api/chats/{id}`", &["/api/"]);
        let requires = section.needs_text("requires", "a scope such as `chat:{id}:read`");
        let requires = requires.filter(|at| {
            let read = at.read("a scope such as `chat:{id}:read`", RequirementTemplate::new);
            let Some(template) = read else { return false };
            for name in template.parameters() {
                let has = |at: &At<'_, &str>| at.value.contains(&format!("{{{name}}}"));
                if !path.as_ref().is_none_or(has) {
                    at.refuse(format!("`{{{name}}}` is no part of the path"));
                }
            }
            true
        });
        let records = section.text("records", "a JSON file with records by subject");
        let records = records.map(|at| (self::records(&at, beside, users), at));
        section.finish();
        let (Some(path), Some(requires)) = (path, requires) else { continue };
        if resources.iter().any(|known| known.path == path.value) {
            path.refuse(format!("the path `{}` is there twice", path.value));
        }
        resources.push(Resource {
            path: path.value.to_owned(),
            requires: requires.value.to_owned(),
            records: records.and_then(|(records, _)| records),
        });
    }
    resources
}

fn path<'f>(section: &Section<'f>, expected: &str, begin: &[&str]) -> Option<At<'f, &'f str>> {
    let path = section.needs_text("path", expected)?;
    let parts = path.value.split('/').skip(1);
    let is_part = |part: &str| {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')).unwrap_or(part);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !begin.iter().any(|begin| path.value.starts_with(begin)) || !parts.clone().all(is_part) {
        let begin = begin.join("` or `");
        path.refuse(format!("expected {expected}: it begins with `{begin}`, and its parts are letters, digits and `-_.`, or `{{name}}`"));
        return None;
    }
    Some(path)
}

fn records(
    at: &At<'_, &str>,
    beside: &Path,
    users: &[User],
) -> Option<BTreeMap<String, Vec<Value>>> {
    let file = beside.join(at.value);
    let text = fs::read_to_string(&file).map_err(|why| why.to_string());
    let read = text.and_then(|text| {
        serde_json::from_str::<BTreeMap<String, Vec<Value>>>(&text).map_err(|why| why.to_string())
    });
    let records = read
        .map_err(|why| at.refuse(format!("expected a JSON file, an object with a list of records for each subject; `{}`: {why}", file.display())))
        .ok()?;
    for subject in records.keys() {
        if !users.iter().any(|user| user.subject.as_str() == subject) {
            at.refuse(format!("the file has records of `{subject}`, who is no subject of a user"));
        }
    }
    Some(records)
}

/// Nothing if the table is wrong; nothing in it if it is not there.
#[expect(clippy::option_option, reason = "the outer says whether it could be read")]
pub(super) fn forward_auth(root: &Section<'_>) -> Option<Option<ForwardAuth>> {
    let Some(section) = root.section("forward_auth") else {
        return (!root.has("forward_auth")).then_some(None);
    };
    let proxy = section.text("dialect", "`nginx`, `traefik` or `envoy`");
    let proxy = proxy.map_or(Some(Proxy::Nginx), |at| {
        at.read("`nginx`, `traefik` or `envoy`", |name| match name {
            "nginx" => Ok(Proxy::Nginx),
            "traefik" => Ok(Proxy::Traefik),
            "envoy" => Ok(Proxy::Envoy),
            _ => Err("it is none of them"),
        })
    });
    let mut identity = Some(Identity::default());
    if let Some(subject) = section.text("subject_header", "the name of a header") {
        identity = subject.read("the name of a header", |name| {
            // The others keep their names.
            Identity::new(name)?.client("X-Auth-Client")?.permissions("X-Auth-Permissions")
        });
    }
    let mut routes: Vec<(String, Condition)> = Vec::new();
    let sections = section.sections("route");
    if sections.is_empty() && !section.has("route") {
        section.lacks("route", "at least one `[[forward_auth.route]]`");
    }
    for route in sections {
        let path = path(&route, "a path such as `/forward-auth/reports`", &["/forward-auth/"]);
        let requires = route.needs("requires", "a scope such as `report:*:read`", condition);
        route.finish();
        let (Some(path), Some(requires)) = (path, requires) else { continue };
        if path.value.contains('{') {
            path.refuse("expected a path without parameters: the proxy asks at it");
        }
        if routes.iter().any(|(known, _)| known == path.value) {
            path.refuse(format!("the path `{}` is there twice", path.value));
        }
        routes.push((path.value.to_owned(), requires));
    }
    section.finish();
    Some(Some(ForwardAuth { proxy: proxy?, identity: identity?, routes }))
}

/// All of the items of a scope.
fn condition(text: &str) -> Result<Condition, String> {
    let scope = Scope::parse(text).map_err(|why| why.to_string())?;
    let item = |text: &str| Condition::permission(text).map_err(|why| why.to_string());
    let items = scope.iter().map(|part| item(part.as_str())).collect::<Result<Vec<_>, _>>()?;
    if items.is_empty() { Err("it is empty".to_owned()) } else { Ok(Condition::all(items)) }
}
