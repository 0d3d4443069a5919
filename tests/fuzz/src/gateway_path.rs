//! Paths through the gateway: what passes by the rule for one place is, in every way that a service
//! might read it, a path of that place.

use hallpass::{
    testing::{TestAuthority, conformance::block_on},
    web::{
        Guard, RequestHead,
        gateway::{Dialect, Gateway, Rules},
    },
};

thread_local! {
    static GATEWAYS: [Gateway; 3] = {
        let gateway = |dialect| {
            let rules = Rules::from_toml(RULES).expect("rules");
            Gateway::new(Guard::new(TestAuthority::new().verifier()), rules, dialect)
        };
        [
            gateway(Dialect::Nginx),
            gateway(Dialect::Traefik),
            gateway(Dialect::Envoy { path_prefix: "/authz".to_owned() }),
        ]
    };
}

const RULES: &str = r#"
    [[rule]]
    methods = ["*"]
    path = "/open/{id}"
    access = "public"

    [[rule]]
    methods = ["*"]
    path = "/open/all/{*rest}"
    access = "public"

    [[rule]]
    methods = ["*"]
    path = "/secret/{id}"
    require = { permission = "secret:{id}:read" }
"#;

/// The target.
pub fn run(data: &[u8]) {
    // A target that is no UTF-8 is a question that was not asked, and logged as such.
    let Ok(text) = str::from_utf8(data) else { return };
    let target = text;
    let prefixed = format!("/authz{text}");
    let asked = [
        RequestHead::new("GET", "/")
            .header("x-original-method", "GET")
            .header("x-original-uri", target),
        RequestHead::new("GET", "/")
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-uri", target),
        RequestHead::new("GET", &prefixed),
    ];
    GATEWAYS.with(|gateways| {
        let mut answers = Vec::new();
        for (gateway, asked) in gateways.iter().zip(&asked) {
            let status = block_on(gateway.decide(asked)).status();
            assert!(matches!(status, 200 | 401 | 403), "{status}: {text:?}");
            answers.push(status);
        }
        assert!(answers.iter().all(|status| *status == answers[0]), "{answers:?}: {text:?}");
        if answers[0] == 200 {
            let path = target.split('?').next().unwrap_or_default();
            for reading in readings(path) {
                assert_eq!(place(&reading), "open", "{text:?} read as {reading:?}");
            }
        }
    });
}

/// The ways in which programs behind a proxy are known to read a path.
fn readings(path: &str) -> Vec<String> {
    let raw = path.to_owned();
    let once = decode(&raw);
    let twice = decode(&once);
    let mut readings = vec![raw, once, twice];
    for reading in readings.clone() {
        readings.push(reading.replace('\\', "/"));
        // Path parameters dropped, as servlets do.
        let plain: Vec<&str> =
            reading.split('/').map(|part| part.split(';').next().unwrap_or("")).collect();
        readings.push(plain.join("/"));
        readings.push(reading.split('#').next().unwrap_or("").to_owned());
        readings.push(reading.split('\0').next().unwrap_or("").to_owned());
        readings.push(reading.trim().to_owned());
    }
    readings
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits =
            text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], digits) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The first part of a path once `.`, `..` and empty parts are gone.
fn place(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.first().map(|part| part.to_ascii_lowercase()).unwrap_or_default()
}
