//! The fuzz targets as plain functions: each takes bytes and panics where something does not hold.
//! Must not know who makes the bytes: libFuzzer, or the test that runs each for a moment.

pub mod feed_page;
#[cfg(feature = "oauth")]
pub mod form;
pub mod gateway_path;
pub mod key_load;
pub mod opaque_text;
pub mod pick;
pub mod request_head;
pub mod scope_algebra;
pub mod scope_text;
pub mod token_verify;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("scope_text", scope_text::run),
    ("scope_algebra", scope_algebra::run),
    ("token_verify", token_verify::run),
    ("opaque_text", opaque_text::run),
    ("request_head", request_head::run),
    ("key_load", key_load::run),
    ("feed_page", feed_page::run),
    ("gateway_path", gateway_path::run),
    #[cfg(feature = "oauth")]
    ("form", form::run),
];
