//! A place in one line of text. Blanks before a token say nothing.

use std::str::FromStr;

pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Cursor<'a> {
        Cursor { rest: line }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(super) fn sees(&mut self, token: &str) -> bool {
        self.skip_blanks();
        self.rest.starts_with(token)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("expected `{token}` before `{}`", self.rest)) }
    }

    pub(super) fn end(&mut self) -> Result<(), String> {
        self.skip_blanks();
        if self.rest.is_empty() { Ok(()) } else { Err(format!("`{}` is too much", self.rest)) }
    }

    /// Letters, digits, and what numbers are made of.
    pub(super) fn word(&mut self) -> Result<&'a str, String> {
        self.skip_blanks();
        let inside = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err(format!("expected a word before `{rest}`")) } else { Ok(word) }
    }

    pub(super) fn number<T: FromStr>(&mut self) -> Result<T, String> {
        let word = self.word()?;
        word.parse().map_err(|_| format!("`{word}` is no number of this kind"))
    }

    /// `[1, 2]`
    pub(super) fn list(&mut self) -> Result<Vec<usize>, String> {
        self.items(|cursor| cursor.number())
    }

    /// `[(1, 2), (3, 4)]`
    pub(super) fn pairs(&mut self) -> Result<Vec<(usize, usize)>, String> {
        self.items(|cursor| {
            cursor.expect("(")?;
            let first = cursor.number()?;
            cursor.expect(",")?;
            let second = cursor.number()?;
            cursor.expect(")")?;
            Ok((first, second))
        })
    }

    fn items<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        self.expect("[")?;
        let mut items = vec![];
        while !self.eat("]") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Text in quotes, with the escapes that Rust's `Debug` writes.
    pub(super) fn string(&mut self) -> Result<String, String> {
        self.expect("\"")?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => text.push(escape(&mut chars)?),
                c => text.push(c),
            }
        }
        Err("the quotes are not closed".to_string())
    }

    /// The attributes of a node, which are all that is left of its line.
    pub(super) fn fields(&mut self) -> Fields<'a, '_> {
        Fields { any: self.eat("{"), first: true, cursor: self }
    }
}

fn escape(chars: &mut std::str::CharIndices) -> Result<char, String> {
    let unknown = || "an escape that is not known".to_string();
    match chars.next().ok_or_else(unknown)?.1 {
        'n' => Ok('\n'),
        't' => Ok('\t'),
        'r' => Ok('\r'),
        '0' => Ok('\0'),
        'u' => {
            let code: String = chars.map(|(_, c)| c).skip_while(|&c| c == '{').take_while(|&c| c != '}').collect();
            u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).ok_or_else(unknown)
        }
        c @ ('"' | '\'' | '\\') => Ok(c),
        _ => Err(unknown()),
    }
}

/// `{name: value, ..}`, read in a fixed order. Nothing at all stands for no attribute.
pub(super) struct Fields<'a, 'c> {
    cursor: &'c mut Cursor<'a>,
    any: bool,
    first: bool,
}

impl<'a> Fields<'a, '_> {
    fn name(&mut self, name: &str) -> Result<(), String> {
        if !self.any {
            return Err(format!("`{name}` is missing"));
        }
        if !std::mem::take(&mut self.first) {
            self.cursor.expect(",")?;
        }
        self.cursor.expect(name)?;
        self.cursor.expect(":")
    }

    pub(super) fn number<T: FromStr>(&mut self, name: &str) -> Result<T, String> {
        self.name(name)?;
        self.cursor.number()
    }

    /// The last attribute, where a node may do without it.
    pub(super) fn last_number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        match self.any && !self.cursor.sees("}") {
            true => self.number(name).map(Some),
            false => Ok(None),
        }
    }

    pub(super) fn word(&mut self, name: &str) -> Result<&'a str, String> {
        self.name(name)?;
        self.cursor.word()
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<bool, String> {
        self.number(name)
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Vec<usize>, String> {
        self.name(name)?;
        self.cursor.list()
    }

    pub(super) fn pairs(&mut self, name: &str) -> Result<Vec<(usize, usize)>, String> {
        self.name(name)?;
        self.cursor.pairs()
    }

    pub(super) fn end(self) -> Result<(), String> {
        if self.any { self.cursor.expect("}") } else { Ok(()) }
    }
}
