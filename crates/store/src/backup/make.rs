//! Making a backup.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::tar::Writer;
use super::{
    BackupError, DATABASE, FORMAT, FileFacts, LAST_BACKUP, LastBackup, MANIFEST, MASTER_KEY,
    Manifest, hex,
};
use crate::database::sqlite_copy;

/// Files of the data folder that are of the running server, or say something of this folder
/// alone.
const LEFT_OUT: [&str; 3] = [
    "running.json",
    LAST_BACKUP,
    crate::audit_anchors::AUDIT_ANCHORS,
];

/// Most files in a backup.
const FILES_MAX: usize = 1_000_000;

/// What is to be backed up.
#[derive(Debug, Clone)]
pub struct BackupSource<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// The embedded database; `None` leaves the database out.
    pub database: Option<&'a Path>,
    /// Take the master key too?
    pub with_keys: bool,
    /// This Offhook.
    pub offhook: &'a str,
    /// Now, UTC milliseconds.
    pub now_ms: i64,
}

/// Makes a backup, which must not be there yet. It appears when it is whole, readable by its
/// owner alone; a server may run on the folder meanwhile.
pub async fn make(source: &BackupSource<'_>, to: &Path) -> Result<Manifest, BackupError> {
    if to.exists() {
        return Err(BackupError::InTheWay {
            path: to.to_owned(),
            why: "is there already. Name another file, or remove it first",
        });
    }
    if is_within(to, source.folder) {
        return Err(BackupError::InTheWay {
            path: to.to_owned(),
            why: "is in the data folder, and would be lost with it. Name a file elsewhere",
        });
    }
    let parts = Parts {
        archive: with_suffix(to, ".part"),
        database: with_suffix(to, ".database-part"),
    };
    parts.remove();
    let schema = match source.database {
        Some(database) => Some(sqlite_copy::copy(database, &parts.database).await?),
        None => None,
    };
    let manifest = pack(source, &parts, schema)?;
    fs::rename(&parts.archive, to).map_err(io("cannot write", to))?;
    sync_folder_of(to);
    note(source, to, &manifest)?;
    Ok(manifest)
}

/// Notes the backup in the data folder, for Setup and the doctor.
fn note(source: &BackupSource, to: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let full = to.canonicalize().unwrap_or_else(|_| to.to_owned());
    let last = LastBackup {
        made_at_ms: manifest.made_at_ms,
        file: full.display().to_string(),
        bytes: to.metadata().map_or(0, |m| m.len()),
        has_database: manifest.schema.is_some(),
        has_keys: manifest.has_keys,
    };
    let path = source.folder.join(LAST_BACKUP);
    let beside = source.folder.join(format!(".{LAST_BACKUP}.new"));
    let text = serde_json::to_vec_pretty(&last).map_err(std::io::Error::from);
    let written = text
        .and_then(|text| fs::write(&beside, text))
        .and_then(|()| fs::rename(&beside, &path));
    written.map_err(io("cannot write", &path))
}

/// Files on their way; removed whatever happens.
struct Parts {
    archive: PathBuf,
    database: PathBuf,
}

impl Parts {
    fn remove(&self) {
        for path in [&self.archive, &self.database] {
            // Most often they are not there, which is what is wanted.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.remove();
    }
}

fn pack(
    source: &BackupSource,
    parts: &Parts,
    schema: Option<i64>,
) -> Result<Manifest, BackupError> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    if schema.is_some() {
        files.push((DATABASE.to_owned(), parts.database.clone()));
    }
    collect(source, source.folder, "", &mut files)?;
    let mut manifest = Manifest {
        format: FORMAT,
        offhook: source.offhook.to_owned(),
        made_at_ms: source.now_ms,
        schema,
        has_keys: source.with_keys,
        files: Vec::with_capacity(files.len()),
    };
    let archive = new_file(&parts.archive)?;
    let mtime_s = u64::try_from(source.now_ms / 1_000).unwrap_or(0);
    let mut writer = Writer::new(BufWriter::new(archive));
    for (name, path) in files {
        let mut file = match File::open(&path) {
            // Swept away meanwhile: nobody named it when the database was copied.
            Err(why) if is_content(&name) && why.kind() == ErrorKind::NotFound => continue,
            opened => opened.map_err(io("cannot read", &path))?,
        };
        let size = file.metadata().map_err(io("cannot read", &path))?.len();
        let digest = writer
            .add(&name, size, mtime_s, &mut file)
            .map_err(io("cannot back up", &path))?;
        manifest.files.push(FileFacts {
            path: name,
            size,
            sha256: hex(digest.as_ref()),
        });
    }
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|e| io("cannot write", &parts.archive)(e.into()))?;
    let size = text.len() as u64;
    let finish = || {
        writer.add(MANIFEST, size, mtime_s, &mut text.as_slice())?;
        let mut buffer = writer.finish()?;
        buffer.flush()?;
        buffer.get_ref().sync_all()
    };
    finish().map_err(io("cannot write", &parts.archive))?;
    Ok(manifest)
}

/// The files of a folder and those below it, by name.
fn collect(
    source: &BackupSource,
    folder: &Path,
    prefix: &str,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), BackupError> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = listed.map_err(io("cannot read", folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let kind = entry.file_type().map_err(io("cannot read", &path))?;
        let below = format!("{prefix}{name}");
        if is_left_out(source, prefix, &name) {
            continue;
        }
        if kind.is_dir() {
            collect(source, &path, &format!("{below}/"), files)?;
        } else if kind.is_file() {
            files.push((below, path));
        }
        if files.len() > FILES_MAX {
            return Err(BackupError::InTheWay {
                path: source.folder.to_owned(),
                why: "has more than a million files. Back it up with the system's own tools",
            });
        }
    }
    Ok(())
}

/// The database comes as a copy; its lock, and what is half written, not at all.
fn is_left_out(source: &BackupSource, prefix: &str, name: &str) -> bool {
    let is_at_top = prefix.is_empty();
    let is_database = name == DATABASE || name.starts_with("offhook.db-");
    name.starts_with('.')
        || name.ends_with(".lock")
        || (is_at_top && (is_database || LEFT_OUT.contains(&name)))
        || (is_at_top && is_key(name) && !source.with_keys)
}

/// Is it the content of a file?
fn is_content(name: &str) -> bool {
    name.starts_with("files/")
}

/// The master key, and the private keys of https.
fn is_key(name: &str) -> bool {
    name == MASTER_KEY || (name.starts_with("tls-") && name.contains("key"))
}

fn new_file(path: &Path) -> Result<File, BackupError> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(io("cannot write", path))
}

fn is_within(file: &Path, folder: &Path) -> bool {
    let parent = file.parent().map(|p| match p.as_os_str().is_empty() {
        true => Path::new("."),
        false => p,
    });
    let parent = parent.and_then(|parent| parent.canonicalize().ok());
    match (parent, folder.canonicalize().ok()) {
        (Some(parent), Some(folder)) => parent.starts_with(folder),
        _ => false,
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The new name is on disk too. A system that cannot say so writes it soon.
pub(super) fn sync_folder_of(path: &Path) {
    if let Some(folder) = path.parent()
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |why| BackupError::Io { what, path, why }
}
