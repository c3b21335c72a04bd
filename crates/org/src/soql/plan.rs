//! A query that is ready to be run: every name resolved, every right over objects and fields
//! checked, every literal typed, every date literal bound to moments, and the platform's way with
//! nulls, cases and booleans spelled out, so that whoever writes SQL from it decides nothing.
//!
//! **Rows.** Record rights are not in the plan; they are put on every [`Table`] of it: on the
//! root, on parents (one that the user may not see is joined as if it were not there), on child
//! lists and on semi-joins.
//!
//! **Truth.** A [`Condition`] has no NOT: the planner pushes it down to the leaves. So a SQL
//! comparison that comes out as NULL may count as false everywhere, and a leaf that also holds
//! where its left side is null says so with `or_null`.
//!
//! **Bounds.** Depth, number of joins, child lists and semi-joins keep to the limits of
//! [`super::limits`].

use crate::schema::FieldKind;
use crate::{FieldName, ObjectName, Value};

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What to select.
    pub select: SelectPlan,
    /// What is noted about the records that are found.
    pub visit: Option<Visit>,
    /// `FOR UPDATE`: rows are to be locked until the end of the caller's transaction. A query of
    /// its own has none, so that nothing is locked.
    pub lock: bool,
}

/// Marks in the user's list of recent records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// `FOR VIEW`: as if their pages had been opened.
    View,
    /// `FOR REFERENCE`: as if they had been used by another record's page.
    Reference,
}

/// One SELECT: of the whole query, or of a list of children.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectPlan {
    /// Where rows come from.
    pub source: Source,
    /// What each row shows.
    pub output: Output,
    /// By what they are sorted; then, always, by the root's id (not in groups). In groups without
    /// ORDER BY: by the number of the grouping set, then by the keys, nulls first.
    pub order: Vec<Order>,
    /// Most rows; in a list of children, of each parent.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: u64,
}

/// Tables that are joined, and which of their rows count.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The root first, then parents, each after the table that it is joined to.
    pub tables: Vec<Table>,
    /// Which rows.
    pub condition: Option<Condition>,
    /// Are rows in the recycle bin among them (`ALL ROWS`, queryAll)? It says so for all tables.
    pub include_deleted: bool,
}

impl Source {
    /// The object whose rows are selected.
    pub fn root(&self) -> &Table {
        &self.tables[0]
    }

    /// The table of this number.
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0]
    }
}

/// Number of a table within its [`Source`]. The root is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableId(pub usize);

/// An object's table in a FROM clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Whose table.
    pub object: ObjectName,
    /// How it is joined; `None` of the root.
    pub join: Option<Join>,
}

/// `LEFT JOIN org_<object> AS t ON t.id = from.field`. A polymorphic reference makes one such
/// join for each object that the query needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The table that has the reference.
    pub from: TableId,
    /// The reference.
    pub field: FieldName,
}

/// What rows show.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// `SELECT COUNT()`: the number of rows, at most `limit`, after `offset`.
    Count,
    /// Records.
    Rows(Vec<Item>),
    /// Aggregates.
    Groups(Groups),
}

/// One entry of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its name in the answer.
    pub name: String,
    /// What it is.
    pub content: Content,
}

/// What an [`Item`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A value.
    Value {
        /// Where it comes from: [`Expr::Column`], [`Expr::Label`], [`Expr::DatePart`] or
        /// [`Expr::ObjectName`].
        value: Expr,
        /// Is it shown in the user's language and form (`format()`)? Then
        /// `soql::format` makes text of it.
        formatted: bool,
    },
    /// A compound address; parts by their names in the answer, each [`Expr::Column`].
    Address(Vec<(String, Expr)>),
    /// The record that a reference points to. The first branch whose table has a row makes the
    /// parent; without one there is no parent.
    Parent {
        /// Its branches: one for an ordinary reference, several for a polymorphic one.
        branches: Vec<Branch>,
    },
    /// Child records.
    Children(Children),
}

/// One object that a reference may point to, and what is shown of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The joined table.
    pub table: TableId,
    /// The type in the answer's attributes: the table's object, or `Name`.
    pub type_name: ObjectName,
    /// What is shown. Entries may be [`Content::Value`], [`Content::Address`] and
    /// [`Content::Parent`]. Empty where TYPEOF has no words for this object: then the row has
    /// attributes only.
    pub items: Vec<Item>,
}

