//! Static resources: the scripts, style sheets and images that pages load. Their address has a
//! key that is new with every upload, so that browsers may keep them for ever.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offhook_org::UserContext;

use super::{RESOURCE_SIZE_MAX, RESOURCES_SIZE_MAX, SourceError, is_name, may_author, name_key};
use crate::database::{DbError, Row, Statement};
use crate::error::StoreError;
use crate::{Store, now_ms, random};

/// A static resource without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// What stands in its address.
    pub key: String,
    /// `text/css`.
    pub media_type: String,
    /// For people.
    pub description: String,
    /// Bytes.
    pub size: u64,
    /// Who uploaded it.
    pub author_name: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// The content of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceFile {
    /// `text/css`.
    pub media_type: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// What is uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResource {
    /// Its name; one that is there is replaced.
    pub name: String,
    /// `text/css`.
    pub media_type: String,
    /// For people.
    pub description: String,
    /// The bytes.
    pub content: Vec<u8>,
}

impl Store {
    /// All static resources by name.
    pub async fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        let all = Statement::new(
            "SELECT name, secret_key, media_type, description, size, author_name, at_ms
             FROM static_resource ORDER BY name_key",
        );
        let rows = self.database().read(&all).await?;
        rows.iter().map(|row| Ok(resource(row)?)).collect()
    }

    /// The content behind an address.
    pub async fn resource_file(&self, key: &str) -> Result<Option<ResourceFile>, StoreError> {
        let one =
            Statement::new("SELECT media_type, body FROM static_resource WHERE secret_key = $1");
        let Some(row) = self.database().read_one(&one.with(key)).await? else {
            return Ok(None);
        };
        let content = STANDARD
            .decode(row.text(1)?)
            .map_err(|_| StoreError::Corrupt("a static resource is no base64".to_owned()))?;
        Ok(Some(ResourceFile {
            media_type: row.text(0)?.to_owned(),
            content,
        }))
    }

    /// Stores or replaces a static resource.
    pub async fn put_resource(
        &self,
        user: &UserContext,
        new: &NewResource,
    ) -> Result<(), SourceError> {
        may_author(user)?;
        let name = new.name.trim();
        if !is_name(name) || name.contains('.') {
            return Err(SourceError::BadName);
        }
        if new.content.len() > RESOURCE_SIZE_MAX {
            let why = format!("a static resource may have {} MiB", RESOURCE_SIZE_MAX >> 20);
            return Err(SourceError::TooLarge(why));
        }
        let mut transaction = self.database().begin().await?;
        let others = Statement::new(
            "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM static_resource
             WHERE name_key <> $1",
        );
        let others = transaction.fetch_one(&others.with(name_key(name))).await?;
        let others = others.map_or(Ok(0), |row| row.integer(0))?;
        let size = new.content.len() as u64;
        if u64::try_from(others).unwrap_or(0) + size > RESOURCES_SIZE_MAX {
            let why = format!(
                "all static resources together may have {} MiB: delete one that no page uses",
                RESOURCES_SIZE_MAX >> 20
            );
            return Err(SourceError::TooLarge(why));
        }
        let put = Statement::new(
            "INSERT INTO static_resource (name_key, name, secret_key, media_type, description,
                 size, author_name, at_ms, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (name_key) DO UPDATE SET name = excluded.name,
                 secret_key = excluded.secret_key, media_type = excluded.media_type,
                 description = excluded.description, size = excluded.size,
                 author_name = excluded.author_name, at_ms = excluded.at_ms,
                 body = excluded.body",
        )
        .with(name_key(name))
        .with(name)
        .with(&random::token()[..32])
        .with(new.media_type.as_str())
        .with(new.description.as_str())
        .with(i64::try_from(size).unwrap_or(i64::MAX))
        .with(user.user_name.as_str())
        .with(now_ms())
        .with(STANDARD.encode(&new.content));
        transaction.execute(&put).await?;
        let said = format!("Uploaded static resource {name}, {size} bytes");
        let (section, action) = ("Static Resources", "changedStaticResource");
        self.audit_in(&mut transaction, user, section, action, &said)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a static resource.
    pub async fn delete_resource(&self, user: &UserContext, name: &str) -> Result<(), SourceError> {
        may_author(user)?;
        let delete = Statement::new("DELETE FROM static_resource WHERE name_key = $1");
        let mut transaction = self.database().begin().await?;
        if transaction.execute(&delete.with(name_key(name))).await? == 0 {
            return Err(SourceError::NotFound);
        }
        let said = format!("Deleted static resource {name}");
        let (section, action) = ("Static Resources", "deletedStaticResource");
        self.audit_in(&mut transaction, user, section, action, &said)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn resource(row: &Row) -> Result<Resource, DbError> {
    Ok(Resource {
        name: row.text(0)?.to_owned(),
        key: row.text(1)?.to_owned(),
        media_type: row.text(2)?.to_owned(),
        description: row.text(3)?.to_owned(),
        size: u64::try_from(row.integer(4)?).unwrap_or(0),
        author_name: row.text(5)?.to_owned(),
        at_ms: row.integer(6)?,
    })
}
