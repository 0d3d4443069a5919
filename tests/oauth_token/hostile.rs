//! INVARIANTS 75: no input yields a 500.

use hallpass::{
    oauth::{
        Endpoint::{Introspect, Revoke, Token},
        Request,
    },
    web::RequestHead,
};
use proptest::prelude::*;

use super::world::*;

const FORM: &str = "application/x-www-form-urlencoded";

async fn each(world: &World, header: Option<&[u8]>, body: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for endpoint in [Token, Revoke, Introspect] {
        let head = RequestHead::new("POST", "/token?grant_type=x&%").header("content-type", FORM);
        let head = match &header {
            Some(header) => head.header("authorization", header),
            None => head,
        };
        let answer = world.send(endpoint, &Request::new(head).body(body)).await;
        is_sound(&answer);
        statuses.push(answer.status());
    }
    statuses
}

#[tokio::test]
async fn what_is_too_much_or_not_encoded_is_400() {
    let world = World::new();
    let partner = basic("partner", SECRET);
    let many: String = (0..5_000).map(|n| format!("p{n}=v&")).collect();
    let just_too_many = "&".repeat(100);
    let long = format!("grant_type=client_credentials&token={}", "x".repeat(4 << 20));
    for body in [
        many.as_bytes(),
        just_too_many.as_bytes(),
        long.as_bytes(),
        &[0xff; 4 << 20],
        b"grant_type=%",
        b"grant_type=%zz",
        b"grant_type=%ff",
        b"grant_type=\xc3\x28",
        b"%c3%28=x",
        b"grant_type=client_credentials&grant_type=client_credentials&token=x&token=x",
        b"a=1&a=2",
        b"client_id=a&client_id=a",
    ] {
        assert_eq!(each(&world, Some(partner.as_bytes()), body).await, [400; 3]);
    }
    for body in [&b""[..], b"&", b"=", b"&&==&&", b"token", b"grant_type", b"\0"] {
        let statuses = each(&world, Some(partner.as_bytes()), body).await;
        assert_eq!(statuses[..2], [400; 2], "{body:?}");
    }
}

#[tokio::test]
async fn a_header_that_is_no_basic_is_401() {
    let world = World::new();
    let body = b"grant_type=client_credentials&token=x";
    for header in [
        &b""[..],
        b"Basic",
        b"Basic ",
        b"Basic \xff",
        b"Basic ====",
        b"Basic YQ",
        b"Basic YQ==",
        b"Basic Og==",
        b"Basic /////w==",
        b"Digest x",
        b"\0",
        b"Basic cGFydG5lcjo=",
        b"basic\tcGFydG5lcjo=",
    ] {
        assert_eq!(each(&world, Some(header), body).await, [401; 3], "{header:?}");
    }
    let huge = format!("Basic {}", "A".repeat(1 << 20));
    assert_eq!(each(&world, Some(huge.as_bytes()), body).await, [401; 3]);
}

#[tokio::test]
async fn two_headers_are_400() {
    let world = World::new();
    let partner = basic("partner", SECRET);
    let head = RequestHead::new("POST", "/token")
        .header("content-type", FORM)
        .header("authorization", &partner)
        .header("Authorization", &partner);
    let request = Request::new(head).body(b"grant_type=client_credentials&token=x");
    for endpoint in [Token, Revoke, Introspect] {
        refuses(&world.send(endpoint, &request).await, 400, "invalid_request");
    }
}

/// Bodies that are nearly right, or not at all.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "grant_type",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "refresh_token",
        "code",
        "code_verifier",
        "redirect_uri",
        "scope",
        "resource",
        "token",
        "token_type_hint",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "client_credentials",
            "refresh_token",
            "authorization_code",
            "partner",
            "phone",
            "hp_rt_",
            "hp_ak_AAAA",
            "hp_ac_x",
            "a.b.c",
            "eyJhbGciOiJub25lIn0.e30.AA",
            "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
            "invoice:*:read",
            "*",
            "https://api.test",
            "",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    let pairs = prop::collection::vec((name, value), 0..8).prop_map(|pairs| {
        let pairs = pairs.into_iter().map(|(name, value)| [name.as_bytes(), b"=", &value].concat());
        pairs.collect::<Vec<_>>().join(&b'&')
    });
    prop_oneof![4 => pairs, 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn inv_75_no_bytes_are_a_500(
        body in body(),
        header in prop::option::of(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            prop::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| {
                use base64::{Engine as _, engine::general_purpose::STANDARD};
                format!("Basic {}", STANDARD.encode(bytes)).into_bytes()
            }),
            Just(basic("partner", SECRET).into_bytes()),
            Just(basic("self-aware", SECRET).into_bytes()),
        ]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // `is_sound` looks at each answer.
        runtime.block_on(each(&World::new(), header.as_deref(), &body));
    }
}