/// A list of records whose `field` holds the id of the row.
#[derive(Debug, Clone, PartialEq)]
pub struct Children {
    /// The reference of `select`'s root object that points to the row above.
    pub field: FieldName,
    /// What to select; [`Output::Rows`] always.
    pub select: Box<SelectPlan>,
}

/// Groups and what is computed of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// What rows are grouped by: [`Expr::Column`], [`Expr::DatePart`], [`Expr::Label`],
    /// [`Expr::ObjectName`]. Null makes a group of its own. Text groups without regard to case
    /// unless the column is case-sensitive; the group shows the smallest of its texts in the
    /// order of their bytes.
    pub keys: Vec<Expr>,
    /// Grouping sets, as numbers of keys. GROUP BY has one with all keys; aggregates without
    /// GROUP BY have one without keys (one row, even of no records); ROLLUP and CUBE have
    /// several: a key that is not in a set is null in its rows.
    pub sets: Vec<Vec<usize>>,
    /// What is shown: [`Expr::Key`], [`Expr::Aggregate`] or [`Expr::Grouping`], by name.
    pub items: Vec<GroupItem>,
    /// Which groups.
    pub having: Option<Condition>,
}

/// One entry of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupItem {
    /// Its name in the answer.
    pub name: String,
    /// Its value.
    pub value: Expr,
    /// As in [`Content::Value`].
    pub formatted: bool,
}

/// A value that is computed from a row or a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A field.
    Column(Column),
    /// The first of these that is not null: `Name` of a polymorphic parent. All of one kind.
    FirstOf(Vec<Column>),
    /// The name of the object among these tables that has a row; null if none has: `Who.Type`.
    ObjectName(Vec<TableId>),
    /// `toLabel()`: a picklist's value by its label (value, label); another value as it is.
    Label {
        /// The picklist.
        column: Column,
        /// Values whose label differs.
        labels: Vec<(String, String)>,
    },
    /// A part of a date or moment; a whole number but for [`DatePart::DayOnly`], which is a date.
    DatePart {
        /// Which part.
        part: DatePart,
        /// A column of kind Date or DateTime.
        column: Column,
        /// The zone in which a moment is read; `None` is UTC, as everywhere without
        /// `convertTimezone()`.
        zone: Option<Zone>,
    },
    /// The value of a group's key of this number.
    Key(usize),
    /// Of all records of a group.
    Aggregate {
        /// Which function.
        function: Aggregate,
        /// Of what; `None` is COUNT of rows. Nulls are left out.
        argument: Option<Box<Expr>>,
    },
    /// `GROUPING()`: 1 where the key of this number is left out of the grouping set, else 0.
    Grouping(usize),
}

/// A field of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The table.
    pub table: TableId,
    /// The field, as the schema spells it.
    pub field: FieldName,
    /// What it holds.
    pub kind: FieldKind,
    /// Is its text compared with regard to case (ids, references, case-sensitive fields)?
    pub case_sensitive: bool,
}

/// Aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the platform's functions")]
pub enum Aggregate {
    /// A whole number.
    Count,
    /// A whole number; text without regard to case as in GROUP BY.
    CountDistinct,
    /// Of no values: null.
    Sum,
    /// A number with fractions; of no values: null.
    Avg,
    /// As in the order of ORDER BY; of no values: null.
    Min,
    Max,
}

/// Parts of dates. Weeks of these functions are the platform's, not those of the user's locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePart {
    /// 2026.
    CalendarYear,
    /// 1 to 4.
    CalendarQuarter,
    /// 1 to 12.
    CalendarMonth,
    /// The year in which the fiscal year that began in this month ends (the platform's default),
    /// by the month in which it begins, 1 to 12; 1 is the calendar year.
    FiscalYear(u8),
    /// 1 to 4, by the first month.
    FiscalQuarter(u8),
    /// 1 to 12, by the first month.
    FiscalMonth(u8),
    /// 1 Sunday to 7 Saturday.
    DayInWeek,
    /// 1 to 31.
    DayInMonth,
    /// 1 to 366.
    DayInYear,
    /// 1 for days 1 to 7, 2 for 8 to 14, …, 5.
    WeekInMonth,
    /// 1 for January 1 to 7, and so on to 53.
    WeekInYear,
    /// 0 to 23.
    HourInDay,
    /// The date of a moment.
    DayOnly,
}

