//! What stands in the braces of FIND.
//!
//! ```text
//! terms   = both (OR both)*
//! both    = unit ([AND [NOT]] unit)*
//! unit    = word | '"' phrase '"' | "(" terms ")"
//! ```

use super::ast::Terms;
use crate::soql::ast::At;
use crate::soql::error::Fault;
use crate::soql::limits::DEPTH_MAX;
use crate::soql::parse::Read;

/// Characters of all words and phrases, with a blank between them, beyond which operators are
/// words like others.
pub(crate) const OPERATOR_CHARS_MAX: usize = 4_000;
/// Characters beyond which nothing is found.
pub(crate) const SEARCH_CHARS_MAX: usize = 10_000;

/// Reads terms. `offset` is where they stand in the whole text.
pub(crate) fn terms(text: &str, offset: usize) -> Read<Terms> {
    let tokens = tokens(text, offset)?;
    if tokens.is_empty() {
        return Err((At(offset), no_term()));
    }
    if length(&tokens) > OPERATOR_CHARS_MAX {
        return Ok(without_operators(tokens));
    }
    let mut reader = Reader {
        tokens,
        next: 0,
        depth: 0,
        end: At(offset + text.len()),
    };
    let terms = reader.terms()?;
    match reader.tokens.get(reader.next) {
        None => Ok(terms),
        Some((at, token)) => Err((*at, unexpected(token))),
    }
}

fn length(tokens: &[(At, Token)]) -> usize {
    let length = |(_, token): &(At, Token)| match token {
        Token::Word { .. } if is_operator(token) => 0,
        Token::Word { text, .. } | Token::Phrase(text) => text.chars().count() + 1,
        Token::Open | Token::Close => 0,
    };
    tokens.iter().map(length).sum()
}

fn no_term() -> Fault {
    let fault = Fault::new("MALFORMED_SEARCH", "No search term found.");
    fault.hint("The search term must be enclosed in braces: FIND {Acme}.")
}

/// All words and phrases of a text that is too long for operators.
fn without_operators(tokens: Vec<(At, Token)>) -> Terms {
    let terms = tokens.into_iter().filter_map(|(_, token)| match token {
        Token::Word { text, .. } => Some(Terms::Word(text)),
        Token::Phrase(phrase) => Some(Terms::Phrase(phrase)),
        Token::Open | Token::Close => None,
    });
    let mut terms: Vec<Terms> = terms.collect();
    match terms.len() {
        1 => terms.remove(0),
        _ => Terms::And(terms),
    }
}

#[derive(Debug)]
enum Token {
    Word {
        text: String,
        /// Without a backslash, so that it may be an operator.
        is_plain: bool,
    },
    Phrase(String),
    Open,
    Close,
}

fn unexpected(token: &Token) -> Fault {
    let written = match token {
        Token::Word { text, .. } => text.as_str(),
        Token::Phrase(_) => "\"",
        Token::Open => "(",
        Token::Close => ")",
    };
    let fault = Fault::new("MALFORMED_SEARCH", format!("unexpected token: '{written}'"));
    fault.hint("Signs that are meant as such have a backslash before them.")
}

fn tokens(text: &str, offset: usize) -> Read<Vec<(At, Token)>> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let token = match c {
            '(' => Token::Open,
            ')' => Token::Close,
            '"' => Token::Phrase(phrase(&mut chars, At(offset + start))?),
            _ if c.is_whitespace() => continue,
            _ => {
                let mut word = String::new();
                let mut is_plain = push(&mut word, c, &mut chars);
                while let Some((_, c)) = chars.next_if(|(_, c)| !ends_word(*c)) {
                    is_plain &= push(&mut word, c, &mut chars);
                }
                Token::Word {
                    text: word,
                    is_plain,
                }
            }
        };
        tokens.push((At(offset + start), token));
    }
    Ok(tokens)
}

type Chars<'a> = std::iter::Peekable<std::str::CharIndices<'a>>;

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"')
}

/// Adds a character (true), or the one that a backslash stands before (false).
fn push(word: &mut String, c: char, chars: &mut Chars<'_>) -> bool {
    let escaped = match c {
        '\\' => chars.next().map(|(_, c)| c),
        _ => None,
    };
    word.push(match (c, escaped) {
        (_, Some('*' | '?' | '\\')) | ('\\', None) => '-',
        (_, Some(c)) if c.is_whitespace() => '-',
        (_, Some(c)) | (c, None) => c,
    });
    c != '\\'
}

