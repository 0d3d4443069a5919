//! Knows that software of two versions shares a schema (invariant 56).
//! Must not know what a migration changes.

use std::collections::HashMap;

use hallpass::{
    Authority, Grant, SigningKey,
    key::Algorithm,
    secret::MasterSecret,
    store::{ConsentRecord, ConsentStore, PostgresStore, SessionStore},
    testing::conformance::{Suite, Workers},
};

use crate::{
    bed::{MINUTE, beside, builder, now, rotation, schema, session, store_in, url},
    faults::generation,
};

/// What a later version might add; older software goes on with it.
const NEXT: &str = "
    ALTER TABLE SCHEMA.session ADD COLUMN seen_from text, ADD COLUMN risk integer NOT NULL DEFAULT 0;
    ALTER TABLE SCHEMA.api_key ADD COLUMN seen_from text;
    ALTER TABLE SCHEMA.revocation ADD COLUMN because text;
    ALTER TABLE SCHEMA.client ADD COLUMN moon integer;
    CREATE TABLE SCHEMA.device (id bytea PRIMARY KEY, session bytea NOT NULL);
    CREATE INDEX session_of_risk ON SCHEMA.session (risk);
    INSERT INTO SCHEMA.migration (version, runs_since) VALUES (3, 1);";

/// The statements of software for version 1, by name, in this schema.
fn first_statements(schema: &str) -> HashMap<&'static str, String> {
    let parts = include_str!("statements_1.sql").split("\n--- ").skip(1);
    parts
        .map(|part| part.split_once('\n').unwrap())
        .map(|(name, sql)| (name, sql.replace("SCHEMA.", &format!("{schema}."))))
        .collect()
}

async fn run(sql: &str, schema: &str) {
    beside(&url()).await.batch_execute(&sql.replace("SCHEMA", schema)).await.unwrap();
}

/// Software for version 1 goes on where one for this version has migrated its schema: each of its
/// statements can be prepared, those that this version no longer sends still do what they did, and
/// both see what the other writes.
#[tokio::test]
async fn inv_56_statements_of_version_1_run_on_this_schema() {
    let name = schema();
    let older = beside(&url()).await;
    let first = PostgresStore::migrations()[0];
    older
        .batch_execute(&format!(
            "BEGIN; CREATE SCHEMA {name}; SET LOCAL search_path TO {name}; {first} \
             INSERT INTO migration (version, runs_since) VALUES (1, 1); COMMIT"
        ))
        .await
        .unwrap();
    let statements = first_statements(&name);
    let list = older.prepare(&statements["list_sessions"]).await.unwrap();

    let newer = store_in(&name).await;
    let version = older.query_one(&statements["version"], &[]).await.unwrap();
    assert_eq!((version.get::<_, i32>(0), version.get::<_, i32>(1)), (2, 1), "it may go on");
    assert_eq!(statements.len(), 39);
    for (name, sql) in &statements {
        older.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let row = session(1, now());
    newer.insert_session(&row).await.unwrap();
    newer.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
    // Prepared before the migration, executed after it.
    let at = i64::try_from(now().as_unix_millis()).unwrap();
    let (none, limit): (&[u8], _) = (&[], 10_i64);
    let listed = older.query(&list, &[&row.subject.as_str(), &none, &limit, &at]).await.unwrap();
    assert_eq!((listed.len(), listed[0].get::<_, &[u8]>(0)), (1, &row.id.as_bytes()[..]));
    // The older one refreshes, and the newer one takes its token.
    let mut third = rotation(row.id, 1);
    let late = at + 120_000;
    let (proof, sealing_key, forward) = (None::<&str>, 2_i16, false);
    let rotated = older
        .query_one(
            &statements["rotate_one"],
            &[
                &row.id.as_bytes().as_slice(),
                &1_i64,
                &Some("web"),
                &proof,
                &sealing_key,
                &third.attempt.as_bytes().as_slice(),
                &forward,
                &late,
            ],
        )
        .await
        .unwrap();
    assert_eq!(rotated.get::<_, &str>(1), "rotated");
    let again = newer.rotate_session(&third, now()).await.unwrap();
    assert_eq!(generation(again), Some(2), "its own attempt is known here as well");
    third = rotation(row.id, 2);
    let next = newer.rotate_session(&third, now() + MINUTE * 6).await.unwrap();
    assert_eq!(generation(next), Some(3));
    // A consent as version 1 writes it, and the end of what it narrows.
    let consent = |scope: &str| ConsentRecord {
        subject: row.subject.clone(),
        client: row.client.clone(),
        scope: scope.parse().unwrap(),
        given_at: now(),
    };
    newer.put_consent(&consent("note:*:*"), None, now()).await.unwrap();
    let put = older
        .query_one(
            &statements["put_consent"],
            &[
                &row.subject.as_str(),
                &row.client.as_str(),
                &"note:*:read",
                &at,
                &Some("note:*:*"),
                &true,
                &late,
            ],
        )
        .await
        .unwrap();
    assert_eq!(put.get::<_, i64>(0), 1, "a session ended");
    let found = newer.find_consent(&row.subject, &row.client).await.unwrap().unwrap();
    assert_eq!(found.scope.as_str(), "note:*:read");
    let beyond = i64::MAX / 2;
    let gone = older.query_one(&statements["prune_sessions"], &[&beyond, &limit]).await.unwrap();
    assert_eq!(gone.get::<_, i64>(0), 1);
}

/// This software on a schema of a later version that still allows it: the whole suite.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv_56_the_suite_holds_on_a_later_schema() {
    let fresh = || async {
        let name = schema();
        // It has prepared statements before, and goes on with them.
        let store = store_in(&name).await;
        let row = session(1, now());
        store.insert_session(&row).await.unwrap();
        store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
        run(NEXT, &name).await;
        run("DELETE FROM SCHEMA.session", &name).await;
        store.migrate().await.unwrap();
        store
    };
    let suite =
        || Suite::new().histories(3).workers(Workers::spawning(|work| drop(tokio::spawn(work))));
    suite().run(fresh).await.unwrap();
    suite().server(fresh).await.unwrap();
}

/// Tokens of an instance from before a migration and of one from after it are good at both.
#[tokio::test]
async fn inv_56_tokens_of_either_version_are_accepted_by_both() {
    let name = schema();
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let pem = key.expose_private_pem().unwrap();
    let authority = |store: PostgresStore| {
        Authority::builder("https://auth.example.com")
            .audience("https://api.example.com")
            .signing_key(SigningKey::from_pem(Algorithm::EdDSA, pem.expose_secret()).unwrap())
            .master_secret(MasterSecret::from_bytes([1; 32]))
            .store(store)
            .build()
            .unwrap()
    };
    let before = authority(store_in(&name).await);
    let grant = || Grant::new("ada", "note:*:read".parse().unwrap());
    let early = before.issue(grant()).await.unwrap();
    run(NEXT, &name).await;
    let after = authority(builder(&name).connect(&url()).await.unwrap());
    let late = after.issue(grant()).await.unwrap();
    for (mine, other, issued) in [(&before, &after, &late), (&after, &before, &early)] {
        assert!(mine.verify(issued.access_token()).await.is_ok());
        let next = mine.refresh(issued.refresh_token()).await.unwrap();
        let last = other.refresh(next.refresh_token()).await.unwrap();
        let _ended = other.revoke(last.refresh_token()).await.unwrap();
        assert!(mine.refresh(last.refresh_token()).await.is_err());
        assert!(other.verify(next.access_token()).await.is_err());
    }
}
