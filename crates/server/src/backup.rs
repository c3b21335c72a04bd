//! `offhook backup` and `offhook restore`.

use std::path::Path;

use anyhow::Context;
use offhook_store::backup::{self, BackupSource, Manifest};

use crate::cli::{BackupOptions, RestoreOptions};
use crate::config::{self, Config};
use crate::data_folder::DataFolder;
use crate::exit::{Failure, OrEnd, Outcome};
use crate::house::now_ms;
use crate::say;

/// Makes a backup; a server may run on the data folder meanwhile.
pub(crate) fn backup(options: &BackupOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    DataFolder::open(&config.server.data_folder).or_end(Failure::Data)?;
    let url = config.database_url();
    let database = match (url.strip_prefix("sqlite:"), options.without_database) {
        (_, true) => None,
        (Some(path), false) => Some(Path::new(path.trim_start_matches("//"))),
        (None, false) => {
            return Err(dump_it_yourself(&config)).or_end(Failure::Configuration);
        }
    };
    let source = BackupSource {
        folder: &config.server.data_folder,
        database,
        with_keys: !options.without_keys,
        offhook: env!("CARGO_PKG_VERSION"),
        now_ms: now_ms(),
    };
    let manifest = runtime()?
        .block_on(backup::make(&source, &options.file))
        .or_end(Failure::Data)?;
    let bytes = options.file.metadata().map_or(0, |m| m.len());
    say(&format!(
        "{} is a backup of {} files, {bytes} bytes. {}",
        options.file.display(),
        manifest.files.len(),
        keys(&manifest)
    ));
    Ok(())
}

/// Restores a backup into a data folder that is empty.
pub(crate) fn restore(options: &RestoreOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    let folder = &config.server.data_folder;
    let manifest = runtime()?
        .block_on(backup::restore(&options.file, folder))
        .or_end(Failure::Data)?;
    say(&format!(
        "{} was restored into {}: {} files, as they were at {}.",
        options.file.display(),
        folder.display(),
        manifest.files.len(),
        moment(manifest.made_at_ms)
    ));
    if manifest.schema.is_none() {
        say("The database was not in it: restore that with the engine's own tools.");
    }
    if !manifest.has_keys {
        say("The master key was not in it: put the file master.key back into the folder.");
    }
    if manifest.schema.is_some() && !config.database.url.is_empty() {
        say(&format!(
            "database.url is set; the restored database is {}.",
            folder.join("offhook.db").display()
        ));
    }
    say("Start it with `offhook serve`.");
    Ok(())
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// PostgreSQL has better tools for it than we could have.
fn dump_it_yourself(config: &Config) -> anyhow::Error {
    let url = config.database_url();
    let place = url.rsplit_once('@').map_or("", |(_, place)| place);
    anyhow::anyhow!(
        "the org is in PostgreSQL: dump it with `pg_dump --format=custom --file=org.dump \
         'postgres://USER@{place}'`, while the server runs, and then back up the rest with \
         `offhook backup --without-database FILE`. `pg_restore` brings it back"
    )
}

fn keys(manifest: &Manifest) -> &'static str {
    match manifest.has_keys {
        true => "The keys are in it: keep it as safe as the server.",
        false => "The master key is not in it: keep a copy of master.key elsewhere.",
    }
}

fn moment(ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
