//! Knows how the server carries out every statement at a million sessions.
//! Must not know the statements: the server says which were prepared, and which tables it read.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, Pool};
use hallpass::{
    Timestamp,
    id::{ClientId, KeyId, Subject, TokenId},
    store::{
        ApiKeyChange, ApiKeyStore, Attempt, ClientRecord, ClientStore, CodeStore, ConsentRecord,
        ConsentStore, EndReason, Owner, PostgresStore, Reach, ReplayStore, RevocationFeed,
        RevocationStore, SessionStore, SigningKeySet, SigningKeyStore, Target,
    },
};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::{
    bed::{MINUTE, beside, now, rotation, schema, session, url},
    server::{client, code, redemption},
    shape::api_key,
};

/// Tables that have a row or two, and are read whole.
const SMALL: [&str; 3] = ["migration", "setting", "signing_key_set"];

const FILL: &str = "
    INSERT INTO SCHEMA.session SELECT
        decode(encode(substring(s.id FOR 6), 'hex') || lpad(to_hex(n), 24, '0'), 'hex'), s.format,
        'user-' || n % 100000, 'client-' || n % 2000, s.scope, s.audience, s.claims, s.cnf,
        s.label, s.access_lifetime_ns, s.retry_window_ns, s.retry_after_loss_ns, s.idle_ns,
        s.max_skew_ns, s.rotation, s.strict, s.client_proof, s.absolute_expires_at,
        s.prune_after + n, s.generation, s.sealing_key, s.attempt, s.rotated_at, s.confirmed_at,
        s.idle_expires_at, s.ended_at, s.end_reason
        FROM SCHEMA.session s, generate_series(2, 1000000) n;
    INSERT INTO SCHEMA.api_key SELECT
        decode(encode(substring(k.id FOR 6), 'hex') || lpad(to_hex(n), 24, '0'), 'hex'), k.format,
        'user-' || n % 50000, 'client-' || n % 2000, k.name, k.scope, k.audience, k.claims,
        4000000000000 + n, k.last_used_at, k.replaced_by, k.ended_at, k.end_reason
        FROM SCHEMA.api_key k, generate_series(2, 200000) n;
    INSERT INTO SCHEMA.owner_mark SELECT 'subject', 's' || n, '', 1, 4000000000000 + n
        FROM generate_series(1, 200000) n;
    INSERT INTO SCHEMA.revocation (tx, kind, id, not_before, expires_at)
        SELECT (n % 500 + 1)::text::xid8, 'session', s.id, 1, 4000000000000 + n
        FROM generate_series(1, 200000) n, (SELECT id FROM SCHEMA.session LIMIT 1) s;
    INSERT INTO SCHEMA.client SELECT 'client-' || n, 1, '{}', '{}', '{}', NULL
        FROM generate_series(1, 200000) n;
    INSERT INTO SCHEMA.consent SELECT 'user-' || n % 50000, 'client-' || n, 'a:*:read', 1
        FROM generate_series(1, 200000) n;
    INSERT INTO SCHEMA.code SELECT s.*, s.id, 'https://app.example.com/cb', 'c', 4000000000000,
        '{}', NULL, NULL, 4000000000000 + s.prune_after
        FROM (SELECT * FROM SCHEMA.session LIMIT 200000) s;
    INSERT INTO SCHEMA.replay SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'),
        decode(lpad(to_hex(n), 16, '0'), 'hex'), 4000000000000 + n
        FROM generate_series(1, 200000) n;
    ANALYZE SCHEMA.session; ANALYZE SCHEMA.api_key; ANALYZE SCHEMA.owner_mark;
    ANALYZE SCHEMA.revocation; ANALYZE SCHEMA.client; ANALYZE SCHEMA.consent;
    ANALYZE SCHEMA.code; ANALYZE SCHEMA.replay;";

