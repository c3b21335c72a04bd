//! The rows that every org has: the org itself, and the group of everybody. And those of an org
//! that was made before profiles were rows.

use offhook_org::access::Profile;
use offhook_org::{RecordId, UserContext, Value};

use super::rows::{link, row, text};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;

/// The number of a new org's id: by chance, so that no two orgs have one id. Eight digits of the
/// id are its own, as on the platform; the four before them are `0800`, about as much as a serial
/// number holds.
fn org_number() -> i64 {
    const DIGIT: i64 = 62;
    // An `8` at the eleventh place from the right.
    let first = 8 * DIGIT.pow(10);
    let chance = crate::random::token();
    let chance = i64::from_str_radix(&chance[..14], 16).unwrap_or(0);
    first + chance % DIGIT.pow(8)
}

impl Store {
    /// Writes what is lacking, and gives fields that came with this start to the profiles that
    /// read their objects; the id of the org.
    pub(crate) async fn first_rows(
        &self,
        new_fields: &[(String, String)],
    ) -> Result<RecordId, StoreError> {
        let known = Statement::new("SELECT id FROM org_organization LIMIT 1");
        if let Some(row) = self.database().read_one(&known).await? {
            let schema = self.schema();
            let mut transaction = self.database().begin().await?;
            self.give_new_fields(&mut transaction, &schema, new_fields)
                .await?;
            transaction.commit().await?;
            return Ok(row.record_id(0)?);
        }
        // Before the transaction: it must be committed when the number is taken.
        let number = Statement::new(
            "INSERT INTO serial (name, last) VALUES ('00D', $1) ON CONFLICT (name) DO NOTHING",
        );
        self.database().write(&number.with(org_number())).await?;
        let mut transaction = self.database().begin().await?;
        let org = self.first_org(&mut transaction).await?;
        self.profiles_from_text(&mut transaction).await?;
        self.roles_from_managers(&mut transaction).await?;
        transaction.commit().await?;
        Ok(org)
    }

    async fn first_org(&self, transaction: &mut Transaction) -> Result<RecordId, DbError> {
        let system = UserContext::system();
        let values = row([
            ("Name", text("Offhook")),
            ("DefaultLocaleSidKey", text("en_US")),
            ("LanguageLocaleKey", text("en_US")),
            ("TimeZoneSidKey", text(self.time_zone())),
            ("OrganizationType", text("Developer Edition")),
            ("InstanceName", text("OFF1")),
            ("FiscalYearStartMonth", Value::Integer(1)),
        ]);
        let org = self
            .insert_rows(transaction, &system, "Organization", vec![values])
            .await?;
        let org = super::rows::only(org)?;
        self.write_default_columns(transaction).await?;
        let everybody = row([
            ("Name", text("All Internal Users")),
            ("DeveloperName", text("AllInternalUsers")),
            ("Type", text("Organization")),
            ("OwnerId", link(&org)),
        ]);
        self.insert_rows(transaction, &system, "Group", vec![everybody])
            .await?;
        Ok(org)
    }

    /// Profiles were once texts by name, and users named theirs.
    async fn profiles_from_text(&self, transaction: &mut Transaction) -> Result<(), DbError> {
        let schema = self.schema();
        let old = Statement::new("SELECT body FROM profile ORDER BY name");
        for found in transaction.fetch(&old).await? {
            let old: Profile = found.json(0)?;
            // What every desk needs was not yet asked for when the old ones were written.
            let mut standard = Profile::standard().into_iter();
            let named = standard.find(|profile| profile.name == old.name);
            let mut profile = named.unwrap_or_else(|| old.clone());
            profile.permissions.extend(&old.permissions);
            profile.objects.clone_from(&old.objects);
            profile.hidden_fields = old.hidden_fields;
            profile.read_only_fields = old.read_only_fields;
            let rights = profile.rights(&schema);
            let id = self.put_profile_in(transaction, &profile, &rights).await?;
            let users = Statement::new(
                "UPDATE org_user SET profileid = $1 WHERE profilename = $2 AND profileid IS NULL",
            )
            .with(&id)
            .with(profile.name.as_str());
            transaction.execute(&users).await?;
        }
        transaction
            .execute(&Statement::new("DELETE FROM profile"))
            .await?;
        Ok(())
    }

