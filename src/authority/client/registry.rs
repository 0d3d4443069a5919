//! Knows which clients are known here.
//! Must not know what they are asked for.

use std::{collections::HashMap, sync::Arc};

use super::Client;
use crate::{id::ClientId, store::HashedSecret};

/// A client with what it is known by.
#[derive(Debug, Clone)]
pub(in crate::authority) struct Known {
    pub(in crate::authority) client: Arc<Client>,
    pub(in crate::authority) secrets: Vec<HashedSecret>,
}

/// The clients of an authority.
#[derive(Debug)]
pub(in crate::authority) struct Registry {
    configured: HashMap<ClientId, Known>,
}

impl Registry {
    pub(in crate::authority) fn new(configured: HashMap<ClientId, Known>) -> Self {
        Self { configured }
    }

    pub(in crate::authority) fn configured(&self, id: &ClientId) -> Option<&Known> {
        self.configured.get(id)
    }
}
