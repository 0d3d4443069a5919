//! Knows how a table of the file is read: by key, with its place, and nothing left over.
//! Must not know what a key means.

use std::{cell::RefCell, fmt::Display, ops::Range, time::Duration};

use toml::de::{DeTable, DeValue};

use super::mistake::File;

/// A table of the file. What was asked for is known; [`finish`](Self::finish) refuses the rest.
pub(crate) struct Section<'f> {
    pub(crate) file: &'f File<'f>,
    path: String,
    table: &'f DeTable<'f>,
    span: Range<usize>,
    known: RefCell<Vec<&'static str>>,
}

/// A value and where it stands.
#[derive(Clone)]
pub(crate) struct At<'f, T> {
    pub(crate) value: T,
    file: &'f File<'f>,
    key: String,
    span: Range<usize>,
}

impl<'f> Section<'f> {
    pub(crate) fn root(file: &'f File<'f>, table: &'f DeTable<'f>) -> Self {
        Self { file, path: String::new(), table, span: 0..0, known: RefCell::default() }
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, whatever it is.
    fn find(&self, key: &'static str) -> Option<At<'f, &'f DeValue<'f>>> {
        self.known.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some(At {
            value: value.get_ref(),
            file: self.file,
            key: self.path(key),
            span: value.span(),
        })
    }

    /// Notes that the table lacks a key.
    pub(crate) fn lacks(&self, key: &str, expected: &str) {
        let says = format!("is missing; expected {expected}");
        self.file.wrong(&self.span, &self.path(key), says);
    }

    /// Notes that the table as a whole is wrong.
    pub(crate) fn wrong(&self, says: impl Into<String>) {
        self.file.wrong(&self.span, &self.path, says);
    }

    fn need<T>(&self, key: &'static str, expected: &str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.table.contains_key(key) {
            self.lacks(key, expected);
        }
        found
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A text, if the key is there.
    pub(crate) fn text(&self, key: &'static str, expected: &str) -> Option<At<'f, &'f str>> {
        self.find(key)?.text(expected)
    }

    /// A text that must be there.
    pub(crate) fn needs_text(&self, key: &'static str, expected: &str) -> Option<At<'f, &'f str>> {
        self.need(key, expected, self.text(key, expected))
    }

    /// The text read as something, if the key is there and it can be.
    pub(crate) fn read<T, E: Display>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.text(key, expected)?.read(expected, read)
    }

    /// The same for a key that must be there.
    pub(crate) fn needs<T, E: Display>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.needs_text(key, expected)?.read(expected, read)
    }

    /// `true` or `false`; false if the key is not there.
    pub(crate) fn flag(&self, key: &'static str) -> bool {
        let Some(found) = self.find(key) else { return false };
        match found.value {
            DeValue::Boolean(value) => *value,
            _ => {
                found.refuse("expected `true` or `false`");
                false
            }
        }
    }

    /// A whole number within bounds, if the key is there.
    pub(crate) fn number(&self, key: &'static str, least: u32, most: u32) -> Option<u32> {
        let found = self.find(key)?;
        let number = match found.value {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            found.refuse(format!("expected a whole number from {least} to {most}"));
        }
        number
    }

    /// A time span such as `10m`, if the key is there.
    pub(crate) fn duration(&self, key: &'static str) -> Option<At<'f, Duration>> {
        const EXPECTED: &str = "a time span such as `30s`, `10m`, `12h` or `90d`";
        let found = self.text(key, EXPECTED)?;
        let at = found.with(());
        Some(at.with(found.read(EXPECTED, |text| duration(text).ok_or("it is none"))?))
    }

    /// A list of texts; empty if the key is not there.
    pub(crate) fn texts(&self, key: &'static str, expected: &str) -> Vec<At<'f, &'f str>> {
        let Some(found) = self.find(key) else { return Vec::new() };
        let DeValue::Array(items) = found.value else {
            found.refuse(format!("expected a list of texts: {expected}"));
            return Vec::new();
        };
        let item = |(index, item): (usize, &'f toml::Spanned<DeValue<'f>>)| {
            let key = format!("{}[{index}]", found.key);
            At { value: item.get_ref(), file: self.file, key, span: item.span() }.text(expected)
        };
        items.iter().enumerate().filter_map(item).collect()
    }

    /// The same, and an empty list is refused.
    pub(crate) fn some_texts(&self, key: &'static str, expected: &str) -> Vec<At<'f, &'f str>> {
        let texts = self.texts(key, expected);
        if let Some(DeValue::Array(items)) = self.table.get(key).map(toml::Spanned::get_ref)
            && items.is_empty()
        {
            self.file.wrong(&self.span_of(key), &self.path(key), format!("expected {expected}"));
        }
        texts
    }

    fn span_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.span.clone(), toml::Spanned::span)
    }

    /// The table of a key, if it is there.
    pub(crate) fn section(&self, key: &'static str) -> Option<Section<'f>> {
        let found = self.find(key)?;
        let DeValue::Table(table) = found.value else {
            found.refuse(format!("expected a table: `[{}]`", found.key));
            return None;
        };
        Some(self.below(found.key, table, found.span))
    }

    /// The tables of a key, `[[key]]`; none if it is not there.
    pub(crate) fn sections(&self, key: &'static str) -> Vec<Section<'f>> {
        let Some(found) = self.find(key) else { return Vec::new() };
        let DeValue::Array(items) = found.value else {
            found.refuse(format!("expected tables: `[[{}]]`", found.key));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", found.key);
            match item.get_ref() {
                DeValue::Table(table) => sections.push(self.below(path, table, item.span())),
                _ => self.file.wrong(&item.span(), &path, "expected a table"),
            }
        }
        sections
    }

    fn below(&self, path: String, table: &'f DeTable<'f>, span: Range<usize>) -> Section<'f> {
        Section { file: self.file, path, table, span, known: RefCell::default() }
    }

    /// Refuses the keys that nobody asked for.
    pub(crate) fn finish(&self) {
        let known = self.known.borrow();
        for key in self.table.keys() {
            if !known.contains(&&**key.get_ref()) {
                let says = format!("is not a key here; expected one of {}", known.join(", "));
                self.file.wrong(&key.span(), &self.path(key.get_ref()), says);
            }
        }
    }
}

impl<'f, T> At<'f, T> {
    /// Notes that the value is wrong.
    pub(crate) fn refuse(&self, says: impl Into<String>) {
        self.file.wrong(&self.span, &self.key, says);
    }

    /// Another value, which stands in the same place.
    pub(crate) fn with<U>(&self, value: U) -> At<'f, U> {
        At { value, file: self.file, key: self.key.clone(), span: self.span.clone() }
    }
}

impl<'f> At<'f, &'f DeValue<'f>> {
    fn text(self, expected: &str) -> Option<At<'f, &'f str>> {
        match self.value {
            DeValue::String(text) => Some(self.with(&**text)),
            other => {
                let found = other.type_str();
                let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
                self.refuse(format!("expected {expected}, found {article} {found}"));
                None
            }
        }
    }
}

impl<'f> At<'f, &'f str> {
    /// The text read as something, if it can be.
    pub(crate) fn read<T, E: Display>(
        &self,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        read(self.value)
            .map_err(|why| {
                self.refuse(format!("expected {expected}, found `{}`: {why}", self.value))
            })
            .ok()
    }
}

fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}
