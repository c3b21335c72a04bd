//! The benchmarks of the org (`cargo xtask bench org`): saving, loading, queries, descriptions,
//! the search by telephone number, and lists, searches and new fields among many records; beside
//! what SQLite alone takes for the same in the same run. Every write is durable: WAL,
//! `synchronous=FULL`.

mod bare;
mod describe;
mod fill;
mod many;
mod phone;
mod query;
mod report;
mod save;

use std::path::{Path, PathBuf};
use std::time::Instant;

use offhook_org::access::Profile;
use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind};
use offhook_org::{RecordId, UserContext, Value};
use offhook_phone::Region;
use offhook_store::org::metadata::VisibleTo;
use offhook_store::{Store, StoreSettings};

/// Records of the load, and contacts of the search by number, when none are asked for.
const RECORDS: u64 = 200_000;

/// What is measured, unless one of them is asked for.
const PARTS: [&str; 4] = ["create", "query", "phone", "many"];

const OPTIONS: &str =
    "--records N, --contacts N, --folder PATH, --kept PATH, --only create|query|phone|many";

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let (mut records, mut contacts) = (RECORDS, RECORDS);
    let (mut folder, mut parts) = (std::env::temp_dir(), PARTS.to_vec());
    let mut kept = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--records" => records = value.parse()?,
            "--contacts" => contacts = value.parse()?,
            "--folder" => folder = PathBuf::from(value),
            "--kept" => kept = Some(PathBuf::from(value)),
            "--only" => parts.retain(|part| value.split(',').any(|only| only == *part)),
            other => return Err(format!("{other}: there is {OPTIONS}").into()),
        }
    }
    let folder = folder.join(format!("offhook-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let sizes = [records.max(1_000), contacts.max(1_000)];
    let outcome = measure(&folder, kept.as_deref(), sizes, &parts).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(
    folder: &Path,
    kept: Option<&Path>,
    [records, contacts]: [u64; 2],
    parts: &[&str],
) -> Result<(), Failure> {
    if parts.contains(&"create") {
        save::singles(folder).await?;
    }
    if parts.contains(&"query") {
        let path = folder.join("load.db");
        let store = open(&path).await?;
        let admin = admin(&store).await?;
        save::load(folder, &store, &admin, records).await?;
        query::measure(&path, &store, &admin, records).await?;
        describe::measure(&store, &admin)?;
        store.close().await;
    }
    if parts.contains(&"phone") || parts.contains(&"many") {
        let kept = kept.unwrap_or(folder);
        std::fs::create_dir_all(kept)?;
        let (path, begun) = (kept.join(format!("contacts-{contacts}.db")), Instant::now());
        if !fill::is_filled(&path) {
            fill::fill(&path, contacts).await?;
            let what = "many: contacts with six numbers, straight into the file";
            report::rate(what, contacts, begun.elapsed());
        }
        let people = fill::people(&path).await?;
        if parts.contains(&"phone") {
            phone::measure(&path, &people, contacts).await?;
        }
        if parts.contains(&"many") {
            many::measure(&path, &people).await?;
        }
    }
    Ok(())
}

/// A new org.
async fn open(path: &Path) -> Result<Store, Failure> {
    let settings = StoreSettings {
        database_url: format!("sqlite:{}", path.display()),
        region: Region::parse("US").ok_or("no such region")?,
        time_zone: "UTC".to_owned(),
    };
    Ok(Store::open(&settings).await?)
}

/// Somebody who administers it, once contacts have an external id.
async fn admin(store: &Store) -> Result<UserContext, Failure> {
    for profile in Profile::standard() {
        store.put_profile(&profile).await?;
    }
    let mut key = Field::new("Key__c", "Key", FieldKind::Text);
    (key.length_max, key.external_id) = (40, true);
    let system = UserContext::system();
    store
        .create_field(&system, &"Contact".into(), key, &VisibleTo::Everyone)
        .await?;
    user(store, "System Administrator").await
}

/// Who works with many contacts.
struct People {
    admin: RecordId,
    /// The owner of all of them.
    rep: RecordId,
}

impl People {
    async fn admin(&self, store: &Store) -> Result<UserContext, Failure> {
        let context = store.user_context(&self.admin).await?;
        Ok(context.ok_or("the administrator is not there")?)
    }

    async fn rep(&self, store: &Store) -> Result<UserContext, Failure> {
        let context = store.user_context(&self.rep).await?;
        Ok(context.ok_or("the rep is not there")?)
    }
}

/// Somebody with the rights of a profile.
async fn user(store: &Store, profile: &str) -> Result<UserContext, Failure> {
    let text = |text: &str| Value::Text(text.to_owned());
    let name = format!("{}@example.com", profile.replace(' ', "."));
    let user = Fields::from([
        ("LastName".into(), text("Bench")),
        ("Username".into(), text(&name)),
        ("Email".into(), text(&name)),
        ("ProfileName".into(), text(profile)),
    ]);
    let ids = store.create_many(&"User".into(), &[user]).await?;
    let context = store.user_context(&ids[0]).await?;
    Ok(context.ok_or("the user is not there")?)
}

/// A contact with the fields that an import brings.
fn contact(number: u64) -> Fields {
    let text = |text: String| Value::Text(text);
    Fields::from([
        ("FirstName".into(), text(format!("First{}", number % 997))),
        ("LastName".into(), text(format!("Last{number}"))),
        ("Email".into(), text(format!("person{number}@example.com"))),
        ("Phone".into(), text(telephone(number))),
        ("Title".into(), text("Buyer".to_owned())),
        ("MailingCity".into(), text(format!("City {}", number % 300))),
        ("LeadSource".into(), text("Web".to_owned())),
    ])
}

/// Area codes of telephone numbers, seven million numbers each.
const AREAS: [u64; 6] = [415, 212, 213, 312, 617, 206];

/// One of 42 million telephone numbers.
fn telephone(number: u64) -> String {
    let area = AREAS[usize::try_from(number / 7_000_000).unwrap_or(0) % AREAS.len()];
    format!("+1{area}{:07}", 2_000_000 + number % 7_000_000)
}

/// The step-th of numbers below `count`, scattered and the same in every run.
fn scattered(step: u64, count: u64) -> u64 {
    step.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) % count
}
