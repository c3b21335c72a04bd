//! After the call: one log for each call and agent, in every order of events.

use super::{check, check_with, settings};

#[test]
fn wrap_up_claims_the_log_and_the_log_closes_the_call() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ann/1 draft c1 Connected Asks
        write c1 v3 talking ann Connected Asks
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 11 ended c1 200
        write c1 v4 wrap_up ann far_end_hung_up Connected Asks rang 1000 talked 10000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 15 ann/1 wrap_up c1 Sale Asks for a quote.
        write c1 v5 wrap_up ann far_end_hung_up Sale Asks for a quote. rang 1000 talked 10000
        ann/1: yes, log c1:ann
        ann/1: sees ready mic, c1 wrap_up, pop, logging
        > 15.1 ann/1 wrap_up c1 Sale Asks for two quotes.
        write c1 v6 wrap_up ann far_end_hung_up Sale Asks for two quotes. rang 1000 talked 10000
        ann/1: yes, log c1:ann
        ann/1: sees ready mic, c1 wrap_up, pop, logging
        > 15.2 logged c1 ann 00T1
        write c1 v7 closed ann far_end_hung_up Sale Asks for two quotes. 00T1
        ann/1: sees ready mic
        > 15.3 logged c1 ann 00T1
        > 100 wait
        ",
    );
}

#[test]
fn without_wrap_up_the_server_logs_at_the_deadline_with_the_draft() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 11 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 10000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 12 ann/1 draft c1 Callback Tomorrow
        write c1 v4 wrap_up ann far_end_hung_up Callback Tomorrow rang 1000 talked 10000
        ann/1: yes
        ann/1: sees ready mic, c1 wrap_up, pop
        > 13 gone ann/1
        at 71
        log c1:ann c1 v4 wrap_up ann far_end_hung_up Callback Tomorrow rang 1000 talked 10000
        > 72 logged c1 ann 00T1
        write c1 v5 closed ann far_end_hung_up Callback Tomorrow 00T1
        > 73 connect ann/2
        ann/2: sees ready mic
        ",
    );
}

#[test]
fn a_wrap_up_whose_log_does_not_come_is_logged_by_the_server() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 1000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 60 ann/1 wrap_up c1 Sale Won.
        write c1 v4 wrap_up ann far_end_hung_up Sale Won. rang 1000 talked 1000
        ann/1: yes, log c1:ann
        ann/1: sees ready mic, c1 wrap_up, pop, logging
        > 65 ann/1 wrap_up c1 Sale Won.
        ann/1: yes, log c1:ann
        at 70
        log c1:ann c1 v4 wrap_up ann far_end_hung_up Sale Won. rang 1000 talked 1000
        ann/1: sees ready mic
        > 71 logged c1 ann 00T1
        write c1 v5 closed ann far_end_hung_up Sale Won. 00T1
        > 72 logged c1 ann 00T1
        ",
    );
}

#[test]
fn a_log_that_comes_before_the_wrap_up_closes_the_call() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 1000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 3 logged c1 ann 00T1
        write c1 v4 closed ann far_end_hung_up 00T1
        ann/1: sees ready mic
        > 4 ann/1 wrap_up c1 Sale Won.
        ann/1: no. The call is over.
        > 100 wait
        ",
    );
}

#[test]
fn a_log_during_the_call_is_not_followed_by_another_of_the_server() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 logged c1 ann 00T1
        write c1 v3 talking ann 00T1
        > 3 ended c1 200
        write c1 v4 wrap_up ann far_end_hung_up 00T1 rang 1000 talked 2000
        ann/1: sees ready mic, c1 wrap_up, pop
        at 63
        write c1 v5 closed ann far_end_hung_up 00T1
        ann/1: sees ready mic
        > 70 wait
        ",
    );
}

#[test]
fn a_log_of_somebody_else_does_not_close_the_call() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 0.5 logged c1 owner 00T0
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 1000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 3 logged c1 bob 00T1
        > 4 logged c2 ann 00T2
        ",
    );
}

#[test]
fn wrap_up_during_the_call_is_refused() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ann/1 wrap_up c1 Sale Won.
        ann/1: no. The call is not over yet. Hang up first.
        ",
    );
}

