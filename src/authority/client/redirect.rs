//! Knows which URIs a client may register, and whether a requested one is among them: the one
//! place for the rule (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).
//! Must not know what is sent there.

use super::Client;

/// The most bytes a URI may have.
const LONGEST: usize = 2048;

/// Why a URI cannot be one that browsers are sent to.
///
/// ```
#[doc = a_server!()]
/// use hallpass::authority::{Client, ClientError, RedirectProblem};
///
/// for (uri, expected) in [
///     ("http://app.example.com/callback", RedirectProblem::PlainHttp),
///     ("http://localhost/callback", RedirectProblem::Localhost),
///     ("https://app.example.com/callback#top", RedirectProblem::Fragment),
/// ] {
///     match authority.register_client(Client::public("app").redirect_uri(uri)).await {
///         Err(ClientError::Redirect { problem, .. }) => assert_eq!(problem, expected),
///         other => panic!("{uri}: {other:?}"),
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectProblem {
    /// It is empty or too long.
    #[error("has to have 1 to 2048 bytes")]
    Length,
    /// It holds white space, a control character, a backslash, or something outside ASCII.
    #[error("must have visible ASCII characters only, no backslash, quote or bracket")]
    Character,
    /// It holds an asterisk. URIs are compared as text; there are no wildcards.
    #[error("must not contain `*`: URIs are compared as they are, register each one")]
    Wildcard,
    /// It has a fragment (RFC 6749 §3.1.2).
    #[error("must not have a fragment")]
    Fragment,
    /// Its scheme is none that may be sent a code.
    #[error(
        "must begin with `https://`, or for native apps with `http://127.0.0.1`, `http://[::1]` \
         or a private scheme with a dot such as `com.example.app:/`"
    )]
    Scheme,
    /// Plain http to another host than a loopback address.
    #[error("may use http for the loopback addresses 127.0.0.1 and [::1] alone")]
    PlainHttp,
    /// `http://localhost`, which a resolver may lead elsewhere (RFC 8252 §8.3).
    #[error(
        "must name the loopback address instead of `localhost`: 127.0.0.1 or [::1], on any port"
    )]
    Localhost,
    /// It has a user name or a password before the host.
    #[error("must not have a user name before the host")]
    UserInfo,
    /// The host or the port is none.
    #[error("has to have a host, and a port from 1 to 65535 or none")]
    Host,
    /// A percent sign without two hexadecimal digits.
    #[error("must have two hexadecimal digits after each `%`")]
    Percent,
    /// A path with `.` or `..`, written or encoded: browsers would go elsewhere.
    #[error("must not have `.` or `..` as a part of its path")]
    DotSegment,
}

impl Client {
    /// Whether an authorization code may be sent to this URI: it is, byte by byte, one of the
    /// [`redirect_uris`](Self::redirect_uris). Only the port of a loopback address may be another
    /// (RFC 8252 §7.3).
    ///
    /// ```
    /// use hallpass::authority::Client;
    ///
    /// let client = Client::public("app")
    ///     .redirect_uri("https://app.example.com/callback")
    ///     .redirect_uri("http://127.0.0.1/callback");
    /// assert!(client.allows_redirect("https://app.example.com/callback"));
    /// assert!(client.allows_redirect("http://127.0.0.1:51004/callback"));
    /// assert!(!client.allows_redirect("https://app.example.com/callback/../evil"));
    /// ```
    #[must_use]
    pub fn allows_redirect(&self, uri: &str) -> bool {
        is_among(&self.redirect_uris, uri)
    }

    /// Whether the browser may be sent to this URI after signing out: it must be registered for
    /// that, as it stands (OpenID Connect RP-Initiated Logout §3).
    #[must_use]
    pub fn allows_post_logout_redirect(&self, uri: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|known| known == uri)
    }
}