fn phrase(chars: &mut Chars<'_>, at: At) -> Read<String> {
    let mut phrase = String::new();
    loop {
        match chars.next() {
            Some((_, '"')) => return Ok(phrase),
            Some((_, '\\')) => phrase.extend(chars.next().map(|(_, c)| match c {
                '"' | '\\' => '-',
                c => c,
            })),
            Some((_, c)) => phrase.push(c),
            None => {
                let fault = Fault::new("MALFORMED_SEARCH", "unexpected token: '\"'");
                return Err((at, fault.hint("The phrase has no closing quote.")));
            }
        }
    }
}

struct Reader {
    tokens: Vec<(At, Token)>,
    next: usize,
    depth: usize,
    end: At,
}

impl Reader {
    fn terms(&mut self) -> Read<Terms> {
        let mut any = vec![self.both()?];
        while self.take_word("OR") {
            any.push(self.both()?);
        }
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Terms::Or(any),
        })
    }

    fn both(&mut self) -> Read<Terms> {
        let mut all = vec![self.unit()?];
        while self.goes_on() {
            let is_joined = self.take_word("AND");
            if is_joined && self.is_word("NOT") && self.is_unit_after() {
                self.next += 1;
                let left = joined(std::mem::take(&mut all));
                let right = self.unit()?;
                all.push(Terms::AndNot(Box::new(left), Box::new(right)));
            } else {
                all.push(self.unit()?);
            }
        }
        Ok(joined(all))
    }

    /// Does something follow that is joined by AND?
    fn goes_on(&self) -> bool {
        match self.tokens.get(self.next) {
            None | Some((_, Token::Close)) => false,
            Some((_, Token::Word { .. })) => !self.is_word("OR"),
            Some((_, Token::Phrase(_) | Token::Open)) => true,
        }
    }

    fn unit(&mut self) -> Read<Terms> {
        let Some((at, token)) = self.tokens.get(self.next) else {
            let fault = Fault::new("MALFORMED_SEARCH", "unexpected end of the search term");
            return Err((self.end, fault.hint("Something to search is missing here.")));
        };
        let unit = match token {
            token if is_operator(token) => return Err((*at, unexpected(token))),
            Token::Word { text, .. } => Terms::Word(text.clone()),
            Token::Phrase(phrase) => Terms::Phrase(phrase.clone()),
            Token::Open => return self.parenthesised(),
            Token::Close => return Err((*at, unexpected(token))),
        };
        self.next += 1;
        Ok(unit)
    }

    fn parenthesised(&mut self) -> Read<Terms> {
        let at = self.tokens[self.next].0;
        if self.depth == DEPTH_MAX {
            let fact = format!("The search is nested more than {DEPTH_MAX} levels deep.");
            return Err((at, Fault::new("MALFORMED_SEARCH", fact)));
        }
        self.next += 1;
        self.depth += 1;
        let terms = self.terms()?;
        self.depth -= 1;
        match self.tokens.get(self.next) {
            Some((_, Token::Close)) => {
                self.next += 1;
                Ok(terms)
            }
            Some((at, token)) => Err((*at, unexpected(token))),
            None => {
                let fault = Fault::new("MALFORMED_SEARCH", "unexpected token: '('");
                Err((at, fault.hint("It is not closed.")))
            }
        }
    }

    fn is_word(&self, word: &str) -> bool {
        let token = self.tokens.get(self.next);
        token.is_some_and(|(_, token)| is_plain(token, word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_here = self.is_word(word);
        self.next += usize::from(is_here);
        is_here
    }

    /// Does something to search follow the next token?
    fn is_unit_after(&self) -> bool {
        match self.tokens.get(self.next + 1) {
            None | Some((_, Token::Close)) => false,
            Some((_, token)) => !is_operator(token),
        }
    }
}

/// Does it join others? NOT does so behind AND only.
fn is_operator(token: &Token) -> bool {
    is_plain(token, "AND") || is_plain(token, "OR")
}

/// Is it this word, without a backslash?
fn is_plain(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word { text, is_plain: true } if text.eq_ignore_ascii_case(word))
}

fn joined(mut all: Vec<Terms>) -> Terms {
    match all.len() {
        1 => all.remove(0),
        _ => Terms::And(all),
    }
}
