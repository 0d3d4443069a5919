//! Knows `cedar-policy`: a permission is a policy, a resource's kind is an entity type.
//! Must not know how we do the same.

use std::fmt::Write as _;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use hallpass_peers::{
    decisions::{Engine, Triple, serve_decisions},
    version,
};

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

fn new(permissions: &[Triple]) -> Cedar {
    let mut text = String::new();
    for (resource, id, action) in permissions {
        let action = match action.as_str() {
            "*" => "action".to_owned(),
            action => format!("action == Action::{action:?}"),
        };
        let resource = match (resource.as_str(), id.as_str()) {
            ("*", _) => "resource".to_owned(),
            (resource, "*") => format!("resource is {resource}"),
            (resource, id) => format!("resource == {resource}::{id:?}"),
        };
        writeln!(text, "permit(principal == User::\"user-42\", {action}, {resource});").unwrap();
    }
    Cedar {
        authorizer: Authorizer::new(),
        policies: text.parse().unwrap(),
        entities: Entities::empty(),
    }
}

impl Engine for Cedar {
    type Question = Request;

    fn question(&self, (resource, id, action): &Triple) -> Request {
        let uid = |text: String| text.parse::<EntityUid>().unwrap();
        let principal = uid("User::\"user-42\"".into());
        let action = uid(format!("Action::{action:?}"));
        let resource = uid(format!("{resource}::{id:?}"));
        Request::new(principal, action, resource, Context::empty(), None).unwrap()
    }

    fn decides(&self, question: &Request) -> bool {
        let response = self.authorizer.is_authorized(question, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

fn main() {
    serve_decisions(&format!("cedar-policy {}", version("cedar-policy")), new);
}
