//! What is kept between tries, and when the next one is due: renewal when a third of the
//! certificate's time is left, after a failure longer and longer pauses, both with some chance in
//! them, so that servers which began together do not come together.

use serde::{Deserialize, Serialize};

use super::trouble::Trouble;

/// First pause after a failure; each further one is three times as long. With it five failures,
/// an authority's usual limit for one name, take more than an hour.
const PAUSE_FIRST_S: i64 = 2 * 60;
/// The longest pause.
const PAUSE_MAX_S: i64 = 12 * 60 * 60;
/// However late an authority says that it may be tried again.
const NOT_BEFORE_MAX_S: i64 = 8 * 24 * 60 * 60;

/// The file `tls-acme-state.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// What was asked for: directory, domains, challenge. Another wish waits for no pause.
    pub(super) asked: String,
    /// The directory that the certificate came from.
    pub(super) issued_by: String,
    /// When the certificate is due, UTC seconds since 1970.
    pub(super) renew_at_s: Option<i64>,
    /// Not before, after a failure; UTC seconds since 1970.
    pub(super) next_try_s: Option<i64>,
    /// Failures since the last certificate.
    pub(super) failures: u32,
    /// The last failure: when, UTC seconds since 1970.
    pub(super) failed_at_s: i64,
    /// The last failure: what. Empty: none since the last certificate.
    pub(super) trouble: String,
}

impl State {
    /// Forgets failures of another wish.
    pub(super) fn want(&mut self, asked: String) {
        if self.asked != asked {
            self.asked = asked;
            self.next_try_s = None;
            self.failures = 0;
            self.trouble.clear();
        }
    }

    /// A certificate came.
    pub(super) fn succeeded(&mut self, directory: &str, renew_at_s: i64) {
        self.issued_by = directory.to_owned();
        self.renew_at_s = Some(renew_at_s);
        self.next_try_s = None;
        self.failures = 0;
        self.trouble.clear();
    }

    /// None came. `chance` is from 0 to 1.
    pub(super) fn failed(&mut self, trouble: &Trouble, now_s: i64, chance: f64) {
        let next = now_s + pause_s(self.failures, chance);
        let allowed = trouble.not_before_s(now_s).unwrap_or(0);
        self.next_try_s = Some(next.max(allowed.min(now_s + NOT_BEFORE_MAX_S)));
        self.failures = self.failures.saturating_add(1);
        self.failed_at_s = now_s;
        self.trouble = trouble.text.clone();
    }
}

/// When a certificate is due, UTC seconds since 1970.
pub(super) fn renew_at_s(begin_s: i64, end_s: i64, chance: f64) -> i64 {
    let whole = (end_s - begin_s).max(0);
    end_s - whole / 3 - part(whole / 30, chance)
}

fn pause_s(failures: u32, chance: f64) -> i64 {
    let long = PAUSE_FIRST_S.saturating_mul(3_i64.saturating_pow(failures.min(12)));
    let long = long.min(PAUSE_MAX_S);
    long * 3 / 4 + part(long / 2, chance)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a part of some days, in seconds"
)]
fn part(of: i64, chance: f64) -> i64 {
    (of as f64 * chance.clamp(0.0, 1.0)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    #[test]
    fn a_certificate_is_due_when_a_third_of_its_time_is_left_and_no_later() {
        let quarter = |chance| renew_at_s(0, 90 * DAY, chance) / DAY;
        assert_eq!((quarter(0.0), quarter(1.0)), (60, 57));
        let week = |chance| renew_at_s(0, 6 * DAY, chance);
        assert_eq!(week(0.0), 4 * DAY);
        assert!(week(1.0) > 3 * DAY);
    }

    #[test]
    fn pauses_grow_to_half_a_day_and_five_tries_take_more_than_an_hour() {
        let mut state = State::default();
        let mut now = 0;
        for _ in 0..4 {
            state.failed(&Trouble::own("no"), now, 0.0);
            now = state.next_try_s.unwrap();
        }
        assert!(now > 55 * 60, "{now}");
        for _ in 0..20 {
            state.failed(&Trouble::own("no"), now, 1.0);
            let pause = state.next_try_s.unwrap() - now;
            assert!(pause <= PAUSE_MAX_S * 5 / 4, "{pause}");
            now += pause;
        }
        state.succeeded("https://ca.test", now + 1);
        assert_eq!((state.failures, state.next_try_s), (0, None));
    }

    #[test]
    fn a_rate_limit_says_itself_when_it_is_over() {
        let limited = Trouble {
            kind: "rateLimited".to_owned(),
            text: "too many certificates, retry after 2026-11-26 10:00:00 UTC: see".to_owned(),
        };
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
        let mut state = State::default();
        let now = at("2026-11-24T18:00:00Z");
        state.failed(&limited, now, 0.5);
        assert_eq!(state.next_try_s, Some(at("2026-11-26T10:00:00Z")));
        let vague = Trouble {
            text: "slow down".to_owned(),
            ..limited
        };
        state.failures = 0;
        state.failed(&vague, now, 0.5);
        assert_eq!(state.next_try_s, Some(now + 60 * 60));
    }

    #[test]
    fn another_wish_waits_for_no_pause() {
        let mut state = State::default();
        state.want("one".to_owned());
        state.failed(&Trouble::own("no"), 10, 0.0);
        state.want("one".to_owned());
        assert!(state.next_try_s.is_some());
        state.want("two".to_owned());
        assert_eq!((state.next_try_s, state.trouble.as_str()), (None, ""));
    }
}
