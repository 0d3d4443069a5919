//! Knows which engine a URL names, and opens it.
//! Must not know what an engine does, and never says a URL again: it may hold a password.

use std::sync::Arc;

use super::{MemoryStore, ServerStore, StoreError};

/// Why a URL gave no store. No text holds a part of the URL.
///
/// ```
/// use hallpass::store::{self, StoreUrlError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let help = match store::from_url("mysql://ada:secret@db/auth").await {
///     Ok(_) => return Ok(()),
///     // What is wrong with the setting: stop here.
///     Err(StoreUrlError::UnknownScheme) => "use memory:, sqlite:, postgres: or redis:",
///     Err(StoreUrlError::FeatureOff { feature, .. }) => feature,
///     Err(StoreUrlError::Malformed { expected, .. }) => expected,
///     // The engine does not answer: it may do so in a moment.
///     Err(_) => "try again",
/// };
/// assert_eq!(help, "use memory:, sqlite:, postgres: or redis:");
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreUrlError {
    /// The URL begins with none of the known schemes.
    #[error(
        "the store URL has no known scheme; expected `memory:`, `sqlite:PATH`, `postgres://…` or `redis://…`"
    )]
    UnknownScheme,
    /// The engine is not compiled in.
    #[error("a `{scheme}` store URL needs the feature `{feature}` of the crate `hallpass`")]
    FeatureOff {
        /// The scheme of the URL.
        scheme: &'static str,
        /// The Cargo feature that has its engine.
        feature: &'static str,
    },
    /// The scheme is known, and the rest is not what its engine takes.
    #[error("the `{scheme}` store URL cannot be read; expected {expected}")]
    Malformed {
        /// The scheme of the URL.
        scheme: &'static str,
        /// What it looks like.
        expected: &'static str,
    },
    /// The engine could not be opened.
    #[error("the store of the URL could not be opened")]
    Store(#[from] StoreError),
}

/// Opens the store that a URL names, ready for use: its schema is brought up to date.
///
/// | URL | store | feature |
/// |---|---|---|
/// | `memory:` | [`MemoryStore`], empty | |
/// | `sqlite:PATH`, `sqlite:///PATH` | `SqliteStore` in that file, made if it is not there | `sqlite` |
/// | `sqlite::memory:` | `SqliteStore` in memory, empty | `sqlite` |
/// | `postgres://…`, `postgresql://…` | `PostgresStore`, without TLS | `postgres` |
/// | `redis://…`, `rediss://…`, `redis+unix://…` | `RedisStore` | `redis` |
///
/// The engines have their defaults. For anything else (durability, TLS, a schema or prefix,
/// replicas) use the engine's own builder. The engines use tokio; a store may only be used in
/// the runtime that opened it.
///
/// A path is taken as it is: no `%` sequence is read, and there are no `?` options.
///
/// ```
/// use hallpass::{Algorithm, Authority, SigningKey, store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = store::from_url("memory:").await?;
/// let authority = Authority::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
///     .store(store)
///     .build()?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`StoreUrlError`]; what the engine itself said is in its
/// [`source`](std::error::Error::source).
pub async fn from_url(url: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    let (scheme, rest) = url.split_once(':').ok_or(StoreUrlError::UnknownScheme)?;
    match scheme {
        "memory" if rest.is_empty() || rest == "//" => Ok(Arc::new(MemoryStore::new())),
        "memory" => Err(malformed("memory", "`memory:` and nothing after it")),
        "sqlite" => sqlite(rest).await,
        "postgres" | "postgresql" => postgres(url).await,
        "redis" | "rediss" | "redis+unix" => redis(url).await,
        _ => Err(StoreUrlError::UnknownScheme),
    }
}

fn malformed(scheme: &'static str, expected: &'static str) -> StoreUrlError {
    StoreUrlError::Malformed { scheme, expected }
}

