//! Inbound calls until somebody has them, and how they end.

use super::{check, check_with, settings};
use crate::settings::RingStrategy;

#[test]
fn a_call_rings_the_only_agent_is_answered_and_ends_once() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 3 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 3.1 answered c1
        > 13 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 2000 talked 10000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 13.1 ended c1 200
        ",
    );
}

#[test]
fn an_invite_that_comes_twice_is_one_call() {
    check(
        "
        > 0 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        > 0.5 invite c1 +14155550123
        > 1 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        > 1.5 invite c1 +14155550123
        > 2 logged c1 owner 00T1
        write c1 v3 closed caller_gave_up 00T1
        > 3 invite c1 +14155550123
        ",
    );
}

#[test]
fn a_caller_for_whom_nobody_is_free_hears_ringing_and_then_480() {
    check(
        "
        > 0 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        at 30
        write c1 v2 wrap_up no_answer rang 30000 talked 0
        log c1:owner c1 v2 wrap_up no_answer rang 30000 talked 0
        reject c1 480
        > 40 logged c1 owner 00T1
        write c1 v3 closed no_answer 00T1
        ",
    );
}

#[test]
fn a_caller_who_waits_rings_at_the_agent_who_comes() {
    check(
        "
        > 0 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        > 2 invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        > 5 connect ann/1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 6 ann/1 away
        ann/1: yes
        ann/1: sees away mic
        > 7 ann/1 ready
        ann/1: yes
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        ",
    );
}

#[test]
fn all_free_agents_ring_and_the_first_to_answer_has_the_call() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        bob/1: sees ready mic, c1 ringing (415) 555-0123
        > 2 bob/1 answer c1
        write c1 v2 talking bob
        answer c1
        bridge c1 bob/1
        bob/1: yes
        ann/1: sees ready mic
        bob/1: sees ready mic, c1 talking, pop
        > + ann/1 answer c1
        ann/1: no. The call was answered by BOB.
        ",
    );
}

#[test]
fn the_loser_of_two_answers_is_offered_the_next_caller_at_once() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        bob/1: sees ready mic, c1 ringing (415) 555-0123
        > + invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        > + offer ann/1
        accept ann/1
        > 2 bob/1 answer c1
        write c1 v2 talking bob
        answer c1
        bridge c1 bob/1
        bob/1: yes
        ann/1: sees ready mic, c2 ringing (415) 555-0124, pop
        bob/1: sees ready mic, c1 talking, pop
        > 3 ann/1 answer c2
        write c2 v2 talking ann
        answer c2
        bridge c2 ann/1
        ann/1: yes
        ann/1: sees ready mic, c2 talking, pop
        ",
    );
}

#[test]
fn one_agent_declines_and_the_call_rings_on_at_the_other() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        bob/1: sees ready mic, c1 ringing (415) 555-0123
        > 2 ann/1 decline c1
        ann/1: yes
        ann/1: sees ready mic
        > 3 ann/1 answer c1
        ann/1: no. The call does not ring here any more.
        > 4 bob/1 answer c1
        write c1 v2 talking bob
        answer c1
        bridge c1 bob/1
        bob/1: yes
        bob/1: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn a_call_that_everybody_declined_is_refused() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        bob/1: sees ready mic, c1 ringing (415) 555-0123
        > 2 ann/1 decline c1
        ann/1: yes
        ann/1: sees ready mic
        > 3 bob/1 hang_up c1
        write c1 v2 wrap_up declined rang 2000 talked 0
        log c1:owner c1 v2 wrap_up declined rang 2000 talked 0
        reject c1 480
        bob/1: yes
        bob/1: sees ready mic
        ",
    );
}

#[test]
fn a_declined_call_waits_for_the_agent_who_is_busy() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 3 connect bob/1
        bob/1: sees ready mic
        > 4 invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        bob/1: sees ready mic, c2 ringing (415) 555-0124, pop
        > 5 bob/1 decline c2
        bob/1: yes
        bob/1: sees ready mic
        > 6 ann/1 hang_up c1
        write c1 v3 wrap_up ann agent_hung_up rang 1000 talked 4000
        hang up c1
        ann/1: yes
        ann/1: sees ready mic, c1 wrap_up, pop
        > 7 logged c1 ann 00T1
        write c1 v4 closed ann agent_hung_up 00T1
        ann/1: sees ready mic, c2 ringing (415) 555-0124, pop
        ",
    );
}

