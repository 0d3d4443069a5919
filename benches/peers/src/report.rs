//! Knows how times become a table.
//! Must not know where they come from.

#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The median of the ratios taken within each round.
#[must_use]
pub fn ratio(times: &[f64], base: &[f64]) -> Option<f64> {
    median(&times.iter().zip(base).map(|(time, base)| time / base).collect::<Vec<_>>())
}

/// Three digits, and no more than are there.
#[must_use]
pub fn figure(value: Option<f64>) -> String {
    let Some(value) = value else { return "-".into() };
    match value {
        ..0.1 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => thousands(value.round() as usize),
    }
}

/// Digits in groups of three.
#[must_use]
pub fn thousands(value: usize) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A table in Markdown: figures stand to the right.
pub struct Table(String);

impl Table {
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let rule = "|---|".to_owned() + &"---:|".repeat(columns.len() - 1);
        Self(format!("| {} |\n{rule}\n", columns.join(" | ")))
    }

    pub fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().collect();
        self.0.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }

    /// A row of someone who could not be measured.
    pub fn missing(&mut self, name: &str, why: &str, columns: usize) {
        let first = why.to_owned();
        let rest = (1..columns).map(|_| String::new());
        self.row(name, std::iter::once(first).chain(rest));
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
