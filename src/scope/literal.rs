//! Knows how a permission written in the source is checked while it compiles.
//! Must not know anything that only a running program has: no allocation, no vocabulary.

use std::borrow::Cow;

use super::grammar;
use super::parse::RESERVED;
use super::permission::Permission;
use super::span::{ANY_ACTION, ANY_ID, ANY_RESOURCE, Span};

/// One permission, checked when compiled.
///
/// Takes what [`Permission`](crate::scope::Permission) reads, except that escapes must be
/// canonical. A bare reserved word is not a permission and does not compile.
///
/// ```
/// use hallpass::{permission, scope::Permission};
///
/// const READ: Permission = permission!("book:read");
/// assert_eq!(READ.as_str(), "book:*:read");
/// assert_eq!(permission!("book:7:read"), "book:7:read".parse()?);
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
///
/// ```compile_fail
/// hallpass::permission!("book::read");
/// ```
///
/// ```compile_fail
/// hallpass::permission!("email");
/// ```
#[macro_export]
macro_rules! permission {
    ($text:expr) => {{
        const TEXT: &str = $text;
        const BYTES: [u8; $crate::scope::literal::canonical_len(TEXT)] =
            $crate::scope::literal::canonical(TEXT);
        const PERMISSION: $crate::scope::Permission = $crate::scope::literal::permission(&BYTES);
        PERMISSION
    }};
}

/// A scope of permissions that are checked when compiled: `scope!("book:read", "page:7:*")`.
///
/// ```
/// let scope = hallpass::scope!("page:7:*", "book:read", "book:7:read");
/// assert_eq!(scope.as_str(), "book:*:read page:7:*");
/// ```
#[macro_export]
macro_rules! scope {
    ($($text:expr),* $(,)?) => {
        $crate::scope::literal::scope(&[$($crate::permission!($text)),*])
    };
}

/// The scope of permissions that were checked when compiled. There are as many as the source has.
#[doc(hidden)]
pub fn scope<const N: usize>(permissions: &[Permission; N]) -> super::set::Scope {
    let mut draft = super::draft::Draft::default();
    for permission in permissions {
        draft.push(permission.triple());
    }
    draft.finish_unbounded()
}

/// The bytes of the canonical text.
#[doc(hidden)]
#[must_use]
pub const fn canonical_len(text: &str) -> usize {
    let (resource, id, action) = parts(text.as_bytes());
    resource.len() + id.len() + action.len() + 2
}

/// The canonical text; `N` is its length.
#[doc(hidden)]
#[must_use]
#[expect(clippy::indexing_slicing, reason = "runs while compiling; N is the sum of the parts")]
pub const fn canonical<const N: usize>(text: &str) -> [u8; N] {
    let (resource, id, action) = parts(text.as_bytes());
    let mut out = [b':'; N];
    let parts = [resource, id, action];
    let (mut at, mut part) = (0, 0);
    while part < 3 {
        let mut rest = parts[part];
        while let [byte, tail @ ..] = rest {
            out[at] = *byte;
            at += 1;
            rest = tail;
        }
        at += 1;
        part += 1;
    }
    out
}

/// Checks canonical text.
#[doc(hidden)]
#[expect(clippy::panic, reason = "a panic while compiling is the error")]
pub const fn permission(text: &'static [u8]) -> Permission {
    let (resource, id, action) = parts(text);
    check_name(resource);
    check_id(id);
    check_name(action);
    let mut shape = 0;
    if matches!(resource, b"*") {
        shape |= ANY_RESOURCE;
    }
    if matches!(id, b"*") {
        shape |= ANY_ID;
    }
    if matches!(action, b"*") {
        shape |= ANY_ACTION;
    }
    assert!(text.len() <= 512, "a permission has at most 512 bytes");
    let Ok(written) = std::str::from_utf8(text) else { panic!("a permission is ASCII") };
    let span = Span {
        start: 0,
        id: resource.len() as u16 + 1,
        action: (resource.len() + id.len()) as u16 + 2,
        len: text.len() as u16,
        shape,
        escaped: contains(id, b'%'),
    };
    Permission::from_checked(Cow::Borrowed(written), span)
}

