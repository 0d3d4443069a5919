//! Knows how a checked token lies in memory: one allocation with the payload and where things
//! are in it.
//! Must not know how it was checked.

use std::sync::{Arc, LazyLock, OnceLock};

use crate::{
    clock::Timestamp,
    id::{SessionId, TokenId},
    key::VerifyingKey,
    scope::{BareWords, Limits, Scope, ScopeView, Spans, Vocabulary},
    token::{
        claims::{self, Claim, Claims},
        jwt,
    },
};

use super::{TokenKind, VerifyError};

/// The fixed part of a token and, last, its payload in a buffer of some size.
#[derive(Debug)]
pub(super) struct Carried<B: ?Sized = [u8]> {
    pub(super) kind: TokenKind,
    pub(super) claims: Claims,
    pub(super) facts: Facts,
    payload_length: usize,
    /// The payload, then texts that had escapes.
    buffer: B,
}

/// What was worked out of the claims once.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) scope: CarriedScope,
    /// What checked its signature; an API key has none.
    pub(super) key: Option<VerifyingKey>,
    pub(super) token: Option<TokenId>,
    pub(super) session: Option<SessionId>,
    pub(super) born: Timestamp,
}

#[derive(Debug)]
pub(super) enum CarriedScope {
    /// The `scope` claim, read when it is first asked for: who asks pays.
    Claim { read: OnceLock<ReadScope>, vocabulary: Option<Vocabulary> },
    /// Another scope than any claim's.
    Own(Scope),
}

#[derive(Debug)]
pub(super) enum ReadScope {
    /// The claim is canonical; these are its items.
    Canonical(Spans),
    /// The claim is not canonical, an array or absent; this is what it comes to.
    Other(Scope),
}

impl CarriedScope {
    /// The claim's scope; what is not canonical will be read with this vocabulary, or without one.
    pub(super) fn unread(vocabulary: Option<&Vocabulary>) -> Self {
        Self::Claim { read: OnceLock::new(), vocabulary: vocabulary.cloned() }
    }
}

impl Carried {
    /// The payload, as it was signed.
    pub(super) fn payload(&self) -> &[u8] {
        self.buffer.get(..self.payload_length).unwrap_or_default()
    }

    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    pub(super) fn text(&self, claim: Claim) -> Option<&str> {
        self.claims.text(claim, &self.buffer)
    }

    pub(super) fn bytes(&self, claim: Claim) -> Option<&[u8]> {
        self.claims.bytes(claim, &self.buffer)
    }

    pub(super) fn scope(&self) -> ScopeView<'_> {
        match &self.facts.scope {
            CarriedScope::Claim { read, vocabulary } => {
                match read.get_or_init(|| self.read_scope(vocabulary.as_ref())) {
                    ReadScope::Canonical(spans) => {
                        ScopeView::new(self.text(Claim::Scope).unwrap_or_default(), spans)
                    }
                    ReadScope::Other(scope) => scope.view(),
                }
            }
            CarriedScope::Own(scope) => scope.view(),
        }
    }

    fn read_scope(&self, vocabulary: Option<&Vocabulary>) -> ReadScope {
        if self.claims.scope_is_list() {
            // An item with a space in it would be two items.
            let items = self.claims.list(Claim::Scope, &self.buffer);
            let joined = items.filter(|item| !item.contains(' ')).collect::<Vec<_>>().join(" ");
            return ReadScope::Other(read_foreign(&joined, vocabulary));
        }
        match self.text(Claim::Scope) {
            None => ReadScope::Other(Scope::empty()),
            Some(text) => match Spans::scan(text, &Limits::DEFAULT) {
                Ok(spans) => ReadScope::Canonical(spans),
                Err(_) => ReadScope::Other(read_foreign(text, vocabulary)),
            },
        }
    }
}

