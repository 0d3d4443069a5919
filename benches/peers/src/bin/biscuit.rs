//! Knows `biscuit-auth`: the same facts in a biscuit, which is Ed25519 too, with the checks of
//! time, issuer and audience as Datalog.
//! Must not know how we do the same.

use std::time::{Duration, SystemTime};

use biscuit_auth::{
    AuthorizerLimits, Biscuit, KeyPair, PublicKey,
    builder::Term,
    macros::{authorizer, biscuit},
};
use hallpass::Algorithm;
use hallpass_peers::{
    tokens,
    turns::{Peer, serve_own_format},
    version,
};

struct Biscuits {
    pair: KeyPair,
    public: PublicKey,
    audience: &'static str,
}

fn new(audience: &'static str, pair: KeyPair) -> Biscuits {
    Biscuits { public: pair.public(), pair, audience }
}

impl Peer for Biscuits {
    fn accepts(&self, token: &str) -> bool {
        let Ok(token) = Biscuit::from_base64(token, self.public) else { return false };
        let (issuer, audience) = (tokens::ISSUER, tokens::AUDIENCE);
        // The default limit of a millisecond may fall into a pause of the machine.
        let limits = AuthorizerLimits { max_time: Duration::from_secs(5), ..Default::default() };
        let asked = authorizer!(
            r#"allow if issuer({issuer}), audience({audience}), user($user);"#,
            issuer = issuer,
            audience = audience,
        )
        .time()
        .set_limits(limits)
        .build(&token);
        let Ok(mut authorizer) = asked else { return false };
        if authorizer.authorize().is_err() {
            return false;
        }
        let users: Vec<(String,)> = authorizer.query("who($user) <- user($user)").unwrap();
        users == [(tokens::SUBJECT.to_owned(),)]
    }

    fn issue(&self) -> String {
        let expiry = SystemTime::now() + Duration::from_secs(tokens::LIFETIME);
        let scope: Vec<[&str; 3]> = tokens::SCOPE
            .split_whitespace()
            .map(|item| {
                let mut parts = item.splitn(3, ':');
                [(); 3].map(|()| parts.next().unwrap())
            })
            .collect();
        let mut token = biscuit!(
            r#"
            issuer({issuer}); audience({audience}); user({user}); client({client}); id({id});
            check if time($now), $now < {expiry};
            "#,
            issuer = tokens::ISSUER,
            audience = self.audience,
            user = tokens::SUBJECT,
            client = tokens::CLIENT,
            id = tokens::new_id(),
            expiry = Term::from(expiry),
        );
        for right in scope {
            let terms = right.map(|part| biscuit_auth::builder::string(part));
            token = token.fact(biscuit_auth::builder::fact("right", &terms)).unwrap();
        }
        token.build(&self.pair).unwrap().to_base64().unwrap()
    }
}

fn main() {
    let pair = KeyPair::new();
    let elsewhere = new("https://other.example.com", KeyPair::from(&pair.private())).issue();
    let title = format!("biscuit-auth {}", version("biscuit-auth"));
    serve_own_format(&title, Algorithm::EdDSA, &new(tokens::AUDIENCE, pair), &elsewhere);
}
