//! Knows the named parts of the path as actix-web's own `Path` decodes them.
//! Must not decode anything itself: `match_info().get` is only half decoded.

use std::fmt;

use actix_web::{FromRequest as _, HttpRequest, dev::Payload, web::Path};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

/// The named parts of the path, decoded.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let path = Path::<Self>::from_request(request, &mut Payload::None).into_inner();
        path.map(Path::into_inner).unwrap_or_default()
    }

    /// The part of that name; nothing where there is none or where two have it.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(known, _)| known == name);
        let (_, value) = named.next()?;
        named.next().is_none().then_some(value.as_str())
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Parameters;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parts of a path")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
        let mut pairs = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            pairs.push((name, map.next_value()?));
        }
        Ok(Parameters(pairs))
    }
}

/// A name; the path's deserializer gives names as identifiers only.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.to_owned()))
            }
        }
        deserializer.deserialize_identifier(Text)
    }
}
