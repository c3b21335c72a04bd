//! API names that admins give: of objects, fields, record types, list views.

use super::DefinitionError;

/// Characters of an API name without its suffix.
const NAME_LENGTH_MAX: usize = 40;

/// Characters of a label.
pub const LABEL_LENGTH_MAX: usize = 40;

/// Checks an API name without its suffix: letters, digits and single underscores, a letter first.
/// `what` names it in the error: "Field Name".
pub fn check_name(what: &str, name: &str) -> Result<(), DefinitionError> {
    let refusal = |words: String| Err(DefinitionError::new(what, words));
    if name.is_empty() {
        return refusal("give an API name".to_owned());
    }
    if name.len() > NAME_LENGTH_MAX {
        let words = format!(
            "the API name {name} has {} characters; at most {NAME_LENGTH_MAX} are allowed",
            name.len()
        );
        return refusal(words);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(is_plain) {
        return refusal(format!(
            "the API name {name} may hold only letters a to z, digits and underscores"
        ));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return refusal(format!("the API name {name} must begin with a letter"));
    }
    if name.ends_with('_') || name.contains("__") {
        return refusal(format!(
            "the API name {name} may not end with an underscore, nor hold two in a row"
        ));
    }
    Ok(())
}

/// Checks what people are shown.
pub fn check_label(what: &str, label: &str, length_max: usize) -> Result<(), DefinitionError> {
    if label.trim().is_empty() {
        return Err(DefinitionError::new(what, "it may not be empty"));
    }
    let length = label.chars().count();
    if length > length_max {
        let words = format!("it has {length} characters; at most {length_max} are allowed");
        return Err(DefinitionError::new(what, words));
    }
    if label.chars().any(char::is_control) {
        return Err(DefinitionError::new(what, "it may not hold line breaks"));
    }
    Ok(())
}

/// An API name made from a label: `Delivery date (planned)` gives `Delivery_date_planned`.
pub fn name_from_label(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars() {
        match c.is_ascii_alphanumeric() {
            true => name.push(c),
            false if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            false => {}
        }
    }
    let name = name.trim_end_matches('_');
    let name = match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => name.to_owned(),
        false => format!("X{name}"),
    };
    let name: String = name.chars().take(NAME_LENGTH_MAX).collect();
    name.trim_end_matches('_').to_owned()
}
