//! Knows how rules are written in a file, TOML or JSON, and on which line each stands.
//! Must not know what rules mean together.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    Condition, Identity, IdentityError, Rule, Rules, RulesError, rule::Access, rules::Problem,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    methods: Vec<String>,
    path: String,
    access: Option<WrittenAccess>,
    require: Option<WrittenCondition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenAccess {
    Public,
    Optional,
    Authenticated,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenCondition {
    All(Vec<WrittenCondition>),
    Any(Vec<WrittenCondition>),
    Not(Box<WrittenCondition>),
    Permission(String),
    Group(String),
    Role(String),
    Client(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIdentity {
    subject: String,
    user_claim: Option<String>,
    client: Option<String>,
    groups: Option<String>,
    roles: Option<String>,
    permissions: Option<String>,
    #[serde(default)]
    trust_inbound: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    identity: Option<toml::Spanned<WrittenIdentity>>,
    #[serde(default)]
    rule: Vec<toml::Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonFile<'f> {
    #[serde(borrow)]
    identity: Option<&'f RawValue>,
    #[serde(borrow)]
    rule: Vec<&'f RawValue>,
}

impl Rules {
    /// Rules from a TOML file: one `[[rule]]` each, with `methods`, `path`, and either `access`
    /// (`public`, `optional` or `authenticated`) or `require` (`permission`, `group`, `role`,
    /// `client`, and `all`, `any`, `not` over those). A table `[identity]` says which headers tell
    /// the service who calls: `subject`, and perhaps `client`, `groups`, `roles`, `permissions`,
    /// `user_claim`, `trust_inbound`, as [`Identity`] has them.
    ///
    /// # Errors
    /// [`RulesError`] with the line.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let file: TomlFile = toml::from_str(text).map_err(|error| RulesError {
            line: error.span().map(|span| line_at(text, span.start)),
            problem: Problem::Syntax { message: one_line(error.message()) },
        })?;
        let rules = file.rule.into_iter().map(|rule| {
            let line = line_at(text, rule.span().start);
            (line, rule.into_inner())
        });
        let identity = file.identity.map(|identity| {
            let line = line_at(text, identity.span().start);
            (line, identity.into_inner())
        });
        Self::collect_written(rules, identity)
    }

    /// Rules from a JSON file: an object whose `rule` is a list of objects with the members that
    /// [`Rules::from_toml`] names.
    ///
    /// # Errors
    /// [`RulesError`] with the line.
    pub fn from_json(text: &str) -> Result<Self, RulesError> {
        let unreadable = |error: &serde_json::Error, before: usize| RulesError {
            line: Some(before + error.line()),
            problem: Problem::Syntax { message: json_message(error) },
        };
        // In two steps, since the first reads the rules without understanding them.
        let file: JsonFile<'_> = match serde_json::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let syntax = serde_json::from_str::<IgnoredAny>(text).err();
                return Err(unreadable(syntax.as_ref().unwrap_or(&error), 0));
            }
        };
        let line = |raw: &RawValue| line_at(text, offset_in(text, raw.get()));
        let mut rules = Vec::new();
        for raw in file.rule {
            let rule = serde_json::from_str(raw.get());
            rules.push((line(raw), rule.map_err(|error| unreadable(&error, line(raw) - 1))?));
        }
        let identity = file.identity.map(|raw| match serde_json::from_str(raw.get()) {
            Ok(identity) => Ok((line(raw), identity)),
            Err(error) => Err(unreadable(&error, line(raw) - 1)),
        });
        Self::collect_written(rules, identity.transpose()?)
    }

    fn collect_written(
        rules: impl IntoIterator<Item = (usize, Written)>,
        identity: Option<(usize, WrittenIdentity)>,
    ) -> Result<Self, RulesError> {
        let mut read = Vec::new();
        for (line, rule) in rules {
            let line = Some(line);
            let rule = rule.read().map_err(|problem| RulesError { line, problem })?;
            read.push((line, rule));
        }
        let identity = identity.map(|(line, identity)| {
            let error = |error| RulesError { line: Some(line), problem: Problem::Identity(error) };
            identity.read().map_err(error)
        });
        Ok(Self::collect(read)?.with_identity(identity.transpose()?))
    }
}

impl WrittenIdentity {
    fn read(self) -> Result<Identity, IdentityError> {
        let mut identity = Identity::new(&self.subject)?;
        if let Some(name) = self.client {
            identity = identity.client(&name)?;
        }
        if let Some(name) = self.groups {
            identity = identity.groups(&name)?;
        }
        if let Some(name) = self.roles {
            identity = identity.roles(&name)?;
        }
        if let Some(name) = self.permissions {
            identity = identity.permissions(&name)?;
        }
        if let Some(claim) = self.user_claim {
            identity = identity.user_claim(&claim);
        }
        Ok(if self.trust_inbound { identity.trust_inbound() } else { identity })
    }
}

impl Written {
    fn read(self) -> Result<Rule, Problem> {
        let access = match (self.access, self.require) {
            (Some(WrittenAccess::Public), None) => Access::Public,
            (Some(WrittenAccess::Optional), None) => Access::Optional,
            (Some(WrittenAccess::Authenticated), None) => Access::Requires(Condition::all([])),
            (None, Some(condition)) => Access::Requires(condition.read()?),
            _ => return Err(Problem::Access),
        };
        let methods = self.methods.iter().map(String::as_str);
        Ok(Rule { access, ..Rule::public(methods, &self.path) })
    }
}

impl WrittenCondition {
    fn read(self) -> Result<Condition, Problem> {
        let all =
            |parts: Vec<Self>| parts.into_iter().map(Self::read).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Self::All(parts) => Condition::all(all(parts)?),
            Self::Any(parts) => Condition::any(all(parts)?),
            Self::Not(part) => Condition::not(part.read()?),
            Self::Permission(text) => Condition::permission(&text).map_err(Problem::Permission)?,
            Self::Group(name) => Condition::group(name),
            Self::Role(name) => Condition::role(name),
            Self::Client(id) => Condition::client(id),
        })
    }
}

/// The line on which this byte stands, counted from 1.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Where a slice of `text` begins in it.
fn offset_in(text: &str, slice: &str) -> usize {
    slice.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// The parser's message without the position, which counts from the rule on.
fn json_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(before, _)| before);
    one_line(message)
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
