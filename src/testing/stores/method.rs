//! Knows the names of the methods of a store.
//! Must not know what they do.

macro_rules! store_methods {
    ($($variant:ident = $name:literal,)*) => {
        /// A method of a store, named to count its calls or to let it fail.
        ///
        /// ```
        /// # use hallpass::{Grant, MemoryStore, testing::conformance::block_on};
        /// use hallpass::testing::{CountingStore, StoreMethod, TestAuthority};
        ///
        /// let auth = TestAuthority::on(CountingStore::new(MemoryStore::new()));
        /// let grant = Grant::new("ada", "invoice:*:read".parse()?);
        /// let issued = block_on(auth.issue(grant))?;
        /// auth.store().reset();
        /// let _next = block_on(auth.refresh(issued.refresh_token()))?;
        /// // A refresh is one round trip.
        /// assert_eq!(auth.store().calls(StoreMethod::RotateSession), auth.store().total());
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum StoreMethod {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl StoreMethod {
            /// Every method.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The method's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

store_methods! {
    InsertSession = "insert_session",
    FindSession = "find_session",
    RotateSession = "rotate_session",
    ConfirmSession = "confirm_session",
    EndSession = "end_session",
    ListSessions = "list_sessions",
    PruneSessions = "prune_sessions",
    ReadRevocations = "read_revocations",
    RaiseRetention = "raise_retention",
    Revoke = "revoke",
    RevokeOwner = "revoke_owner",
    PruneRevocations = "prune_revocations",
    InsertApiKey = "insert_api_key",
    FindApiKey = "find_api_key",
    ListApiKeys = "list_api_keys",
    UpdateApiKey = "update_api_key",
    RotateApiKey = "rotate_api_key",
    EndApiKey = "end_api_key",
    TouchApiKey = "touch_api_key",
    PruneApiKeys = "prune_api_keys",
    InsertClient = "insert_client",
    FindClient = "find_client",
    ListClients = "list_clients",
    ReplaceClient = "replace_client",
    RemoveClient = "remove_client",
    PutConsent = "put_consent",
    FindConsent = "find_consent",
    ListConsents = "list_consents",
    WithdrawConsent = "withdraw_consent",
    InsertCode = "insert_code",
    RedeemCode = "redeem_code",
    PruneCodes = "prune_codes",
    ConsumeOnce = "consume_once",
    PruneReplays = "prune_replays",
    LoadSigningKeys = "load_signing_keys",
    ReplaceSigningKeys = "replace_signing_keys",
}
