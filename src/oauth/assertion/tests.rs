//! RFC 7523 §3, one wrong thing at a time, through the token endpoint.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::TYPE;
use crate::{
    Algorithm, Authority, MemoryStore, SigningKey, Timestamp,
    authority::{Client, GrantType},
    clock::Clock,
    oauth::{AuthorizationServer, Request},
    secret::MasterSecret,
    token::jwt,
    web::RequestHead,
};

const ISSUER: &str = "https://auth.test";
const NOW: u64 = 1_700_000_000;

#[derive(Debug)]
struct Clocks(Mutex<u64>);

impl Clocks {
    fn set(&self, seconds: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seconds;
    }
}

impl Clock for Clocks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(*self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct World {
    server: AuthorizationServer,
    keys: HashMap<&'static str, SigningKey>,
    clock: Arc<Clocks>,
}

impl World {
    fn new() -> Self {
        Self::on(MemoryStore::new(), keys())
    }

    /// The client `partner` has one key of each of three algorithms, `twins` two of one.
    fn on(store: impl crate::store::ServerStore, keys: HashMap<&'static str, SigningKey>) -> Self {
        let jwks = |names: &[&str]| {
            let jwk = |name: &&str| keys[name].verifying_key().jwk().unwrap().to_json();
            format!(r#"{{"keys":[{}]}}"#, names.iter().map(jwk).collect::<Vec<_>>().join(","))
        };
        let client = |id: &str, names: &[&str]| {
            Client::confidential(id)
                .private_key_jwt(jwks(names))
                .default_scope("invoice:*:read".parse().unwrap())
                .grant(GrantType::ClientCredentials)
        };
        let clock = Arc::new(Clocks(Mutex::new(NOW)));
        let authority = Authority::builder(ISSUER)
            .audience("https://api.test")
            .signing_key(keys["ours"].clone())
            .master_secret(MasterSecret::from_bytes([7; 32]))
            .client(client("partner", &["eddsa", "es256", "es384"]))
            .client(client("twins", &["one", "two"]))
            .client(
                Client::confidential("secretive")
                    .secret("a secret of more than 32 characters")
                    .grant(GrantType::ClientCredentials),
            )
            .server_store(store)
            .clock(Arc::clone(&clock))
            .build()
            .unwrap();
        let server = AuthorizationServer::builder(authority).build().unwrap();
        Self { server, keys, clock }
    }

    fn header(&self, key: &str) -> Value {
        let key = &self.keys[key];
        json!({ "alg": key.algorithm().name(), "kid": key.kid().as_str() })
    }

    fn sign(&self, key: &str, header: &Value, claims: &str) -> String {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let sign = |input: &[u8]| self.keys[key].sign(input);
        jwt::encode_payload(&header, claims.as_bytes(), sign).unwrap()
    }

    async fn present(&self, assertion: &str) -> u16 {
        self.present_as(None, assertion).await
    }

    async fn present_as(&self, client: Option<&str>, assertion: &str) -> u16 {
        let mut body = format!(
            "grant_type=client_credentials&client_assertion_type={}&client_assertion={assertion}",
            TYPE.replace(':', "%3A")
        );
        if let Some(client) = client {
            write!(body, "&client_id={client}").unwrap();
        }
        let head = RequestHead::new("POST", "/token")
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.server.token(&Request::new(head).body(body.as_bytes())).await;
        assert_ne!(answer.status(), 500);
        assert!(answer.header("www-authenticate").is_none());
        answer.status()
    }
}

fn keys() -> HashMap<&'static str, SigningKey> {
    let key = |algorithm| SigningKey::generate(algorithm).unwrap();
    HashMap::from([
        ("ours", key(Algorithm::EdDSA)),
        ("eddsa", key(Algorithm::EdDSA)),
        ("es256", key(Algorithm::ES256)),
        ("es384", key(Algorithm::ES384)),
        ("one", key(Algorithm::ES256)),
        ("two", key(Algorithm::ES256)),
        ("stranger", key(Algorithm::ES256)),
    ])
}

fn claims(id: &str) -> Value {
    json!({ "iss": "partner", "sub": "partner", "aud": ISSUER, "exp": NOW + 60, "jti": id })
}

fn with(name: &str, value: Value) -> String {
    let mut claims = claims(&format!("{name} {value}"));
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims.to_string()
}

#[tokio::test]
async fn each_key_of_the_client_may_sign() {
    let world = World::new();
    for key in ["eddsa", "es256", "es384"] {
        let header = world.header(key);
        let assertion = world.sign(key, &header, &claims(key).to_string());
        assert_eq!(world.present(&assertion).await, 200, "{key}");
        // Without a name, the only key of its algorithm.
        let bare = json!({ "alg": header["alg"] });
        let assertion = world.sign(key, &bare, &claims(&format!("bare {key}")).to_string());
        assert_eq!(world.present_as(Some("partner"), &assertion).await, 200, "{key}");
    }
}

#[tokio::test]
async fn a_key_must_be_named_where_two_could_be_meant() {
    let world = World::new();
    let claims = |id: &str| {
        let mut claims = claims(id);
        claims["iss"] = "twins".into();
        claims["sub"] = "twins".into();
        claims.to_string()
    };
    let assertion = world.sign("two", &json!({ "alg": "ES256" }), &claims("a"));
    assert_eq!(world.present(&assertion).await, 401);
    let assertion = world.sign("two", &world.header("two"), &claims("b"));
    assert_eq!(world.present(&assertion).await, 200);
}

/// "MUST": issuer, subject, audience, expiry; and what RFC 7523 leaves to us.
#[tokio::test]
async fn each_claim_is_as_it_must_be() {
    let world = World::new();
    let header = world.header("es256");
    let fits = [
        with("exp", json!(NOW + 300)),
        with("exp", json!(NOW + 330)),
        with("exp", json!(NOW - 29)),
        with("nbf", json!(NOW + 30)),
        with("iat", json!(NOW)),
        with("aud", json!([ISSUER])),
        with("extra", json!({ "a": [1] })),
        r#"{"iss":"p\u0061rtner","sub":"partner","aud":"https:\/\/auth.test","exp":1700000060,"jti":"\u0065"}"#.to_owned(),
    ];
    for claims in fits {
        let assertion = world.sign("es256", &header, &claims);
        assert_eq!(world.present(&assertion).await, 200, "{claims}");
    }
    let wrong = [
        with("iss", Value::Null),
        with("iss", json!("twins")),
        with("iss", json!(ISSUER)),
        with("iss", json!(7)),
        with("sub", Value::Null),
        with("sub", json!("")),
        with("sub", json!("nobody")),
        with("sub", json!("twins")),
        with("sub", json!("secretive")),
        with("aud", Value::Null),
        with("aud", json!([])),
        with("aud", json!("https://auth.test/")),
        with("aud", json!("https://auth.test/token")),
        with("aud", json!([ISSUER, ISSUER])),
        with("aud", json!([ISSUER, "https://other.test"])),
        with("exp", Value::Null),
        with("exp", json!("1700000060")),
        with("exp", json!(NOW - 30)),
        with("exp", json!(NOW + 331)),
        with("exp", json!(1e300)),
        with("nbf", json!(NOW + 31)),
        with("iat", json!(NOW + 31)),
        with("jti", Value::Null),
        with("jti", json!("")),
        with("jti", json!(1)),
        claims("twice").to_string().replacen('{', r#"{"jti":"other","#, 1),
        "[]".to_owned(),
        "null".to_owned(),
        String::from("{"),
        " ".to_owned(),
    ];
    for claims in wrong {
        let assertion = world.sign("es256", &header, &claims);
        assert_eq!(world.present(&assertion).await, 401, "{claims}");
    }
}

/// RFC 8725 §3.1, §3.11: the key fixes the algorithm, and a token of another kind is none.
#[tokio::test]
async fn each_header_is_as_it_must_be() {
    let world = World::new();
    let kid = world.keys["es256"].kid().as_str().to_owned();
    for (n, typ) in
        ["JWT", "jwt", "client-authentication+jwt", "application/jwt"].iter().enumerate()
    {
        let header = json!({ "alg": "ES256", "kid": kid, "typ": typ });
        let assertion = world.sign("es256", &header, &claims(&n.to_string()).to_string());
        assert_eq!(world.present(&assertion).await, 200, "{typ}");
    }
    for header in [
        json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }),
        json!({ "alg": "ES256", "kid": kid, "typ": "dpop+jwt" }),
        json!({ "alg": "ES256", "kid": kid, "crit": ["exp"] }),
        json!({ "alg": "ES256", "kid": kid, "jku": "https://evil.test" }),
        json!({ "alg": "ES256", "kid": "another" }),
        json!({ "alg": "ES384", "kid": kid }),
        json!({ "alg": "HS256", "kid": kid }),
        json!({ "alg": "none", "kid": kid }),
        json!({ "alg": "none" }),
        json!({ "kid": kid }),
        json!([]),
    ] {
        let assertion = world.sign("es256", &header, &claims(&header.to_string()).to_string());
        assert_eq!(world.present(&assertion).await, 401, "{header}");
    }
}

