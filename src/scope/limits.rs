//! Knows how large a scope may be.
//! Must not know what a scope means.

/// How much text and how many items a scope may have.
///
/// Sizes are checked before anything else is looked at, and again after every operation that can
/// make a scope larger. The defaults suit what travels in a token or a header; a role or policy
/// that the host keeps in memory may be far larger.
///
/// ```
/// use hallpass::scope::{Limits, Scope};
///
/// let roles = Limits::default().bytes(1 << 20).items(10_000);
/// let scope = Scope::parse_within("invoice:read", &roles)?;
/// assert_eq!(scope.as_str(), "invoice:*:read");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(super) bytes: usize,
    pub(super) items: usize,
    pub(super) item_bytes: usize,
    pub(super) id_bytes: usize,
}

/// The longest decoded id where nothing else was said.
pub(super) const DEFAULT_ID_BYTES: usize = 255;

impl Limits {
    /// 4,096 bytes, 128 items, 512 bytes an item, 255 bytes a decoded id.
    pub const DEFAULT: Self =
        Self { bytes: 4096, items: 128, item_bytes: 512, id_bytes: DEFAULT_ID_BYTES };

    /// The longest text, in bytes. At most 1 GiB.
    #[must_use]
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = if bytes < 1 << 30 { bytes } else { 1 << 30 };
        self
    }

    /// The largest number of items.
    #[must_use]
    pub const fn items(mut self, items: usize) -> Self {
        self.items = items;
        self
    }

    /// The longest item, in bytes. At most 16,384, so that three parts of three items still make one.
    #[must_use]
    pub const fn item_bytes(mut self, bytes: usize) -> Self {
        self.item_bytes = if bytes < 1 << 14 { bytes } else { 1 << 14 };
        self
    }

    /// The longest id, in bytes after decoding.
    #[must_use]
    pub const fn id_bytes(mut self, bytes: usize) -> Self {
        self.id_bytes = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
