//! Telephone numbers of the demo: from ranges that the numbering authorities keep for fiction
//! where there are such, written in the many ways in which people write them.

use super::dice::Dice;

/// US area codes with the cities of the demo.
const US_AREAS: &[&str] = &[
    "503", "253", "559", "303", "920", "806", "225", "216", "919", "520", "978", "316", "828",
];

/// The same for Canada.
const CA_AREAS: &[&str] = &["604", "705", "902"];

/// Hands out numbers, each one once.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    next: u32,
}

impl Numbers {
    /// None handed out yet.
    pub(super) fn new() -> Self {
        Self { next: 0 }
    }

    /// A number of the country that nobody else has, in one of its spellings.
    pub(super) fn fresh(&mut self, country: &str, dice: &mut Dice) -> String {
        let n = self.next;
        self.next += 1;
        let style = dice.below(4);
        match country {
            "CA" => north_american(CA_AREAS, n, style),
            // Ofcom's drama ranges: London, and 07700 900 for mobiles.
            "GB" if n.is_multiple_of(3) => british_mobile(n, style),
            "GB" => london(n, style),
            // ComReg keeps 020 91x for drama.
            "IE" => [
                format!("+353 20 91{:01} {:04}", n % 10, 1000 + n),
                format!("00353 20 91{:01}{:04}", n % 10, 1000 + n),
            ][style % 2]
                .clone(),
            // The Bundesnetzagentur's range for Berlin, 030 23125.
            "DE" => german(n, style),
            // ARCEP: 01 99 00.
            "FR" => french(n, style),
            // PTS: 08-465 004 xx.
            "SE" => swedish(n, style),
            // ACMA: (02) 5550 xxxx.
            "AU" => australian(n, style),
            "NL" => [
                format!("+31 85 012 {:02} {:02}", n / 100 % 100, n % 100),
                format!("+3185012{:04}", n % 10_000),
            ][style % 2]
                .clone(),
            "JP" => [
                format!("+81 3-0123-{:04}", n % 10_000),
                format!("+81301230{:03}", n % 1_000),
            ][usize::from(style > 1)]
            .clone(),
            _ => north_american(US_AREAS, n, style),
        }
    }
}

/// The 555-01xx numbers are kept for fiction in every area code.
fn north_american(areas: &[&str], n: u32, style: usize) -> String {
    let n = n as usize;
    let area = areas[n % areas.len()];
    let line = 100 + n / areas.len() % 100;
    match style {
        0 => format!("({area}) 555-0{line}"),
        1 => format!("{area}-555-0{line}"),
        2 => format!("+1 {area} 555 0{line}"),
        _ => format!("{area}.555.0{line}"),
    }
}

fn london(n: u32, style: usize) -> String {
    let line = n % 1_000;
    match style {
        0 => format!("+44 20 7946 0{line:03}"),
        1 => format!("+44 (0)20 7946 0{line:03}"),
        2 => format!("0044 20 79460{line:03}"),
        _ => format!("+442079460{line:03}"),
    }
}

fn british_mobile(n: u32, style: usize) -> String {
    let line = n % 1_000;
    match style {
        0 => format!("+44 7700 900{line:03}"),
        1 => format!("+447700900{line:03}"),
        _ => format!("+44 (0)7700 900 {line:03}"),
    }
}

fn german(n: u32, style: usize) -> String {
    let line = n % 1_000;
    match style {
        0 => format!("+49 30 23125 {line:03}"),
        1 => format!("+49 (0)30 23125-{line:03}"),
        2 => format!("0049 30 23125{line:03}"),
        _ => format!("+49/30/23125{line:03}"),
    }
}

fn french(n: u32, style: usize) -> String {
    let (a, b) = (n / 100 % 100, n % 100);
    match style {
        0 => format!("+33 1 99 00 {a:02} {b:02}"),
        1 => format!("+33 (0)1.99.00.{a:02}.{b:02}"),
        _ => format!("+33199 00{a:02}{b:02}"),
    }
}

fn swedish(n: u32, style: usize) -> String {
    let line = n % 100;
    match style {
        0 => format!("+46 8 465 004 {line:02}"),
        1 => format!("+46 (0)8-465 004 {line:02}"),
        _ => format!("+46846500 4{line:02}"),
    }
}

fn australian(n: u32, style: usize) -> String {
    let line = n % 10_000;
    match style {
        0 => format!("+61 2 5550 {line:04}"),
        1 => format!("+61 (0)2 5550 {line:04}"),
        _ => format!("+6125550{line:04}"),
    }
}
