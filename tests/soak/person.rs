//! Knows a person at a browser: signs in, allows applications, takes access back.
//! Must not know what a session of an application has to answer.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use http::header;

use crate::{
    dice::Dice,
    session::{App, End, Held},
    web::{Answer, Asked, Request, Web, percent},
};

const PASSWORD: &str = "correct horse battery staple";
const VERIFIER: &str = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv";
const EXPORT_SECRET: &str = "demo-secret-of-chat-export-change-me";

/// A person with a browser, and what applications hold for them.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) web: Arc<Web>,
    pub(crate) dice: Dice,
    cookies: BTreeMap<String, String>,
    pub(crate) held: Vec<Held>,
    pub(crate) buried: Vec<Held>,
    /// When each session, the browser's own too, may have been opened.
    pub(crate) births: Vec<u64>,
    /// Makes the model wrong on purpose, to see that it would be noticed.
    pub(crate) is_deceived: bool,
}

impl App {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Phone => "chat-phone",
            Self::Export => "chat-export",
        }
    }

    const fn redirect(self) -> &'static str {
        match self {
            Self::Phone => "com.example.chatter:/callback",
            Self::Export => "http://127.0.0.1:8500/callback",
        }
    }

    /// The request, with what proves that it comes from this application.
    pub(crate) fn proves(self, request: Request) -> Request {
        match self {
            Self::Phone => request.field("client_id", self.id()),
            Self::Export => {
                request.field("client_id", self.id()).field("client_secret", EXPORT_SECRET)
            }
        }
    }

    pub(crate) fn refresh(self, token: &str) -> Request {
        let request = Request::post("/token").field("grant_type", "refresh_token");
        self.proves(request.field("refresh_token", token))
    }

    pub(crate) fn revoke(self, token: &str) -> Request {
        self.proves(Request::post("/revoke").field("token", token))
    }
}

