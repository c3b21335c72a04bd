//! WHERE and HAVING.

use super::super::ast::{At, Condition, Expr, Literal, LiteralKind, Operator};
use super::super::dates;
use super::super::error::{Fault, nearest};
use super::super::lex::TokenKind;
use super::{Cursor, Read};
use crate::Value;

const OPERATORS: [(&str, Operator); 6] = [
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
];

impl Cursor<'_> {
    pub(crate) fn condition_after(&mut self, keyword: &str) -> Read<Option<Condition>> {
        match self.take_keyword(keyword) {
            true => self.condition().map(Some),
            false => Ok(None),
        }
    }

    pub(crate) fn condition(&mut self) -> Read<Condition> {
        let first = self.term()?;
        let (word, other) = match self.is_keyword("AND") {
            true => ("AND", "OR"),
            false => ("OR", "AND"),
        };
        let mut terms = vec![first];
        while self.take_keyword(word) {
            terms.push(self.term()?);
        }
        if self.is_keyword(other) {
            let (at, fault) = self.unexpected();
            let hint = "AND and OR beside each other need parentheses: a AND (b OR c).";
            return Err((at, fault.hint(hint)));
        }
        Ok(match (terms.len(), word) {
            (1, _) => terms.remove(0),
            (_, "AND") => Condition::And(terms),
            _ => Condition::Or(terms),
        })
    }

    fn term(&mut self) -> Read<Condition> {
        if self.take_keyword("NOT") {
            let inner = self.deeper(Self::term)?;
            return Ok(Condition::Not(Box::new(inner)));
        }
        if self.is_sign("(") {
            return self.parenthesised(Self::condition);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Read<Condition> {
        let left = self.expr()?;
        let at = self.at();
        let negated = self.take_keyword("NOT");
        if negated || self.is_keyword("IN") {
            self.keyword("IN")?;
            return self.in_list(left, at, negated);
        }
        let excludes = self.is_keyword("EXCLUDES");
        if excludes || self.is_keyword("INCLUDES") {
            self.advance();
            let values = self.parenthesised(|cursor| cursor.list(Self::literal))?;
            return Ok(Condition::Includes {
                left,
                at,
                negated: excludes,
                values,
            });
        }
        let operator = self.operator()?;
        let right = self.literal()?;
        Ok(Condition::Compare {
            left,
            at,
            operator,
            right,
        })
    }

    fn in_list(&mut self, left: Expr, at: At, negated: bool) -> Read<Condition> {
        self.parenthesised(|cursor| {
            if cursor.is_keyword("SELECT") {
                let select = Box::new(cursor.select()?);
                return Ok(Condition::InSelect {
                    left,
                    at,
                    negated,
                    select,
                });
            }
            let values = cursor.list(Self::literal)?;
            Ok(Condition::In {
                left,
                at,
                negated,
                values,
            })
        })
    }

    fn operator(&mut self) -> Read<Operator> {
        if self.take_keyword("LIKE") {
            return Ok(Operator::Like);
        }
        for (sign, operator) in OPERATORS {
            if self.take_sign(sign) {
                return Ok(operator);
            }
        }
        let (at, fault) = self.unexpected();
        let hint = "An operator is expected here: = != < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES.";
        Err((at, fault.hint(hint)))
    }

    fn literal(&mut self) -> Read<Literal> {
        let at = self.at();
        let kind = match self.kind() {
            TokenKind::Text(text) => LiteralKind::Text(text.clone()),
            TokenKind::Value(value) => LiteralKind::Value(value.clone()),
            TokenKind::Currency { code, amount } => LiteralKind::Currency {
                code: code.clone(),
                amount: *amount,
            },
            TokenKind::Word(_) => return self.literal_word(),
            TokenKind::Sign(":") => {
                let fault = Fault::malformed("Bind variables only allowed in Apex code");
                return Err((at, fault.hint("Write the value itself.")));
            }
            TokenKind::Sign(_) | TokenKind::End => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Literal { at, kind })
    }

    /// `null`, `true`, `false`, a date literal.
    fn literal_word(&mut self) -> Read<Literal> {
        let unexpected = self.unexpected();
        let name = self.any_word()?;
        let kind = match name.text.to_ascii_lowercase().as_str() {
            "null" => LiteralKind::Value(Value::Null),
            "true" => LiteralKind::Value(Value::Boolean(true)),
            "false" => LiteralKind::Value(Value::Boolean(false)),
            _ if dates::is_literal(&name.text) => self.date_literal(name.text)?,
            _ => {
                let (at, fault) = unexpected;
                return Err((at, fault.hint(literal_hint(&name.text))));
            }
        };
        Ok(Literal { at: name.at, kind })
    }

    fn date_literal(&mut self, name: String) -> Read<LiteralKind> {
        let takes_n = dates::takes_n(&name);
        if takes_n != self.is_sign(":") {
            let (at, fault) = self.unexpected();
            let hint = match takes_n {
                true => format!("{name} is followed by a number: {name}:7."),
                false => format!("{name} takes no number."),
            };
            return Err((at, fault.hint(hint)));
        }
        if !self.take_sign(":") {
            return Ok(LiteralKind::Date { name, n: None });
        }
        let n = match self.kind() {
            TokenKind::Value(Value::Integer(n)) if *n >= 0 => *n,
            _ => {
                let (at, fault) = self.unexpected();
                return Err((
                    at,
                    fault.hint(format!("{name} is followed by a number: {name}:7.")),
                ));
            }
        };
        self.advance();
        Ok(LiteralKind::Date { name, n: Some(n) })
    }
}

/// What somebody may have meant by a word that is no value.
fn literal_hint(word: &str) -> String {
    match nearest(word, dates::literal_names()) {
        Some(name) => format!("Did you mean {name}?"),
        None => "Text stands in single quotes.".to_owned(),
    }
}
