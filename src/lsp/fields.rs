//! What stands behind a dot: names of a module, members of a layer, also of one in a chain or a list (`net[0].`, `net.body[2].norm.`).
//!
//! The path in front of the dot is followed from the note of its first name, through the texts of the values that it leads to.

use lsp_types::{CompletionItem, CompletionItemKind};

use super::complete::item;
use super::project::Analysis;
use crate::base::Span;
use crate::sema::{About, Sort};
use crate::syntax::ast::{ItemKind, Layer, Member};
use crate::syntax::lexer::lex;
use crate::syntax::token::Token;

/// What stands behind a dot that follows `base`.
pub fn fields(analysis: &Analysis, base: &str) -> Vec<CompletionItem> {
    let Some((name, steps)) = path(base) else { return vec![] };
    let module = |(target, line): &(crate::sema::ModuleId, crate::syntax::ast::Use)| {
        let alias = line.alias.as_ref().map(|alias| alias.name.to_string());
        let last = line.module.span();
        let shown = alias.or_else(|| {
            let path = analysis.program.sources.text(last);
            path.trim_matches('"').trim_end_matches(".dln").rsplit(['.', '/']).next().map(str::to_string)
        });
        (line.names.is_none() && shown.as_deref() == Some(name)).then_some(*target)
    };
    if let Some(target) = analysis.main().imports.iter().find_map(module) {
        let names = analysis.program.modules.offered(target);
        return names.iter().map(|name| item(name, CompletionItemKind::FUNCTION, None)).collect();
    }
    let is_word = |span: Span| analysis.program.sources.text(span) == name;
    let mut notes = analysis.checked.notes.iter().filter(|note| is_word(note.span) && note.about != About::Stage);
    let note = notes.clone().find(|note| note.sort == Sort::Layer).or_else(|| notes.next());
    let tensor = || TENSOR.map(|name| item(name, CompletionItemKind::FIELD, None)).into();
    // Of what does not parse nothing is known, and most values are tensors.
    let Some(note) = note else { return tensor() };
    let Some(text) = follow(analysis, &note.text, &steps) else { return vec![] };
    if let Some(layer) = declaration(analysis, &text) {
        return members(layer);
    }
    if let Some(parts) = record(&text) {
        let field = |(name, text): (&str, &str)| item(name, CompletionItemKind::FIELD, Some(text.to_string()));
        return parts.into_iter().map(field).collect();
    }
    if is_tensor(&text) { tensor() } else { vec![] }
}

/// What a tensor has.
const TENSOR: [&str; 4] = ["T", "shape", "rank", "dtype"];

/// Whether a text is the type of a tensor.
fn is_tensor(text: &str) -> bool {
    let element = text.split(['[', '<']).next().unwrap_or("");
    ["f16", "bf16", "f32", "f64", "i32", "i64", "u8", "bool", "idx"].contains(&element)
}

/// The fields of a record by its text, `(x: f32[64], y: idx<10>)`, each with its value's.
fn record(text: &str) -> Option<Vec<(&str, &str)>> {
    let inside = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    let field = |part| -> Option<(&str, &str)> {
        let (name, value) = str::split_once(part, ':')?;
        let is_name = name.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then(|| (name.trim(), value.trim()))
    };
    split(inside, ",").into_iter().map(field).collect()
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step<'t> {
    /// `.norm`
    Field(&'t str),
    /// `[2]`, or from the end; none where the number is not written.
    At(Option<i64>),
}

/// The path at the end of a text: its first name, and what follows.
fn path(text: &str) -> Option<(&str, Vec<Step<'_>>)> {
    let line = text.rsplit('\n').next()?;
    let tokens: Vec<_> = lex(line).into_iter().filter(|raw| raw.token != Token::Space).collect();
    let mut steps = vec![];
    let mut at = tokens.len();
    loop {
        at = at.checked_sub(1)?;
        let raw = &tokens[at];
        if raw.token == Token::RBracket {
            let open = tokens[..at].iter().rposition(|raw| raw.token == Token::LBracket)?;
            let inside = line[tokens[open].range.end..raw.range.start].trim();
            steps.push(Step::At(inside.parse().ok()));
            at = open;
            continue;
        }
        let word = Some(&line[raw.range.clone()]).filter(|_| raw.token == Token::Name || raw.token.is_word())?;
        match at.checked_sub(1).map(|before| tokens[before].token) {
            Some(Token::Dot) => {
                steps.push(Step::Field(word));
                at -= 1;
            }
            _ => {
                steps.reverse();
                return Some((word, steps));
            }
        }
    }
}

/// The text of what a path leads to, from that of its beginning.
fn follow(analysis: &Analysis, text: &str, steps: &[Step]) -> Option<String> {
    steps.iter().try_fold(text.to_string(), |text, step| match step {
        Step::At(at) => part(&text, *at),
        Step::Field(name) => {
            if let Some(parts) = record(&text) {
                return parts.iter().find(|(own, _)| own == name).map(|(_, value)| value.to_string());
            }
            let value = |member: &Member| match member {
                Member::Field { names, value } => {
                    names.iter().any(|own| *own.name == **name).then(|| analysis.program.sources.text(value.span))
                }
                _ => None,
            };
            declaration(analysis, &text)?.members.iter().find_map(value).map(str::to_string)
        }
    })
}

/// The layer whose name a value's text begins with: `Block` of `Block[32](widen: 2)`.
pub fn declaration<'a>(analysis: &'a Analysis, text: &str) -> Option<&'a Layer> {
    let text = text.strip_prefix("freeze(").unwrap_or(text);
    let name = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    // A chain has no fields.
    let is_chain = split(text, ">>").len() > 1;
    let ident = analysis.program.modules.declaring(name).filter(|_| !is_chain)?;
    let (_, found) = super::describe::item_at(&analysis.program, ident.span)?;
    match &found.kind {
        ItemKind::Layer(layer) => Some(layer),
        _ => None,
    }
}

