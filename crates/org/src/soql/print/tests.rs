//! Whatever is printed parses to the same tree.

use proptest::prelude::*;

use super::super::ast::{At, Bound, Name};
use super::super::parse;
use super::*;

fn name_of(text: String) -> Name {
    Name { at: At(0), text }
}

fn name() -> impl Strategy<Value = Name> {
    "[A-Z][a-z]{1,4}(__c)?x".prop_map(name_of)
}

fn path() -> impl Strategy<Value = Path> {
    prop::collection::vec(name(), 1..4).prop_map(|names| Path { names })
}

fn expr() -> impl Strategy<Value = Expr> {
    let field = path().prop_map(Expr::Field);
    field.prop_recursive(3, 4, 1, |inner| {
        (name(), prop::option::of(inner)).prop_map(|(name, argument)| {
            Expr::Call(Call {
                name,
                argument: argument.map(Box::new),
            })
        })
    })
}

/// A text as the lexer gives it: a backslash before `_`, `%` and itself.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof!["[^\\\\\0]", Just("\\\\".to_owned()), Just("\\%".to_owned())];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn literal() -> impl Strategy<Value = Literal> {
    let day = (1700i16..=4000, 1i8..=12, 1i8..=28);
    let date = day.prop_map(|(y, m, d)| jiff::civil::date(y, m, d));
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        (-1e18..1e18f64).prop_map(Value::Number),
        date.prop_map(Value::Date),
        (0i8..24, 0i8..60, 0i32..1000).prop_map(|(h, m, ms)| Value::Time(jiff::civil::time(
            h,
            m,
            7,
            ms * 1_000_000
        ))),
        (-8_000_000_000_000i64..60_000_000_000_000).prop_map(Value::DateTime),
    ];
    let kind = prop_oneof![
        value.prop_map(LiteralKind::Value),
        text().prop_map(LiteralKind::Text),
        ("[A-Z]{3}", 0.0..1e9).prop_map(|(code, amount)| LiteralKind::Currency { code, amount }),
        Just(LiteralKind::Date {
            name: "TODAY".to_owned(),
            n: None
        }),
        (0i64..1000).prop_map(|n| LiteralKind::Date {
            name: "LAST_N_DAYS".to_owned(),
            n: Some(n)
        }),
    ];
    kind.prop_map(|kind| Literal { at: At(0), kind })
}

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Like,
    ])
}

fn leaf() -> impl Strategy<Value = Condition> {
    let list = || prop::collection::vec(literal(), 1..4);
    let at = At(0);
    prop_oneof![
        (expr(), operator(), literal()).prop_map(move |(left, operator, right)| {
            Condition::Compare {
                left,
                at,
                operator,
                right,
            }
        }),
        (expr(), any::<bool>(), list()).prop_map(move |(left, negated, values)| {
            Condition::In {
                left,
                at,
                negated,
                values,
            }
        }),
        (expr(), any::<bool>(), list()).prop_map(move |(left, negated, values)| {
            Condition::Includes {
                left,
                at,
                negated,
                values,
            }
        }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    leaf().prop_recursive(3, 16, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several().prop_map(Condition::And),
            several().prop_map(Condition::Or),
            inner.clone().prop_map(|c| Condition::Not(Box::new(c))),
        ]
    })
}

fn item() -> impl Strategy<Value = Item> {
    let paths = || prop::collection::vec(path(), 1..3);
    let whens = prop::collection::vec((name(), paths()), 1..3);
    let otherwise = prop_oneof![Just(Vec::new()), paths()];
    prop_oneof![
        (expr(), prop::option::of(name())).prop_map(|(expr, alias)| Item::Expr { expr, alias }),
        (path(), whens, otherwise).prop_map(|(relationship, whens, otherwise)| {
            Item::TypeOf(TypeOf {
                at: At(0),
                relationship,
                whens,
                otherwise,
            })
        }),
    ]
}

fn from() -> impl Strategy<Value = From> {
    (path(), prop::option::of(name())).prop_map(|(path, alias)| From { path, alias })
}

fn group() -> impl Strategy<Value = Group> {
    let kind = prop::sample::select(vec![GroupKind::Plain, GroupKind::Rollup, GroupKind::Cube]);
    (kind, prop::collection::vec(expr(), 1..4)).prop_map(|(kind, keys)| Group { kind, keys })
}

fn order() -> impl Strategy<Value = OrderItem> {
    let nulls = prop::option::of(any::<bool>());
    (expr(), any::<bool>(), nulls).prop_map(|(by, descending, nulls_first)| OrderItem {
        by,
        descending,
        nulls_first,
    })
}

fn bound() -> impl Strategy<Value = Option<Bound>> {
    let rows = 0..=i64::MAX as u64;
    prop::option::of(rows.prop_map(|rows| Bound { at: At(0), rows }))
}

/// A SELECT without other SELECTs in it.
fn flat_select() -> impl Strategy<Value = Select> {
    let withs = vec![With::SecurityEnforced, With::UserMode, With::SystemMode];
    let head = (
        prop::collection::vec(item(), 1..4),
        from(),
        prop::collection::vec(from(), 0..2),
        prop::option::of(name()),
        prop::option::of(condition()),
        prop::option::of(prop::sample::select(withs)),
    );
    let purposes = vec![Purpose::View, Purpose::Reference, Purpose::Update];
    let tail = (
        prop::option::of(group()),
        prop::option::of(condition()),
        prop::collection::vec(order(), 0..3),
        bound(),
        bound(),
        prop::collection::vec(prop::sample::select(purposes), 0..3),
        any::<bool>(),
    );
    (head, tail).prop_map(|(head, tail)| {
        let (items, from, aliases, scope, condition, with) = head;
        let (group, having, order, limit, offset, purposes, all_rows) = tail;
        Select {
            at: At(0),
            items,
            from,
            aliases,
            scope,
            condition,
            with: with.map(|with| (At(0), with)),
            group,
            having,
            order,
            limit,
            offset,
            purposes: purposes.into_iter().map(|p| (At(0), p)).collect(),
            all_rows,
        }
    })
}

/// A SELECT with a list of children and a semi-join.
fn select() -> impl Strategy<Value = Select> {
    let inner = || prop::option::of(flat_select().prop_map(Box::new));
    (flat_select(), inner(), inner(), expr(), any::<bool>()).prop_map(
        |(mut select, children, semi_join, left, negated)| {
            select.items.extend(children.map(Item::Children));
            if let Some(inner) = semi_join {
                select.condition = Some(Condition::InSelect {
                    left,
                    at: At(0),
                    negated,
                    select: inner,
                });
            }
            select
        },
    )
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_query(select in select()) {
        let text = select.to_string();
        let parsed = parse(&text).unwrap_or_else(|e| panic!("{text}{e}"));
        prop_assert_eq!(parsed.select, select);
    }
}
