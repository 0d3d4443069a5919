//! What a guarded request costs beside the same request to the bare framework, in process: a token
//! that was seen before, one that is checked anew each time, and no guard at all.
//!
//! `cargo bench --features axum,actix --bench guard`

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use actix_web::test as actix;
use axum::{Router, body::Body, http::Request, routing::get};
use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey, Verified, web::Guard};
use tower::{Service as _, ServiceExt};

const SCOPE: &str = "invoice:*:read invoice:7:write order:*:list order:*:read report:*:read \
                     user:42:read";

/// How often a request is sent in a row, and how many rows there are.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    turns: usize,
}

/// A guard whose verifier remembers as much, and a token for it.
async fn guarded(cache: usize) -> (Guard, String) {
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::hmac(Algorithm::HS256, &[7; 32]).unwrap())
        .store(MemoryStore::new())
        .verified_cache(cache)
        // No poll of the feed, so that each request is the same.
        .poll_interval(Duration::from_secs(600))
        .max_staleness(Duration::from_secs(600))
        .build()
        .unwrap();
    authority.ready().await.unwrap();
    let grant = Grant::new("user-42", SCOPE.parse().unwrap()).client("web");
    let issued = authority.issue(grant).await.unwrap();
    let bearer = format!("Bearer {}", issued.access_token().expose_secret());
    (Guard::new(authority.verifier()), bearer)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap()
}

/// Prints the times of some cases, each row of all in turn, and their ratios to the first.
fn print(framework: &str, names: &[&str], rows: &[Vec<f64>]) {
    let bare = rows.first().unwrap();
    println!("{framework:6} {:6.0} ns  {}", median(bare.clone()), names.first().unwrap());
    for (name, times) in names.iter().zip(rows).skip(1) {
        let ratios = times.iter().zip(bare).map(|(time, bare)| time / bare).collect();
        println!("       {:6.0} ns  {name}, {:.2} of it", median(times.clone()), median(ratios));
    }
}

const CASES: [&str; 3] = ["bare", "guard, token seen before", "guard, token checked (HS256)"];

async fn on_axum(effort: Effort) {
    async fn hello() -> &'static str {
        "hello"
    }
    async fn known(who: Verified) -> &'static str {
        black_box(who.subject());
        "hello"
    }
    let (seen, first) = guarded(32 << 20).await;
    let (anew, second) = guarded(0).await;
    let bare = Router::new().route("/", get(hello));
    let seen = Router::new().route("/", get(known)).layer(seen);
    let anew = Router::new().route("/", get(known)).layer(anew);
    let mut services = [(bare, &first), (seen, &first), (anew, &second)];
    let mut rows = vec![Vec::new(); services.len()];
    for _ in 0..effort.rounds {
        for ((router, bearer), row) in services.iter_mut().zip(&mut rows) {
            let began = Instant::now();
            for _ in 0..effort.turns {
                let request = Request::get("/").header("authorization", bearer.as_str());
                let request = request.body(Body::empty()).unwrap();
                let service = ServiceExt::<Request<Body>>::ready(router).await.unwrap();
                let response = service.call(request).await.unwrap();
                assert_eq!(black_box(response).status(), 200);
            }
            row.push(began.elapsed().as_nanos() as f64 / effort.turns as f64);
        }
    }
    print("axum", &CASES, &rows);
}

async fn on_actix(effort: Effort) {
    async fn hello() -> &'static str {
        "hello"
    }
    async fn known(who: Verified) -> &'static str {
        black_box(who.subject());
        "hello"
    }
    use actix_web::{App, web};
    let (seen, first) = guarded(32 << 20).await;
    let (anew, second) = guarded(0).await;
    let bare = actix::init_service(App::new().route("/", web::get().to(hello))).await;
    let seen = actix::init_service(App::new().wrap(seen).route("/", web::get().to(known))).await;
    let anew = actix::init_service(App::new().wrap(anew).route("/", web::get().to(known))).await;
    let mut rows = vec![Vec::new(); 3];
    // Their types differ, so a list cannot hold them.
    macro_rules! row {
        ($service:expr, $bearer:expr, $row:expr) => {
            let began = Instant::now();
            for _ in 0..effort.turns {
                let request = actix::TestRequest::get().uri("/");
                let request = request.insert_header(("authorization", $bearer.as_str()));
                let response = actix::call_service($service, request.to_request()).await;
                assert_eq!(black_box(response).status(), 200);
            }
            $row.push(began.elapsed().as_nanos() as f64 / effort.turns as f64);
        };
    }
    for _ in 0..effort.rounds {
        let [one, two, three] = rows.get_disjoint_mut([0, 1, 2]).unwrap();
        row!(&bare, first, one);
        row!(&seen, first, two);
        row!(&anew, second, three);
    }
    print("actix", &CASES, &rows);
}

fn main() {
    // Without what `cargo bench` adds it is a test, and runs once, with little.
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    let effort = match is_test {
        true => Effort { rounds: 1, turns: 10 },
        false => Effort { rounds: 101, turns: 1_000 },
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(on_axum(effort));
    actix_web::rt::System::new().block_on(on_actix(effort));
}
