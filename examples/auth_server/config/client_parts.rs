//! Knows the parts of a client's table that have a grammar of their own.
//! Must not repeat a secret.

use std::{env, error::Error, fs, path::Path};

use hallpass::{
    Algorithm, Authority, MemoryStore, SigningKey,
    authority::{AuthorityBuilder, Client, GrantType, Policy, RotationMode},
    id::Audience,
};

use super::{
    section::{At, Section},
    server::Lifetimes,
};

/// A secret that may have been given.
pub(super) enum Given {
    No,
    Yes(String),
    /// It was, and cannot be used; the mistake is noted.
    Wrong,
}

pub(super) fn secret(section: &Section<'_>, beside: &Path) -> Given {
    let plain = section.text("secret", "the application's secret");
    let env = section.text("secret_env", "the name of an environment variable");
    let file = section.text("secret_file", "a path");
    let (at, found) = match (plain, env, file) {
        (None, None, None) => {
            let is_wrong =
                ["secret", "secret_env", "secret_file"].iter().any(|key| section.has(key));
            return if is_wrong { Given::Wrong } else { Given::No };
        }
        (Some(at), None, None) => {
            let secret = at.value.to_owned();
            (at, Ok(secret))
        }
        (None, Some(at), None) => {
            let found = env::var(at.value).map_err(|why| why.to_string());
            (at, found)
        }
        (None, None, Some(at)) => {
            let path = beside.join(at.value);
            let found = fs::read_to_string(&path).map_err(|why| why.to_string());
            (at, found.map(|text| text.trim_end().to_owned()))
        }
        _ => {
            section.wrong("expected one of `secret`, `secret_env` and `secret_file`");
            return Given::Wrong;
        }
    };
    let refused = match &found {
        Err(why) => Some(format!("the secret cannot be read: {why}")),
        Ok(secret) if secret.len() < 32 || secret.contains(|c: char| !c.is_ascii_graphic()) => Some(
            "expected a secret of at least 32 visible ASCII characters; make one with `openssl rand -base64 32`".to_owned(),
        ),
        Ok(_) => None,
    };
    match (found, refused) {
        (Ok(secret), None) => Given::Yes(secret),
        (_, why) => {
            at.refuse(why.unwrap_or_default());
            Given::Wrong
        }
    }
}

/// Whether people may be sent there: the library's own rule, and its words.
pub(super) fn redirect(uri: &str) -> Result<(), String> {
    fits(Client::public("app").redirect_uri(uri), &[])
}

/// Whether the library would take the client, asked of an authority that is thrown away.
pub(super) fn fits(client: Client, audiences: &[Audience]) -> Result<(), String> {
    let key = SigningKey::generate(Algorithm::EdDSA).map_err(|why| why.to_string())?;
    let authority = Authority::builder("https://auth.example")
        .audience("https://auth.example")
        .signing_key(key)
        .server_store(MemoryStore::new())
        .client(client);
    let authority = audiences.iter().fold(authority, AuthorityBuilder::audience);
    authority.build().map(drop).map_err(|why| {
        let mut cause: &dyn Error = &why;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause.to_string()
    })
}

pub(super) fn grant(name: &str) -> Result<GrantType, &'static str> {
    match name {
        "authorization_code" => Ok(GrantType::AuthorizationCode),
        "refresh_token" => Ok(GrantType::RefreshToken),
        "client_credentials" => Ok(GrantType::ClientCredentials),
        "password" | "implicit" => Err("RFC 9700 forbids it, and this server has it not"),
        _ => Err("there is no such grant here"),
    }
}

/// The server's lifetimes, with what the client has of its own.
pub(super) fn policy(section: &Section<'_>, lifetimes: Lifetimes) -> Policy {
    let mut mine = lifetimes;
    let mut take = |key, into: fn(&mut Lifetimes) -> &mut std::time::Duration, most: u64| {
        let Some(at) = section.duration(key) else { return };
        if at.value.is_zero() || at.value.as_secs() > most * 3600 {
            at.refuse(format!("expected from `1s` to `{most}h`"));
        }
        *into(&mut mine) = at.value;
    };
    take("access_token", |to| &mut to.access_token, 24);
    take("idle", |to| &mut to.idle, 9600);
    take("session", |to| &mut to.session, 9600);
    let is_own = section.has("idle") || section.has("session");
    if is_own && mine.idle > mine.session {
        section.wrong("`idle` is longer than `session`");
    }
    let rotation = section.read("rotation", "`auto`, `on` or `off`", rotation);
    mine.policy().rotation(rotation.unwrap_or_default()).strict(section.flag("strict"))
}

fn rotation(name: &str) -> Result<RotationMode, &'static str> {
    match name {
        "auto" => Ok(RotationMode::Auto),
        "on" => Ok(RotationMode::On),
        "off" => Ok(RotationMode::Off),
        _ => Err("it is none of them"),
    }
}

impl Lifetimes {
    /// As a policy for sessions.
    pub(crate) fn policy(&self) -> Policy {
        Policy::new().access_lifetime(self.access_token).idle(self.idle).absolute(self.session)
    }
}

/// The text of a JWK set, from a file.
pub(super) fn jwks(at: &At<'_, &str>, beside: &Path) -> Option<String> {
    let file = beside.join(at.value);
    let text = fs::read_to_string(&file).map_err(|why| why.to_string());
    let read = text.and_then(|text| {
        let set: serde_json::Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
        let keys = set.get("keys").and_then(serde_json::Value::as_array);
        match keys {
            Some(keys) if keys.iter().any(|key| key.get("d").is_some()) => {
                Err("it has a private key; expected public keys only".to_owned())
            }
            Some(keys) if !keys.is_empty() => Ok(text),
            _ => Err("it has no `keys`".to_owned()),
        }
    });
    read.map_err(|why| {
        at.refuse(format!("expected a file with a JWK set; `{}`: {why}", file.display()))
    })
    .ok()
}
