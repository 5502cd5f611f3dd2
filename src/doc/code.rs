//! Text of the language in colours, its names with links to where they are explained.

use std::ops::Range;

use super::model::{self, Module};
use super::site::{Site, Target, relative};
use crate::base::escaped;
use crate::syntax::names::Kind as Bound;
use crate::syntax::token::Token;

/// Where code stands: on which page, and in which module its names mean something.
#[derive(Clone, Copy)]
pub struct Around<'s> {
    pub site: &'s Site,
    pub page: &'s str,
    pub module: Option<usize>,
}

impl Around<'_> {
    /// A part of the text of the module.
    pub fn part(&self, range: Range<usize>) -> String {
        let Some(module) = self.module else { return String::new() };
        coloured(&self.site.modules[module], range, |name, at| {
            let target = self.site.at(module, name, at)?;
            Some(self.link(target))
        })
    }

    /// Code that stands elsewhere, such as an example in a text.
    pub fn example(&self, text: &str) -> String {
        let own = model::library("", text);
        coloured(&own, 0..text.len(), |name, at| {
            // What the example brings or declares itself is found by its own lines.
            if own.bound.get(&at).is_some_and(|bound| *bound != Bound::Import) {
                return None;
            }
            Some(self.link(self.site.find_anywhere(self.module, name)?))
        })
    }

    pub fn link(&self, target: Target) -> String {
        relative(self.page, &self.site.address(target))
    }
}

/// A part of a module's text; `link` gives the address for a name at a place.
fn coloured(module: &Module, range: Range<usize>, link: impl Fn(&str, usize) -> Option<String>) -> String {
    let mut out = String::new();
    let first = module.tokens.partition_point(|token| token.range.end <= range.start);
    let mut before = Token::Newline;
    for (i, token) in module.tokens.iter().enumerate().skip(first) {
        if token.range.start >= range.end {
            break;
        }
        let (from, to) = (token.range.start.max(range.start), token.range.end.min(range.end));
        let text = &module.text[from..to];
        match class(module, token.token, from) {
            Some(class) => out.push_str(&format!("<span class=\"{class}\">{}</span>", escaped(text))),
            None if token.token == Token::Name => {
                let is_free = before != Token::Dot && !is_label(module, i);
                match link(text, from).filter(|_| is_free) {
                    Some(address) => out.push_str(&format!("<a href=\"{}\">{}</a>", escaped(&address), escaped(text))),
                    None if text.starts_with(char::is_uppercase) => {
                        out.push_str(&format!("<span class=\"t\">{}</span>", escaped(text)));
                    }
                    None => out.push_str(&escaped(text)),
                }
            }
            None => out.push_str(&escaped(text)),
        }
        if !matches!(token.token, Token::Space) {
            before = token.token;
        }
    }
    out
}

/// The class of a word, for the style of pages.
fn class(module: &Module, token: Token, at: usize) -> Option<&'static str> {
    match token {
        Token::Comment => Some("c"),
        Token::Str => Some("s"),
        Token::Int | Token::Float => Some("n"),
        Token::Name if module.words.binary_search(&at).is_ok() => Some("k"),
        token if token.is_word() => Some("k"),
        token if token.is_operator() => Some("o"),
        _ => None,
    }
}

/// Whether a name is that of an argument, `over: 1`.
fn is_label(module: &Module, token: usize) -> bool {
    let next = module.tokens[token + 1..].iter().find(|token| token.token != Token::Space);
    next.is_some_and(|next| next.token == Token::Colon)
}
