//! A call from a caller outside to a browser: both hear each other, from the answer on, through
//! hold, mute and a reload; and the test that hears it can fail.

use std::time::Duration;

use offhook_calls::softphone::{Command, Phase};
use offhook_calls::{CallState, EndCause};
use offhook_telephony::media::tone::amplitude_at;
use offhook_telephony::{TestCallResult, place_test_call};
use tokio::task::JoinHandle;

use crate::browser::{Browser, OnLine, tone};
use crate::house::{Builder, House};

const CALLER_HZ: f32 = 641.0;
const AGENT_HZ: f32 = 1_163.0;

struct Talk {
    house: House,
    caller: JoinHandle<TestCallResult>,
    browser: OnLine,
    call: offhook_calls::CallId,
    heard: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

/// A caller with a tone is on the line with a browser with another.
async fn talk(builder: Builder) -> Talk {
    let mut house = builder.start().await;
    house.desk.connect().await;
    let folder = tempfile::tempdir().expect("a folder");
    let heard = folder.path().join("heard.wav");
    let say = folder.path().join("say.wav");
    write_tone(&say, CALLER_HZ);
    let mut call = house.call("+15551234567");
    call.say = Some(say);
    call.hear = Some(heard.clone());
    let caller = tokio::spawn(async move { place_test_call(call).await.expect("placed") });
    let ringing = house.desk.phase(Phase::Ringing).await;
    assert_eq!(ringing.far_number, "+15551234567");
    let (browser, offer) = Browser::new().await;
    let answer = house.desk.offer(offer).await;
    let mut browser = browser.talk(&answer, AGENT_HZ);
    browser.connected().await;
    let call = ringing.id.clone();
    house
        .desk
        .command(Command::Answer { call: call.clone() })
        .await;
    house.desk.phase(Phase::Talking).await;
    Talk {
        house,
        caller,
        browser,
        call,
        heard,
        _folder: folder,
    }
}

fn write_tone(path: &std::path::Path, hz: f32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a file");
    // A whole number of turns, so that it can be repeated without a click.
    for frame in 0..50 {
        for sample in tone(hz, frame * 160) {
            writer.write_sample(sample).expect("written");
        }
    }
    writer.finalize().expect("finished");
}

fn read(path: &std::path::Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).expect("a recording");
    reader.samples::<i16>().filter_map(Result::ok).collect()
}

/// The share of tenths of a second in which the tone can be heard.
fn share_with(samples: &[i16], hz: f32) -> f32 {
    let tenths: Vec<bool> = samples
        .chunks_exact(800)
        .map(|t| amplitude_at(t, hz) > 0.1)
        .collect();
    tenths.iter().filter(|heard| **heard).count() as f32 / tenths.len().max(1) as f32
}

async fn for_seconds(seconds: f32) {
    tokio::time::sleep(Duration::from_secs_f32(seconds)).await;
}

#[tokio::test]
async fn caller_and_agent_hear_each_other_from_the_answer_on() {
    let mut talk = talk(Builder::new()).await;
    for_seconds(3.0).await;
    let by_agent = talk.browser.heard();
    talk.house
        .desk
        .command(Command::HangUp {
            call: talk.call.clone(),
        })
        .await;
    let result = talk.caller.await.expect("the caller lives");
    let by_caller = read(&talk.heard);
    assert_eq!(result.status, 200);
    assert!(result.ended_by_system);
    assert!(
        by_agent.len() > 20_000,
        "the agent heard {} samples",
        by_agent.len()
    );
    assert!(
        share_with(&by_agent, CALLER_HZ) > 0.95,
        "{}",
        share_with(&by_agent, CALLER_HZ)
    );
    // Audio within 300 ms of the answer, three times that for a busy computer, and from there on
    // without a gap.
    assert!(
        share_with(&by_caller[7_200..], AGENT_HZ) > 0.95,
        "{}",
        share_with(&by_caller, AGENT_HZ)
    );
    assert!(
        share_with(&by_caller, CALLER_HZ) < 0.05,
        "the caller hears himself"
    );
    let row = talk.house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::AgentHungUp));
    assert_eq!(row.state, CallState::WrapUp);
    talk.house.close().await;
}

