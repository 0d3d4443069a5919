//! What may be done: scopes, permissions and requirements in the grammar `resource:id:action`.
//! Must not know tokens, keys, clocks, stores or any other module of this crate.
//!
//! A [`Permission`] is one pattern, of which any part may be `*`. A [`Scope`] is a reduced set of
//! permissions and words such as `openid`; it is what a token carries. A [`Requirement`] is what a
//! route asks for, and a [`Vocabulary`] what a service knows.
//!
//! Reading path: `grammar` (bytes) → `parse` and `canonical` (text) → `spans` and `index` (where
//! items are and how they are found) → `set` and `algebra` (what they mean together).

mod algebra;
mod canonical;
mod declare;
mod display;
mod draft;
mod error;
mod fault;
mod grammar;
mod index;
mod limits;
#[doc(hidden)]
pub mod literal;
mod negotiate;
mod negotiated;
mod parse;
mod permission;
mod request;
mod require;
mod set;
mod span;
mod spans;
mod template;
mod view;
mod vocabulary;
mod wire;

pub use self::declare::{ReservedPreset, VocabularyBuilder};
pub use self::error::{ScopeError, ScopeErrorKind};
pub use self::limits::Limits;
pub use self::negotiate::{Mode, NegotiateError, Negotiation, OmittedScope};
pub use self::negotiated::Negotiated;
pub use self::permission::{Part, Permission};
pub use self::request::RequestedScope;
pub use self::require::{Require, Requirement};
pub use self::set::{Lossy, Scope};
pub(crate) use self::spans::Spans;
pub use self::template::{BindError, RequirementTemplate, ValueFault};
pub use self::view::{Item, Items, PermissionRef, ScopeView};
pub use self::vocabulary::{BareWords, Vocabulary};
