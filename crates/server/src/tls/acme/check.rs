//! What `offhook doctor` says of ACME: what is missing to ask, what the certificate is, what went
//! wrong last, whether the domains have addresses and the authority answers.

use std::net::ToSocketAddrs;
use std::time::Duration;

use instant_acme::Key;
use jiff::Timestamp;

use super::{Acme, order, trouble};
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::tls::check::{now, told};

/// The authority has this long to answer the doctor.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the files say: each finding with whether it is good.
pub(crate) fn findings(config: &Config, data: &DataFolder) -> Vec<(bool, String)> {
    let acme = match Acme::open(config, data, &Default::default()) {
        Ok(acme) => acme,
        Err(error) => return vec![(false, told(&error))],
    };
    let mut findings = vec![match acme.until_s() {
        None => (
            acme.state.trouble.is_empty(),
            "TLS: there is no certificate by ACME yet; clients are shown one of our own until \
             then"
                .to_owned(),
        ),
        Some(end) if end <= now() => (false, format!("TLS: the certificate ended on {}", day(end))),
        Some(end) => (
            true,
            format!(
                "TLS: the certificate by ACME is good until {}; the next is due on {}",
                day(end),
                day(acme.state.renew_at_s.unwrap_or_default())
            ),
        ),
    }];
    if !acme.state.trouble.is_empty() {
        findings.push((
            false,
            format!(
                "TLS: the last of {} tries failed, on {}: {}. Next try: {}",
                acme.state.failures,
                day(acme.state.failed_at_s),
                acme.state.trouble,
                moment(acme.state.next_try_s.unwrap_or_default())
            ),
        ));
    }
    findings.extend(acme.domains.iter().filter_map(|domain| unknown(domain)));
    findings
}

/// Has the domain an address, as this computer sees it?
fn unknown(domain: &str) -> Option<(bool, String)> {
    let found = (domain, 443).to_socket_addrs();
    let found = found.is_ok_and(|mut addresses| addresses.next().is_some());
    (!found).then(|| {
        let text = format!(
            "TLS: {domain} has no address in the DNS: give it an A or AAAA record that leads \
             here, or no authority can validate it"
        );
        (false, text)
    })
}

/// Does the authority answer?
pub(crate) async fn reach(config: &Config) -> (bool, String) {
    let settings = &config.acme;
    let directory = settings.directory.clone();
    let asked = async {
        let failed = |error| trouble::of_error(&error, &directory, settings.challenge);
        let (_, key) = Key::generate_pkcs8().map_err(failed)?;
        let client = order::client(settings)?;
        let reached = client.from_parts(String::new(), key, directory.clone());
        reached.await.map(drop).map_err(failed)
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(())) => (true, format!("TLS: the authority {directory} answers")),
        Ok(Err(trouble)) => (false, format!("TLS: {}", trouble.text)),
        Err(_) => (
            false,
            format!("TLS: the authority {directory} did not answer within 10 s"),
        ),
    }
}

fn day(at_s: i64) -> String {
    written(at_s, "%Y-%m-%d")
}

fn moment(at_s: i64) -> String {
    written(at_s, "%Y-%m-%d %H:%M UTC")
}

fn written(at_s: i64, how: &str) -> String {
    let at = Timestamp::from_second(at_s).map(|at| at.strftime(how).to_string());
    at.unwrap_or_else(|_| "an unknown day".to_owned())
}
