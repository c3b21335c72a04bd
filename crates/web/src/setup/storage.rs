//! Storage Usage: what records and files take of what they may, by object, by kind of file, by
//! user, and the largest files.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offhook_org::files::size_in_words;
use offhook_org::{RecordId, Schema};
use offhook_store::files::{DATA_BYTES_MAX, RECORD_BYTES, StorageUse};
use offhook_store::usage::UsageLevel;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// Objects that are listed by themselves; the rest is one line.
const OBJECTS_LISTED: usize = 25;

/// How much is used of one limit.
struct Meter {
    title: &'static str,
    used: String,
    max: String,
    percent: u64,
    /// Of the bar, which ends at the limit.
    filled: u64,
    card: &'static str,
    alarm: Option<&'static str>,
    hint: String,
}

struct ObjectLine {
    label: String,
    records: String,
    size: String,
    percent: u64,
}

struct KindLine {
    kind: String,
    versions: String,
    size: String,
    percent: u64,
}

struct UserLine {
    name: String,
    href: Option<String>,
    versions: String,
    size: String,
    percent: u64,
}

struct FileLine {
    title: String,
    href: String,
    owner: String,
    size: String,
}

#[derive(Template)]
#[template(path = "setup/storage.html")]
struct StorageTemplate {
    meters: [Meter; 2],
    database: String,
    on_disk: String,
    objects: Vec<ObjectLine>,
    kinds: Vec<KindLine>,
    users: Vec<UserLine>,
    files: Vec<FileLine>,
}

/// `GET /lightning/setup/storage`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let place = Place::Storage;
    admit(&who, place)?;
    let used = state.store.storage_use().await?;
    let limits = state.store.file_limits();
    let owners = used.users.iter().map(|line| line.user.clone());
    let owners = owners.chain(used.largest.iter().map(|line| line.owner.clone()));
    let mut ids: Vec<RecordId> = owners.flatten().collect();
    ids.sort();
    ids.dedup();
    let names = state.store.names(&who.user, &ids).await?;
    let named = |id: Option<&RecordId>| {
        let id = id?;
        Some(names.get(id).cloned().unwrap_or_else(|| id.to_string()))
    };
    let body = StorageTemplate {
        meters: [
            Meter::of(
                "Records",
                used.record_bytes(),
                DATA_BYTES_MAX,
                format!(
                    "A record counts as {}, whatever is in it. Nothing is refused at the limit.",
                    size_in_words(RECORD_BYTES)
                ),
            ),
            Meter::of(
                "Files",
                used.files.bytes,
                limits.total_bytes_max,
                format!(
                    "Each version of a file counts. At the limit no more are taken; one file has \
                     at most {}.",
                    size_in_words(limits.file_bytes_max)
                ),
            ),
        ],
        database: size_in_words(used.database_bytes),
        on_disk: size_in_words(used.files.disk_bytes),
        objects: objects(&state.store.schema(), &used),
        kinds: kinds(&used),
        users: (used.users.iter())
            .map(|line| UserLine {
                name: named(line.user.as_ref()).unwrap_or_else(|| "Nobody".to_owned()),
                href: (line.user.as_ref()).map(|id| format!("/lightning/setup/rows/User/{id}")),
                versions: show::number(line.versions),
                size: size_in_words(line.bytes),
                percent: percent(line.bytes, used.files.bytes),
            })
            .collect(),
        files: (used.largest.iter())
            .map(|line| FileLine {
                title: line.title.clone(),
                href: format!("/lightning/r/ContentDocument/{}/view", line.document),
                owner: named(line.owner.as_ref()).unwrap_or_default(),
                size: size_in_words(line.bytes),
            })
            .collect(),
    };
    frame::page(&state, &who, place, place.label(), None, &body).await
}

impl Meter {
    fn of(title: &'static str, used: u64, max: u64, hint: String) -> Self {
        let percent = percent(used, max);
        let (card, alarm) = match UsageLevel::of(used, max) {
            UsageLevel::Fine => ("", None),
            UsageLevel::Warning => (" oh-setup__card_warning", Some("More than 70 % is used.")),
            UsageLevel::Critical => (" oh-setup__card_error", Some("More than 90 % is used.")),
            UsageLevel::Full => (" oh-setup__card_error", Some("The limit is reached.")),
        };
        Self {
            title,
            used: size_in_words(used),
            max: size_in_words(max),
            percent,
            filled: percent.min(100),
            card,
            alarm,
            hint,
        }
    }
}

fn percent(part: u64, whole: u64) -> u64 {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    u64::try_from(percent).unwrap_or(u64::MAX)
}

fn objects(schema: &Schema, used: &StorageUse) -> Vec<ObjectLine> {
    let total = used.record_bytes();
    let line = |label: String, records: u64| ObjectLine {
        label,
        records: show::number(records),
        size: size_in_words(records * RECORD_BYTES),
        percent: percent(records * RECORD_BYTES, total),
    };
    let listed = used.objects.iter().take(OBJECTS_LISTED).map(|one| {
        let object = schema.object(one.object.as_str());
        let label = object.map_or_else(|| one.object.to_string(), |o| o.plural_label.clone());
        line(label, one.records)
    });
    let mut lines: Vec<ObjectLine> = listed.collect();
    let rest: u64 = (used.objects.iter().skip(OBJECTS_LISTED))
        .map(|one| one.records)
        .sum();
    if rest > 0 {
        lines.push(line("All other objects".to_owned(), rest));
    }
    lines
}

fn kinds(used: &StorageUse) -> Vec<KindLine> {
    let line = |kind: &offhook_store::files::KindUse| KindLine {
        kind: match kind.file_type.as_str() {
            "" => "Unknown".to_owned(),
            known => known.to_owned(),
        },
        versions: show::number(kind.versions),
        size: size_in_words(kind.bytes),
        percent: percent(kind.bytes, used.files.bytes),
    };
    used.kinds.iter().map(line).collect()
}
