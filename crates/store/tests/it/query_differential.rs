//! Random queries over random records: SQLite, PostgreSQL and a plain evaluator of the platform's
//! rules in this file must agree. A failure prints the seed and the query.

use offhook_org::record::Fields;
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::Store;

use crate::databases::TestDatabase;
use crate::query::{ask, shown};

/// A small generator of numbers that needs no crate and gives the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }
}

const TEXTS: &[&str] = &[
    "Acme",
    "ACME",
    "acme ltd",
    "Ärger",
    "ÄRGER",
    "b_c",
    "b%c",
    "Ольга",
    "ольга",
    "x",
];
const NUMBERS: &[i64] = &[0, 1, 7, 20, 300];
const DATES: &[&str] = &["2025-12-31", "2026-01-01", "2026-02-28", "2026-11-24"];
const STAGES: &[&str] = &["Prospecting", "Qualification", "Closed Won"];

/// An opportunity as the evaluator knows it.
struct Row {
    id: RecordId,
    name: String,
    next_step: Option<&'static str>,
    amount: Option<i64>,
    close: &'static str,
    stage: &'static str,
    is_closed: bool,
    account: Option<usize>,
}

struct Account {
    id: RecordId,
    name: &'static str,
    city: Option<&'static str>,
    staff: Option<i64>,
}

struct World {
    accounts: Vec<Account>,
    rows: Vec<Row>,
}

fn maybe<T: Copy>(dice: &mut Dice, of: &[T]) -> Option<T> {
    (dice.roll(4) > 0).then(|| of[dice.roll(of.len())])
}

impl World {
    fn new(dice: &mut Dice) -> Self {
        let accounts = (1..=8).map(|n| Account {
            id: RecordId::from_serial("001", n),
            name: dice.one(TEXTS),
            city: maybe(dice, TEXTS),
            staff: maybe(dice, NUMBERS),
        });
        let accounts: Vec<Account> = accounts.collect();
        let rows = (1..=60).map(|n| {
            let stage = dice.one(STAGES);
            Row {
                id: RecordId::from_serial("006", n),
                name: format!("{} {n}", dice.one(TEXTS)),
                next_step: maybe(dice, TEXTS),
                amount: maybe(dice, NUMBERS),
                close: dice.one(DATES),
                stage,
                is_closed: stage.starts_with("Closed"),
                account: (dice.roll(4) > 0).then(|| dice.roll(accounts.len())),
            }
        });
        Self {
            rows: rows.collect(),
            accounts,
        }
    }

    async fn fill(&self, store: &Store) {
        let text = |value: &str| Value::Text(value.to_owned());
        let accounts: Vec<Fields> = self
            .accounts
            .iter()
            .map(|account| {
                let mut fields = Fields::new();
                fields.insert("Name".into(), text(account.name));
                fields.insert("BillingCity".into(), account.city.map_or(Value::Null, text));
                fields.insert(
                    "NumberOfEmployees".into(),
                    account.staff.map_or(Value::Null, Value::Integer),
                );
                fields
            })
            .collect();
        let ids = store
            .create_many(&"Account".into(), &accounts)
            .await
            .unwrap();
        assert!(ids.iter().eq(self.accounts.iter().map(|a| &a.id)));
        let rows: Vec<Fields> = self
            .rows
            .iter()
            .map(|row| {
                let account = row.account.map(|n| self.accounts[n].id.clone());
                let mut fields = Fields::new();
                fields.insert("Name".into(), text(&row.name));
                fields.insert("NextStep".into(), row.next_step.map_or(Value::Null, text));
                fields.insert(
                    "Amount".into(),
                    row.amount.map_or(Value::Null, |n| Value::Number(n as f64)),
                );
                fields.insert("CloseDate".into(), Value::Date(row.close.parse().unwrap()));
                fields.insert("StageName".into(), text(row.stage));
                fields.insert(
                    "AccountId".into(),
                    account.map_or(Value::Null, Value::Reference),
                );
                fields
            })
            .collect();
        let ids = store
            .create_many(&"Opportunity".into(), &rows)
            .await
            .unwrap();
        assert!(ids.iter().eq(self.rows.iter().map(|r| &r.id)));
    }
}

