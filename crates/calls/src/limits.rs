//! The limits of the switchboard, each with its reason. What happens at a limit is said here and
//! tested where it happens.

/// The most softphone pages of one agent. Ten tabs in two browsers are a real desk; a page over
/// the limit is told goodbye and comes back when another has gone.
pub const DEVICE_COUNT_MAX: usize = 32;

/// The most agents known at once, far above any contact centre. At the limit an agent without a
/// page and without a call is forgotten; if there is none, the page is told goodbye.
pub const AGENT_COUNT_MAX: usize = 20_000;

/// Replies kept for each page, so that a repeated command is answered and not carried out again.
/// A page has a few commands on the way at most; the oldest reply is forgotten.
pub const REPLY_COUNT_MAX: usize = 64;

/// The longest command id; a longer one is refused, since it would be kept.
pub const COMMAND_ID_CHARS_MAX: usize = 64;

/// The most keypad digits in one command: a card number with its check digits fits.
pub const DIGIT_COUNT_MAX: usize = 32;

/// The longest notes: what the description of a Task holds.
pub const NOTES_CHARS_MAX: usize = 32_000;

/// The longest outcome: what the call result of a Task holds.
pub const OUTCOME_CHARS_MAX: usize = 255;

/// The longest id of a record, 18 characters on the platform.
pub const RECORD_ID_CHARS_MAX: usize = 18;

/// The longest API name of an object: 40 characters, a namespace of 15 and the separators.
pub const RECORD_OBJECT_CHARS_MAX: usize = 80;

/// The longest name of a record that is kept for display.
pub const RECORD_NAME_CHARS_MAX: usize = 255;

/// The longest number or name of a far party that is kept; the rest is cut off, because a trunk
/// may send anything.
pub const PARTY_CHARS_MAX: usize = 128;

/// The most text looked at when an agent dials.
pub const DIAL_CHARS_MAX: usize = 128;

/// Calls that are over and whose log is in the outbox but not yet confirmed by the CRM. Beyond
/// it the oldest is closed without its Task's id: its log is durable in the outbox.
pub const AWAITING_LOG_COUNT_MAX: usize = 10_000;

/// Ids of closed calls that are remembered, so that a late duplicate opens nothing anew.
pub const CLOSED_COUNT_MAX: usize = 4_096;

/// How long after an accepted wrap-up the log of the page is awaited at least, in milliseconds,
/// before the switchboard logs by itself.
pub const LOG_WAIT_MS: u64 = 10_000;

/// How long an outbound call may ring, in milliseconds: RFC 3261 section 16.6 has a proxy wait
/// at least three minutes (timer C), so a longer wait is never answered.
pub const DIAL_TIMEOUT_MS: u64 = 180_000;

/// The shortest time that one agent rings before the next, in milliseconds: less would only spin.
pub const AGENT_RING_MS_MIN: u64 = 1_000;

/// The longest talk time that is believed of a call found open at start, in milliseconds: its
/// end is known by the wall clock only, and the process may have been down for days.
pub const INTERRUPTED_TALK_MS_MAX: u64 = 12 * 3_600_000;

/// The text without control characters, trimmed, and no longer than this many characters.
pub(crate) fn shortened(text: &str, chars_max: usize) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean.trim().chars().take(chars_max).collect()
}

/// Is the text longer than this many characters?
pub(crate) fn too_long(text: &str, chars_max: usize) -> bool {
    text.chars().nth(chars_max).is_some()
}
