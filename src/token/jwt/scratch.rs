//! Knows a buffer that leaves the stack only when it must.
//! Must not know what is written to it.

use crate::token::claims::Sink;

/// The bytes that are kept on the stack.
const INLINE: usize = 1024;
/// The length of the inline part once it is not used any more: no bytes fit behind it.
const SPILLED: usize = usize::MAX;

pub(super) struct Scratch {
    inline: [u8; INLINE],
    length: usize,
    spilled: Vec<u8>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { inline: [0; INLINE], length: 0, spilled: Vec::new() }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.inline.get(..self.length).unwrap_or(&self.spilled)
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if let Some(written) = self.inline.get(..self.length) {
            self.spilled.reserve(4096);
            self.spilled.extend_from_slice(written);
            self.length = SPILLED;
        }
        self.spilled.extend_from_slice(bytes);
    }
}

impl Sink for Scratch {
    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let room = self.inline.get_mut(self.length..);
        match room.and_then(|room| room.get_mut(..bytes.len())) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.spill(bytes),
        }
    }
}
