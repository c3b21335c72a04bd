//! `offhook doctor`: what is in force, and what would keep the server from starting or calls from
//! coming through. Each finding says what to do.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use offhook_store::usage::{self, UsageLevel};

use crate::cli::ConfigOptions;
use crate::config::{self, Config};
use crate::data_folder::DataFolder;
use crate::exit::{Ended, Failure, OrEnd, Outcome};
use crate::{house, say, tls};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A backup that is older is spoken of.
const BACKUP_DAYS_MAX: i64 = 7;

/// What one check found.
enum Finding {
    Good(String),
    /// To be thought about; nothing fails for it today.
    Note(String),
    Bad(String),
}

/// Runs every check; fails when one does.
pub(crate) fn doctor(options: &ConfigOptions) -> Outcome {
    let config = config::load(options, std::env::vars()).or_end(Failure::Configuration)?;
    say("Configuration in force (secrets left out):");
    say(&without_secrets(&config)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let findings = runtime.block_on(findings(&config));
    let bad = findings
        .iter()
        .filter(|finding| matches!(finding, Finding::Bad(_)))
        .count();
    for finding in &findings {
        match finding {
            Finding::Good(text) => say(&format!("  ok       {text}")),
            Finding::Note(text) => say(&format!("  note     {text}")),
            Finding::Bad(text) => say(&format!("  PROBLEM  {text}")),
        }
    }
    if bad > 0 {
        Err(anyhow::anyhow!("problems found: {bad}"))?;
    }
    Ok(())
}

fn without_secrets(config: &Config) -> Result<String, Ended> {
    let mut shown = config.clone();
    for trunk in &mut shown.trunk {
        if !trunk.password.is_empty() {
            trunk.password = "(set)".to_owned();
        }
    }
    if let Some((_, host)) = shown.database.url.rsplit_once('@') {
        shown.database.url = format!("postgres://(set)@{host}");
    }
    Ok(toml::to_string(&shown)?)
}

async fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let data = match DataFolder::open(&config.server.data_folder) {
        Ok(data) => data,
        Err(error) => return vec![Finding::Bad(format!("{error:#}"))],
    };
    findings.push(Finding::Good(format!(
        "data folder {} can be written",
        config.server.data_folder.display()
    )));
    match data.running() {
        Ok(Some(running)) if answers(&running.console) => findings.push(Finding::Good(format!(
            "a server runs here: console {}, SIP {} (its ports and database are not tried)",
            running.console, running.sip
        ))),
        _ => {
            findings.extend(ports(config));
            findings.push(database(config).await);
        }
    }
    findings.push(last_backup(config));
    findings.extend(api_usage(config).await);
    let mut of_tls = tls::check::findings(config, &data);
    of_tls.extend(tls::check::reach(config).await);
    for (is_good, text) in of_tls {
        findings.push(match is_good {
            true => Finding::Good(text),
            false => Finding::Bad(text),
        });
    }
    findings.push(trunks(config));
    findings.extend(origins(config));
    findings
}

fn last_backup(config: &Config) -> Finding {
    let Some(backup) = offhook_store::backup::last(&config.server.data_folder) else {
        let text = "no backup was ever made here: make one with `offhook backup FILE`";
        return Finding::Note(text.to_owned());
    };
    let days = (house::now_ms() - backup.made_at_ms) / DAY_MS;
    let text = format!("the last backup is {days} days old: {}", backup.file);
    match days > BACKUP_DAYS_MAX {
        true => Finding::Note(format!("{text}. Make one with `offhook backup FILE`")),
        false => Finding::Good(text),
    }
}

/// How near the limit of API calls is; read beside a server that runs.
async fn api_usage(config: &Config) -> Option<Finding> {
    let url = config.database_url();
    let path = std::path::Path::new(url.strip_prefix("sqlite:")?);
    if !path.exists() {
        return None;
    }
    let (calls, max) = usage::beside(path, house::now_ms()).await.ok()?;
    let text = format!("{calls} of {max} API calls were made in 24 hours");
    Some(match UsageLevel::of(calls, max) {
        UsageLevel::Fine => Finding::Good(text),
        UsageLevel::Warning | UsageLevel::Critical => Finding::Note(format!(
            "{text}: Setup > API Usage says by whom, and when the limit will be reached"
        )),
        UsageLevel::Full => Finding::Bad(format!(
            "{text}: API clients are refused. Setup > API Usage says by whom, and raises the limit"
        )),
    })
}

/// Does something listen at this origin?
fn answers(origin: &str) -> bool {
    let address = origin
        .rsplit_once("//")
        .and_then(|(_, host)| host.parse::<SocketAddr>().ok());
    let patience = std::time::Duration::from_secs(1);
    address.is_some_and(|to| std::net::TcpStream::connect_timeout(&to, patience).is_ok())
}

fn ports(config: &Config) -> Vec<Finding> {
    let tcp =
        |what: &str, address: SocketAddr| port(what, address, TcpListener::bind(address).err());
    let udp = |what: &str, address: SocketAddr| port(what, address, UdpSocket::bind(address).err());
    let mut findings = vec![
        tcp("server.console_address", config.server.console_address),
        tcp("server.pages_address", config.server.pages_address),
        udp("sip.udp_address", config.sip.udp_address),
    ];
    match config.sip_tcp() {
        Ok(Some(address)) => findings.push(tcp("sip.tcp_address", address)),
        Ok(None) => findings.push(Finding::Good("SIP over TCP is switched off".to_owned())),
        Err(error) => findings.push(Finding::Bad(format!("{error:#}"))),
    }
    findings
}

fn port(key: &str, address: SocketAddr, error: Option<std::io::Error>) -> Finding {
    match error {
        None => Finding::Good(format!("{key} {address} is free")),
        Some(error) => Finding::Bad(format!(
            "{key} {address}: {error}. Stop the program that uses it, or choose another address"
        )),
    }
}

async fn database(config: &Config) -> Finding {
    match house::open_store(config).await {
        Ok(store) => {
            store.close().await;
            Finding::Good("the database opens and its check passes".to_owned())
        }
        Err(ended) => Finding::Bad(format!("{:#}", ended.error)),
    }
}

fn trunks(config: &Config) -> Finding {
    if config.trunk.is_empty() {
        return Finding::Bad(
            "no [[trunk]] is configured: only `offhook call` reaches the system, and outbound \
             calls reach nobody but the demo's answering party"
                .to_owned(),
        );
    }
    let names = config
        .trunk
        .iter()
        .map(|trunk| trunk.name.as_str())
        .collect::<Vec<_>>();
    Finding::Good(format!("trunks: {}", names.join(", ")))
}

/// Beyond loopback, browsers give a microphone only to https pages.
fn origins(config: &Config) -> Vec<Finding> {
    let server = &config.server;
    let doors = [
        ("console", server.console_address, &server.console_origin),
        ("pages", server.pages_address, &server.pages_origin),
    ];
    let plain = |address: SocketAddr, origin: &str| {
        !address.ip().is_loopback() && !origin.starts_with("https://")
    };
    let bad = doors
        .into_iter()
        .filter(|(_, address, origin)| plain(*address, origin));
    bad.map(|(name, address, _)| {
        Finding::Bad(format!(
            "{name} listens on {address} without https: browsers give no microphone there. Let them \
             use the https door ([tls] in the configuration), or put a TLS proxy in front and set \
             server.{name}_origin to its https address"
        ))
    })
    .collect()
}
