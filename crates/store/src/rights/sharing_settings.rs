//! Sharing settings: organisation-wide defaults, and the rules beside them. Both act with the
//! next request.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use offhook_org::access::{
    CRITERIA_MAX, Permission, Shares, SharingBasis, SharingRule, criterion_value,
};
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::person_accounts::has_persons;
use offhook_org::schema::{Object, ObjectKind, SharingDefault};
use offhook_org::{RecordId, Schema, UserContext};

use crate::Store;
use crate::accounts::to_json;
use crate::database::{DbError, Statement};
use crate::error::{SaveFailure, StoreError};
use crate::org::metadata::person_accounts::shares_no_more;
use crate::serial;

/// Rules of one org: each is asked where records of its object are read.
pub const SHARING_RULES_MAX: usize = 300;

/// A rule with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSharingRule {
    /// Its number in this org.
    pub id: i64,
    /// What it says.
    pub rule: SharingRule,
}

/// May the default of the object be chosen? Not where records are seen as others are for good.
pub fn has_sharing_default(object: &Object) -> bool {
    Shares::of(object).is_some()
}

/// The defaults that the object may have.
pub fn sharing_choices(object: &Object) -> Vec<SharingDefault> {
    let mut choices = vec![
        SharingDefault::Private,
        SharingDefault::PublicRead,
        SharingDefault::PublicReadWrite,
    ];
    if object.name.as_str() == "Contact" {
        choices.push(SharingDefault::ControlledByParent);
    }
    choices
}

impl Store {
    /// Every sharing rule.
    pub async fn sharing_rules(&self) -> Result<Vec<StoredSharingRule>, StoreError> {
        let select = Statement::new("SELECT id, body FROM sharing_rule ORDER BY object, id");
        let rows = self.database().read(&select).await?;
        let rules = rows.iter().map(|row| {
            Ok(StoredSharingRule {
                id: row.integer(0)?,
                rule: row.json(1)?,
            })
        });
        rules.collect()
    }

    /// Makes a rule, or changes the one of this number.
    pub async fn put_sharing_rule(
        &self,
        user: &UserContext,
        id: Option<i64>,
        rule: &SharingRule,
    ) -> Result<i64, SaveFailure> {
        may_manage(user)?;
        self.check_sharing_rule(rule).await?;
        let known = self.sharing_rules().await?.len();
        if id.is_none() && known >= SHARING_RULES_MAX {
            let words = format!("an org has at most {SHARING_RULES_MAX} sharing rules");
            return Err(refused(SaveErrorCode::LimitExceeded, words, ""));
        }
        let mut transaction = self.database().begin().await?;
        let number = match id {
            Some(id) => id,
            None => {
                let number = serial::take(&mut transaction, "sharing_rule", 1).await?;
                i64::try_from(number).unwrap_or(i64::MAX)
            }
        };
        let put = Statement::new(
            "INSERT INTO sharing_rule (id, object, body) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET object = excluded.object, body = excluded.body",
        )
        .with(number)
        .with(rule.object.as_str())
        .with(to_json(rule)?);
        transaction.execute(&put).await?;
        let done = match id {
            Some(_) => "Changed",
            None => "Created",
        };
        let said = format!("{done} {} sharing rule {}", rule.object, rule.label);
        self.audit_in(
            &mut transaction,
            user,
            "Sharing Rules",
            "sharingRule",
            &said,
        )
        .await?;
        transaction.commit().await?;
        self.inner.rights.people.forget();
        Ok(number)
    }

    /// Takes a rule away; what it shared is no longer shared.
    pub async fn delete_sharing_rule(
        &self,
        user: &UserContext,
        id: i64,
    ) -> Result<(), SaveFailure> {
        may_manage(user)?;
        let mut transaction = self.database().begin().await?;
        let delete = Statement::new("DELETE FROM sharing_rule WHERE id = $1").with(id);
        if transaction.execute(&delete).await? == 0 {
            return Err(SaveFailure::NotFound);
        }
        let said = format!("Deleted sharing rule {id}");
        self.audit_in(
            &mut transaction,
            user,
            "Sharing Rules",
            "sharingRule",
            &said,
        )
        .await?;
        transaction.commit().await?;
        self.inner.rights.people.forget();
        Ok(())
    }

