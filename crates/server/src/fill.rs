//! `offhook fill`: many contacts for benchmarks, each with a number of its own. Not for an org
//! that people use, so it refuses any that is no demo.

use anyhow::{Context, bail};
use offhook_org::record::Fields;
use offhook_org::{ObjectName, Value};

use crate::cli::FillOptions;
use crate::data_folder::DataFolder;
use crate::exit::{Failure, OrEnd, Outcome};
use crate::{config, demo, house, say};

/// Contacts in one transaction.
const CHUNK: u32 = 5_000;

const FIRST_NAMES: &[&str] = &[
    "Ada", "Ben", "Chen", "Dana", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jo", "Kim", "Lea",
];
const LAST_NAMES: &[&str] = &[
    "Abel", "Brandt", "Costa", "Dubois", "Ekman", "Fischer", "Garcia", "Hughes", "Ito", "Jensen",
    "Kaur", "Lopez", "Moreau", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Sato", "Tran",
];

/// Fills the org of the data folder up to that many contacts.
pub(crate) fn fill(options: &FillOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    let data = DataFolder::open(&config.server.data_folder).or_end(Failure::Data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = house::open_store(&config).await?;
        if store.is_empty().await.or_end(Failure::Data)? {
            data.mark_demo().or_end(Failure::Data)?;
            demo::fill(&store, house::now_ms()).await?;
        } else if !data.is_demo() {
            Err(anyhow::anyhow!(
                "the org here is no demo; fill leaves it alone"
            ))?;
        }
        let began = std::time::Instant::now();
        let object = ObjectName::new("Contact");
        for start in (0..options.contacts).step_by(CHUNK as usize) {
            let end = (start + CHUNK).min(options.contacts);
            let records = (start..end)
                .map(contact)
                .collect::<anyhow::Result<Vec<_>>>()?;
            store
                .create_many(&object, &records)
                .await
                .context("cannot write contacts")?;
        }
        say(&format!(
            "{} contacts in {:.1} s",
            options.contacts,
            began.elapsed().as_secs_f64()
        ));
        store.close().await;
        Ok(())
    })
}

/// The contact with this number in the series: `+1 202 200 0000` and up.
fn contact(number: u32) -> anyhow::Result<Fields> {
    if number >= 6_000_000 {
        bail!("at most 6,000,000 contacts have numbers of their own");
    }
    let of = |names: &[&str], turn: u32| {
        let index = turn as usize % names.len();
        names.get(index).copied().unwrap_or_default().to_owned()
    };
    let phone = format!("+1202{}", 2_000_000 + number);
    Ok(Fields::from([
        ("FirstName".into(), Value::Text(of(FIRST_NAMES, number))),
        (
            "LastName".into(),
            Value::Text(format!("{} {number}", of(LAST_NAMES, number / 7))),
        ),
        ("Phone".into(), Value::Text(phone)),
    ]))
}
