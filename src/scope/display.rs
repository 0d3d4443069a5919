//! Knows how scopes and permissions are printed: canonical, or compact with `{:#}`.
//! Must not know any third form; what a client wrote is echoed by `negotiate`.

use std::fmt;

use super::permission::Permission;
use super::set::Scope;
use super::view::{Item, PermissionRef, ScopeView};

impl fmt::Display for PermissionRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        match text.split_once(":*:") {
            // A wildcard id is the only place where `:*:` can stand.
            Some((resource, action)) if f.alternate() => write!(f, "{resource}:{action}"),
            _ => f.write_str(text),
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrow().fmt(f)
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Permission(permission) => permission.fmt(f),
        }
    }
}

impl fmt::Display for ScopeView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return f.write_str(self.as_str());
        }
        for (number, item) in self.into_iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}
