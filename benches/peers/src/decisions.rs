//! Knows the permissions that everyone holds and the questions that everyone answers.
//! Must not know an engine.

use hallpass::scope::{Limits, Scope};

use crate::turns::{Job, serve};

pub const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// `resource`, `id`, `action`; `*` stands for any.
pub type Triple = (String, String, String);

/// Three shapes in ten, as roles have them; the last one is literal.
#[must_use]
pub fn permissions(size: usize) -> Vec<Triple> {
    let item = |n: usize| match n % 10 {
        3 => (format!("res{n}"), "*".to_owned(), "read".to_owned()),
        7 => (format!("res{n}"), "*".to_owned(), "*".to_owned()),
        _ => ("invoice".to_owned(), format!("id-{n}"), "write".to_owned()),
    };
    (1..=size).map(item).collect()
}

/// What is asked while the time is taken: the last permission, and nobody's.
#[must_use]
pub fn questions(size: usize) -> [(&'static str, Triple); 2] {
    let ask = |id: String| ("invoice".to_owned(), id, "write".to_owned());
    [("hit", ask(format!("id-{size}"))), ("miss", ask("id-nobody".to_owned()))]
}

/// What is asked before: every engine must give the same answers.
fn probes(size: usize) -> Vec<(Triple, bool)> {
    let ask = |r: &str, i: &str, a: &str| (r.to_owned(), i.to_owned(), a.to_owned());
    let [(_, hit), (_, miss)] = questions(size);
    vec![
        (hit, true),
        (miss, false),
        (ask("invoice", "id-1", "write"), true),
        (ask("invoice", "id-1", "read"), false),
        (ask("res3", "77", "read"), size >= 3),
        (ask("res3", "77", "write"), false),
        (ask("res7", "77", "write"), size >= 7),
        (ask("res8", "77", "write"), false),
    ]
}

/// An engine that holds the permissions of one subject.
pub trait Engine {
    /// A question in the engine's own form, made before the time is taken.
    type Question;

    fn question(&self, triple: &Triple) -> Self::Question;
    fn decides(&self, question: &Self::Question) -> bool;
}

/// Measures an engine beside hallpass.
pub fn serve_decisions<E: Engine>(title: &str, engine: impl Fn(&[Triple]) -> E) {
    let subjects: Vec<_> = SIZES
        .into_iter()
        .map(|size| {
            let permissions = permissions(size);
            (size, Ours::new(&permissions), engine(&permissions))
        })
        .collect();
    for (size, ours, engine) in &subjects {
        for (triple, answer) in probes(*size) {
            assert_eq!(ours.decides(&triple), answer, "hallpass, {size}: {triple:?}");
            let question = engine.question(&triple);
            assert_eq!(engine.decides(&question), answer, "{title}, {size}: {triple:?}");
        }
    }
    let mut jobs = Vec::new();
    for (size, ours, engine) in &subjects {
        for (what, triple) in questions(*size) {
            let question = engine.question(&triple);
            let job = Job::new(format!("{what} {size}"))
                .case("hallpass", move || ours.decides(&triple))
                .case("peer", move || engine.decides(&question));
            jobs.push(job);
        }
    }
    serve(title, &jobs);
}

/// A scope as it is kept for a role or read from a token.
struct Ours(Scope);

impl Ours {
    fn new(permissions: &[Triple]) -> Self {
        let items: Vec<_> = permissions.iter().map(|(r, i, a)| format!("{r}:{i}:{a}")).collect();
        let limits = Limits::default().items(20_000).bytes(1 << 22);
        Self(Scope::parse_within(&items.join(" "), &limits).unwrap())
    }

    fn decides(&self, (resource, id, action): &Triple) -> bool {
        self.0.view().covers_permission(resource, id, action)
    }
}
