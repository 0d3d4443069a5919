//! Knows how to put tokens before PyJWT and jose: tokens of ours that they judge, and tokens that they
//! signed, which both judge. Where both accept, both must have read the same.
//! Must not know why they differ: `foreign_differences.rs` is the table.
//!
//! `tests/run server` installs the two and runs these.

use std::{
    collections::BTreeMap,
    env,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    damage::damage,
    differences::{DIFFERENCES, Difference},
    facts::Facts,
    foreign_differences::{JOSE, PYJWT},
    random::Random,
    show,
    tokens::Draft,
    verdict::{ALL, AUDIENCE, Answers, ISSUER, Judges, LEEWAY, system_seconds},
};

#[test]
#[ignore = "it needs PyJWT, which `tests/run server` installs"]
fn pyjwt_gives_the_same_verdicts() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/python/pyjwt_judge.py");
    let mut python = Command::new(set_up("HALLPASS_PYTHON"));
    compare(python.arg(script), PYJWT);
}

#[test]
#[ignore = "it needs jose, which `tests/run server` installs"]
fn jose_gives_the_same_verdicts() {
    let mut node = Command::new("node");
    compare(node.arg(format!("{}/jose_judge.mjs", set_up("HALLPASS_NODE"))), JOSE);
}

/// RSA signatures are slow to make, here and there.
fn cases(algorithm: &str) -> u64 {
    match algorithm.get(..2) {
        Some("HS" | "Ed") => 600,
        Some("ES") => 400,
        _ => 100,
    }
}

/// Text that is not ASCII, or not what it seems: for names and for what a host adds.
const TEXTS: [&str; 12] = [
    "\"grüße\"",
    "\"gr\\u00fc\\u00dfe\"",
    "\"\u{202e}nimda\"",
    "\"ａｄａ\"",
    "\"e\u{301}\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud83d\\ude00 \u{1f600}\"",
    "\"\\ud83d\"",
    "\"\u{feff}ada\"",
    "\"\u{2028}\\/\\\\\\\"\"",
    "{\"名前\":\"\u{e000}\",\"n\":[9007199254740993,-0.0,1e-7,0.1]}",
];

fn draft(judges: &Judges, random: &mut Random, now: u64) -> Draft {
    let mut draft = Draft::good(&judges.issued, now);
    for _ in 0..random.below(4) {
        if random.below(4) == 0 {
            let name = random.pick(&["sub", "client_id", "plan", "plan", "jti", "acr"]);
            draft.claim(name, random.pick(&TEXTS));
        } else {
            draft.change(random, now);
        }
    }
    draft
}

fn compare(program: &mut Command, differences: &[Difference]) {
    let now = system_seconds();
    let judges: Vec<Judges> = ALL.map(Judges::new).into();
    let name = |judges: &Judges| format!("{:?}", judges.algorithm);
    let keys: BTreeMap<_, _> = judges.iter().map(|judges| (name(judges), key(judges))).collect();
    let config =
        json!({"now": now, "issuer": ISSUER, "audience": AUDIENCE, "leeway": LEEWAY, "keys": keys});

    // What they are to sign, each with what we would have signed.
    let (mut jobs, mut whose) = (Vec::new(), Vec::new());
    let mut tokens = Vec::new();
    for judges in &judges {
        let algorithm = name(judges);
        for seed in 0..cases(&algorithm) {
            let mut random = Random::new(seed ^ (judges.algorithm as u64) << 32);
            let drafted = draft(judges, &mut random, now);
            let (header, claims) = drafted.parts();
            jobs.push(json!({"alg": algorithm, "header": header, "claims": claims}));
            whose.push(judges);
            tokens.push((judges, damage(drafted.sign(judges), &mut random)));
        }
    }
    let ours = tokens.len();
    let signed = ask(program, &config, &jobs);
    let signed = whose.iter().zip(&signed);
    tokens.extend(
        signed.filter_map(|(judges, answer)| Some((*judges, answer["token"].as_str()?.to_owned()))),
    );
    let theirs = tokens.len() - ours;

    let jobs: Vec<_> =
        tokens.iter().map(|(judges, token)| json!({"alg": name(judges), "token": token})).collect();
    let answers = ask(program, &config, &jobs);
    let (mut both, mut neither) = ([0, 0], [0, 0]);
    let (mut explained, mut unexplained) = (BTreeMap::<&str, u32>::new(), Vec::new());
    for (at, ((judges, token), answer)) in tokens.into_iter().zip(answers).enumerate() {
        let by = usize::from(at >= ours);
        let verdict = answer["error"].as_str().map_or(Ok(()), |error| Err(error.to_owned()));
        let answers = Answers {
            now,
            ours: judges.ours(&token, now),
            theirs: verdict,
            kid: judges.issued.kid.clone(),
            token,
        };
        match (&answers.ours, &answers.theirs) {
            (Ok(verified), Ok(())) => {
                both[by] += 1;
                let read = serde_json::from_str::<Value>(answer["read"].as_str().unwrap());
                let (ours, theirs) = (verified.claims::<Value>().unwrap(), read.unwrap());
                assert_eq!(plain(ours), plain(theirs), "{}", show(&answers));
            }
            (Err(_), Err(_)) => neither[by] += 1,
            _ => {
                let facts = Facts::of(&answers);
                let mut known = differences.iter().chain(DIFFERENCES);
                let known = known.find(|known| known.explains(&answers, &facts));
                match known {
                    Some(known) => *explained.entry(known.what).or_default() += 1,
                    None => unexplained.push(show(&answers)),
                }
            }
        }
    }
    println!("of ours {ours}: both accept {}, neither {}", both[0], neither[0]);
    println!("of theirs {theirs}: both accept {}, neither {}", both[1], neither[1]);
    println!("explained {explained:#?}");
    let found = unexplained.len();
    unexplained.truncate(10);
    assert!(found == 0, "nothing explains {found}, such as\n{}", unexplained.join("\n\n"));
    assert!(both.iter().zip([ours, theirs]).all(|(both, all)| both * 10 >= all && all > 2_000));
    assert!(neither.iter().zip([ours, theirs]).all(|(neither, all)| neither * 20 >= all));
    // An entry that no token shows has outlived its reason.
    for known in differences {
        assert!(explained.contains_key(known.what), "no longer differs: {}", known.what);
    }
}

/// What they check and sign with.
fn key(judges: &Judges) -> Value {
    let Some(jwk) = &judges.jwk else { return json!({"secret": "07".repeat(64)}) };
    let (file, form) = match judges.algorithm {
        jsonwebtoken::Algorithm::ES256 => ("p256.pkcs8.der", "pkcs8"),
        jsonwebtoken::Algorithm::ES384 => ("p384.pkcs8.der", "pkcs8"),
        jsonwebtoken::Algorithm::EdDSA => ("ed25519.pkcs8.der", "pkcs8"),
        _ => ("rsa2048.pkcs1.der", "pkcs1"),
    };
    let der = format!("{}/tests/vectors/keys/{file}", env!("CARGO_MANIFEST_DIR"));
    json!({"jwk": serde_json::from_str::<Value>(jwk).unwrap(), "der": der, "form": form})
}

/// One answer to each job.
fn ask(program: &mut Command, config: &Value, jobs: &[Value]) -> Vec<Value> {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = [config].into_iter().chain(jobs).map(|job| format!("{job}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), jobs.len());
    answers
}

/// Numbers as JavaScript has them.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, plain(value))).collect()
        }
        other => other,
    }
}

fn set_up(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("`{name}` is not set; `tests/run server` does it"))
}
