//! A decision allocates nothing, however large the scope is.

use hallpass::scope::{Limits, Permission, Require, Requirement, Scope};

fn scope_of(size: usize) -> Scope {
    let limits = Limits::default().items(20_000).bytes(1 << 22);
    let items: Vec<_> = (0..size).map(|n| format!("invoice:{n}:read")).collect();
    Scope::parse_within(&format!("{} *:*:list page:write", items.join(" ")), &limits).unwrap()
}

#[test]
fn covers_allocates_nothing() {
    let required: Permission = "invoice:3:read".parse().unwrap();
    let require = Require::all([Require::from(required.clone()), Require::any_on("invoice")]);
    for size in [1, 6, 10, 1000, 10_000] {
        let scope = scope_of(size);
        let small = Scope::parse("invoice:0:read page:7:write").unwrap();
        let counted = allocation_counter::measure(|| {
            assert!(scope.view().covers_permission("invoice", "0", "read"));
            assert!(!scope.view().covers_permission("invoice", "no", "read"));
            assert!(!scope.view().covers_permission("invoice", "a:b \u{e9}", "read"));
            assert!(("anything", "a b", "list").is_met_by(scope.view()));
            assert_eq!(required.is_met_by(scope.view()), size > 3);
            assert_eq!(require.is_met_by(scope.view()), size > 3);
            assert!(scope.covers(&small));
            assert!(!scope.view().has_word("openid"));
        });
        assert_eq!(counted.count_total, 0, "{size}");
    }
}

#[test]
fn canonical_text_of_a_few_items_is_read_with_one_allocation() {
    let text = "openid a:*:read b:1:write c:2:x d:*:* e:1:r";
    let counted = allocation_counter::measure(|| {
        assert_eq!(Scope::parse_canonical(text).unwrap().len(), 6);
    });
    assert_eq!(counted.count_total, 1);
}
