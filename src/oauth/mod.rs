//! OAUTH 2 AND OPENID CONNECT: the endpoints of an authorization server, on plain data.
//! Must not know an engine or a framework: a [`Request`] comes in, an [`Answer`](crate::web::Answer)
//! goes out.

mod request;

pub use self::request::Request;
