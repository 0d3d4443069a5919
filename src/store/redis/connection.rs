//! Knows how a command reaches the server and comes back in bounded time.
//! Must not know what a command does.

use std::{
    future::Future,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use redis::{
    Client, Cmd, Pipeline, ProtocolVersion, PushInfo, PushKind, Value,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{error::Error, script::Call};

/// Between two tries of a call.
const PAUSE: Duration = Duration::from_millis(30);

/// How long things may take, and how many replicas must have what was ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) deadline: Duration,
    pub(super) replicas: Option<(u32, Duration)>,
}

/// A multiplexed connection that is replaced when nothing is heard through it.
pub(super) struct Connection {
    /// The manager in use, and how many there were before it.
    current: RwLock<(u64, ConnectionManager)>,
    source: Option<Source>,
    deadline: Duration,
}

/// Where a new connection comes from.
struct Source {
    client: Client,
    config: ConnectionManagerConfig,
    channel: Option<String>,
}

impl Connection {
    /// Connects, and listens on `channel` for hints where one is given.
    pub(super) async fn open(
        url: &str,
        limits: Limits,
        hints: Option<(String, Arc<Notify>)>,
    ) -> Result<Self, Error> {
        use redis::IntoConnectionInfo as _;
        let info = url.into_connection_info().map_err(Error::Url)?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings)).map_err(Error::Url)?;
        let mut config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(limits.deadline))
            // Each call has its own deadline.
            .set_response_timeout(None)
            .set_number_of_retries(0)
            .set_pipeline_buffer_size(1024);
        let mut channel = None;
        if let Some((name, notify)) = hints {
            config = config.set_automatic_resubscription().set_push_sender(
                move |push: PushInfo| -> Result<(), std::convert::Infallible> {
                    // After a disconnection there may be news that no hint told of.
                    if matches!(push.kind, PushKind::Message | PushKind::Disconnection) {
                        notify.notify_waiters();
                    }
                    Ok(())
                },
            );
            channel = Some(name);
        }
        let opened = ConnectionManager::new_with_config(client.clone(), config.clone());
        let manager = within(limits.deadline, async { Ok(opened.await?) }).await?;
        if let Some(channel) = &channel {
            let mut manager = manager.clone();
            within(limits.deadline, async { Ok(manager.subscribe(channel).await?) }).await?;
        }
        Ok(Self {
            current: RwLock::new((0, manager)),
            source: Some(Source { client, config, channel }),
            deadline: limits.deadline,
        })
    }

    /// Takes a connection that the host has made.
    pub(super) fn given(manager: ConnectionManager, limits: Limits) -> Self {
        Self { current: RwLock::new((0, manager)), source: None, deadline: limits.deadline }
    }

    /// Calls a script. What is repeatable is sent again, within the same deadline, when its
    /// answer was lost; what cannot have been sent is sent again in any case.
    pub(super) async fn call(&self, call: &Call) -> Result<Value, Error> {
        let until = Instant::now() + self.deadline;
        self.persist(call.repeatable, until, || self.send_script(call, until)).await
    }

    /// Calls a script and waits until `count` replicas have what it wrote, in one round trip.
    pub(super) async fn call_and_wait(
        &self,
        call: &Call,
        (count, wait): (u32, Duration),
        channel: &str,
    ) -> Result<(Value, i64), Error> {
        let until = Instant::now() + self.deadline + wait;
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        let send = |command: Cmd| {
            let mut both = Pipeline::new();
            // The write in the middle moves this connection's place behind whatever an earlier
            // sending of the same call wrote, which this one may find done already.
            both.add_command(command);
            both.cmd("PUBLISH").arg(channel).arg("");
            both.cmd("WAIT").arg(count).arg(millis);
            async move {
                self.run(until, async |manager| manager.send_packed_commands(&both, 0, 3).await)
                    .await
            }
        };
        self.persist(call.repeatable, until, || async {
            match outcome(send(call.by_hash().clone()).await?) {
                Err(error) if error.has_no_script() => outcome(send(call.by_text()).await?),
                other => other,
            }
        })
        .await
    }

    /// Several commands in one round trip, their answers in order.
    pub(super) async fn pipeline(
        &self,
        commands: &Pipeline,
        count: usize,
    ) -> Result<Vec<Value>, Error> {
        let until = Instant::now() + self.deadline;
        self.persist(true, until, || {
            self.run(until, async |manager| manager.send_packed_commands(commands, 0, count).await)
        })
        .await
    }

    async fn send_script(&self, call: &Call, until: Instant) -> Result<Value, Error> {
        match self.send(call.by_hash(), until).await {
            Err(error) if error.has_no_script() => self.send(&call.by_text(), until).await,
            other => other,
        }
    }

    async fn send(&self, command: &Cmd, until: Instant) -> Result<Value, Error> {
        let value = self.run(until, async |manager| manager.send_packed_command(command).await);
        Ok(value.await?.extract_error()?)
    }

    /// Tries again after a lost connection, where that is safe, as long as time is left.
    async fn persist<T, F: Future<Output = Result<T, Error>>>(
        &self,
        repeatable: bool,
        until: Instant,
        once: impl Fn() -> F,
    ) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            match once().await {
                Err(error)
                    if tries < 2
                        && Instant::now() + PAUSE < until
                        && (error.was_not_sent()
                            || (repeatable && error.lost_the_connection())) =>
                {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }

    async fn run<T>(
        &self,
        until: Instant,
        work: impl AsyncFnOnce(&mut ConnectionManager) -> redis::RedisResult<T>,
    ) -> Result<T, Error> {
        let (number, mut manager) =
            self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let outcome = match timeout_at(until, work(&mut manager)).await {
            Ok(outcome) => outcome.map_err(Error::from),
            Err(_) => Err(Error::Deadline(self.deadline)),
        };
        if let Err(error) = &outcome
            && error.needs_new_connection()
        {
            self.replace(number);
        }
        outcome
    }

    /// Puts a new connection in the place of the one that failed, unless another call has.
    fn replace(&self, failed: u64) {
        let Some(source) = &self.source else {
            return;
        };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.0 != failed {
            return;
        }
        let made =
            ConnectionManager::new_lazy_with_config(source.client.clone(), source.config.clone());
        let Ok(manager) = made else {
            return;
        };
        *current = (failed + 1, manager.clone());
        drop(current);
        if let Some(channel) = source.channel.clone() {
            tokio::spawn(async move {
                let mut manager = manager;
                // Only a hint: where it fails, readers poll.
                let _ = manager.subscribe(channel).await;
            });
        }
    }
}

/// The script's answer and the replicas that have it.
fn outcome(answers: Vec<Value>) -> Result<(Value, i64), Error> {
    let [script, _, wait] = <[Value; 3]>::try_from(answers).map_err(|_| Error::Reply)?;
    let script = script.extract_error()?;
    match wait.extract_error()? {
        Value::Int(replicas) => Ok((script, replicas)),
        _ => Err(Error::Reply),
    }
}

async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(deadline, work).await.unwrap_or(Err(Error::Deadline(deadline)))
}
