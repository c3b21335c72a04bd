//! Seeds that failed once, each with a sentence about what they found.

/// The seed, and what it found.
pub(super) const FAILED_ONCE: &[(u64, &str)] = &[(
    12,
    "Media that came up after it was said to be lost counted as media, though no offer was taken.",
)];
