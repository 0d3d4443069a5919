//! Knows the signing keys at rest as one value that changes as a whole.
//! Must not know a private key: it comes sealed.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    RedisStore,
    error::Error,
    feed_record::record,
    field,
    reply::Reply,
    script::{LOAD_SIGNING_KEYS, REPLACE_SIGNING_KEYS},
};
use crate::{
    clock::Timestamp,
    id::KeyId,
    key::KeyTimes,
    store::{SigningKeyRecord, SigningKeySet, SigningKeyStore, StoreError, Target},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    kid: KeyId,
    public_jwk: String,
    sealed_private: String,
    times: KeyTimes,
}

#[async_trait]
impl SigningKeyStore for RedisStore {
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
        match Reply::open(self.read(self.call(&LOAD_SIGNING_KEYS)).await?)? {
            (word, _) if word == "none" => Ok(SigningKeySet::default()),
            (_, mut reply) => {
                let version = field::parse(&reply.text()?, "version")?;
                Ok(SigningKeySet { version, keys: read(&reply.bytes()?)? })
            }
        }
    }

    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = self
            .call(&REPLACE_SIGNING_KEYS)
            .arg(set.version)
            .arg(set.version.saturating_add(1))
            .arg(write(&set.keys)?)
            .arg(field::time(now))
            .arg(withdrawn.iter().map(|kid| kid.as_str()).collect::<Vec<_>>())
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (word, mut reply) = Reply::open(value)?;
        if word == "other" {
            return Ok(false);
        }
        let mut expiries = reply.next_list()?;
        for kid in withdrawn {
            let expires_at = Timestamp::from_unix_millis(expiries.count()?);
            self.publish(record(Target::SigningKey(kid.clone()), now, expires_at));
        }
        replicated?;
        Ok(true)
    }
}

fn write(keys: &[SigningKeyRecord]) -> Result<String, Error> {
    let keys: Vec<Key> = keys
        .iter()
        .map(|key| Key {
            kid: key.kid.clone(),
            public_jwk: key.public_jwk.clone(),
            sealed_private: STANDARD.encode(&key.sealed_private),
            times: key.times,
        })
        .collect();
    serde_json::to_string(&keys).map_err(|_| Error::Field("keys"))
}

fn read(text: &[u8]) -> Result<Vec<SigningKeyRecord>, Error> {
    let keys: Vec<Key> = serde_json::from_slice(text).map_err(|_| Error::Field("keys"))?;
    keys.into_iter()
        .map(|key| {
            let sealed_private =
                STANDARD.decode(&key.sealed_private).map_err(|_| Error::Field("keys"))?;
            let Key { kid, public_jwk, times, .. } = key;
            Ok(SigningKeyRecord { kid, public_jwk, sealed_private, times })
        })
        .collect()
}