type Holds = Box<dyn Fn(&World, &Row) -> bool>;

/// A condition, in words and as a deed.
struct Condition {
    soql: String,
    holds: Holds,
}

fn condition(soql: impl Into<String>, holds: impl Fn(&World, &Row) -> bool + 'static) -> Condition {
    Condition {
        soql: soql.into(),
        holds: Box::new(holds),
    }
}

fn random_condition(dice: &mut Dice, depth: usize) -> Condition {
    if depth > 0 {
        match dice.roll(4) {
            0 => {
                let inner = random_condition(dice, depth - 1);
                let holds = inner.holds;
                return condition(format!("(NOT ({}))", inner.soql), move |w, r| !holds(w, r));
            }
            kind @ (1 | 2) => {
                let parts: Vec<_> = (0..2 + dice.roll(2))
                    .map(|_| random_condition(dice, depth - 1))
                    .collect();
                let word = if kind == 1 { " AND " } else { " OR " };
                let soql: Vec<_> = parts.iter().map(|part| part.soql.clone()).collect();
                return condition(format!("({})", soql.join(word)), move |w, r| match kind {
                    1 => parts.iter().all(|part| (part.holds)(w, r)),
                    _ => parts.iter().any(|part| (part.holds)(w, r)),
                });
            }
            _ => {}
        }
    }
    match dice.roll(6) {
        0 => text_condition(dice),
        1 => like_condition(dice),
        2 => number_condition(dice),
        3 => list_condition(dice),
        4 => date_condition(dice),
        _ => other_condition(dice),
    }
}

