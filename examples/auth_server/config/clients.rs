//! Knows the applications: who they are, what they may ask for, where people are sent back.
//! Must not repeat a secret.

use std::path::Path;

use hallpass::{
    authority::{Client, GrantType},
    id::{Audience, ClientId},
};

use super::{
    client_parts::{Given, fits, grant, jwks, policy, redirect, secret},
    people::{Described, explained},
    section::Section,
    server::Lifetimes,
};

const GRANTS: &str = "`authorization_code`, `refresh_token` or `client_credentials`";
/// What the browser's own sign-in is called.
pub(crate) const SIGN_IN: &str = "sign-in";

/// What a client may refer to.
pub(super) struct Around<'c> {
    pub(super) beside: &'c Path,
    pub(super) audiences: &'c [Audience],
    pub(super) described: &'c [Described],
    pub(super) lifetimes: Lifetimes,
}

pub(super) fn read(root: &Section<'_>, around: &Around<'_>) -> Vec<Client> {
    let mut ids: Vec<&str> = Vec::new();
    let mut clients = Vec::new();
    for section in root.sections("client") {
        let id = section.needs_text("id", "what the application is registered as");
        if let Some(at) = &id {
            if ids.contains(&at.value) || at.value == SIGN_IN {
                at.refuse(format!(
                    "the client `{}` is there twice, or is this server's own",
                    at.value
                ));
            }
            ids.push(at.value);
        }
        let id = id.and_then(|at| at.read("a client id", ClientId::parse));
        if let Some(client) = client(&section, id.as_ref(), around) {
            clients.push(client);
        }
        section.finish();
    }
    clients
}

fn client(section: &Section<'_>, id: Option<&ClientId>, around: &Around<'_>) -> Option<Client> {
    let is_public = section.flag("public");
    let secret = secret(section, around.beside);
    let keys = section.text("jwks", "a file with the application's public keys");
    let id = id.map_or("unknown", ClientId::as_str);
    let mut client = match is_public {
        true => Client::public(id),
        false => Client::confidential(id),
    };
    match (is_public, &secret, keys) {
        (true, Given::No, None) => {}
        (true, ..) => section.wrong("a public client has no `secret` and no `jwks`"),
        (false, Given::Yes(secret), None) => client = client.secret(secret),
        (false, Given::No, Some(at)) => {
            client = client.private_key_jwt(jwks(&at, around.beside).unwrap_or_default());
        }
        (false, Given::Wrong, _) => {}
        (false, ..) => section.wrong(
            "expected how it proves itself, one of `secret`, `secret_env`, `secret_file`, `jwks`, or `public = true`",
        ),
    }
    if let Some(name) = section.text("name", "what people read on the consent page") {
        client = client.name(name.value);
    }
    let redirects = section.texts("redirect_uris", "addresses that people may be sent back to");
    for at in &redirects {
        if at.read("an address to send people back to", redirect).is_some() {
            client = client.redirect_uri(at.value);
        }
    }
    for at in section.texts("post_logout_redirect_uris", "addresses for after signing out") {
        if at.read("an address to send people back to", redirect).is_some() {
            client = client.post_logout_redirect_uri(at.value);
        }
    }
    let mut grants = Vec::new();
    for at in section.texts("grants", GRANTS) {
        if let Some(grant) = at.read(GRANTS, grant) {
            if grant == GrantType::ClientCredentials && is_public {
                at.refuse(
                    "a public client cannot prove itself, and so has no `client_credentials`",
                );
            }
            if grant == GrantType::AuthorizationCode && redirects.is_empty() {
                at.refuse("`authorization_code` needs `redirect_uris`");
            }
            client = client.grant(grant);
            grants.push(grant);
        }
    }
    let scope = section.needs_text("scope", "the most it may ask for");
    let scope = scope.and_then(|at| explained(&at, around.described));
    if let Some(scope) = &scope {
        client = client.scope(scope.clone());
    }
    if let Some(at) = section.text("default_scope", "what it gets when it asks for nothing") {
        let default = explained(&at, around.described)?;
        if scope.is_some_and(|scope| !scope.covers(&default)) {
            at.refuse("expected at most what `scope` is");
        }
        client = client.default_scope(default);
    }
    if !section.has("audiences") {
        // Not the issuer: tokens for it are the sign-in's own.
        client = around.audiences.iter().cloned().fold(client, Client::audience);
    }
    for at in section.texts("audiences", "addresses out of `audiences`") {
        match around.audiences.iter().find(|known| known.as_str() == at.value) {
            Some(audience) => client = client.audience(audience.clone()),
            None => at.refuse("expected one of the `audiences` at the top of the file"),
        }
    }
    let client = client
        .policy(policy(section, around.lifetimes))
        .trusted(section.flag("trusted"))
        .always_refresh(section.flag("always_refresh"))
        .may_introspect(section.flag("may_introspect"));
    // Whatever else the library does not take: where nothing is wrong so far, this is.
    if section.file.is_right()
        && let Err(why) = fits(client.clone(), around.audiences)
    {
        section.wrong(why);
    }
    Some(client)
}
