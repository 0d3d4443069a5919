//! Knows the order of the turns and the three tables: tokens, decisions, other languages.
//! Must not know how a subject does its work.
//!
//! `table ROUNDS [KIND NAME COMMAND]...`, the words of a command parted by tabs; `run` calls it. Every process has its
//! turn in every round, so that a machine that changes its speed changes all of them alike. Ratios
//! are taken within one turn of one process, which measures hallpass too.

use hallpass_peers::{
    decisions::SIZES,
    report::{Table, figure, median, ratio, thousands},
    talk::Subject,
    tokens::ALGORITHMS,
};

/// Where a subject's figures go.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Ours,
    Token,
    Decision,
    Foreign,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().unwrap().parse().unwrap();
    let mut subjects = Vec::new();
    while let Some(kind) = arguments.next() {
        let kind = match kind.as_str() {
            "ours" => Kind::Ours,
            "token" => Kind::Token,
            "decision" => Kind::Decision,
            "foreign" => Kind::Foreign,
            other => panic!("no kind `{other}`"),
        };
        let (name, command) = (arguments.next().unwrap(), arguments.next().unwrap());
        let command: Vec<String> = command.split_terminator('\t').map(str::to_owned).collect();
        eprintln!("checking {name}");
        let subject = Subject::start(&name, &command);
        assert!(kind != Kind::Ours || subject.fault.is_none(), "there is nothing to compare with");
        subjects.push((kind, subject));
    }
    for round in 1..=rounds {
        eprint!("\rround {round} of {rounds}");
        take_turns(&mut subjects, round);
    }
    eprintln!();
    print(&subjects, rounds);
}

/// Before a process in another language hallpass has a turn of its own.
fn take_turns(subjects: &mut [(Kind, Subject)], round: usize) {
    let ours = subjects.iter().position(|(kind, _)| *kind == Kind::Ours).unwrap();
    for index in 0..subjects.len() {
        let index = (index + round) % subjects.len();
        if subjects[index].0 == Kind::Foreign {
            subjects[ours].1.turn();
        }
        subjects[index].1.turn();
    }
}

/// The eight jobs on tokens.
fn jobs() -> Vec<String> {
    let name = |verb: &'static str| ALGORITHMS.map(|one| format!("{verb} {}", one.name()));
    [name("verify"), name("issue")].concat()
}

fn print(subjects: &[(Kind, Subject)], rounds: usize) {
    let of = |kind| subjects.iter().filter(move |(k, _)| *k == kind).map(|(_, subject)| subject);
    let ours = of(Kind::Ours).next().unwrap();
    println!("Tokens: time as a multiple of hallpass's, median of {rounds} rounds.\n");
    println!("{}", tokens(ours, of(Kind::Token)));
    let engines: Vec<_> = of(Kind::Decision).collect();
    println!("Decisions: time as a multiple of hallpass's, median of {rounds} rounds.\n");
    println!("{}", decisions(&engines));
    if of(Kind::Foreign).next().is_some() {
        println!("Other languages: microseconds, median of {rounds} rounds.\n");
        println!("{}", foreign(ours, of(Kind::Foreign)));
    }
}

/// The head of a table of the eight jobs.
fn head() -> Vec<String> {
    let jobs = jobs().into_iter().enumerate();
    let short = jobs.map(|(index, job)| match index % 4 {
        0 => job,
        _ => job.split(' ').next_back().unwrap().to_owned(),
    });
    std::iter::once(String::new()).chain(short).collect()
}

fn new_table() -> Table {
    let head = head();
    Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>())
}

fn tokens<'s>(ours: &Subject, peers: impl Iterator<Item = &'s Subject>) -> Table {
    let mut table = new_table();
    let micros = |job: &String| {
        format!("{} µs", figure(median(ours.times(job, "hallpass")).map(|time| time / 1000.0)))
    };
    table.row("hallpass, on ring", jobs().iter().map(micros));
    for (name, case) in [
        ("ring alone: the bare signature", "ring"),
        ("hallpass, revocation checked too", "revocation"),
        ("hallpass, a token seen before", "again"),
    ] {
        let one = |job: &String| figure(ratio(ours.times(job, case), ours.times(job, "hallpass")));
        table.row(name, jobs().iter().map(one));
    }
    for peer in peers {
        if let Some(fault) = peer.fault {
            table.missing(&peer.title, fault, jobs().len());
            continue;
        }
        let one =
            |job: &String| figure(ratio(peer.times(job, "peer"), peer.times(job, "hallpass")));
        table.row(&peer.title, jobs().iter().map(one));
    }
    table
}

fn decisions(engines: &[&Subject]) -> Table {
    let jobs: Vec<_> =
        SIZES.iter().flat_map(|n| [format!("hit {n}"), format!("miss {n}")]).collect();
    let head: Vec<_> = std::iter::once(String::new())
        .chain(SIZES.iter().flat_map(|n| {
            let held = if *n == 1 { "permission" } else { "permissions" };
            [format!("{} {held}, hit", thousands(*n)), "miss".to_owned()]
        }))
        .collect();
    let mut table = Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
    let nanos = |job: &String| {
        let all: Vec<_> =
            engines.iter().flat_map(|one| one.times(job, "hallpass")).copied().collect();
        median(&all).map_or("-".into(), |time| format!("{time:.0} ns"))
    };
    table.row("hallpass", jobs.iter().map(nanos));
    for engine in engines {
        if let Some(fault) = engine.fault {
            table.missing(&engine.title, fault, jobs.len());
            continue;
        }
        let one =
            |job: &String| figure(ratio(engine.times(job, "peer"), engine.times(job, "hallpass")));
        table.row(&engine.title, jobs.iter().map(one));
    }
    table
}

fn foreign<'s>(ours: &Subject, peers: impl Iterator<Item = &'s Subject>) -> Table {
    let mut table = new_table();
    let micros = |subject: &Subject, case: &str| -> Vec<String> {
        let one = |job: &String| figure(median(subject.times(job, case)).map(|time| time / 1000.0));
        jobs().iter().map(one).collect()
    };
    table.row("hallpass, measured between them", micros(ours, "hallpass"));
    table.row("hallpass, a token seen before", micros(ours, "again"));
    for peer in peers {
        match peer.fault {
            Some(fault) => table.missing(&peer.title, fault, jobs().len()),
            None => table.row(&peer.title, micros(peer, "peer")),
        }
    }
    table
}
