//! Knows what a store says while the network is cut, and that it comes back.
//! Must not know how it connects.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use hallpass::store::{PostgresStore, SessionStore, StoreErrorKind};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Config;

use crate::{
    bed::{now, rotation, schema, session, url},
    every_engine_lost_answer,
    faults::{busy, generation},
};

const OPEN: u8 = 0;
const HANG: u8 = 1;
const RESET: u8 = 2;
/// Requests pass, answers are lost.
const DEAF: u8 = 3;

/// A network between store and server that can be cut.
struct Proxy {
    mode: Arc<AtomicU8>,
    url: String,
}

impl Proxy {
    async fn start() -> Self {
        let config: Config = url().parse().unwrap();
        let port = config.get_ports()[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().port();
        let mode = Arc::new(AtomicU8::new(OPEN));
        let shared = Arc::clone(&mode);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mode = Arc::clone(&shared);
                tokio::spawn(async move {
                    let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let (client, server) = (Arc::new(client), Arc::new(server));
                    let (asker, server_too) = (Arc::clone(&client), Arc::clone(&server));
                    let there = pump(client, server, Arc::clone(&mode), HANG);
                    tokio::join!(there, pump(server_too, asker, mode, DEAF));
                });
            }
        });
        Self { mode, url: url().replace(&format!(":{port}/"), &format!(":{here}/")) }
    }

    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }
}

/// Carries bytes one way while the network is open; a cut one drops what comes, or the line.
async fn pump(from: Arc<TcpStream>, to: Arc<TcpStream>, mode: Arc<AtomicU8>, lost: u8) {
    let mut buffer = [0; 4096];
    loop {
        let readable = tokio::time::timeout(Duration::from_millis(20), from.readable()).await;
        if mode.load(Ordering::SeqCst) == RESET {
            return;
        }
        if readable.is_err() || mode.load(Ordering::SeqCst) == HANG {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        let length = match from.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        if mode.load(Ordering::SeqCst) == lost {
            continue;
        }
        let mut sent = 0;
        while sent < length {
            if to.writable().await.is_err() {
                return;
            }
            match to.try_write(&buffer[sent..length]) {
                Ok(more) => sent += more,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

/// Neither hangs nor needs a restart: `Unavailable` in bounded time, then service again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_network_is_unavailable_in_bounded_time_and_recovers() {
    let proxy = Proxy::start().await;
    let limit = Duration::from_secs(1);
    let store = PostgresStore::builder()
        .schema(&schema())
        .max_connections(4)
        .call_timeout(limit)
        .connect(&proxy.url)
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let store = Arc::new(store);
    let row = busy(1);
    store.insert_session(&row).await.unwrap();
    let mut current = 0;
    for mode in [HANG, RESET, HANG, RESET] {
        proxy.set(mode);
        let presented = rotation(row.id, current);
        let calls: Vec<_> = (0..12_u64)
            .map(|number| {
                let (store, mut presented) = (Arc::clone(&store), presented.clone());
                if number > 0 {
                    presented.id = session(number, now()).id;
                }
                tokio::spawn(async move {
                    let began = Instant::now();
                    let answer = store.rotate_session(&presented, now()).await;
                    (answer, began.elapsed())
                })
            })
            .collect();
        for call in calls {
            let (answer, took) = call.await.unwrap();
            assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Unavailable);
            assert!(took < limit * 3, "{took:?}");
        }
        proxy.set(OPEN);
        // The very same attempt is safe to send again, and service is back without a restart.
        let began = Instant::now();
        let outcome = loop {
            match store.rotate_session(&presented, now()).await {
                Ok(outcome) => break outcome,
                Err(_) => assert!(began.elapsed() < Duration::from_secs(20), "no recovery"),
            }
        };
        assert_eq!(generation(outcome), Some(current + 1));
        current += 1;
    }
    assert_eq!(store.find_session(&row.id).await.unwrap().unwrap().state.generation, current);
}

/// Invariant 20, as `every_engine` tells it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_20_a_lost_answer_is_given_again_also_in_strict_mode() {
    let proxy = Proxy::start().await;
    let store = PostgresStore::builder()
        .schema(&schema())
        .call_timeout(Duration::from_secs(1))
        .connect(&proxy.url)
        .await
        .unwrap();
    store.migrate().await.unwrap();
    // So that its connection has prepared the statement.
    let warm = busy(9);
    store.insert_session(&warm).await.unwrap();
    store.rotate_session(&rotation(warm.id, 0), now()).await.unwrap();
    let cut = |cut| proxy.set(if cut { DEAF } else { OPEN });
    let (row, now) = (session(1, now()), now());
    every_engine_lost_answer::a_lost_answer_is_given_again(&store, row, now, cut).await;
}
