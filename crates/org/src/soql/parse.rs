//! From tokens to the tree: one function a rule of the grammar, named as the rule. Keywords and
//! names are read without regard to case; no name is looked up here.
//!
//! ```text
//! query     = select
//! select    = SELECT items FROM from ("," from)* [USING SCOPE name] [WHERE condition]
//!             [WITH with] [GROUP BY group [HAVING condition]] [ORDER BY order ("," order)*]
//!             [LIMIT bound] [OFFSET bound] (FOR purpose)* [ALL ROWS]
//! item      = expr [alias] | "(" select ")" | type_of
//! type_of   = TYPEOF path (WHEN name THEN paths)+ [ELSE paths] END
//! expr      = path | call          call = name "(" [expr] ")"
//! condition = term ((AND term)* | (OR term)*)
//! term      = NOT term | "(" condition ")" | comparison
//! comparison= expr (operator literal | [NOT] IN "(" (select | literals) ")"
//!             | (INCLUDES | EXCLUDES) "(" literals ")")
//! ```

mod clauses;
mod conditions;
mod cursor;

pub(crate) use cursor::Cursor;

use super::ast::{At, Call, Expr, From, Item, Name, Path, Query, Select, TypeOf};
use super::error::{Fault, SoqlError};
use super::limits::STATEMENT_CHARS_MAX;

/// Reads a query. An error says where the text stops making sense, and what was read there.
pub fn parse(text: &str) -> Result<Query, SoqlError> {
    let at = |(at, fault)| SoqlError::at(text, at, fault);
    if text.chars().nth(STATEMENT_CHARS_MAX).is_some() {
        return Err(at((At(0), too_long())));
    }
    let mut cursor = Cursor::new(text).map_err(at)?;
    let select = cursor.select().and_then(|select| {
        cursor.end()?;
        Ok(select)
    });
    Ok(Query {
        select: select.map_err(at)?,
        text: text.to_owned(),
    })
}

fn too_long() -> Fault {
    let fact = format!("SOQL statement is longer than {STATEMENT_CHARS_MAX} characters.");
    Fault::malformed(fact).hint("Split the query.")
}

/// What a rule gives: its part of the tree, or what is wrong and where.
pub(crate) type Read<T> = Result<T, (At, Fault)>;

/// Words that name neither a field nor an alias.
const RESERVED: [&str; 21] = [
    "AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LAST",
    "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OR", "SELECT", "USING", "WHERE", "WITH",
];

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

impl Cursor<'_> {
    pub(crate) fn select(&mut self) -> Read<Select> {
        let at = self.at();
        self.keyword("SELECT")?;
        let items = self.list(Self::item)?;
        self.keyword("FROM")?;
        let from = self.from()?;
        let mut aliases = Vec::new();
        while self.take_sign(",") {
            aliases.push(self.from()?);
        }
        let scope = self.scope()?;
        let condition = self.condition_after("WHERE")?;
        let with = self.with()?;
        let group = self.group()?;
        let having = self.condition_after("HAVING")?;
        let order = self.order()?;
        let limit = self.bound_after("LIMIT")?;
        let offset = self.bound_after("OFFSET")?;
        let purposes = self.purposes()?;
        let all_rows = self.all_rows()?;
        Ok(Select {
            at,
            items,
            from,
            aliases,
            scope,
            condition,
            with,
            group,
            having,
            order,
            limit,
            offset,
            purposes,
            all_rows,
        })
    }

    fn item(&mut self) -> Read<Item> {
        if self.is_sign("(") {
            return self
                .parenthesised(Self::select)
                .map(Box::new)
                .map(Item::Children);
        }
        if self.is_keyword("TYPEOF") && !self.next_is_sign(&[",", "."]) {
            return self.type_of().map(Item::TypeOf);
        }
        let expr = self.expr()?;
        let alias = self.alias()?;
        Ok(Item::Expr { expr, alias })
    }

    fn type_of(&mut self) -> Read<TypeOf> {
        let at = self.at();
        self.keyword("TYPEOF")?;
        let relationship = self.path()?;
        let mut whens = Vec::new();
        while whens.is_empty() || self.is_keyword("WHEN") {
            self.keyword("WHEN")?;
            let object = self.name()?;
            self.keyword("THEN")?;
            whens.push((object, self.list(Self::path)?));
        }
        let otherwise = match self.take_keyword("ELSE") {
            true => self.list(Self::path)?,
            false => Vec::new(),
        };
        self.keyword("END")?;
        Ok(TypeOf {
            at,
            relationship,
            whens,
            otherwise,
        })
    }

    fn from(&mut self) -> Read<From> {
        let path = self.object_path()?;
        self.take_keyword("AS");
        let alias = self.alias()?;
        Ok(From { path, alias })
    }

    /// A path that may begin with a reserved word that is also an object: Group, Order.
    fn object_path(&mut self) -> Read<Path> {
        let first = match self.is_keyword("GROUP") {
            true => self.any_word()?,
            false => self.name()?,
        };
        self.rest_of_path(first)
    }

    /// An alias, unless the next word begins a clause.
    pub(crate) fn alias(&mut self) -> Read<Option<Name>> {
        match self.is_name() && !self.begins_clause() {
            true => self.name().map(Some),
            false => Ok(None),
        }
    }

    pub(crate) fn expr(&mut self) -> Read<Expr> {
        if self.is_name() && self.next_is_sign(&["("]) {
            return self.call().map(Expr::Call);
        }
        self.path().map(Expr::Field)
    }

    fn call(&mut self) -> Read<Call> {
        let name = self.name()?;
        let argument = self.parenthesised(|cursor| match cursor.is_sign(")") {
            true => Ok(None),
            false => cursor.expr().map(Box::new).map(Some),
        })?;
        Ok(Call { name, argument })
    }

    pub(crate) fn path(&mut self) -> Read<Path> {
        let first = self.name()?;
        self.rest_of_path(first)
    }

    fn rest_of_path(&mut self, first: Name) -> Read<Path> {
        let mut names = vec![first];
        while self.take_sign(".") {
            names.push(self.any_word()?);
        }
        Ok(Path { names })
    }

    pub(crate) fn name(&mut self) -> Read<Name> {
        match self.is_name() {
            true => self.any_word(),
            false => Err(self.unexpected()),
        }
    }

    /// Is the next token a word that is not reserved?
    fn is_name(&self) -> bool {
        self.word().is_some_and(|word| !is_reserved(word))
    }
}

#[cfg(test)]
mod tests;
