//! The algebra of scopes against a model that shares no code with it: a scope is a set of atoms.
//!
//! Atoms range over the names that occur and one fresh name in each place, which stands for
//! everything that nobody has named.

use hallpass::Scope;

const NAMES: [[&str; 4]; 3] = [["*", "a", "b", "ab"], ["*", "1", "2", "10"], ["*", "r", "w", "rw"]];
const WORDS: [&str; 2] = ["openid", "email"];

/// Bit `16 * resource + 4 * id + action`, where 0 is the fresh name; then one bit a word.
type Atoms = u128;

fn item(byte: u8) -> (String, Atoms) {
    let choice = usize::from(byte) % 66;
    if let Some(word) = choice.checked_sub(64) {
        return (WORDS[word].to_owned(), 1 << (64 + word));
    }
    let parts = [choice / 16, choice / 4 % 4, choice % 4];
    let text: Vec<&str> = parts.iter().zip(NAMES).map(|(part, names)| names[*part]).collect();
    let covered = |atom: usize| {
        let atom = [atom / 16, atom / 4 % 4, atom % 4];
        parts.iter().zip(atom).all(|(part, atom)| *part == 0 || *part == atom)
    };
    let atoms = (0..64).filter(|atom| covered(*atom)).fold(0, |atoms, atom| atoms | 1 << atom);
    (text.join(":"), atoms)
}

fn scope(bytes: &[u8]) -> (Scope, Atoms) {
    let items: Vec<_> = bytes.iter().map(|byte| item(*byte)).collect();
    let text: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
    let atoms = items.iter().fold(0, |all, (_, atoms)| all | atoms);
    (Scope::parse(&text.join(" ")).expect("made of good items"), atoms)
}

/// What a scope says, read from its text by splitting strings.
fn atoms(scope: &Scope) -> Atoms {
    let items = scope.as_str().split(' ').filter(|item| !item.is_empty());
    let number = |text: &str| (0..66).find(|n| item(*n).0 == text).expect("an item of the model");
    items.fold(0, |atoms, text| atoms | item(number(text)).1)
}

/// The target.
pub fn run(data: &[u8]) {
    let Some((cut, rest)) = data.split_first() else { return };
    let rest = &rest[..rest.len().min(60)];
    let (first, second) = rest.split_at(usize::from(*cut).min(rest.len()));
    let ((a, in_a), (b, in_b)) = (scope(first), scope(second));
    assert_eq!(atoms(&a), in_a, "{a}");
    assert_eq!(a.covers(&b), in_b & !in_a == 0, "{a} | {b}");
    assert_eq!(a.overlaps(&b), in_a & in_b != 0, "{a} | {b}");
    assert_eq!(a == b, in_a == in_b, "{a} | {b}");
    let meet = a.meet(&b).expect("short");
    assert_eq!(atoms(&meet), in_a & in_b, "{a} | {b}");
    assert_eq!(atoms(&a.join(&b).expect("short")), in_a | in_b, "{a} | {b}");
    assert!(a.covers(&meet) && b.covers(&meet));
    let rest = a.not_covered_by(&b);
    assert!(a.covers(&rest) && atoms(&rest) | in_b == in_a | in_b, "{a} | {b}");
    let stripped = a.strip_overlapping(&b);
    assert!(a.covers(&stripped) && !stripped.overlaps(&b), "{a} | {b}");
    for (choice, resource) in NAMES[0].iter().enumerate().skip(1) {
        let asked = a.view().covers_permission(resource, "1", "r");
        assert_eq!(asked, in_a & 1 << (16 * choice + 4 + 1) != 0, "{a}");
    }
}
