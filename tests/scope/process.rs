//! The tool in `examples/scope.rs`, driven as a process.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// `cargo test` builds the examples beside the tests: `deps/` and `examples/` are siblings.
fn tool() -> Command {
    let test = std::env::current_exe().unwrap();
    let folder: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples");
    let path = folder.join(format!("scope{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        // A single test target was asked for, which does not build examples.
        let profile = folder.parent().and_then(|folder| folder.file_name()).unwrap();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["build", "--quiet", "--example", "scope"]);
        if profile == "release" {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    }
    Command::new(path)
}

fn run(arguments: &[&str]) -> Output {
    tool().args(arguments).output().unwrap()
}

#[test]
fn questions_are_answered_line_by_line_and_at_once() {
    let mut child =
        tool().arg("--json-lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &[u8]| -> Value {
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    for (question, answer) in [
        (
            json!({"op": "parse", "scope": "book openid"}),
            json!({"ok": true, "canonical": "openid book:*:*", "compact": "openid book:*"}),
        ),
        (
            json!({"op": "covers", "granted": "book:read", "required": "book:1:read"}),
            json!({"ok": true, "covers": true}),
        ),
        (
            json!({"op": "covers", "granted": "*", "required": "openid"}),
            json!({"ok": true, "covers": false}),
        ),
        (
            json!({"op": "covers", "granted": "openid", "required": "openid"}),
            json!({"ok": true, "covers": true}),
        ),
        (
            json!({"op": "meet", "a": "book:read", "b": "book:1:*"}),
            json!({"ok": true, "canonical": "book:1:read"}),
        ),
        (
            json!({"op": "join", "a": "book:read", "b": "book:1:read"}),
            json!({"ok": true, "canonical": "book:*:read"}),
        ),
        (
            json!({"op": "parse", "scope": "book::read"}),
            json!({
                "ok": false,
                "error": "EmptyPart",
                "message": "scope item 1 (`book::read`): the id is empty; write `*` for every id",
            }),
        ),
    ] {
        assert_eq!(ask(question.to_string().as_bytes()), answer, "{question}");
    }
    for junk in [
        b"{".as_slice(),
        b"\xff\xfe",
        b"[]",
        b"7",
        br#"{"op":"dance"}"#,
        br#"{"op":7}"#,
        br#"{"op":"parse"}"#,
        br#"{"op":"meet","a":"*","b":null}"#,
    ] {
        let answer = ask(junk);
        assert_eq!(answer["ok"], json!(false), "{junk:?}");
        assert!(answer["error"].is_string() && answer["message"].is_string(), "{answer}");
    }
    assert_eq!(ask(br#"{"op":"parse","scope":""}"#)["ok"], json!(true));
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn decisions_are_explained() {
    let output = run(&["explain", "book:1:read openid", "book:read email"]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "not covered\n  granted:  openid book:1:read\n  required: email book:*:read\n  \
         email: not covered: only the word itself gives a word, never a wildcard\n  \
         book:*:read: not covered: no one item has all of it, only book:1:read\n"
    );
    let output = run(&["explain", "book", "book:1:read"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("covered\n") && text.contains("covered by book:*:*"), "{text}");
    assert_eq!(run(&["explain", "book:", "book"]).status.code(), Some(1));
}

#[test]
fn wrong_arguments_get_the_usage_and_exit_code_2() {
    for arguments in [&[][..], &["explain"], &["--json"], &["explain", "a", "b", "c"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("usage: "));
    }
}
