//! Reading a content: for whoever may read its record, from any place in it on.

use offhook_org::files::Preview;
use offhook_org::{RecordId, UserContext};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::org::visibility::push_visible;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1_024;

/// The content of a version that the user may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The version.
    pub version: RecordId,
    /// The file.
    pub document: RecordId,
    /// The version's title.
    pub title: String,
    /// Small letters, without the dot; may be empty.
    pub extension: String,
    /// What a browser is told that it is.
    pub media_type: String,
    /// Whether it can be shown in a page.
    pub preview: Preview,
    /// Bytes.
    pub size: u64,
    /// Hexadecimal digits of the SHA-256.
    pub sha256: String,
}

/// A content as it is read.
pub struct ContentReader {
    file: tokio::fs::File,
    left: u64,
}

impl Store {
    /// The content of a version; `None` when it is not there or not for this user's eyes.
    pub async fn content(
        &self,
        user: &UserContext,
        version: &RecordId,
    ) -> Result<Option<Content>, StoreError> {
        let object = self.readable_object(user, &"ContentVersion".into());
        let Some(object) = object else {
            return Ok(None);
        };
        let mut select = Statement::new(
            "SELECT org_contentversion.contentdocumentid, org_contentversion.title,
                 org_contentversion.fileextension, c.media_type, c.preview, c.size, c.sha256
             FROM org_contentversion
             JOIN file_content AS c ON c.version = org_contentversion.id
             WHERE org_contentversion.id = ",
        );
        select.arg(version);
        push_visible(&mut select, self.asker(user), &object);
        let Some(row) = self.database().read_one(&select).await? else {
            return Ok(None);
        };
        Ok(Some(Content {
            version: version.clone(),
            document: row.record_id(0)?,
            title: row.optional_text(1)?.unwrap_or_default().to_owned(),
            extension: row.optional_text(2)?.unwrap_or_default().to_owned(),
            media_type: row.text(3)?.to_owned(),
            preview: preview_of(row.text(4)?),
            size: u64::try_from(row.integer(5)?).unwrap_or(0),
            sha256: row.text(6)?.to_owned(),
        }))
    }

    /// Opens a content at this byte, for so many.
    pub async fn open_content(
        &self,
        content: &Content,
        from: u64,
        length: u64,
    ) -> Result<ContentReader, StoreError> {
        let path = self.shelf()?.path(&content.sha256);
        let lost = |error: std::io::Error| {
            tracing::error!(version = %content.version, %error, "a content cannot be read");
            StoreError::Corrupt(format!(
                "the content of {} cannot be read from the folder of files ({error}). Restore it \
                 from a backup",
                content.version
            ))
        };
        let mut file = tokio::fs::File::open(&path).await.map_err(lost)?;
        if from > 0 {
            let place = std::io::SeekFrom::Start(from);
            file.seek(place).await.map_err(lost)?;
        }
        let left = length.min(content.size.saturating_sub(from));
        Ok(ContentReader { file, left })
    }
}

/// As the column says it.
pub(super) fn preview_of(word: &str) -> Preview {
    match word {
        "image" => Preview::Image,
        "audio" => Preview::Audio,
        "video" => Preview::Video,
        _ => Preview::None,
    }
}

impl ContentReader {
    /// The next piece; `None` at the end. Fewer bytes than there should be are an error.
    pub async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let wanted = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; wanted];
        let read = self.file.read(&mut piece).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(read);
        self.left -= read as u64;
        Ok(Some(piece))
    }

    /// Everything that is left; for contents that are known to be small.
    pub async fn read_to_end(mut self) -> std::io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend(piece);
        }
        Ok(all)
    }
}
