//! The benchmarks of the org (`cargo xtask bench org`): saving, loading, queries, descriptions
//! and the search by telephone number, each beside what SQLite alone takes for the same in the
//! same run. Every write is durable: WAL, `synchronous=FULL`.

mod bare;
mod describe;
mod phone;
mod query;
mod report;
mod save;

use std::path::{Path, PathBuf};

use offhook_org::access::Profile;
use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind};
use offhook_org::{UserContext, Value};
use offhook_phone::Region;
use offhook_store::org::metadata::VisibleTo;
use offhook_store::{Store, StoreSettings};

/// Records of the load and of the search, when none are asked for.
const RECORDS: u64 = 200_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let (mut records, mut folder) = (RECORDS, std::env::temp_dir());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--records" => records = value.parse()?,
            "--folder" => folder = PathBuf::from(value),
            other => return Err(format!("{other}: there is --records N, --folder PATH").into()),
        }
    }
    let folder = folder.join(format!("offhook-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder, records.max(1_000)).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &Path, records: u64) -> Result<(), Failure> {
    save::singles(folder).await?;
    let path = folder.join("load.db");
    let store = open(&path).await?;
    let admin = admin(&store).await?;
    save::load(folder, &store, &admin, records).await?;
    query::measure(&path, &store, &admin, records).await?;
    describe::measure(&store, &admin)?;
    store.close().await;
    phone::measure(folder, records).await
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
    let text = |text: &str| Value::Text(text.to_owned());
    let user = Fields::from([
        ("LastName".into(), text("Bench")),
        ("Username".into(), text("bench@example.com")),
        ("Email".into(), text("bench@example.com")),
        ("ProfileName".into(), text("System Administrator")),
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

/// One of seven million telephone numbers.
fn telephone(number: u64) -> String {
    format!("+1415{:07}", 2_000_000 + number % 7_000_000)
}

/// The step-th of numbers below `count`, scattered and the same in every run.
fn scattered(step: u64, count: u64) -> u64 {
    step.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) % count
}
