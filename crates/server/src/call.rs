//! `offhook call`: a caller for people without a phone. A real SIP call with audio, into the
//! server that runs in the data folder.

use std::time::Duration;

use anyhow::{Context, bail};
use offhook_telephony::{TestCall, TestCallResult, place_test_call};

use crate::cli::CallOptions;
use crate::config;
use crate::data_folder::DataFolder;
use crate::exit::{Failure, OrEnd, Outcome};
use crate::say;

/// Places the calls, one after the other, and says what became of each.
pub(crate) fn call(options: &CallOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    let data = DataFolder::open(&config.server.data_folder).or_end(Failure::Data)?;
    let place = test_call(options, &data).or_end(Failure::Data)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut unanswered = 0;
    for number in 1..=options.count {
        say(&format!(
            "Call {number} of {}: {} calls {}",
            options.count, options.from, options.to
        ));
        let result = runtime.block_on(place_test_call(place.clone()))?;
        say(&describe(&result));
        unanswered += u32::from(result.status != 200);
    }
    runtime.shutdown_timeout(Duration::from_millis(200));
    if unanswered > 0 {
        Err(anyhow::anyhow!(
            "{unanswered} of {} calls were not answered",
            options.count
        ))?;
    }
    Ok(())
}

fn test_call(options: &CallOptions, data: &DataFolder) -> anyhow::Result<TestCall> {
    let not_running = "no server runs in this data folder; start one with `offhook serve --demo`, \
                       or name its folder with --data-folder";
    let running = data.running()?.context(not_running)?;
    let caller = data.known_test_caller()?.context(not_running)?;
    for file in options.say.iter() {
        if !file.exists() {
            bail!("there is no sound file {}", file.display());
        }
    }
    Ok(TestCall {
        to: running.sip,
        dialled: options.to.clone(),
        from: options.from.clone(),
        credentials: (caller.username, caller.password),
        say: options.say.clone(),
        hear: options.hear.clone(),
        talk_ms: options.talk.saturating_mul(1_000),
        ring_ms: options.ring.saturating_mul(1_000),
    })
}

fn describe(result: &TestCallResult) -> String {
    let seconds = |ms: u64| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100);
    match result.status {
        200 => format!(
            "  answered after {}, talked {}, heard {} packets, {} hung up",
            seconds(result.ring_ms),
            seconds(result.talk_ms),
            result.packets_heard,
            if result.ended_by_system {
                "the agent"
            } else {
                "the caller"
            },
        ),
        480 => "  nobody was free, or nobody answered (480)".to_owned(),
        486 => "  declined (486)".to_owned(),
        487 => "  gave up without an answer (487)".to_owned(),
        503 => "  the system is at its limit (503)".to_owned(),
        status => format!("  refused with SIP status {status}"),
    }
}