/// A text field: its path, and its value in a row.
type TextField = (&'static str, fn(&World, &Row) -> Option<String>);

const TEXT_FIELDS: [TextField; 4] = [
    ("Name", |_, r| Some(r.name.clone())),
    ("NextStep", |_, r| r.next_step.map(ToOwned::to_owned)),
    ("Account.Name", |w, r| {
        r.account.map(|n| w.accounts[n].name.to_owned())
    }),
    ("Account.BillingCity", |w, r| {
        r.account
            .and_then(|n| w.accounts[n].city)
            .map(ToOwned::to_owned)
    }),
];

fn text_condition(dice: &mut Dice) -> Condition {
    let (path, get) = TEXT_FIELDS[dice.roll(4)];
    let wanted = dice.one(TEXTS);
    let operator = dice.one(&["=", "!=", "<", "<=", ">", ">="]);
    condition(format!("{path} {operator} '{wanted}'"), move |w, r| {
        let Some(value) = get(w, r) else {
            return operator == "!=";
        };
        compared(operator, value.to_lowercase().cmp(&wanted.to_lowercase()))
    })
}

fn compared(operator: &str, order: std::cmp::Ordering) -> bool {
    match operator {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn like_condition(dice: &mut Dice) -> Condition {
    let (path, get) = TEXT_FIELDS[dice.roll(4)];
    let pattern = dice.one(&[
        "ac%", "%C%", "_cme%", "ä%", "%ГА%", r"b\_c%", r"%\%%", "x", "%",
    ]);
    condition(format!("{path} LIKE '{pattern}'"), move |w, r| {
        let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
        get(w, r)
            .is_some_and(|value| like(&value.to_lowercase().chars().collect::<Vec<_>>(), &pattern))
    })
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|start| like(&text[start..], rest)),
        ['_', rest @ ..] => !text.is_empty() && like(&text[1..], rest),
        ['\\', letter, rest @ ..] | [letter, rest @ ..] => {
            text.first() == Some(letter) && like(&text[1..], rest)
        }
    }
}

type NumberField = fn(&World, &Row) -> Option<i64>;

fn number_condition(dice: &mut Dice) -> Condition {
    let fields: [(&str, NumberField); 2] = [
        ("Amount", |_, r| r.amount),
        ("Account.NumberOfEmployees", |w, r| {
            r.account.and_then(|n| w.accounts[n].staff)
        }),
    ];
    let (path, get) = fields[dice.roll(2)];
    let wanted = NUMBERS[dice.roll(NUMBERS.len())];
    let operator = dice.one(&["=", "!=", "<", "<=", ">", ">="]);
    condition(format!("{path} {operator} {wanted}"), move |w, r| {
        let Some(value) = get(w, r) else {
            return operator == "!=";
        };
        compared(operator, value.cmp(&wanted))
    })
}

fn list_condition(dice: &mut Dice) -> Condition {
    let (path, get) = TEXT_FIELDS[dice.roll(4)];
    let wanted: Vec<&str> = (0..1 + dice.roll(3)).map(|_| dice.one(TEXTS)).collect();
    let not = dice.roll(2) == 0;
    let list = wanted.join("', '");
    let word = if not { "NOT IN" } else { "IN" };
    condition(format!("{path} {word} ('{list}')"), move |w, r| {
        let value = get(w, r).map(|value| value.to_lowercase());
        let is_in = wanted.iter().any(|text| Some(text.to_lowercase()) == value);
        is_in != not
    })
}

fn date_condition(dice: &mut Dice) -> Condition {
    let operator = dice.one(&["=", "!=", "<", "<=", ">", ">="]);
    let (word, first, last) = match dice.roll(4) {
        // Now is 2026-11-24.
        0 => ("THIS_YEAR", "2026-01-01", "2026-12-31"),
        1 => ("LAST_YEAR", "2025-01-01", "2025-12-31"),
        2 => ("TODAY", "2026-11-24", "2026-11-24"),
        _ => ("2026-02-28", "2026-02-28", "2026-02-28"),
    };
    condition(
        format!("CloseDate {operator} {word}"),
        move |_, r| match operator {
            "=" => first <= r.close && r.close <= last,
            "!=" => !(first <= r.close && r.close <= last),
            "<" => r.close < first,
            "<=" => r.close <= last,
            ">" => r.close > last,
            _ => r.close >= first,
        },
    )
}

fn other_condition(dice: &mut Dice) -> Condition {
    match dice.roll(5) {
        0 => condition("IsClosed = true", |_, r| r.is_closed),
        1 => condition("IsClosed != true", |_, r| !r.is_closed),
        2 => condition("Account.Name = null", |_, r| r.account.is_none()),
        3 => condition("NextStep != null", |_, r| r.next_step.is_some()),
        _ => condition("StageName IN ('closed WON', 'Prospecting')", |_, r| {
            r.stage != "Qualification"
        }),
    }
}

/// Semi-joins stand at the top of WHERE alone.
fn with_semi_join(dice: &mut Dice, other: Condition) -> Condition {
    let staff = NUMBERS[dice.roll(NUMBERS.len())];
    let not = dice.roll(2) == 0;
    let word = if not { "NOT IN" } else { "IN" };
    let soql = format!(
        "{} AND AccountId {word} (SELECT Id FROM Account WHERE NumberOfEmployees > {staff})",
        other.soql
    );
    condition(soql, move |w, r| {
        let staff_of = r.account.and_then(|n| w.accounts[n].staff);
        (other.holds)(w, r) && staff_of.is_some_and(|found| found > staff) != not
    })
}

async fn stores() -> Option<(Store, TestDatabase, Store, TestDatabase)> {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres().await?);
    Some((sqlite.open().await, sqlite, postgres.open().await, postgres))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_and_the_rules_agree_on_which_rows_hold() {
    let Some((sqlite, _one, postgres, _other)) = stores().await else {
        return;
    };
    let mut dice = Dice(0x5eed_0001);
    let world = World::new(&mut dice);
    world.fill(&sqlite).await;
    world.fill(&postgres).await;
    let system = UserContext::system();
    for _ in 0..400 {
        let mut wanted = random_condition(&mut dice, 3);
        if dice.roll(4) == 0 {
            wanted = with_semi_join(&mut dice, wanted);
        }
        let soql = format!("SELECT Id FROM Opportunity WHERE {}", wanted.soql);
        let rows = world.rows.iter().filter(|row| (wanted.holds)(&world, row));
        let ids: Vec<_> = rows.map(|row| row.id.to_string()).collect();
        assert_eq!(ask(&sqlite, &system, &soql).await, ids, "SQLite: {soql}");
        assert_eq!(
            ask(&postgres, &system, &soql).await,
            ids,
            "PostgreSQL: {soql}"
        );
    }
}

fn random_query(dice: &mut Dice) -> String {
    let condition = random_condition(dice, 1).soql;
    if dice.roll(3) == 0 {
        let keys = [
            "StageName",
            "Account.BillingCity",
            "CALENDAR_MONTH(CloseDate)",
            "IsClosed",
            "DAY_IN_WEEK(CloseDate)",
        ];
        let key = dice.one(&keys);
        let other = dice.one(&[
            "LeadSource",
            "Account.Name",
            "CALENDAR_YEAR(CloseDate)",
            "FISCAL_QUARTER(CloseDate)",
        ]);
        let group = match dice.roll(4) {
            0 => key.to_owned(),
            1 => format!("{key}, {other}"),
            2 => format!("ROLLUP({key}, {other})"),
            _ => format!("CUBE({key}, {other})"),
        };
        let having = dice.one(&["", " HAVING count(Id) > 2", " HAVING sum(Amount) > 20"]);
        return format!(
            "SELECT {key} k, count(Id), sum(Amount), avg(Amount), count_distinct(NextStep), \
             min(CloseDate), max(Amount) \
             FROM Opportunity WHERE {condition} GROUP BY {group}{having}"
        );
    }
    let order = dice.one(&[
        "Name",
        "StageName",
        "Account.Name",
        "Amount",
        "CloseDate",
        "NextStep",
        "IsClosed",
        "Account.BillingCity",
    ]);
    let direction = dice.one(&[
        "",
        " DESC",
        " ASC NULLS LAST",
        " DESC NULLS FIRST",
        " DESC NULLS LAST",
    ]);
    let second = dice.one(&["", ", Amount DESC", ", Account.Name NULLS LAST"]);
    let limit = dice.one(&["", " LIMIT 7", " LIMIT 5 OFFSET 3", " OFFSET 50"]);
    if dice.roll(4) == 0 {
        return format!(
            "SELECT Name, (SELECT Name, Account.Owner.Name, StageName FROM Opportunities \
             WHERE {condition} \
             ORDER BY {order}{direction}{second} LIMIT 3) FROM Account ORDER BY Name{limit}"
        );
    }
    format!(
        "SELECT Id, Name, Account.Name, Account.BillingCity, Amount, IsClosed, CloseDate \
         FROM Opportunity WHERE {condition} ORDER BY {order}{direction}{second}{limit}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_give_the_same_rows_in_the_same_order() {
    let Some((sqlite, _one, postgres, _other)) = stores().await else {
        return;
    };
    let mut dice = Dice(0x5eed_0002);
    let world = World::new(&mut dice);
    world.fill(&sqlite).await;
    world.fill(&postgres).await;
    let system = UserContext::system();
    for _ in 0..400 {
        let soql = random_query(&mut dice);
        let options = crate::query::options();
        let answers = (
            sqlite.query(&system, &soql, options).await,
            postgres.query(&system, &soql, options).await,
        );
        let (Ok(one), Ok(other)) = answers else {
            panic!("{soql}\n{answers:?}")
        };
        let rows = |page: offhook_store::org::query::QueryPage| {
            page.rows.iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(one.total, other.total, "{soql}");
        assert_eq!(rows(one), rows(other), "{soql}");
    }
}
