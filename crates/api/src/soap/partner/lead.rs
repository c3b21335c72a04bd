//! Leads converted, records merged.

use offhook_org::RecordId;
use offhook_store::org::{LeadConversion, Merge};

use super::Ask;
use super::sobject::{json_of, nil};
use super::write::{client, errors};
use crate::error::ApiError;
use crate::rest::body;
use crate::xml::{Element, Node};

/// Leads or merges of one request.
const REQUESTS_MAX: usize = 100;

/// `convertLead`.
pub(super) async fn convert(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let leads: Vec<&Node> = ask.operation.all("leadConverts").collect();
    few(&leads)?;
    let mut results = Vec::with_capacity(leads.len());
    for lead in leads {
        results.push(match convert_one(ask, lead).await {
            Ok(result) => result,
            Err(error) => refused_lead(&error, lead.value("leadId")),
        });
    }
    Ok(results)
}

async fn convert_one(ask: &Ask<'_>, lead: &Node) -> Result<Element, ApiError> {
    let text = |name: &str| Some(lead.value(name)).filter(|text| !text.is_empty());
    let id = |name: &str| text(name).map(body::read_id).transpose();
    let is_true = |name: &str| lead.value(name).eq_ignore_ascii_case("true");
    let conversion = LeadConversion {
        lead: body::read_id(lead.value("leadId"))?,
        converted_status: text("convertedStatus").map(str::to_owned),
        account: id("accountId")?,
        contact: id("contactId")?,
        opportunity: id("opportunityId")?,
        opportunity_name: text("opportunityName").map(str::to_owned),
        without_opportunity: is_true("doNotCreateOpportunity"),
        owner: id("ownerId")?,
        overwrite_lead_source: is_true("overwriteLeadSource"),
    };
    let (store, user) = (&ask.state.store, &ask.user.user);
    let converted = store.convert_lead(user, &conversion, &client(ask)).await?;
    let converted = converted.map_err(ApiError::from)?;
    let id = |name: &str, id: &RecordId| Element::new(name).text(id.as_str());
    Ok(Element::new("result")
        .child(id("accountId", &converted.account))
        .child(id("contactId", &converted.contact))
        .child(id("leadId", &converted.lead))
        .child(match &converted.opportunity {
            Some(opportunity) => id("opportunityId", opportunity),
            None => nil("opportunityId"),
        })
        .child(Element::new("success").text("true")))
}

fn refused_lead(error: &ApiError, lead: &str) -> Element {
    Element::new("result")
        .child(nil("accountId"))
        .child(nil("contactId"))
        .children(errors(error))
        .child(Element::new("leadId").text(lead))
        .child(nil("opportunityId"))
        .child(Element::new("success").text("false"))
}

/// `merge`.
pub(super) async fn merge(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let requests: Vec<&Node> = ask.operation.all("request").collect();
    few(&requests)?;
    let mut results = Vec::with_capacity(requests.len());
    for request in requests {
        results.push(match merge_one(ask, request).await {
            Ok(result) => result,
            Err(error) => Element::new("result")
                .children(errors(&error))
                .child(nil("id"))
                .child(Element::new("success").text("false")),
        });
    }
    Ok(results)
}

async fn merge_one(ask: &Ask<'_>, request: &Node) -> Result<Element, ApiError> {
    let master = request.child("masterRecord").ok_or_else(|| {
        ApiError::bad(
            "MISSING_ARGUMENT",
            "a merge needs a masterRecord: the record that stays",
        )
    })?;
    let store = &ask.state.store;
    let given = body::read(&store.schema(), None, &json_of(master)?)?;
    let merged: Result<Vec<RecordId>, ApiError> = request
        .all("recordToMergeIds")
        .map(|id| body::read_id(id.text.trim()))
        .collect();
    let merge = Merge {
        master: body::read_id(given.id.as_deref().unwrap_or_default())?,
        fields: given.fields,
        merged: merged?,
    };
    let done = store.merge(&ask.user.user, &merge, &client(ask)).await?;
    let done = done.map_err(ApiError::from)?;
    let ids = |name: &'static str, ids: Vec<RecordId>| {
        ids.into_iter()
            .map(move |id| Element::new(name).text(id.as_str()))
    };
    Ok(Element::new("result")
        .child(Element::new("id").text(done.id.as_str()))
        .children(ids("mergedRecordIds", done.merged))
        .child(Element::new("success").text("true"))
        .children(ids("updatedRelatedIds", done.updated_related)))
}

fn few(requests: &[&Node]) -> Result<(), ApiError> {
    match requests.len() {
        0..=REQUESTS_MAX => Ok(()),
        _ => Err(ApiError::bad(
            "EXCEEDED_ID_LIMIT",
            format!("at most {REQUESTS_MAX} in one request"),
        )),
    }
}