    /// Once those saw a user's records who were above in the chain of managers. A role for each
    /// manager, with the roles of those who report to them below, keeps it so.
    async fn roles_from_managers(&self, transaction: &mut Transaction) -> Result<(), DbError> {
        let roles = Statement::new("SELECT id FROM org_userrole LIMIT 1");
        if transaction.fetch_one(&roles).await?.is_some() {
            return Ok(());
        }
        let managers = Statement::new(
            "SELECT DISTINCT m.id, m.name FROM org_user m JOIN org_user u ON u.managerid = m.id
             ORDER BY m.id",
        );
        let mut made = Vec::new();
        for found in transaction.fetch(&managers).await? {
            let (manager, name) = (found.record_id(0)?, found.optional_text(1)?.unwrap_or(""));
            let own = self.new_role(transaction, &format!("Lead: {name}")).await?;
            let team = self
                .new_role(transaction, &format!("Team of {name}"))
                .await?;
            self.put_below(transaction, &team, &own).await?;
            made.push((manager, own, team));
        }
        for (manager, own, team) in &made {
            let lead = Statement::new("UPDATE org_user SET userroleid = $1 WHERE id = $2");
            transaction.execute(&lead.with(own).with(manager)).await?;
            let reports = Statement::new(
                "UPDATE org_user SET userroleid = $1 WHERE managerid = $2 AND userroleid IS NULL
                 AND id NOT IN (SELECT managerid FROM org_user WHERE managerid IS NOT NULL)",
            );
            transaction
                .execute(&reports.with(team).with(manager))
                .await?;
        }
        self.chain_leads(transaction, &made).await
    }

    /// The role of a manager who has a manager is below that one's team.
    async fn chain_leads(
        &self,
        transaction: &mut Transaction,
        made: &[(RecordId, RecordId, RecordId)],
    ) -> Result<(), DbError> {
        let mut directory = offhook_org::access::Directory::default();
        for (_, own, team) in made {
            directory.add_role(own.clone(), None);
            directory.add_role(team.clone(), Some(own.clone()));
        }
        for (manager, own, _) in made {
            let above =
                Statement::new("SELECT managerid FROM org_user WHERE id = $1").with(manager);
            let above = transaction.fetch_one(&above).await?;
            let Some(above) = above.filter(|row| !row.is_null(0)) else {
                continue;
            };
            let above = above.record_id(0)?;
            let Some((_, _, team)) = made.iter().find(|(other, ..)| *other == above) else {
                continue;
            };
            if !directory.role_makes_ring(own, team) {
                directory.add_role(own.clone(), Some(team.clone()));
                self.put_below(transaction, own, team).await?;
            }
        }
        Ok(())
    }

    async fn put_below(
        &self,
        transaction: &mut Transaction,
        role: &RecordId,
        parent: &RecordId,
    ) -> Result<(), DbError> {
        let update = Statement::new("UPDATE org_userrole SET parentroleid = $1 WHERE id = $2");
        transaction
            .execute(&update.with(parent).with(role))
            .await
            .map(drop)
    }

    /// A role with the groups that stand for it.
    async fn new_role(
        &self,
        transaction: &mut Transaction,
        name: &str,
    ) -> Result<RecordId, DbError> {
        let system = UserContext::system();
        let values = row([("Name", text(name))]);
        let role = self
            .insert_rows(transaction, &system, "UserRole", vec![values.clone()])
            .await?;
        let role = super::rows::only(role)?;
        self.role_groups(transaction, &system, &role, &values)
            .await?;
        Ok(role)
    }
}
