//! Counting tests: what the runners print at their end, added up.

/// Tests passed, failed, skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Skipped.
    pub skipped: u32,
}

impl Count {
    /// Adds what a line of a runner says: cargo test, nextest, node's runner.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colour(line);
        let line = line.trim();
        if line.starts_with("test result:") {
            self.passed += number_before(line, " passed");
            self.failed += number_before(line, " failed");
            self.skipped += number_before(line, " ignored");
        } else if line.starts_with("Summary [") {
            self.passed += number_before(line, " passed");
            self.failed += number_before(line, " failed") + number_before(line, " timed out");
            self.skipped += number_before(line, " skipped");
        } else if let Some((word, number)) = line
            .strip_prefix("ℹ ")
            .or(line.strip_prefix("# "))
            .and_then(|l| l.split_once(' '))
        {
            let number = number.parse().unwrap_or(0);
            match word {
                "pass" => self.passed += number,
                "fail" | "cancelled" => self.failed += number,
                "skipped" | "todo" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// One check that passed or failed.
    pub(crate) fn one(passed: bool) -> Self {
        Self {
            passed: u32::from(passed),
            failed: u32::from(!passed),
            skipped: 0,
        }
    }
}

fn number_before(line: &str, word: &str) -> u32 {
    let Some(end) = line.find(word) else { return 0 };
    let before = &line[..end];
    let start = before
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + 1);
    before[start..].parse().unwrap_or(0)
}

fn without_colour(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, passed: u32, failed: u32, skipped: u32) {
        let mut count = Count::default();
        count.read(line);
        assert_eq!(
            count,
            Count {
                passed,
                failed,
                skipped
            },
            "{line}"
        );
    }

    #[test]
    fn the_closing_lines_of_each_runner_are_read() {
        check(
            "test result: ok. 12 passed; 1 failed; 2 ignored; 0 measured;",
            12,
            1,
            2,
        );
        check(
            "     Summary [   1.7s] 31 tests run: 30 passed, 1 failed, 4 skipped",
            30,
            1,
            4,
        );
        check(
            "\u{1b}[32;1m     Summary\u{1b}[0m [ 1s] 3 tests run: 3 passed, 0 skipped",
            3,
            0,
            0,
        );
        check("ℹ pass 7", 7, 0, 0);
        check("# fail 2", 0, 2, 0);
        check("ℹ duration_ms 7", 0, 0, 0);
        check("a line about 5 passed exams", 0, 0, 0);
    }
}
