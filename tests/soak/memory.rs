//! Knows whether something grows: a straight line through what was measured.
//! Must not know what.

/// A line through measurements by time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// Where the line is when the first of them was taken.
    pub(crate) from: f64,
    /// By how much it rises until the last was taken.
    pub(crate) by: f64,
    /// Units of time that it covers.
    pub(crate) over: f64,
}

/// The line of least squares through the second half; the first is for warming up.
pub(crate) fn growth(measured: &[(f64, f64)]) -> Option<Growth> {
    let measured = measured.get(measured.len() / 2..)?;
    let (first, last) = (measured.first()?.0, measured.last()?.0);
    if measured.len() < 3 || last <= first {
        return None;
    }
    let count = f64::from(u32::try_from(measured.len()).ok()?);
    let mean = |of: fn(&(f64, f64)) -> f64| measured.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let rise: f64 = measured.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let run: f64 = measured.iter().map(|point| (point.0 - x).powi(2)).sum();
    let slope = rise / run;
    Some(Growth { from: y + slope * (first - x), by: slope * (last - first), over: last - first })
}

#[test]
fn a_leak_is_a_line_that_rises() {
    let leaking: Vec<_> =
        (0..100).map(|at| (f64::from(at), 1000.0 + 7.0 * f64::from(at))).collect();
    let growth = growth(&leaking).unwrap();
    assert!((growth.by - 7.0 * 49.0).abs() < 1e-6, "{growth:?}");
    let flat: Vec<_> = (0..100).map(|at| (f64::from(at), 1000.0 + f64::from(at % 2))).collect();
    assert!(self::growth(&flat).unwrap().by.abs() < 1.0);
}
