//! Sends the table to every framework, and compares the bytes (INVARIANTS 74, 75).

use std::time::Duration;

use crate::{
    actix, axum,
    requests::{self, Row, Seen, State},
    tower,
    world::World,
};

/// Brings the world into the state of a row, and back.
fn around(world: &World, row: &Row, begins: bool) {
    match (row.state, begins) {
        (State::Up, _) => {}
        (State::StoreDown, true) => world.fail(),
        (State::Stale, true) => {
            world.fail();
            world.clock.advance(Duration::from_secs(6));
        }
        (_, false) => {
            world.store.heal();
            // The next look at the feed is due.
            world.clock.advance(Duration::from_secs(1));
        }
    }
}

struct Sent {
    world: World,
    rows: Vec<Row>,
    /// From axum, tower and actix.
    all: Vec<[Option<Seen>; 3]>,
    /// Where actix's handlers were reached and should not have been, or the reverse.
    uneven: Vec<String>,
}

fn send_everywhere() -> Sent {
    actix_web::rt::System::new().block_on(send_all())
}

async fn send_all() -> Sent {
    let world = World::new().await;
    world.authority.ready().await.unwrap();
    let rows = requests::rows(&world.tokens);
    let router = axum::router(&world);
    let mut all = Vec::new();
    for row in &rows {
        around(&world, row, true);
        let before = world.reached();
        let on_axum = axum::send(&router, row).await;
        let on_tower = tower::send(&world, row).await;
        around(&world, row, false);
        let handlers = 1 + usize::from(on_tower.is_some());
        let expected = if row.status == 200 { handlers } else { 0 };
        assert_eq!(world.reached() - before, expected, "{}: handlers reached", row.name);
        all.push([on_axum, on_tower, None]);
    }
    let mut last = world.reached();
    let mut uneven = Vec::new();
    let on_actix = actix::send_all(&world, &rows, |row, begins| {
        around(&world, row, begins);
        let reached = world.reached() - last;
        last += reached;
        if !begins && reached != usize::from(row.status == 200) {
            uneven.push(row.name.clone());
        }
    })
    .await;
    for (seen, actix) in all.iter_mut().zip(on_actix) {
        seen[2] = Some(actix);
    }
    Sent { world, rows, all, uneven }
}

#[test]
fn every_framework_answers_with_the_same_bytes() {
    let Sent { rows, all, uneven, .. } = send_everywhere();
    assert!(rows.len() >= 144, "{} requests", rows.len());
    let mut wrong = Vec::new();
    for (row, [axum, tower, actix]) in rows.iter().zip(&all) {
        let axum = axum.as_ref().unwrap();
        for (name, other) in [("tower", tower), ("actix", actix)] {
            if let Some(other) = other.as_ref().filter(|other| *other != axum) {
                wrong.push(format!("{}: axum {axum:?}\n  {name} {other:?}", row.name));
            }
        }
        // RFC 6750 §2.3, and the answers before it are compared with this one.
        let is_private = row.target.contains("token=") && row.status == 200;
        let caching = axum.headers.iter().find(|(name, _)| name == "cache-control");
        let caching = caching.map(|(_, value)| value.as_str());
        let expected = match (is_private, row.status) {
            (true, _) => Some("private"),
            (false, 200) => None,
            _ => Some("no-store"),
        };
        if caching != expected {
            wrong.push(format!("{}: expected {expected:?}, seen {axum:?}", row.name));
        }
        // What the host makes of it depends on what the request accepts.
        let styled = match row.name.as_str() {
            "a page" | "a handler's refusal is styled too" => Some("text/html; charset=utf-8"),
            "a problem document" => Some("application/problem+json"),
            _ => None,
        };
        let kind = axum.headers.iter().find(|(name, _)| name == "content-type");
        if styled.is_some() && styled != kind.map(|(_, value)| value.as_str()) {
            wrong.push(format!("{}: expected {styled:?}, seen {axum:?}", row.name));
        }
        if (axum.status, axum.challenge()) != (row.status, row.challenge.as_deref()) {
            wrong.push(format!(
                "{}: expected {} {:?}\n  seen {axum:?}",
                row.name, row.status, row.challenge
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(uneven.is_empty(), "{uneven:?}");
}

/// No answer shows a credential, whatever was presented.
#[test]
fn no_answer_shows_a_credential() {
    let Sent { world, rows, all, .. } = send_everywhere();
    let secrets = [&world.tokens.reader, &world.tokens.expired, &world.tokens.api_key];
    for (row, seen) in rows.iter().zip(&all) {
        for seen in seen.iter().flatten() {
            let text = format!("{seen:?}");
            assert!(secrets.iter().all(|secret| !text.contains(*secret)), "{}", row.name);
        }
    }
}
