//! Knows a server on which a [`TestAuthority`] answers.
//! Must not know what it answers.

use std::net::SocketAddr;

use super::{connection::Asked, listen::Listening};
use crate::{
    store::Store,
    testing::{TestAuthority, conformance::block_on},
    web::RequestHead,
};

/// A [`TestAuthority`] at a real HTTP address of this machine, from [`TestAuthority::serve`]. It
/// listens until it is dropped.
///
/// ```
/// use hallpass::testing::TestAuthority;
/// use std::{io::{Read as _, Write as _}, net::TcpStream};
///
/// let server = TestAuthority::new().serve();
/// let mut client = TcpStream::connect(server.address()).unwrap();
/// client.write_all(b"GET /.well-known/jwks.json HTTP/1.1\r\n\r\n").unwrap();
/// let mut answer = String::new();
/// client.read_to_string(&mut answer).unwrap();
/// assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""keys""#));
/// assert_eq!(server.requests(), 1);
/// ```
#[derive(Debug)]
pub struct AuthorityServer(Listening);

impl AuthorityServer {
    /// Where it is, without a slash at the end: `http://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// How many requests have arrived.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.heads().len()
    }
}

impl<S: Store> TestAuthority<S> {
    /// Answers at a free port of `127.0.0.1`, for an HTTP client or a program in another
    /// language. It needs no runtime; the store must not need one either, as the memory store
    /// does not.
    ///
    /// | request | answer |
    /// |---|---|
    /// | `GET /.well-known/jwks.json` | the keys |
    /// | `POST /token` with `subject=ada&scope=invoice:*:read` (and `client_id`) | signs `ada` in: RFC 6749 §5.1 |
    /// | `POST /token` with `refresh_token=…` | the next tokens |
    /// | `POST /revoke` with `token=…` | ends it |
    /// | `GET /whoami` with a token | `{"sub":…,"client_id":…,"scope":…}`, or the refusal that your service would give |
    /// | `GET /whoami?require=invoice:7:read` | the same, if the token allows that |
    ///
    /// ```
    /// use hallpass::testing::TestAuthority;
    /// # use std::{io::{Read as _, Write as _}, net::{SocketAddr, TcpStream}};
    /// # fn send(address: SocketAddr, text: String) -> String {
    /// #     let mut stream = TcpStream::connect(address).unwrap();
    /// #     stream.write_all(text.as_bytes()).unwrap();
    /// #     let mut answer = String::new();
    /// #     stream.read_to_string(&mut answer).unwrap();
    /// #     answer
    /// # }
    ///
    /// let auth = TestAuthority::new();
    /// let server = auth.serve(); // point any client at server.url()
    /// let bearer = auth.token("ada").scope("invoice:*:read").bearer();
    /// let ask = format!("GET /whoami HTTP/1.1\r\nAuthorization: {bearer}\r\n\r\n");
    /// assert!(send(server.address(), ask).contains(r#""sub":"ada""#));
    /// ```
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn serve(&self) -> AuthorityServer {
        let auth = self.clone();
        AuthorityServer(Listening::start(move |asked: &Asked| {
            let head = RequestHead::new(asked.method(), asked.target());
            let head = asked.headers().fold(head, |head, (name, value)| head.header(name, value));
            block_on(auth.answer(&head, &asked.body))
        }))
    }
}
