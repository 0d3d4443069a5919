//! What is granted: laws 41 to 46.

use hallpass::scope::{
    Mode, NegotiateError, Negotiated, Negotiation, OmittedScope, RequestedScope, Scope,
};
use proptest::prelude::*;

use crate::oracle::{any_scope, items, text_of};

fn ask(mode: Mode, requested: &RequestedScope, allowed: &Scope) -> Negotiated {
    Negotiation::new().mode(mode).allow_empty(true).negotiate(Some(requested), allowed).unwrap()
}

proptest! {
    #[test]
    fn negotiation_41_to_43(list in items(), allowed in any_scope()) {
        let requested = RequestedScope::parse(&text_of(&list)).unwrap();
        let (narrow, filter) =
            (ask(Mode::Narrow, &requested, &allowed), ask(Mode::Filter, &requested, &allowed));
        for answer in [&narrow, &filter] {
            prop_assert!(requested.scope().covers(answer.granted()));
            prop_assert!(allowed.covers(answer.granted()));
            let said = Scope::parse(&answer.response_scope()).unwrap();
            prop_assert_eq!(&said, answer.granted());
        }
        prop_assert!(narrow.granted().covers(filter.granted()));
        prop_assert_eq!(narrow.granted(), &requested.scope().meet(&allowed).unwrap());
        let mut parts: Vec<_> = filter.response_scope().split(' ').map(str::to_owned).collect();
        parts.extend(filter.rejected().map(str::to_owned));
        parts.retain(|item| !item.is_empty());
        parts.sort();
        let mut wanted: Vec<_> = list.iter().map(|item| item.text()).collect();
        wanted.sort();
        prop_assert_eq!(parts, wanted);
        let strict = Negotiation::new().mode(Mode::Strict).negotiate(Some(&requested), &allowed);
        match strict {
            Ok(answer) => prop_assert_eq!(answer.granted(), requested.scope()),
            Err(error) => {
                prop_assert!(!allowed.covers(requested.scope()));
                prop_assert!(matches!(error, NegotiateError::NotAllowed(_)));
            }
        }
    }

    #[test]
    fn chains_never_leave_the_first_grant_44(grant in any_scope(), steps in prop::collection::vec(any_scope(), 0..5)) {
        let mut now = grant.clone();
        for step in steps {
            let next = ask(Mode::Narrow, &RequestedScope::from(&step), &now).into_granted();
            prop_assert!(now.covers(&next) && grant.covers(&next));
            now = next;
        }
    }

    #[test]
    fn less_policy_is_never_more_grant_45(list in items(), policy in any_scope(), taken in any_scope()) {
        let requested = RequestedScope::parse(&text_of(&list)).unwrap();
        let less = policy.strip_overlapping(&taken);
        for mode in [Mode::Narrow, Mode::Filter] {
            let (before, after) = (ask(mode, &requested, &policy), ask(mode, &requested, &less));
            prop_assert!(before.granted().covers(after.granted()));
        }
    }
}

#[test]
fn nothing_is_never_read_as_everything_46() {
    let all = Scope::parse("* openid").unwrap();
    let nothing = RequestedScope::parse("").unwrap();
    let inherit = Negotiation::new().omitted(OmittedScope::Inherit);
    assert!(inherit.negotiate(Some(&nothing), &all).unwrap().granted().is_empty());
    assert_eq!(inherit.negotiate(None, &all).unwrap().granted(), &all);
    assert_eq!(
        inherit.negotiate(None, &Scope::empty()).unwrap_err(),
        NegotiateError::NothingAllowed
    );
    assert!(nothing.or_omitted().is_none());
    assert_eq!(Negotiation::new().negotiate(None, &all).unwrap_err(), NegotiateError::Omitted);
    let default = OmittedScope::Default(Scope::parse("book:read").unwrap());
    let default = Negotiation::new().omitted(default);
    assert_eq!(default.negotiate(None, &all).unwrap().granted().as_str(), "book:*:read");
    let pages = Scope::parse("page").unwrap();
    assert_eq!(default.negotiate(None, &pages).unwrap_err(), NegotiateError::NothingAllowed);
    let book = RequestedScope::parse("book").unwrap();
    assert_eq!(default.negotiate(Some(&book), &pages).unwrap_err(), NegotiateError::NothingAllowed);
}

#[test]
fn the_response_keeps_the_clients_spelling() {
    let requested = RequestedScope::parse("page:* book openid book:1:read").unwrap();
    let allowed = Scope::parse("page book:read").unwrap();
    let answer = ask(Mode::Narrow, &requested, &allowed);
    assert_eq!(answer.granted().as_str(), "book:*:read page:*:*");
    assert_eq!(answer.response_scope(), "page:* book:1:read book:*:read");
    assert_eq!(answer.rejected().collect::<Vec<_>>(), ["openid"]);
    assert_eq!(answer.narrowed().collect::<Vec<_>>(), ["book"]);
    assert!(!answer.is_complete());
}
