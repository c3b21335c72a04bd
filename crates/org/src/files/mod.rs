//! Files: what a content is, by its first bytes as much as by the name that somebody gave it, and
//! what may be done with it in a browser.
//!
//! A name is a claim. A content is shown in a page only if its own bytes say that it is a
//! picture, a sound or a film; everything else is downloaded, and what a browser could run
//! (HTML, SVG, scripts) is never called by its own type.

mod kind;
mod name;
mod range;

pub use kind::{FileFacts, HEAD_BYTES, Preview, recognise};
pub use name::{attachment_header, base_name, extension_of, title_of};
pub use range::{Wanted, wanted};

/// What a content may do that a browser opens by itself after all: nothing.
pub const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

use crate::save::{SaveError, SaveErrorCode};

/// Before a token that stands for a content which lies on the shelf already and whose record is
/// yet to be saved. No base64 has a colon.
pub const UPLOAD_PREFIX: &str = "upload:";

/// Bytes of one file unless the configuration says otherwise: 100 MB.
pub const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// Bytes of a file that comes as base64 within a record: 37.5 MB, as on the platform.
pub const BASE64_BYTES_MAX: usize = 37_500 * 1024;

/// Characters of [`BASE64_BYTES_MAX`] bytes as base64.
pub const BASE64_CHARS_MAX: usize = BASE64_BYTES_MAX / 3 * 4;

/// The refusal of a file that is larger than this.
pub fn too_large(max_bytes: u64) -> SaveError {
    let words = format!(
        "the file is larger than {}. Make it smaller, or ask an administrator to raise \
         files.max_file_mb",
        size_in_words(max_bytes)
    );
    let fields = vec!["VersionData".to_owned()];
    SaveError::new(SaveErrorCode::FileSizeLimitExceeded, words, fields)
}

/// The refusal of a file for which there is no room left.
pub fn no_room(max_bytes: u64) -> SaveError {
    let words = format!(
        "storage limit exceeded: the org's files may take {}. Delete files that are not needed \
         and empty the recycle bin, or raise files.max_total_gb",
        size_in_words(max_bytes)
    );
    SaveError::new(SaveErrorCode::StorageLimitExceeded, words, Vec::new())
}

/// The refusal of a file that the disk has no room for.
pub fn disk_full() -> SaveError {
    let words = "storage limit exceeded: the server's disk is full. Nothing was saved. Tell an \
                 administrator";
    SaveError::new(SaveErrorCode::StorageLimitExceeded, words, Vec::new())
}

/// The refusal of text that is no base64.
pub fn no_base64() -> SaveError {
    let words = "Version Data: value not of required type. Expected: the content as base64";
    let fields = vec!["VersionData".to_owned()];
    SaveError::new(SaveErrorCode::InvalidTypeOnFieldInRecord, words, fields)
}

/// The refusal of an upload that nobody knows any more.
pub fn upload_gone() -> SaveError {
    let words = "the content of the file is no longer there: the upload took too long. Send it \
                 again";
    let fields = vec!["VersionData".to_owned()];
    SaveError::new(SaveErrorCode::InvalidFieldForInsertUpdate, words, fields)
}

/// `0 bytes`, `1 byte`, `12 KB`, `1.5 MB`: a size for people, in steps of 1,024.
pub fn size_in_words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_024 {
        let plural = if bytes == 1 { "" } else { "s" };
        return format!("{bytes} byte{plural}");
    }
    let mut tenths = bytes.saturating_mul(10) / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    match (tenths >= 100, tenths % 10) {
        (false, 1..) => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
        _ => format!("{} {}", tenths / 10, UNITS[unit]),
    }
}

#[cfg(test)]
mod tests;
