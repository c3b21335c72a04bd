//! Parts of a content, as browsers and download programs ask for them (RFC 9110, section 14).

/// What of a content is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    All,
    /// So many bytes from this one on.
    Part {
        /// The first byte, from 0.
        from: u64,
        /// At least one.
        length: u64,
    },
    /// What lies beyond its end.
    Nothing,
}

/// What a `Range` header asks of a content of this size. One part is given; of several, and of
/// what cannot be read, all is sent, as the standard allows.
pub fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let part = range.and_then(|range| range.trim().strip_prefix("bytes="));
    let Some((from, to)) = part.and_then(|part| part.split_once('-')) else {
        return Wanted::All;
    };
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        true => Some(text.parse::<u64>().unwrap_or(u64::MAX)),
        false => None,
    };
    let (from, to) = (from.trim(), to.trim());
    let (first, last) = match (from.is_empty(), to.is_empty()) {
        (true, true) => return Wanted::All,
        (true, false) => match number(to) {
            Some(0) => return Wanted::Nothing,
            Some(count) => (size.saturating_sub(count), size.saturating_sub(1)),
            None => return Wanted::All,
        },
        (false, true) => match number(from) {
            Some(first) => (first, size.saturating_sub(1)),
            None => return Wanted::All,
        },
        (false, false) => match (number(from), number(to)) {
            (Some(first), Some(last)) if first <= last => (first, last),
            _ => return Wanted::All,
        },
    };
    if first >= size {
        return Wanted::Nothing;
    }
    Wanted::Part {
        from: first,
        length: last.min(size - 1) - first + 1,
    }
}
