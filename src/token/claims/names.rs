//! Knows the names of the claims that have a meaning here, and what JSON each must be.
//! Must not know how JSON is read (RFC 7519 §4, RFC 9068 §2.2).

/// A claim with a meaning of its own. Every other claim belongs to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Claim {
    Issuer,
    Subject,
    Audience,
    Expires,
    NotBefore,
    IssuedAt,
    AuthTime,
    TokenId,
    ClientId,
    Scope,
    SessionId,
    Generation,
    Acr,
    Amr,
    Roles,
    Groups,
    Confirmation,
    Nonce,
    AccessTokenHash,
    Events,
}

/// What JSON a claim must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string.
    Text,
    /// A string or an array of strings.
    TextOrList,
    /// An array of strings.
    List,
    /// A `NumericDate`: seconds since the epoch, a fraction allowed (RFC 7519 §2).
    Date,
    /// An integer of 32 bits.
    Counter,
    /// An object.
    Object,
    /// Only its presence matters.
    Anything,
}

impl Claim {
    pub(super) const COUNT: usize = 20;

    pub(super) fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"iss" => Self::Issuer,
            b"sub" => Self::Subject,
            b"aud" => Self::Audience,
            b"exp" => Self::Expires,
            b"nbf" => Self::NotBefore,
            b"iat" => Self::IssuedAt,
            b"auth_time" => Self::AuthTime,
            b"jti" => Self::TokenId,
            b"client_id" => Self::ClientId,
            b"scope" => Self::Scope,
            b"sid" => Self::SessionId,
            b"gen" => Self::Generation,
            b"acr" => Self::Acr,
            b"amr" => Self::Amr,
            b"roles" => Self::Roles,
            b"groups" => Self::Groups,
            b"cnf" => Self::Confirmation,
            b"nonce" => Self::Nonce,
            b"at_hash" => Self::AccessTokenHash,
            b"events" => Self::Events,
            _ => return None,
        })
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Subject => "sub",
            Self::Audience => "aud",
            Self::Expires => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::AuthTime => "auth_time",
            Self::TokenId => "jti",
            Self::ClientId => "client_id",
            Self::Scope => "scope",
            Self::SessionId => "sid",
            Self::Generation => "gen",
            Self::Acr => "acr",
            Self::Amr => "amr",
            Self::Roles => "roles",
            Self::Groups => "groups",
            Self::Confirmation => "cnf",
            Self::Nonce => "nonce",
            Self::AccessTokenHash => "at_hash",
            Self::Events => "events",
        }
    }

    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Issuer
            | Self::Subject
            | Self::TokenId
            | Self::ClientId
            | Self::SessionId
            | Self::Acr => Shape::Text,
            Self::Audience | Self::Scope => Shape::TextOrList,
            Self::Amr | Self::Roles | Self::Groups => Shape::List,
            Self::Expires | Self::NotBefore | Self::IssuedAt | Self::AuthTime => Shape::Date,
            Self::Generation => Shape::Counter,
            Self::Confirmation => Shape::Object,
            Self::Nonce | Self::AccessTokenHash | Self::Events => Shape::Anything,
        }
    }

    pub(super) const fn bit(self) -> u32 {
        1 << self as u8
    }
}
