//! Dependent picklists in forms: a value has to go with the value of the controlling field. The
//! console's script narrows what is offered; this is the check for whoever has no script.

use offhook_org::UserContext;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Field;

use super::form::{self, Draft, Entered};

/// Values named in a refusal, at most.
const NAMED_MAX: usize = 8;

/// Refusals of values that do not go with the controlling field's. What a record has already, and
/// the form leaves as it is, stays. `before`: the record's texts.
pub(crate) fn refusals(
    user: &UserContext,
    draft: &Draft<'_>,
    before: Option<&Entered>,
) -> Vec<SaveError> {
    let changed = |name: &str| {
        let entered = draft.entered.get(name);
        entered.is_some() && before.is_none_or(|before| before.get(name) != entered)
    };
    let object = draft.object;
    form::writable(user, object, draft.purpose())
        .filter_map(|field| Some((field, object.field(field.controller.as_ref()?.as_str())?)))
        .filter(|(field, controller)| {
            changed(field.name.as_str()) || changed(controller.name.as_str())
        })
        .filter_map(|(field, controller)| refusal(draft, field, controller))
        .collect()
}

fn refusal(draft: &Draft<'_>, field: &Field, controller: &Field) -> Option<SaveError> {
    let text = draft.entered.get(field.name.as_str())?;
    let controlling = form::controlling_value(draft, controller.name.as_str());
    let fits = |value: &str| {
        let known = field.picklist_value(value);
        // What is not in the list is for the list's own check.
        known.is_none_or(|known| known.valid_for.contains(&controlling))
    };
    let wrong = text
        .split(';')
        .find(|part| !part.is_empty() && !fits(part))?;
    let label_of = |field: &Field, value: &str| {
        let known = field.picklist_value(value);
        known.map_or(value, |known| &known.label).to_owned()
    };
    let (own, other) = (&field.label, &controller.label);
    let wrong = label_of(field, wrong);
    if controlling.is_empty() {
        let words = format!("{own}: choose a value of {other} first; “{wrong}” depends on it.");
        return Some(of(field, words));
    }
    let values = draft.object.values_for(field, draft.record_type.as_ref());
    let fitting = values.iter().filter(|v| v.valid_for.contains(&controlling));
    let labels: Vec<&str> = fitting.map(|value| value.label.as_str()).collect();
    let instead = match labels.len() {
        0 => "Nothing does: leave it empty.".to_owned(),
        1..=NAMED_MAX => format!("Choose one of: {}.", labels.join(", ")),
        more => format!("Choose one of the {more} that do."),
    };
    let controlling = match controlling.as_str() {
        "true" => "Yes".to_owned(),
        "false" => "No".to_owned(),
        text => label_of(controller, text),
    };
    let words = format!("{own}: “{wrong}” does not go with {other} “{controlling}”. {instead}");
    Some(of(field, words))
}

fn of(field: &Field, words: String) -> SaveError {
    let code = SaveErrorCode::FieldIntegrityException;
    SaveError::new(code, words, vec![field.name.to_string()])
}