/// A member of a chain or of a list.
fn part(text: &str, at: Option<i64>) -> Option<String> {
    let text = text.trim();
    let inside = text.strip_prefix("chain(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    if let Some(list) = inside.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // All members of a comprehension are of one make.
        if let [value, _, ..] = split(list, " for ")[..] {
            return Some(value.trim().to_string());
        }
        return nth(&split(list, ","), at);
    }
    nth(&split(inside, ">>"), at)
}

fn nth(parts: &[&str], at: Option<i64>) -> Option<String> {
    let at = at.unwrap_or(0);
    let at = if at < 0 { parts.len().checked_sub(at.unsigned_abs() as usize)? } else { at as usize };
    parts.get(at).map(|part| part.trim().to_string())
}

/// A text cut where `mark` stands outside of brackets.
pub fn split<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let (mut parts, mut depth, mut from) = (vec![], 0usize, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= from && text[at..].starts_with(mark) => {
                parts.push(&text[from..at]);
                from = at + mark.len();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The parameters, parts and methods of a layer.
fn members(layer: &Layer) -> Vec<CompletionItem> {
    let named = |member: &Member| match member {
        Member::Param(store) | Member::Buffer(store) => vec![(store.name.name.clone(), CompletionItemKind::FIELD)],
        Member::Field { names, .. } => names.iter().map(|n| (n.name.clone(), CompletionItemKind::FIELD)).collect(),
        Member::Method(func) => vec![(func.name.name.clone(), CompletionItemKind::METHOD)],
    };
    layer.members.iter().flat_map(named).map(|(name, kind)| item(&name, kind, None)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_from_its_end() {
        assert_eq!(path("x = net"), Some(("net", vec![])));
        assert_eq!(
            path("f(net.body[2].norm"),
            Some(("net", vec![Step::Field("body"), Step::At(Some(2)), Step::Field("norm")]))
        );
        assert_eq!(path("a\nnet[-1]"), Some(("net", vec![Step::At(Some(-1))])));
        assert_eq!(path("f(x)"), None);
    }

    #[test]
    fn a_record_is_read_by_its_text() {
        let text = "(train: data (x: f32[64], y: idx<10>), rate: 0.1)";
        assert_eq!(record(text), Some(vec![("train", "data (x: f32[64], y: idx<10>)"), ("rate", "0.1")]));
        assert_eq!(record("(1, 2)"), None);
        assert_eq!(record("f32[2]"), None);
    }

    #[test]
    fn members_of_chains_and_lists_are_found_in_their_texts() {
        let chain = "Linear[4 -> 8] >> |x| x >> Block[8](a: (1, 2)) >> relu";
        assert_eq!(part(chain, Some(2)).as_deref(), Some("Block[8](a: (1, 2))"));
        assert_eq!(part(chain, Some(-1)).as_deref(), Some("relu"));
        assert_eq!(part("chain([Block[D] for i in 0..n])", None).as_deref(), Some("Block[D]"));
        assert_eq!(part("[Linear[1 -> 2], Conv2d[1 -> 2]]", Some(1)).as_deref(), Some("Conv2d[1 -> 2]"));
    }
}
