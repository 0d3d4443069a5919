//! Knows requirements that are types, so that a handler's signature says what it needs.
//! Must not know a framework; each has its own extractor for [`Scoped`].

use std::{
    fmt::{self, Debug},
    marker::PhantomData,
    ops::Deref,
};

use super::{Refusal, caller::Admitted};
use crate::{
    event,
    scope::{Permission, Require, Requirement},
    verifier::{Denied, Verified},
};

/// A requirement that is a type. [`guard!`](crate::guard!) declares one.
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

/// The witness that a token was checked and allows what `T` declares. Only the extractors make
/// one, so a handler that asks for it cannot be reached with less.
///
/// It reads as the [`Verified`] that it holds.
#[must_use]
pub struct Scoped<T> {
    who: Verified,
    declared: PhantomData<fn() -> T>,
}

impl<T: Declared> Scoped<T> {
    pub(super) fn admit(admitted: &Admitted) -> Result<Self, Refusal> {
        let who = admitted.verified()?;
        let required = T::REQUIRED;
        if !required.iter().all(|permission| who.allows(permission)) {
            let required = Require::all(required.iter().cloned()).required_scope();
            if !admitted.guard.is_report_only() {
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