fn is_among(registered: &[String], uri: &str) -> bool {
    // What could not be registered is never right, whatever is in the list.
    if check(uri).is_err() {
        return false;
    }
    let loopback = Loopback::parse(uri);
    registered
        .iter()
        .any(|one| one == uri || loopback.is_some_and(|asked| Loopback::parse(one) == Some(asked)))
}

/// Whether a URI may be registered.
pub(super) fn check(uri: &str) -> Result<(), RedirectProblem> {
    if uri.is_empty() || uri.len() > LONGEST {
        return Err(RedirectProblem::Length);
    }
    let bracket_free = |b: u8| !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'{' | b'}' | b'^' | b'`');
    if !uri.bytes().all(|b| b.is_ascii_graphic() && b != b'|' && bracket_free(b)) {
        return Err(RedirectProblem::Character);
    }
    if uri.contains('*') {
        return Err(RedirectProblem::Wildcard);
    }
    if uri.contains('#') {
        return Err(RedirectProblem::Fragment);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(RedirectProblem::Scheme)?;
    let path = match scheme {
        "https" | "http" => {
            let (authority, path) = split_authority(rest).ok_or(RedirectProblem::Host)?;
            check_authority(scheme, authority)?;
            path
        }
        _ if is_private(scheme) => match split_authority(rest) {
            Some((authority, _)) if authority.contains('@') => {
                return Err(RedirectProblem::UserInfo);
            }
            Some((_, path)) => path,
            None if rest.starts_with('/') => rest,
            None => return Err(RedirectProblem::Scheme),
        },
        _ => return Err(RedirectProblem::Scheme),
    };
    check_path(path)
}

/// `//authority` and what follows it.
fn split_authority(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix("//")?;
    rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))
}

/// A scheme of one's own is the reverse of a domain name (RFC 8252 §7.1): it has a dot, which no
/// scheme that browsers act upon has.
fn is_private(scheme: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    // Later parts of a domain name may begin with a digit.
    let later = |text: &str| !text.is_empty() && part(&format!("a{text}"));
    let mut parts = scheme.split('.');
    parts.next().is_some_and(part) && scheme.contains('.') && parts.all(later)
}

fn check_authority(scheme: &str, authority: &str) -> Result<(), RedirectProblem> {
    if authority.contains('@') {
        return Err(RedirectProblem::UserInfo);
    }
    let (host, port) = split_port(authority).ok_or(RedirectProblem::Host)?;
    if port.is_some_and(|port| !is_port(port)) {
        return Err(RedirectProblem::Host);
    }
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(v6) => {
            v6.parse::<std::net::Ipv6Addr>().map(drop).map_err(|_| RedirectProblem::Host)?
        }
        None if is_name(host) => {}
        None => return Err(RedirectProblem::Host),
    }
    match scheme {
        "http" if matches!(host, "127.0.0.1" | "[::1]") => Ok(()),
        "http" if host.eq_ignore_ascii_case("localhost") => Err(RedirectProblem::Localhost),
        "http" => Err(RedirectProblem::PlainHttp),
        _ => Ok(()),
    }
}

/// The host, and the port if there is a colon.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end = authority.find(']').map_or(0, |end| end + 1);
    let (bracketed, rest) = authority.split_at_checked(end)?;
    match rest.split_once(':') {
        Some((name, port)) => Some((authority.get(..bracketed.len() + name.len())?, Some(port))),
        None => Some((authority, None)),
    }
}

/// Digits only: a sign or a leading zero is another spelling of a port.
fn is_port(port: &str) -> bool {
    port.len() <= 5
        && port.bytes().all(|b| b.is_ascii_digit())
        && !port.starts_with('0')
        && port.parse::<u16>().is_ok()
}

/// A registered name without percent-encoding, whose labels are letters, digits and hyphens.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    // The dot at the end of a fully qualified name.
    host.strip_suffix('.').unwrap_or(host).split('.').all(label)
}

