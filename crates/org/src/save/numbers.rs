//! Numbers as people and clients write them, and what is left of one in a field with so many
//! digits.

/// `1234.5`, `-1,234.5` (commas only where thousands are), `1.5e3`. Nothing that is not finite.
pub(super) fn read(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain = match digits.contains(',') {
        true => without_commas(digits)?,
        false => digits.to_owned(),
    };
    let number: f64 = format!("{sign}{plain}").parse().ok()?;
    number.is_finite().then_some(number)
}

/// The digits without the commas that part thousands. A comma elsewhere is no such comma: `1,5`
/// is one and a half for whoever writes it, and must not become fifteen.
fn without_commas(digits: &str) -> Option<String> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.contains(',') {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_first = (1..=3).contains(&first.len());
    let is_whole =
        groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    (is_first && is_whole).then(|| digits.replace(',', ""))
}

/// The number with so many digits behind the point, a half away from zero as the platform rounds:
/// by its decimal digits, so that 1.005 becomes 1.01.
pub(super) fn rounded(number: f64, scale: u8) -> f64 {
    let scale = usize::from(scale);
    let text = number.abs().to_string();
    let Some((whole, fraction)) = text.split_once('.') else {
        return number;
    };
    if fraction.len() <= scale {
        return number;
    }
    let (kept, rest) = fraction.split_at(scale);
    let mut digits: Vec<u8> = whole.bytes().chain(kept.bytes()).collect();
    if rest.as_bytes()[0] >= b'5' {
        let mut place = digits.len();
        loop {
            if place == 0 {
                digits.insert(0, b'1');
                break;
            }
            place -= 1;
            if digits[place] == b'9' {
                digits[place] = b'0';
            } else {
                digits[place] += 1;
                break;
            }
        }
    }
    let point = digits.len() - scale;
    let mut text: String = digits.into_iter().map(char::from).collect();
    text.insert(point, '.');
    let rounded = text.parse().unwrap_or(number.abs());
    match number < 0.0 {
        true => -rounded,
        false => rounded,
    }
}

/// Has the number at most so many digits before the point?
pub(super) fn fits(number: f64, digits: u8) -> bool {
    number.abs() < 10_f64.powi(i32::from(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_read_only_where_thousands_are() {
        for (text, number) in [
            ("1,234.5", Some(1_234.5)),
            ("-1,234,567", Some(-1_234_567.0)),
            ("+.5", Some(0.5)),
            ("1.5e3", Some(1_500.0)),
            ("1,5", None),
            ("1.234,56", None),
            ("12,34", None),
            (",123", None),
            ("1234,567", None),
            ("inf", None),
            ("NaN", None),
            ("--1", None),
            ("1e999", None),
            ("0x10", None),
            ("", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
    }

    #[test]
    fn a_half_is_rounded_away_from_zero_by_its_decimal_digits() {
        for (number, scale, result) in [
            (1.005, 2, 1.01),
            (-1.005, 2, -1.01),
            (2.5, 0, 3.0),
            (9.995, 2, 10.0),
            (99.99, 1, 100.0),
            (0.004, 2, 0.0),
            (1e20, 2, 1e20),
            (1.25, 2, 1.25),
            (1e-10, 2, 0.0),
        ] {
            assert_eq!(rounded(number, scale), result, "{number} {scale}");
        }
        assert!(fits(999.9, 3) && !fits(1_000.0, 3));
    }

    proptest::proptest! {
        #[test]
        fn a_rounded_number_is_near_and_stays_as_it_is(number in -1e9..1e9f64, scale in 0u8..6) {
            let once = rounded(number, scale);
            let step = 0.500_000_1 / 10f64.powi(scale.into());
            proptest::prop_assert!((once - number).abs() <= step + number.abs() * 1e-15);
            proptest::prop_assert_eq!(rounded(once, scale), once);
        }
    }
}
