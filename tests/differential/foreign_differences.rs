//! Knows where PyJWT and jose judge otherwise than we do for another reason than those in
//! `differences.rs`.
//! Must not know how they are asked.

use hallpass::verifier::VerifyError;

use crate::{
    differences::{Difference, Ours, refuses},
    verdict::LEEWAY,
};

/// Python and JavaScript read more than JSON, or read it as something else.
const NOT_JSON: Difference = Difference {
    what: "half a character, or a number beyond all bounds",
    reason: "RFC 7519 §7.2: it must be valid JSON in UTF-8; they go on with what they made of it",
    ours: refuses!(
        VerifyError::Claims(_)
            | VerifyError::Header
            | VerifyError::DuplicateHeader
            | VerifyError::EmbeddedKey
            | VerifyError::Extension
    ),
    applies: |facts| facts.header.is_empty() || facts.claims.is_empty(),
    example: |draft, _| draft.claim("plan", "1e400"),
};

const NOT_CANONICAL: Difference = Difference {
    what: "padding, another alphabet, or bits that encode nothing",
    reason: "RFC 7515 §2, RFC 4648 §3.5: a token has one text, or lists of revoked texts are dodged",
    ours: refuses!(VerifyError::NotCanonical),
    applies: |facts| !facts.is_canonical,
    // It comes with the damage after signing.
    example: |_, _| {},
};

pub(crate) const PYJWT: &[Difference] = &[
    NOT_JSON,
    NOT_CANONICAL,
    Difference {
        what: "a fraction of a second of `exp`",
        reason: "we keep milliseconds; they drop fractions",
        ours: Ours::Accepts,
        applies: |facts| {
            let left = facts.date("exp").map(|exp| exp + LEEWAY as f64 - facts.now as f64);
            left.is_some_and(|left| left > 0.0 && left < 1.0)
        },
        example: |draft, now| draft.claim("exp", &format!("{}.5", now - LEEWAY)),
    },
    Difference {
        what: "a fraction of a second of `nbf`",
        reason: "we keep milliseconds; they drop fractions",
        ours: refuses!(VerifyError::NotYetValid),
        applies: |facts| {
            let ahead = facts.date("nbf").map(|nbf| nbf - (facts.now + LEEWAY) as f64);
            ahead.is_some_and(|ahead| ahead > 0.0 && ahead < 1.0)
        },
        example: |draft, now| draft.claim("nbf", &format!("{}.5", now + LEEWAY)),
    },
];

pub(crate) const JOSE: &[Difference] = &[NOT_JSON, NOT_CANONICAL];