/// Reads what is not canonical. Without a vocabulary bare words are dropped: one may be an OpenID
/// Connect word or anything else; read as a resource it would allow everything on it (SCOPE
/// grammar: issued tokens carry none).
fn read_foreign(text: &str, vocabulary: Option<&Vocabulary>) -> Scope {
    static NO_BARE_WORDS: LazyLock<Option<Vocabulary>> =
        LazyLock::new(|| Vocabulary::builder().bare_words(BareWords::Deny).build().ok());
    match vocabulary.or(NO_BARE_WORDS.as_ref()) {
        Some(vocabulary) => vocabulary.parse_lossy(text).scope,
        None => Scope::empty(),
    }
}

/// Reads the payload and lets `judge` say what it means; the result is one allocation.
///
/// The buffer has one of a few sizes, so that its length is known when the allocation is made,
/// and the payload is decoded straight into what will be kept.
pub(super) fn decode(
    encoded: &str,
    kind: TokenKind,
    judge: impl Fn(&Claims, &[u8]) -> Result<Facts, VerifyError>,
) -> Result<Arc<Carried>, VerifyError> {
    with_room(jwt::decoded_length(encoded.len()), Source::Encoded(encoded), kind, &judge)
}

/// As [`decode`], for claims that are at hand as JSON.
pub(super) fn read(
    payload: &[u8],
    kind: TokenKind,
    judge: impl Fn(&Claims, &[u8]) -> Result<Facts, VerifyError>,
) -> Result<Arc<Carried>, VerifyError> {
    with_room(payload.len(), Source::Plain(payload, None), kind, &judge)
}

#[derive(Clone, Copy)]
enum Source<'s> {
    Encoded(&'s str),
    /// A payload, and what was unescaped of it if it was read before.
    Plain(&'s [u8], Option<&'s claims::Parsed>),
}

fn with_room<J>(
    room: usize,
    source: Source<'_>,
    kind: TokenKind,
    judge: &J,
) -> Result<Arc<Carried>, VerifyError>
where
    J: Fn(&Claims, &[u8]) -> Result<Facts, VerifyError>,
{
    match room {
        0..=384 => fill::<384, J>(source, kind, judge),
        385..=512 => fill::<512, J>(source, kind, judge),
        513..=768 => fill::<768, J>(source, kind, judge),
        769..=1536 => fill::<1536, J>(source, kind, judge),
        1537..=6144 => fill::<6144, J>(source, kind, judge),
        6145..=32768 => fill::<32768, J>(source, kind, judge),
        // INVARIANT (hard length): no token may be so long that its claims need more.
        _ => Err(VerifyError::Claims(crate::token::ClaimsError::TooLarge)),
    }
}

fn fill<const N: usize, J>(
    source: Source<'_>,
    kind: TokenKind,
    judge: &J,
) -> Result<Arc<Carried>, VerifyError>
where
    J: Fn(&Claims, &[u8]) -> Result<Facts, VerifyError>,
{
    let mut buffer = [0; N];
    let (payload_length, claims) = match source {
        Source::Encoded(encoded) => {
            let payload = jwt::decode_part(encoded, &mut buffer)?;
            let parsed = claims::parse(payload)?;
            if !parsed.unescaped.is_empty() {
                let room = payload.len() + parsed.unescaped.len();
                return with_room(room, Source::Plain(payload, Some(&parsed)), kind, judge);
            }
            (payload.len(), parsed.claims)
        }
        Source::Plain(payload, None) => {
            let parsed = claims::parse(payload)?;
            let room = payload.len() + parsed.unescaped.len();
            return with_room(room, Source::Plain(payload, Some(&parsed)), kind, judge);
        }
        Source::Plain(payload, Some(parsed)) => {
            for (slot, byte) in buffer.iter_mut().zip(payload.iter().chain(&parsed.unescaped)) {
                *slot = *byte;
            }
            (payload.len(), parsed.claims.clone())
        }
    };
    let facts = judge(&claims, &buffer)?;
    Ok(Arc::new(Carried { kind, claims, facts, payload_length, buffer }))
}
