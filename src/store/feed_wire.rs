//! Knows how a stretch of the revocation feed is written as JSON and read back, by the service
//! that serves it and by the one that follows it.
//! Must not know HTTP, nor who asks.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    feed::{Cursor, FeedPage},
    revocation::{Owner, RevocationRecord, Target},
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject, TokenId},
};

/// A text is no page, or no cursor, of a revocation feed.
///
/// ```
/// use hallpass::store::{Cursor, FeedPage};
///
/// // Written by a later version: to read past what it revokes would be to let it in.
/// let record = r#"{"kind":"tenant","id":"a","not_before":1,"expires_at":2}"#;
/// let page = FeedPage::from_json(&format!(r#"{{"records":[{record}],"next":"Nw","more":false}}"#));
/// assert!(page.unwrap_err().to_string().starts_with("this is no page of a revocation feed"));
/// assert!(Cursor::from_text("not base64url").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no {what} of a revocation feed: {problem}")]
pub struct FeedTextError {
    what: &'static str,
    problem: &'static str,
}

/// What a page says cannot be read by this version. Nothing of it may be used: a record that is
/// skipped is a revocation that is not obeyed.
const fn page_error(problem: &'static str) -> FeedTextError {
    FeedTextError { what: "page", problem }
}

#[derive(Serialize, Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    records: Vec<Record<'a>>,
    /// The cursor of the next read.
    next: Cow<'a, str>,
    /// Whether there is more to read now.
    more: bool,
}

/// One record. Each kind has exactly its own members: one that is unknown or missing may narrow
/// or widen what is revoked, so the page is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record<'a> {
    kind: Kind,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    client_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    kid: Option<Cow<'a, str>>,
    /// Unix milliseconds.
    not_before: u64,
    /// Unix milliseconds.
    expires_at: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Token,
    Session,
    Subject,
    Client,
    SubjectAtClient,
    ApiKey,
    Registration,
    SigningKey,
}

impl FeedPage {
    /// The page as JSON, for a service that gives its feed to others over HTTP:
    ///
    /// ```
    /// use hallpass::{Timestamp, id::Subject};
    /// use hallpass::store::{Cursor, FeedPage, Owner, RevocationRecord, Target};
    ///
    /// let at = Timestamp::from_unix_seconds;
    /// let target = Target::Owner(Owner::Subject(Subject::parse("ada")?));
    /// let record = RevocationRecord { target, not_before: at(1), expires_at: at(2) };
    /// let page = FeedPage { records: vec![record], cursor: Cursor::from_bytes(b"7"), complete: true };
    /// let json = r#"{"records":[{"kind":"subject","subject":"ada","not_before":1000,"expires_at":2000}],"next":"Nw","more":false}"#;
    /// assert_eq!(page.to_json(), json);
    /// assert_eq!(FeedPage::from_json(json)?.records, page.records);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let page = Page {
            records: self.records.iter().map(Record::of).collect(),
            next: self.cursor.to_text().into(),
            more: !self.complete,
        };
        // INVARIANT (Page): texts, numbers and a bool, which serialize without fail.
        serde_json::to_string(&page).unwrap_or_default()
    }

    /// Reads a page that [`to_json`](Self::to_json) wrote, here or elsewhere.
    ///
    /// # Errors
    /// When anything in a record is unknown, missing or malformed: then nothing of the page may be
    /// used. Unknown members beside the records are ignored.
    pub fn from_json(json: &str) -> Result<Self, FeedTextError> {
        let page: Page<'_> = serde_json::from_str(json)
            .map_err(|_| page_error("it has not the members and kinds that this version knows"))?;
        let records = page.records.iter().map(Record::read).collect::<Result<_, _>>()?;
        Ok(Self { records, cursor: Cursor::from_text(&page.next)?, complete: !page.more })
    }
}

impl Cursor {
    /// The longest cursor that is read from text, in bytes.
    pub const MAX_BYTES: usize = 512;

