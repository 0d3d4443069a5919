//! Knows a file to which whole lines are appended, and how it is read again.
//! Must not know what a line says.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What this program writes in the first line, so that another version does not misread it.
const FORMAT: &str = "custom-store journal 1";

/// An append-only file of lines. A line that `append` has returned for is on the disk.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// Set by the first failure. What of the line is in the file is then not known, and nothing
    /// may be written behind it: a new process reads the file and knows.
    broken: bool,
    _lock: Lock,
}

/// What was found in a journal.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its whole lines.
    pub(crate) lines: Vec<String>,
    /// The bytes of a last line without its end: a step that a crash cut off. Nobody was told
    /// that it had happened.
    pub(crate) torn: usize,
}

impl Journal {
    /// Opens a journal or makes it, and cuts off a torn last line.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Found)> {
        let lock = Lock::take(path)?;
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let mut found = read(path)?;
        if found.torn > 0 {
            let torn = u64::try_from(found.torn).map_err(io::Error::other)?;
            file.set_len(file.metadata()?.len() - torn)?;
        }
        if found.lines.is_empty() {
            writeln!(file, "{FORMAT}")?;
            found.lines.push(FORMAT.to_owned());
        }
        file.sync_all()?;
        // A new file's name is on the disk only when its directory is.
        if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(directory)?.sync_all()?;
        }
        if found.lines.remove(0) != FORMAT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not a journal of this version",
            ));
        }
        Ok((Self { file, broken: false, _lock: lock }, found))
    }

    /// Appends one line, and returns when it is on the disk.
    pub(crate) fn append(&mut self, line: &str) -> io::Result<()> {
        self.check()?;
        // One write, so that a crash leaves a part of this line and never a part of another.
        let written = self
            .file
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| self.file.sync_data());
        self.broken = written.is_err();
        written
    }

    /// Whether what was read is still all there is.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed; open the journal again"));
        }
        Ok(())
    }
}

/// Reads a journal without changing it.
fn read(path: &Path) -> io::Result<Found> {
    let text = fs::read(path)?;
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let torn = text.len() - whole;
    let (head, _) = text.split_at(whole);
    let head = str::from_utf8(head).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    Ok(Found { lines: head.lines().map(str::to_owned).collect(), torn })
}

/// A file that says that the journal is in use. Two processes would not see each other's steps.
///
/// `std::fs::File::try_lock` (Rust 1.89) is better: a crash lets go of it. Here a crash leaves
/// the file, and a person removes it.
#[derive(Debug)]
struct Lock(PathBuf);

impl Lock {
    fn take(journal: &Path) -> io::Result<Self> {
        let path = journal.with_extension("lock");
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                writeln!(file, "{}", std::process::id())?;
                Ok(Self(path))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let text = format!(
                    "`{}` is there: the process named in it uses the journal, or has crashed; if \
                     it does not run any more, remove the file",
                    path.display()
                );
                Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Where it stays, the next process says so.
        let _ = fs::remove_file(&self.0);
    }
}
