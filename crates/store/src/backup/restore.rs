//! Restoring a backup: the whole file is checked before anything is written, and the database
//! comes last, so a folder that has one is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use super::make::{io, sync_folder_of};
use super::tar::{Entry, Reader};
use super::{BackupError, DATABASE, FORMAT, MANIFEST, Manifest, hex};
use crate::database::sqlite_copy;
use crate::migrations;

/// Bytes of a manifest: a million files fit.
const MANIFEST_MAX: u64 = 256 * 1024 * 1024;

/// Files are unpacked here, within the folder, and moved when all of them are there.
const UNPACKED: &str = ".restoring";

/// Reads a whole backup and checks each file against the manifest.
pub fn verify(file: &Path) -> Result<Manifest, BackupError> {
    let damaged = |why: String| BackupError::Damaged {
        path: file.to_owned(),
        why,
    };
    let opened = File::open(file).map_err(io("cannot read", file))?;
    let mut reader = Reader::new(BufReader::new(opened));
    let mut found = Vec::new();
    let mut manifest = None;
    let read = |reader: &mut Reader<BufReader<File>>, entry: &Entry| {
        let mut text = Vec::new();
        if entry.path == MANIFEST && entry.size <= MANIFEST_MAX {
            reader.copy(&mut text)?;
            return Ok((Some(text), String::new()));
        }
        let digest = reader.copy(&mut std::io::sink())?;
        Ok::<_, std::io::Error>((None, hex(digest.as_ref())))
    };
    while let Some(entry) = reader.next().map_err(|e| damaged(in_words(&e)))? {
        if manifest.is_some() {
            return Err(damaged("there is a file after the manifest".to_owned()));
        }
        match read(&mut reader, &entry).map_err(|e| damaged(in_words(&e)))? {
            (Some(text), _) => manifest = Some(text),
            (None, sha256) => found.push((entry.path, entry.size, sha256)),
        }
    }
    let text = manifest.ok_or_else(|| damaged("it has no manifest".to_owned()))?;
    let manifest = read_manifest(&text).map_err(damaged)?;
    if manifest.format > FORMAT || manifest.schema.is_some_and(|s| s > migrations::known()) {
        return Err(BackupError::Newer {
            found: manifest.offhook,
        });
    }
    let listed = manifest.files.iter();
    let listed = listed.map(|f| (f.path.clone(), f.size, f.sha256.clone()));
    let listed: Vec<_> = listed.collect();
    if let Some((path, ..)) = found
        .iter()
        .zip(&listed)
        .find(|(a, b)| a != b)
        .map(|(a, _)| a)
    {
        return Err(damaged(format!("{path} is not what the manifest says")));
    }
    match found.len() == listed.len() {
        true => Ok(manifest),
        false => Err(damaged("files are missing".to_owned())),
    }
}

/// Restores a backup into a data folder that is empty or not there yet. The database is checked
/// before it is put in place.
pub async fn restore(file: &Path, folder: &Path) -> Result<Manifest, BackupError> {
    is_empty(folder)?;
    let manifest = verify(file)?;
    let unpacked = folder.join(UNPACKED);
    let outcome = async {
        fs::create_dir_all(&unpacked).map_err(io("cannot write", &unpacked))?;
        unpack(file, &unpacked)?;
        if manifest.schema.is_some() {
            sqlite_copy::check(&unpacked.join(DATABASE)).await?;
        }
        move_into_place(&manifest, &unpacked, folder)
    };
    let outcome = outcome.await;
    // What is left there is either empty folders or of no use.
    let _ = fs::remove_dir_all(&unpacked);
    outcome.map(|()| manifest)
}

fn is_empty(folder: &Path) -> Result<(), BackupError> {
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("cannot read", folder)(error)),
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::InTheWay {
            path: folder.to_owned(),
            why: "is not empty. A backup is restored into an empty data folder only: name \
                  another, or move this one away",
        }),
    }
}

fn unpack(file: &Path, to: &Path) -> Result<(), BackupError> {
    let damaged = |error: std::io::Error| BackupError::Damaged {
        path: file.to_owned(),
        why: in_words(&error),
    };
    let opened = File::open(file).map_err(io("cannot read", file))?;
    let mut reader = Reader::new(BufReader::new(opened));
    while let Some(entry) = reader.next().map_err(damaged)? {
        let path = to.join(&entry.path);
        if entry.path == MANIFEST {
            reader.copy(&mut std::io::sink()).map_err(damaged)?;
            continue;
        }
        let mut file = new_file(&path)?;
        let written = reader.copy(&mut file).and_then(|_| file.flush());
        written
            .and_then(|()| file.sync_all())
            .map_err(io("cannot write", &path))?;
    }
    Ok(())
}

fn new_file(path: &Path) -> Result<File, BackupError> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io("cannot write", folder))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(io("cannot write", path))
}

/// The database last.
fn move_into_place(manifest: &Manifest, from: &Path, to: &Path) -> Result<(), BackupError> {
    let (database, others): (Vec<_>, Vec<_>) = manifest
        .files
        .iter()
        .map(|file| PathBuf::from(&file.path))
        .partition(|path| path == Path::new(DATABASE));
    for path in others.iter().chain(&database) {
        let target = to.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(io("cannot write", folder))?;
        }
        fs::rename(from.join(path), &target).map_err(io("cannot write", &target))?;
        sync_folder_of(&target);
    }
    Ok(())
}

fn read_manifest(text: &[u8]) -> Result<Manifest, String> {
    serde_json::from_slice(text).map_err(|e| format!("its manifest cannot be read: {e}"))
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}
