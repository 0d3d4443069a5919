//! Knows how lists of texts lie in a payload, and reads them as they are asked for.
//! Must not know which claim it reads.

/// The texts of a claim such as `aud`, `roles` or `groups`, read from the payload as they are asked for.
///
/// ```
#[doc = an_authority!()]
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).roles(["clerk", "auditor"]);
/// let issued = authority.issue(grant).await?;
/// let who = authority.verify(issued.access_token()).await?;
/// assert!(who.roles().any(|role| role == "auditor"));
/// assert_eq!(who.groups().next(), None);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Texts<'b> {
    /// Either JSON without escapes (`"a"` or `["a","b"]`), or, after a zero byte, texts that
    /// had escapes, each behind its length in two bytes.
    pub(super) rest: &'b [u8],
}

impl<'b> Texts<'b> {
    fn next_packed(&mut self) -> Option<&'b str> {
        let (length, rest) = self.rest.get(1..)?.split_first_chunk::<2>()?;
        let (text, _) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        // The zero byte in front of the next text is the last byte of this one's frame.
        self.rest = rest.get(text.len()..).unwrap_or_default();
        str::from_utf8(text).ok()
    }
}

impl<'b> Iterator for Texts<'b> {
    type Item = &'b str;

    fn next(&mut self) -> Option<&'b str> {
        if self.rest.first() == Some(&0) {
            return self.next_packed();
        }
        let start = self.rest.iter().position(|&b| b == b'"')? + 1;
        let rest = self.rest.get(start..)?;
        let end = rest.iter().position(|&b| b == b'"')?;
        let text = rest.get(..end)?;
        self.rest = rest.get(end + 1..).unwrap_or_default();
        str::from_utf8(text).ok()
    }
}

impl std::fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
