//! What joins the conditions of a list view: `1 AND (2 OR NOT 3)`. As on the platform every
//! condition is named, and AND and OR beside each other need parentheses.

use std::collections::BTreeSet;
use std::fmt;

/// Parentheses within each other at most.
const DEPTH_MAX: usize = 20;
/// Characters of the text at most.
pub const LOGIC_LENGTH_MAX: usize = 255;

/// How conditions are joined; they are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logic {
    /// The condition of this number.
    One(usize),
    /// It does not hold.
    Not(Box<Self>),
    /// All hold.
    All(Vec<Self>),
    /// One is enough.
    Any(Vec<Self>),
}

/// Why a text is no filter logic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {words}")]
pub struct LogicError {
    /// The character at which it goes wrong, from 1.
    pub position: usize,
    /// What is wrong, and what to do.
    pub words: String,
}

impl Logic {
    /// Reads the logic of so many conditions.
    pub fn parse(text: &str, conditions: usize) -> Result<Self, LogicError> {
        let length = text.chars().count();
        if length > LOGIC_LENGTH_MAX {
            let words = format!("it may have at most {LOGIC_LENGTH_MAX} characters");
            return Err(fault(LOGIC_LENGTH_MAX + 1, words));
        }
        let mut reader = Reader {
            tokens: tokens(text)?,
            at: 0,
            end: length + 1,
            conditions,
        };
        let logic = reader.joined(0)?;
        if let Some((position, token)) = reader.peek() {
            let words = match token {
                Token::Close => "this parenthesis closes none".to_owned(),
                _ => "AND or OR is missing before this".to_owned(),
            };
            return Err(fault(*position, words));
        }
        let mut used = BTreeSet::new();
        logic.collect(&mut used);
        match (1..=conditions).find(|number| !used.contains(number)) {
            Some(number) => {
                let words = format!("filter {number} is not used; name it, or take it away");
                Err(fault(length + 1, words))
            }
            None => Ok(logic),
        }
    }

    fn collect(&self, used: &mut BTreeSet<usize>) {
        match self {
            Self::One(number) => drop(used.insert(*number)),
            Self::Not(inner) => inner.collect(used),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect(used));
            }
        }
    }

    /// The same for the conditions that are left when some are gone, with their new numbers;
    /// `None` if nothing is left.
    #[must_use]
    pub fn without(self, gone: &BTreeSet<usize>) -> Option<Self> {
        let rest = |parts: Vec<Self>| -> Vec<Self> {
            let parts = parts.into_iter();
            parts.filter_map(|part| part.without(gone)).collect()
        };
        let joined = |mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self| match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(join(parts)),
        };
        match self {
            Self::One(number) if gone.contains(&number) => None,
            Self::One(number) => Some(Self::One(number - gone.range(..number).count())),
            Self::Not(inner) => Some(Self::Not(Box::new(inner.without(gone)?))),
            Self::All(parts) => joined(rest(parts), Self::All),
            Self::Any(parts) => joined(rest(parts), Self::Any),
        }
    }

    /// As text, with this for each condition.
    pub fn render(&self, condition: &impl Fn(usize) -> String) -> String {
        let join = |parts: &[Self], word: &str| {
            let parts = parts.iter().map(|part| match part {
                Self::All(_) | Self::Any(_) => format!("({})", part.render(condition)),
                part => part.render(condition),
            });
            parts.collect::<Vec<_>>().join(word)
        };
        match self {
            Self::One(number) => condition(*number),
            Self::Not(inner) => match inner.as_ref() {
                Self::One(number) => format!("(NOT {})", condition(*number)),
                inner => format!("(NOT ({}))", inner.render(condition)),
            },
            Self::All(parts) => join(parts, " AND "),
            Self::Any(parts) => join(parts, " OR "),
        }
    }
}

impl fmt::Display for Logic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&|number| number.to_string()))
    }
}

fn fault(position: usize, words: impl Into<String>) -> LogicError {
    LogicError {
        position,
        words: words.into(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Number(usize),
    And,
    Or,
    Not,
    Open,
    Close,
}

/// The words with their positions.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, LogicError> {
    let mut tokens = Vec::new();
    let mut rest = (1..).zip(text.chars()).peekable();
    while let Some((position, first)) = rest.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut word = String::from(first);
        while first.is_alphanumeric()
            && let Some((_, next)) = rest.next_if(|(_, next)| next.is_alphanumeric())
        {
            word.push(next);
        }
        let token = match word.to_ascii_uppercase().as_str() {
            "(" => Token::Open,
            ")" => Token::Close,
            "AND" => Token::And,
            "OR" => Token::Or,
            "NOT" => Token::Not,
            number => match number.parse() {
                Ok(number) => Token::Number(number),
                Err(_) => {
                    let words = format!(
                        "“{word}” is not understood; use the numbers of filters, AND, OR, NOT and \
                         parentheses"
                    );
                    return Err(fault(position, words));
                }
            },
        };
        tokens.push((position, token));
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// The position behind the text.
    end: usize,
    conditions: usize,
}

impl Reader {
    fn peek(&self) -> Option<&(usize, Token)> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<(usize, Token)> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn joined(&mut self, depth: usize) -> Result<Logic, LogicError> {
        let first = self.single(depth)?;
        let mut parts = vec![first];
        let mut join = None;
        while let Some((position, token)) = self.peek().copied() {
            if !matches!(token, Token::And | Token::Or) {
                break;
            }
            if join.is_some_and(|join| join != token) {
                let words = "AND and OR beside each other need parentheses: 1 AND (2 OR 3)";
                return Err(fault(position, words));
            }
            join = Some(token);
            self.at += 1;
            parts.push(self.single(depth)?);
        }
        Ok(match join {
            None => parts.remove(0),
            Some(Token::And) => Logic::All(parts),
            Some(_) => Logic::Any(parts),
        })
    }

    fn single(&mut self, depth: usize) -> Result<Logic, LogicError> {
        let end = self.end;
        let Some((position, token)) = self.next() else {
            return Err(fault(end, "the number of a filter is missing here"));
        };
        if depth > DEPTH_MAX {
            let words = format!("more than {DEPTH_MAX} parentheses stand within each other");
            return Err(fault(position, words));
        }
        match token {
            Token::Number(number) if (1..=self.conditions).contains(&number) => {
                Ok(Logic::One(number))
            }
            Token::Number(number) => {
                let words = match self.conditions {
                    0 => "there are no filters".to_owned(),
                    count => format!("there is no filter {number}; they go from 1 to {count}"),
                };
                Err(fault(position, words))
            }
            Token::Not => Ok(Logic::Not(Box::new(self.single(depth + 1)?))),
            Token::Open => {
                let inner = self.joined(depth + 1)?;
                match self.next() {
                    Some((_, Token::Close)) => Ok(inner),
                    Some((position, _)) => Err(fault(position, "AND or OR is missing before this")),
                    None => Err(fault(position, "this parenthesis is not closed")),
                }
            }
            Token::And | Token::Or | Token::Close => Err(fault(
                position,
                "the number of a filter is missing before this",
            )),
        }
    }
}
