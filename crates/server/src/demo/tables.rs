//! The demo's tables: text files beside this one, a line an entry, fields parted by `|`.

use std::collections::BTreeMap;

const COMPANIES: &str = include_str!("companies.txt");
const NAMES: &str = include_str!("names.txt");
const WORDS: &str = include_str!("words.txt");

/// A company of the demo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Company {
    pub name: &'static str,
    pub industry: &'static str,
    pub kind: &'static str,
    pub country: &'static str,
    pub city: &'static str,
    pub state: &'static str,
    pub postal_code: &'static str,
    pub street: &'static str,
    pub employees: i64,
    pub revenue_thousands: i64,
    pub web: &'static str,
}

/// Given and family names of a country.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub given: Vec<&'static str>,
    pub family: Vec<&'static str>,
}

/// All companies, in the file's order.
pub(super) fn companies() -> Vec<Company> {
    rows(COMPANIES).map(company).collect()
}

/// Names by country.
pub(super) fn names() -> BTreeMap<&'static str, Names> {
    let list = |text: &'static str| text.split(',').collect::<Vec<_>>();
    let entry = |row: Vec<&'static str>| {
        let field = |n: usize| row.get(n).copied().unwrap_or_default();
        (
            field(0),
            Names {
                given: list(field(1)),
                family: list(field(2)),
            },
        )
    };
    rows(NAMES).map(entry).collect()
}

/// Phrases by kind.
pub(super) fn words() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut words = BTreeMap::<&str, Vec<&str>>::new();
    for row in rows(WORDS) {
        if let [kind, text] = row.as_slice() {
            words.entry(kind).or_default().push(text);
        }
    }
    words
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('|').map(str::trim).collect())
}

fn company(row: Vec<&'static str>) -> Company {
    let field = |n: usize| row.get(n).copied().unwrap_or_default();
    let number = |n: usize| field(n).parse().unwrap_or(0);
    Company {
        name: field(0),
        industry: field(1),
        kind: field(2),
        country: field(3),
        city: field(4),
        state: field(5),
        postal_code: field(6),
        street: field(7),
        employees: number(8),
        revenue_thousands: number(9),
        web: field(10),
    }
}

/// The country's name as people write it in an address.
pub(super) fn country_name(code: &str) -> &'static str {
    match code {
        "US" => "United States",
        "CA" => "Canada",
        "GB" => "United Kingdom",
        "IE" => "Ireland",
        "DE" => "Germany",
        "FR" => "France",
        "SE" => "Sweden",
        "AU" => "Australia",
        "NL" => "Netherlands",
        "JP" => "Japan",
        _ => "",
    }
}
