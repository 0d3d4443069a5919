//! Knows what the answer to a request for a scope says: what is granted, and what became of each item.
//! Must not know how that was decided.

use super::set::Scope;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Full,
    Narrowed,
    Rejected,
}

/// The answer to a request. Only what is [granted](Self::granted) may be signed.
///
/// ```
/// use hallpass::scope::{Negotiation, RequestedScope, Scope};
///
/// let requested = RequestedScope::parse("book page:read user:delete")?;
/// let allowed = Scope::parse("book:read page:read")?;
/// let answer = Negotiation::new().negotiate(Some(&requested), &allowed)?;
/// assert!(!answer.is_complete());
/// assert!(answer.narrowed().eq(["book"]) && answer.rejected().eq(["user:delete"]));
/// assert_eq!(answer.granted().as_str(), "book:*:read page:*:read"); // what is signed
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Negotiated {
    granted: Scope,
    answers: Answers,
}

/// What became of each item that was asked for.
#[derive(Clone, Debug)]
enum Answers {
    /// What is granted is what was asked for, item by item in its canonical spelling.
    AllInFull,
    Each(Box<Each>),
}

#[derive(Clone, Debug)]
struct Each {
    items: Vec<(Box<str>, Outcome)>,
    /// What is granted beside the items that are granted in full.
    rest: Scope,
}

impl Negotiated {
    /// Everything that was asked for, which was in canonical spelling.
    pub(crate) fn all_in_full(granted: Scope) -> Self {
        Self { granted, answers: Answers::AllInFull }
    }

    /// `rest` is what is granted beside the items that are granted in full.
    pub(super) fn each(granted: Scope, items: Vec<(Box<str>, Outcome)>, rest: Scope) -> Self {
        Self { granted, answers: Answers::Each(Box::new(Each { items, rest })) }
    }

    /// What the token says.
    pub fn granted(&self) -> &Scope {
        &self.granted
    }

    /// What the token says, by value.
    pub fn into_granted(self) -> Scope {
        self.granted
    }

    /// The items of which nothing is granted, in the client's spelling and order.
    pub fn rejected(&self) -> impl Iterator<Item = &str> {
        with(self.items(), Outcome::Rejected)
    }

    /// The items of which a part is granted, in the client's spelling and order.
    pub fn narrowed(&self) -> impl Iterator<Item = &str> {
        with(self.items(), Outcome::Narrowed)
    }

    /// Whether everything that was asked for is granted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.items().iter().all(|(_, outcome)| *outcome == Outcome::Full)
    }

    /// The `scope` of the response: the client's own spelling of what it got in full, because
    /// some clients compare texts, then canonical text for the rest.
    #[must_use]
    pub fn response_scope(&self) -> String {
        match &self.answers {
            Answers::AllInFull => self.granted.as_str().to_owned(),
            Answers::Each(each) => {
                let rest = each.rest.iter().map(super::view::Item::as_str);
                join(with(&each.items, Outcome::Full).chain(rest))
            }
        }
    }

    /// The `rejected_scope` of the response.
    #[must_use]
    pub fn rejected_scope(&self) -> String {
        join(self.rejected())
    }

    fn items(&self) -> &[(Box<str>, Outcome)] {
        match &self.answers {
            Answers::AllInFull => &[],
            Answers::Each(each) => &each.items,
        }
    }
}

pub(super) fn with(items: &[(Box<str>, Outcome)], wanted: Outcome) -> impl Iterator<Item = &str> {
    let items = items.iter().filter(move |(_, outcome)| *outcome == wanted);
    items.map(|(spelling, _)| &**spelling)
}

pub(super) fn join<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(" ")
}
