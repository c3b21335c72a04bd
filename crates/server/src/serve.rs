//! `offhook serve`: builds the house, says where it is, waits for the end, and ends cleanly:
//! calls are told goodbye and logged first, then the web closes, then the database.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use offhook_telephony::CancellationToken;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::cli::ServeOptions;
use crate::config;
use crate::data_folder::DataFolder;
use crate::exit::{Ended, Failure, OrEnd, Outcome};
use crate::house::{self, House, SecureDoors};
use crate::{jobs, logs, say, tls};

/// Calls have this long to be told goodbye; the rest of the 5 s is for web and database.
const GOODBYE_MAX: Duration = Duration::from_millis(4_000);
/// Open pages have this long to finish what they were sent.
const WEB_END_MAX: Duration = Duration::from_millis(500);

/// Runs the server until SIGTERM or SIGINT.
pub(crate) fn serve(options: &ServeOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    logs::start(&config.log).or_end(Failure::Configuration)?;
    let data = DataFolder::open(&config.server.data_folder).or_end(Failure::Data)?;
    if options.reset_demo {
        data.reset_demo().or_end(Failure::Data)?;
    }
    let wants_demo = options.demo || options.reset_demo;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let house = house::build(&config, &data, wants_demo, shutdown.clone()).await?;
        data.write_running(&house.running).or_end(Failure::Data)?;
        announce(&house);
        let folder = config.server.data_folder.clone();
        let ended = run(house, folder, shutdown).await;
        data.remove_running();
        ended
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}

/// Prints where everything is.
fn announce(house: &House) {
    let running = &house.running;
    say(&format!(
        "Offhook {} is running.",
        env!("CARGO_PKG_VERSION")
    ));
    say(&format!("  Console     {}", running.console));
    say(&format!("  Pages       {}", running.pages));
    if let (Some(secure), Some(origin)) = (&house.secure, &running.secure_console) {
        say(&format!("  API         {} or {origin}", running.console));
        if let Some(file) = &secure.tls.ca_file {
            say(&format!(
                "  Trust       {} (the certificate of {origin})",
                file.display()
            ));
        }
    }
    say(&format!("  SIP         {} (UDP)", running.sip));
    if let Some(logins) = &house.demo {
        say("  Sign in as");
        for login in logins.users() {
            say(&format!(
                "    {:<30} {:<14} {}",
                login.username, login.password, login.role
            ));
        }
        say("  Then let a caller ring:  offhook call --from '+1 555 123 4567'");
    }
    say("  Stop with Ctrl+C.");
}

async fn run(house: House, folder: PathBuf, shutdown: CancellationToken) -> Outcome {
    let House {
        store,
        telephony,
        web,
        console,
        pages,
        secure,
        ..
    } = house;
    let web_end = CancellationToken::new();
    let mut servers = JoinSet::new();
    for (listener, router) in [(console, web.console), (pages, web.pages)] {
        let end = web_end.clone();
        servers.spawn(offhook_web::serve(listener, router, async move {
            end.cancelled().await
        }));
    }
    let jobs = tokio::spawn(jobs::work(store.clone(), folder, shutdown.clone()));
    if let Some(secure) = secure {
        serve_secure(&mut servers, secure, &web_end);
    }
    let early = wait_for_the_end(&mut servers).await;
    tracing::info!("ending: calls are told goodbye");
    shutdown.cancel();
    if timeout(GOODBYE_MAX, telephony.engine).await.is_err() {
        tracing::error!("calls were still open after {GOODBYE_MAX:?}; they end as interrupted");
    }
    web_end.cancel();
    // Sockets that stay open are cut: their pages come back by themselves.
    let _ = timeout(WEB_END_MAX, async {
        while servers.join_next().await.is_some() {}
    })
    .await;
    servers.abort_all();
    // A job that is in the middle of a step ends with the store.
    let _ = timeout(WEB_END_MAX, jobs).await;
    store.close().await;
    early
}

/// The same doors over TLS, and what looks after their certificate.
fn serve_secure(
    servers: &mut JoinSet<std::io::Result<()>>,
    secure: SecureDoors,
    web_end: &CancellationToken,
) {
    let SecureDoors {
        tls: keeper,
        console,
        pages,
        routers,
    } = secure;
    for (listener, router) in [(console, routers.0), (pages, routers.1)] {
        let (acceptor, end) = (keeper.acceptor.clone(), web_end.clone());
        let secured = move |stream| tls::secured(acceptor.clone(), stream);
        servers.spawn(offhook_web::serve_secured(
            listener,
            router,
            secured,
            async move { end.cancelled().await },
        ));
    }
    servers.spawn(keeper.keep());
}

/// Ends with a signal, or with the error of a server that stopped by itself.
async fn wait_for_the_end(servers: &mut JoinSet<std::io::Result<()>>) -> Outcome {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        stopped = servers.join_next() => Err(stopped_early(stopped)),
    }
}

fn stopped_early(stopped: Option<Result<std::io::Result<()>, tokio::task::JoinError>>) -> Ended {
    let why = match stopped {
        Some(Ok(Err(error))) => error.to_string(),
        Some(Err(error)) => error.to_string(),
        Some(Ok(Ok(()))) | None => "without a reason".to_owned(),
    };
    anyhow::anyhow!("the web server stopped: {why}").into()
}
