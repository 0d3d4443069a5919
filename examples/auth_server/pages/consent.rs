//! Knows how an application's request is put to a person.
//! Must not know what comes of the answer.

use maud::{Markup, html};

use super::{Look, Page};
use crate::explain::Explained;

/// What an application asks for.
#[derive(Debug)]
pub(crate) struct Consent<'p> {
    /// Where the answer goes.
    pub(crate) action: &'p str,
    /// What the form carries, names and values.
    pub(crate) hidden: &'p [(&'p str, &'p str)],
    /// The name and value of the button that allows, and of the one that does not.
    pub(crate) allow: (&'p str, &'p str),
    pub(crate) deny: (&'p str, &'p str),
    pub(crate) app: &'p str,
    /// Where the person is sent back to.
    pub(crate) returns_to: &'p str,
    /// Who is asked.
    pub(crate) user: &'p str,
    pub(crate) asked: &'p [Explained],
    /// What was allowed before.
    pub(crate) had: &'p [Explained],
}

impl Look {
    pub(crate) fn consent(&self, consent: &Consent<'_>) -> Page {
        let title = "Allow access?";
        let body = html! {
            p {
                strong class="person" { (consent.app) }
                " asks to do this for you, " strong class="person" { (consent.user) } ":"
            }
            (permissions(consent.asked))
            @if !consent.had.is_empty() {
                h2 { "It may already" }
                (permissions(consent.had))
            }
            p class="aside" {
                "Your answer is sent to " strong class="person" { (consent.returns_to) }
                ". You can take it back at any time under “Your sign-ins and apps”."
            }
            form method="post" action=(consent.action) {
                @for (name, value) in consent.hidden {
                    input type="hidden" name=(name) value=(value);
                }
                div class="choice" {
                    button type="submit" name=(consent.allow.0) value=(consent.allow.1) { "Allow" }
                    button type="submit" class="plain" name=(consent.deny.0) value=(consent.deny.1) {
                        "Do not allow"
                    }
                }
            }
        };
        self.page(title, &body)
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
