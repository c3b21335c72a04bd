//! Forms whose parts are put in order. Their buttons are named `do`; what stands in the form is
//! changed and shown again, and nothing is saved before Save. The console's program moves parts
//! by itself, in the same form.

use crate::query;

/// What a button of such a form asks for: `field-up` of `Status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) verb: String,
    pub(super) target: String,
}

/// The button that was pressed; `None`: Save.
pub(super) fn asked(form: &[(String, String)]) -> Option<Asked> {
    let (verb, target) = match query::value(form, "do") {
        "" => return None,
        both => both.split_once(':').unwrap_or((both, "")),
    };
    Some(Asked {
        verb: verb.to_owned(),
        target: target.to_owned(),
    })
}

/// Puts a part one place up or down, if there is a place.
pub(super) fn shift<T>(parts: &mut [T], at: usize, up: bool) {
    let other = if up { at.wrapping_sub(1) } else { at + 1 };
    if at < parts.len() && other < parts.len() {
        parts.swap(at, other);
    }
}

#[cfg(test)]
mod tests {
    use super::shift;

    #[test]
    fn parts_move_by_one_place_and_stay_at_the_ends() {
        let mut parts = ["a", "b", "c"];
        shift(&mut parts, 0, true);
        shift(&mut parts, 2, false);
        shift(&mut parts, 7, true);
        assert_eq!(parts, ["a", "b", "c"]);
        shift(&mut parts, 2, true);
        assert_eq!(parts, ["a", "c", "b"]);
        shift(&mut parts, 0, false);
        assert_eq!(parts, ["c", "a", "b"]);
    }
}
