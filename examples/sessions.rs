//! Issues, lists, refreshes, ends and prunes sessions in a store of your choice.
//!
//! `cargo run --example sessions --features sqlite -- sqlite:tokens.db issue ada "note:read"`

use std::{
    env,
    error::Error,
    fs,
    io::{self, Read},
    process::ExitCode,
};

use hallpass::{
    Algorithm, Authority, Grant, Scope, SigningKey,
    authority::{Issued, RefreshError},
    id::{SessionId, Subject},
    secret::{MasterSecret, SecretError},
    store::from_url,
};

const USAGE: &str = "\
usage: sessions URL COMMAND

  URL                     memory:, sqlite:PATH, postgres://..., or redis://...
                          (each but the first needs the Cargo feature of its engine)

commands:
  issue SUBJECT SCOPE     opens a session; prints its tokens as JSON
  list SUBJECT            the subject's live sessions, oldest first
  refresh                 reads a refresh token from standard input; prints the next tokens
  end SESSION             ends one session, by the id that `list` and `issue` show
  revoke-subject SUBJECT  ends all that a subject has
  prune                   forgets what has expired

environment:
  HALLPASS_SECRET         the master secret of a store that outlives the process;
                          made once with `openssl rand -base64 32`
  HALLPASS_SIGNING_KEY    a PEM file with the Ed25519 key that signs access tokens; made with
                          `openssl genpkey -algorithm ed25519`; without it a key is made for this
                          run, and nobody can verify the access tokens after it

exit codes: 0 done; 1 refused, or nothing to end; 2 wrong usage; 3 the store, a key or a setting
is the matter";

/// How many sessions a page of `list` has, and how many records a round of `prune` takes.
const PAGE: u32 = 1_000;

#[derive(Debug)]
enum Command {
    Issue(Subject, Scope),
    List(Subject),
    Refresh,
    End(SessionId),
    RevokeSubject(Subject),
    Prune,
}

/// How it ended, when it did not fail.
enum Outcome {
    Done,
    Refused,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (url, command) = match read(&arguments) {
        Ok(Some(read)) => read,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("sessions: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(url, command).await {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Err(error) => {
            eprintln!("sessions: {}", with_causes(&*error));
            ExitCode::from(3)
        }
    }
}

/// The URL and the command; nothing where only the usage is asked for.
fn read(arguments: &[String]) -> Result<Option<(&str, Command)>, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let bad = |what: &str, error: &dyn Error| format!("{what}: {error}");
    let subject = |text: &str| Subject::parse(text).map_err(|error| bad("the subject", &error));
    let (url, command) = match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => return Ok(None),
        [url, "issue", who, scope] => {
            let scope = Scope::parse(scope).map_err(|error| bad("the scope", &error))?;
            (*url, Command::Issue(subject(who)?, scope))
        }
        [url, "list", who] => (*url, Command::List(subject(who)?)),
        [url, "refresh"] => (*url, Command::Refresh),
        [_, "refresh", ..] => {
            return Err("a token is read from standard input: arguments are seen by all".into());
        }
        [url, "end", id] => {
            let id = SessionId::parse(id).map_err(|error| bad("the session", &error))?;
            (*url, Command::End(id))
        }
        [url, "revoke-subject", who] => (*url, Command::RevokeSubject(subject(who)?)),
        [url, "prune"] => (*url, Command::Prune),
        [_] => return Err("a command is missing".into()),
        [_, "issue" | "list" | "end" | "revoke-subject" | "prune", ..] => {
            return Err("the command has too few or too many arguments".into());
        }
        [_, _, ..] => return Err("there is no such command".into()),
    };
    Ok(Some((url, command)))
}

