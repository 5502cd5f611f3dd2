//! `gelu?`, `std.nn.Conv2d`, `:help gelu`: what something is, as it is declared, with its documentation.

use crate::base::{Name, Span};
use crate::lsp::describe::{self, Described};
use crate::sema::{Described as Value, Question, built_in};
use crate::stdlib;
use crate::syntax::ast::{self, Expr, ExprKind, Item, ItemKind};

use super::session::Session;
use super::world::World;

/// Whether a line asks what something is.
pub fn is_asked(line: &str) -> bool {
    asked(line.trim()).is_some()
}

/// The name that a line asks about: `gelu?`, `?gelu`, `std.nn.Conv2d`.
pub fn asked(line: &str) -> Option<&str> {
    let marked = line.strip_suffix('?').or_else(|| line.strip_prefix('?')).map(str::trim);
    let library = || line.starts_with("std.").then_some(line);
    marked.or_else(library).filter(|name| is_path(name))
}

fn is_path(name: &str) -> bool {
    let is_name = |part: &str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.split('.').all(is_name)
}

/// Tells what is known of a name: of the session, of the prelude, or anywhere in the library.
pub fn tell(session: &Session, name: &str, world: &mut World) {
    match lines(session, name) {
        Some(lines) => lines.into_iter().for_each(|line| world.say(line)),
        None => {
            let near = near(session, name, parts(name).1).map(|near| format!("; did you mean `{near}`?"));
            world.say(format!("nothing is known of `{name}`{}", near.unwrap_or_default()));
        }
    }
}

/// What is known of a name, in lines.
pub fn lines(session: &Session, name: &str) -> Option<Vec<String>> {
    let (from, last) = parts(name);
    module(name)
        .or_else(|| from.and_then(|module| imported(session, module, last)))
        .or_else(|| own(session, name))
        .or_else(|| built(name))
        .or_else(|| stdlib::exporting(last).and_then(|module| imported(session, module, last)))
}

/// `std.nn` and `Linear` of `std.nn.Linear`
fn parts(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once('.') {
        Some((module, last)) if stdlib::module(module).is_some() => (Some(module), last),
        _ => (None, name),
    }
}

/// What a name that is not known may stand for: something of the session first, then of the language, then of the library.
fn near(session: &Session, name: &str, last: &str) -> Option<String> {
    let own = session.kept.iter().filter(|kept| !kept.runs()).flat_map(|kept| kept.names());
    let language = built_in().map(|(name, _)| name).chain(stdlib::names()).map(Name::from);
    let known: Vec<Name> = own.chain(language).collect();
    let paths = stdlib::modules().iter().map(|(path, _)| *path);
    let word = crate::diag::nearest(last, known.iter().map(|name| &**name)).map(str::to_string);
    word.or_else(|| crate::diag::nearest(name, paths).map(str::to_string))
}

/// A module of the library: what its comment says, and what it has.
fn module(path: &str) -> Option<Vec<String>> {
    let text = stdlib::module(path)?;
    let comment = text.lines().take_while(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let mut lines: Vec<String> = comment.map(str::to_string).collect();
    let parsed = crate::syntax::parse(crate::base::FileId(0), text);
    let declared = parsed.file.items.iter().flat_map(|item| item.names().into_iter().map(|n| n.name.to_string()));
    let passed = parsed.file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Use(line) => line.names.as_ref(),
        _ => None,
    });
    let passed = passed.flatten().map(|(name, alias)| alias.as_ref().unwrap_or(name).name.to_string());
    let names: Vec<String> = declared.chain(passed).collect();
    lines.extend(wrapped(&names, 96));
    Some(lines)
}

/// Names in lines of a width.
fn wrapped(names: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for name in names {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + name.chars().count() < width => {
                if !line.is_empty() {
                    line.push_str("  ");
                }
                line.push_str(name);
            }
            _ => lines.push(name.clone()),
        }
    }
    lines
}

/// What a name of the session or the prelude is.
fn own(session: &Session, name: &str) -> Option<Vec<String>> {
    described(session, vec![], name)
}

/// What a name of a module is.
fn imported(session: &Session, module: &str, name: &str) -> Option<Vec<String>> {
    let ident = |name: &str| ast::Ident { name: name.into(), span: Span::none() };
    // Under a name that nothing else has.
    let shown = "\u{2032}";
    let line = ast::Use {
        module: ast::Module::Path(module.split('.').map(ident).collect()),
        alias: None,
        names: Some(vec![(ident(name), Some(ident(shown)))]),
    };
    let mut lines = described(session, vec![Item { doc: None, kind: ItemKind::Use(line), span: Span::none() }], shown)?;
    lines.push(format!("use {module}: {name}"));
    Some(lines)
}

fn described(session: &Session, more: Vec<Item>, name: &str) -> Option<Vec<String>> {
    let mut parts = name.split('.').map(Name::from);
    let first = Expr { kind: ExprKind::Name(parts.next()?), span: Span::none() };
    let value = parts.fold(first, |base, part| Expr {
        kind: ExprKind::Field { base: Box::new(base), name: ast::Ident { name: part, span: Span::none() } },
        span: Span::none(),
    });
    let block = ast::Block { stmts: vec![], value: Some(Box::new(value)), span: Span::none() };
    let mut items = session.standing();
    items.extend(more);
    let seen = session.check(items, Some(Question { block, gradient: false }), &session.memory);
    let value = seen.checked.answer.as_ref().map(|answer| &answer.value)?;
    let origin = match value {
        Value::Function { origin, .. } | Value::Layer { origin, .. } => *origin,
        _ => None,
    };
    let found = origin.and_then(|origin| describe::at(&seen.program, origin));
    match (found, value) {
        (Some(found), Value::Layer { .. }) => {
            let own = format!("{name}: {}", super::show::typed(value, &seen.program));
            Some([vec![own], page(&found)].concat())
        }
        (Some(found), _) => Some(page(&found)),
        (None, Value::Function { .. }) => None,
        (None, _) => Some(vec![format!("{name}: {}", super::show::typed(value, &seen.program))]),
    }
}

/// A head, its documentation, where it is.
fn page(found: &Described) -> Vec<String> {
    let mut lines = vec![found.head.clone()];
    lines.extend(found.doc.iter().flat_map(|doc| doc.lines()).map(|line| format!("  {line}")));
    lines.extend(found.library.iter().map(|module| format!("  in {module}")));
    lines
}

fn built(name: &str) -> Option<Vec<String>> {
    let (name, params) = built_in().find(|(own, _)| *own == name)?;
    Some(vec![format!("{name}({})", params.join(", ")), "  built in".to_string()])
}
