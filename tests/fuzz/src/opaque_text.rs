//! Opaque tokens: nothing but the very text that was given out opens anything, and nothing else
//! reaches the store (invariants 24, 42, 43).

use std::{cell::RefCell, time::Duration};

use arbitrary::Unstructured;
use hallpass::{
    Grant, MemoryStore,
    testing::{CountingStore, StoreMethod, TestAuthority, conformance::block_on},
};

use crate::pick::{mutate, one_of, rarely};

struct World {
    authority: TestAuthority<CountingStore<MemoryStore>>,
    genuine: Vec<String>,
}

const TOUCHED: [StoreMethod; 9] = [
    StoreMethod::FindSession,
    StoreMethod::RotateSession,
    StoreMethod::ConfirmSession,
    StoreMethod::EndSession,
    StoreMethod::FindApiKey,
    StoreMethod::EndApiKey,
    StoreMethod::TouchApiKey,
    StoreMethod::Revoke,
    StoreMethod::RevokeOwner,
];

impl World {
    fn new() -> Self {
        let authority = TestAuthority::on(CountingStore::new(MemoryStore::new()));
        let grant = || Grant::new("ada", "invoice:*:read".parse().expect("a scope")).client("web");
        let issued = block_on(authority.issue(grant())).expect("issued");
        let next = block_on(authority.refresh(issued.refresh_token())).expect("refreshed");
        authority.clock().advance(Duration::from_secs(3));
        let key = block_on(authority.issue_api_key(grant(), "ci", None)).expect("issued");
        let genuine = vec![
            issued.refresh_token().expose_secret().to_owned(),
            next.refresh_token().expose_secret().to_owned(),
            key.api_key().expose_secret().to_owned(),
        ];
        Self { authority, genuine }
    }

    fn touched(&self) -> u64 {
        TOUCHED.iter().map(|method| self.authority.store().calls(*method)).sum()
    }
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    WORLD.with_borrow(|world| {
        let presented = if rarely(&mut u, 64) {
            let prefix = *one_of(&mut u, &["hp_rt_", "hp_ak_", "hp_ac_", "hp_cs_", ""]);
            let rest = str::from_utf8(u.take_rest()).unwrap_or_default();
            format!("{prefix}{rest}")
        } else if rarely(&mut u, 64) {
            // The front of one and the back of another.
            let (a, b) = (one_of(&mut u, &world.genuine), one_of(&mut u, &world.genuine));
            let at = u.int_in_range(0..=a.len()).unwrap_or(0).min(b.len());
            format!("{}{}", &a[..at], &b[at..])
        } else {
            let mut presented = one_of(&mut u, &world.genuine).clone();
            for _ in 0..u.int_in_range(1..=3).unwrap_or(1) {
                presented = mutate(&mut u, &presented);
            }
            presented
        };
        if world.genuine.contains(&presented) {
            return;
        }
        let before = world.touched();
        let auth = &world.authority;
        assert!(block_on(auth.refresh(&*presented)).is_err(), "{presented}");
        assert!(block_on(auth.verify(&*presented)).is_err(), "{presented}");
        assert!(auth.api_key_id(&*presented).is_err(), "{presented}");
        let _ = block_on(auth.revoke(&*presented));
        assert_eq!(world.touched(), before, "{presented}");
    });
}
