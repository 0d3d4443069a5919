//! Explains decisions about scopes, and answers questions about them as a service on stdin.
//!
//! `cargo run --example scope -- explain 'invoice:read' 'invoice:7:write'`

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use hallpass::scope::{Item, Require, Requirement, Scope, ScopeError};
use serde_json::{Value, json};

const USAGE: &str = "\
usage: scope explain GRANTED REQUIRED   say whether GRANTED covers REQUIRED, and why
       scope --json-lines               answer one JSON object per line on stdin:
         {\"op\":\"parse\",\"scope\":S}
         {\"op\":\"covers\",\"granted\":G,\"required\":R}
         {\"op\":\"meet\",\"a\":A,\"b\":B}   {\"op\":\"join\",\"a\":A,\"b\":B}";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["explain", granted, required] => match explain(granted, required) {
            Ok(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        ["--json-lines"] => match answer_lines() {
            Ok(()) => ExitCode::SUCCESS,
            // Whoever asked has left.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        ["--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The decision, then for every required item the granted one that covers it.
fn explain(granted: &str, required: &str) -> Result<String, ScopeError> {
    let (granted, required) = (Scope::parse(granted)?, Scope::parse(required)?);
    let decision = if granted.covers(&required) { "covered" } else { "not covered" };
    let mut text = format!("{decision}\n  granted:  {granted}\n  required: {required}\n");
    for item in &required {
        let reason = match granted.iter().find(|own| covers(*own, item)) {
            Some(own) => format!("covered by {own}"),
            None => why_not(&granted, item),
        };
        text += &format!("  {item}: {reason}\n");
    }
    Ok(text)
}

fn covers(granted: Item<'_>, required: Item<'_>) -> bool {
    match (granted, required) {
        (Item::Word(own), Item::Word(word)) => own == word,
        (Item::Permission(own), Item::Permission(wanted)) => {
            own.to_permission().covers(&wanted.to_permission())
        }
        _ => false,
    }
}

fn why_not(granted: &Scope, required: Item<'_>) -> String {
    let Item::Permission(wanted) = required else {
        return "not covered: only the word itself gives a word, never a wildcard".to_owned();
    };
    let wanted = wanted.to_permission();
    let parts: Vec<String> = granted
        .iter()
        .filter_map(|own| match own {
            Item::Permission(own) => own.to_permission().meet(&wanted),
            Item::Word(_) => None,
        })
        .map(|part| part.to_string())
        .collect();
    if parts.is_empty() {
        "not covered: no granted item has anything of it".to_owned()
    } else {
        format!("not covered: no one item has all of it, only {}", parts.join(", "))
    }
}

fn answer_lines() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        writeln!(output, "{}", answer(&line))?;
        // The other side may wait for this answer before it asks again.
        output.flush()?;
    }
}

fn answer(line: &[u8]) -> Value {
    let question: Value = match serde_json::from_slice(line) {
        Ok(question) => question,
        Err(error) => return refusal("BadJson", &error.to_string()),
    };
    match reply(&question) {
        Ok(value) => value,
        Err(Problem::Scope(error)) => refusal(&format!("{:?}", error.kind()), &error.to_string()),
        Err(Problem::Question(message)) => refusal("BadRequest", &message),
    }
}

enum Problem {
    Scope(ScopeError),
    Question(String),
}

impl From<ScopeError> for Problem {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

fn refusal(kind: &str, message: &str) -> Value {
    json!({ "ok": false, "error": kind, "message": message })
}

fn reply(question: &Value) -> Result<Value, Problem> {
    let field = |name: &str| {
        let text = question.get(name).and_then(Value::as_str);
        text.ok_or_else(|| Problem::Question(format!("`{name}` must be a string")))
    };
    match field("op")? {
        "parse" => {
            let scope = Scope::parse(field("scope")?)?;
            Ok(json!({ "ok": true, "canonical": scope.as_str(), "compact": format!("{scope:#}") }))
        }
        "covers" => {
            let granted = Scope::parse(field("granted")?)?;
            let required = requirement(field("required")?)?;
            Ok(json!({ "ok": true, "covers": required.is_met_by(granted.view()) }))
        }
        operation @ ("meet" | "join") => {
            let (a, b) = (Scope::parse(field("a")?)?, Scope::parse(field("b")?)?);
            let scope = if operation == "meet" { a.meet(&b)? } else { a.join(&b)? };
            Ok(json!({ "ok": true, "canonical": scope.as_str() }))
        }
        _ => Err(Problem::Question("unknown op".to_owned())),
    }
}

/// Here a reserved word asks for the word: whoever asks has no other way to say so.
fn requirement(text: &str) -> Result<Require, ScopeError> {
    Ok(Require::from(&Scope::parse(text)?))
}
