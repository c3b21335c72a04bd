//! Nobody is a member of one campaign twice.

use std::collections::BTreeSet;

use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;
use offhook_org::{FieldName, RecordId};

use super::gate::{Draft, Gate, IDS_MAX};
use crate::database::{DbError, Statement, Transaction};

/// By which field a member is a person.
const PERSONS: [&str; 2] = ["ContactId", "LeadId"];

impl Gate<'_> {
    /// Refuses new members whose person is in the campaign already, or comes to it with a draft
    /// before. The campaigns are held, so that two who add the same person do not miss each other.
    pub(super) async fn check_members(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        if object.name.as_str() != "CampaignMember" {
            return Ok(());
        }
        let campaigns: BTreeSet<RecordId> = drafts.iter().filter_map(campaign_of_new).collect();
        let campaigns: Vec<RecordId> = campaigns.into_iter().collect();
        for ids in campaigns.chunks(IDS_MAX) {
            self.hold(transaction, "org_campaign", ids).await?;
        }
        for field in PERSONS {
            self.check_members_by(transaction, field, drafts).await?;
        }
        Ok(())
    }

    async fn check_members_by(
        &self,
        transaction: &mut Transaction,
        field: &str,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let column = field.to_ascii_lowercase();
        let wanted = drafts.iter().filter_map(|draft| pair(draft, field));
        let wanted: BTreeSet<(RecordId, RecordId)> = wanted.collect();
        let people: BTreeSet<&RecordId> = wanted.iter().map(|(_, person)| person).collect();
        let people: Vec<&RecordId> = people.into_iter().collect();
        let mut taken = BTreeSet::new();
        for people in people.chunks(IDS_MAX) {
            let mut known = Statement::new(format!(
                "SELECT campaignid, {column} FROM org_campaignmember
                 WHERE NOT is_deleted AND {column} IN "
            ));
            known.arg_list(people.iter().map(|id| (*id).into()));
            for row in transaction.fetch(&known).await? {
                taken.insert((row.record_id(0)?, row.record_id(1)?));
            }
        }
        for draft in drafts {
            if let Some(pair) = pair(draft, field)
                && !taken.insert(pair)
            {
                draft.refuse(already(field));
            }
        }
        Ok(())
    }
}

fn campaign_of_new(draft: &Draft) -> Option<RecordId> {
    let is_new = draft.before.is_none() && !draft.is_refused();
    let campaign = Gate::prepared(draft).get(&FieldName::new("CampaignId"));
    campaign
        .and_then(|id| id.as_reference())
        .filter(|_| is_new)
        .cloned()
}

/// Campaign and person of a new member.
fn pair(draft: &Draft, field: &str) -> Option<(RecordId, RecordId)> {
    let person = Gate::prepared(draft).get(&FieldName::new(field));
    let person = person.and_then(|id| id.as_reference())?;
    Some((campaign_of_new(draft)?, person.clone()))
}

fn already(field: &str) -> SaveError {
    let words = "Already a campaign member. Change the member that is there instead";
    let fields = vec!["CampaignId".to_owned(), field.to_owned()];
    SaveError::new(SaveErrorCode::DuplicateValue, words, fields)
}
