//! A query as it is written, before any name in it is known: what the parser makes and the
//! printer writes. One type a rule of the grammar (`parse.rs`).
//!
//! Two trees are equal when they say the same, wherever in the text it stood.

use crate::Value;

/// Where something begins: the number of its first byte in the text. All are equal, so that
/// trees compare by what they say.
#[derive(Debug, Clone, Copy, Default, Eq)]
pub struct At(pub usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A whole query and the text that it was read from, which errors quote.
#[derive(Debug, Clone)]
pub struct Query {
    /// The text.
    pub text: String,
    /// What it says.
    pub select: Select,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.select == other.select
    }
}

/// One SELECT: the query, a list of children, or the inner side of a semi-join.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// Where it begins.
    pub at: At,
    /// What is selected; never empty.
    pub items: Vec<Item>,
    /// The object, or in a list of children the relationship, with the alias.
    pub from: From,
    /// `, Contact.Account a`: aliases for parents.
    pub aliases: Vec<From>,
    /// USING SCOPE.
    pub scope: Option<Name>,
    /// WHERE.
    pub condition: Option<Condition>,
    /// WITH.
    pub with: Option<(At, With)>,
    /// GROUP BY.
    pub group: Option<Group>,
    /// HAVING.
    pub having: Option<Condition>,
    /// ORDER BY.
    pub order: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Bound>,
    /// OFFSET.
    pub offset: Option<Bound>,
    /// FOR VIEW, FOR REFERENCE, FOR UPDATE.
    pub purposes: Vec<(At, Purpose)>,
    /// ALL ROWS.
    pub all_rows: bool,
}

/// What FROM names.
#[derive(Debug, Clone, PartialEq)]
pub struct From {
    /// An object; a relationship; or a path of an alias and relationships.
    pub path: Path,
    /// The alias.
    pub alias: Option<Name>,
}

/// A name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Where.
    pub at: At,
    /// As it is written.
    pub text: String,
}

/// Names with dots between them: `Account.Owner.Name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub names: Vec<Name>,
}

impl Path {
    /// Where it begins.
    pub fn at(&self) -> At {
        self.names[0].at
    }

    /// The field at its end.
    pub fn last(&self) -> &Name {
        &self.names[self.names.len() - 1]
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(|n| n.text.as_str()).collect();
        names.join(".")
    }
}

/// Something that SELECT names.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A field, a function, with an alias.
    Expr {
        /// What.
        expr: Expr,
        /// Its name in the answer.
        alias: Option<Name>,
    },
    /// A list of children.
    Children(Box<Select>),
    /// TYPEOF.
    TypeOf(TypeOf),
}

/// `TYPEOF What WHEN Account THEN Phone ELSE Name END`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeOf {
    /// Where.
    pub at: At,
    /// The relationship.
    pub relationship: Path,
    /// Object and its fields; at least one.
    pub whens: Vec<(Name, Vec<Path>)>,
    /// Fields of every other object; empty without ELSE.
    pub otherwise: Vec<Path>,
}

/// A field or a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A field.
    Field(Path),
    /// A function.
    Call(Call),
}

impl Expr {
    /// Where it begins.
    pub fn at(&self) -> At {
        match self {
            Self::Field(path) => path.at(),
            Self::Call(call) => call.name.at,
        }
    }
}

/// `COUNT()`, `SUM(Amount)`, `HOUR_IN_DAY(convertTimezone(CreatedDate))`, `FIELDS(ALL)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// What stands in its parentheses.
    pub argument: Option<Box<Expr>>,
}

/// What WHERE and HAVING say.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of at least two.
    And(Vec<Condition>),
    /// One of at least two.
    Or(Vec<Condition>),
    /// NOT.
    Not(Box<Condition>),
    /// `Name LIKE 'A%'`.
    Compare {
        /// Left side.
        left: Expr,
        /// Where the operator stands.
        at: At,
        /// The operator.
        operator: Operator,
        /// Right side.
        right: Literal,
    },
    /// `Name [NOT] IN ('a', 'b')`.
    In {
        /// Left side.
        left: Expr,
        /// Where the operator stands.
        at: At,
        /// NOT IN.
        negated: bool,
        /// At least one.
        values: Vec<Literal>,
    },
    /// `Id [NOT] IN (SELECT …)`.
    InSelect {
        /// Left side.
        left: Expr,
        /// Where the operator stands.
        at: At,
        /// NOT IN.
        negated: bool,
        /// The inner query.
        select: Box<Select>,
    },
    /// `Days__c INCLUDES ('Mon;Tue', 'Sat')`, EXCLUDES.
    Includes {
        /// Left side.
        left: Expr,
        /// Where the operator stands.
        at: At,
        /// EXCLUDES.
        negated: bool,
        /// At least one.
        values: Vec<Literal>,
    },
}

/// Operators between a field and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say themselves")]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A value that is written out.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// Where.
    pub at: At,
    /// What.
    pub kind: LiteralKind,
}

/// What a literal is.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralKind {
    /// `null`, `true`, `12`, `1.5`, `2026-11-24`, `2026-11-24T12:00:00Z`.
    Value(Value),
    /// `'text'`, its escapes resolved, but for `\_`, `\%` and `\\`, which keep their backslash:
    /// so it is a pattern as LIKE reads it, and [`unescaped`] gives the text for everyone else.
    Text(String),
    /// `USD100.5`.
    Currency {
        /// Three capitals.
        code: String,
        /// The number as it is written.
        amount: f64,
    },
    /// `TODAY`, `LAST_N_DAYS:30`: the name as it is written.
    Date {
        /// The name.
        name: String,
        /// The number after the colon.
        n: Option<i64>,
    },
}

/// The text of a string outside LIKE: `\_`, `\%` and `\\` without their first backslash.
pub fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('_' | '%' | '\\')) => plain.extend(chars.next()),
            _ => plain.push(c),
        }
    }
    plain
}

/// WITH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the grammar's words")]
pub enum With {
    SecurityEnforced,
    UserMode,
    SystemMode,
}

/// GROUP BY.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How.
    pub kind: GroupKind,
    /// By what; at least one.
    pub keys: Vec<Expr>,
}

/// How groups are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the grammar's words")]
pub enum GroupKind {
    Plain,
    Rollup,
    Cube,
}

/// One entry of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderItem {
    /// By what.
    pub by: Expr,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (true) or NULLS LAST, where it is written.
    pub nulls_first: Option<bool>,
}

/// The number of LIMIT or OFFSET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Where.
    pub at: At,
    /// The number.
    pub rows: u64,
}

/// FOR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the grammar's words")]
pub enum Purpose {
    View,
    Reference,
    Update,
}
