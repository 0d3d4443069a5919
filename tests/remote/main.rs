//! Knows that a verifier whose keys and revocations come over HTTP lets nobody in whom it should
//! not, and does not fall with its issuer.
//! Must not know how the keys are kept: every test talks to a real server on 127.0.0.1.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod config;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod freshness;
#[cfg(test)]
mod life;
#[cfg(test)]
mod own_client;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod world;
#[cfg(test)]
mod year;
