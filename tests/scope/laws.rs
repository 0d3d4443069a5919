//! The algebraic laws, judged by the oracle. The numbers are those of the specification.

use hallpass::scope::{Permission, Require, Requirement, Scope};
use proptest::prelude::*;

use crate::oracle::{Item, any_scope, atoms, item, items, model_of, scope_of};

fn meet(a: &Scope, b: &Scope) -> Scope {
    a.meet(b).unwrap()
}

fn join(a: &Scope, b: &Scope) -> Scope {
    a.join(b).unwrap()
}

fn single(item: Item) -> Scope {
    scope_of(&[item])
}

fn words_only(scope: &Scope) -> bool {
    !scope.as_str().split(' ').any(|item| item.contains(':'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_oracle_agrees(a in items(), b in items()) {
        let (s, t) = (scope_of(&a), scope_of(&b));
        let (m, n) = (model_of(&a), model_of(&b));
        prop_assert_eq!(atoms(&s), m);
        prop_assert_eq!(s.covers(&t), n & !m == 0);
        prop_assert_eq!(atoms(&meet(&s, &t)), m & n);
        prop_assert_eq!(atoms(&join(&s, &t)), m | n);
        prop_assert_eq!(s.overlaps(&t), m & n != 0);
        prop_assert_eq!(s == t, m == n);
        prop_assert_eq!(s.is_empty(), m == 0);
    }

    #[test]
    fn order_1_to_5(s in any_scope(), t in any_scope(), v in any_scope()) {
        prop_assert!(s.covers(&s));
        prop_assert_eq!(s.covers(&t) && t.covers(&s), s == t);
        let (st, stv) = (meet(&s, &t), meet(&meet(&s, &t), &v));
        prop_assert!(s.covers(&st) && st.covers(&stv) && s.covers(&stv));
        if s.covers(&t) && t.covers(&v) {
            prop_assert!(s.covers(&v));
        }
        prop_assert!(s.covers(&Scope::empty()));
        let permissions = s.strip_overlapping(&Scope::parse("openid email").unwrap());
        prop_assert!(Scope::parse("*").unwrap().covers(&permissions));
    }

    #[test]
    fn meet_6_to_12(s in any_scope(), t in any_scope(), v in any_scope()) {
        let st = meet(&s, &t);
        prop_assert_eq!(&meet(&s, &s), &s);
        prop_assert_eq!(&st, &meet(&t, &s));
        prop_assert_eq!(meet(&st, &v), meet(&s, &meet(&t, &v)));
        prop_assert!(s.covers(&st) && t.covers(&st));
        let below = meet(&v, &st);
        prop_assert!(st.covers(&below));
        if s.covers(&v) && t.covers(&v) {
            prop_assert!(st.covers(&v));
        }
        prop_assert!(meet(&s, &join(&t, &v)).covers(&st));
        prop_assert_eq!(t.covers(&s), st == s);
    }

    #[test]
    fn join_13_to_16(s in any_scope(), t in any_scope(), v in any_scope()) {
        let st = join(&s, &t);
        prop_assert_eq!(&join(&s, &s), &s);
        prop_assert_eq!(&st, &join(&t, &s));
        prop_assert_eq!(join(&st, &v), join(&s, &join(&t, &v)));
        prop_assert!(st.covers(&s) && st.covers(&t));
        if v.covers(&s) && v.covers(&t) {
            prop_assert!(v.covers(&st));
        }
        prop_assert!(join(&join(&s, &v), &t).covers(&st));
        prop_assert_eq!(t.covers(&s), st == t);
    }

    #[test]
    fn together_17_and_18(s in any_scope(), t in any_scope(), v in any_scope()) {
        prop_assert_eq!(&meet(&s, &join(&s, &t)), &s);
        prop_assert_eq!(&join(&s, &meet(&s, &t)), &s);
        prop_assert_eq!(meet(&s, &join(&t, &v)), join(&meet(&s, &t), &meet(&s, &v)));
        prop_assert_eq!(join(&s, &meet(&t, &v)), meet(&join(&s, &t), &join(&s, &v)));
    }

    #[test]
    fn decisions_19_to_22(s in any_scope(), t in any_scope(), v in any_scope(), q in item()) {
        let q_set = single(q);
        if s.covers(&v) {
            prop_assert!(join(&s, &t).covers(&v));
            prop_assert!(s.covers(&meet(&v, &t)));
        }
        prop_assert_eq!(join(&s, &t).covers(&q_set), s.covers(&q_set) || t.covers(&q_set));
        prop_assert_eq!(meet(&s, &t).covers(&q_set), s.covers(&q_set) && t.covers(&q_set));
        if let Item::Word(_) = q {
            let alone = s.as_str().split(' ').any(|item| item == q.text());
            prop_assert_eq!(s.covers(&q_set), alone);
            prop_assert_eq!(Require::word(q.text()).is_met_by(s.view()), alone);
        }
    }

    #[test]
    fn approximations_23_to_27(s in any_scope(), t in any_scope()) {
        let (kept, safe) = (s.not_covered_by(&t), s.strip_overlapping(&t));
        prop_assert_eq!(kept.is_empty(), t.covers(&s));
        prop_assert!(s.covers(&kept));
        prop_assert!(join(&kept, &t).covers(&s));
        prop_assert!(meet(&safe, &t).is_empty());
        prop_assert!(kept.covers(&safe));
        for scope in [kept, safe] {
            prop_assert_eq!(&Scope::parse_canonical(scope.as_str()).unwrap(), &scope);
        }
    }

    #[test]
    fn reduce_28_to_30(list in items(), seed in any::<prop::sample::Index>()) {
        let scope = scope_of(&list);
        prop_assert_eq!(&Scope::parse(scope.as_str()).unwrap(), &scope);
        let mut turned = list.clone();
        turned.extend_from_slice(&list);
        let at = seed.index(turned.len() + 1);
        turned.rotate_left(at);
        prop_assert_eq!(&scope_of(&turned), &scope);
        let items: Vec<_> = scope.as_str().split(' ').map(|i| Scope::parse(i).unwrap()).collect();
        for (a, one) in items.iter().enumerate() {
            for (b, other) in items.iter().enumerate() {
                prop_assert!(a == b || !one.covers(other));
            }
        }
    }

    #[test]
    fn every_way_of_asking_gives_one_answer(s in any_scope(), q in item()) {
        let covers = s.covers(&single(q));
        if let Item::Triple(r, i, a) = q {
            let text = q.text();
            let parts: Vec<_> = text.split(':').collect();
            let tuple = (parts[0], parts[1], parts[2]);
            let permission: Permission = text.parse().unwrap();
            prop_assert_eq!(tuple.is_met_by(s.view()), covers);
            prop_assert_eq!(permission.is_met_by(s.view()), covers);
            prop_assert_eq!(Require::parse(&text).unwrap().is_met_by(s.view()), covers);
            prop_assert_eq!(s.iter().any(|item| match item {
                hallpass::scope::Item::Permission(own) => own.to_permission().covers(&permission),
                hallpass::scope::Item::Word(_) => false,
            }), covers);
            let on = Require::any_on(["*", "a", "b"][r]);
            prop_assert!(!covers || on.is_met_by(s.view()));
            prop_assert!(!words_only(&s) || !on.is_met_by(s.view()));
            let _ = (i, a);
        }
    }
}

#[test]
fn an_id_with_an_escape_is_found_by_what_it_stands_for_in_small_and_large_scopes() {
    for size in [1, 8, 9, 100] {
        let filler: Vec<_> =
            (1..size).map(|n| Permission::new("doc", &format!("x {n}"), "read").unwrap()).collect();
        let wanted = Permission::new("doc", "a:b c", "read").unwrap();
        let scope = Scope::from_permissions(filler.into_iter().chain([wanted])).unwrap();
        assert_eq!(scope.len(), size);
        assert!(("doc", "a:b c", "read").is_met_by(scope.view()));
        // What looks like the written form is another id.
        assert!(!("doc", "a%3Ab%20c", "read").is_met_by(scope.view()));
        assert!(!("doc", "a:b", "read").is_met_by(scope.view()));
    }
}

#[test]
fn a_malformed_tuple_is_never_met_not_even_by_everything() {
    let everything = Scope::parse("*").unwrap();
    let long = "x".repeat(256);
    for tuple in [
        ("", "1", "read"),
        ("book", "", "read"),
        ("book", "1", ""),
        ("bo*k", "1", "read"),
        ("book", "1*", "read"),
        ("book", "**", "read"),
        ("book", "1", "*d"),
        ("book", "a\nb", "read"),
        ("book", "a\u{85}", "read"),
        ("book:1", "1", "read"),
        ("b\u{f6}k", "1", "read"),
        ("book", "1", "re ad"),
        ("book", long.as_str(), "read"),
    ] {
        assert!(!tuple.is_met_by(everything.view()), "{tuple:?}");
        assert_eq!(tuple.required_scope(), "", "{tuple:?}");
    }
    assert!(("book", "\u{10FFFF}\"\\ %:,", "read").is_met_by(everything.view()));
    assert!(("*", "*", "*").is_met_by(everything.view()));
    assert!(!("book", "*", "read").is_met_by(Scope::parse("book:1:read").unwrap().view()));
}

#[test]
fn all_of_nothing_is_met_and_any_of_nothing_is_not() {
    for scope in ["", "*", "openid"] {
        let scope = Scope::parse(scope).unwrap();
        assert!(Require::all(Vec::<Require>::new()).is_met_by(scope.view()));
        assert!(!Require::any(Vec::<Require>::new()).is_met_by(scope.view()));
    }
    let grant = Scope::parse("book:1:read").unwrap();
    assert!(Require::any_on("book").is_met_by(grant.view()));
    assert!(!Require::any_on("page").is_met_by(grant.view()));
    assert!(!Require::any_on("bo:ok").is_met_by(Scope::parse("*").unwrap().view()));
}

#[test]
fn a_meet_that_makes_an_item_too_long_to_read_is_refused() {
    let (name, action) = ("r".repeat(300), "a".repeat(300));
    let a = Scope::parse(&format!("{name}:*:*")).unwrap();
    let b = Scope::parse(&format!("*:*:{action}")).unwrap();
    let error = a.meet(&b).unwrap_err();
    assert_eq!(error.to_string(), "scope item would be 603 bytes, the limit is 512");
    let limits = hallpass::scope::Limits::default().item_bytes(1024);
    assert!(a.meet_within(&b, &limits).is_ok());
}

#[test]
fn a_challenge_names_every_item_once() {
    let require = Require::any([
        Require::parse("b:read a:1:read").unwrap(),
        Require::word("openid"),
        Require::parse("a:1:read").unwrap(),
        Require::word("not a token"),
    ]);
    assert_eq!(require.required_scope(), "b:*:read a:1:read openid");
}

#[test]
fn a_meet_that_multiplies_is_refused_by_its_limit() {
    let list = |item: &dyn Fn(usize) -> String| {
        Scope::parse(&(0..60).map(item).collect::<Vec<_>>().join(" ")).unwrap()
    };
    let by_resource = list(&|n| format!("a{n}:*:*"));
    let by_id = list(&|n| format!("*:{n}:*"));
    let error = by_resource.meet(&by_id).unwrap_err();
    assert_eq!(error.to_string(), "scope has 3600 items, the limit is 128");
    let limits = hallpass::scope::Limits::default().items(4000).bytes(1 << 20);
    assert_eq!(by_resource.meet_within(&by_id, &limits).unwrap().len(), 3600);
    assert_eq!(list(&|n| format!("b{n}")).join(&by_resource).unwrap().len(), 120);
    assert!(list(&|n| format!("b{n}")).join(&by_resource).unwrap().join(&by_id).is_err());
}

/// What is in the making is reduced before it is found too large: most of it may be one and the same.
#[test]
fn a_meet_is_judged_by_what_is_left_of_it() {
    use hallpass::scope::Limits;
    let limits = Limits::default().items(1_000).bytes(1 << 20);
    let list = |items: Vec<String>| Scope::parse_within(&items.join(" "), &limits).unwrap();
    // 270 x 270 meets `x:m:a`, each covered by one of the 270 `x:m:*`.
    let many = 270;
    let wide = (0..many).flat_map(|n| [format!("x:*:a{n}"), format!("x:{n}:*")]).collect();
    let by_id = list((0..many).map(|n| format!("*:{n}:*")).collect());
    let both = list(wide).meet_within(&by_id, &limits).unwrap();
    assert_eq!(both.as_str(), list((0..many).map(|n| format!("x:{n}:*")).collect()).as_str());
    // Here nothing falls away: it ends as soon as that is known, and not when all were made.
    let by_resource = list((0..300).map(|n| format!("a{n}:*:*")).collect());
    let by_id = list((0..300).map(|n| format!("*:{n}:*")).collect());
    let error = by_resource.meet(&by_id).unwrap_err();
    assert_eq!(error.to_string(), "scope has 65793 items, the limit is 128");
}
