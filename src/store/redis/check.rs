//! Knows what the server must be like, and whether it still is.
//! Must not know what is stored on it.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use redis::{Pipeline, Value};

use super::{connection::Connection, error::Error};
use crate::clock::{Clock, Timestamp};

/// What the last look at the server found.
#[derive(Debug, Default)]
pub(super) struct Verdict(RwLock<Found>);

#[derive(Debug, Default, Clone)]
struct Found {
    eviction: Option<String>,
    cluster: bool,
    skew: Option<(Duration, Duration)>,
}

impl Verdict {
    /// Whether the server may be relied on to remember.
    pub(super) fn reading(&self) -> Result<(), Error> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match &*found {
            Found { eviction: Some(policy), .. } => Err(Error::Eviction(policy.clone())),
            Found { cluster: true, .. } => Err(Error::Cluster),
            _ => Ok(()),
        }
    }

    /// Whether it may also be written to: not with clocks apart.
    pub(super) fn writing(&self) -> Result<(), Error> {
        self.reading()?;
        match self.0.read().unwrap_or_else(PoisonError::into_inner).skew {
            Some((by, allowed)) => Err(Error::Skew { by, allowed }),
            None => Ok(()),
        }
    }

    /// Looks at the server's settings and clock, in one round trip.
    pub(super) async fn renew(
        &self,
        connection: &Connection,
        clock: &dyn Clock,
        max_skew: Duration,
    ) -> Result<(), Error> {
        let mut questions = Pipeline::new();
        questions.cmd("INFO").arg("memory");
        questions.cmd("INFO").arg("cluster");
        questions.cmd("TIME");
        let before = clock.now();
        let answers = connection.pipeline(&questions, 3).await?;
        let after = clock.now();
        let [memory, cluster, time] = <[Value; 3]>::try_from(answers).map_err(|_| Error::Reply)?;
        let policy = info(memory, "maxmemory_policy")?;
        let found = Found {
            eviction: (policy != "noeviction").then_some(policy),
            cluster: info(cluster, "cluster_enabled")? == "1",
            skew: skew(before, server_time(time)?, after)
                .filter(|by| *by > max_skew)
                .map(|by| (by, max_skew)),
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }
}

/// How far the server's time lies outside of what passed here meanwhile.
fn skew(before: Timestamp, server: Timestamp, after: Timestamp) -> Option<Duration> {
    let by = before.saturating_since(server).max(server.saturating_since(after));
    (!by.is_zero()).then_some(by)
}

fn server_time(value: Value) -> Result<Timestamp, Error> {
    let (seconds, micros): (u64, u64) =
        redis::from_redis_value(value.extract_error()?).map_err(|_| Error::Reply)?;
    Ok(Timestamp::from_unix_millis(seconds.saturating_mul(1000).saturating_add(micros / 1000)))
}

fn info(value: Value, name: &'static str) -> Result<String, Error> {
    let text: String = redis::from_redis_value(value.extract_error()?).map_err(|_| Error::Reply)?;
    text.lines()
        .find_map(|line| line.split_once(':').filter(|(key, _)| *key == name))
        .map(|(_, value)| value.trim().to_owned())
        .ok_or(Error::Info(name))
}
