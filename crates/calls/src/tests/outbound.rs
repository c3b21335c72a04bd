//! Outbound calls, and what an agent does while talking.

use super::{check, check_with, settings};

#[test]
fn a_call_placed_from_a_contact_is_answered_and_wrapped_up() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial_contact 4155550123
        write o1 v1 dialling ann 003ABC
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 1.5 rings o1
        ann/1: sees ready mic, o1 dialling (415) 555-0123, far rings
        > 2 offer ann/1
        accept ann/1
        > 2.5 up ann/1
        > 5 answered o1
        write o1 v2 talking ann 003ABC
        bridge o1 ann/1
        ann/1: sees ready mic, o1 talking
        > 5.1 answered o1
        > 15 ann/1 hang_up o1
        write o1 v3 wrap_up ann agent_hung_up 003ABC rang 4000 talked 10000
        hang up o1
        close ann/1
        ann/1: yes
        ann/1: sees ready mic, o1 wrap_up
        > 15.1 ended o1 200
        > 16 ann/1 wrap_up o1 Connected Done.
        write o1 v4 wrap_up ann agent_hung_up 003ABC Connected Done. rang 4000 talked 10000
        ann/1: yes, log o1:ann
        ann/1: sees ready mic, o1 wrap_up, logging
        > 16.1 logged o1 ann 00T1
        write o1 v5 closed ann agent_hung_up 003ABC Connected Done. 00T1
        ann/1: sees ready mic
        ",
    );
}

#[test]
fn a_busy_number_is_wrapped_up_by_who_dialled_it() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 3 ended o1 486
        write o1 v2 wrap_up ann busy rang 2000 talked 0
        ann/1: sees ready mic, o1 wrap_up
        at 63
        log o1:ann o1 v2 wrap_up ann busy rang 2000 talked 0
        ann/1: sees ready mic
        > 64 wait
        ",
    );
}

#[test]
fn the_final_status_says_why_it_was_not_answered() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 2 ended o1 480
        write o1 v2 wrap_up ann no_answer rang 1000 talked 0
        ann/1: sees ready mic, o1 wrap_up
        > 3 logged o1 ann 00T1
        write o1 v3 closed ann no_answer 00T1
        ann/1: sees ready mic
        > 4 ann/1 dial 4155550123
        write o2 v1 dialling ann
        dial o2 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o2 dialling (415) 555-0123
        > 5 ended o2 603
        write o2 v2 wrap_up ann failed rang 1000 talked 0
        ann/1: sees ready mic, o2 wrap_up
        ",
    );
}

#[test]
fn a_200_that_crosses_our_cancel_is_hung_up() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 2 ann/1 hang_up o1
        write o1 v2 wrap_up ann agent_hung_up rang 1000 talked 0
        hang up o1
        ann/1: yes
        ann/1: sees ready mic, o1 wrap_up
        > 2.1 answered o1
        hang up o1
        > 2.2 logged o1 ann 00T1
        write o1 v3 closed ann agent_hung_up 00T1
        ann/1: sees ready mic
        > 2.3 answered o1
        hang up o1
        > 2.4 ended o1 200
        ",
    );
}

#[test]
fn a_number_that_nobody_answers_is_given_up_after_three_minutes() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        at 181
        write o1 v2 wrap_up ann no_answer rang 180000 talked 0
        hang up o1
        ann/1: sees ready mic, o1 wrap_up
        > 182 wait
        ",
    );
}

#[test]
fn dialling_is_refused_in_a_call_and_in_wrap_up_but_not_when_away() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 away
        ann/1: yes
        ann/1: sees away mic
        > 2 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees away mic, o1 dialling (415) 555-0123
        > 3 ann/1 dial 4155550124
        ann/1: no. You are in a call. Finish it first.
        > 4 ended o1 480
        write o1 v2 wrap_up ann no_answer rang 2000 talked 0
        ann/1: sees away mic, o1 wrap_up
        > 5 ann/1 dial 4155550124
        ann/1: no. Finish the wrap-up of your last call first.
        > 6 ann/1 dial nonsense
        ann/1: no. 'nonsense' is not a number that can be dialled.
        ",
    );
}

#[test]
fn dialling_is_refused_while_a_call_rings() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 dial 4155550124
        ann/1: no. A call is ringing. Answer or decline it first.
        ",
    );
}

#[test]
fn an_emergency_call_waits_for_no_wrap_up_and_no_line() {
    let mut settings = settings();
    settings.call_count_max = 1;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 2 ended o1 480
        write o1 v2 wrap_up ann no_answer rang 1000 talked 0
        ann/1: sees ready mic, o1 wrap_up
        > 3 invite c1 +14155550124
        write c1 v1 ringing
        ring c1
        > 4 ann/1 dial 4155550125
        ann/1: no. All lines are busy. Try again in a moment.
        > 5 ann/1 dial 911
        write o3 v1 dialling ann
        log o1:ann o1 v2 wrap_up ann no_answer rang 1000 talked 0
        dial o3 trunk 911
        ann/1: yes
        ann/1: sees ready mic, o3 dialling 911
        ",
    );
}

#[test]
fn an_emergency_call_goes_before_a_call_that_rings() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 dial 911
        write o1 v1 dialling ann
        dial o1 trunk 911
        ann/1: yes
        ann/1: sees ready mic, o1 dialling 911
        ",
    );
}

#[test]
fn without_a_trunk_dialling_is_refused_with_what_to_do() {
    let mut settings = settings();
    settings.outbound_trunk = None;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        ann/1: no. No trunk for outbound calls is set up. Ask your administrator to choose one.
        ",
    );
}

#[test]
fn hold_mute_and_keypad_work_at_the_server() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > + offer ann/1
        accept ann/1
        > 1 up ann/1
        > 2 ann/1 digits c1 1
        ann/1: no. This works only during a call. The other side has not answered yet.
        > 3 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 4 ann/1 hold c1
        play c1 hold
        ann/1: yes
        ann/1: sees ready mic, c1 held, pop
        > 4.1 ann/1 hold c1
        ann/1: yes
        > 5 ann/1 digits c1 1
        ann/1: no. The call is on hold. Resume it first.
        > 6 ann/1 resume c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 7 ann/1 mute c1
        muted ann/1 true
        ann/1: yes
        ann/1: sees ready mic, c1 talking, muted, pop
        > 8 ann/1 digits c1 12*#
        digits c1 12*#
        ann/1: yes
        > 9 ann/1 digits c1 1a
        ann/1: no. Use 1 to 32 of the keys 0-9, * and #.
        > 9.1 digit c1 5
        > 10 ann/1 unmute c1
        muted ann/1 false
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn a_call_of_another_agent_cannot_be_touched() {
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
        > 4 bob/1 hang_up c1
        bob/1: no. This is not your call.
        > 5 bob/1 hold c1
        bob/1: no. This is not your call.
        > 6 bob/1 draft c1 Connected Mine.
        bob/1: no. This is not your call.
        > 7 bob/1 wrap_up c1 Connected Mine.
        bob/1: no. This is not your call.
        ",
    );
}
