//! Knows how the revocation feed is handed on to who has not the store.
//! Must not know how it travels, nor who may read it.

use super::Authority;
use crate::store::{Cursor, FeedPage, StoreError};

impl Authority {
    /// A stretch of the store's feed.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or does not know the place.
    pub(crate) async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        // Whoever reads this believes that nothing expires too early.
        self.ensure_retention().await?;
        self.0.store.read_revocations(after, limit).await
    }
}