impl Person {
    pub(crate) fn new(name: String, web: Arc<Web>, dice: Dice) -> Self {
        let cookies = BTreeMap::new();
        let (held, buried, births) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, web, dice, cookies, held, buried, births, is_deceived: false }
    }

    /// A request of the browser; it asks again until it is answered, as people do.
    async fn browse(&mut self, request: Request) -> Asked {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookie = pairs.collect::<Vec<_>>().join("; ");
        let request = request.header(header::COOKIE, cookie);
        let asked = self.web.ask(&mut self.dice, 0, &request).await;
        for (name, value) in &asked.answer.cookies {
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.clone(), value.clone());
            }
        }
        asked
    }

    /// Signs in, allows what the application asks for, and lets it exchange the code.
    pub(crate) async fn open(&mut self, app: App) {
        let Some(code) = self.code(app).await else { return };
        let exchange = app.proves(
            Request::post("/token")
                .field("grant_type", "authorization_code")
                .field("code", code)
                .field("redirect_uri", app.redirect())
                .field("code_verifier", VERIFIER),
        );
        let (to, first) = (self.dice.index(2), self.web.clock.now());
        let began = Instant::now();
        self.births.push(first);
        // A code works once: whoever loses this answer begins anew.
        let Some(answer) = self.web.try_ask(to, &exchange, None).await else { return };
        let asked = Asked { answer, by: to, first, last: self.web.clock.now(), began, attempts: 1 };
        if asked.answer.status != 200 {
            let what = &asked.answer.body;
            return self.web.report.violation(format!("a fresh code was refused: {what}"));
        }
        match Held::opened(app, &asked) {
            Ok(held) => {
                self.web.report.count("sessions opened");
                self.held.push(held);
            }
            Err(why) => self.web.report.violation(why),
        }
        // Somebody has seen the code and comes with it: what it opened ends.
        if self.dice.percent(2) {
            let again = self.web.ask(&mut self.dice, 0, &exchange).await;
            self.bury_last(End::by_either, "its code came twice", &again);
            if again.answer.status != 400 {
                self.web.report.violation("a code worked twice".to_owned());
            }
        }
    }

    /// Through the pages to a code.
    async fn code(&mut self, app: App) -> Option<String> {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let hash = ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes());
        let query = [
            ("client_id", app.id()),
            ("redirect_uri", app.redirect()),
            ("response_type", "code"),
            ("scope", "offline_access chat:*:list"),
            ("code_challenge", &URL_SAFE_NO_PAD.encode(hash)),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| format!("{name}={}", percent(value)))
        .join("&");
        let mut asked = self.browse(Request::get(format!("/authorize?{query}"))).await;
        for _ in 0..12 {
            let (status, to) = (asked.answer.status, asked.answer.location.clone());
            if (300..400).contains(&status) {
                if let Some((_, back)) =
                    to.split_once("?").filter(|_| to.starts_with(app.redirect()))
                {
                    let code = back.split('&').find_map(|pair| pair.strip_prefix("code="));
                    let now = Instant::now();
                    let cannot = back.starts_with("error=temporarily_unavailable&");
                    if cannot && self.web.report.is_excused(asked.began, now) {
                        self.web.report.count("flows begun anew");
                    } else if code.is_none() {
                        self.web.report.violation(format!("sent back without a code: {back}"));
                    }
                    return code.map(str::to_owned);
                }
                let path = to
                    .strip_prefix("http://")
                    .and_then(|rest| rest.find('/').map(|at| rest[at..].to_owned()));
                asked = self.browse(Request::get(path.unwrap_or(to))).await;
                continue;
            }
            // A sign-in whose answer was lost has made the form stale; that is told, and fine.
            let Some(form) = self.form(&asked.answer.body).filter(|_| status == 200) else {
                self.web.report.count("flows begun anew");
                return None;
            };
            let signs_in = form.form.iter().any(|(name, _)| *name == "password");
            asked = self.browse(form).await;
            if signs_in {
                // Each attempt may have opened a session of the browser.
                (0..asked.attempts).for_each(|_| self.births.push(asked.last));
                self.web.report.count("sign-ins");
            }
        }
        None
    }

    /// The form of a page, filled in.
    fn form(&self, page: &str) -> Option<Request> {
        let action = attribute(page, "<form method=\"post\" action=\"")?;
        let path = match action.strip_prefix("http://") {
            Some(rest) => rest[rest.find('/')?..].to_owned(),
            None => action,
        };
        let mut request = Request::post(path);
        for name in ["form_token", "return_to", "ticket"] {
            if let Some(value) = attribute(page, &format!("name=\"{name}\" value=\"")) {
                request = request.field(name, value);
            }
        }
        Some(if page.contains("name=\"password\"") {
            request.field("name", self.name.clone()).field("password", PASSWORD)
        } else {
            request.field("decision", "allow")
        })
    }

    /// Presses a button of the account page, if somebody is signed in.
    async fn press(&mut self, path: &str, client: Option<App>, leads_to: &str) -> Option<Asked> {
        let page = self.browse(Request::get("/account")).await;
        let token = attribute(&page.answer.body, "name=\"form_token\" value=\"")?;
        if page.answer.status != 200 {
            return None;
        }
        let mut form = Request::post(path).field("form_token", token);
        if let Some(app) = client {
            form = form.field("client", app.id());
        }
        let asked = self.browse(form).await;
        let Answer { status, location, .. } = &asked.answer;
        // Whoever was signed out by an attempt without an answer is nobody at the next.
        let was_done = asked.attempts > 1 && location == "/sign-in";
        if *status != 303 || (location != leads_to && !was_done) {
            self.web.report.violation(format!("{path} answered {status}, on to {location}"));
            return None;
        }
        if asked.attempts > 1 {
            // One that stands still may do it when it goes on, to what is opened meanwhile, too.
            while self.web.report.is_in_fault() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Some(asked)
    }

    /// Everything ends, here and at every application.
    pub(crate) async fn everywhere(&mut self) {
        if let Some(asked) = self.press("/account/everywhere", None, "/").await {
            while !self.held.is_empty() {
                self.bury_last(End::by_either, "signed out everywhere", &asked);
            }
        }
    }

    pub(crate) async fn withdraw(&mut self, app: App) {
        let done = self.press("/account/withdraw", Some(app), "/account?done=withdrawn").await;
        if let Some(asked) = done {
            let (ended, rest) = self.held.drain(..).partition(|held: &Held| held.app == app);
            self.held = ended;
            while !self.held.is_empty() {
                self.bury_last(End::by_either, "consent withdrawn", &asked);
            }
            self.held = rest;
        }
    }

    /// The browser alone; what applications hold goes on.
    pub(crate) async fn sign_out(&mut self) {
        if self.press("/sign-out", None, "/").await.is_some() {
            self.web.report.count("browsers signed out");
        }
    }
}

/// What stands between this and the next quote.
fn attribute(page: &str, before: &str) -> Option<String> {
    let (_, rest) = page.split_once(before)?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}
