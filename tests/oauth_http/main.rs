//! The endpoints of an authorization server over HTTP, on axum and actix-web: one table of
//! requests, the same bytes from both (INVARIANTS 74, 75, 76).

#[cfg(test)]
mod actix;
#[cfg(test)]
mod axum;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod hostile;
#[cfg(test)]
#[path = "../oauth_stories/mod.rs"]
mod oauth_stories;
#[cfg(test)]
mod request;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod table;
#[cfg(test)]
mod world;