#[test]
fn the_next_caller_rings_when_the_wrap_up_is_logged() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        > 3 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 2000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 4 ann/1 ready
        ann/1: yes
        > 5 logged c1 ann 00T1
        write c1 v4 closed ann far_end_hung_up 00T1
        ann/1: sees ready mic, c2 ringing (415) 555-0124, pop
        ",
    );
}

#[test]
fn an_agent_who_went_away_during_wrap_up_is_not_rung() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 1000
        ann/1: sees ready mic, c1 wrap_up, pop
        > 3 ann/1 away
        ann/1: yes
        ann/1: sees away mic, c1 wrap_up, pop
        > 4 logged c1 ann 00T1
        write c1 v4 closed ann far_end_hung_up 00T1
        ann/1: sees away mic
        > 5 invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        ",
    );
}

#[test]
fn at_shutdown_every_far_end_is_told_and_every_call_is_logged() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect bob/1
        bob/1: sees ready mic
        > + connect eve/1
        eve/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123
        bob/1: sees ready mic, c1 ringing (415) 555-0123
        eve/1: sees ready mic, c1 ringing (415) 555-0123
        > + ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        bob/1: sees ready mic
        eve/1: sees ready mic
        > 1 invite c2 +14155550124
        write c2 v1 ringing
        ring c2
        bob/1: sees ready mic, c2 ringing (415) 555-0124
        eve/1: sees ready mic, c2 ringing (415) 555-0124
        > + bob/1 answer c2
        write c2 v2 talking bob
        answer c2
        bridge c2 bob/1
        bob/1: yes
        bob/1: sees ready mic, c2 talking, pop
        eve/1: sees ready mic
        > 2 ended c2 200
        write c2 v3 wrap_up bob far_end_hung_up rang 0 talked 1000
        bob/1: sees ready mic, c2 wrap_up, pop
        > 3 eve/1 dial 4155550125
        write o1 v1 dialling eve
        dial o1 trunk +14155550125
        eve/1: yes
        eve/1: sees ready mic, o1 dialling (415) 555-0125
        > 4 invite c3 +14155550126
        write c3 v1 ringing
        ring c3
        > 5 shut_down
        write c1 v3 wrap_up ann interrupted rang 0 talked 5000
        write c3 v2 wrap_up interrupted rang 1000 talked 0
        write o1 v2 wrap_up eve interrupted rang 2000 talked 0
        log c1:ann c1 v3 wrap_up ann interrupted rang 0 talked 5000
        log c2:bob c2 v3 wrap_up bob far_end_hung_up rang 0 talked 1000
        log c3:owner c3 v2 wrap_up interrupted rang 1000 talked 0
        log o1:eve o1 v2 wrap_up eve interrupted rang 2000 talked 0
        hang up c1
        reject c3 503
        hang up o1
        ann/1: sees ready mic
        bob/1: sees ready mic
        eve/1: sees ready mic
        ann/1: goodbye
        bob/1: goodbye
        eve/1: goodbye
        > 5.1 ended c1 200
        > 5.2 ended c3 503
        > 5.3 invite c4 +14155550127
        write c4 v1 wrap_up refused rang 0 talked 0
        log c4:owner c4 v1 wrap_up refused rang 0 talked 0
        reject c4 503
        > 5.4 connect ann/2
        ann/2: goodbye
        > 5.5 eve/1 dial 4155550125
        eve/1: no. The server is shutting down. Try again in a moment.
        > 5.6 shut_down
        ann/1: goodbye
        bob/1: goodbye
        eve/1: goodbye
        ",
    );
}

#[test]
fn a_wrap_up_time_of_zero_logs_at_once() {
    let mut settings = settings();
    settings.wrap_up_ms = 0;
    check_with(
        settings,
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 1000
        ann/1: sees ready mic, c1 wrap_up, pop
        at 2
        log c1:ann c1 v3 wrap_up ann far_end_hung_up rang 1000 talked 1000
        ann/1: sees ready mic
        > 2 wait
        ",
    );
}
