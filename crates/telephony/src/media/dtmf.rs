//! DTMF as telephone events (RFC 4733): one digit is a burst of packets that share a timestamp;
//! the last one is sent three times. Also the digits of SIP INFO, and the two tones of each key
//! for far ends that know no events.

use super::g711::SAMPLE_RATE_HZ;

/// Length of a digit that we send, in milliseconds.
pub(crate) const DIGIT_MS: u32 = 160;
/// Pause after a digit, in milliseconds.
pub(crate) const PAUSE_MS: u32 = 80;
/// The final packet is sent this often (RFC 4733 section 2.5.1.4).
pub(crate) const END_REPEATS: u32 = 3;
/// The most digits waiting to be sent on a leg; more are dropped.
pub(crate) const DIGITS_WAITING_MAX: usize = 64;

/// Event code to digit: 0-9, *, #, A-D. Other events are not digits.
pub(crate) fn digit_of_event(event: u8) -> Option<char> {
    Some(match event {
        0..=9 => char::from(b'0' + event),
        10 => '*',
        11 => '#',
        12..=15 => char::from(b'A' + event - 12),
        _ => return None,
    })
}

/// Digit to event code.
pub(crate) fn event_of_digit(digit: char) -> Option<u8> {
    Some(match digit.to_ascii_uppercase() {
        '0'..='9' => u8::try_from(digit).ok()? - b'0',
        '*' => 10,
        '#' => 11,
        'A'..='D' => u8::try_from(digit.to_ascii_uppercase()).ok()? - b'A' + 12,
        _ => return None,
    })
}

/// The four bytes of an event: code, end and volume, duration in samples.
pub(crate) fn event_payload(event: u8, end: bool, duration_samples: u16) -> [u8; 4] {
    const VOLUME: u8 = 10;
    let duration = duration_samples.to_be_bytes();
    let end_bit = if end { 0x80 } else { 0 };
    [event, end_bit | VOLUME, duration[0], duration[1]]
}

/// Finds digits in the packets of a stream: each once, however often its packets come, and also
/// when its last packets are lost.
#[derive(Debug, Default)]
pub(crate) struct DigitDetector {
    last_began: Option<u32>,
}

impl DigitDetector {
    /// A packet of the telephone-event payload type. The digit when it is the first of its event.
    pub(crate) fn packet(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let event = payload.first().filter(|_| payload.len() >= 4)?;
        let digit = digit_of_event(*event)?;
        if let Some(last) = self.last_began {
            // The same event again, or a late packet of one before it.
            let late = last.wrapping_sub(timestamp) < SAMPLE_RATE_HZ * 5;
            if late {
                return None;
            }
        }
        self.last_began = Some(timestamp);
        Some(digit)
    }
}

/// The digit of a SIP INFO body: `application/dtmf-relay` (`Signal=5`) or `application/dtmf`.
pub(crate) fn digit_of_info(content_type: &str, body: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(body).ok()?;
    let kind = content_type.split(';').next()?.trim().to_ascii_lowercase();
    let signal = match kind.as_str() {
        "application/dtmf-relay" => text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("signal")
                .then_some(value.trim())
        })?,
        "application/dtmf" => text.trim(),
        _ => return None,
    };
    match signal {
        "10" => Some('*'),
        "11" => Some('#'),
        _ => {
            let digit = signal.chars().next()?.to_ascii_uppercase();
            (signal.chars().count() == 1 && event_of_digit(digit).is_some()).then_some(digit)
        }
    }
}

/// The low and high frequency of a key, in Hz (ITU-T Q.23).
pub(crate) fn key_frequencies_hz(digit: char) -> Option<(f32, f32)> {
    const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
    const HIGH: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    const KEYS: [&str; 4] = ["123A", "456B", "789C", "*0#D"];
    KEYS.iter().zip(LOW).find_map(|(row, low)| {
        let column = row.find(digit.to_ascii_uppercase())?;
        Some((low, *HIGH.get(column)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_an_event_and_two_tones() {
        for digit in "0123456789*#ABCD".chars() {
            let event = event_of_digit(digit).expect("an event");
            assert_eq!(digit_of_event(event), Some(digit));
            assert!(key_frequencies_hz(digit).is_some(), "{digit}");
        }
        assert_eq!(event_of_digit('x'), None);
        assert_eq!(digit_of_event(16), None);
    }

    #[test]
    fn a_digit_counts_once_however_often_its_packets_come() {
        let mut detector = DigitDetector::default();
        let mut heard = String::new();
        for (timestamp, event, end) in [
            (1_000, 5, false),
            (1_000, 5, false),
            (1_000, 5, true),
            (1_000, 5, true),
            (1_000, 5, true),
            // The next one lost its end packets.
            (4_000, 5, false),
            (9_000, 11, true),
            (4_000, 5, true),
        ] {
            heard.extend(detector.packet(timestamp, &event_payload(event, end, 800)));
        }
        assert_eq!(heard, "55#");
    }

    #[test]
    fn info_bodies_of_both_kinds_are_read() {
        let relay = b"Signal= 7\r\nDuration= 160\r\n";
        assert_eq!(digit_of_info("application/dtmf-relay", relay), Some('7'));
        assert_eq!(digit_of_info("application/dtmf; x=1", b"#"), Some('#'));
        assert_eq!(
            digit_of_info("application/dtmf-relay", b"Signal=11"),
            Some('#')
        );
        assert_eq!(digit_of_info("application/dtmf", b"77"), None);
        assert_eq!(digit_of_info("text/plain", b"7"), None);
        assert_eq!(digit_of_info("application/dtmf", &[0xFF]), None);
    }
}
