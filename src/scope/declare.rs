//! Knows how a vocabulary is declared and which declarations would give a scope two meanings.
//! Must not know how scopes are read once it is built.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::ScopeError;
use super::grammar;
use super::limits::Limits;
use super::parse;
use super::vocabulary::{Actions, BareWords, Known, Vocabulary, reads_as_permission};

/// Bare words that other systems reserve. None is on unless asked for.
///
/// ```
/// use hallpass::scope::{ReservedPreset, Vocabulary};
///
/// let own = Vocabulary::builder().resource("book");
/// assert!(own.clone().build()?.parse("groups").is_err(), "no resource of ours");
/// let okta = own.reserve(ReservedPreset::Groups).build()?;
/// assert_eq!(okta.parse("groups book:read")?.as_str(), "groups book:*:read");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReservedPreset {
    /// Authing: `username roles unionid external_id extended_fields`.
    Authing,
    /// `groups`, as Okta and others have it.
    Groups,
    /// `online_access`.
    OnlineAccess,
    /// `offline`, Hydra's other name for `offline_access`.
    Offline,
    /// SMART on FHIR: `launch fhirUser`.
    Smart,
}

impl ReservedPreset {
    /// The words of the preset.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Authing => &["username", "roles", "unionid", "external_id", "extended_fields"],
            Self::Groups => &["groups"],
            Self::OnlineAccess => &["online_access"],
            Self::Offline => &["offline"],
            Self::Smart => &["launch", "fhirUser"],
        }
    }
}

/// Collects what a service knows; [`VocabularyBuilder::build`] checks it.
#[derive(Clone, Debug, Default)]
pub struct VocabularyBuilder {
    resources: BTreeMap<Box<str>, Actions>,
    actions: BTreeSet<Box<str>>,
    opaque: BTreeSet<Box<str>>,
    reserved: BTreeSet<Box<str>>,
    allowed_names: BTreeSet<Box<str>>,
    bare: Option<BareWords>,
    limits: Limits,
}

impl VocabularyBuilder {
    /// Declares a resource. Its actions are the global ones; with none, any action is accepted.
    #[must_use]
    pub fn resource(mut self, name: impl Into<Box<str>>) -> Self {
        self.resources.entry(name.into()).or_insert(None);
        self
    }

    /// Declares several resources.
    #[must_use]
    pub fn resources<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        names.into_iter().fold(self, Self::resource)
    }

    /// Declares a resource with actions of its own, beside the global ones.
    #[must_use]
    pub fn resource_with<I>(mut self, name: impl Into<Box<str>>, actions: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        let own = self.resources.entry(name.into()).or_insert(None);
        own.get_or_insert_default().extend(actions.into_iter().map(Into::into));
        self
    }

    /// Declares actions that every resource has.
    #[must_use]
    pub fn actions<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        self.actions.extend(names.into_iter().map(Into::into));
        self
    }

    /// Registers a foreign scope, such as a URL, that is equal only to itself.
    #[must_use]
    pub fn opaque(mut self, word: impl Into<Box<str>>) -> Self {
        self.opaque.insert(word.into());
        self
    }

    /// Reserves the bare words of a preset, beside the six of OpenID Connect.
    #[must_use]
    pub fn reserve(mut self, preset: ReservedPreset) -> Self {
        self.reserved.extend(preset.words().iter().copied().map(Into::into));
        self
    }

    /// Allows a resource to have a reserved name. It must then always be written with a colon:
    /// the bare name keeps meaning the word.
    #[must_use]
    pub fn allow_reserved_name(mut self, name: impl Into<Box<str>>) -> Self {
        self.allowed_names.insert(name.into());
        self
    }

    /// Says what a bare name means. The default is [`BareWords::Declared`].
    #[must_use]
    pub fn bare_words(mut self, bare: BareWords) -> Self {
        self.bare = Some(bare);
        self
    }

    /// Changes the limits of everything read through this vocabulary.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks the declarations against each other.
    ///
    /// # Errors
    /// `ReservedResource` for a resource with a reserved name that was not allowed,
    /// `AmbiguousOpaque` for a word that can be read in another way, and `InvalidCharacter` for a
    /// name that no scope could contain.
    ///
    /// ```
    /// use hallpass::scope::Vocabulary;
    ///
    /// let error = Vocabulary::builder().resource("email").build().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "a resource may not be called email: the bare word means the OpenID Connect scope"
    /// );
    /// ```
    pub fn build(self) -> Result<Vocabulary, ScopeError> {
        for name in self.resources.keys() {
            self.check_resource(name)?;
        }
        let own = self.resources.values().flatten().flatten();
        for action in self.actions.iter().chain(own) {
            if !grammar::is_name(action.as_bytes()) {
                return Err(ScopeError::bad_declaration("an action name", action));
            }
        }
        for word in &self.opaque {
            self.check_opaque(word)?;
        }
        let known = Known {
            resources: self.resources,
            actions: self.actions,
            opaque: self.opaque,
            reserved: self.reserved,
            bare: self.bare.unwrap_or(BareWords::Declared),
            limits: self.limits,
        };
        Ok(Vocabulary { known: Arc::new(known) })
    }

    fn check_resource(&self, name: &str) -> Result<(), ScopeError> {
        if !grammar::is_name(name.as_bytes()) {
            return Err(ScopeError::bad_declaration("a resource name", name));
        }
        let same = |reserved: &str| reserved.eq_ignore_ascii_case(name);
        let reserved = parse::RESERVED.iter().any(|word| same(word))
            || self.reserved.iter().any(|word| same(word));
        if reserved && !self.allowed_names.contains(name) {
            return Err(ScopeError::reserved_resource(name));
        }
        Ok(())
    }

    fn check_opaque(&self, word: &str) -> Result<(), ScopeError> {
        let refuse = |why| Err(ScopeError::ambiguous_opaque(word, why));
        if !grammar::is_token(word) {
            return refuse("it is not a scope token of RFC 6749");
        }
        let alike = |reserved: &str| reserved != word && reserved.eq_ignore_ascii_case(word);
        if parse::RESERVED.iter().any(|reserved| alike(reserved))
            || self.reserved.iter().any(|reserved| alike(reserved))
        {
            return refuse("it differs from a reserved word only in case");
        }
        if self.resources.contains_key(word) {
            return refuse("a resource has the same name");
        }
        if (word == "*" || word.contains(':')) && reads_as_permission(word, &self.limits) {
            return refuse("it can be read as a permission");
        }
        Ok(())
    }
}
