//! Saving: single records that many clients create at once, and a load of many.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use offhook_org::bulk::{BulkApi, JobRequest, JobState};
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_store::bulk::{Claim, RowWrite};
use offhook_store::org::{Write, WriteOptions};
use sqlx::Connection;

use crate::report::{print, rate};
use crate::{Failure, bare, contact, open};

/// Clients that create single records at once.
const CLIENTS: u64 = 64;

/// How long they do.
const SINGLE_TIME: Duration = Duration::from_secs(5);

/// Rows of a piece of a bulk job, as the worker takes them.
const PIECE: u64 = 500;

/// Contacts of an account.
const PER_ACCOUNT: u64 = 10;

/// Single creates, a request each.
pub(crate) async fn singles(folder: &Path) -> Result<(), Failure> {
    let alone = bare_singles(&folder.join("bare-singles.db")).await?;
    rate("create: SQLite alone, a commit each", alone, SINGLE_TIME);
    let store = open(&folder.join("singles.db")).await?;
    for clients in [1, CLIENTS] {
        let made = create(&store, clients).await?;
        let what = format!("create: Store::write, {clients} at once");
        rate(&what, made, SINGLE_TIME);
    }
    store.close().await;
    Ok(())
}

/// How many records so many clients create, one a request, in the time given.
async fn create(store: &Store, clients: u64) -> Result<u64, Failure> {
    let made = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (store, made) = (store.clone(), made.clone());
        running.spawn(async move {
            let user = UserContext::system();
            let mut number = client << 32;
            while begun.elapsed() < SINGLE_TIME {
                number += 1;
                let write = Write::Create {
                    object: "Contact".into(),
                    fields: contact(number),
                    lookups: Vec::new(),
                };
                let options = WriteOptions::default();
                let outcomes = store.write(&user, vec![write], options).await?;
                outcomes[0].as_ref().map_err(|e| e[0].message.clone())?;
                made.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(made.load(Ordering::Relaxed))
}

async fn bare_singles(path: &Path) -> Result<u64, Failure> {
    let mut connection = bare::create(path).await?;
    let begun = Instant::now();
    let mut number = 0;
    while begun.elapsed() < SINGLE_TIME {
        let mut transaction = connection.begin().await?;
        bare::insert(&mut transaction, number).await?;
        transaction.commit().await?;
        number += 1;
    }
    connection.close().await?;
    Ok(number)
}

/// A bulk job's rows, written as its worker writes them; each has an external id and an account.
pub(crate) async fn load(
    folder: &Path,
    store: &Store,
    admin: &UserContext,
    count: u64,
) -> Result<(), Failure> {
    let begun = Instant::now();
    bare::load(&folder.join("bare-load.db"), count, PIECE).await?;
    rate("load: SQLite alone, 500 a commit", count, begun.elapsed());
    let accounts = accounts(store, count.div_ceil(PER_ACCOUNT)).await?;
    let mut claim = claim(store, admin).await?;
    let options = WriteOptions {
        client: "bulk".to_owned(),
        ..WriteOptions::default()
    };
    let begun = Instant::now();
    let mut number = 0;
    while number < count {
        let last = (number + PIECE).min(count);
        let rows = (number..last).map(|n| row(n, &accounts)).collect();
        store
            .write_bulk_rows(admin, &mut claim, rows, &options, 0)
            .await?;
        number = last;
    }
    let took = begun.elapsed();
    if claim.job.counts.failed > 0 {
        return Err(format!("{} rows were refused", claim.job.counts.failed).into());
    }
    store.finish_bulk_batch(&claim, None, 0, 0).await?;
    rate("load: Store::write_bulk_rows, 500 a piece", count, took);
    #[expect(clippy::cast_precision_loss, reason = "a time to look at")]
    let million = took.as_secs_f64() * 1e6 / count as f64;
    print(&format!("load: a million at this rate: {million:.0} s"));
    Ok(())
}

async fn accounts(store: &Store, count: u64) -> Result<Vec<RecordId>, Failure> {
    let name = |n| Value::Text(format!("Account {n}"));
    let accounts: Vec<_> = (0..count)
        .map(|n| [("Name".into(), name(n))].into())
        .collect();
    Ok(store.create_many(&"Account".into(), &accounts).await?)
}

async fn claim(store: &Store, admin: &UserContext) -> Result<Claim, Failure> {
    let request = JobRequest {
        operation: "insert".to_owned(),
        object: "Contact".to_owned(),
        ..JobRequest::default()
    };
    let api = BulkApi::V2Ingest;
    let job = store
        .create_bulk_job(admin, api, &request, "64.0", 0)
        .await?;
    let complete = JobState::UploadComplete;
    store.ask_bulk_job(admin, api, &job.id, complete, 0).await?;
    let claim = store.claim_bulk_batch(0).await?;
    Ok(claim.ok_or("no batch waits")?)
}

fn row(number: u64, accounts: &[RecordId]) -> RowWrite {
    let mut fields = contact(number);
    fields.insert("Key__c".into(), Value::Text(format!("K{number}")));
    let place = usize::try_from(number / PER_ACCOUNT).unwrap_or(0);
    if let Some(account) = accounts.get(place) {
        fields.insert("AccountId".into(), Value::Reference(account.clone()));
    }
    Ok(Write::Create {
        object: "Contact".into(),
        fields,
        lookups: Vec::new(),
    })
}
