//! Knows how a request is sent, and how an answer gets lost.
//! Must not know what an answer should be.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Method, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{clock::MovedClock, dice::Dice, report::Report};

/// Where something is broken a client of this patience asks again elsewhere.
const PATIENCE: Duration = Duration::from_secs(4);
/// Until when somebody must have answered, whatever was broken.
const LONGEST: Duration = Duration::from_secs(180);

/// What is asked.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) form: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(header::HeaderName, String)>,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), form: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    pub(crate) fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.form.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// An answer, and the time between whose ends it was decided.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) answer: Answer,
    pub(crate) by: usize,
    /// Unix milliseconds of the moved clock, of the first attempt and of the answer.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The system's clock when the attempt that was answered began.
    pub(crate) began: Instant,
    pub(crate) attempts: u64,
}

/// Everything that tasks share.
pub(crate) struct Web {
    client: Client<HttpConnector, Full<Bytes>>,
    addresses: [String; 2],
    pub(crate) clock: MovedClock,
    pub(crate) report: Report,
}

impl Web {
    pub(crate) fn new(addresses: [String; 2], clock: MovedClock) -> Arc<Self> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Arc::new(Self { client, addresses, clock, report: Report::default() })
    }

    async fn exchange(&self, to: usize, request: &Request) -> Result<Answer, String> {
        let uri = format!("http://{}{}", self.addresses[to], request.path);
        let mut builder = http::Request::builder().method(&request.method).uri(uri);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let body = encoded(&request.form);
        if request.method == Method::POST {
            let kind = "application/x-www-form-urlencoded";
            builder = builder.header(header::CONTENT_TYPE, kind);
        }
        let request = builder.body(Full::new(Bytes::from(body))).unwrap();
        let answer = self.client.request(request).await.map_err(|why| why.to_string())?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let cookies = parts.headers.get_all(header::SET_COOKIE).iter().filter_map(|line| {
            let line = text(line);
            let (name, value) = line.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Ok(Answer {
            status: parts.status.as_u16(),
            location: parts.headers.get(header::LOCATION).map(text).unwrap_or_default(),
            cookies: cookies.collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Whether something has been broken since.
    fn is_broken(&self, since: Instant) -> bool {
        self.report.is_excused(since, Instant::now())
    }

    /// Asks once. Nothing comes back if there is no answer, the server cannot answer now, or the
    /// answer is lost on purpose after `lost` at the latest.
    pub(crate) async fn try_ask(
        &self,
        to: usize,
        request: &Request,
        lost: Option<Duration>,
    ) -> Option<Answer> {
        let began = Instant::now();
        self.report.count("requests");
        let mut asking = pin!(self.exchange(to, request));
        let mut patience = lost.unwrap_or(PATIENCE);
        let answer = loop {
            match tokio::time::timeout(patience, &mut asking).await {
                // A busy machine is no fault: then a client may wait.
                Err(_) if lost.is_none() && began.elapsed() < LONGEST && !self.is_broken(began) => {
                    patience = Duration::from_secs(1);
                }
                answer => break answer,
            }
        };
        let path = request.path.split('?').next().unwrap_or_default();
        let excuse = || self.is_broken(began);
        match answer {
            Ok(Ok(answer)) if answer.status < 500 => return Some(answer),
            Ok(Ok(Answer { status: 503, .. })) if excuse() => {
                self.report.count("answered 503 in a fault or stall")
            }
            Ok(Ok(answer)) => {
                let Answer { status, body, .. } = answer;
                self.report.violation(format!("{path} at {to}: {status} without a fault: {body}"));
            }
            Err(_) if lost.is_some() => self.report.count("answers lost on purpose"),
            Err(_) if excuse() => self.report.count("not answered in a fault or stall"),
            Ok(Err(_)) if excuse() => self.report.count("connections broken in a fault or stall"),
            Err(_) => self.report.violation(format!("{path} at {to}: no answer without a fault")),
            Ok(Err(why)) => {
                self.report.violation(format!("{path} at {to}: {why} without a fault"));
            }
        }
        None
    }

    /// Asks whether it answers; nothing is expected.
    pub(crate) async fn probe(&self, to: usize, request: &Request) -> Option<Answer> {
        let answer = tokio::time::timeout(PATIENCE, self.exchange(to, request)).await;
        answer.ok()?.ok().filter(|answer| answer.status < 500)
    }

    /// Asks until somebody answers, one instance after the other, as an honest client does.
    pub(crate) async fn ask(&self, dice: &mut Dice, losses: u64, request: &Request) -> Asked {
        let (first, start) = (self.clock.now(), Instant::now());
        let (mut to, mut attempts) = (dice.index(2), 0);
        loop {
            let lost = dice.percent(losses).then(|| dice.millis(0, 30));
            let began = Instant::now();
            attempts += 1;
            if let Some(answer) = self.try_ask(to, request, lost).await {
                return Asked { answer, by: to, first, last: self.clock.now(), began, attempts };
            }
            if start.elapsed() > LONGEST {
                let path = &request.path;
                self.report.violation(format!("{path}: nobody has answered for {LONGEST:?}"));
                let answer = Answer {
                    status: 0,
                    location: String::new(),
                    cookies: Vec::new(),
                    body: String::new(),
                };
                return Asked { answer, by: to, first, last: self.clock.now(), began, attempts };
            }
            to = 1 - to;
            tokio::time::sleep(dice.millis(10, 60)).await;
        }
    }
}

fn encoded(form: &[(&'static str, String)]) -> String {
    let pair = |(name, value): &(&str, String)| format!("{name}={}", percent(value));
    form.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A value in a form or a query.
pub(crate) fn percent(value: &str) -> String {
    value.bytes().fold(String::new(), |text, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            text + &char::from(byte).to_string()
        }
        byte => format!("{text}%{byte:02X}"),
    })
}
