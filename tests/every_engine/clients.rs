//! One story of two instances on one store, for any engine: what is changed at one bites at the
//! other after its next poll, and what an ended client held is dead everywhere.

use std::{sync::Arc, time::Duration};

use hallpass::{
    Authority, Grant,
    authority::{ApiKeyError, Client, GrantType, IssueError, Issued, Refresh, RefreshError},
    clock::Timestamp,
    id::ClientId,
    store::{EndReason, ServerStore},
    testing::{TestAuthority, TestClock},
};

const POLL: Duration = Duration::from_millis(500);
const HOUR: Duration = Duration::from_secs(3_600);

struct Two<S> {
    here: TestAuthority<S>,
    there: TestAuthority<S>,
    clock: TestClock,
    partner: ClientId,
}

/// `are_apart` where the two objects hear of each other's changes by polling alone.
pub(crate) async fn story<S: ServerStore>(
    here: Arc<S>,
    there: Arc<S>,
    now: Timestamp,
    are_apart: bool,
) {
    let clock = TestClock::at(now);
    let instance = |store: Arc<S>| {
        let shared = Arc::clone(&store);
        TestAuthority::sharing(store, clock.clone(), |builder| builder.server_store(shared))
    };
    let partner = ClientId::parse("partner").unwrap();
    let two = Two { here: instance(here), there: instance(there), clock: clock.clone(), partner };
    two.here.ready().await.unwrap();
    two.there.ready().await.unwrap();
    two.one_registers_and_both_know().await;
    two.one_rotates_the_secret_and_both_take_two().await;
    two.one_narrows_and_the_other_mints_less().await;
    two.one_disables_and_everything_ends(are_apart).await;
    two.one_removes_and_nobody_is_left().await;
}

fn description() -> Client {
    Client::confidential("partner")
        .redirect_uri("https://partner.example/callback")
        .grant(GrantType::RefreshToken)
        .scope("invoice:*:read page:*:read".parse().unwrap())
}

impl<S: ServerStore> Two<S> {
    /// Time for a poll, and the poll.
    async fn poll(&self) {
        self.clock.advance(POLL);
        self.here.tick().await;
        self.there.tick().await;
    }

    async fn login(&self, at: &Authority) -> Result<Issued, IssueError> {
        let scope = "invoice:*:read page:7:read".parse().unwrap();
        at.issue(Grant::new("ada", scope).client("partner")).await
    }

    async fn refresh(&self, at: &Authority, issued: &Issued) -> Result<Issued, RefreshError> {
        at.refresh_with(Refresh::new(issued.refresh_token()).client(&self.partner)).await
    }

    async fn opens(&self, at: &Authority, secret: &str) -> bool {
        at.authenticate_client(&self.partner, secret).await.unwrap().is_some()
    }

    async fn one_registers_and_both_know(&self) {
        assert!(self.there.find_client(&self.partner).await.unwrap().is_none());
        let registered = self.here.register_client(description()).await.unwrap();
        let secret = registered.secret.unwrap();
        // An id that was unknown is not remembered as such: no poll is needed.
        for at in [&self.here, &self.there] {
            let found = at.find_client(&self.partner).await.unwrap().unwrap();
            assert!(found.is_confidential());
            assert_eq!(found.redirect_uris(), ["https://partner.example/callback"]);
            assert!(self.opens(at, secret.expose_secret()).await);
            assert!(!self.opens(at, "correct-horse,battery-staple!tree").await);
        }
        let issued = self.login(&self.there).await.unwrap();
        let next = self.refresh(&self.here, &issued).await.unwrap();
        assert_eq!(next.session_id(), issued.session_id());
    }

    async fn one_rotates_the_secret_and_both_take_two(&self) {
        let old = self.here.rotate_client_secret(&self.partner, HOUR).await.unwrap();
        let new = self.there.rotate_client_secret(&self.partner, HOUR).await.unwrap();
        self.poll().await;
        for at in [&self.here, &self.there] {
            assert!(self.opens(at, old.expose_secret()).await);
            assert!(self.opens(at, new.expose_secret()).await);
        }
        self.clock.advance(HOUR);
        self.poll().await;
        for at in [&self.here, &self.there] {
            assert!(!self.opens(at, old.expose_secret()).await, "its overlap is over");
            assert!(self.opens(at, new.expose_secret()).await);
        }
    }

