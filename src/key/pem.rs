//! Knows the textual encoding of keys (RFC 7468), both ways, and what the labels promise.
//! Must not know what is inside a key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    KeyError,
    asn1::{CERTIFICATE, Form},
};

/// Reads the first key of `text`, skipping curve parameters that `openssl ecparam` puts before.
pub(super) fn decode(text: &str) -> Result<(Form, Zeroizing<Vec<u8>>), KeyError> {
    let mut lines = text.lines().map(str::trim);
    loop {
        let label = loop {
            let line = lines.next().ok_or(KeyError::Pem { problem: "no `-----BEGIN` line" })?;
            if let Some(label) = boundary(line, "-----BEGIN ") {
                break label;
            }
        };
        let mut body = Zeroizing::new(String::with_capacity(text.len()));
        loop {
            let line = lines.next().ok_or(KeyError::Pem { problem: "no `-----END` line" })?;
            if let Some(end) = boundary(line, "-----END ") {
                if end != label {
                    return Err(KeyError::Pem { problem: "the `-----END` line has another label" });
                }
                break;
            }
            if line.starts_with("Proc-Type:") {
                return Err(KeyError::Encrypted);
            }
            body.push_str(line);
        }
        let label = match label {
            "EC PARAMETERS" => continue,
            "PRIVATE KEY" => Form::Pkcs8,
            "EC PRIVATE KEY" => Form::Sec1,
            "RSA PRIVATE KEY" => Form::Pkcs1Private,
            "PUBLIC KEY" => Form::Spki,
            "RSA PUBLIC KEY" => Form::Pkcs1Public,
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
            other => return Err(not_a_key(other)),
        };
        let mut der = Zeroizing::new(Vec::with_capacity(body.len()));
        STANDARD
            .decode_vec(body.as_str(), &mut der)
            .map_err(|_| KeyError::Pem { problem: "the body is not base64" })?;
        return Ok((label, der));
    }
}

fn boundary<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

fn not_a_key(label: &str) -> KeyError {
    let (found, advice) = match label {
        "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => return CERTIFICATE,
        "OPENSSH PRIVATE KEY" => (
            "an OpenSSH private key",
            "write it again with `ssh-keygen -p -m PKCS8 -f key` (that works for EC and RSA), or make one with `openssl genpkey -algorithm ed25519 -out key.pem`",
        ),
        "DSA PRIVATE KEY" => ("a DSA key", "no JOSE algorithm takes one"),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            ("a certificate request", "give the key itself")
        }
        _ => (
            "a PEM block that holds no key",
            "expected the label PRIVATE KEY, EC PRIVATE KEY, RSA PRIVATE KEY, PUBLIC KEY or RSA PUBLIC KEY",
        ),
    };
    KeyError::Unsupported { found, advice }
}

/// Characters in a line (RFC 7468 §2).
const LINE: usize = 64;
/// What fills one line.
const LINE_BYTES: usize = LINE / 4 * 3;

/// Writes PKCS#8 as text.
pub(super) fn encode_private(der: &[u8]) -> Zeroizing<String> {
    const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
    const END: &str = "-----END PRIVATE KEY-----\n";
    let lines = der.len().div_ceil(LINE_BYTES);
    // Reserved at once: a growing text would leave unwiped copies behind.
    let length = BEGIN.len() + lines * (LINE + 1) + END.len();
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.push_str(BEGIN);
    for line in der.chunks(LINE_BYTES) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text.push_str(END);
    text
}
