//! Pages that come and go during a call, and where the microphone is.

use super::{Stage, check, settings};
use crate::softphone::Phase;

#[test]
fn a_reload_in_the_middle_of_a_call_is_a_short_absence() {
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
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 3 ann/1 mute c1
        muted ann/1 true
        ann/1: yes
        ann/1: sees ready mic, c1 talking, muted, pop
        > 10 gone ann/1
        close ann/1
        play c1 agent away
        > 11 connect ann/2
        ann/2: sees ready mic, c1 talking, muted, media lost, pop
        > 11.2 offer ann/2
        accept ann/2
        muted ann/2 true
        > 11.5 up ann/2
        bridge c1 ann/2
        muted ann/2 true
        ann/2: sees ready mic, c1 talking, muted, pop
        > 60 ended c1 200
        write c1 v3 wrap_up ann far_end_hung_up rang 2000 talked 58000
        close ann/2
        ann/2: sees ready mic, c1 wrap_up, muted, pop
        ",
    );
}

#[test]
fn a_tab_that_does_not_come_back_ends_the_call_and_it_is_logged() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 10 gone ann/1
        play c1 agent away
        at 40
        write c1 v3 wrap_up ann agent_lost rang 2000 talked 38000
        hang up c1
        at 100
        log c1:ann c1 v3 wrap_up ann agent_lost rang 2000 talked 38000
        > 120 wait
        ",
    );
}

#[test]
fn media_that_fails_with_the_page_still_there_can_come_back() {
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
        > + up ann/1
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 3 down ann/1
        play c1 agent away
        ann/1: sees ready mic, c1 talking, media lost, pop
        > 4 down ann/1
        > 5 offer ann/1
        accept ann/1
        > 6 up ann/1
        bridge c1 ann/1
        ann/1: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn another_tab_takes_over_when_the_one_with_the_microphone_closes() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect ann/2
        ann/1: sees ready mic
        ann/2: sees ready
        > + connect ann/3
        ann/1: sees ready mic
        ann/2: sees ready
        ann/3: sees ready
        > 1 invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        ann/2: sees ready, c1 ringing (415) 555-0123, pop
        ann/3: sees ready, c1 ringing (415) 555-0123, pop
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        ann/2: sees ready, c1 talking, pop
        ann/3: sees ready, c1 talking, pop
        > 3 ann/2 mute c1
        ann/2: yes
        ann/1: sees ready mic, c1 talking, muted, pop
        ann/2: sees ready, c1 talking, muted, pop
        ann/3: sees ready, c1 talking, muted, pop
        > 4 gone ann/1
        play c1 agent away
        ann/2: sees ready mic, c1 talking, muted, media lost, pop
        ann/3: sees ready, c1 talking, muted, media lost, pop
        > 5 offer ann/3
        refuse ann/3
        > + offer ann/2
        accept ann/2
        muted ann/2 true
        > + up ann/2
        bridge c1 ann/2
        muted ann/2 true
        ann/2: sees ready mic, c1 talking, muted, pop
        ann/3: sees ready, c1 talking, muted, pop
        ",
    );
}

#[test]
fn a_second_tab_disturbs_nothing_and_takes_the_microphone_when_asked() {
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
        > 2 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 3 connect ann/2
        ann/1: sees ready mic, c1 talking, pop
        ann/2: sees ready, c1 talking, pop
        > 4 offer ann/2
        refuse ann/2
        > 5 up ann/2
        close ann/2
        > 6 ann/2 take
        play c1 agent away
        close ann/1
        ann/2: yes
        ann/1: sees ready, c1 talking, media lost, pop
        ann/2: sees ready mic, c1 talking, media lost, pop
        > 6.1 ann/2 take
        ann/2: yes
        > 7 offer ann/2
        accept ann/2
        > 8 up ann/2
        bridge c1 ann/2
        ann/1: sees ready, c1 talking, pop
        ann/2: sees ready mic, c1 talking, pop
        > 9 gone ann/1
        ann/2: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn answering_in_the_other_tab_moves_the_microphone_there() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > + connect ann/2
        ann/1: sees ready mic
        ann/2: sees ready
        > + invite c1 +14155550123
        write c1 v1 ringing
        ring c1
        ann/1: sees ready mic, c1 ringing (415) 555-0123, pop
        ann/2: sees ready, c1 ringing (415) 555-0123, pop
        > + offer ann/1
        accept ann/1
        > + up ann/1
        > 1 ann/2 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/2
        close ann/1
        ann/2: yes
        ann/1: sees ready, c1 talking, pop
        ann/2: sees ready mic, c1 talking, pop
        > 1.1 ann/1 answer c1
        ann/1: no. You answered this call in another tab.
        > 1.2 ann/2 answer c1
        ann/2: yes
        ",
    );
}

