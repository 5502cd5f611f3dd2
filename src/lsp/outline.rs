//! What a file consists of: symbols, parts that fold, kinds of words for highlighting.

use lsp_types::{
    DocumentSymbol, FoldingRange, FoldingRangeKind, Location, Position, Range, SemanticToken, SemanticTokenType,
    SymbolInformation, SymbolKind, TextEdit, Uri,
};

use super::describe;
use super::place::Text;
use super::project::{Analysis, Project};
use crate::base::{FileId, Span};
use crate::format::format;
use crate::sema::{About, Sort};
use crate::syntax::ast::{Ident, Item, ItemKind, Member};
use crate::syntax::heads;
use crate::syntax::lexer::lex;
use crate::syntax::names::Kind;
use crate::syntax::token::Token;

/// The declarations of a file, members below their layers.
pub fn symbols(text: &Text, items: &[Item]) -> Vec<DocumentSymbol> {
    items.iter().flat_map(|item| item_symbols(text, item)).collect()
}

fn item_symbols(text: &Text, item: &Item) -> Vec<DocumentSymbol> {
    let head = text.text.get(heads::of_item(&text.text, item)).map(describe::one_line);
    let detail = head.filter(|head| !head.is_empty());
    let symbols = plain_symbols(text, item);
    symbols.into_iter().map(|symbol| DocumentSymbol { detail: detail.clone(), ..symbol }).collect()
}

fn plain_symbols(text: &Text, item: &Item) -> Vec<DocumentSymbol> {
    let one = |name: &Ident, kind| symbol(text, &name.name, kind, item.span, name.span, vec![]);
    match &item.kind {
        ItemKind::Hyper(hyper) => vec![one(&hyper.name, SymbolKind::CONSTANT)],
        ItemKind::Let(l) => l.names.iter().map(|name| one(name, SymbolKind::VARIABLE)).collect(),
        ItemKind::Fn(func) => vec![one(&func.name, SymbolKind::FUNCTION)],
        ItemKind::Optimizer(optimizer) => vec![one(&optimizer.name, SymbolKind::CLASS)],
        ItemKind::Layer(layer) => {
            let members = layer.members.iter().flat_map(|member| member_symbols(text, member)).collect();
            vec![symbol(text, &layer.name.name, SymbolKind::CLASS, item.span, layer.name.span, members)]
        }
        ItemKind::Train(train) => {
            let (name, span) =
                train.name.as_ref().map_or(("train", item.span.start()), |name| (&*name.name, name.span));
            vec![symbol(text, name, SymbolKind::EVENT, item.span, span, vec![])]
        }
        ItemKind::Test(test) => vec![symbol(text, &test.name, SymbolKind::EVENT, item.span, test.name_span, vec![])],
        ItemKind::Use(_) | ItemKind::Run(_) | ItemKind::Broken { .. } => vec![],
    }
}

fn member_symbols(text: &Text, member: &Member) -> Vec<DocumentSymbol> {
    let one = |name: &Ident, kind, whole: Span| symbol(text, &name.name, kind, name.span.to(whole), name.span, vec![]);
    match member {
        Member::Param(store) | Member::Buffer(store) => vec![one(&store.name, SymbolKind::FIELD, store.init.span)],
        Member::Field { names, value } => names.iter().map(|name| one(name, SymbolKind::FIELD, value.span)).collect(),
        Member::Method(func) => vec![one(&func.name, SymbolKind::METHOD, func.body.span)],
    }
}

#[allow(deprecated, reason = "a field of the protocol that has another one in its place and no default")]
fn symbol(
    text: &Text,
    name: &str,
    kind: SymbolKind,
    whole: Span,
    own: Span,
    children: Vec<DocumentSymbol>,
) -> DocumentSymbol {
    DocumentSymbol {
        // The protocol wants a name.
        name: if name.is_empty() { "\"\"".to_string() } else { name.to_string() },
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: text.range(whole.to(own)),
        selection_range: text.range(own),
        children: Some(children).filter(|children| !children.is_empty()),
    }
}

/// Declarations of all files of the project whose names have the letters of a query, in its order.
pub fn found(project: &mut Project, query: &str) -> Vec<SymbolInformation> {
    let mut found = vec![];
    for (path, file) in project.all_texts() {
        let Some(uri) = project.uri(&path) else { continue };
        for symbol in symbols(&file.text, &file.ast.items) {
            let nested = symbol.children.iter().flatten().map(|child| (child, Some(symbol.name.clone())));
            let all = std::iter::once((&symbol, None)).chain(nested).filter(|(symbol, _)| matches(query, &symbol.name));
            found.extend(all.map(|(symbol, within)| information(symbol, within, &uri)));
        }
    }
    found
}

/// Whether the letters of a query stand in a name in this order, as editors ask for them.
fn matches(query: &str, name: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}

#[allow(deprecated, reason = "a field of the protocol that has another one in its place and no default")]
fn information(symbol: &DocumentSymbol, within: Option<String>, uri: &Uri) -> SymbolInformation {
    SymbolInformation {
        name: symbol.name.clone(),
        kind: symbol.kind,
        tags: None,
        deprecated: None,
        location: Location::new(uri.clone(), symbol.selection_range),
        container_name: within,
    }
}

