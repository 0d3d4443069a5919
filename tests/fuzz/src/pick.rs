//! Knows how choices are made from bytes.
//! Must not know what is chosen.

use arbitrary::Unstructured;

/// One of several. When the bytes are used up it is the first.
pub fn one_of<'l, T>(u: &mut Unstructured<'_>, list: &'l [T]) -> &'l T {
    let last = list.len() - 1;
    &list[u.int_in_range(0..=last).unwrap_or(0)]
}

/// Yes in `part` of 256 cases.
pub fn rarely(u: &mut Unstructured<'_>, part: u8) -> bool {
    u.arbitrary::<u8>().is_ok_and(|byte| byte >= 255 - part + 1)
}

/// A short text: often of the characters that matter, sometimes of any.
pub fn text(u: &mut Unstructured<'_>, alphabet: &str) -> String {
    if rarely(u, 32) {
        return u
            .arbitrary::<&str>()
            .map(|text| text.chars().take(64).collect())
            .unwrap_or_default();
    }
    let alphabet: Vec<char> = alphabet.chars().collect();
    let length = u.int_in_range(0..=24).unwrap_or(0);
    (0..length).map(|_| *one_of(u, &alphabet)).collect()
}

/// `text` with one thing done to it.
pub fn mutate(u: &mut Unstructured<'_>, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = u.int_in_range(0..=bytes.len().saturating_sub(1)).unwrap_or(0);
    let byte: u8 = u.arbitrary().unwrap_or(b'A');
    match u.int_in_range(0..=5).unwrap_or(0) {
        0 if !bytes.is_empty() => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 if !bytes.is_empty() => {
            bytes.remove(at);
        }
        3 => bytes.truncate(at),
        4 if !bytes.is_empty() => bytes[at] ^= 0x20,
        _ => bytes.push(byte),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