/// A time zone as a table, so that both databases compute alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// IANA name.
    pub name: String,
    /// Seconds to be added to UTC, from this moment (milliseconds since 1970) on; ascending, and
    /// the first begins at `i64::MIN`. Covers 1970 to 2050; the last one holds for ever after.
    pub offsets: Vec<(i64, i32)>,
}

/// Which rows. No NOT, see the head of this file.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All hold; of none: true.
    All(Vec<Condition>),
    /// One holds; of none: false.
    Any(Vec<Condition>),
    /// A comparison with a value that is not null.
    Compare {
        /// Left side.
        left: Expr,
        /// How.
        operator: Operator,
        /// Right side, of the left side's type: for ids and references `Reference`, for whole
        /// numbers `Integer` or (with a fraction) `Number`, for money `Number`, dates `Date`,
        /// moments `DateTime`, everything textual `Text`. Text is compared without regard to
        /// case unless the column is case-sensitive.
        right: Value,
        /// Does it also hold where the left side is null?
        or_null: bool,
    },
    /// Text with a pattern, without regard to case unless the column is case-sensitive.
    Like {
        /// Left side.
        left: Expr,
        /// For SQL's LIKE with ESCAPE `\`: `%` any run, `_` one character, and a backslash
        /// before each `%`, `_` and `\` that stands for itself.
        pattern: String,
        /// Does it hold where the pattern does not match?
        negated: bool,
        /// Does it also hold where the left side is null?
        or_null: bool,
    },
    /// One of a list.
    In {
        /// Left side.
        left: Expr,
        /// Values as in `Compare`; never null, at least one.
        values: Vec<Value>,
        /// Does it hold where none is equal?
        negated: bool,
        /// Does it also hold where the left side is null?
        or_null: bool,
    },
    /// Empty or not. Never of a checkbox.
    IsNull {
        /// Left side.
        left: Expr,
        /// Does it hold where the left side is not null?
        negated: bool,
    },
    /// A checkbox; null (of a parent that is not there) counts as false.
    IsTrue {
        /// The checkbox.
        left: Expr,
        /// Does it hold where the checkbox is false?
        negated: bool,
    },
    /// A picklist of several values.
    Includes {
        /// A column of kind MultiPicklist.
        left: Expr,
        /// One of these must be in it: all the values of the inner list.
        any_of: Vec<Vec<String>>,
        /// Does it hold where none is in it?
        negated: bool,
        /// Does it also hold where nothing is chosen?
        or_null: bool,
    },
    /// A picklist of several values that holds exactly these, in any order.
    SameSet {
        /// A column of kind MultiPicklist.
        left: Expr,
        /// The values, each once.
        values: Vec<String>,
        /// Does it hold where it holds others?
        negated: bool,
        /// Does it also hold where nothing is chosen?
        or_null: bool,
    },
    /// Semi-join and anti-join.
    InSelect {
        /// An id or reference.
        left: Expr,
        /// Ids; nulls among them count for nothing, in the negated form too.
        select: Box<SemiJoin>,
        /// Anti-join: does it hold where the id is not among them?
        negated: bool,
        /// Does it also hold where the left side is null?
        or_null: bool,
    },
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say themselves")]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The ids that an inner SELECT gives.
#[derive(Debug, Clone, PartialEq)]
pub struct SemiJoin {
    /// Where rows come from.
    pub source: Source,
    /// An id or reference.
    pub column: Column,
    /// Most rows.
    pub limit: Option<u64>,
}

/// One key of the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// By what. In groups [`Expr::Key`], [`Expr::Aggregate`] or [`Expr::Grouping`].
    pub by: Expr,
    /// From the largest?
    pub descending: bool,
    /// Where nulls stand, whatever the direction.
    pub nulls: NullsAt,
    /// How values compare.
    pub collation: Collation,
}

/// Where nulls stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say themselves")]
pub enum NullsAt {
    First,
    Last,
}

/// How values compare when they are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collation {
    /// As the values are: numbers, dates, ids, checkboxes (false first), case-sensitive text.
    Plain,
    /// Text without regard to case.
    Folded,
    /// A picklist's set-up order; values that are not in the list come last (first when
    /// descending), among themselves as `Folded`.
    Picklist(Vec<String>),
}
