//! The chain against a thousand tampers, and one who knows how it is made.

use super::*;

/// A generator without chance: the same tampers at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// The tables as they lie there.
#[derive(Debug, Clone, PartialEq)]
struct Trail {
    links: Vec<(i64, String, String)>,
    rows: BTreeMap<String, String>,
    head: AuditAnchor,
}

fn id(number: i64) -> String {
    let number = u64::try_from(number).unwrap();
    RecordId::from_serial("0Ym", number).to_string()
}

fn content(number: i64, display: &str) -> String {
    [
        format!("{}", 1_795_000_000_000 + number),
        "005A".into(),
        "Users".into(),
    ]
    .iter()
    .chain(&["changed".to_owned(), display.to_owned()])
    .map(|text| part(text))
    .collect()
}

fn trail(count: i64) -> Trail {
    let (mut links, mut rows, mut before) = (Vec::new(), BTreeMap::new(), String::new());
    for number in 1..=count {
        let content = content(number, &format!("change {number}"));
        let hash = link_hash(&before, number, &id(number), &content);
        links.push((number, id(number), hash.clone()));
        rows.insert(id(number), content);
        before = hash;
    }
    let head = AuditAnchor {
        number: count,
        hash: before,
    };
    Trail { links, rows, head }
}

fn check(trail: &Trail, anchors: &[AuditAnchor]) -> AuditReport {
    let mut check = Check::new(anchors);
    let mut links = trail.links.clone();
    links.sort();
    for (number, row, hash) in &links {
        check.take(&Linked {
            number: *number,
            row: row.clone(),
            hash: hash.clone(),
            content: trail.rows.get(row).cloned(),
        });
    }
    let linked: BTreeSet<&String> = trail.links.iter().map(|(_, row, _)| row).collect();
    for row in trail.rows.keys().filter(|row| !linked.contains(row)) {
        check.unlinked(row);
    }
    check.end(Some(trail.head.clone()))
}

/// Links everything anew from a place on, as somebody does who knows how the chain is made.
fn relink(trail: &mut Trail, from: usize) {
    let mut before = match from {
        0 => String::new(),
        from => trail.links[from - 1].2.clone(),
    };
    for place in from..trail.links.len() {
        let number = i64::try_from(place).unwrap() + 1;
        let row = trail.links[place].1.clone();
        let content = trail.rows.get(&row).cloned().unwrap_or_default();
        before = link_hash(&before, number, &row, &content);
        trail.links[place] = (number, row, before.clone());
    }
    trail.head = AuditAnchor {
        number: i64::try_from(trail.links.len()).unwrap(),
        hash: before,
    };
}

/// One tamper of each kind by turns; the number of the first entry that it touches.
fn tamper(trail: &mut Trail, kind: usize, dice: &mut Dice) -> i64 {
    let count = trail.links.len();
    let place = dice.roll(count - 2);
    let (number, row) = (trail.links[place].0, trail.links[place].1.clone());
    match kind {
        0 => drop(trail.rows.insert(row, content(number, "nothing happened"))),
        1 => drop(
            trail
                .rows
                .insert(row, content(number - 1_000_000, "change back-dated")),
        ),
        2 => drop(trail.rows.remove(&row)),
        3 => {
            trail.rows.remove(&row);
            trail.links.remove(place);
        }
        4 => {
            // Two rows change places.
            let other = trail.links[place + 1].1.clone();
            let (one, two) = (trail.rows[&row].clone(), trail.rows[&other].clone());
            trail.rows.insert(row, two);
            trail.rows.insert(other, one);
        }
        5 => {
            let other = trail.links[place + 1].1.clone();
            trail.links[place].1 = other;
            trail.links[place + 1].1 = row;
        }
        6 => {
            // The end is cut off, cleanly; only the head, or an anchor, knows.
            for (_, row, _) in trail.links.split_off(place + 1) {
                trail.rows.remove(&row);
            }
            let (number, _, hash) = trail.links.last().unwrap().clone();
            trail.head = AuditAnchor { number, hash };
            return number + 1;
        }
        7 => {
            let added = id(900_000);
            trail.rows.insert(added, content(number, "never happened"));
            return i64::try_from(count).unwrap();
        }
        8 => {
            // Edited, and everything after it linked anew.
            trail.rows.insert(row, content(number, "nothing happened"));
            relink(trail, place);
            return i64::try_from(count).unwrap();
        }
        _ => {
            // One row taken out, and everything after it linked anew.
            trail.rows.remove(&row);
            trail.links.remove(place);
            relink(trail, place);
            return i64::try_from(count).unwrap();
        }
    }
    number
}

#[test]
fn a_trail_that_nobody_touched_is_whole() {
    let (none, whole) = (trail(0), trail(50));
    let anchors = [whole.head.clone()];
    let report = check(&whole, &anchors);
    assert_eq!((report.rows, report.anchors), (50, 1));
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!(report.head, Some(whole.head.clone()));
    assert!(check(&none, &[]).problems.is_empty());
}

#[test]
fn of_a_thousand_tampers_every_one_is_found_and_the_first_entry_is_named() {
    let whole = trail(60);
    let anchors = [
        AuditAnchor {
            number: 20,
            hash: whole.links[19].2.clone(),
        },
        whole.head.clone(),
    ];
    let mut dice = Dice(7);
    for turn in 0..1_000 {
        let mut touched = whole.clone();
        let first = tamper(&mut touched, turn % 10, &mut dice);
        if touched == whole {
            continue;
        }
        let report = check(&touched, &anchors);
        let found = report.problems.first();
        let found = found.unwrap_or_else(|| panic!("turn {turn} was not found"));
        assert!(found.number <= first, "turn {turn}: {first}, {found:?}");
        let is_near = found.number == first || turn % 10 >= 7;
        assert!(is_near, "turn {turn}: {first}, {found:?}");
    }
}

#[test]
fn lengths_keep_parts_apart() {
    assert_ne!(part("a") + &part("bc"), part("ab") + &part("c"));
    assert_ne!(part("1:a;"), part("1:a") + ";");
}
