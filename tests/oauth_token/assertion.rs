//! RFC 7523 §3, one wrong thing at a time, through the token endpoint.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    MemoryStore, Scope,
    authority::{Client, GrantType},
    oauth::{AuthorizationServer, Request},
    store::StoreErrorKind,
    testing::{FailingStore, Fault, StoreMethod, TestAuthority, TestClock},
    web::RequestHead,
};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _,
    },
};
use serde_json::{Value, json};

use super::world::SECOND;

const ISSUER: &str = TestAuthority::ISSUER;
const NOW: u64 = TestAuthority::STARTS_AT.as_unix_seconds();

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// A key of a client, which this crate does not make.
struct Key {
    algorithm: &'static str,
    kid: &'static str,
    pair: Pair,
}

impl Key {
    fn new(algorithm: &'static str, kid: &'static str) -> Self {
        let random = SystemRandom::new();
        let ecdsa = |kind| {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
            Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap())
        };
        let pair = match algorithm {
            "ES256" => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            _ => {
                let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
            }
        };
        Self { algorithm, kid, pair }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
            Pair::Ecdsa(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if self.algorithm == "ES256" { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y) })
            }
        };
        jwk["kid"] = self.kid.into();
        jwk
    }

    fn sign(&self, input: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Ed25519(pair) => pair.sign(input).as_ref().to_vec(),
            Pair::Ecdsa(pair) => pair.sign(&SystemRandom::new(), input).unwrap().as_ref().to_vec(),
        }
    }
}

type Keys = Arc<HashMap<&'static str, Key>>;
type TestStore = FailingStore<MemoryStore>;

fn keys() -> Keys {
    let keys = [
        Key::new("EdDSA", "eddsa"),
        Key::new("ES256", "es256"),
        Key::new("ES384", "es384"),
        Key::new("ES256", "one"),
        Key::new("ES256", "two"),
        Key::new("ES256", "stranger"),
    ];
    Arc::new(keys.map(|key| (key.kid, key)).into())
}

struct World {
    server: AuthorizationServer,
    keys: Keys,
    clock: TestClock,
    store: Arc<TestStore>,
}

impl World {
    fn new() -> Self {
        let store = Arc::new(FailingStore::new(MemoryStore::new()));
        Self::on(store, keys(), TestClock::at(TestAuthority::STARTS_AT))
    }

    /// One more instance.
    fn beside(&self) -> Self {
        Self::on(Arc::clone(&self.store), Arc::clone(&self.keys), self.clock.clone())
    }

    /// The client `partner` has one key of each of three algorithms, `twins` two of one.
    fn on(store: Arc<TestStore>, keys: Keys, clock: TestClock) -> Self {
        let scope: Scope = "invoice:*:read".parse().unwrap();
        let client = |id: &str, names: &[&str]| {
            let jwks: Vec<_> = names.iter().map(|name| keys[name].jwk()).collect();
            Client::confidential(id)
                .private_key_jwt(json!({ "keys": jwks }).to_string())
                .scope(scope.clone())
                .default_scope(scope.clone())
                .grant(GrantType::ClientCredentials)
        };
        let auth = TestAuthority::sharing(Arc::clone(&store), clock.clone(), |builder| {
            builder
                .server_store(Arc::clone(&store))
                .client(client("partner", &["eddsa", "es256", "es384"]))
                .client(client("twins", &["one", "two"]))
                .client(
                    Client::confidential("secretive")
                        .secret("a-secret-of-more-than-32-characters")
                        .grant(GrantType::ClientCredentials),
                )
        });
        let server = AuthorizationServer::builder(auth.authority().clone()).build().unwrap();
        Self { server, keys, clock, store }
    }

    fn header(&self, key: &str) -> Value {
        json!({ "alg": self.keys[key].algorithm, "kid": key })
    }

    fn sign(&self, key: &str, header: &Value, claims: &str) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let input = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.as_bytes()));
        let signature = text(&self.keys[key].sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    async fn present(&self, assertion: &str) -> u16 {
        self.present_as(None, assertion).await
    }

    async fn present_as(&self, client: Option<&str>, assertion: &str) -> u16 {
        let mut body = format!(
            "grant_type=client_credentials&client_assertion={assertion}&client_assertion_type=\
             urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        );
        if let Some(client) = client {
            write!(body, "&client_id={client}").unwrap();
        }
        let head = RequestHead::new("POST", "/token")
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.server.token(&Request::new(head).body(body.as_bytes())).await;
        super::world::is_sound(&answer);
        assert!(answer.header("www-authenticate").is_none());
        answer.status()
    }
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
    let kid = "es256";
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
    for key in ["stranger", "one"] {
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
    let first = World::new();
    let second = first.beside();
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
    world.clock.advance(89 * SECOND);
    assert_eq!(world.present(&assertion).await, 401, "it is still remembered");
    world.clock.advance(SECOND);
    assert_eq!(world.present(&assertion).await, 401, "it has expired");
}

/// Whether it was used before cannot be told: the client tries again with the same one.
#[tokio::test]
async fn a_store_that_is_down_is_503_and_uses_nothing_up() {
    let world = World::new();
    let assertion = world.sign("es256", &world.header("es256"), &claims("patient").to_string());
    let fault = Fault::Before(StoreErrorKind::Unavailable);
    world.store.fail_method(StoreMethod::ConsumeOnce, fault);
    assert_eq!(world.present(&assertion).await, 503);
    world.store.heal();
    assert_eq!(world.present(&assertion).await, 200);
}