async fn run(url: &str, command: Command) -> Result<Outcome, Box<dyn Error>> {
    let mut authority = Authority::builder("http://localhost:3000")
        .audience("http://localhost:4000")
        .signing_key(signing_key(&command)?)
        .store(from_url(url).await?);
    match MasterSecret::from_env("HALLPASS_SECRET") {
        Ok(secret) => authority = authority.master_secret(secret),
        // What a store needs that outlives the process, `build` says.
        Err(SecretError::NotSet { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let authority = authority.build()?;
    match command {
        Command::Issue(subject, scope) => issue(&authority, &subject, scope).await,
        Command::List(subject) => list(&authority, &subject).await,
        Command::Refresh => refresh(&authority).await,
        Command::End(id) => end(&authority, &id).await,
        Command::RevokeSubject(subject) => {
            let ended = authority.revoke_subject(&subject).await?;
            println!("ended {} sessions and {} API keys", ended.sessions, ended.api_keys);
            Ok(Outcome::Done)
        }
        Command::Prune => prune(&authority).await,
    }
}

async fn issue(
    authority: &Authority,
    subject: &Subject,
    scope: Scope,
) -> Result<Outcome, Box<dyn Error>> {
    let issued = authority.issue(Grant::new(subject, scope).label("the command line")).await?;
    give_out(issued);
    Ok(Outcome::Done)
}

async fn list(authority: &Authority, subject: &Subject) -> Result<Outcome, Box<dyn Error>> {
    let mut after = None;
    loop {
        let page = authority.list_sessions(subject, after.as_ref(), PAGE).await?;
        for session in &page {
            println!(
                "{}  generation {}  idle until {}  at most until {}  {}",
                session.id,
                session.state.generation,
                session.state.idle_expires_at,
                session.absolute_expires_at,
                session.scope,
            );
        }
        after = page.last().map(|session| session.id);
        if after.is_none() {
            return Ok(Outcome::Done);
        }
    }
}

async fn refresh(authority: &Authority) -> Result<Outcome, Box<dyn Error>> {
    let mut token = String::new();
    io::stdin().take(4096).read_to_string(&mut token)?;
    match authority.refresh(token.trim()).await {
        Ok(issued) => {
            give_out(issued);
            Ok(Outcome::Done)
        }
        Err(error) if is_trouble(&error) => Err(error.into()),
        Err(error) => {
            eprintln!("refused: {}", with_causes(&error));
            Ok(Outcome::Refused)
        }
    }
}

async fn end(authority: &Authority, id: &SessionId) -> Result<Outcome, Box<dyn Error>> {
    if authority.end_session(id).await? {
        println!("ended {id}");
        return Ok(Outcome::Done);
    }
    eprintln!("there is no live session {id}");
    Ok(Outcome::Refused)
}

async fn prune(authority: &Authority) -> Result<Outcome, Box<dyn Error>> {
    let (mut sessions, mut revocations, mut api_keys) = (0, 0, 0);
    loop {
        let pruned = authority.prune(PAGE).await?;
        sessions += pruned.sessions;
        revocations += pruned.revocations;
        api_keys += pruned.api_keys;
        if !pruned.more {
            break;
        }
    }
    println!("forgot {sessions} sessions, {revocations} revocations and {api_keys} API keys");
    Ok(Outcome::Done)
}

/// The one place where tokens leave: as the response of RFC 6749 §5.1.
fn give_out(issued: Issued) {
    eprintln!("session {}", issued.session_id());
    println!("{}", issued.into_response().body());
}

/// The key of the PEM file, or one that is forgotten when this ends.
fn signing_key(command: &Command) -> Result<SigningKey, Box<dyn Error>> {
    match env::var("HALLPASS_SIGNING_KEY") {
        Ok(path) => {
            let pem = fs::read_to_string(&path)
                .map_err(|error| format!("HALLPASS_SIGNING_KEY: `{path}`: {error}"))?;
            Ok(SigningKey::from_pem(Algorithm::EdDSA, &pem)?)
        }
        Err(_) => {
            if matches!(command, Command::Issue(..) | Command::Refresh) {
                eprintln!("note: HALLPASS_SIGNING_KEY is not set; the access token is for show");
            }
            Ok(SigningKey::generate(Algorithm::EdDSA)?)
        }
    }
}

/// Whether we are unwell, and the holder should keep the token.
fn is_trouble(error: &RefreshError) -> bool {
    matches!(
        error,
        RefreshError::Unavailable(_)
            | RefreshError::StateRollback
            | RefreshError::ClockSkew
            | RefreshError::Signing(_)
            | RefreshError::Permissions(_)
    )
}

/// The error and what caused it, each said once.
fn with_causes(error: &dyn Error) -> String {
    let mut said = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if said.last() != Some(&text) {
            said.push(text);
        }
        cause = error.source();
    }
    said.join(": ")
}