#[test]
fn an_agent_who_goes_away_while_it_rings_is_not_rung_any_more() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        bob/1: sees ready mic, c1 ringing (415) 555-0123
        > 2 ann/1 away
        ann/1: yes
        ann/1: sees away mic
        > 3 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 2000 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 2000 talked 0
        bob/1: sees ready mic
        ",
    );
}

#[test]
fn the_longest_idle_agent_rings_first_and_then_the_next() {
    let mut settings = settings();
    settings.ring_strategy = RingStrategy::LongestIdle;
    settings.agent_ring_ms = 10_000;
    check_with(
        settings,
        "
        > 0 connect bob/1
        bob/1: sees ready mic
        > 1 connect ann/1
        ann/1: sees ready mic
        > 2 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        bob/1: sees ready mic, c1 ringing (415) 555-0123, pop
        at 12
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        bob/1: sees ready mic
        > 13 ann/1 decline c1
        ann/1: yes
        ann/1: sees ready mic
        bob/1: sees ready mic, c1 ringing (415) 555-0123, pop
        at 23
        > 25 wait
        at 32
        write c1 v2 wrap_up no_answer rang 30000 talked 0
        log c1:owner c1 v2 wrap_up no_answer rang 30000 talked 0
        reject c1 480
        bob/1: sees ready mic
        > 33 wait
        ",
    );
}

#[test]
fn one_at_a_time_each_caller_has_an_agent_of_their_own() {
    let mut settings = settings();
    settings.ring_strategy = RingStrategy::LongestIdle;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 connect bob/1
        bob/1: sees ready mic
        > 2 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 3 invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        bob/1: sees ready mic, c2 ringing (415) 555-0124, pop
        > 4 invite c3 +14155550125
        write c3 v1 ringing
        ring c3
        > 5 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 3000 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 3000 talked 0
        ann/1: sees ready mic, c3 ringing (415) 555-0125, pop
        ",
    );
}

#[test]
fn a_call_over_the_limit_is_refused_and_logged() {
    let mut settings = settings();
    settings.call_count_max = 1;
    check_with(
        settings,
        "
        > 0 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        > 1 invite c2 +14155550124
        write c2 v1 wrap_up refused rang 0 talked 0
        log c2:owner c2 v1 wrap_up refused rang 0 talked 0
        reject c2 503
        > 2 ended c2 503
        > 3 logged c2 owner 00T2
        write c2 v2 closed refused 00T2
        ",
    );
}

#[test]
fn a_reload_while_it_rings_leaves_the_call_ringing() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 gone ann/1
        > 3.5 connect ann/2
        ann/2: sees ready mic, c1 ringing (415) 555-0123, pop
        > 4 ann/2 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/2
        ann/2: yes
        ann/2: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn a_cancel_that_crosses_the_200_is_one_clean_end() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2.1 ended c1 487
        write c1 v3 wrap_up ann caller_gave_up rang 1000 talked 100
        ann/1: sees ready mic, c1 wrap_up, pop
        > 2.2 ended c1 200
        > 2.3 answered c1
        ",
    );
}

#[test]
fn the_caller_hangs_up_before_the_ack() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2.1 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 100
        ann/1: sees ready mic, c1 wrap_up, pop
        > 2.2 ann/1 hang_up c1
        ann/1: yes
        ",
    );
}

#[test]
fn the_agent_hangs_up_before_the_ack() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2.1 ann/1 hang_up c1
        write c1 v3 wrap_up ann agent_hung_up rang 1000 talked 100
        hang up c1
        ann/1: yes
        ann/1: sees ready mic, c1 wrap_up, pop
        > 2.2 answered c1
        > 2.3 ended c1 200
        ",
    );
}

#[test]
fn an_answer_after_the_caller_gave_up_is_refused() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        ann/1: sees ready mic
        > 2.1 ann/1 answer c1
        ann/1: no. The call is over.
        > 2.2 ann/1 decline c1
        ann/1: no. The call is over.
        > 2.3 logged c1 owner 00T1
        write c1 v3 closed caller_gave_up 00T1
        > 2.4 ann/1 answer c1
        ann/1: no. The call is over.
        ",
    );
}

#[test]
fn a_step_of_the_wall_clock_changes_no_duration() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > + clock steps -3600
        > 3 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > + clock steps 31536000
        > 13 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 2000 talked 10000
        ann/1: sees ready mic, c1 wrap_up, pop
        > + clock steps -31536000
        at 73
        log c1:ann c1 v3 wrap_up ann far_end_hung_up rang 2000 talked 10000
        ann/1: sees ready mic
        > 74 wait
        ",
    );
}
