//! Knows how someone sees where they are signed in and what apps may do for them.
//! Must not know how any of it is ended.

use maud::html;

use super::{Look, Page, consent::permissions};
use crate::explain::Explained;

/// All that someone has.
#[derive(Debug)]
pub(crate) struct Account<'p> {
    pub(crate) form_token: &'p str,
    pub(crate) user: &'p str,
    pub(crate) apps: &'p [App],
    pub(crate) sign_ins: &'p [SignIn],
    /// What was just done.
    pub(crate) done: Option<&'p str>,
}

/// An application that may act for someone, or does.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) client: String,
    pub(crate) name: String,
    pub(crate) permissions: Vec<Explained>,
    /// Since when, as a date.
    pub(crate) since: Option<String>,
    /// How many of its sessions are alive.
    pub(crate) sessions: usize,
}

/// A browser where someone is signed in.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) since: String,
    pub(crate) is_this: bool,
}

impl Look {
    pub(crate) fn account(&self, account: &Account<'_>) -> Page {
        let token = html! { input type="hidden" name="form_token" value=(account.form_token); };
        let act = |what: &str| format!("{}/account/{what}", self.base);
        let body = html! {
            p { "You are signed in as " strong class="person" { (account.user) } "." }
            @if let Some(done) = account.done { p class="done" role="status" { (done) } }
            h2 { "Apps" }
            @if account.apps.is_empty() { p { "No app may act for you." } }
            ul class="cards" {
                @for app in account.apps {
                    li {
                        h3 class="person" { (app.name) }
                        @if let Some(since) = &app.since { p class="aside" { "Allowed on " (since) } }
                        @if app.sessions > 0 {
                            p class="aside" {
                                (app.sessions) @if app.sessions == 1 { " session" } @else { " sessions" } " now"
                            }
                        }
                        (permissions(&app.permissions))
                        form method="post" action=(act("withdraw")) {
                            (token)
                            input type="hidden" name="client" value=(app.client);
                            button type="submit" class="plain" aria-label={ "Take access away from " (app.name) } {
                                "Take access away"
                            }
                        }
                    }
                }
            }
            h2 { "Sign-ins" }
            ul class="cards" {
                @for sign_in in account.sign_ins {
                    li {
                        h3 class="person" { (sign_in.label) }
                        p class="aside" {
                            "since " (sign_in.since) @if sign_in.is_this { " · this browser" }
                        }
                        @if !sign_in.is_this {
                            form method="post" action=(act("end")) {
                                (token)
                                input type="hidden" name="session" value=(sign_in.id);
                                button type="submit" class="plain"
                                    aria-label={ "Sign out " (sign_in.label) " of " (sign_in.since) } {
                                    "Sign out there"
                                }
                            }
                        }
                    }
                }
            }
            div class="choice" {
                form method="post" action={ (self.base) "/sign-out" } {
                    (token)
                    button type="submit" { "Sign out" }
                }
                form method="post" action=(act("everywhere")) {
                    (token)
                    button type="submit" class="plain" { "Sign out everywhere, apps too" }
                }
            }
        };
        self.page("Your sign-ins and apps", &body)
    }
}
