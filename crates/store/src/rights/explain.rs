//! Why a user may see what the user sees: the causes behind one record for one user, and everybody
//! who reaches a record. The facts are read for the system; who asks must be allowed to.

use std::collections::BTreeMap;

use offhook_org::access::explain::{
    ParentFacts, Reason, RecordFacts, ShareFact, reasons, rules_that_reach, widest,
};
use offhook_org::access::{AccessLevel, Shares};
use offhook_org::schema::Object;
use offhook_org::{FieldName, RecordId, UserContext, Value};

use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Objects that are followed from a record to what it is seen by.
const PARENTS_MAX: usize = 4;

/// Rows that share one record and are looked at.
const SHARES_MAX: i64 = 1_000;

/// Users who are asked of one record.
pub const READERS_MAX: usize = 500;

/// Somebody who reaches a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader {
    /// The user.
    pub user: RecordId,
    /// Name for display.
    pub name: String,
    /// How far.
    pub level: AccessLevel,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Store {
    /// Why the user gets as far with the record as the user does; `None` when there is no such
    /// record. No reason means no access.
    pub async fn explain_access(
        &self,
        user: &UserContext,
        record: &RecordId,
    ) -> Result<Option<Vec<Reason>>, StoreError> {
        let Some((object, facts)) = self.record_facts(record, 0).await? else {
            return Ok(None);
        };
        let (_, people) = self.people().await?;
        let rules = rules_that_reach(&people.directory, &people.sharing_rules, &user.reach);
        Ok(Some(reasons(user, &object, &rules, &facts)))
    }

    /// Everybody who is active and reaches the record, those who get farthest first; the first
    /// [`READERS_MAX`] users are asked.
    pub async fn readers(&self, record: &RecordId) -> Result<Option<Vec<Reader>>, StoreError> {
        let Some((object, facts)) = self.record_facts(record, 0).await? else {
            return Ok(None);
        };
        let (_, people) = self.people().await?;
        let mut readers = Vec::new();
        for id in people.users.keys().take(READERS_MAX) {
            let Some(user) = self.user_context(id).await? else {
                continue;
            };
            let rules = rules_that_reach(&people.directory, &people.sharing_rules, &user.reach);
            let reasons = reasons(&user, &object, &rules, &facts);
            let level = widest(&reasons);
            if level > AccessLevel::None {
                readers.push(Reader {
                    user: id.clone(),
                    name: user.user_name.clone(),
                    level,
                    reasons,
                });
            }
        }
        readers.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.name.cmp(&b.name)));
        Ok(Some(readers))
    }

    async fn record_facts(
        &self,
        id: &RecordId,
        depth: usize,
    ) -> Result<Option<(std::sync::Arc<Object>, RecordFacts)>, StoreError> {
        let system = UserContext::system();
        let Some(record) = self.record(&system, id).await? else {
            return Ok(None);
        };
        let schema = self.schema();
        let Some(object) = schema.object(record.object.as_str()).cloned() else {
            return Ok(None);
        };
        let reference = |name: &str| match record.fields.get(&FieldName::new(name)) {
            Some(Value::Reference(id)) => Some(id.clone()),
            _ => None,
        };
        let sharing = offhook_org::access::Sharing::of_user(
            &schema,
            &offhook_org::access::Directory::default(),
            &[],
            &offhook_org::access::Reach::default(),
        );
        let above = sharing
            .parent(&object)
            .and_then(|parent| reference(parent.field.as_str()));
        let parent = match above.filter(|_| depth < PARENTS_MAX) {
            Some(above) => {
                Box::pin(self.record_facts(&above, depth + 1))
                    .await?
                    .map(|(object, facts)| {
                        Box::new(ParentFacts {
                            object,
                            id: above.clone(),
                            facts,
                        })
                    })
            }
            None => None,
        };
        let facts = RecordFacts {
            owner: reference("OwnerId"),
            shares: self.share_facts(&object, id).await?,
            parent,
            values: record.fields,
        };
        Ok(Some((object, facts)))
    }

    async fn share_facts(
        &self,
        object: &Object,
        id: &RecordId,
    ) -> Result<Vec<ShareFact>, StoreError> {
        let Some(shares) = Shares::of(object) else {
            return Ok(Vec::new());
        };
        let select = Statement::new(format!(
            "SELECT userorgroupid, {}, rowcause FROM {} WHERE {} = $1 AND NOT is_deleted LIMIT $2",
            shares.level_field.to_ascii_lowercase(),
            shares.table(),
            shares.record_field.to_ascii_lowercase()
        ))
        .with(id)
        .with(SHARES_MAX);
        let levels: BTreeMap<&str, AccessLevel> = [
            ("Read", AccessLevel::Read),
            ("Edit", AccessLevel::Edit),
            ("All", AccessLevel::Full),
        ]
        .into();
        let mut found = Vec::new();
        for row in self.database().read(&select).await? {
            let level = row.optional_text(1)?.unwrap_or_default();
            if let Some(level) = levels.get(level) {
                found.push(ShareFact {
                    grantee: row.record_id(0)?,
                    level: *level,
                    cause: row.optional_text(2)?.unwrap_or_default().to_owned(),
                });
            }
        }
        Ok(found)
    }
}