#[cfg(feature = "sqlite")]
async fn sqlite(rest: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    let path = match rest.strip_prefix("//") {
        Some(path) if path.starts_with('/') => path,
        // `sqlite://data.db`: others read `data.db` as a host, or as a path.
        Some(_) => {
            return Err(malformed("sqlite", "`sqlite:PATH`, or `sqlite:///PATH` from `/` on"));
        }
        None => rest,
    };
    if path == ":memory:" {
        return Ok(Arc::new(super::SqliteStore::open_in_memory().await?));
    }
    if path.is_empty() || path.contains('?') {
        return Err(malformed("sqlite", "`sqlite:PATH` without `?` options"));
    }
    Ok(Arc::new(super::SqliteStore::open(path).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    Err(StoreUrlError::FeatureOff { scheme: "sqlite", feature: "sqlite" })
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    let store = super::PostgresStore::connect(url).await?;
    store.migrate().await?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    Err(StoreUrlError::FeatureOff { scheme: "postgres", feature: "postgres" })
}

#[cfg(feature = "redis")]
async fn redis(url: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    Ok(Arc::new(super::RedisStore::connect(url).await?))
}

#[cfg(not(feature = "redis"))]
async fn redis(_: &str) -> Result<Arc<dyn ServerStore>, StoreUrlError> {
    Err(StoreUrlError::FeatureOff { scheme: "redis", feature: "redis" })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::store::{Persistence, SessionStore};

    const PASSWORD: &str = "hunter2hunter2";

    async fn refused(url: &str) -> StoreUrlError {
        match from_url(url).await {
            Err(error) => error,
            Ok(_) => panic!("a store was opened"),
        }
    }

    /// The text with all its causes, as an operator's log has it.
    fn told(error: &dyn Error) -> String {
        let mut text = format!("{error} {error:?}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    #[tokio::test]
    async fn the_memory_store_needs_no_feature() {
        for url in ["memory:", "memory://"] {
            assert_eq!(from_url(url).await.unwrap().persistence(), Persistence::Process);
        }
        assert!(matches!(refused("memory:x").await, StoreUrlError::Malformed { .. }));
    }

    #[tokio::test]
    async fn what_is_no_known_scheme_is_refused_without_being_repeated() {
        for url in ["", "tokens.db", "mysql://a:hunter2hunter2@db", "hunter2hunter2:", "Sqlite:x"] {
            let error = refused(url).await;
            assert!(matches!(error, StoreUrlError::UnknownScheme), "{url}");
            assert!(!told(&error).contains(PASSWORD));
        }
        assert_eq!(
            refused("mysql://db").await.to_string(),
            "the store URL has no known scheme; expected `memory:`, `sqlite:PATH`, `postgres://…` \
             or `redis://…`"
        );
    }

    /// Invariant 40: with the engine or without, whatever is wrong with the URL.
    #[tokio::test]
    async fn invariant_40_no_error_holds_a_password() {
        for url in [
            "postgres://ada:hunter2hunter2@127.0.0.1:1/auth?connect_timeout=1",
            "postgres://ada:hunter2hunter2@127.0.0.1:port/auth",
            "postgresql://ada:hunter2hunter2@[/auth",
            "redis://:hunter2hunter2@127.0.0.1:1/0",
            "redis://:hunter2hunter2@127.0.0.1:port/x",
            "rediss://:hunter2hunter2@[",
            "sqlite://hunter2hunter2/file",
            "sqlite:/no/such/directory/file?key=hunter2hunter2",
        ] {
            let error = refused(url).await;
            assert!(!told(&error).contains(PASSWORD), "{}", told(&error));
        }
    }

    #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
    #[tokio::test]
    async fn a_feature_that_is_off_is_named() {
        for (url, feature, on) in [
            ("sqlite:tokens.db", "sqlite", cfg!(feature = "sqlite")),
            ("postgres://db/auth", "postgres", cfg!(feature = "postgres")),
            ("redis://cache", "redis", cfg!(feature = "redis")),
        ] {
            if !on {
                let expected = format!(
                    "a `{feature}` store URL needs the feature `{feature}` of the crate `hallpass`"
                );
                assert_eq!(refused(url).await.to_string(), expected);
            }
        }
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn sqlite_urls_are_paths() {
        let store = from_url("sqlite::memory:").await.unwrap();
        assert_eq!(store.persistence(), Persistence::Process);
        for url in ["sqlite:", "sqlite://", "sqlite://data.db", "sqlite:data.db?mode=rwc"] {
            assert!(matches!(refused(url).await, StoreUrlError::Malformed { .. }), "{url}");
        }
        let error = refused("sqlite:/no/such/directory/tokens.db").await;
        assert!(matches!(error, StoreUrlError::Store(_)), "{error:?}");
    }
}
