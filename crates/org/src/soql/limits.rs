//! Limits of queries, with the platform's figures where it has them (SOQL and SOSL limits).

/// Characters of a statement.
pub const STATEMENT_CHARS_MAX: usize = 100_000;
/// Characters of one string in WHERE.
pub const STRING_CHARS_MAX: usize = 4_000;
/// How deep parentheses, NOT and subqueries may stand in one another. The platform does not name
/// its figure; the parser calls itself, and this keeps it within any thread's stack.
pub const DEPTH_MAX: usize = 100;
/// Names in a path from child to parent, the field not counted.
pub const PARENT_LEVELS_MAX: usize = 5;
/// Parent relationships in one SELECT.
pub const PARENTS_MAX: usize = 55;
/// Lists of children in a query.
pub const CHILD_LISTS_MAX: usize = 20;
/// Levels of a query with lists of children, the outermost counted, from API 58.0.
pub const CHILD_LEVELS_MAX: usize = 5;
/// The same before API 58.0.
pub const CHILD_LEVELS_MAX_BEFORE_58: usize = 2;
/// Semi-joins and anti-joins in one WHERE.
pub const SEMI_JOINS_MAX: usize = 2;
/// Rows that may be skipped.
pub const OFFSET_MAX: u64 = 2_000;
/// Rows of a query with FIELDS(ALL) or FIELDS(CUSTOM).
pub const FIELDS_LIMIT_MAX: u64 = 200;
/// Keys of ROLLUP and CUBE.
pub const ROLLUP_KEYS_MAX: usize = 3;
/// The `n` of `LAST_N_DAYS:n` and the like. Ours: beyond it no calendar goes.
pub const DATE_LITERAL_N_MAX: i64 = 100_000;
/// Tables that one SELECT joins. Ours: SQLite joins at most 64, and rights may need some.
pub const TABLES_MAX: usize = 60;