/// Splits one, two or three parts; what is left out is `*`.
#[expect(clippy::panic, reason = "a panic while compiling is the error")]
const fn parts(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (resource, rest) = split(text);
    let Some(rest) = rest else {
        check_bare(resource);
        return (resource, b"*", b"*");
    };
    let (second, rest) = split(rest);
    let Some(rest) = rest else { return (resource, b"*", second) };
    let (action, rest) = split(rest);
    if rest.is_some() {
        panic!("a permission has at most three parts; inside an id write a colon as %3A");
    }
    (resource, second, action)
}

/// The bytes before the first colon, and those after it if there is one.
const fn split(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let (mut at, mut rest) = (0, text);
    while let [byte, tail @ ..] = rest {
        if *byte == b':' {
            return (text.split_at(at).0, Some(tail));
        }
        at += 1;
        rest = tail;
    }
    (text, None)
}

const fn contains(text: &[u8], wanted: u8) -> bool {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        if *byte == wanted {
            return true;
        }
        rest = tail;
    }
    false
}

#[expect(clippy::indexing_slicing, reason = "the loop ends before the table does")]
const fn check_bare(name: &[u8]) {
    let mut at = 0;
    while at < RESERVED.len() {
        let reserved = alike(name, RESERVED[at].as_bytes());
        assert!(!reserved, "a reserved word is not a permission; write `word:*` for the resource");
        at += 1;
    }
}

/// Whether two names differ in case at most.
const fn alike(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([x, a_tail @ ..], [y, b_tail @ ..]) = (a, b) {
        if !x.eq_ignore_ascii_case(y) {
            return false;
        }
        (a, b) = (a_tail, b_tail);
    }
    a.is_empty() && b.is_empty()
}

#[expect(clippy::panic, reason = "a panic while compiling is the error")]
const fn check_name(name: &[u8]) {
    if matches!(name, b"*") {
        return;
    }
    match name {
        [first, ..] => assert!(
            grammar::is_name_start(*first),
            "a resource or action is `*` or begins with a letter, a digit or `_`"
        ),
        [] => panic!("a part is empty; write `*` for all"),
    }
    let mut rest = name;
    while let [byte, tail @ ..] = rest {
        assert!(
            grammar::is_name_byte(*byte),
            "a resource or action has only letters, digits, `_`, `-` and `.`"
        );
        rest = tail;
    }
}

#[expect(clippy::panic, clippy::indexing_slicing, reason = "a panic while compiling is the error")]
const fn check_id(id: &[u8]) {
    if matches!(id, b"*") {
        return;
    }
    assert!(!id.is_empty(), "the id is empty; write `*` for every id");
    let mut decoded = [0u8; 512];
    let (mut length, mut rest) = (0, id);
    while let [byte, tail @ ..] = rest {
        let (byte, tail) = match tail {
            [high, low, tail @ ..] if *byte == b'%' => (unescape(*high, *low), tail),
            _ => {
                assert!(grammar::is_id_byte(*byte), "a character that an id must escape or avoid");
                (*byte, tail)
            }
        };
        assert!(length < 255, "an id has at most 255 bytes");
        decoded[length] = byte;
        length += 1;
        rest = tail;
    }
    let Ok(text) = std::str::from_utf8(decoded.split_at(length).0) else {
        panic!("the escaped bytes of an id are not UTF-8");
    };
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        // U+0080 to U+009F, the control characters beyond ASCII, are C2 80 to C2 9F.
        let high = matches!((*byte, tail), (0xC2, [0x80..=0x9F, ..]));
        assert!(!byte.is_ascii_control() && !high, "an id has no control character");
        rest = tail;
    }
}

#[expect(clippy::panic, reason = "a panic while compiling is the error")]
const fn unescape(high: u8, low: u8) -> u8 {
    assert!(!high.is_ascii_lowercase() && !low.is_ascii_lowercase(), "write hex in upper case");
    let (Some(high), Some(low)) = (grammar::hex_value(high), grammar::hex_value(low)) else {
        panic!("% must be followed by two hex digits");
    };
    let byte = high << 4 | low;
    assert!(byte != b'*', "an id cannot contain `*`, escaped or not");
    assert!(!grammar::is_id_byte(byte), "this character needs no escape");
    byte
}