#[test]
fn a_held_call_stays_on_hold_while_the_tab_is_gone() {
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
        > 2 ann/1 hold c1
        play c1 hold
        ann/1: yes
        ann/1: sees ready mic, c1 held, pop
        > 3 gone ann/1
        > 4 connect ann/2
        ann/2: sees ready mic, c1 held, media lost, pop
        > 5 ann/2 resume c1
        play c1 agent away
        ann/2: yes
        ann/2: sees ready mic, c1 talking, media lost, pop
        > 6 offer ann/2
        accept ann/2
        > + up ann/2
        bridge c1 ann/2
        ann/2: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn media_without_a_call_is_refused() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 offer ann/1
        refuse ann/1
        > 2 up ann/1
        close ann/1
        > 3 down ann/1
        > 4 offer bob/1
        refuse bob/1
        > 5 gone bob/1
        ",
    );
}

#[test]
fn media_ends_with_the_call() {
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
        > 1 ended c1 487
        write c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        log c1:owner c1 v2 wrap_up caller_gave_up rang 1000 talked 0
        close ann/1
        ann/1: sees ready mic
        > 2 up ann/1
        close ann/1
        ",
    );
}

#[test]
fn an_agent_who_dialled_and_vanished_is_waited_for() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 2 gone ann/1
        > 3 answered o1
        write o1 v2 talking ann
        play o1 agent away
        > 4 connect ann/2
        ann/2: sees ready mic, o1 talking, media lost
        > + offer ann/2
        accept ann/2
        > + up ann/2
        bridge o1 ann/2
        ann/2: sees ready mic, o1 talking
        ",
    );
}

#[test]
fn media_that_comes_up_after_it_was_lost_counts_for_nothing() {
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
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 down ann/1
        play c1 agent away
        ann/1: sees ready mic, c1 talking, media lost, pop
        > 3 up ann/1
        close ann/1
        > 4 offer ann/1
        accept ann/1
        > 5 up ann/1
        bridge c1 ann/1
        ann/1: sees ready mic, c1 talking, pop
        ",
    );
}

#[test]
fn a_page_that_changes_its_microphone_stays_muted() {
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
        > + up ann/1
        > 1 ann/1 answer c1
        write c1 v2 talking ann
        answer c1
        bridge c1 ann/1
        ann/1: yes
        ann/1: sees ready mic, c1 talking, pop
        > 2 ann/1 mute c1
        muted ann/1 true
        ann/1: yes
        ann/1: sees ready mic, c1 talking, muted, pop
        > 3 offer ann/1
        accept ann/1
        muted ann/1 true
        > 4 up ann/1
        bridge c1 ann/1
        muted ann/1 true
        ",
    );
}

#[test]
fn a_thousand_reloads_and_tabs_leave_a_call_alone() {
    let mut stage = Stage::new(settings());
    for line in ["0 connect ann/0", "0 invite c1 +14155550123"] {
        stage.play(line);
    }
    for page in 1..500 {
        let at = f64::from(page) * 0.05;
        stage.play(&format!("{at} gone ann/{}", page - 1));
        stage.play(&format!("{at} connect ann/{page}"));
    }
    stage.play("26 ann/499 answer c1");
    for page in 500..1_000 {
        let at = f64::from(page) * 2.0;
        stage.play(&format!("{at} gone ann/{}", page - 1));
        stage.play(&format!("{at} connect ann/{page}"));
        stage.play(&format!("{} offer ann/{page}", at + 0.5));
        stage.play(&format!("{} up ann/{page}", at + 1.0));
    }
    let views = stage.switchboard.agents.values();
    let shown: Vec<_> = views.filter_map(|agent| agent.shown.clone()).collect();
    let call = shown[0].call.as_ref().expect("the call goes on");
    assert_eq!((call.phase, call.media_lost), (Phase::Talking, false));
    assert_eq!(shown[0].device_count, 1);
    assert_eq!(
        stage.seen.matches("write c1").count(),
        2,
        "born and answered"
    );
}
