//! Knows how an issuer's JWK Set is read: one request, or two where its metadata is asked first.
//! Must not know when, nor what becomes of the keys.

use std::{error::Error, sync::Arc, time::Duration};

use super::{
    Fetch, FetchError, FetchRequest, FetchResponse, address::Address, freshness, metadata,
};
use crate::{key::Jwks, token::Issuer, verifier::KeySourceError};

/// Where the keys are.
#[derive(Debug)]
pub(super) enum Place {
    Keys(Address),
    /// Where the issuer's metadata says.
    Metadata {
        issuer: Issuer,
        metadata: [Address; 2],
    },
}

/// A JWK Set to be read over HTTP.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) place: Place,
    pub(super) fetch: Arc<dyn Fetch>,
    pub(super) timeout: Duration,
    pub(super) max_bytes: usize,
}

/// The status of an answer that is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the status was {0}")]
struct Status(u16);

fn trouble(what: &'static str, source: impl Error + Send + Sync + 'static) -> KeySourceError {
    KeySourceError::new(what).with_source(source)
}

impl Document {
    /// Reads the keys, and for how long they are fresh by the answer's own word.
    pub(super) async fn read(&self) -> Result<(Jwks, Option<Duration>), KeySourceError> {
        let response = match &self.place {
            Place::Keys(address) => self.get(address, self.max_bytes).await?,
            Place::Metadata { issuer, metadata } => {
                let address = self.discover(issuer, metadata).await?;
                self.get(&address, self.max_bytes).await?
            }
        };
        if response.status != 200 {
            return Err(refused(response.status));
        }
        let no_set = "the issuer's answer is no JWK Set";
        let text = str::from_utf8(&response.body).map_err(|error| trouble(no_set, error))?;
        let jwks = Jwks::parse(text).map_err(|error| trouble(no_set, error))?;
        Ok((jwks, freshness::lifetime(&response)))
    }

    async fn discover(
        &self,
        issuer: &Issuer,
        [openid, oauth]: &[Address; 2],
    ) -> Result<Address, KeySourceError> {
        let mut response = self.get(openid, metadata::MAX_BYTES).await?;
        if response.status == 404 {
            response = self.get(oauth, metadata::MAX_BYTES).await?;
        }
        if response.status != 200 {
            return Err(refused(response.status));
        }
        metadata::jwks_address(&response.body, issuer).map_err(KeySourceError::new)
    }

    async fn get(&self, at: &Address, limit: usize) -> Result<FetchResponse, KeySourceError> {
        let request = FetchRequest::new(at.as_str().to_owned(), self.timeout, limit);
        let failed = |error| trouble("the issuer did not answer", error);
        let response = self.fetch.fetch(&request).await.map_err(failed)?;
        if response.body.len() > limit {
            return Err(failed(FetchError::TooLong { limit }));
        }
        Ok(response)
    }
}

fn refused(status: u16) -> KeySourceError {
    let what = match status {
        300..=399 => "the issuer answered with a redirect, which is not followed",
        _ => "the issuer answered with an error",
    };
    trouble(what, Status(status))
}
