//! A second opinion that shares no code with the crate: a scope is the set of its atoms.
//!
//! Atoms range over the literals that occur and one fresh literal per slot, which stands for
//! everything that no one has named yet.

use hallpass::scope::Scope;
use proptest::prelude::*;

pub(crate) const RESOURCES: [&str; 3] = ["*", "a", "b"];
pub(crate) const IDS: [&str; 3] = ["*", "1", "2"];
pub(crate) const ACTIONS: [&str; 3] = ["*", "r", "w"];
pub(crate) const WORDS: [&str; 2] = ["openid", "email"];

/// Bit `9 * resource + 3 * id + action`, where 0 is the fresh literal; then one bit a word.
pub(crate) type Atoms = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Word(usize),
    Triple(usize, usize, usize),
}

impl Item {
    pub(crate) fn text(self) -> String {
        match self {
            Item::Word(w) => WORDS[w].to_owned(),
            Item::Triple(r, i, a) => format!("{}:{}:{}", RESOURCES[r], IDS[i], ACTIONS[a]),
        }
    }

    pub(crate) fn atoms(self) -> Atoms {
        let Item::Triple(r, i, a) = self else {
            let Item::Word(w) = self else { unreachable!() };
            return 1 << (27 + w);
        };
        let mut atoms = 0;
        for atom in 0..27 {
            let (ar, ai, aa) = (atom / 9, atom / 3 % 3, atom % 3);
            if (r == 0 || r == ar) && (i == 0 || i == ai) && (a == 0 || a == aa) {
                atoms |= 1 << atom;
            }
        }
        atoms
    }
}

/// Reads the canonical text back into atoms by splitting strings, not by the crate's parser.
pub(crate) fn atoms(scope: &Scope) -> Atoms {
    let at = |list: &[&str], part: &str| list.iter().position(|known| *known == part).unwrap();
    let items = scope.as_str().split(' ').filter(|item| !item.is_empty());
    items.fold(0, |atoms, item| {
        let item = match item.split(':').collect::<Vec<_>>()[..] {
            [word] => Item::Word(at(&WORDS, word)),
            [r, i, a] => Item::Triple(at(&RESOURCES, r), at(&IDS, i), at(&ACTIONS, a)),
            _ => panic!("{item}"),
        };
        atoms | item.atoms()
    })
}

pub(crate) fn text_of(items: &[Item]) -> String {
    items.iter().map(|item| item.text()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn scope_of(items: &[Item]) -> Scope {
    Scope::parse(&text_of(items)).unwrap()
}

pub(crate) fn model_of(items: &[Item]) -> Atoms {
    items.iter().fold(0, |atoms, item| atoms | item.atoms())
}

pub(crate) fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        1 => (0..2usize).prop_map(Item::Word),
        6 => (0..3usize, 0..3usize, 0..3usize).prop_map(|(r, i, a)| Item::Triple(r, i, a)),
    ]
}

/// Up to fourteen items, so that both the scan and the index are asked.
pub(crate) fn items() -> impl Strategy<Value = Vec<Item>> {
    prop_oneof![
        3 => prop::collection::vec(item(), 0..5),
        1 => prop::collection::vec(
            prop_oneof![
                9 => (1..3usize, 1..3usize, 1..3usize).prop_map(|(r, i, a)| Item::Triple(r, i, a)),
                1 => item(),
            ],
            0..15,
        ),
    ]
}

pub(crate) fn any_scope() -> impl Strategy<Value = Scope> {
    items().prop_map(|items| scope_of(&items))
}