/// Path and query, as browsers read them (WHATWG URL): encoded dots count as dots.
fn check_path(path_and_query: &str) -> Result<(), RedirectProblem> {
    let mut after_percent = path_and_query.split('%').skip(1);
    let is_hex = |text: &str| {
        text.get(..2).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if !after_percent.all(is_hex) {
        return Err(RedirectProblem::Percent);
    }
    let path = path_and_query.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let dots = |segment: &str| matches!(&*segment.replace("%2e", "."), "." | "..");
    if path.split('/').any(dots) {
        return Err(RedirectProblem::DotSegment);
    }
    Ok(())
}

/// A loopback redirect without its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Loopback<'u> {
    host: &'u str,
    path: &'u str,
}

impl<'u> Loopback<'u> {
    /// Of a URI that was checked.
    fn parse(uri: &'u str) -> Option<Self> {
        let (authority, path) = split_authority(uri.strip_prefix("http:")?)?;
        let (host, _) = split_port(authority)?;
        Some(Self { host, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered_and_why_not() {
        use RedirectProblem::*;
        for good in [
            "https://app.example.com/callback",
            "https://app.example.com",
            "https://app.example.com:8443/cb?tenant=1&next=%2Fhome",
            "https://xn--bcher-kva.example./cb",
            "https://localhost:8443/cb",
            "https://[2001:db8::1]/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8080",
            "http://[::1]:1/cb?x",
            "com.example.app:/oauth",
            "com.example.app://callback/x",
            "com.4you.app-2:/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, problem) in [
            ("", Length),
            (&*format!("https://a/{}", "a".repeat(LONGEST)), Length),
            ("https://a.example/c b", Character),
            ("https://a.example/\tb", Character),
            ("https://a.example\\@evil.example/", Character),
            ("https://a.example/é", Character),
            ("https://a.example/\u{202e}", Character),
            ("https://*.example.com/", Wildcard),
            ("https://a.example/*", Wildcard),
            ("https://a.example/#", Fragment),
            ("com.example:/#x", Fragment),
            ("/callback", Scheme),
            ("//a.example/cb", Scheme),
            ("a.example/cb", Scheme),
            ("javascript:alert(1)", Scheme),
            ("javascript://a.example/%0aalert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("file:///etc/passwd", Scheme),
            ("myapp:/cb", Scheme),
            ("HTTPS://a.example/cb", Scheme),
            ("com.example.app:callback", Scheme),
            (".app:/cb", Scheme),
            ("com..app:/cb", Scheme),
            ("4.app:/cb", Scheme),
            ("http://a.example/cb", PlainHttp),
            ("http://127.0.0.2/cb", PlainHttp),
            ("http://127.0.0.1.example/cb", PlainHttp),
            ("http://[::2]/cb", PlainHttp),
            ("http://2130706433/cb", PlainHttp),
            ("http://localhost:3000/cb", Localhost),
            ("http://LOCALHOST/cb", Localhost),
            ("https://user@a.example/", UserInfo),
            ("http://127.0.0.1@evil.example/", UserInfo),
            ("com.example.app://user:pw@x/", UserInfo),
            ("https:a.example/cb", Host),
            ("https:///cb", Host),
            ("https://:443/cb", Host),
            ("https://a.example:/cb", Host),
            ("https://a.example:0/cb", Host),
            ("https://a.example:080/cb", Host),
            ("https://a.example:+80/cb", Host),
            ("https://a.example:65536/cb", Host),
            ("https://a..example/cb", Host),
            ("https://a%2eexample/cb", Host),
            ("https://[::1/cb", Host),
            ("https://[::1]evil.example/cb", Host),
            ("https://a]b/cb", Host),
            ("https://a.example/%", Percent),
            ("https://a.example/?x=%2", Percent),
            ("https://a.example/%zz", Percent),
            ("https://a.example/a/../b", DotSegment),
            ("https://a.example/a/.", DotSegment),
            ("https://a.example/%2E%2e/b", DotSegment),
            ("https://a.example/.%2e?x", DotSegment),
        ] {
            assert_eq!(check(bad), Err(problem), "{bad}");
        }
    }

    const HTTPS: &str = "https://app.example.com/cb";
    const QUERY: &str = "https://app.example.com/cb?tenant=1";
    const LOOPBACK: &str = "http://127.0.0.1:8080/cb";
    const V6: &str = "http://[::1]/cb";
    const PRIVATE: &str = "com.example.app:/cb";

    fn app() -> Client {
        [HTTPS, QUERY, LOOPBACK, V6, PRIVATE]
            .into_iter()
            .fold(Client::public("app"), Client::redirect_uri)
    }

    #[test]
    fn a_registered_uri_is_allowed_and_the_port_of_a_loopback_address_may_vary() {
        let app = app();
        for good in [
            HTTPS,
            QUERY,
            LOOPBACK,
            V6,
            PRIVATE,
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1/cb",
            "http://127.0.0.1:65535/cb",
            "http://[::1]:51004/cb",
        ] {
            assert!(app.allows_redirect(good), "{good}");
        }
    }

    #[test]
    fn no_trick_is_allowed() {
        let app = app();
        let huge = format!("{HTTPS}{}", "/".repeat(4 << 20));
        for trick in [
            "",
            "/cb",
            "//app.example.com/cb",
            &huge,
            // Spelled another way.
            "HTTPS://app.example.com/cb",
            "https://APP.example.com/cb",
            "https://app.example.com/CB",
            "https://app.example.com./cb",
            "https://app.example.com:443/cb",
            "https://app.example.com:8443/cb",
            "https://app.example.com/cb/",
            "https://app.example.com//cb",
            "https://app.example.com/%63b",
            "https://app.example.com/cb?",
            " https://app.example.com/cb",
            "https://app.example.com/cb\n",
            "https://app.example.com/cb\0",
            "https://аpp.example.com/cb",
            "https://app。example.com/cb",
            // More, less or something else of it.
            "https://app.example.com/cb?x=1",
            "https://app.example.com/cb?tenant=1&x=1",
            "https://app.example.com/cb?tenant=2",
            "https://app.example.com/cb#",
            "https://app.example.com/cb#x",
            "https://app.example.com/cb/../evil",
            "https://app.example.com/cb/%2e%2e/evil",
            "https://app.example.com/x/../cb",
            "https://app.example.com/c",
            "https://app.example.com",
            // Another host.
            "https://app.example.com.evil.example/cb",
            "https://evilapp.example.com/cb",
            "https://app.example.comevil.example/cb",
            "https://app.example.com@evil.example/cb",
            "https://user@app.example.com/cb",
            "https://evil.example\\@app.example.com/cb",
            "https://evil.example/https://app.example.com/cb",
            "https://*.example.com/cb",
            // Another scheme.
            "http://app.example.com/cb",
            "https:app.example.com/cb",
            "javascript:https://app.example.com/cb",
            "com.example.app://cb",
            "com.example.app:/cb/",
            "com.example.app2:/cb",
            "COM.example.app:/cb",
            // Loopback, but not quite.
            "https://127.0.0.1:8080/cb",
            "http://127.0.0.1:8080/cb?x",
            "http://127.0.0.1:8080/",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:80:80/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.2/cb",
            "http://127.1/cb",
            "http://0x7f.0.0.1/cb",
            "http://localhost:8080/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "http://[::1]evil.example/cb",
            "http://[::1]:1@evil.example/cb",
        ] {
            assert!(!app.allows_redirect(trick), "{trick}");
        }
        assert!(!app.allows_post_logout_redirect(HTTPS), "the lists are two");
    }

    #[test]
    fn a_list_that_was_never_checked_still_allows_no_bad_uri() {
        let bad = "https://user@a.example/#x";
        assert!(!Client::public("app").redirect_uri(bad).allows_redirect(bad));
    }
}
