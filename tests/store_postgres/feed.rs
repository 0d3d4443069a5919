//! Knows that no reader of the feed misses a record, whenever its writer commits.
//! Must not know how the store manages that.

use std::{collections::HashSet, time::Duration};

use hallpass::{
    id::TokenId,
    store::{Cursor, RevocationFeed, RevocationStore, StoreErrorKind, Target},
};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::bed::{beside, now, schema, store_in, url};

struct Writer {
    client: Client,
    open: Vec<TokenId>,
}

/// Design, section "feed": six writers hold their transactions open and commit in any order.
#[tokio::test]
async fn six_writers_with_open_transactions_hide_nothing() {
    let name = schema();
    let store = store_in(&name).await;
    let mut writers = Vec::new();
    for _ in 0..6 {
        writers.push(Writer { client: beside(&url()).await, open: Vec::new() });
    }
    let insert = format!(
        "INSERT INTO {name}.revocation (kind, id, not_before, expires_at) VALUES ('token', $1, 1, 2)"
    );
    let (mut seed, mut number) = (0x9e37_79b9_7f4a_7c15_u64, 0_u64);
    let mut dice = |limit: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % limit
    };
    let (mut committed, mut read, mut cursor) = (HashSet::new(), HashSet::new(), None);
    for _ in 0..3_000 {
        let who = usize::try_from(dice(6)).unwrap();
        let writer = &mut writers[who];
        match dice(10) {
            0..=3 => {
                if writer.open.is_empty() {
                    writer.client.batch_execute("BEGIN").await.unwrap();
                }
                number += 1;
                let mut rest = [0; 12];
                rest[4..].copy_from_slice(&number.to_be_bytes());
                let id = TokenId::from_parts(now(), rest);
                writer.client.execute(&insert, &[&id.as_bytes().as_slice()]).await.unwrap();
                writer.open.push(id);
            }
            4..=5 if !writer.open.is_empty() => {
                writer.client.batch_execute("COMMIT").await.unwrap();
                committed.extend(writer.open.drain(..));
            }
            6 if !writer.open.is_empty() => {
                writer.client.batch_execute("ROLLBACK").await.unwrap();
                writer.open.clear();
            }
            _ => {
                let before: HashSet<_> = committed.difference(&read).copied().collect();
                let limit = u32::try_from(1 + dice(4)).unwrap();
                let page = store.read_revocations(cursor.as_ref(), limit).await.unwrap();
                for record in page.records {
                    let Target::Token(id) = record.target else { panic!("{record:?}") };
                    assert!(committed.contains(&id), "a record that was not committed");
                    read.insert(id);
                }
                cursor = Some(page.cursor);
                // At the end of the feed, all that was committed before has been read.
                assert!(!page.complete || before.is_subset(&read), "missed {before:?}");
            }
        }
    }
    for writer in &mut writers {
        if !writer.open.is_empty() {
            writer.client.batch_execute("COMMIT").await.unwrap();
            committed.extend(writer.open.drain(..));
        }
    }
    loop {
        let page = store.read_revocations(cursor.as_ref(), 100).await.unwrap();
        read.extend(page.records.iter().filter_map(|record| match record.target {
            Target::Token(id) => Some(id),
            _ => None,
        }));
        cursor = Some(page.cursor);
        if page.complete {
            break;
        }
    }
    assert_eq!(committed, read);
    assert!(committed.len() > 300, "{}", committed.len());
}

#[tokio::test]
async fn a_cursor_of_another_server_is_refused() {
    let store = store_in(&schema()).await;
    let ahead = [(1_u64 << 60).to_be_bytes(), 0_u64.to_be_bytes()].concat();
    for bytes in [&ahead[..], b"", b"redis-7"] {
        let error = store.read_revocations(Some(&Cursor::from_bytes(bytes)), 9).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    }
}

/// A dump that is put into a new server brings records whose transactions are ahead of it. They are
/// read, again and again, and hide nothing that is written since; numbered anew, as the run-book
/// has it, they are read once.
#[tokio::test]
async fn records_from_another_servers_dump_hide_no_new_ones() {
    let name = schema();
    let store = store_in(&name).await;
    let born = now();
    let token = |number| Target::Token(TokenId::from_parts(born, [number; 12]));
    store.revoke(&token(1), now()).await.unwrap();
    let admin = beside(&url()).await;
    let ahead = format!("UPDATE {name}.revocation SET tx = '9000000000000'");
    admin.batch_execute(&ahead).await.unwrap();
    let mut cursor = None;
    for number in 2..6 {
        store.revoke(&token(number), now()).await.unwrap();
        let page = store.read_revocations(cursor.as_ref(), 100).await.unwrap();
        assert!(page.complete);
        let read: HashSet<_> = page.records.into_iter().map(|record| record.target).collect();
        assert!(read.contains(&token(number)) && read.contains(&token(1)), "{read:?}");
        cursor = Some(page.cursor);
    }
    let anew = format!("UPDATE {name}.revocation SET tx = DEFAULT");
    admin.batch_execute(&anew).await.unwrap();
    let page = store.read_revocations(cursor.as_ref(), 100).await.unwrap();
    assert_eq!(page.records.len(), 5);
    let mut page = page;
    // Once what runs on this server beside it has ended, which holds the place back: another test
    // fills a table with a million rows.
    for _ in 0..18_000 {
        page = store.read_revocations(Some(&page.cursor), 100).await.unwrap();
        if page.records.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(page.records.is_empty(), "{page:?}");
}

/// Another instance's revocation wakes us; a lost listener connects again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_arrives_and_outlives_a_lost_connection() {
    let name = schema();
    let (here, there) = (store_in(&name).await, store_in(&name).await);
    let admin = beside(&url()).await;
    for round in 0..3 {
        // Listening has begun when a revocation is heard of; until then, try again.
        let mut heard = false;
        for number in 0..100 {
            let id = TokenId::from_parts(now(), [number; 12]);
            let changed = here.changed();
            there.revoke(&Target::Token(id), now()).await.unwrap();
            if timeout(Duration::from_millis(200), changed).await.is_ok() {
                heard = true;
                break;
            }
        }
        assert!(heard, "round {round}");
        admin
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1",
                &[&format!("LISTEN%{name}%")],
            )
            .await
            .unwrap();
    }
}