/// Brackets over several lines, and runs of comments.
pub fn folds(text: &Text) -> Vec<FoldingRange> {
    let mut folds = vec![];
    let mut open: Vec<u32> = vec![];
    let mut comments: Option<(u32, u32)> = None;
    let line = |offset: usize| text.position(offset).line;
    let fold =
        |start: u32, end: u32, kind| FoldingRange { start_line: start, end_line: end, kind, ..Default::default() };
    for raw in lex(&text.text) {
        match raw.token {
            Token::Comment => {
                let here = line(raw.range.start);
                comments = match comments {
                    Some((first, last)) if here == last + 1 => Some((first, here)),
                    other => {
                        folds
                            .extend(run(other).map(|(first, last)| fold(first, last, Some(FoldingRangeKind::Comment))));
                        Some((here, here))
                    }
                };
            }
            token if token.closer().is_some() => open.push(line(raw.range.start)),
            token if token.is_closer() => {
                let end = line(raw.range.start);
                if let Some(start) = open.pop().filter(|start| end > start + 1) {
                    // The closing bracket stays in sight.
                    folds.push(fold(start, end - 1, None));
                }
            }
            _ => {}
        }
    }
    folds.extend(run(comments).map(|(first, last)| fold(first, last, Some(FoldingRangeKind::Comment))));
    folds
}

/// Comments that are more than one line.
fn run(lines: Option<(u32, u32)>) -> Option<(u32, u32)> {
    lines.filter(|(first, last)| last > first)
}

/// The edit that puts a file in the one style; none where nothing changes or the file does not parse.
pub fn formatted(text: &Text) -> Vec<TextEdit> {
    match format(FileId(0), &text.text) {
        Ok(new_text) if new_text != text.text => {
            let range = Range::new(Position::new(0, 0), text.position(text.text.len()));
            vec![TextEdit { range, new_text }]
        }
        _ => vec![],
    }
}

/// The kinds of words that are told to editors, in the order of their numbers.
pub const KINDS: [SemanticTokenType; 11] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::COMMENT,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
    SemanticTokenType::OPERATOR,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::CLASS,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::TYPE_PARAMETER,
    SemanticTokenType::VARIABLE,
];

/// Every word of a file with its kind, as differences from the one before.
pub fn tokens(analysis: &Analysis) -> Vec<SemanticToken> {
    let text = &analysis.text;
    let mut out = vec![];
    let mut last = Position::new(0, 0);
    let mut before = None;
    for raw in lex(&text.text) {
        let is_member = before.replace(raw.token) == Some(Token::Dot);
        let Some(kind) = kind_of(analysis, raw.token, raw.range.clone(), is_member) else { continue };
        let start = text.position(raw.range.start);
        let length = text.text[raw.range.clone()].chars().map(char::len_utf16).sum::<usize>() as u32;
        let delta_start = if start.line == last.line { start.character - last.character } else { start.character };
        let number = KINDS.iter().position(|known| *known == kind).expect("all kinds are listed") as u32;
        out.push(SemanticToken {
            delta_line: start.line - last.line,
            delta_start,
            length,
            token_type: number,
            token_modifiers_bitset: 0,
        });
        last = start;
    }
    out
}

fn kind_of(
    analysis: &Analysis,
    token: Token,
    range: std::ops::Range<usize>,
    is_member: bool,
) -> Option<SemanticTokenType> {
    match token {
        Token::Comment => Some(SemanticTokenType::COMMENT),
        Token::Str => Some(SemanticTokenType::STRING),
        Token::Int | Token::Float => Some(SemanticTokenType::NUMBER),
        Token::Name => name_kind(analysis, Span::new(analysis.main().file, range.start, range.end)),
        // The part of a data set in `digits.train` is no word of the language.
        token if token.is_word() && is_member => Some(SemanticTokenType::PROPERTY),
        token if token.is_word() => Some(SemanticTokenType::KEYWORD),
        token if token.is_operator() => Some(SemanticTokenType::OPERATOR),
        _ => None,
    }
}

/// What a name is; nothing is said of one that nobody knows: `step` and `minimize` are words only where they stand, and the colours of the
/// grammar know where.
fn name_kind(analysis: &Analysis, span: Span) -> Option<SemanticTokenType> {
    let sort = analysis.notes_on(span).find(|note| note.about != About::Stage).map(|note| note.sort);
    let binding = analysis.names.at(span.lo).map(|at| analysis.names.bindings[at].kind);
    Some(match (binding, sort) {
        (Some(Kind::Function | Kind::Method), _) => SemanticTokenType::FUNCTION,
        (Some(Kind::Layer | Kind::Optimizer), _) => SemanticTokenType::CLASS,
        (Some(Kind::Parameter), _) => SemanticTokenType::PARAMETER,
        (Some(Kind::Field | Kind::Stored), _) => SemanticTokenType::PROPERTY,
        (Some(Kind::Size), _) => SemanticTokenType::TYPE_PARAMETER,
        (_, Some(Sort::Function)) => SemanticTokenType::FUNCTION,
        (_, Some(Sort::Layer)) if is_capital(analysis, span) => SemanticTokenType::CLASS,
        (Some(_), _) | (_, Some(_)) => SemanticTokenType::VARIABLE,
        (None, None) => return None,
    })
}

/// Layers begin with a capital letter, what they are called does not.
fn is_capital(analysis: &Analysis, span: Span) -> bool {
    analysis.program.sources.text(span).starts_with(char::is_uppercase)
}
