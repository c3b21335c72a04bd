//! Heads of the audit trail's chain, written into a file of the data folder as time goes by: what
//! is cut off the trail, or made anew, in the database alone differs from them. Copied elsewhere,
//! they also tell of somebody who has the whole machine. A backup leaves the file out, since it
//! would be ahead of the database in it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use crate::audit_chain::AuditAnchor;

/// Name of the file.
pub const AUDIT_ANCHORS: &str = "audit-anchors.log";

/// Anchors that are held against the chain: the newest.
const ANCHORS_MAX: usize = 10_000;

/// The file of a data folder.
pub fn path(folder: &Path) -> PathBuf {
    folder.join(AUDIT_ANCHORS)
}

/// The anchors of a data folder, the oldest first; none where there is no file. Lines that are no
/// anchors are passed over.
pub fn read(folder: &Path) -> std::io::Result<Vec<AuditAnchor>> {
    let file = match File::open(path(folder)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut anchors = std::collections::VecDeque::new();
    for line in BufReader::new(file).lines() {
        if let Some(anchor) = anchor_of(&line?) {
            if anchors.len() == ANCHORS_MAX {
                anchors.pop_front();
            }
            anchors.push_back(anchor);
        }
    }
    Ok(anchors.into())
}

/// Appends the head as it is now, unless it is the last that was written; was it written?
pub fn keep(folder: &Path, head: &AuditAnchor, now_ms: i64) -> std::io::Result<bool> {
    if read(folder)?.last() == Some(head) {
        return Ok(false);
    }
    let at = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path(folder))?;
    writeln!(file, "{at} {} {}", head.number, head.hash)?;
    file.sync_all()?;
    Ok(true)
}

fn anchor_of(line: &str) -> Option<AuditAnchor> {
    let mut parts = line.split_ascii_whitespace().skip(1);
    let (number, hash) = (parts.next()?.parse().ok()?, parts.next()?);
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| AuditAnchor {
        number,
        hash: hash.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_written_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
        let head = |number: i64| AuditAnchor {
            number,
            hash: format!("{number:064x}"),
        };
        assert!(keep(folder.path(), &head(3), 0).unwrap());
        assert!(!keep(folder.path(), &head(3), 1).unwrap());
        std::fs::write(path(folder.path()), {
            let mut text = std::fs::read_to_string(path(folder.path())).unwrap();
            text.push_str("no anchor at all\n\n");
            text
        })
        .unwrap();
        assert!(keep(folder.path(), &head(9), 60_000).unwrap());
        assert_eq!(read(folder.path()).unwrap(), [head(3), head(9)]);
        let text = std::fs::read_to_string(path(folder.path())).unwrap();
        assert!(text.starts_with("1970-01-01T00:00:00Z 3 "), "{text}");
    }
}
