//! What a benchmark found, in lines.

use std::time::Duration;

/// How long each of many took.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    fn at(&self, percent: usize) -> Duration {
        let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or_default()
    }
}

/// Records in a time.
#[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
pub(crate) fn rate(what: &str, records: u64, took: Duration) {
    let seconds = took.as_secs_f64();
    let each = records as f64 / seconds;
    print(&format!(
        "{what:52} {records:>9} in {seconds:>7.2} s {each:>9.0}/s"
    ));
}

/// Median and 99th percentile of each, and how often the floor's median goes into it.
pub(crate) fn times(what: &str, times: &Times, floor: &Times) {
    let micros = |percent| times.at(percent).as_secs_f64() * 1e6;
    let ratio = times.at(50).as_secs_f64() / floor.at(50).as_secs_f64();
    print(&format!(
        "{what:52} p50 {:>9.1} us  p99 {:>9.1} us  {ratio:>6.2}x",
        micros(50),
        micros(99),
    ));
}

#[expect(clippy::print_stdout, reason = "what it found is its output")]
pub(crate) fn print(line: &str) {
    println!("{line}");
}
