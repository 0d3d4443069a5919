//! Knows which names a schema may have, and puts one into a statement.
//! Must not know what a statement does.

use super::error::Error;

/// A name that needs no escaping: lower-case letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema(Box<str>);

/// With `hallpass:` before it, it must fit into the 63 bytes of a notification channel.
const LONGEST: usize = 48;

impl Schema {
    pub(super) const DEFAULT: &'static str = "hallpass";

    pub(super) fn parse(name: &str) -> Result<Self, Error> {
        let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let reserved = name.starts_with("pg_");
        if starts && name.chars().all(known) && name.len() <= LONGEST && !reserved {
            Ok(Self(name.into()))
        } else {
            Err(Error::Setup(
                "a schema name is 1 to 48 lower-case letters, digits and underscores, \
                 starts with no digit and not with `pg_`"
                    .into(),
            ))
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The channel on which this schema's revocations are announced.
    pub(super) fn channel(&self) -> String {
        format!("hallpass:{}", self.0)
    }

    /// The statement with this schema in the place of `SCHEMA`.
    pub(super) fn fill(&self, statement: &str) -> String {
        statement.replace("SCHEMA.", &format!("\"{}\".", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_need_no_escaping_are_schemas() {
        for good in ["hallpass", "_a", "tenant_7", &"a".repeat(48)] {
            assert!(Schema::parse(good).is_ok(), "{good}");
        }
        let bad = ["", "7a", "A", "a-b", "a.b", "a\"b", "pg_x", "ä", "a b", &"a".repeat(49)];
        for bad in bad {
            assert!(Schema::parse(bad).is_err(), "{bad}");
        }
    }
}