    /// INVARIANTS 32.
    async fn one_narrows_and_the_other_mints_less(&self) {
        let issued = self.login(&self.there).await.unwrap();
        assert_eq!(issued.scope().as_str(), "invoice:*:read page:7:read");
        let narrow = description().scope("page:*:read".parse().unwrap());
        self.here.replace_client(narrow).await.unwrap();
        self.poll().await;
        let next = self.refresh(&self.there, &issued).await.unwrap();
        assert_eq!(next.scope().as_str(), "page:7:read");
        self.here.replace_client(description()).await.unwrap();
        self.poll().await;
        let again = self.refresh(&self.there, &next).await.unwrap();
        assert_eq!(
            again.scope().as_str(),
            "invoice:*:read page:7:read",
            "the session kept its own"
        );
    }

    async fn one_disables_and_everything_ends(&self, are_apart: bool) {
        let held = self.login(&self.there).await.unwrap();
        let key = Grant::new("ada", "page:7:read".parse().unwrap()).client("partner");
        let key = self.there.issue_api_key(key, "nightly", None).await.unwrap();
        assert!(self.there.verify(key.api_key()).await.is_ok());
        self.here.disable_client(&self.partner).await.unwrap();

        // At once here.
        assert!(self.here.find_client(&self.partner).await.unwrap().is_none());
        assert!(self.here.verify(held.access_token()).await.is_err());
        assert!(matches!(
            self.refresh(&self.here, &held).await.unwrap_err(),
            RefreshError::UnknownClient
        ));
        assert!(matches!(self.login(&self.here).await.unwrap_err(), IssueError::Client { .. }));
        if are_apart {
            // There it is known until the next poll, and yet nothing new begins: the store is
            // asked before anything new does.
            assert!(self.there.find_client(&self.partner).await.unwrap().is_some());
            assert!(matches!(
                self.refresh(&self.there, &held).await.unwrap_err(),
                RefreshError::Ended(EndReason::ClientRevoked)
            ));
            // Born after the end of all that the client held, so that its mark says nothing.
            self.clock.advance(Duration::from_millis(1));
            assert!(matches!(
                self.login(&self.there).await.unwrap_err(),
                IssueError::Client { .. }
            ));
        }

        // After one poll everywhere.
        self.poll().await;
        for at in [&self.here, &self.there] {
            assert!(at.find_client(&self.partner).await.unwrap().is_none());
            assert!(at.verify(held.access_token()).await.is_err());
            assert!(at.verify(key.api_key()).await.is_err());
            assert!(matches!(
                self.refresh(at, &held).await.unwrap_err(),
                RefreshError::UnknownClient
            ));
            assert!(matches!(self.login(at).await.unwrap_err(), IssueError::Client { .. }));
            let alone = Grant::new("partner", "page:7:read".parse().unwrap()).client("partner");
            assert!(matches!(at.issue_access(alone).await, Err(IssueError::Client { .. })));
        }
        let listed = self.there.list_clients(None, 10).await.unwrap();
        assert!(listed.iter().all(|one| one.disabled_at.is_some()));

        // Enabled again, it starts anew: in the very same millisecond, too.
        self.there.enable_client(&self.partner).await.unwrap();
        let anew = self.login(&self.there).await.unwrap();
        self.poll().await;
        for at in [&self.here, &self.there] {
            assert!(at.verify(anew.access_token()).await.is_ok());
            assert!(at.verify(held.access_token()).await.is_err(), "what ended stays ended");
            assert!(matches!(
                self.refresh(at, &held).await.unwrap_err(),
                RefreshError::Ended(EndReason::ClientRevoked)
            ));
        }
    }

    async fn one_removes_and_nobody_is_left(&self) {
        let held = self.login(&self.there).await.unwrap();
        assert!(self.here.find_client(&self.partner).await.unwrap().is_some());
        let ended = self.there.remove_client(&self.partner).await.unwrap().unwrap();
        assert!(ended.sessions >= 1);
        // A token without a session has no row that could stop it: the client's is read, though
        // the news of it has not come yet.
        let alone = Grant::new("partner", "page:7:read".parse().unwrap()).client("partner");
        let refused = self.here.issue_access(alone.clone()).await.unwrap_err();
        assert!(matches!(refused, IssueError::Client { .. }));
        // Nor an API key: the mark says nothing of one that is born after it.
        self.clock.advance(Duration::from_millis(1));
        let refused = self.here.issue_api_key(alone, "nightly", None).await.unwrap_err();
        assert!(matches!(refused, ApiKeyError::Issue(IssueError::Client { .. })));
        self.poll().await;
        for at in [&self.here, &self.there] {
            assert!(at.find_client(&self.partner).await.unwrap().is_none());
            assert!(at.verify(held.access_token()).await.is_err());
            assert!(self.refresh(at, &held).await.is_err());
            assert!(matches!(self.login(at).await.unwrap_err(), IssueError::Client { .. }));
            assert!(at.remove_client(&self.partner).await.unwrap().is_none());
        }
        assert!(self.here.list_clients(None, 10).await.unwrap().is_empty());
    }
}
