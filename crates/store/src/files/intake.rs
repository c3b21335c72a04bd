//! Contents that come as base64 within a record: they are put on the shelf before the gate sees
//! the record, and the record gets what stands for them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use offhook_org::files::{BASE64_BYTES_MAX, BASE64_CHARS_MAX, UPLOAD_PREFIX, no_base64, too_large};
use offhook_org::record::Fields;
use offhook_org::save::SaveError;
use offhook_org::{UserContext, Value};

use super::UploadError;
use crate::Store;
use crate::error::StoreError;
use crate::org::Write;

/// Characters that are decoded at once; a multiple of four.
const PIECE: usize = 64 * 1_024;

/// The object whose records have a content, and the field that it comes in.
const OBJECT: &str = "ContentVersion";
const FIELD: &str = "VersionData";

impl Store {
    /// Puts the contents in these writes on the shelf. What comes back stands for all contents of
    /// the writes, and is forgotten ([`Store::forget_contents`]) once they are written.
    pub(crate) async fn take_contents(
        &self,
        user: &UserContext,
        writes: &mut [Write],
    ) -> Result<Vec<String>, StoreError> {
        let mut uploads = Vec::new();
        for fields in writes.iter_mut().filter_map(fields_of) {
            let is_content = |name: &str| name.eq_ignore_ascii_case(FIELD);
            let Some((_, value)) = fields
                .iter_mut()
                .find(|(name, _)| is_content(name.as_str()))
            else {
                continue;
            };
            let Value::Text(text) = value else { continue };
            if !text.starts_with(UPLOAD_PREFIX) {
                *text = self.take_base64(user, text).await?;
            }
            uploads.push(text.clone());
        }
        Ok(uploads)
    }

    /// The writes that these stand for are over.
    pub(crate) fn forget_contents(&self, uploads: &[String]) {
        if let (Ok(shelf), false) = (self.shelf(), uploads.is_empty()) {
            shelf.forget(uploads);
        }
    }

    async fn take_base64(&self, user: &UserContext, text: &str) -> Result<String, StoreError> {
        let by = user.user.clone();
        match self.upload_base64(user, text).await {
            Ok(upload) => Ok(upload),
            Err(UploadError::Refused(error)) => Ok(self.shelf()?.wait(by, Err(error))),
            Err(UploadError::Store(error)) => Err(error),
        }
    }

    async fn upload_base64(&self, user: &UserContext, text: &str) -> Result<String, UploadError> {
        let refused = |error: SaveError| UploadError::Refused(error);
        let max = BASE64_BYTES_MAX as u64;
        // Clients of mail's ways break lines.
        let folded = text.bytes().filter(|b| !b.is_ascii_whitespace());
        let text: Vec<u8> = folded.take(BASE64_CHARS_MAX + 5).collect();
        let mut upload = self.begin_upload(user, Some(max)).await?;
        if text.len() > BASE64_CHARS_MAX + 4 {
            return Err(refused(too_large(max)));
        }
        for piece in text.chunks(PIECE) {
            let bytes = STANDARD.decode(piece).map_err(|_| refused(no_base64()))?;
            upload.write(&bytes).await?;
        }
        upload.finish().await
    }
}

/// The fields of a write that may bring a content.
fn fields_of(write: &mut Write) -> Option<&mut Fields> {
    match write {
        Write::Create { object, fields, .. } | Write::Upsert { object, fields, .. } => {
            let is_file = object.as_str().eq_ignore_ascii_case(OBJECT);
            is_file.then_some(fields)
        }
        Write::Update { id, fields, .. } => (id.key_prefix() == "068").then_some(fields),
        Write::Delete { .. } | Write::Undelete { .. } | Write::Purge { .. } => None,
    }
}
