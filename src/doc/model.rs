//! What files declare.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Source;
use crate::base::{FileId, Name};
use crate::diag::Diagnostic;
use crate::syntax::ast::{Func, Item, ItemKind, Member, Module as Used, Use};
use crate::syntax::lexer::{RawToken, lex};
use crate::syntax::names::{Kind as Bound, Names};
use crate::syntax::token::Token;
use crate::syntax::{heads, parse, written};

/// One file.
#[derive(Debug)]
pub struct Module {
    /// `std.nn.linear`; of the project, `parts.blocks`.
    pub path: String,
    /// Of the standard library.
    pub std: bool,
    pub text: String,
    pub tokens: Vec<RawToken>,
    /// Words of the language that are names elsewhere, by where they begin.
    pub words: Vec<usize>,
    /// What names are bound as, where the text alone tells it, by where they begin.
    pub bound: BTreeMap<usize, Bound>,
    /// The comment at its top.
    pub about: String,
    pub uses: Vec<Use>,
    pub entries: Vec<Entry>,
    pub tests: Vec<Test>,
}

/// A definition.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: Name,
    pub kind: Kind,
    pub doc: String,
    /// Its head in the text.
    pub head: Range<usize>,
    pub span: Range<usize>,
    pub members: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Layer,
    Function,
    Optimizer,
    Value,
    Setting,
    Training,
    Parameter,
    Buffer,
    State,
    Field,
    Method,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Layer => "layer",
            Kind::Function => "fn",
            Kind::Optimizer => "optimizer",
            Kind::Value => "let",
            Kind::Setting => "hyper",
            Kind::Training => "train",
            Kind::Parameter => "param",
            Kind::Buffer => "buffer",
            Kind::State => "state",
            Kind::Field => "field",
            Kind::Method => "method",
        }
    }
}

/// `test "name" { .. }`
#[derive(Clone, Debug)]
pub struct Test {
    pub name: Name,
    pub span: Range<usize>,
    /// The names in it, sorted.
    pub mentions: Vec<String>,
}

/// A module of the standard library, which has no mistakes.
pub fn library(path: &str, text: &str) -> Module {
    module(path.to_string(), true, FileId(0), text).0
}

/// A file of a project, and what is wrong with it.
pub fn project(source: &Source) -> (Module, Vec<Diagnostic>) {
    let path = source.name.strip_suffix(".dln").unwrap_or(&source.name).replace('/', ".");
    module(path, false, source.file, &source.text)
}

fn module(path: String, std: bool, file: FileId, text: &str) -> (Module, Vec<Diagnostic>) {
    let parsed = parse(file, text);
    let tokens = lex(text);
    // Of what does not parse the words are not told apart.
    let words = if parsed.diagnostics.is_empty() { words(text, &tokens) } else { vec![] };
    let items = &parsed.file.items;
    let module = Module {
        path,
        std,
        words,
        bound: bound(&Names::of(&parsed.file, text)),
        about: about(text, &tokens),
        uses: items.iter().filter_map(used).collect(),
        entries: items.iter().flat_map(|item| entries(text, item)).collect(),
        tests: items.iter().filter_map(|item| test(text, item)).collect(),
        tokens,
        text: text.to_string(),
    };
    (module, parsed.diagnostics)
}

fn used(item: &Item) -> Option<Use> {
    match &item.kind {
        ItemKind::Use(line) => Some(line.clone()),
        _ => None,
    }
}

fn bound(names: &Names) -> BTreeMap<usize, Bound> {
    let own = names.bindings.iter().map(|binding| (binding.span.lo as usize, binding.kind));
    let uses = names.uses.iter().map(|used| (used.span.lo as usize, names.bindings[used.of].kind));
    uses.chain(own).collect()
}

/// Where names are words of the language.
fn words(text: &str, tokens: &[RawToken]) -> Vec<usize> {
    let is_name = |at: usize| {
        let found = tokens.binary_search_by_key(&at, |token| token.range.start);
        found.is_ok_and(|i| tokens[i].token == Token::Name)
    };
    let items = written(text).items;
    let words = items.iter().flatten().filter(|token| token.token.is_word()).map(|token| token.span.lo as usize);
    let mut words: Vec<usize> = words.filter(|&at| is_name(at)).collect();
    words.sort_unstable();
    words
}

