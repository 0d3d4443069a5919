//! Knows how a token is damaged after it was signed.
//! Must not know what it says.

use crate::random::Random;

/// Damage after signing: to most tokens none at all.
pub(crate) fn damage(text: String, random: &mut Random) -> String {
    let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    let at = random.below(parts.len());
    match random.below(40) {
        0 | 1 => {
            let mut bytes = text.into_bytes();
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(7);
            return String::from_utf8(bytes).unwrap();
        }
        2 => return text[..random.below(text.len())].to_owned(),
        3 => return format!("{text}{}", random.pick(&["=", ".", "\n", " ", "A", ".A", "AA"])),
        4 => return format!("{}{text}", random.pick(&[" ", ".", "A", "\u{feff}", "Bearer "])),
        5 => parts[at].push_str(random.pick(&["=", "==", "A", "\r\n"])),
        6 => parts[at].clear(),
        7 => parts[at] = parts[at].replace('-', "+").replace('_', "/"),
        8 => parts[at] = spare_bits(&parts[at]),
        9 => parts.swap(at, random.below(3)),
        10 => parts.insert(at, "e30".to_owned()),
        11 => {
            let _ = parts.pop();
        }
        12 => parts[at] = parts[at].chars().rev().collect(),
        _ => {}
    }
    parts.join(".")
}

/// The same bytes with the bits set that encode nothing, where there are such bits.
fn spare_bits(part: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let Some(last) = part.bytes().last() else { return String::new() };
    let value = ALPHABET.iter().position(|byte| *byte == last).unwrap_or_default();
    let set = if part.len().is_multiple_of(4) { value } else { value | 1 };
    format!("{}{}", &part[..part.len() - 1], char::from(ALPHABET[set]))
}
