//! Contents of files within records, as base64: this API has no address for them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use offhook_org::Value;
use offhook_org::files::BASE64_BYTES_MAX;
use offhook_org::soql::result::{ResultRow, ResultValue};

use super::Ask;
use crate::error::ApiError;

/// Puts the contents into rows of ContentVersion that select them; together they may be as large
/// as one file that comes in.
pub(super) async fn fill(ask: &Ask<'_>, rows: &mut [ResultRow]) -> Result<(), ApiError> {
    let mut bytes = 0;
    let is_file = |row: &&mut ResultRow| {
        let object = row.object.as_ref();
        object.is_some_and(|object| object.as_str() == "ContentVersion")
    };
    for row in rows.iter_mut().filter(is_file) {
        let Some(id) = row.id.clone() else { continue };
        let field = row
            .fields
            .iter_mut()
            .find(|(name, _)| name == "VersionData");
        let Some((_, value)) = field else { continue };
        let content = ask.state.store.content(&ask.user.user, &id).await?;
        let Some(content) = content else { continue };
        bytes += usize::try_from(content.size).unwrap_or(usize::MAX);
        if bytes > BASE64_BYTES_MAX {
            return Err(too_large());
        }
        let reader = ask.state.store.open_content(&content, 0, u64::MAX).await?;
        let content = reader.read_to_end().await.map_err(|error| {
            tracing::error!(%error, %id, "a content ended too early");
            ApiError::bad("UNKNOWN_EXCEPTION", "the content of a file cannot be read")
        })?;
        *value = ResultValue::Value(Value::Text(STANDARD.encode(content)));
    }
    Ok(())
}

fn too_large() -> ApiError {
    ApiError::bad(
        "FILE_SIZE_LIMIT_EXCEEDED",
        format!(
            "the contents are larger than {BASE64_BYTES_MAX} bytes together. Ask for fewer \
             records, or read each content at /sobjects/ContentVersion/{{id}}/VersionData"
        ),
    )
}
