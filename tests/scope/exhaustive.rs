//! Every pair of scopes with at most two items of a small alphabet, judged by the oracle.

use hallpass::scope::Scope;

use crate::oracle::{Item, atoms, model_of, scope_of};

fn alphabet() -> Vec<Item> {
    let mut items = vec![Item::Word(0)];
    for r in 0..3 {
        for i in 0..2 {
            for a in 0..3 {
                items.push(Item::Triple(r, i, a));
            }
        }
    }
    items
}

fn scopes() -> Vec<(Scope, u32)> {
    let items = alphabet();
    let mut lists = vec![Vec::new()];
    for (n, item) in items.iter().enumerate() {
        lists.push(vec![*item]);
        lists.extend(items[n + 1..].iter().map(|other| vec![*other, *item]));
    }
    lists.iter().map(|list| (scope_of(list), model_of(list))).collect()
}

#[test]
fn all_pairs_of_small_scopes_agree_with_the_oracle() {
    let scopes = scopes();
    assert!(scopes.len() > 190);
    for (s, m) in &scopes {
        for (t, n) in &scopes {
            assert_eq!(s.covers(t), n & !m == 0, "{s} | {t}");
            assert_eq!(s.overlaps(t), m & n != 0, "{s} | {t}");
            assert_eq!(s == t, m == n, "{s} | {t}");
            let meet = s.meet(t).unwrap();
            assert_eq!(atoms(&meet), m & n, "{s} meet {t} = {meet}");
            assert_eq!(atoms(&s.join(t).unwrap()), m | n, "{s} join {t}");
            assert_eq!(atoms(&s.strip_overlapping(t)) & n, 0, "{s} without {t}");
            assert_eq!(m & !n & !atoms(&s.not_covered_by(t)), 0, "{s} beyond {t}");
        }
    }
}
