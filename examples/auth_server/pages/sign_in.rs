//! Knows how the sign-in page looks.
//! Must not know who may sign in.

use maud::html;

use super::{Look, Page};

/// The sign-in form.
#[derive(Debug)]
pub(crate) struct SignInForm<'p> {
    /// Proves that the form is ours.
    pub(crate) form_token: &'p str,
    /// Where to go on.
    pub(crate) return_to: &'p str,
    /// What was typed before.
    pub(crate) name: &'p str,
    /// What was wrong with that.
    pub(crate) problem: Option<&'p str>,
    /// The application that asked for it.
    pub(crate) app: Option<&'p str>,
}

impl Look {
    pub(crate) fn sign_in(&self, form: &SignInForm<'_>) -> Page {
        let body = html! {
            @if let Some(app) = form.app {
                p { "to go on to " strong class="person" { (app) } }
            }
            @if let Some(problem) = form.problem {
                p class="problem" role="alert" id="problem" { (problem) }
            }
            form method="post" action={ (self.base) "/sign-in" } {
                input type="hidden" name="form_token" value=(form.form_token);
                input type="hidden" name="return_to" value=(form.return_to);
                label for="name" { "User name" }
                input id="name" name="name" value=(form.name) required autocomplete="username"
                    autocapitalize="none" spellcheck="false" maxlength="255"
                    aria-describedby=[form.problem.map(|_| "problem")];
                label for="password" { "Password" }
                input id="password" name="password" type="password" required maxlength="1024"
                    autocomplete="current-password"
                    aria-describedby=[form.problem.map(|_| "problem")];
                button type="submit" { "Sign in" }
            }
        };
        self.page("Sign in", &body)
    }
}
