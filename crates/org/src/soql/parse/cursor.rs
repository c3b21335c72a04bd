//! Where the parser stands among the tokens, and how deep.

use super::super::ast::{At, Name};
use super::super::error::Fault;
use super::super::lex::{Token, TokenKind, tokens};
use super::super::limits::DEPTH_MAX;
use super::Read;

/// Tokens, the next one's number, and how many parentheses are open.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    /// `End` is the last.
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Read<Self> {
        Self::starting_at(text, 0)
    }

    /// Reads on from this byte of the text.
    pub(crate) fn starting_at(text: &'a str, start: usize) -> Read<Self> {
        Ok(Self {
            text,
            tokens: tokens(text, start)?,
            next: 0,
            depth: 0,
        })
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn token_after(&self) -> &Token {
        &self.tokens[(self.next + 1).min(self.tokens.len() - 1)]
    }

    pub(crate) fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    /// Where the next token begins.
    pub(crate) fn at(&self) -> At {
        self.token().at
    }

    pub(crate) fn kind(&self) -> &TokenKind {
        &self.token().kind
    }

    /// The next token, if it is a word. A sum of money without a fraction is one too: `ABC1`.
    pub(crate) fn word(&self) -> Option<&str> {
        word_of(self.text, self.token())
    }

    pub(crate) fn any_word(&mut self) -> Read<Name> {
        let Some(word) = self.word() else {
            return Err(self.unexpected());
        };
        let name = Name {
            at: self.at(),
            text: word.to_owned(),
        };
        self.advance();
        Ok(name)
    }

    pub(crate) fn is_keyword(&self, keyword: &str) -> bool {
        is_word(self.text, self.token(), keyword)
    }

    /// Does this word follow the next token?
    pub(crate) fn next_is_keyword(&self, keywords: &[&str]) -> bool {
        let next = self.token_after();
        keywords
            .iter()
            .any(|keyword| is_word(self.text, next, keyword))
    }

    /// Does a whole number follow the next token?
    pub(crate) fn next_is_number(&self) -> bool {
        matches!(self.token_after().kind, TokenKind::Value(_))
    }

    pub(crate) fn take_keyword(&mut self, keyword: &str) -> bool {
        let is_here = self.is_keyword(keyword);
        if is_here {
            self.advance();
        }
        is_here
    }

    pub(crate) fn keyword(&mut self, keyword: &str) -> Read<()> {
        match self.take_keyword(keyword) {
            true => Ok(()),
            false => {
                let (at, fault) = self.unexpected();
                Err((at, fault.hint(format!("{keyword} is expected here."))))
            }
        }
    }

    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        matches!(&self.token().kind, TokenKind::Sign(s) if *s == sign)
    }

    pub(crate) fn next_is_sign(&self, signs: &[&str]) -> bool {
        matches!(&self.token_after().kind, TokenKind::Sign(s) if signs.contains(s))
    }

    pub(crate) fn take_sign(&mut self, sign: &str) -> bool {
        let is_here = self.is_sign(sign);
        if is_here {
            self.advance();
        }
        is_here
    }

    pub(crate) fn sign(&mut self, sign: &str) -> Read<()> {
        match self.take_sign(sign) {
            true => Ok(()),
            false => {
                let (at, fault) = self.unexpected();
                Err((at, fault.hint(format!("'{sign}' is expected here."))))
            }
        }
    }

    /// One or more, with commas between them.
    pub(crate) fn list<T>(&mut self, one: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.take_sign(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    pub(crate) fn parenthesised<T>(&mut self, inner: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.sign("(")?;
        let inner = self.deeper(inner)?;
        self.sign(")")?;
        Ok(inner)
    }

    /// Reads something that may contain itself.
    pub(crate) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEPTH_MAX {
            let fact = format!("The query is nested more than {DEPTH_MAX} levels deep.");
            let fault = Fault::new("QUERY_TOO_COMPLICATED", fact);
            return Err((self.at(), fault.hint("Take out parentheses.")));
        }
        self.depth += 1;
        let inner = inner(self);
        self.depth -= 1;
        inner
    }

    pub(crate) fn end(&mut self) -> Read<()> {
        match self.kind() {
            TokenKind::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    /// The next token can't stand where it stands.
    pub(crate) fn unexpected(&self) -> (At, Fault) {
        let token = self.token();
        let (start, end) = token.span;
        let written: String = match token.kind {
            TokenKind::End => "<EOF>".to_owned(),
            _ => self.text[start..end].chars().take(40).collect(),
        };
        let fault = Fault::malformed(format!("unexpected token: '{written}'"));
        (token.at, fault)
    }
}

fn word_of<'t>(text: &'t str, token: &'t Token) -> Option<&'t str> {
    match &token.kind {
        TokenKind::Word(word) => Some(word),
        TokenKind::Currency { .. } => {
            let written = &text[token.span.0..token.span.1];
            (!written.contains('.')).then_some(written)
        }
        TokenKind::Text(_) | TokenKind::Value(_) | TokenKind::Sign(_) | TokenKind::End => None,
    }
}

fn is_word(text: &str, token: &Token, keyword: &str) -> bool {
    word_of(text, token).is_some_and(|word| word.eq_ignore_ascii_case(keyword))
}
