//! The command line. Its help texts are the reference page of the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Offhook: a phone inside the CRM, and a home for every Open CTI softphone.
#[derive(Debug, Parser)]
#[command(name = "offhook", version, about, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 fine, 1 failed, 2 wrong configuration, 3 a port is taken, \
                        4 the data folder or database cannot be used."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start the server: console, softphone, telephone
    Serve(ServeOptions),
    /// Make an empty org with its first administrator; the password is read from standard input
    Init(InitOptions),
    /// Place a real SIP call, with audio, into the running server
    Call(CallOptions),
    /// Check configuration, data folder, ports and database, and say what to do
    Doctor(ConfigOptions),
    /// Back the org up into one file, while the server runs or not
    Backup(BackupOptions),
    /// Bring a backup back into an empty data folder
    Restore(RestoreOptions),
    /// Look after the audit trail of Setup
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        task: AuditTask,
    },
    /// Print the version
    Version,
    /// Fill a demo org with contacts for benchmarks
    #[command(hide = true)]
    Fill(FillOptions),
    /// Print a generated page of the book
    #[command(hide = true)]
    Reference {
        /// Which.
        page: ReferencePage,
    },
}

/// The generated pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReferencePage {
    /// The commands.
    Commands,
    /// The configuration.
    Configuration,
}

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConfigOptions {
    /// Configuration file; `offhook.toml` in the current folder is read when it is there
    #[arg(long, value_name = "FILE", env = "OFFHOOK_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder for the database and everything else that must last
    #[arg(long, value_name = "FOLDER")]
    pub data_folder: Option<PathBuf>,
    /// Any configuration key, over file and environment: `--set sip.udp_address=0.0.0.0:5060`
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
}

/// `offhook serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeOptions {
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// Fill an empty org with a demo team and print the logins; adds an answering party that
    /// outbound calls reach
    #[arg(long)]
    pub demo: bool,
    /// Throw the demo org away and start over (refused for an org that is no demo)
    #[arg(long)]
    pub reset_demo: bool,
}

/// `offhook init`.
#[derive(Debug, Clone, Args)]
pub(crate) struct InitOptions {
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// User name of the administrator, in the form of an e-mail address
    #[arg(long, value_name = "NAME@COMPANY")]
    pub username: String,
    /// First name
    #[arg(long, value_name = "NAME", default_value = "")]
    pub first_name: String,
    /// Last name
    #[arg(long, value_name = "NAME", default_value = "Administrator")]
    pub last_name: String,
}

/// `offhook backup`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BackupOptions {
    /// Configuration; the data folder is the one that is backed up.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// Leave the master key out: what is sealed with it cannot be read from the backup, nor
    /// after a restore without it
    #[arg(long)]
    pub without_keys: bool,
    /// Leave the database out; for orgs in PostgreSQL, which is dumped with its own tools
    #[arg(long)]
    pub without_database: bool,
    /// The file to make, outside the data folder: `org.tar`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `offhook restore`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RestoreOptions {
    /// Configuration; the data folder must be empty or not there yet.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `offhook audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditTask {
    /// Check that no entry was edited, deleted, moved or added past Offhook
    Verify(AuditOptions),
}

/// `offhook audit verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditOptions {
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// A head of the trail that was kept elsewhere, as this command and the log print it
    #[arg(long, value_name = "NUMBER:HASH")]
    pub anchor: Vec<String>,
}

/// `offhook fill`.
#[derive(Debug, Clone, Args)]
pub(crate) struct FillOptions {
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// How many contacts to add
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub contacts: u32,
}

/// `offhook call`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallOptions {
    /// Configuration; the data folder must be that of the running server.
    #[command(flatten)]
    pub config: ConfigOptions,
    /// The caller's number, as a network would send it
    #[arg(long, value_name = "NUMBER", default_value = "+1 555 123 4567")]
    pub from: String,
    /// The number to call
    #[arg(long, value_name = "NUMBER", default_value = "+15035550100")]
    pub to: String,
    /// How many calls to place, one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub count: u32,
    /// A WAV file to say instead of the built-in voice (8 or 16 kHz, mono)
    #[arg(long, value_name = "FILE.wav")]
    pub say: Option<PathBuf>,
    /// Write what is heard to this WAV file
    #[arg(long, value_name = "FILE.wav")]
    pub hear: Option<PathBuf>,
    /// Hang up after this many seconds of talk
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub talk: u64,
    /// Give up after this many seconds without an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub ring: u64,
}
