//! The numbering plans: the one room that names the number library.

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL as PLANS, PhoneNumber as Parsed,
    PhoneNumberFormat, Region as PlanRegion,
};

use crate::{PhoneNumber, Region, clean};

/// Does any plan know the region?
pub(crate) fn knows(region: Region) -> bool {
    plan_region(region).is_some()
}

fn plan_region(region: Region) -> Option<PlanRegion> {
    let found = PlanRegion::from_code(region.as_str()).ok()?;
    PLANS.get_country_code_for_region(found).map(|_| found)
}

/// Country calling code of the region: 1, 49.
pub(crate) fn country_code(region: Region) -> Option<u32> {
    let code = PLANS.get_country_code_for_region(plan_region(region)?)?;
    u32::try_from(code).ok()
}

/// The number that a candidate is. Text that no plan can read but that has enough digits is
/// taken digit by digit: what a network sends must meet what people stored.
pub(crate) fn number(candidate: &str, region: Region) -> Option<PhoneNumber> {
    let (text, extension) = clean::split_extension(candidate);
    match parse(text, region) {
        Some(parsed) => Some(PhoneNumber {
            e164: parsed.format_as(PhoneNumberFormat::E164).to_string(),
            national: rlibphonenumber::get_national_significant_number_owned(&parsed),
            extension,
            country_given: country_given(&parsed),
        }),
        None => by_digits(text, extension, region),
    }
}

fn parse(text: &str, region: Region) -> Option<Parsed> {
    let region = plan_region(region);
    let abroad = with_plus_for_zeros(text, region);
    let text = abroad.as_deref().unwrap_or(text);
    PLANS.parse_and_keep_raw_input(text, region).ok()
}

/// `00` in front of a country code is written all over the world, also where another prefix is
/// dialled.
fn with_plus_for_zeros(text: &str, region: Option<PlanRegion>) -> Option<String> {
    let digits = clean::digits(text);
    let plus = format!("+{}", digits.strip_prefix("00")?);
    let parsed = PLANS.parse(&plus, region).ok()?;
    PLANS.is_possible_number(&parsed).then_some(plus)
}

fn country_given(parsed: &Parsed) -> bool {
    matches!(
        parsed.country_code_source(),
        CountryCodeSource::FromNumberWithPlusSign | CountryCodeSource::FromNumberWithIdd
    )
}

fn by_digits(text: &str, extension: Option<String>, region: Region) -> Option<PhoneNumber> {
    let digits = clean::digits(text);
    let country_given = text.trim_start().starts_with(['+', '＋']);
    let e164 = match country_given {
        true => format!("+{digits}"),
        false => format!("+{}{digits}", country_code(region)?),
    };
    (digits.len() >= 7).then_some(PhoneNumber {
        e164,
        national: digits,
        extension,
        country_given,
    })
}

/// Has a candidate without a country code the length of a whole number in the region? A number
/// without its area code has not.
pub(crate) fn is_complete(candidate: &str, region: Region) -> bool {
    let (text, _) = clean::split_extension(candidate);
    let length = parse(text, region).map(|parsed| PLANS.is_possible_number_with_reason(&parsed));
    matches!(length, Some(Ok(NumberLengthType::IsPossible)))
}

/// National form in the own region, international form elsewhere.
pub(crate) fn display(candidate: &str, region: Region) -> Option<String> {
    let (text, extension) = clean::split_extension(candidate);
    let parsed = parse(text, region)?;
    let own = i64::from(country_code(region)?) == i64::from(parsed.country_code);
    let format = match own {
        true => PhoneNumberFormat::National,
        false => PhoneNumberFormat::International,
    };
    let shown = parsed.format_as(format).to_string();
    Some(extension.map_or(shown.clone(), |extension| format!("{shown} x{extension}")))
}

/// Country code and the rest of an E.164 number.
pub(crate) fn country_of(number: &PhoneNumber) -> &str {
    let digits = number.e164.trim_start_matches('+');
    digits
        .strip_suffix(number.national.as_str())
        .unwrap_or_default()
}
