//! Knows how an application's request is put to a person.
//! Must not know what comes of the answer.

use hallpass::id::Audience;
use maud::{Markup, html};

use super::{Look, Page};
use crate::explain::Explained;

/// What an application asks for.
#[derive(Debug)]
pub(crate) struct Consent<'p> {
    /// Where the answer goes.
    pub(crate) action: &'p str,
    /// What proves that it answers this question.
    pub(crate) ticket: &'p str,
    pub(crate) app: &'p str,
    /// Where the person is sent back to.
    pub(crate) returns_to: &'p str,
    pub(crate) asked: &'p [Explained],
    /// The services that it may do it at.
    pub(crate) services: &'p [Audience],
    /// What was allowed before.
    pub(crate) had: &'p [Explained],
}

impl Look {
    pub(crate) fn consent(&self, consent: &Consent<'_>) -> Page {
        let body = html! {
            p { strong class="person" { (consent.app) } " asks to do this for you:" }
            (permissions(consent.asked))
            @if !consent.had.is_empty() {
                h2 { "You have allowed this before" }
                (permissions(consent.had))
            }
            p class="aside" {
                "This is for "
                @for (number, service) in consent.services.iter().enumerate() {
                    @if number > 0 { ", " }
                    strong class="person" { (service) }
                }
                "."
            }
            p class="aside" {
                "Your answer is sent to " strong class="person" { (consent.returns_to) }
                ". You can take it back at any time under “Your sign-ins and apps”."
            }
            form method="post" action=(consent.action) {
                input type="hidden" name="ticket" value=(consent.ticket);
                div class="choice" {
                    button type="submit" name="decision" value="allow" { "Allow" }
                    button type="submit" class="plain" name="decision" value="deny" {
                        "Do not allow"
                    }
                }
            }
        };
        self.page("Allow access?", &body)
    }

    /// Asks whether to sign out, since an application would like it.
    pub(crate) fn sign_out(&self, action: &str, ticket: &str, app: Option<&str>) -> Page {
        let body = html! {
            @if let Some(app) = app {
                p { "You come from " strong class="person" { (app) } "." }
            }
            p { "Do you want to sign out here?" }
            form method="post" action=(action) {
                input type="hidden" name="ticket" value=(ticket);
                button type="submit" { "Sign out" }
            }
        };
        self.page("Sign out?", &body)
    }
}

/// Each permission in words, with what its wildcards cover.
pub(super) fn permissions(permissions: &[Explained]) -> Markup {
    html! {
        ul class="permissions" {
            @for permission in permissions {
                li {
                    span class="says" { (permission.says) }
                    @if !permission.details.is_empty() {
                        ul class="details" {
                            @for detail in &permission.details { li { (detail) } }
                        }
                    }
                    " " code { (permission.item) }
                }
            }
        }
    }
}
