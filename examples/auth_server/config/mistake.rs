//! Knows what is wrong with a configuration file: the key, the line, what was expected.
//! Must not know what a key means, and never repeats the value of a secret.

use std::{cell::RefCell, fmt, ops::Range};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    line: usize,
    key: String,
    says: String,
}

/// All mistakes of a file, in the order of its lines.
#[derive(Debug)]
pub(crate) struct Mistakes {
    file: String,
    found: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Mistake { line, key, says } in &self.found {
            match (*line, key.is_empty()) {
                (0, _) => writeln!(f, "{}: {says}", self.file)?,
                (line, true) => writeln!(f, "{}:{line}: {says}", self.file)?,
                (line, false) => writeln!(f, "{}:{line}: {key}: {says}", self.file)?,
            }
        }
        let plural = if self.found.len() == 1 { "mistake" } else { "mistakes" };
        write!(f, "{} {plural} in the configuration; the server was not started", self.found.len())
    }
}

impl std::error::Error for Mistakes {}

/// A file that is being read, and what was found to be wrong with it.
pub(crate) struct File<'f> {
    name: String,
    text: &'f str,
    found: RefCell<Vec<Mistake>>,
}

impl<'f> File<'f> {
    pub(crate) fn new(name: String, text: &'f str) -> Self {
        Self { name, text, found: RefCell::default() }
    }

    /// Notes that what stands here is not what it should be.
    pub(crate) fn wrong(&self, span: &Range<usize>, key: &str, says: impl Into<String>) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let mistake = Mistake { line, key: key.to_owned(), says: says.into() };
        self.found.borrow_mut().push(mistake);
    }

    pub(crate) fn is_right(&self) -> bool {
        self.found.borrow().is_empty()
    }

    pub(crate) fn into_mistakes(self) -> Mistakes {
        let mut found = self.found.into_inner();
        found.sort_by_key(|mistake| mistake.line);
        Mistakes { file: self.name, found }
    }
}

impl Mistakes {
    /// The file as a whole cannot be read.
    pub(crate) fn unreadable(name: String, why: &std::io::Error) -> Self {
        let says = format!("the configuration file cannot be read: {why}");
        Self { file: name, found: vec![Mistake { line: 0, key: String::new(), says }] }
    }
}
