//! Knows how the feed is read so that no late commit is missed.
//! Must not know how a record came into it.
//!
//! A transaction that began before another may commit after it, so neither a number nor a time
//! orders commits. Every record names its transaction. A walk begins with one look at the server:
//! whatever was written by a transaction below `xmin` was committed and is seen by this walk, or
//! never will be. So the next walk begins at that `xmin`, and reads what lies above it again.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::{PostgresStore, error::Error, rows::instant, run::Repeatable};
use crate::{
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject, TokenId},
    store::{
        Cursor, FeedPage, Owner, RevocationFeed, RevocationRecord, RevocationSink, StoreError,
        Target,
    },
};

/// A place in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The transaction from which the next walk begins.
    floor: i64,
    /// The last record this walk has read, by transaction and number.
    read: Option<(i64, i64)>,
}

impl Place {
    fn to_cursor(self) -> Cursor {
        let mut bytes = self.floor.to_be_bytes().to_vec();
        if let Some((tx, seq)) = self.read {
            bytes.extend(tx.to_be_bytes());
            bytes.extend(seq.to_be_bytes());
        }
        Cursor::from_bytes(&bytes)
    }

    fn of(cursor: &Cursor) -> Result<Self, Error> {
        let mut numbers = cursor.as_bytes().chunks_exact(8).map(|chunk| {
            let bytes: [u8; 8] = chunk.try_into().unwrap_or_default();
            i64::from_be_bytes(bytes)
        });
        let whole = matches!(cursor.as_bytes().len(), 8 | 24);
        match (whole, numbers.next(), numbers.next(), numbers.next()) {
            (true, Some(floor), None, _) => Ok(Self { floor, read: None }),
            (true, Some(floor), Some(tx), Some(seq)) => Ok(Self { floor, read: Some((tx, seq)) }),
            _ => Err(Error::Cursor),
        }
    }

    /// After which record to read on: numbers begin at one.
    fn after(self) -> (i64, i64) {
        self.read.unwrap_or((self.floor, 0))
    }
}

#[async_trait]
impl RevocationFeed for PostgresStore {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let place = after.map(Place::of).transpose()?;
        let (tx, seq) = place.map_or((0, 0), Place::after);
        let (tx, limit) = (tx.to_string(), i64::from(limit.max(1)));
        let sql = &self.inner.statements.read_revocations;
        let rows = self.inner.query(sql, &[&tx, &seq, &limit], Repeatable::Yes).await?;
        Ok(page(&rows, place, limit)?)
    }

    async fn changed(&self) {
        self.inner.news.notified().await;
    }

    fn subscribe(&self, sink: std::sync::Weak<dyn RevocationSink>) {
        self.inner.sinks.subscribe(sink);
    }
}

fn page(rows: &[Row], from: Option<Place>, limit: i64) -> Result<FeedPage, Error> {
    let first = rows.first().ok_or(Error::Answer("no page"))?;
    let (xmin, xmax): (i64, i64) = (first.try_get(0)?, first.try_get(1)?);
    // A place ahead of the server was given out by another: it was restored, or is a new one.
    if from.is_some_and(|place| place.floor > xmax) {
        return Err(Error::Cursor);
    }
    let mut records = Vec::with_capacity(rows.len());
    let mut last = None;
    for row in rows {
        let Some(tx) = row.try_get::<_, Option<i64>>(2)? else { continue };
        last = Some((tx, row.try_get(3)?));
        records.push(record(row)?);
    }
    let complete = i64::try_from(records.len()).unwrap_or(i64::MAX) < limit;
    // What this walk began with stands until it ends: what is committed meanwhile behind the
    // place that was reached is read by the next walk.
    let floor = match from {
        Some(Place { floor, read: Some(_) }) => floor,
        _ => xmin,
    };
    let place = Place { floor, read: if complete { None } else { last } };
    Ok(FeedPage { records, cursor: place.to_cursor(), complete })
}

fn record(row: &Row) -> Result<RevocationRecord, Error> {
    Ok(RevocationRecord {
        target: target(row)?,
        not_before: instant("not_before", row.try_get(9)?)?,
        expires_at: instant("expires_at", row.try_get(10)?)?,
    })
}

fn target(row: &Row) -> Result<Target, Error> {
    let kind: &str = row.try_get(4)?;
    let id = || -> Result<[u8; 18], Error> {
        let bytes: Option<&[u8]> = row.try_get(5)?;
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(Error::row("id"))
    };
    let text = |at: usize, column: &'static str| -> Result<&str, Error> {
        row.try_get::<_, Option<&str>>(at)?.ok_or(Error::row(column))
    };
    let subject = || {
        let text = text(6, "subject")?;
        Subject::parse(text).map_err(|error| Error::row_because("subject", error))
    };
    let client = || {
        let text = text(7, "client")?;
        ClientId::parse(text).map_err(|error| Error::row_because("client", error))
    };
    Ok(match kind {
        "token" => Target::Token(TokenId::from_bytes(id()?)),
        "session" => Target::Session(SessionId::from_bytes(id()?)),
        "api_key" => Target::ApiKey(ApiKeyId::from_bytes(id()?)),
        "subject" => Target::Owner(Owner::Subject(subject()?)),
        "client" => Target::Owner(Owner::Client(client()?)),
        "subject_at_client" => Target::Owner(Owner::SubjectAtClient(subject()?, client()?)),
        "signing_key" => {
            let key = KeyId::parse(text(8, "key")?);
            Target::SigningKey(key.map_err(|error| Error::row_because("key", error))?)
        }
        _ => return Err(Error::row("kind")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_cursor() {
        for read in [None, Some((9, 1))] {
            let place = Place { floor: 7, read };
            assert_eq!(Place::of(&place.to_cursor()).unwrap(), place);
        }
        for length in [0, 7, 9, 16, 25, 32] {
            assert!(Place::of(&Cursor::from_bytes(&vec![1; length])).is_err(), "{length}");
        }
    }
}