    /// The cursor as base64url, which needs no escape in a URL.
    #[must_use]
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.as_bytes())
    }

    /// Reads a cursor that [`to_text`](Self::to_text) wrote. What it says is the engine's to judge.
    ///
    /// # Errors
    /// When the text is not canonical base64url, or too long.
    pub fn from_text(text: &str) -> Result<Self, FeedTextError> {
        let error = |problem| FeedTextError { what: "cursor", problem };
        if text.len() > Self::MAX_BYTES.div_ceil(3) * 4 {
            return Err(error("it is too long"));
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| error("it is not base64url"))?;
        if bytes.len() > Self::MAX_BYTES {
            return Err(error("it is too long"));
        }
        Ok(Self::from_bytes(&bytes))
    }
}

impl<'a> Record<'a> {
    fn of(record: &'a RevocationRecord) -> Self {
        let mut wire = Self {
            kind: Kind::Token,
            id: None,
            subject: None,
            client_id: None,
            kid: None,
            not_before: record.not_before.as_unix_millis(),
            expires_at: record.expires_at.as_unix_millis(),
        };
        wire.kind = match &record.target {
            Target::Token(id) => wire.with_id(id, Kind::Token),
            Target::Session(id) => wire.with_id(id, Kind::Session),
            Target::ApiKey(id) => wire.with_id(id, Kind::ApiKey),
            Target::Owner(Owner::Subject(subject)) => {
                wire.subject = Some(subject.as_str().into());
                Kind::Subject
            }
            Target::Owner(Owner::Client(client)) => {
                wire.client_id = Some(client.as_str().into());
                Kind::Client
            }
            Target::Owner(Owner::SubjectAtClient(subject, client)) => {
                wire.subject = Some(subject.as_str().into());
                wire.client_id = Some(client.as_str().into());
                Kind::SubjectAtClient
            }
            Target::Client(client) => {
                wire.client_id = Some(client.as_str().into());
                Kind::Registration
            }
            Target::SigningKey(kid) => {
                wire.kid = Some(kid.as_str().into());
                Kind::SigningKey
            }
        };
        wire
    }

    fn with_id(&mut self, id: &dyn ToString, kind: Kind) -> Kind {
        self.id = Some(id.to_string().into());
        kind
    }

    fn read(&self) -> Result<RevocationRecord, FeedTextError> {
        let (id, subject) = (self.id.as_deref(), self.subject.as_deref());
        let (client, kid) = (self.client_id.as_deref(), self.kid.as_deref());
        let target = match (self.kind, id, subject, client, kid) {
            (Kind::Token, Some(id), None, None, None) => Target::Token(read(TokenId::parse(id))?),
            (Kind::Session, Some(id), None, None, None) => {
                Target::Session(read(SessionId::parse(id))?)
            }
            (Kind::ApiKey, Some(id), None, None, None) => {
                Target::ApiKey(read(ApiKeyId::parse(id))?)
            }
            (Kind::Subject, None, Some(subject), None, None) => {
                Target::Owner(Owner::Subject(read(Subject::parse(subject))?))
            }
            (Kind::Client, None, None, Some(client), None) => {
                Target::Owner(Owner::Client(read(ClientId::parse(client))?))
            }
            (Kind::SubjectAtClient, None, Some(subject), Some(client), None) => {
                let (subject, client) =
                    (read(Subject::parse(subject))?, read(ClientId::parse(client))?);
                Target::Owner(Owner::SubjectAtClient(subject, client))
            }
            (Kind::Registration, None, None, Some(client), None) => {
                Target::Client(read(ClientId::parse(client))?)
            }
            (Kind::SigningKey, None, None, None, Some(kid)) => {
                Target::SigningKey(read(KeyId::parse(kid))?)
            }
            _ => return Err(page_error("a record has not the members of its kind")),
        };
        let at = Timestamp::from_unix_millis;
        Ok(RevocationRecord {
            target,
            not_before: at(self.not_before),
            expires_at: at(self.expires_at),
        })
    }
}