#[tokio::test]
async fn nobody_else_signs_for_the_client() {
    let world = World::new();
    let named = world.header("es256");
    for key in ["stranger", "ours", "one"] {
        let own = world.header(key);
        for header in [&named, &own] {
            let assertion = world.sign(key, header, &claims(&format!("{key}{header}")).to_string());
            assert_eq!(world.present(&assertion).await, 401, "{key}");
        }
    }
    let good = world.sign("es256", &named, &claims("good").to_string());
    let (signed, _) = good.rsplit_once('.').unwrap();
    for broken in
        [format!("{signed}."), format!("{signed}.AAAA"), signed.to_owned(), format!("{good}A")]
    {
        assert_eq!(world.present(&broken).await, 401);
    }
    // A client that is named beside it must be the same (RFC 7521 §4.2).
    assert_eq!(world.present_as(Some("twins"), &good).await, 400);
    assert_eq!(world.present(&good).await, 200, "what was refused did not use it up");
}

/// DESIGN §11: `jti` once across instances; and only for as long as the assertion could live.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_assertion_works_once_across_instances() {
    let store = Arc::new(MemoryStore::new());
    let keys = keys();
    let first = World::on(Arc::clone(&store), keys.clone());
    let second = World::on(store, keys);
    let header = first.header("es256");
    let assertion = first.sign("es256", &header, &claims("once").to_string());
    let worlds = Arc::new([first, second]);
    let callers: Vec<_> = (0..20)
        .map(|n| {
            let (worlds, assertion) = (Arc::clone(&worlds), assertion.clone());
            tokio::spawn(async move { worlds[n % 2].present(&assertion).await })
        })
        .collect();
    let mut granted = 0;
    for caller in callers {
        match caller.await.unwrap() {
            200 => granted += 1,
            status => assert_eq!(status, 401),
        }
    }
    assert_eq!(granted, 1);
    let world = &worlds[0];
    // The same id of another client, and another id, are others.
    let assertion = world.sign("es256", &header, &claims("once more").to_string());
    assert_eq!(world.present(&assertion).await, 200);
    world.clock.set(NOW + 89);
    assert_eq!(world.present(&assertion).await, 401, "it is still remembered");
    world.clock.set(NOW + 90);
    assert_eq!(world.present(&assertion).await, 401, "it has expired");
}
