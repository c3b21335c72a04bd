//! Record types, page layouts and list views: put and taken away.

use offhook_org::schema::definition::{
    DefinitionError, ObjectPages, PAGES_MAX, check_layout, check_list_view,
};
use offhook_org::schema::{Layout, LayoutAssignment, ListView, RecordType};
use offhook_org::{ObjectName, RecordId, UserContext};

use super::{MetadataFailure, Said};
use crate::Store;
use crate::database::Statement;
use crate::{serial, tables};

impl Store {
    /// Makes a record type, or changes the one of this id. Of a new one the id is given here.
    pub async fn put_record_type(
        &self,
        user: &UserContext,
        object: &ObjectName,
        mut record_type: RecordType,
        is_new: bool,
    ) -> Result<RecordId, MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        if object.field("RecordTypeId").is_none() {
            let words = format!("{} have no record types", object.plural_label);
            return Err(DefinitionError::new("Record Type", words).into());
        }
        self.change_metadata(user, async |transaction, metadata| {
            let types = metadata
                .record_types
                .entry(object.name.clone())
                .or_default();
            let display = format!("Record type {} of {}", record_type.label, object.label);
            let known = types.iter().position(|known| known.id == record_type.id);
            let id = match (is_new, known) {
                (false, Some(place)) => {
                    let id = record_type.id.clone();
                    types[place] = record_type;
                    id
                }
                (false, None) => return Err(MetadataFailure::NotFound("record type".to_owned())),
                (true, _) if types.len() >= PAGES_MAX => {
                    let words = format!("an object has at most {PAGES_MAX} record types");
                    return Err(DefinitionError::new("Record Type", words).into());
                }
                (true, _) => {
                    let number = serial::take(transaction, "012", 1).await?;
                    record_type.id = RecordId::from_serial("012", number);
                    types.push(record_type);
                    RecordId::from_serial("012", number)
                }
            };
            let action = "putRecordType";
            Ok((id, Said { action, display }))
        })
        .await
    }

    /// Deletes a record type that no record has.
    pub async fn delete_record_type(
        &self,
        user: &UserContext,
        object: &ObjectName,
        id: &RecordId,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        self.change_metadata(user, async |transaction, metadata| {
            let table = tables::table(object);
            let used = format!("SELECT id FROM {table} WHERE recordtypeid = $1 LIMIT 1");
            let used = Statement::new(used).with(id);
            if transaction.fetch_one(&used).await?.is_some() {
                let words = "records have it; give them another one, or make it inactive";
                return Err(DefinitionError::new("Record Type", words).into());
            }
            let types = metadata
                .record_types
                .entry(object.name.clone())
                .or_default();
            types.retain(|known| known.id != *id);
            if let Some(pages) = metadata.pages.get_mut(&object.name) {
                let assignments = &mut pages.layout_assignments;
                assignments.retain(|assignment| assignment.record_type.as_ref() != Some(id));
            }
            let display = format!("Deleted record type {id} of {}", object.label);
            let action = "deletedRecordType";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// Puts a layout in the place of the one of this name, or adds it.
    pub async fn put_layout(
        &self,
        user: &UserContext,
        object: &ObjectName,
        layout: Layout,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        check_layout(known, &layout)?;
        let display = format!("Page layout {} of {}", layout.name, known.label);
        self.change_pages(user, object, "putLayout", display, |pages| {
            let same = |other: &Layout| other.name.eq_ignore_ascii_case(&layout.name);
            match pages.layouts.iter().position(same) {
                Some(place) => pages.layouts[place] = layout,
                None if pages.layouts.len() >= PAGES_MAX => return Err(too_many("layouts")),
                None => pages.layouts.push(layout),
            }
            Ok(())
        })
        .await
    }

    /// Deletes a layout that nobody is assigned to.
    pub async fn delete_layout(
        &self,
        user: &UserContext,
        object: &ObjectName,
        name: &str,
    ) -> Result<(), MetadataFailure> {
        let display = format!("Deleted page layout {name} of {object}");
        self.change_pages(user, object, "deletedLayout", display, |pages| {
            let mut assignments = pages.layout_assignments.iter();
            if assignments.any(|assignment| assignment.layout == name) {
                let words = "it is assigned to profiles; assign another one first";
                return Err(DefinitionError::new("Page Layout", words));
            }
            pages.layouts.retain(|layout| layout.name != name);
            Ok(())
        })
        .await
    }

    /// Says who sees which layout, in the place of what was said before.
    pub async fn put_layout_assignments(
        &self,
        user: &UserContext,
        object: &ObjectName,
        assignments: Vec<LayoutAssignment>,
    ) -> Result<(), MetadataFailure> {
        let display = format!("Page layout assignment of {object}");
        self.change_pages(user, object, "putLayoutAssignment", display, |pages| {
            for assignment in &assignments {
                let is_known = pages.layouts.iter().any(|l| l.name == assignment.layout);
                if !is_known {
                    let words = format!("there is no layout {}", assignment.layout);
                    return Err(DefinitionError::new("Page Layout", words));
                }
            }
            pages.layout_assignments = assignments;
            Ok(())
        })
        .await
    }

    /// Puts a list view in the place of the one of this id, or adds it with an id of its own.
    pub async fn put_list_view(
        &self,
        user: &UserContext,
        object: &ObjectName,
        mut view: ListView,
        is_new: bool,
    ) -> Result<RecordId, MetadataFailure> {
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        check_list_view(known, &view)?;
        if is_new {
            let mut transaction = self.database().begin().await?;
            let number = serial::take(&mut transaction, "00B", 1).await?;
            transaction.commit().await?;
            view.id = RecordId::from_serial("00B", number);
        }
        let id = view.id.clone();
        let display = format!("List view {} of {}", view.label, known.label);
        self.change_pages(user, object, "putListView", display, |pages| {
            let same_name = |other: &ListView| {
                other.id != view.id
                    && other
                        .developer_name
                        .eq_ignore_ascii_case(&view.developer_name)
            };
            if pages.list_views.iter().any(same_name) {
                let words = format!("there is a list view {} already", view.developer_name);
                return Err(DefinitionError::new("List View Name", words));
            }
            let same = |other: &ListView| other.id == view.id;
            match pages.list_views.iter().position(same) {
                Some(place) => pages.list_views[place] = view,
                None if pages.list_views.len() >= PAGES_MAX => {
                    return Err(too_many("list views"));
                }
                None => pages.list_views.push(view),
            }
            Ok(())
        })
        .await?;
        Ok(id)
    }

    /// Deletes a list view.
    pub async fn delete_list_view(
        &self,
        user: &UserContext,
        object: &ObjectName,
        id: &RecordId,
    ) -> Result<(), MetadataFailure> {
        let display = format!("Deleted list view {id} of {object}");
        self.change_pages(user, object, "deletedListView", display, |pages| {
            pages.list_views.retain(|view| view.id != *id);
            Ok(())
        })
        .await
    }

    async fn change_pages(
        &self,
        user: &UserContext,
        object: &ObjectName,
        action: &'static str,
        display: String,
        change: impl FnOnce(&mut ObjectPages) -> Result<(), DefinitionError>,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let name = super::object(&schema, object.as_str())?.name.clone();
        self.change_metadata(user, async |_, metadata| {
            let pages = metadata.pages.entry(name).or_default();
            change(pages)?;
            Ok(((), Said { action, display }))
        })
        .await
    }
}

fn too_many(what: &str) -> DefinitionError {
    DefinitionError::new("Pages", format!("an object has at most {PAGES_MAX} {what}"))
}
