//! The life of a token, told step by step: issued, verified, refreshed, retried, stolen, revoked.
//!
//! `cargo run --example quickstart`

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Timestamp,
    authority::RefreshError,
    clock::{Clock, SystemClock},
    scope::Scope,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = DemoClock::default();
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
        .store(MemoryStore::new())
        .clock(clock.clone())
        .build()?;

    title("1. Issue: a session opens, and two tokens come out");
    let scope: Scope = "invoice:*:read invoice:7:write".parse()?;
    let grant = Grant::new("user-42", scope).client("web").label("Ada's laptop");
    let issued = authority.issue(grant).await?;
    let text = issued.access_token().expose_secret();
    println!("   access token   {} bytes, a JWT; its claims are", text.len());
    println!("{}", indent(&decoded_claims(text)?));
    println!("   refresh token  {}…", start(issued.refresh_token().expose_secret()));
    println!("                  sealed: the store keeps a hash of its secret, never the token");

    title("2. Verify: who is it, and what may they do?");
    let who = authority.verify(issued.access_token()).await?;
    println!("   it speaks for {}, through {:?}", who.subject(), who.client_id().unwrap_or("-"));
    for (resource, id, action) in
        [("invoice", "9", "read"), ("invoice", "7", "write"), ("invoice", "9", "write")]
    {
        match who.require((resource, id, action)) {
            Ok(()) => println!("   {resource}:{id}:{action:<6} yes"),
            Err(denied) => println!("   {resource}:{id}:{action:<6} no: {denied}"),
        }
    }

    title("3. Refresh: the old refresh token is spent, a new one takes its place");
    clock.advance(Duration::from_secs(9 * 60));
    let next = authority.refresh(issued.refresh_token()).await?;
    println!("   {}… became {}…", tail(&issued), tail(&next));

    title("4. The answer was lost? The same refresh again gets the very same token");
    let again = authority.refresh(issued.refresh_token()).await?;
    let same = again.refresh_token().expose_secret() == next.refresh_token().expose_secret();
    println!("   byte for byte the same: {same}");

    title("5. Stolen: an hour later somebody presents the first token once more");
    clock.advance(Duration::from_secs(60 * 60));
    let newest = authority.refresh(next.refresh_token()).await?;
    match authority.refresh(issued.refresh_token()).await {
        Err(error @ RefreshError::Reused(_)) => println!("   refused: {error}"),
        other => return Err(format!("expected a reuse, got {other:?}").into()),
    }
    let error = refused(authority.verify(newest.access_token()).await)?;
    println!("   the newest access token is dead too: {error}");

    title("6. Revoke: signing out ends the session, and its access tokens with it");
    let grant = Grant::new("user-42", "invoice:*:read".parse()?).client("web");
    let login = authority.issue(grant).await?;
    let who = authority.verify(login.access_token()).await?;
    println!("   a new login works: {}", who.subject());
    let _ = authority.revoke(login.refresh_token()).await?;
    let error = refused(authority.verify(login.access_token()).await)?;
    println!("   after the sign-out: {error}");
    Ok(())
}

/// A clock that this story moves, so that nobody has to wait for it.
#[derive(Debug, Clone)]
struct DemoClock {
    system: SystemClock,
    ahead_ms: Arc<AtomicU64>,
}

impl Default for DemoClock {
    fn default() -> Self {
        Self { system: SystemClock::new(), ahead_ms: Arc::default() }
    }
}

impl DemoClock {
    fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_ms.fetch_add(by, Ordering::Relaxed);
        println!("   ({} minutes pass)", by / 60_000);
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        self.system.now() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + self.ahead()
    }
}

fn refused<T, E>(result: Result<T, E>) -> Result<E, Box<dyn Error>> {
    result.err().ok_or_else(|| "expected a refusal".into())
}

fn decoded_claims(token: &str) -> Result<String, Box<dyn Error>> {
    let payload = token.split('.').nth(1).ok_or("a JWT has three parts")?;
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    Ok(serde_json::to_string_pretty(&claims)?)
}

fn title(text: &str) {
    println!("\n{text}");
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}

/// Enough of a token to recognise it, and too little to use it.
fn start(token: &str) -> String {
    token.chars().take(12).collect()
}

fn tail(issued: &hallpass::authority::Issued) -> String {
    let token = issued.refresh_token().expose_secret();
    token.chars().skip(token.len() - 6).collect()
}
