//! The service behind every guard, as each framework's own handlers see it.

use std::sync::atomic::Ordering;

use hallpass::{
    Verified,
    web::{Caller, Refusal, RequireScope, Scoped},
};

use crate::world::World;

hallpass::guard!(pub(crate) ReadInvoices = "invoice:*:read");

impl World {
    fn reach(&self, who: &str) -> String {
        self.reached.fetch_add(1, Ordering::SeqCst);
        format!("reached by {who}")
    }

    pub(crate) fn me(&self, who: &Verified) -> String {
        self.reach(who.subject())
    }

    pub(crate) fn caller(&self, caller: &Caller) -> String {
        self.reach(caller.verified().map_or("nobody", Verified::subject))
    }

    pub(crate) fn list(&self, who: &Scoped<ReadInvoices>) -> String {
        self.reach(who.subject())
    }

    /// A handler that decides for itself, with `?`. It was reached, so it does not count before.
    pub(crate) fn pay_invoice_7(&self, who: &Verified) -> Result<String, Refusal> {
        who.require(("invoice", "7", "write"))?;
        Ok(self.reach(who.subject()))
    }
}

pub(crate) fn read_invoice() -> RequireScope {
    RequireScope::new("invoice:{id}:read").unwrap()
}

pub(crate) fn write_invoice() -> RequireScope {
    RequireScope::new("invoice:{id}:write").unwrap()
}

pub(crate) fn read_book() -> RequireScope {
    RequireScope::new("account:{account}:use book:{book}:read").unwrap()
}

/// The route has no part of that name.
pub(crate) fn misnamed() -> RequireScope {
    RequireScope::new("invoice:{number}:read").unwrap()
}

pub(crate) fn all_invoices() -> RequireScope {
    RequireScope::new("invoice:*:read").unwrap()
}

pub(crate) fn pay() -> RequireScope {
    RequireScope::new("invoice:*:pay")
        .unwrap()
        .max_age(std::time::Duration::from_secs(300))
        .acr("strong")
}
