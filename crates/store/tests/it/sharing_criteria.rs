//! Rules that share records by their values, generated: what the rule says in Rust, what it says
//! in SQL, and what a query then shows are the same, in the letters of every script.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::explain::widest;
use offhook_org::access::{AccessLevel, Comparison, Criterion, SharingBasis, SharingRule};
use offhook_org::fold::fold;
use offhook_org::schema::SharingDefault;
use offhook_org::{RecordId, UserContext};
use offhook_store::org::WriteOptions;

use crate::databases::on_both_databases;
use crate::desk::{Desk, context};
use crate::write::new;

/// Pieces of names: letters of several scripts in both cases, and signs that patterns know.
const PIECES: [&str; 24] = [
    "a", "B", "ä", "Ä", "ß", "SS", "Σ", "σ", "ς", "Ж", "ж", "É", "é", "å", "Å", "%", "_", "\\",
    "*", "?", "[x]", "'", "日", " ",
];

/// The values of one lead, by field.
type Values = BTreeMap<&'static str, String>;

/// Numbers that come one after another from a seed, the same at each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = (self.0)
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn word(&mut self) -> String {
        let pieces = 1 + self.below(3);
        (0..pieces)
            .map(|_| PIECES[self.below(PIECES.len())])
            .collect()
    }

    fn values(&mut self) -> Values {
        let pick = |numbers: &mut Self, of: &[&str]| of[numbers.below(of.len())].to_owned();
        let text = |word: String| format!("x{}x", word.trim());
        Values::from([
            ("Company", text(self.word())),
            (
                "Title",
                pick(self, &["", "Ärztin", "ÄRZTIN", "ΟΔΟΣ", "οδος", "50%_\\"]),
            ),
            ("Industry", pick(self, &["", "Banking", "Energy"])),
            ("NumberOfEmployees", pick(self, &["", "0", "7", "70"])),
            (
                "Description",
                pick(self, &["", "Eine Straße", "ULICA ЖУРАВЛИНАЯ", "a\nb"]),
            ),
        ])
    }
}

/// Rules of each comparison on each field, with values that some records have.
fn criteria(numbers: &mut Numbers, leads: &BTreeMap<RecordId, Values>) -> Vec<Criterion> {
    let leads: Vec<&Values> = leads.values().collect();
    let mut criteria = Vec::new();
    for round in 0..60 {
        let values = leads[numbers.below(leads.len())];
        let fields: Vec<_> = values.keys().collect();
        let field = *fields[round % fields.len()];
        let comparison = Comparison::ALL[numbers.below(Comparison::ALL.len())];
        let value = &values[field];
        let letters = value.chars().count();
        let (from, count) = match comparison {
            Comparison::Contains => (numbers.below(letters + 1), 1 + numbers.below(3)),
            Comparison::StartsWith => (0, 1 + numbers.below(4)),
            Comparison::Equals | Comparison::NotEquals => (0, letters),
        };
        let part: String = value.chars().skip(from).take(count).collect();
        let value = match numbers.below(3) {
            0 => part.to_uppercase(),
            1 => part.to_lowercase(),
            _ => part,
        };
        criteria.push(Criterion {
            field: field.into(),
            comparison,
            value,
        });
    }
    criteria
}

/// The rule in the plainest words: texts by their folded letters, nothing is nothing.
fn holds(criterion: &Criterion, values: &Values) -> bool {
    let field = criterion.field.as_str();
    let (value, wanted) = (fold(&values[field]), fold(criterion.value.trim()));
    let is_text = field != "NumberOfEmployees";
    match criterion.comparison {
        Comparison::Equals => value == wanted,
        Comparison::NotEquals => value != wanted,
        _ if value.is_empty() || wanted.is_empty() || !is_text => false,
        Comparison::Contains => value.contains(&wanted),
        Comparison::StartsWith => value.starts_with(&wanted),
    }
}

async fn leads(desk: &Desk, numbers: &mut Numbers) -> BTreeMap<RecordId, Values> {
    let all: Vec<Values> = (0..40).map(|_| numbers.values()).collect();
    let writes = all.iter().map(|values| {
        let mut fields = vec![("LastName", "Smith")];
        fields.extend(values.iter().map(|(field, value)| (*field, value.as_str())));
        new("Lead", &fields)
    });
    let options = WriteOptions::default();
    let written = desk.store.write(&desk.rep, writes.collect(), options).await;
    let ids = written
        .unwrap()
        .into_iter()
        .map(|written| written.unwrap().id);
    ids.zip(all).collect()
}

async fn seen(desk: &Desk, user: &UserContext) -> BTreeSet<RecordId> {
    let page = crate::query::page(&desk.store, user, "SELECT Id FROM Lead").await;
    page.rows.into_iter().filter_map(|row| row.id).collect()
}

on_both_databases! {
    async fn a_rule_means_the_same_in_every_letter_and_on_every_database(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let private = SharingDefault::Private;
        desk.store.set_sharing_default(&desk.admin, "Lead", private).await.unwrap();
        let mut numbers = Numbers(7);
        let leads = leads(&desk, &mut numbers).await;
        let group = desk.create(&desk.admin, "Group", &[("Name", "Friends"), ("Type", "Regular")]);
        let group = group.await;
        let other = desk.other_rep.user.clone().unwrap();
        let member = [("GroupId", group.as_str()), ("UserOrGroupId", other.as_str())];
        desk.create(&desk.admin, "GroupMember", &member).await;
        let (mut number, mut shared, mut hidden) = (None, 0, 0);
        for criterion in criteria(&mut numbers, &leads) {
            let rule = SharingRule {
                label: "Generated".to_owned(),
                object: "Lead".into(),
                basis: SharingBasis::Criteria(vec![criterion.clone()]),
                grantee: group.clone(),
                edits: false,
            };
            let put = desk.store.put_sharing_rule(&desk.admin, number, &rule).await;
            number = Some(put.unwrap());
            let user = context(&desk.store, &other).await;
            let told = seen(&desk, &user).await;
            for (id, values) in &leads {
                let wanted = holds(&criterion, values);
                assert_eq!(told.contains(id), wanted, "SQL: {criterion:?} {values:?}");
                let reasons = desk.store.explain_access(&user, id).await.unwrap().unwrap();
                let in_rust = widest(&reasons) > AccessLevel::None;
                assert_eq!(in_rust, wanted, "Rust: {criterion:?} {values:?}");
                *(if wanted { &mut shared } else { &mut hidden }) += 1;
            }
        }
        assert!(shared > 200 && hidden > 200, "{shared} {hidden}");
    }
}
