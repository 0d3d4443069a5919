//! A gateway: it answers a proxy, which asks before each request whether to let it through.
//!
//! ```text
//! $ cargo run --example gateway --features axum,gateway,tokio &
//! the service behind the proxy is at http://127.0.0.1:9001
//! listening on http://127.0.0.1:9000
//! $ nginx -c "$PWD/examples/gateway/nginx.conf"        # listens on 8080, asks 9000, passes on to 9001
//! $ curl -i localhost:8080/health                      # 200: the rule says `public`
//! $ curl -i localhost:8080/invoices/7                  # 401: a token is required
//! $ TOKEN=$(curl -s -X POST localhost:9000/login)      # a stub; yours signs the user in
//! $ curl -i -H "Authorization: Bearer $TOKEN" localhost:8080/invoices/7      # 200: hello ada
//! $ curl -i -H "Authorization: Bearer $TOKEN" localhost:8080/invoices/8      # 403: another id
//! ```
//!
//! `LISTEN` and `SERVICE` say where the two listen, `RULES` which rules there are, and `PROXY` who
//! asks: `nginx`, `traefik` or `envoy`. The file for each is beside this one and says how to start
//! it.

use std::{env, error::Error, fs, process::ExitCode};

use axum::{Router, http::HeaderMap, routing::post};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey,
    web::{
        Guard, Refusal,
        gateway::{Dialect, Gateway, Rules},
    },
};

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gateway/rules.toml");

#[tokio::main]
async fn main() -> ExitCode {
    // What it says, and not its `Debug`, which `main` would print of an error it returns.
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
        .store(MemoryStore::new())
        .build()?;
    authority.ready().await?;
    let _maintenance = authority.spawn_maintenance();

    let rules = env::var("RULES").unwrap_or_else(|_| RULES.to_owned());
    let text = fs::read_to_string(&rules).map_err(|why| format!("{rules}: {why}"))?;
    let rules = Rules::from_toml(&text).map_err(|why| format!("{rules}: {why}"))?;
    let guard = Guard::new(authority.verifier()).realm("invoices");
    let dialect = match env::var("PROXY").as_deref() {
        Ok("envoy") => Dialect::Envoy { path_prefix: "/authorize".to_owned() },
        Ok("traefik") => Dialect::Traefik,
        Ok("nginx") | Err(_) => Dialect::Nginx,
        Ok(other) => return Err(format!("PROXY: `{other}` is none of them").into()),
    };
    let gateway = Gateway::new(guard, rules, dialect);

    // nginx and Traefik ask at `/authorize`, Envoy at every path below it. Only the proxy may
    // reach this.
    let app = Router::new()
        .route("/login", post(move || login(authority.clone())))
        .fallback_service(gateway);
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:9000".to_owned());
    let listener = tokio::net::TcpListener::bind(listen).await?;
    let address = env::var("SERVICE").unwrap_or_else(|_| "127.0.0.1:9001".to_owned());
    let behind = tokio::net::TcpListener::bind(address).await?;
    println!("the service behind the proxy is at http://{}", behind.local_addr()?);
    tokio::spawn(async move { axum::serve(behind, Router::new().fallback(greet)).await });
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// A service behind the proxy, in any language: it reads who calls from a header.
async fn greet(headers: HeaderMap) -> String {
    let subject = headers.get("x-auth-subject").and_then(|value| value.to_str().ok());
    match subject.unwrap_or_default() {
        "" => "hello\n".to_owned(),
        subject => format!("hello {subject}\n"),
    }
}

/// A stub: everybody is Ada.
async fn login(authority: Authority) -> Result<String, Refusal> {
    let scope = hallpass::scope!("invoice:7:read", "report:*:read");
    let grant = Grant::new("ada", scope).client("web").groups(["clerks"]);
    let minted = authority.issue_access(grant).await?;
    Ok(minted.access_token().expose_secret().to_owned())
}
