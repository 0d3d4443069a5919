//! Knows how news of a revocation arrives before the next poll is due.
//! Must not know the revocation: it is read from the feed, and missing the news only costs time.

use std::{future::poll_fn, sync::Weak, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_postgres::{
    AsyncMessage, Config, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

use super::Inner;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Listens on a connection of its own for as long as the store lives, and connects again when it
/// is lost.
pub(super) async fn keep_listening<T>(store: Weak<Inner>, config: Config, tls: T)
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + Sync,
    T::TlsConnect: Send + Sync,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(true) = listen_once(&store, &config, tls.clone()).await {
            pause = FIRST_PAUSE;
        }
        if store.strong_count() == 0 {
            return;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Says whether it had come to listening before the connection was lost.
async fn listen_once<T>(store: &Weak<Inner>, config: &Config, tls: T) -> Option<bool>
where
    T: MakeTlsConnect<Socket>,
{
    let (client, mut connection) =
        timeout(CONNECT_TIMEOUT, config.connect(tls)).await.ok()?.ok()?;
    let listen = {
        let inner = store.upgrade()?;
        format!("LISTEN \"{}\"", inner.schema.channel())
    };
    let listening = async {
        client.batch_execute(&listen).await.ok()?;
        // Whatever was announced while nobody listened.
        store.upgrade()?.hint();
        std::future::pending::<Option<()>>().await
    };
    let messages = async {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(_))) => store.upgrade()?.hint(),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Some(()),
            }
        }
    };
    tokio::pin!(listening, messages);
    poll_fn(|context| {
        use std::{future::Future, task::Poll};
        match (messages.as_mut().poll(context), listening.as_mut().poll(context)) {
            (Poll::Pending, Poll::Pending) => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
    Some(true)
}
