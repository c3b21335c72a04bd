//! Record types, page layouts and list views: put and taken away.

use offhook_org::access::ProfileName;
use offhook_org::schema::definition::{
    DefinitionError, ObjectPages, PAGES_MAX, check_layout, check_list_view,
};
use offhook_org::schema::{Layout, LayoutAssignment, ListView, RecordType};
use offhook_org::{ObjectName, RecordId, UserContext};

use super::{MetadataFailure, Said};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::{serial, tables};

/// What users of a profile have of an object's record types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordTypesOfProfile {
    /// The profile.
    pub profile: ProfileName,
    /// Those that they choose from for new records.
    pub available: Vec<RecordId>,
    /// The one that they have where they choose none; `None`: the master.
    pub default: Option<RecordId>,
}

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
                (false, Some(place)) if types[place].is_person != record_type.is_person => {
                    let words = "a record type of persons stays one, and so does any other";
                    return Err(DefinitionError::new("Record Type", words).into());
                }
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

    /// Deletes a record type. Records that have it get the other one (`Some(None)`: the master);
    /// without one, it must be that no record has it.
    pub async fn delete_record_type(
        &self,
        user: &UserContext,
        object: &ObjectName,
        id: &RecordId,
        replacement: Option<Option<RecordId>>,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        self.change_metadata(user, async |transaction, metadata| {
            let table = tables::table(object);
            let used = format!("SELECT id FROM {table} WHERE recordtypeid = $1 LIMIT 1");
            let used = Statement::new(used).with(id);
            let is_used = transaction.fetch_one(&used).await?.is_some();
            let other = match replacement {
                None if is_used => {
                    let words = "records have it; give them another one, or make it inactive";
                    return Err(DefinitionError::new("Record Type", words).into());
                }
                None => None,
                Some(other) => other,
            };
            if other.as_ref() == Some(id) || other.iter().any(|o| object.record_type(o).is_none()) {
                return Err(MetadataFailure::NotFound("other record type".to_owned()));
            }
            let is_person = |id: &RecordId| object.record_type(id).is_some_and(|it| it.is_person);
            if is_used && is_person(id) != other.as_ref().is_some_and(is_person) {
                let words = "records of persons and of businesses cannot change places";
                return Err(DefinitionError::new("Record Type", words).into());
            }
            if is_used {
                let give = format!("UPDATE {table} SET recordtypeid = $1 WHERE recordtypeid = $2");
                let give = Statement::new(give)
                    .with(other.as_ref().map(ToString::to_string))
                    .with(id);
                transaction.execute(&give).await?;
            }
            let types = metadata
                .record_types
                .entry(object.name.clone())
                .or_default();
            let known = types.iter().find(|known| known.id == *id);
            let known = known.ok_or_else(|| MetadataFailure::NotFound("record type".to_owned()))?;
            let display = format!("Deleted record type {} of {}", known.label, object.label);
            types.retain(|known| known.id != *id);
            if let Some(pages) = metadata.pages.get_mut(&object.name) {
                let assignments = &mut pages.layout_assignments;
                assignments.retain(|assignment| assignment.record_type.as_ref() != Some(id));
            }
            let action = "deletedRecordType";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// Says which record types the users of profiles choose from, and which they have where they
    /// choose none. Profiles that are not named keep theirs.
    pub async fn put_record_type_assignments(
        &self,
        user: &UserContext,
        object: &ObjectName,
        given: &[RecordTypesOfProfile],
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        let profiles = self.profiles().await?;
        self.change_metadata(user, async |_, metadata| {
            let types = metadata.record_types.entry(object.name.clone());
            let types = types.or_default();
            for given in given {
                let names = (given.available.iter()).chain(&given.default);
                let is_known = |id: &RecordId| types.iter().any(|known| known.id == *id);
                if names.into_iter().any(|id| !is_known(id)) {
                    return Err(MetadataFailure::NotFound("record type".to_owned()));
                }
                if let Some(default) = &given.default
                    && !given.available.contains(default)
                {
                    let words = format!(
                        "the default of {} is not among those that it has",
                        given.profile.name
                    );
                    return Err(DefinitionError::new("Record Types", words).into());
                }
            }
            for known in types.iter_mut() {
                assign(known, &profiles, given);
            }
            let display = format!("Record type assignment of {}", object.label);
            let action = "putRecordTypeAssignment";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// The profiles of the org, by their names.
    pub async fn profiles(&self) -> Result<Vec<ProfileName>, StoreError> {
        let select = "SELECT id, name FROM org_profile WHERE NOT is_deleted ORDER BY name";
        let mut profiles = Vec::new();
        for row in self.database().read(&Statement::new(select)).await? {
            profiles.push(ProfileName {
                id: Some(row.record_id(0)?),
                name: row.text(1)?.to_owned(),
            });
        }
        Ok(profiles)
    }

    /// Records that have the record type, also those in the recycle bin.
    pub async fn count_of_record_type(
        &self,
        object: &ObjectName,
        id: &RecordId,
    ) -> Result<i64, MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        if object.field("RecordTypeId").is_none() {
            return Ok(0);
        }
        let table = tables::table(object);
        let count = format!("SELECT count(*) FROM {table} WHERE recordtypeid = $1");
        let row = self
            .database()
            .read_one(&Statement::new(count).with(id))
            .await?;
        Ok(row.map_or(Ok(0), |row| row.integer(0))?)
    }

    /// Changes the layout of this id, or adds one, with an id of its own. The first that is put
    /// keeps the layout that the object came with beside it.
    pub async fn put_layout(
        &self,
        user: &UserContext,
        object: &ObjectName,
        mut layout: Layout,
        is_new: bool,
    ) -> Result<RecordId, MetadataFailure> {
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        check_layout(&schema, known, &layout)?;
        if is_new {
            layout.id = self.new_id("00h").await?;
        }
        let id = layout.id.clone();
        let display = format!("Page layout {} of {}", layout.name, known.label);
        let standard = known.default_layout();
        self.change_pages(user, object, "putLayout", display, |pages| {
            let layouts = &mut pages.layouts;
            if layouts.is_empty() {
                layouts.push(standard);
            }
            let same_name = |other: &Layout| {
                other.id != layout.id && other.name.eq_ignore_ascii_case(&layout.name)
            };
            if layouts.iter().any(same_name) {
                let words = format!("there is a layout {} already", layout.name);
                return Err(DefinitionError::new("Layout Name", words).into());
            }
            match layouts.iter().position(|other| other.id == layout.id) {
                Some(place) => layouts[place] = layout,
                None if !is_new => {
                    return Err(MetadataFailure::NotFound("page layout".to_owned()));
                }
                None if layouts.len() >= PAGES_MAX => return Err(too_many("layouts").into()),
                None => layouts.push(layout),
            }
            Ok(())
        })
        .await?;
        Ok(id)
    }

    /// Deletes a layout that nobody is assigned to, and that is not the one for everybody else.
    pub async fn delete_layout(
        &self,
        user: &UserContext,
        object: &ObjectName,
        id: &RecordId,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        let layout = known.layout(id);
        let layout = layout.ok_or_else(|| MetadataFailure::NotFound("page layout".to_owned()))?;
        let display = format!("Deleted page layout {} of {}", layout.name, known.label);
        self.change_pages(user, object, "deletedLayout", display, |pages| {
            let mut assignments = pages.layout_assignments.iter();
            if assignments.any(|assignment| assignment.layout == *id) {
                let words = "it is assigned to profiles; assign another one first";
                return Err(DefinitionError::new("Page Layout", words).into());
            }
            let is_first = pages.layouts.first().is_some_and(|first| first.id == *id);
            if is_first {
                let words = "it is what everybody sees to whom no layout is assigned";
                return Err(DefinitionError::new("Page Layout", words).into());
            }
            pages.layouts.retain(|layout| layout.id != *id);
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
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        let display = format!("Page layout assignment of {}", known.label);
        let has_type = |id: &RecordId| known.record_type(id).is_some();
        self.change_pages(user, object, "putLayoutAssignment", display, |pages| {
            for assignment in &assignments {
                let layouts = &pages.layouts;
                if !layouts.iter().any(|layout| layout.id == assignment.layout) {
                    return Err(MetadataFailure::NotFound("page layout".to_owned()));
                }
                if assignment.record_type.iter().any(|id| !has_type(id)) {
                    return Err(MetadataFailure::NotFound("record type".to_owned()));
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
        check_list_view(&schema, known, &view)?;
        if is_new {
            view.id = self.new_id("00B").await?;
        }
        let standard = known.standard_list_views();
        let id = view.id.clone();
        let display = format!("List view {} of {}", view.label, known.label);
        self.change_pages(user, object, "putListView", display, |pages| {
            let same_name = |other: &ListView| {
                other.id != view.id
                    && other
                        .developer_name
                        .eq_ignore_ascii_case(&view.developer_name)
            };
            if pages.list_views.iter().chain(&standard).any(same_name) {
                let words = format!("there is a list view {} already", view.developer_name);
                return Err(DefinitionError::new("List View Name", words).into());
            }
            let same = |other: &ListView| other.id == view.id;
            match pages.list_views.iter().position(same) {
                Some(place) => pages.list_views[place] = view,
                None if !is_new => {
                    return Err(MetadataFailure::NotFound("list view".to_owned()));
                }
                None if pages.list_views.len() >= PAGES_MAX => {
                    return Err(too_many("list views").into());
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
        let schema = self.schema();
        let known = super::object(&schema, object.as_str())?;
        let view = known.list_views.iter().find(|view| view.id == *id);
        let view = view.ok_or_else(|| MetadataFailure::NotFound("list view".to_owned()))?;
        let display = format!("Deleted list view {} of {}", view.label, known.label);
        self.change_pages(user, object, "deletedListView", display, |pages| {
            pages.list_views.retain(|view| view.id != *id);
            Ok(())
        })
        .await
    }

    /// The next id with this prefix.
    async fn new_id(&self, prefix: &str) -> Result<RecordId, MetadataFailure> {
        let mut transaction = self.database().begin().await?;
        let number = serial::take(&mut transaction, prefix, 1).await?;
        transaction.commit().await?;
        Ok(RecordId::from_serial(prefix, number))
    }

    async fn change_pages(
        &self,
        user: &UserContext,
        object: &ObjectName,
        action: &'static str,
        display: String,
        change: impl FnOnce(&mut ObjectPages) -> Result<(), MetadataFailure>,
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

/// Gives a record type to the profiles that shall have it, and takes it from the others. One
/// that all profiles have is for those too that are made later.
fn assign(known: &mut RecordType, profiles: &[ProfileName], given: &[RecordTypesOfProfile]) {
    let mut having = Vec::new();
    let mut default_for = Vec::new();
    for profile in profiles {
        let Some(id) = &profile.id else { continue };
        let given = given.iter().find(|given| given.profile.id == profile.id);
        let (has, is_default) = match given {
            Some(given) => (
                given.available.contains(&known.id),
                given.default.as_ref() == Some(&known.id),
            ),
            None => (known.is_given_to(profile), known.is_default_of(profile)),
        };
        having.extend(has.then(|| id.to_string()));
        default_for.extend(is_default.then(|| id.to_string()));
    }
    known.profiles = Some(having).filter(|having| having.len() < profiles.len());
    known.default_for = default_for;
}

fn too_many(what: &str) -> DefinitionError {
    DefinitionError::new("Pages", format!("an object has at most {PAGES_MAX} {what}"))
}
