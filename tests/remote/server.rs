//! Knows a small HTTP server that answers as a test says and remembers what it was asked.
//! Must not know what the answers mean.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Path and query.
    pub(crate) target: String,
    head: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// What goes back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
    pause: Duration,
    endless: bool,
    stalls: bool,
}

pub(crate) fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    let (headers, pause) = (String::new(), Duration::ZERO);
    Reply { status, headers, body: body.into(), pause, endless: false, stalls: false }
}

impl Reply {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// Real time that passes before the answer.
    pub(crate) fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The body is sent again and again.
    pub(crate) fn endless(mut self) -> Self {
        self.endless = true;
        self
    }
}

impl Reply {
    /// More body is promised and never comes.
    pub(crate) fn stalling(mut self) -> Self {
        self.stalls = true;
        self
    }
}

type Replies = Pin<Box<dyn Future<Output = Reply> + Send>>;
pub(crate) type Script = Arc<dyn Fn(Seen) -> Replies + Send + Sync>;

/// Answers at once.
pub(crate) fn script(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Script {
    Arc::new(move |seen| {
        let reply = answer(&seen);
        Box::pin(async move { reply })
    })
}

/// A server until it is dropped; then connections to it are refused.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

/// An address at which nothing listens.
pub(crate) async fn reserve() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

impl Server {
    pub(crate) async fn start(script: Script) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script).await
    }

    pub(crate) async fn start_at(address: SocketAddr, script: Script) -> Self {
        Self::listen(address, script, |stream| async move { Some(stream) }).await
    }

    /// A server that does something with each connection first, such as a TLS handshake.
    pub(crate) async fn listen<S, F>(
        address: SocketAddr,
        script: Script,
        accept: impl Fn(tokio::net::TcpStream) -> F + Clone + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
        F: Future<Output = Option<S>> + Send,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            // Dropped with the task: connections that are kept open end as well.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (script, log, accept) = (script.clone(), log.clone(), accept.clone());
                connections.spawn(async move {
                    if let Some(stream) = accept(stream).await {
                        let _broken = serve(stream, script, log).await;
                    }
                });
            }
        });
        Self { address, seen, task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Stops listening and breaks what is open; returns when that is done.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.task.abort();
        let _aborted = (&mut self.task).await;
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
    log: Arc<Mutex<Vec<Seen>>>,
) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await? {
                0 => return Ok(()),
                read => buffer.extend_from_slice(&chunk[..read]),
            }
        };
        let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
        buffer.drain(..end + 4);
        let target = head.split(' ').nth(1).unwrap().to_owned();
        assert!(head.starts_with("GET "), "{head}");
        let seen = Seen { target, head };
        log.lock().unwrap().push(seen.clone());
        let reply = script(seen).await;
        tokio::time::sleep(reply.pause).await;
        let length = match reply.endless {
            true => String::new(),
            false => {
                let promised = reply.body.len() + usize::from(reply.stalls);
                format!("Content-Length: {promised}\r\n")
            }
        };
        let head = format!("HTTP/1.1 {} x\r\n{}{length}\r\n", reply.status, reply.headers);
        // In one piece, which needs no acknowledgement in the middle.
        stream.write_all(&[head.as_bytes(), &reply.body].concat()).await?;
        if reply.endless {
            loop {
                stream.write_all(&reply.body).await?;
            }
        }
        stream.flush().await?;
        if reply.stalls {
            std::future::pending::<()>().await;
        }
    }
}
