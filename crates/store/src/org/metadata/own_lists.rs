//! List views that a user makes for nobody else, and the one that the user pins: it opens first.

use offhook_org::schema::definition::{DefinitionError, check_list_view};
use offhook_org::schema::{ListAudience, ListView, Object};
use offhook_org::{ObjectName, RecordId, UserContext};

use super::{MetadataFailure, Said};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::serial;

/// List views of an object that one user makes for nobody else, at most.
pub const OWN_LISTS_MAX: usize = 50;

impl Store {
    /// Makes a list view that only the user sees, or changes one. It needs no right but to read
    /// the object and the fields that it names; its API name is made unlike all others.
    pub async fn put_own_list_view(
        &self,
        user: &UserContext,
        object: &ObjectName,
        mut view: ListView,
        is_new: bool,
    ) -> Result<RecordId, MetadataFailure> {
        let owner = owner(user)?;
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        view.shown_to = ListAudience::Only(owner.clone());
        check_readable(known, user, &view)?;
        check_list_view(&schema, known, &view)?;
        let standard = known.standard_list_views();
        let display = format!("Own list view {} of {}", view.label, known.label);
        self.change_own_pages(user, async |transaction, metadata| {
            let pages = metadata.pages.entry(known.name.clone()).or_default();
            let is_own = |other: &ListView| other.shown_to == view.shown_to;
            if is_new {
                if pages.list_views.iter().filter(|v| is_own(v)).count() >= OWN_LISTS_MAX {
                    let words = format!("you have {OWN_LISTS_MAX} of your own; delete one first");
                    return Err(DefinitionError::new("List View", words).into());
                }
                let number = serial::take(transaction, "00B", 1).await?;
                view.id = RecordId::from_serial("00B", number);
            }
            let others = pages.list_views.iter().chain(&standard);
            let taken: Vec<String> = others
                .filter(|other| other.id != view.id)
                .map(|other| other.developer_name.to_lowercase())
                .collect();
            view.developer_name = unlike(&taken, &view.developer_name);
            let id = view.id.clone();
            let place = pages.list_views.iter().position(|other| other.id == id);
            match place {
                Some(place) if is_own(&pages.list_views[place]) => pages.list_views[place] = view,
                None if is_new => pages.list_views.push(view),
                _ => return Err(MetadataFailure::NotFound("list view of yours".to_owned())),
            }
            let action = "putOwnListView";
            Ok((id, Said { action, display }))
        })
        .await
    }

    /// Deletes a list view that only the user sees.
    pub async fn delete_own_list_view(
        &self,
        user: &UserContext,
        object: &ObjectName,
        id: &RecordId,
    ) -> Result<(), MetadataFailure> {
        let audience = ListAudience::Only(owner(user)?.clone());
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        self.change_own_pages(user, async |_, metadata| {
            let pages = metadata.pages.entry(known.name.clone()).or_default();
            let is_it = |view: &ListView| view.id == *id && view.shown_to == audience;
            let place = pages.list_views.iter().position(is_it);
            let place =
                place.ok_or_else(|| MetadataFailure::NotFound("list view of yours".to_owned()))?;
            let view = pages.list_views.remove(place);
            let display = format!("Deleted own list view {} of {}", view.label, known.label);
            let action = "deletedOwnListView";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// The list view of the object that opens first for the user, if one is pinned.
    pub async fn pinned_list(
        &self,
        user: &UserContext,
        object: &ObjectName,
    ) -> Result<Option<String>, StoreError> {
        let Some(owner) = &user.user else {
            return Ok(None);
        };
        let select = "SELECT list FROM pinned_list WHERE user_id = $1 AND object = $2";
        let select = Statement::new(select).with(owner).with(object.as_str());
        match self.database().read_one(&select).await? {
            Some(row) => Ok(Some(row.text(0)?.to_owned())),
            None => Ok(None),
        }
    }

    /// Pins a list view of the object for the user, in the place of the one before; `None`
    /// pins none.
    pub async fn pin_list(
        &self,
        user: &UserContext,
        object: &ObjectName,
        list: Option<&str>,
    ) -> Result<(), StoreError> {
        let Some(owner) = &user.user else {
            return Ok(());
        };
        let statement = match list {
            Some(list) => Statement::new(
                "INSERT INTO pinned_list (user_id, object, list) VALUES ($1, $2, $3)
                 ON CONFLICT (user_id, object) DO UPDATE SET list = excluded.list",
            )
            .with(owner)
            .with(object.as_str())
            .with(list),
            None => Statement::new("DELETE FROM pinned_list WHERE user_id = $1 AND object = $2")
                .with(owner)
                .with(object.as_str()),
        };
        let mut transaction = self.database().begin().await?;
        transaction.execute(&statement).await?;
        Ok(transaction.commit().await?)
    }
}

fn owner(user: &UserContext) -> Result<&RecordId, MetadataFailure> {
    user.user.as_ref().ok_or(MetadataFailure::Forbidden)
}

/// Nobody learns by a list of a field that they may not read.
fn check_readable(
    object: &Object,
    user: &UserContext,
    view: &ListView,
) -> Result<(), DefinitionError> {
    let filters = view.filters.iter().map(|filter| &filter.field);
    let used = view.columns.iter().chain(filters);
    let mut used = used.chain(view.sort.iter().map(|sort| &sort.field));
    match used.find(|name| !user.may_read_field(object.name.as_str(), name.as_str())) {
        Some(name) => {
            let words = format!("{} has no field {name}", object.label);
            Err(DefinitionError::new("Fields", words))
        }
        None => Ok(()),
    }
}

/// The name, with a number where it is taken.
fn unlike(taken: &[String], name: &str) -> String {
    let is_free = |name: &str| !taken.contains(&name.to_lowercase());
    if is_free(name) {
        return name.to_owned();
    }
    let stem: String = name.chars().take(70).collect();
    let mut number = 2_u32;
    loop {
        let name = format!("{stem}{number}");
        if is_free(&name) {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::unlike;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = ["mine".to_owned(), "mine2".to_owned()];
        assert_eq!(unlike(&taken, "Mine"), "Mine3");
        assert_eq!(unlike(&taken, "Hot"), "Hot");
    }
}