/// A million sessions, and 200,000 rows in every other table that grows.
///
/// Looked at from two sides. What really ran, with its parameters and inside functions, is counted
/// by the server: no table was read from end to end. And every statement that was prepared on the
/// way is explained with the plan for any parameters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_is_an_index_look_up_at_a_million_sessions() {
    let name = schema();
    // One connection, so that it has prepared every statement.
    let config: Config = url().parse().unwrap();
    let pool = Pool::builder(Manager::new(config, NoTls)).max_size(1).build().unwrap();
    let store = PostgresStore::builder()
        .schema(&name)
        .call_timeout(Duration::from_secs(60))
        .pool(pool.clone())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let store = Arc::new(store);
    let born = now() - MINUTE * 60;
    store.insert_session(&session(1, born)).await.unwrap();
    store.insert_api_key(&api_key(1)).await.unwrap();
    let beside = beside(&url()).await;
    beside.batch_execute(&FILL.replace("SCHEMA", &name)).await.unwrap();
    // The statistics of what made and filled the tables arrive late: those of a connection, up to
    // PostgreSQL 14, with its next statement.
    store.find_session(&session(1, born).id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = scans(&beside, &name).await;
    // From the sixth time on, a prepared statement may have a plan for any parameters.
    for round in 0..10 {
        sessions(&store, round, born).await;
        api_keys_and_revocations(&store, round).await;
        server_roles(&store, round).await;
    }
    every_prepared_statement_looks_up(&pool.get().await.unwrap(), &name).await;
    drop((store, pool));
    for _ in 0..100 {
        let after = scans(&beside, &name).await;
        if after.1 > before.1 + 400 {
            assert_eq!(after.0, before.0, "a table was read from end to end");
            beside.batch_execute(&format!("DROP SCHEMA {name} CASCADE")).await.unwrap();
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the statistics never came");
}

/// How often tables were read from end to end, and by an index.
async fn scans(beside: &Client, schema: &str) -> (i64, i64) {
    let sql = "SELECT sum(seq_scan)::bigint, sum(idx_scan)::bigint FROM pg_stat_user_tables \
        WHERE schemaname = $1 AND relname <> ALL ($2)";
    let row = beside.query_one(sql, &[&schema, &SMALL.as_slice()]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn sessions(store: &Arc<PostgresStore>, round: u64, born: Timestamp) {
    let now = now();
    let row = session(2_000_000 + round, now);
    store.insert_session(&row).await.unwrap();
    store.find_session(&row.id).await.unwrap();
    store.rotate_session(&rotation(row.id, 0), now).await.unwrap();
    // Many at once, so that they are sent together.
    let many: Vec<_> = (0..20_u64)
        .map(|number| {
            let (store, id) = (Arc::clone(store), session(1_000 + number, born).id);
            let at = now + MINUTE * 2 * u32::try_from(round).unwrap();
            let presented = rotation(id, u32::try_from(round).unwrap());
            tokio::spawn(async move { store.rotate_session(&presented, at).await })
        })
        .collect();
    for one in many {
        one.await.unwrap().unwrap();
    }
    store.confirm_session(&row.id, 1, now).await.unwrap();
    for owner in owners(round) {
        let page = store.list_sessions(&owner, None, 10, now).await.unwrap();
        assert!(!page.is_empty());
        store.list_sessions(&owner, Some(&page[0].id), 10, now).await.unwrap();
    }
    store.end_session(&row.id, EndReason::SignedOut, now).await.unwrap();
    store.prune_sessions(now, 100).await.unwrap();
}

/// Owners that have something; those of another round are others.
fn owners(round: u64) -> [Owner; 3] {
    let subject = Subject::parse(&format!("user-{}", 5_000 + round)).unwrap();
    let client = ClientId::parse(&format!("client-{}", 1_000 + round)).unwrap();
    [
        Owner::SubjectAtClient(subject.clone(), client.clone()),
        Owner::Subject(subject),
        Owner::Client(client),
    ]
}

async fn api_keys_and_revocations(store: &PostgresStore, round: u64) {
    let now = now();
    let (key, next) = (api_key(900_000 + round), api_key(800_000 + round));
    store.insert_api_key(&key).await.unwrap();
    store.find_api_key(&key.id).await.unwrap();
    store.update_api_key(&key.id, &ApiKeyChange::default(), now).await.unwrap();
    store.rotate_api_key(&key.id, &next, now + MINUTE, now).await.unwrap();
    store.touch_api_key(&key.id, now, MINUTE).await.unwrap();
    let [_, Owner::Subject(subject), _] = &owners(round) else { panic!("the second") };
    store.list_api_keys(subject, None, 10, now).await.unwrap();
    store.end_api_key(&key.id, EndReason::SignedOut, now).await.unwrap();
    store.prune_api_keys(now - MINUTE, 100).await.unwrap();
    let cursor = store.read_revocations(None, 10).await.unwrap().cursor;
    for owner in owners(round) {
        let reason = EndReason::Administrative;
        store.revoke_owner(&owner, Reach::Everything, reason, now).await.unwrap();
    }
    store.revoke(&Target::Token(TokenId::from_parts(now, [1; 12])), now).await.unwrap();
    store.raise_retention(MINUTE).await.unwrap();
    store.read_revocations(Some(&cursor), 10).await.unwrap();
    store.prune_revocations(now, 100).await.unwrap();
}

async fn server_roles(store: &PostgresStore, round: u64) {
    let now = now();
    let number = 3_000_000 + round;
    let id = ClientId::parse(&format!("new-{round}")).unwrap();
    let with = |version| ClientRecord { id: id.clone(), ..client(version) };
    store.insert_client(&with(1), now).await.unwrap();
    store.find_client(&id).await.unwrap();
    store.list_clients(Some(&id), 10).await.unwrap();
    store.replace_client(&with(1), now).await.unwrap();
    let subject = Subject::parse(&format!("user-{}", 7_000 + round)).unwrap();
    let wide: hallpass::Scope = "a:*:*".parse().unwrap();
    for (before, scope) in [(None, "a:*:*"), (Some(&wide), "a:*:read")] {
        let (subject, client) = (subject.clone(), id.clone());
        let consent =
            ConsentRecord { subject, client, scope: scope.parse().unwrap(), given_at: now };
        store.put_consent(&consent, before, now).await.unwrap();
    }
    store.find_consent(&subject, &id).await.unwrap();
    store.list_consents(&subject, None, 10).await.unwrap();
    store.withdraw_consent(&subject, &id, now).await.unwrap();
    store.remove_client(&id, now).await.unwrap();
    let code = code(number, now + MINUTE);
    store.insert_code(&code).await.unwrap();
    store.redeem_code(&redemption(&code, 1), now).await.unwrap();
    store.redeem_code(&redemption(&code, 2), now).await.unwrap();
    store.prune_codes(now, 100).await.unwrap();
    let mut key = [9; 32];
    key[0] = u8::try_from(round).unwrap();
    store.consume_once(&key, Attempt::from_bytes([1; 8]), now + MINUTE, now).await.unwrap();
    store.prune_replays(now, 100).await.unwrap();
    let version = store.load_signing_keys().await.unwrap().version;
    let set = SigningKeySet { version, keys: Vec::new() };
    let withdrawn = [KeyId::parse("k0").unwrap()];
    assert!(store.replace_signing_keys(&set, &withdrawn, now).await.unwrap());
}

/// How many statements there are beside the look at the version: those who add one run it above.
const STATEMENTS: usize = 40;

async fn every_prepared_statement_looks_up(client: &Client, schema: &str) {
    client.batch_execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let sql = "SELECT name, statement, coalesce(array_length(parameter_types, 1), 0) \
        FROM pg_prepared_statements WHERE statement LIKE $1 AND NOT statement LIKE '%.migration%'";
    let prepared = client.query(sql, &[&format!("%\"{schema}\".%")]).await.unwrap();
    let mut seen = BTreeSet::new();
    for row in prepared {
        let (name, statement): (&str, &str) = (row.get(0), row.get(1));
        let nulls = vec!["NULL"; usize::try_from(row.get::<_, i32>(2)).unwrap()].join(", ");
        let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
        let explained = client.simple_query(&format!("EXPLAIN EXECUTE {name}{nulls}")).await;
        let mut plan = Vec::new();
        for message in explained.unwrap() {
            if let SimpleQueryMessage::Row(row) = message {
                plan.push(row.get(0).unwrap().to_owned());
            }
        }
        looks_up(statement, &plan);
        version_13_has_all_of(statement);
        seen.insert(statement.to_owned());
    }
    assert_eq!(seen.len(), STATEMENTS);
}

/// The functions that statements and migrations call: our own, and those that version 13 has. Its
/// manual is where a new one is looked up before it comes here.
const FUNCTIONS: [&str; 35] = [
    "announce_revocation",
    "born",
    "born_floor",
    "end_session",
    "kept_until",
    "owner_lock",
    "require_read_committed",
    "revoke_owner", // ours
    "any",
    "array",
    "bit",
    "coalesce",
    "concat_ws",
    "count",
    "current_schema",
    "current_setting",
    "encode",
    "exists",
    "format",
    "greatest",
    "hashtextextended",
    "least",
    "max",
    "now",
    "nullif",
    "octet_length",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_current_snapshot",
    "pg_current_xact_id",
    "pg_notify",
    "pg_snapshot_xmax",
    "pg_snapshot_xmin",
    "substring",
    "unnest",
];

/// What came after version 13, of what such statements might want.
const NEWER: [&str; 6] = [
    "merge into",
    "returning old",
    "returning new",
    "nulls not distinct",
    "security_invoker",
    "without overlaps",
];

#[track_caller]
fn version_13_has_all_of(sql: &str) {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    for newer in NEWER {
        assert!(!text.contains(newer), "{newer} is newer than version 13");
    }
    let calls: Vec<&str> = text.split('(').collect();
    for before in calls.iter().take(calls.len() - 1) {
        let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let name = before.rsplit(word).next().unwrap();
        assert!(name.is_empty() || FUNCTIONS.contains(&name), "{name}: which version has it?");
    }
}

#[test]
fn the_migrations_need_no_more_than_version_13() {
    for migration in PostgresStore::migrations() {
        version_13_has_all_of(migration);
    }
}

#[track_caller]
fn looks_up(statement: &str, plan: &[String]) {
    let text = || format!("{statement}\n{}", plan.join("\n"));
    for (at, line) in plan.iter().enumerate() {
        if let Some((_, table)) = line.split_once("Seq Scan on ") {
            let table = table.split([' ', '.']).next().unwrap();
            assert!(SMALL.contains(&table), "a table is read from end to end:\n{}", text());
        }
        let index = line.contains("Index Scan") || line.contains("Index Only Scan");
        let bounded = plan.get(at + 1).is_some_and(|next| next.trim().starts_with("Index Cond:"));
        let small = SMALL.iter().any(|table| line.contains(&format!(" on {table} ")));
        assert!(!index || bounded || small, "an index is read from end to end:\n{}", text());
    }
}

/// The check above sees a walk where there is one.
#[test]
#[should_panic(expected = "from end to end")]
fn a_walk_would_be_seen() {
    let plan = ["Limit", "  ->  Seq Scan on session s  (cost=0.00..1 rows=1 width=8)"];
    looks_up("", &plan.map(str::to_owned));
}
