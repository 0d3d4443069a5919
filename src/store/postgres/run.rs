//! Knows how one statement is sent: one round trip, in bounded time, again where that is safe.
//! Must not know what a statement says.

use std::time::Duration;

use deadpool_postgres::{Client, Object};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Row, types::ToSql};

use super::{
    Inner,
    error::{Error, Remedy},
};

/// How often a statement is sent at most. A deadlock or a lost connection is met again at once
/// only where something is wrong; then the caller should know.
const SENDS: u32 = 6;

/// Whether a command recognises its own repetition, so that it may be sent again when it is not
/// known whether it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeatable {
    Yes,
    No,
}

/// The parameters of a statement.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Inner {
    /// Sends one statement and returns its rows. An error comes within the call timeout.
    pub(super) async fn query(
        &self,
        statement: &str,
        params: Params<'_>,
        repeatable: Repeatable,
    ) -> Result<Vec<Row>, Error> {
        let sending = async {
            let mut sends = 1;
            loop {
                let error = match self.send(statement, params).await {
                    Ok(rows) => return Ok(rows),
                    Err(error) => error,
                };
                let again = match error.remedy() {
                    Remedy::Repeat => true,
                    Remedy::Resend => repeatable == Repeatable::Yes,
                    Remedy::None => false,
                };
                if !again || sends >= SENDS {
                    return Err(error);
                }
                sleep(pause(sends)).await;
                sends += 1;
            }
        };
        timeout(self.call_timeout, sending).await.unwrap_or(Err(Error::Timeout))
    }

    async fn send(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let mut lease = Lease(Some(self.pool.get().await?));
        let Some(client) = lease.0.as_ref() else { return Err(Error::Timeout) };
        self.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let answer = async {
            let prepared = client.prepare_cached(statement).await?;
            client.query(&prepared, params).await
        };
        let answer = answer.await.map_err(Error::Driver);
        match answer {
            Err(error) if error.spoils_connection() => Err(error),
            answer => {
                // Back to the pool; a lease that is dropped is not.
                drop(lease.0.take());
                answer
            }
        }
    }
}

/// 5, 10, 20 … milliseconds.
fn pause(sends: u32) -> Duration {
    Duration::from_millis(5) * 2_u32.saturating_pow(sends.saturating_sub(1)).min(64)
}

/// A connection that is closed, not given back, when its answer was not awaited: whoever took it
/// next would wait for that answer first.
struct Lease(Option<Client>);

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}
