//! Knows requirements that are types, so that a handler's signature says what it needs.
//! Must not know a framework; each has its own extractor for [`Scoped`].

use std::{
    fmt::{self, Debug},
    marker::PhantomData,
    ops::Deref,
};

use super::{Caller, Guard, Refusal};
use crate::{
    event,
    scope::{Permission, Require, Requirement},
    verifier::{Denied, Verified},
};

/// A requirement that is a type. [`guard!`](crate::guard!) declares one.
///
/// ```
/// use hallpass::web::Declared;
///
/// hallpass::guard!(CloseBooks = "invoice:*:read", "ledger:*:write");
///
/// /// For a page that says what a handler asks for.
/// fn asked_for<T: Declared>() -> Vec<String> {
///     T::REQUIRED.iter().map(ToString::to_string).collect()
/// }
///
/// assert_eq!(asked_for::<CloseBooks>(), ["invoice:*:read", "ledger:*:write"]);
/// ```
pub trait Declared: Send + Sync + 'static {
    /// The permissions that are needed, all of them.
    const REQUIRED: &'static [Permission];
}

/// Declares a requirement as a type, checked while compiling: `guard!(ReadInvoices =
/// "invoice:*:read")`. Several permissions, separated by commas, are all needed.
///
/// ```
/// hallpass::guard!(ReadInvoices = "invoice:*:read");
/// hallpass::guard!(
///     /// What the back office does.
///     pub Administer = "admin:*:*", "invoice:*:*"
/// );
/// ```
///
/// ```compile_fail
/// hallpass::guard!(Misspelt = "invoice::read");
/// ```
#[macro_export]
macro_rules! guard {
    ($(#[$meta:meta])* $visibility:vis $name:ident = $($permission:expr),+ $(,)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        $visibility struct $name;

        impl $crate::web::Declared for $name {
            const REQUIRED: &'static [$crate::scope::Permission] =
                &[$($crate::permission!($permission)),+];
        }
    };
}

/// The witness that a token was checked and allows what `T` declares. Only this decision makes
/// one, so a handler that asks for it cannot be reached with less.
///
/// It reads as the [`Verified`] that it holds.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// use hallpass::web::Scoped;
///
/// hallpass::guard!(ReadInvoices = "invoice:*:read");
/// hallpass::guard!(PayInvoices = "invoice:*:pay");
///
/// /// Nobody calls this with less.
/// fn list(who: &Scoped<ReadInvoices>) -> String {
///     format!("the invoices of {}", who.subject())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// # let bearer = format!("Bearer {}", issued.access_token().expose_secret());
/// let head = RequestHead::new("GET", "/invoices").header("authorization", &bearer);
/// let caller = guard.check(&head).await?;
/// assert_eq!(list(&Scoped::of(&guard, &caller)?), "the invoices of ada");
/// assert_eq!(Scoped::<PayInvoices>::of(&guard, &caller).unwrap_err().status(), 403);
/// # Ok(()) }
/// ```
#[must_use]
pub struct Scoped<T> {
    who: Verified,
    declared: PhantomData<fn() -> T>,
}

impl<T: Declared> Scoped<T> {
    /// Decides for a caller that `guard` has let through. The extractors of the frameworks do
    /// this.
    ///
    /// # Errors
    /// 401 for an anonymous caller, 403 where the scope is not enough.
    pub fn of(guard: &Guard, caller: &Caller) -> Result<Self, Refusal> {
        let who = caller.require()?.clone();
        let required = T::REQUIRED;
        if !required.iter().all(|permission| who.allows(permission)) {
            let required = Require::all(required.iter().cloned()).required_scope();
            if !guard.is_report_only() {
                return Err(Denied::InsufficientScope { required }.into());
            }
            event::would_refuse(&required);
        }
        Ok(Self { who, declared: PhantomData })
    }

    /// Who it is.
    pub fn into_inner(self) -> Verified {
        self.who
    }
}

impl<T> Deref for Scoped<T> {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.who
    }
}

impl<T> Clone for Scoped<T> {
    fn clone(&self) -> Self {
        Self { who: self.who.clone(), declared: PhantomData }
    }
}

impl<T> Debug for Scoped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.who).finish()
    }
}