#[tokio::test]
async fn with_the_bridge_off_nobody_hears_anything() {
    let mut talk = talk(Builder::new().bridge_disabled()).await;
    for_seconds(2.0).await;
    let by_agent = talk.browser.heard();
    talk.house
        .desk
        .command(Command::HangUp {
            call: talk.call.clone(),
        })
        .await;
    talk.caller.await.expect("the caller lives");
    let by_caller = read(&talk.heard);
    assert_eq!(share_with(&by_agent, CALLER_HZ), 0.0);
    assert_eq!(share_with(&by_caller, AGENT_HZ), 0.0);
    talk.house.close().await;
}

#[tokio::test]
async fn hold_and_mute_change_what_the_caller_hears_and_nothing_breaks_the_stream() {
    let mut talk = talk(Builder::new()).await;
    for_seconds(1.0).await;
    let call = talk.call.clone();
    talk.house
        .desk
        .command(Command::Mute {
            call: call.clone(),
            muted: true,
        })
        .await;
    for_seconds(1.5).await;
    talk.house
        .desk
        .command(Command::Mute {
            call: call.clone(),
            muted: false,
        })
        .await;
    talk.house
        .desk
        .command(Command::Hold { call: call.clone() })
        .await;
    for_seconds(3.2).await;
    talk.house
        .desk
        .command(Command::Resume { call: call.clone() })
        .await;
    for_seconds(1.5).await;
    talk.house.desk.command(Command::HangUp { call }).await;
    talk.caller.await.expect("the caller lives");
    let heard = read(&talk.heard);
    let talking = share_with(&heard[2_400..8_000], AGENT_HZ);
    let muted = &heard[10_400..18_400];
    let held = &heard[22_400..44_000];
    let resumed = share_with(&heard[heard.len() - 9_600..], AGENT_HZ);
    assert!(talking > 0.9, "{talking}");
    assert_eq!(share_with(muted, AGENT_HZ), 0.0, "muted, yet heard");
    assert_eq!(share_with(held, AGENT_HZ), 0.0, "held, yet heard");
    let notes = held
        .chunks_exact(800)
        .filter(|t| amplitude_at(t, 440.0) > 0.04)
        .count();
    assert!(notes > 0, "the held caller hears nothing");
    assert!(resumed > 0.9, "{resumed}");
    talk.house.close().await;
}

#[tokio::test]
async fn a_new_offer_of_the_page_takes_the_audio_over() {
    let mut talk = talk(Builder::new()).await;
    for_seconds(0.5).await;
    talk.browser.vanish();
    let (browser, offer) = Browser::new().await;
    let answer = talk.house.desk.offer(offer).await;
    let browser = browser.talk(&answer, AGENT_HZ);
    for_seconds(2.0).await;
    let heard = browser.heard();
    assert!(share_with(&heard[heard.len() - 8_000..], CALLER_HZ) > 0.9);
    talk.house
        .desk
        .command(Command::HangUp {
            call: talk.call.clone(),
        })
        .await;
    talk.caller.await.expect("the caller lives");
    let by_caller = read(&talk.heard);
    assert!(share_with(&by_caller[by_caller.len() - 8_000..], AGENT_HZ) > 0.9);
    talk.house.close().await;
}

#[tokio::test]
async fn a_page_that_falls_silent_is_away_for_the_caller_until_it_offers_again() {
    let mut talk = talk(Builder::new()).await;
    for_seconds(0.5).await;
    talk.browser.vanish();
    talk.house
        .desk
        .view(|view| view.call.as_ref().is_some_and(|call| call.media_lost))
        .await;
    for_seconds(4.5).await;
    let (browser, offer) = Browser::new().await;
    let answer = talk.house.desk.offer(offer).await;
    let mut browser = browser.talk(&answer, AGENT_HZ);
    browser.connected().await;
    for_seconds(1.5).await;
    talk.house
        .desk
        .command(Command::HangUp {
            call: talk.call.clone(),
        })
        .await;
    talk.caller.await.expect("the caller lives");
    let heard = read(&talk.heard);
    let (away, back) = heard.split_at(heard.len() - 8_000);
    let away = &away[away.len() - 38_000..];
    let notes = away
        .chunks_exact(800)
        .filter(|tenth| amplitude_at(tenth, 950.0) > 0.05)
        .count();
    assert!(notes > 0, "the caller is left in silence");
    assert!(share_with(back, AGENT_HZ) > 0.8, "the page is not back");
    talk.house.close().await;
}