    async fn check_sharing_rule(&self, rule: &SharingRule) -> Result<(), SaveFailure> {
        let schema = self.schema();
        let object = schema.object(rule.object.as_str());
        let Some(object) = object.filter(|object| Shares::of(object).is_some()) else {
            let words = format!("records of {} are not shared by rules", rule.object);
            return Err(refused(SaveErrorCode::InvalidType, words, "object"));
        };
        if rule.label.trim().is_empty() || rule.label.chars().count() > 80 {
            let words = "Label: 1 to 80 characters are expected".to_owned();
            return Err(refused(SaveErrorCode::RequiredFieldMissing, words, "label"));
        }
        let group = self.inner_group(&rule.grantee).await?;
        if !["Regular", "Role", "RoleAndSubordinates", "Organization"].contains(&group.as_str()) {
            let words = "Share with: choose a public group or a role".to_owned();
            return Err(refused(
                SaveErrorCode::InvalidCrossReferenceKey,
                words,
                "grantee",
            ));
        }
        match &rule.basis {
            SharingBasis::OwnedBy(owners) => {
                if self.inner_group(owners).await?.is_empty() {
                    let words = "Owned by members of: choose a group, a queue or a role".to_owned();
                    return Err(refused(
                        SaveErrorCode::InvalidCrossReferenceKey,
                        words,
                        "owners",
                    ));
                }
            }
            SharingBasis::Criteria(criteria) => {
                if criteria.is_empty() || criteria.len() > CRITERIA_MAX {
                    let words = format!("Criteria: 1 to {CRITERIA_MAX} are expected");
                    return Err(refused(
                        SaveErrorCode::RequiredFieldMissing,
                        words,
                        "criteria",
                    ));
                }
                for criterion in criteria {
                    let field = object.field(criterion.field.as_str());
                    let fits = field.filter(|f| f.has_column() && f.kind.storage().is_some());
                    if fits.and_then(|f| criterion_value(f, criterion)).is_none() {
                        let words = format!(
                            "Criteria: {} cannot be compared with {:?}",
                            criterion.field,
                            criterion.value.chars().take(60).collect::<String>()
                        );
                        return Err(refused(SaveErrorCode::InvalidField, words, "criteria"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The type of a group; empty where there is none.
    async fn inner_group(&self, id: &RecordId) -> Result<String, StoreError> {
        let kind = Statement::new("SELECT type FROM org_group WHERE id = $1 AND NOT is_deleted");
        let row = self.database().read_one(&kind.with(id)).await?;
        let kind = row.map(|row| {
            row.optional_text(0)
                .map(|kind| kind.unwrap_or("").to_owned())
        });
        Ok(kind.transpose()?.unwrap_or_default())
    }

    /// Sets the organisation-wide default of an object.
    pub async fn set_sharing_default(
        &self,
        user: &UserContext,
        object: &str,
        sharing: SharingDefault,
    ) -> Result<(), SaveFailure> {
        may_manage(user)?;
        let schema = self.schema();
        let object = schema
            .object(object)
            .filter(|object| has_sharing_default(object));
        let Some(object) = object.filter(|object| sharing_choices(object).contains(&sharing))
        else {
            let words = "this object cannot have this default".to_owned();
            return Err(refused(SaveErrorCode::InvalidType, words, "object"));
        };
        check_persons(&schema, object, sharing)?;
        let mut transaction = self.database().begin().await?;
        let put = Statement::new(
            "INSERT INTO sharing_default (object, sharing) VALUES ($1, $2)
             ON CONFLICT (object) DO UPDATE SET sharing = excluded.sharing",
        )
        .with(object.name.as_str())
        .with(word(sharing));
        transaction.execute(&put).await?;
        if let Some(column) = organization_column(object) {
            let update = format!("UPDATE org_organization SET {column} = $1");
            let update = Statement::new(update).with(platform_word(sharing));
            transaction.execute(&update).await?;
        }
        let said = format!(
            "Changed organization-wide default of {} to {}",
            object.name,
            platform_word(sharing)
        );
        self.audit_in(&mut transaction, user, "Sharing Defaults", "owd", &said)
            .await?;
        transaction.commit().await?;
        self.share_by_default().await?;
        Ok(())
    }

    /// Puts the chosen defaults into the schema: to be called whenever the schema was made anew.
    pub(crate) async fn share_by_default(&self) -> Result<(), StoreError> {
        let chosen = self.chosen_sharing().await?;
        let mut schema = self
            .inner
            .schema
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *schema = Arc::new(schema.with_sharing(&chosen));
        Ok(())
    }

    /// The defaults that differ from those of the schema, by object.
    pub(crate) async fn chosen_sharing(
        &self,
    ) -> Result<BTreeMap<String, SharingDefault>, StoreError> {
        let select = Statement::new("SELECT object, sharing FROM sharing_default");
        let mut chosen = BTreeMap::new();
        for row in self.database().read(&select).await? {
            if let Some(sharing) = read_word(row.text(1)?) {
                chosen.insert(row.text(0)?.to_owned(), sharing);
            }
        }
        Ok(chosen)
    }

    /// The defaults as columns of Organization, where an org is new.
    pub(super) fn default_columns(schema: &Schema) -> Vec<(String, SharingDefault)> {
        let objects = schema.objects().iter();
        objects
            .filter(|object| object.kind == ObjectKind::Standard)
            .filter_map(|object| Some((organization_column(object)?, object.sharing)))
            .collect()
    }

    pub(super) async fn write_default_columns(
        &self,
        transaction: &mut crate::database::Transaction,
    ) -> Result<(), DbError> {
        for (column, sharing) in Self::default_columns(&self.schema()) {
            let update = format!("UPDATE org_organization SET {column} = $1");
            let update = Statement::new(update).with(platform_word(sharing));
            transaction.execute(&update).await?;
        }
        Ok(())
    }
}

/// The contact of a person account is not seen by more people than the account.
fn check_persons(
    schema: &Schema,
    changed: &Object,
    sharing: SharingDefault,
) -> Result<(), SaveFailure> {
    let default = |name: &str| match changed.name.as_str() == name {
        true => Some(sharing),
        false => schema.object(name).map(|object| object.sharing),
    };
    let has_persons = schema.object("Account").is_some_and(|a| has_persons(a));
    match default("Account").zip(default("Contact")) {
        Some((account, contact)) if has_persons && !shares_no_more(account, contact) => {
            let words = "Contact: with person accounts, contacts are not open to more people than \
                         accounts; use Controlled by Parent for contacts"
                .to_owned();
            let code = SaveErrorCode::FieldIntegrityException;
            Err(refused(code, words, "object"))
        }
        _ => Ok(()),
    }
}

/// The column of Organization that tells an object's default.
fn organization_column(object: &Object) -> Option<String> {
    let told = [
        "Account",
        "Contact",
        "Opportunity",
        "Lead",
        "Case",
        "Campaign",
    ];
    let name = object.name.as_str();
    told.contains(&name)
        .then(|| format!("default{}access", name.to_ascii_lowercase()))
}

fn may_manage(user: &UserContext) -> Result<(), SaveFailure> {
    if user.holds(Permission::ManageUsers) {
        return Ok(());
    }
    let words = "insufficient access rights: sharing is changed by holders of Manage Users";
    let code = SaveErrorCode::InsufficientAccessOrReadonly;
    Err(refused(code, words.to_owned(), ""))
}

fn refused(code: SaveErrorCode, words: String, field: &str) -> SaveFailure {
    let fields = match field {
        "" => Vec::new(),
        field => vec![field.to_owned()],
    };
    SaveFailure::Refused(vec![SaveError::new(code, words, fields)])
}

fn word(sharing: SharingDefault) -> &'static str {
    match sharing {
        SharingDefault::Private => "private",
        SharingDefault::PublicRead => "public_read",
        SharingDefault::PublicReadWrite => "public_read_write",
        SharingDefault::ControlledByParent => "controlled_by_parent",
    }
}

fn read_word(text: &str) -> Option<SharingDefault> {
    let all = [
        SharingDefault::Private,
        SharingDefault::PublicRead,
        SharingDefault::PublicReadWrite,
        SharingDefault::ControlledByParent,
    ];
    all.into_iter().find(|sharing| word(*sharing) == text)
}

/// The platform's word, in Organization.
fn platform_word(sharing: SharingDefault) -> &'static str {
    match sharing {
        SharingDefault::Private => "None",
        SharingDefault::PublicRead => "Read",
        SharingDefault::PublicReadWrite => "Edit",
        SharingDefault::ControlledByParent => "ControlledByParent",
    }
}
