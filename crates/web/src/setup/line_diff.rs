//! What changed between two texts, line by line.

/// Pairs of lines that are compared at most; beyond, the changed middle is shown as a whole.
const PAIRS_MAX: usize = 4_000_000;

/// A line of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// In both.
    Same(&'a str),
    /// In the old text only.
    Gone(&'a str),
    /// In the new text only.
    New(&'a str),
}

/// The new text beside the old one.
pub(super) fn difference<'a>(old: &'a str, new: &'a str) -> Vec<Change<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let equal = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(equal).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = (old_rest.iter().rev().zip(new_rest.iter().rev()))
        .take_while(equal)
        .count();
    let (old_middle, end) = old_rest.split_at(old_rest.len() - tail);
    let new_middle = &new_rest[..new_rest.len() - tail];
    let mut changes: Vec<Change<'_>> = old[..head].iter().map(|line| Change::Same(line)).collect();
    changes.extend(middle(old_middle, new_middle));
    changes.extend(end.iter().map(|line| Change::Same(line)));
    changes
}

/// By the longest common subsequence.
fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Change<'a>> {
    if old.len().saturating_mul(new.len()) > PAIRS_MAX {
        let gone = old.iter().map(|line| Change::Gone(line));
        return gone
            .chain(new.iter().map(|line| Change::New(line)))
            .collect();
    }
    let width = new.len() + 1;
    let mut length = vec![0_u32; (old.len() + 1) * width];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            length[i * width + j] = match a == b {
                true => length[(i + 1) * width + j + 1] + 1,
                false => length[(i + 1) * width + j].max(length[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut changes = Vec::with_capacity(old.len() + new.len());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            changes.push(Change::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if length[(i + 1) * width + j] >= length[i * width + j + 1] {
            changes.push(Change::Gone(old[i]));
            i += 1;
        } else {
            changes.push(Change::New(new[j]));
            j += 1;
        }
    }
    changes.extend(old[i..].iter().map(|line| Change::Gone(line)));
    changes.extend(new[j..].iter().map(|line| Change::New(line)));
    changes
}

#[cfg(test)]
mod tests {
    use super::Change::{Gone, New, Same};
    use super::difference;

    #[test]
    fn only_what_changed_is_gone_or_new() {
        let found = difference("a\nb\nc\nd", "a\nx\nc\ny\nd");
        assert_eq!(
            found,
            [
                Same("a"),
                Gone("b"),
                New("x"),
                Same("c"),
                New("y"),
                Same("d")
            ]
        );
        assert_eq!(difference("", "a"), [New("a")]);
        assert_eq!(difference("a\nb", ""), [Gone("a"), Gone("b")]);
        assert_eq!(difference("a", "a"), [Same("a")]);
    }

    #[test]
    fn either_text_can_be_read_off_the_difference() {
        let texts = ["a\na\nb", "b\na\na\nc", "", "c\nb\na", "a"];
        for old in texts {
            for new in texts {
                let found = difference(old, new);
                let side = |is_new: bool| {
                    let lines = found.iter().filter_map(move |change| match change {
                        Same(line) => Some(*line),
                        Gone(line) => (!is_new).then_some(*line),
                        New(line) => is_new.then_some(*line),
                    });
                    lines.collect::<Vec<_>>()
                };
                assert_eq!(side(false), old.lines().collect::<Vec<_>>());
                assert_eq!(side(true), new.lines().collect::<Vec<_>>());
            }
        }
    }
}
