//! What a decision, a reading and a meet cost, from one item to ten thousand.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hallpass::scope::{Limits, Permission, Scope};

fn limits() -> Limits {
    Limits::default().items(20_000).bytes(1 << 22)
}

/// Three shapes in ten, as roles have them; the last item is a literal.
fn text(size: usize) -> String {
    let item = |n: usize| match n % 10 {
        3 => format!("res{n}:*:read"),
        7 => format!("res{n}:*:*"),
        _ => format!("invoice:id-{n}:write"),
    };
    let items: Vec<_> = (1..=size).map(item).collect();
    let scope = Scope::parse_within(&items.join(" "), &limits());
    scope.map(|scope| scope.to_string()).unwrap_or_default()
}

fn read(text: &str) -> Scope {
    Scope::parse_canonical_within(text, &limits()).unwrap_or_default()
}

fn covers(c: &mut Criterion) {
    let mut group = c.benchmark_group("covers");
    for size in [1, 6, 10, 100, 1000, 10_000] {
        let scope = read(&text(size));
        let last = scope.as_str().rsplit(' ').next().and_then(|item| item.parse().ok());
        let Some(last): Option<Permission> = last else { continue };
        let (resource, id) = (last.resource(), last.id());
        let hit = (resource.as_str().unwrap_or("*"), id.as_str().unwrap_or("77"), "read");
        let hit = if size < 3 { ("invoice", "id-1", "write") } else { hit };
        assert!(scope.view().covers_permission(hit.0, hit.1, hit.2), "{hit:?}");
        for (name, (r, i, a)) in [("hit", hit), ("miss", ("invoice", "id-nobody", "write"))] {
            group.bench_function(BenchmarkId::new(name, size), |b| {
                b.iter(|| scope.view().covers_permission(black_box(r), black_box(i), black_box(a)));
            });
        }
    }
    let shapes = "*:*:list *:1:* *:2:read a:*:* b:*:read c:3:* d:4:read e:5:read f:6:read g:7:read";
    let worst = read(shapes);
    group.bench_function("miss/seven shapes", |b| {
        b.iter(|| worst.view().covers_permission(black_box("zebra"), black_box("99"), "write"));
    });
    group.finish();
}

fn parse(c: &mut Criterion) {
    for (name, canonical) in [("parse_canonical", true), ("parse", false)] {
        let mut group = c.benchmark_group(name);
        for size in [1, 6, 100, 10_000] {
            let text = text(size);
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter(|| match canonical {
                    true => Scope::parse_canonical_within(black_box(&text), &limits()),
                    false => Scope::parse_within(black_box(&text), &limits()),
                });
            });
        }
        group.finish();
    }
}

fn meet(c: &mut Criterion) {
    let mut group = c.benchmark_group("meet");
    for size in [6, 100, 10_000] {
        let (role, token) = (read(&text(size)), read("invoice:*:write res3:7:* res7:*:read"));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| black_box(&role).meet_within(black_box(&token), &limits()));
        });
    }
    group.finish();
}

criterion_group!(benches, covers, parse, meet);
criterion_main!(benches);
