//! Knows how the feed is read so that no late commit is missed.
//! Must not know how a record came into it.
//!
//! A transaction that began before another may commit after it, so neither a number nor a time
//! orders commits. Every record names its transaction, and every page is read with a look at
//! which were running: what a transaction below `xmin` wrote is settled, it can be seen now or
//! never. Settled records are read in their order, at most `limit` of them, and nothing can appear
//! behind that place later. Where they come to an end, all that is young is read with them, and
//! the next read begins at `xmin` and meets it again. A transaction anywhere on the server that
//! stays open keeps more records young; none is missed.

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

/// A place in the feed: everything up to this transaction and number has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    tx: i64,
    seq: i64,
}

/// Numbers begin at one.
const START: Place = Place { tx: 0, seq: 0 };

impl Place {
    fn to_cursor(self) -> Cursor {
        let mut bytes = self.tx.to_be_bytes().to_vec();
        bytes.extend(self.seq.to_be_bytes());
        Cursor::from_bytes(&bytes)
    }

    fn of(cursor: &Cursor) -> Result<Self, Error> {
        let bytes: [u8; 16] = cursor.as_bytes().try_into().map_err(|_| Error::Cursor)?;
        let number = u128::from_be_bytes(bytes);
        match (i64::try_from(number >> 64), i64::try_from(number & u128::from(u64::MAX))) {
            (Ok(tx), Ok(seq)) => Ok(Self { tx, seq }),
            _ => Err(Error::Cursor),
        }
    }
}

#[async_trait]
impl RevocationFeed for PostgresStore {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let place = after.map(Place::of).transpose()?.unwrap_or(START);
        let (tx, limit) = (place.tx.to_string(), i64::from(limit.max(1)));
        let sql = &self.inner.statements.read_revocations;
        let rows = self.inner.query(sql, &[&tx, &place.seq, &limit], Repeatable::Yes).await?;
        Ok(page(&rows, place, limit)?)
    }

    async fn changed(&self) {
        self.inner.news.notified().await;
    }

    fn subscribe(&self, sink: std::sync::Weak<dyn RevocationSink>) {
        self.inner.sinks.subscribe(sink);
    }
}

fn page(rows: &[Row], from: Place, limit: i64) -> Result<FeedPage, Error> {
    let first = rows.first().ok_or(Error::Answer("no page"))?;
    let (xmin, xmax): (i64, i64) = (first.try_get(0)?, first.try_get(1)?);
    // A place ahead of the server was given out by another: it was restored, or is a new one.
    if from.tx > xmax {
        return Err(Error::Cursor);
    }
    let mut records = Vec::with_capacity(rows.len());
    let mut settled = 0;
    let mut last = from;
    for row in rows {
        let Some(tx) = row.try_get::<_, Option<i64>>(2)? else { continue };
        settled += i64::from(tx < xmin);
        last = Place { tx, seq: row.try_get(3)? };
        records.push(record(row)?);
    }
    let complete = settled < limit;
    let place = if complete { Place { tx: xmin, seq: 0 } } else { last };
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
        "client_changed" => {
            let client = ClientId::parse(text(8, "key")?);
            Target::Client(client.map_err(|error| Error::row_because("key", error))?)
        }
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
        let place = Place { tx: 7, seq: i64::MAX };
        assert_eq!(Place::of(&place.to_cursor()).unwrap(), place);
        for length in [0, 7, 8, 15, 17, 24] {
            assert!(Place::of(&Cursor::from_bytes(&vec![1; length])).is_err(), "{length}");
        }
        assert!(Place::of(&Cursor::from_bytes(&[255; 16])).is_err());
    }
}
