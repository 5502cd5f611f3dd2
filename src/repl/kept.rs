//! What a session keeps: declarations in the order in which they were made.

use std::collections::BTreeSet;

use crate::base::{Name, Sources};
use crate::syntax::Line;
use crate::syntax::ast::{Item, ItemKind, Module, Use};
use crate::syntax::lexer::lex;
use crate::syntax::token::Token;
use crate::train::History;

/// One item of the program that a session is.
#[derive(Clone, Debug)]
pub struct Kept {
    pub item: Item,
    /// Comes from the file that was loaded.
    pub loaded: bool,
    /// Does not go with what was declared later; it is no part of the program until that has changed.
    pub aside: bool,
    /// A `train` or `test` block that says sizes of layers, `_`, which nothing else says.
    pub says_sizes: bool,
    /// What the trainings that are its value have logged.
    pub histories: Vec<History>,
    /// What was written, where the size of its value was found in data: the item itself only says the type.
    pub found: Option<Box<Line>>,
}

impl Kept {
    pub fn new(item: Item, loaded: bool) -> Kept {
        Kept { item, loaded, aside: false, says_sizes: false, histories: vec![], found: None }
    }

    /// The names that it declares, `use` lines included; a `train` or `test` block is told from another by its own.
    pub fn names(&self) -> Vec<Name> {
        match &self.item.kind {
            ItemKind::Use(line) => brought(line),
            ItemKind::Train(train) => {
                vec![format!("train {}", train.name.as_ref().map_or("", |name| &name.name)).into()]
            }
            ItemKind::Test(test) => vec![format!("test {}", test.name).into()],
            _ => self.item.names().iter().map(|ident| ident.name.clone()).collect(),
        }
    }

    /// Whether it is part of every program of the session.
    pub fn stands(&self) -> bool {
        !self.aside && (!self.runs() || self.says_sizes)
    }

    /// Whether it runs when it is asked to, and is otherwise no part of the program.
    pub fn runs(&self) -> bool {
        matches!(self.item.kind, ItemKind::Train(_) | ItemKind::Test(_) | ItemKind::Run(_))
    }

    /// The names of its text: those that it may depend on.
    pub fn mentions(&self, sources: &Sources) -> BTreeSet<Name> {
        mentioned(sources.text(self.item.span))
    }

    /// Leaves out what `names` declare anew. False where nothing is left.
    pub fn without(&mut self, names: &[Name]) -> bool {
        if let ItemKind::Use(line) = &mut self.item.kind {
            if let Some(list) = &mut line.names {
                list.retain(|(name, alias)| !names.contains(&alias.as_ref().unwrap_or(name).name));
                return !list.is_empty();
            }
            return !brought(line).iter().any(|name| names.contains(name));
        }
        !self.names().iter().any(|name| names.contains(name))
    }
}

/// The names that a `use` line brings.
fn brought(line: &Use) -> Vec<Name> {
    match (&line.names, &line.alias, &line.module) {
        (Some(names), _, _) => names.iter().map(|(name, alias)| alias.as_ref().unwrap_or(name).name.clone()).collect(),
        (None, Some(alias), _) => vec![alias.name.clone()],
        (None, None, Module::Path(parts)) => parts.last().map(|part| part.name.clone()).into_iter().collect(),
        (None, None, Module::File { path, .. }) => {
            let file = path.rsplit('/').next().unwrap_or(path);
            vec![file.strip_suffix(".dln").unwrap_or(file).into()]
        }
    }
}

/// The names that a text mentions, also those that its strings insert.
pub fn mentioned(text: &str) -> BTreeSet<Name> {
    let tokens: Vec<_> = lex(text).into_iter().filter(|raw| !matches!(raw.token, Token::Space)).collect();
    let named = tokens.iter().enumerate().filter(|(i, raw)| {
        let before = i.checked_sub(1).map(|i| tokens[i].token);
        raw.token == Token::Name && before != Some(Token::Dot)
    });
    let names = named.map(|(_, raw)| Name::from(&text[raw.range.clone()])).collect();
    let texts = tokens.iter().filter(|raw| raw.token == Token::Str).flat_map(|raw| inserted(&text[raw.range.clone()]));
    texts.chain::<BTreeSet<Name>>(names).collect()
}

/// `{name}` in a text.
fn inserted(text: &str) -> Vec<Name> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.into()).collect()
}

/// The names of `first` and of all that depends on one of them, directly or through others.
pub fn dependents(kept: &[Kept], first: &[Name], sources: &Sources) -> BTreeSet<Name> {
    let mut reached: BTreeSet<Name> = first.iter().cloned().collect();
    let mentions: Vec<(Vec<Name>, BTreeSet<Name>)> =
        kept.iter().map(|kept| (kept.names(), kept.mentions(sources))).collect();
    loop {
        let before = reached.len();
        for (names, mentioned) in &mentions {
            if mentioned.iter().any(|name| reached.contains(name)) {
                reached.extend(names.iter().cloned());
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}