fn read<T, E>(id: Result<T, E>) -> Result<T, FeedTextError> {
    id.map_err(|_| page_error("an identifier in it is not one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<RevocationRecord> {
        let at = Timestamp::from_unix_millis;
        let subject = Subject::parse("ada \"ü\"\\").unwrap();
        let client = ClientId::parse("web").unwrap();
        [
            Target::Token(TokenId::from_parts(at(5), [1; 12])),
            Target::Session(SessionId::from_parts(at(6), [2; 12])),
            Target::ApiKey(ApiKeyId::from_parts(at(7), [3; 12])),
            Target::Owner(Owner::Subject(subject.clone())),
            Target::Owner(Owner::Client(client.clone())),
            Target::Owner(Owner::SubjectAtClient(subject, client.clone())),
            Target::Client(client),
            Target::SigningKey(KeyId::parse("one").unwrap()),
        ]
        .into_iter()
        .map(|target| RevocationRecord { target, not_before: at(8), expires_at: Timestamp::MAX })
        .collect()
    }

    #[test]
    fn every_target_comes_back_as_it_was() {
        let cursor = Cursor::from_bytes(&[0, 255, 128]);
        for complete in [true, false] {
            let page = FeedPage { records: samples(), cursor: cursor.clone(), complete };
            let read = FeedPage::from_json(&page.to_json()).unwrap();
            assert_eq!(read.records, page.records);
            assert_eq!((&read.cursor, read.complete), (&cursor, complete));
        }
    }

    #[test]
    fn what_is_not_understood_refuses_the_whole_page() {
        let page = |record: &str| {
            FeedPage::from_json(&format!(r#"{{"records":[{record}],"next":"","more":false}}"#))
        };
        let times = r#""not_before":1,"expires_at":2"#;
        assert!(page(&format!(r#"{{"kind":"client","client_id":"a",{times}}}"#)).is_ok());
        for bad in [
            r#"{"kind":"tenant","id":"a",TIMES}"#,
            r#"{"kind":"client",TIMES}"#,
            r#"{"kind":"client","client_id":"",TIMES}"#,
            r#"{"kind":"client","client_id":"a","subject":"b",TIMES}"#,
            r#"{"kind":"client","client_id":"a","only":"b",TIMES}"#,
            r#"{"kind":"client","client_id":"a","client_id":"b",TIMES}"#,
            r#"{"kind":"client","kind":"subject","client_id":"a",TIMES}"#,
            r#"{"kind":"session","id":"a",TIMES}"#,
            r#"{"kind":"client","client_id":"a","not_before":1}"#,
            r#"{"kind":"client","client_id":"a","not_before":-1,"expires_at":2}"#,
            r#"{"kind":"client","client_id":"a","not_before":1.5,"expires_at":2}"#,
            r#"{"client_id":"a",TIMES}"#,
            "null",
        ] {
            assert!(page(&bad.replace("TIMES", times)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_is_whole_or_nothing() {
        let good = r#"{"records":[],"next":"AA","more":true,"hint":1}"#;
        assert!(!FeedPage::from_json(good).unwrap().complete);
        for bad in [
            r#"{"records":[],"next":"AA"}"#,
            r#"{"records":[],"more":true}"#,
            r#"{"next":"AA","more":false}"#,
            r#"{"records":[],"next":"AA","more":"no"}"#,
            r#"{"records":[],"next":"A","more":false}"#,
            r#"{"records":[],"next":"AB","more":false}"#,
            r#"{"records":[],"next":"AA==","more":false}"#,
            r#"{"records":[],"records":[],"next":"AA","more":false}"#,
            r#"{"records":[],"next":"AA","more":false}x"#,
            r#"{"records":[],"next":"AA","more":false"#,
            "[]",
            "",
        ] {
            assert!(FeedPage::from_json(bad).is_err(), "{bad}");
        }
        assert!(Cursor::from_text(&"A".repeat(10_000)).is_err());
        let longest = Cursor::from_bytes(&[7; Cursor::MAX_BYTES]);
        assert_eq!(Cursor::from_text(&longest.to_text()), Ok(longest));
        let longer = Cursor::from_bytes(&[7; Cursor::MAX_BYTES + 1]);
        assert!(Cursor::from_text(&longer.to_text()).is_err());
    }
}
