//! When the caller's record pops, and that it pops once.

use super::{check, check_with, settings};
use crate::settings::PopMoment;

#[test]
fn a_call_that_rings_one_agent_pops_on_ring_in_one_tab() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect ann/2
        ann/1: sees ready mic
        ann/2: sees ready
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        ann/2: sees ready, c1 ringing (415) 555-0123, pop
        > 1.1 ann/1 claim c1:ann
        ann/1: yes
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        ann/2: sees ready, c1 ringing (415) 555-0123
        > 1.2 ann/2 claim c1:ann
        ann/2: no. Another tab has popped the record, or it popped before.
        > 1.3 ann/1 popped c1 003ABC
        write c1 v2 ringing 003ABC
        ann/1: yes
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        ann/2: sees ready, c1 ringing (415) 555-0123
        > 2 ann/1 answer c1
        write c1 v3 talking ann 003ABC
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking
        ann/2: sees ready, c1 talking
        > 3 gone ann/1
        play c1 agent away
        ann/2: sees ready mic, c1 talking, media lost
        > 4 connect ann/3
        ann/2: sees ready mic, c1 talking, media lost
        ann/3: sees ready, c1 talking, media lost
        ",
    );
}

#[test]
fn a_call_that_rings_all_pops_at_the_one_who_answers() {
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
        > 2 ann/1 claim c1:ann
        ann/1: no. Another tab has popped the record, or it popped before.
        > 3 bob/1 answer c1
        write c1 v2 talking bob
        answer c1
        bridge c1 bob/1
        bob/1: yes
        ann/1: sees ready mic
        bob/1: sees ready mic, c1 talking, pop
        > 4 ann/1 claim c1:bob
        ann/1: no. Another tab has popped the record, or it popped before.
        > 5 bob/1 claim c1:bob
        bob/1: yes
        bob/1: sees ready mic, c1 talking
        > 6 bob/1 popped c1
        bob/1: yes
        ",
    );
}

#[test]
fn a_tab_that_claimed_and_vanished_gives_the_pop_back() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 claim c1:ann
        ann/1: yes
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        > 2.1 gone ann/1
        > 3 connect ann/2
        ann/2: sees ready mic, c1 ringing (415) 555-0123, pop
        > 4 ann/2 claim c1:ann
        ann/2: yes
        ann/2: sees ready mic, c1 ringing (415) 555-0123
        > 5 ann/2 popped c1 003ABC
        write c1 v2 ringing 003ABC
        ann/2: yes
        ann/2: sees ready mic, c1 ringing (415) 555-0123
        > 6 gone ann/2
        > 7 connect ann/3
        ann/3: sees ready mic, c1 ringing (415) 555-0123
        ",
    );
}

#[test]
fn a_caller_without_a_number_pops_nothing() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 anonymous
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing Unknown caller
        > 2 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        ann/1: sees ready mic
        > 3 invite c2
        write c2 v1 ringing
        ring c2
        ann/1: sees ready mic, c2 ringing Unknown caller
        > 4 ended c2 487
        write c2 v2 wrap_up caller_gave_up rang 1000 talked 0
        log c2:owner c2 v2 wrap_up caller_gave_up rang 1000 talked 0
        ann/1: sees ready mic
        > 5 invite c3 \"><script>
        write c3 v1 ringing
        ring c3
        ann/1: sees ready mic, c3 ringing \"><script>
        > 6 ann/1 claim c3:ann
        ann/1: no. Another tab has popped the record, or it popped before.
        ",
    );
}

#[test]
fn pops_by_hand_are_not_announced_but_are_remembered() {
    let mut settings = settings();
    settings.pop_moment = PopMoment::ByHand;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking
        > 3 ann/1 popped c1 003ABC
        write c1 v3 talking ann 003ABC
        ann/1: yes
        ann/1: sees ready mic, c1 talking
        ",
    );
}

#[test]
fn on_answer_means_not_while_it_rings() {
    let mut settings = settings();
    settings.pop_moment = PopMoment::OnAnswer;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn on_ring_means_at_everyone_it_rings() {
    let mut settings = settings();
    settings.pop_moment = PopMoment::OnRing;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        bob/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 claim c1:ann
        ann/1: yes
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        > 3 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking
        bob/1: sees ready mic
        > 4 bob/1 popped c1 003ABC
        write c1 v3 talking ann 003ABC
        bob/1: yes
        ann/1: sees ready mic, c1 talking
        ",
    );
}

#[test]
fn an_outbound_call_keeps_the_record_it_was_placed_from() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial_contact 4155550123
        write o1 v1 dialling ann 003ABC
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 2 ann/1 popped o1 003XYZ
        ann/1: yes
        > 3 ended o1 480
        write o1 v2 wrap_up ann no_answer 003ABC rang 2000 talked 0
        ann/1: sees ready mic, o1 wrap_up
        > 4 logged o1 ann 00T1
        write o1 v3 closed ann no_answer 003ABC 00T1
        ann/1: sees ready mic
        > 5 ann/1 dial 4155550123
        write o2 v1 dialling ann
        dial o2 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o2 dialling (415) 555-0123
        > 6 ann/1 popped o2 003XYZ
        write o2 v2 dialling ann 003XYZ
        ann/1: yes
        ann/1: sees ready mic, o2 dialling (415) 555-0123
        ",
    );
}

#[test]
fn a_record_that_popped_late_is_still_kept_with_the_missed_call() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1.1 ann/1 claim c1:ann
        ann/1: yes
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        > 1.2 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 200 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 200 talked 0
        ann/1: sees ready mic
        > 1.3 ann/1 popped c1 003ABC
        write c1 v3 wrap_up caller_gave_up 003ABC rang 200 talked 0
        ann/1: yes
        > 1.4 logged c1 owner 00T1
        write c1 v4 closed caller_gave_up 003ABC 00T1
        > 1.5 ann/1 popped c1 003ABC
        ann/1: no. The call is over.
        ",
    );
}
