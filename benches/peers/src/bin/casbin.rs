//! Knows `casbin`, with a model that means what a permission of ours means.
//! Must not know how we do the same.

use casbin::{CoreApi as _, DefaultModel, Enforcer, MemoryAdapter, MgmtApi as _};
use hallpass_peers::{
    decisions::{Engine, Triple, serve_decisions},
    version,
};

const MODEL: &str = r#"
[request_definition]
r = res, id, act
[policy_definition]
p = res, id, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = (p.res == r.res || p.res == "*") && (p.id == r.id || p.id == "*") && (p.act == r.act || p.act == "*")
"#;

struct Casbin(Enforcer);

fn new(permissions: &[Triple]) -> Casbin {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let model = DefaultModel::from_str(MODEL).await.unwrap();
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.unwrap();
        let rows = permissions.iter().map(|(r, i, a)| vec![r.clone(), i.clone(), a.clone()]);
        assert!(enforcer.add_policies(rows.collect()).await.unwrap());
        Casbin(enforcer)
    })
}

impl Engine for Casbin {
    type Question = Triple;

    fn question(&self, triple: &Triple) -> Triple {
        triple.clone()
    }

    fn decides(&self, (resource, id, action): &Triple) -> bool {
        self.0.enforce((resource.as_str(), id.as_str(), action.as_str())).unwrap()
    }
}

fn main() {
    serve_decisions(&format!("casbin {}", version("casbin")), new);
}
