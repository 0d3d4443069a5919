//! Knows how a submitted form is read: each field once.
//! Must not know what the fields mean.

use std::collections::HashMap;

use axum::{
    Form,
    extract::{FromRequest, Request},
    http::StatusCode,
};

/// The fields of a form.
pub(crate) struct Fields(HashMap<String, String>);

impl Fields {
    /// A field; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = StatusCode;

    /// A field that is there twice is refused: which of them would count?
    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(pairs) = form.map_err(|_| StatusCode::BAD_REQUEST)?;
        let mut fields = HashMap::new();
        for (name, value) in pairs {
            if fields.insert(name, value).is_some() {
                return Err(StatusCode::BAD_REQUEST);
            }
        }
        Ok(Self(fields))
    }
}
