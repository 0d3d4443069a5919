//! Knows what signs, and where the one secret of the host is.
//! Must not repeat a key or a secret.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use hallpass::{Algorithm, SigningKey, secret::MasterSecret};

use super::section::{At, Section};

/// Where the master secret is.
#[derive(Debug, Clone)]
pub(crate) enum MasterChoice {
    /// In this environment variable.
    Env(String),
    /// In this file.
    File(PathBuf),
    /// In this file, which is made at the first start.
    Made(PathBuf),
}

/// What signs.
#[derive(Debug)]
pub(crate) enum KeyChoice {
    /// The first of these; the others verify what they signed before.
    Given(Vec<SigningKey>),
    /// Keys that the store keeps and all instances agree on.
    Managed {
        /// Their algorithm.
        algorithm: Algorithm,
        /// How long a key is published before it signs.
        lead: Duration,
        /// How long one signs.
        rotate_every: Option<Duration>,
    },
}

pub(super) fn master(root: &Section<'_>, data_dir: &Path) -> Option<MasterChoice> {
    const EXPECTED: &str = "`{ env = \"NAME\" }` or `{ file = \"PATH\" }`";
    let Some(section) = root.section("master_secret") else {
        if !root.has("master_secret") {
            root.lacks("master_secret", EXPECTED);
        }
        return None;
    };
    let env = section.text("env", "the name of an environment variable");
    let file = section.text("file", "a path");
    let create = section.flag("create");
    let choice = match (env, file) {
        (Some(at), None) if create => {
            at.refuse("`create` makes a file; expected `file`");
            None
        }
        (Some(at), None) => given(&at, MasterSecret::from_env(at.value))
            .map(|()| MasterChoice::Env(at.value.to_owned())),
        (None, Some(at)) => {
            let path = data_dir.join(at.value);
            match create && !path.exists() {
                true => Some(MasterChoice::Made(path)),
                false => in_file(&at, &path).map(|()| MasterChoice::File(path)),
            }
        }
        _ => {
            section.wrong(format!("expected either of them: {EXPECTED}"));
            None
        }
    };
    section.finish();
    choice
}

fn given<E: std::fmt::Display>(at: &At<'_, &str>, secret: Result<MasterSecret, E>) -> Option<()> {
    secret.map(drop).map_err(|why| at.refuse(why.to_string())).ok()
}

fn in_file(at: &At<'_, &str>, path: &Path) -> Option<()> {
    match fs::read_to_string(path) {
        Ok(text) => given(at, MasterSecret::parse(&text)),
        Err(why) => {
            at.refuse(format!("the file `{}` cannot be read: {why}", path.display()));
            None
        }
    }
}

pub(super) fn read(root: &Section<'_>, beside: &Path) -> Option<KeyChoice> {
    const EXPECTED: &str = "`managed = \"ES256\"` or `files = [\"key.pem\"]`";
    let Some(section) = root.section("keys") else {
        if !root.has("keys") {
            root.lacks("keys", &format!("a table with {EXPECTED}"));
        }
        return None;
    };
    let managed = section.text("managed", "an algorithm such as `ES256`");
    let files = section.texts("files", "PEM files");
    let algorithm = section.text("algorithm", "an algorithm such as `ES256`");
    let lead = section.duration("lead");
    let rotate_every = section.duration("rotate_every");
    let choice = match (managed, files.is_empty()) {
        (Some(managed), true) => {
            if let Some(at) = algorithm {
                at.refuse("goes with `files`; `managed` names the algorithm itself");
            }
            if let Some(at) = rotate_every.as_ref().filter(|at| at.value.is_zero()) {
                at.refuse("expected at least `1s`");
            }
            let made = |algorithm: &Algorithm| match SigningKey::generate(*algorithm) {
                Ok(_) => true,
                Err(why) => {
                    managed.refuse(why.to_string());
                    false
                }
            };
            self::algorithm(&managed).filter(made).map(|algorithm| KeyChoice::Managed {
                algorithm,
                lead: lead.map_or(Duration::from_secs(600), |at| at.value),
                rotate_every: rotate_every.map(|at| at.value),
            })
        }
        (None, false) => {
            for at in [lead, rotate_every].iter().flatten() {
                at.refuse("goes with `managed`; files are rotated by changing this list");
            }
            if algorithm.is_none() && !section.has("algorithm") {
                section.lacks("algorithm", "that of the keys, such as `RS256`");
            }
            let algorithm = algorithm.as_ref().and_then(self::algorithm);
            let keys = algorithm.map(|algorithm| {
                files.iter().filter_map(|at| key(at, algorithm, beside)).collect()
            });
            keys.map(KeyChoice::Given)
        }
        _ => {
            section.wrong(format!("expected either of them: {EXPECTED}"));
            None
        }
    };
    section.finish();
    choice
}

fn algorithm(at: &At<'_, &str>) -> Option<Algorithm> {
    const EXPECTED: &str = "`ES256`, `ES384`, `EdDSA`, or with `files` one of `RS256` to `PS512`";
    at.read(EXPECTED, |text| match text.parse::<Algorithm>() {
        // Whoever may verify could sign, and the JWKS would be empty.
        Ok(algorithm) if algorithm.is_symmetric() => Err("its keys cannot be published".to_owned()),
        Ok(algorithm) => Ok(algorithm),
        Err(why) => Err(why.to_string()),
    })
}

fn key(at: &At<'_, &str>, algorithm: Algorithm, beside: &Path) -> Option<SigningKey> {
    let path = beside.join(at.value);
    let pem = match fs::read_to_string(&path) {
        Ok(pem) => pem,
        Err(why) => {
            at.refuse(format!("the file `{}` cannot be read: {why}", path.display()));
            return None;
        }
    };
    SigningKey::from_pem(algorithm, &pem)
        .map_err(|why| at.refuse(format!("expected a private key for {algorithm}: {why}")))
        .ok()
}
