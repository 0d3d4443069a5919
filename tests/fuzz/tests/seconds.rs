//! Each target over its corpus and over inputs made from it, the same ones each time, for a moment.
//! The real search is `run`.

use std::{fs, path::Path, time::Instant};

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

/// Bytes from nowhere, or a file of the corpus with a few things done to it.
fn make(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    if corpus.is_empty() || random.below(4) == 0 {
        let length = random.below(200);
        return (0..length).map(|_| random.next() as u8).collect();
    }
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            1 => bytes.insert(at, random.next() as u8),
            2 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            3 => bytes.truncate(at),
            _ => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes
}

fn seconds(name: &str, times: usize) {
    let (_, target) = hallpass_fuzz::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpus = files(&root.join("corpus").join(name));
    if name == "key_load" {
        corpus.extend(files(&root.join("../vectors/keys")));
    }
    assert!(!corpus.is_empty(), "a target has a corpus to begin with");
    for bytes in &corpus {
        target(bytes);
    }
    let mut random = Random(name.len() as u64);
    let began = Instant::now();
    for _ in 0..times {
        let bytes = make(&mut random, &corpus);
        target(&bytes);
    }
    println!("{name}: {} files, {times} inputs, {:?}", corpus.len(), began.elapsed());
}

macro_rules! targets {
    ($($name:ident: $times:literal,)*) => {
        $(#[test] fn $name() { seconds(stringify!($name), $times) })*

        #[test]
        fn every_target_is_here() {
            let here: &[&str] = &[$(stringify!($name)),*];
            assert!(hallpass_fuzz::TARGETS.iter().map(|(name, _)| *name).eq(here.iter().copied()));
        }
    };
}

targets! {
    scope_text: 20_000,
    scope_algebra: 20_000,
    token_verify: 10_000,
    opaque_text: 5_000,
    request_head: 5_000,
    key_load: 1_000,
    feed_page: 10_000,
    gateway_path: 10_000,
    form: 2_000,
}