/// The comment that a file begins with, as a text.
fn about(text: &str, tokens: &[RawToken]) -> String {
    let mut lines = vec![];
    let mut ends = 0;
    for token in tokens {
        match token.token {
            Token::Space => {}
            Token::Newline => ends += 1,
            Token::Comment if ends < 2 && !text[token.range.clone()].starts_with("##") => {
                lines.push(text[token.range.clone()].trim_start_matches('#').trim());
                ends = 0;
            }
            _ => break,
        }
    }
    lines.join("\n")
}

fn entries(text: &str, item: &Item) -> Vec<Entry> {
    let entry = |name: &Name, kind: Kind, members: Vec<Entry>| Entry {
        name: name.clone(),
        kind,
        doc: item.doc.as_deref().unwrap_or_default().to_string(),
        head: heads::of_item(text, item),
        span: item.span.range(),
        members,
    };
    match &item.kind {
        ItemKind::Fn(func) => vec![entry(&func.name.name, Kind::Function, vec![])],
        ItemKind::Layer(layer) => {
            let members = layer.members.iter().flat_map(|member| member_entries(text, member)).collect();
            vec![entry(&layer.name.name, Kind::Layer, members)]
        }
        ItemKind::Optimizer(optimizer) => {
            let state = |(name, value): &(crate::syntax::ast::Ident, crate::syntax::ast::Expr)| {
                part(&name.name, Kind::State, None, name.span.to(value.span).range())
            };
            let methods = optimizer.methods.iter().map(|func| method(text, func));
            let members = optimizer.states.iter().map(state).chain(methods).collect();
            vec![entry(&optimizer.name.name, Kind::Optimizer, members)]
        }
        ItemKind::Hyper(hyper) => vec![entry(&hyper.name.name, Kind::Setting, vec![])],
        ItemKind::Let(l) => l.names.iter().map(|name| entry(&name.name, Kind::Value, vec![])).collect(),
        ItemKind::Train(train) => train.name.iter().map(|name| entry(&name.name, Kind::Training, vec![])).collect(),
        ItemKind::Use(_) | ItemKind::Test(_) | ItemKind::Run(_) | ItemKind::Broken { .. } => vec![],
    }
}

fn member_entries(text: &str, member: &Member) -> Vec<Entry> {
    let head = || heads::of_member(text, member);
    match member {
        Member::Param(store) => vec![part(&store.name.name, Kind::Parameter, store.doc.as_ref(), head())],
        Member::Buffer(store) => vec![part(&store.name.name, Kind::Buffer, store.doc.as_ref(), head())],
        Member::Field { names, .. } => names.iter().map(|name| part(&name.name, Kind::Field, None, head())).collect(),
        Member::Method(func) => vec![method(text, func)],
    }
}

fn method(text: &str, func: &Func) -> Entry {
    part(&func.name.name, Kind::Method, func.doc.as_ref(), heads::of_method(text, func))
}

fn part(name: &Name, kind: Kind, doc: Option<&Name>, head: Range<usize>) -> Entry {
    let doc = doc.map(|doc| doc.to_string()).unwrap_or_default();
    Entry { name: name.clone(), kind, doc, span: head.clone(), head, members: vec![] }
}

fn test(text: &str, item: &Item) -> Option<Test> {
    let ItemKind::Test(test) = &item.kind else { return None };
    let span = item.span.range();
    let inside = &text[span.clone()];
    let names = lex(inside).into_iter().filter(|token| token.token == Token::Name);
    let mut mentions: Vec<String> = names.map(|token| inside[token.range].to_string()).collect();
    mentions.sort_unstable();
    mentions.dedup();
    Some(Test { name: test.name.clone(), span, mentions })
}

/// The path of the module that a `use` line of a module names.
pub fn target(from: &Module, line: &Use) -> String {
    match &line.module {
        Used::Path(parts) => parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join("."),
        Used::File { path, .. } => {
            let mut folders: Vec<&str> = from.path.split('.').collect();
            folders.pop();
            for part in path.strip_suffix(".dln").unwrap_or(path).split('/') {
                match part {
                    "." => {}
                    ".." => drop(folders.pop()),
                    part => folders.push(part),
                }
            }
            folders.join(".")
        }
    }
}
