//! What could be written at a place, and what the call around it takes.

use std::collections::BTreeMap;

use lsp_types::{
    CompletionItem, CompletionItemKind, Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel,
    Position, SignatureHelp, SignatureInformation,
};

use super::describe::{self, Described};
use super::fields::{declaration, fields, split};
use super::project::{Analysis, Document};
use crate::sema::{About, Sort, built_in};
use crate::stdlib;
use crate::syntax::ast::{ItemKind, Member};
use crate::syntax::names::Kind;
use crate::syntax::token::{Token, WORDS};

/// Names for the word that is being written. The text may be newer than what is known of it.
pub fn completions(analysis: &Analysis, document: &Document, position: Position) -> Vec<CompletionItem> {
    let text = &document.text.text;
    let offset = document.text.offset(position);
    let word = document.text.word(offset);
    let before = &text[..word.start];
    let line = before.rsplit('\n').next().unwrap_or("");
    if let Some(line) = line.strip_prefix("use ") {
        return used(analysis, line);
    }
    if let Some(base) = before.strip_suffix('.') {
        return fields(analysis, base);
    }
    let mut items = named_arguments(analysis, before);
    items.extend(in_scope(analysis, offset, text));
    items
}

/// Whether any name may stand behind a text: no line `use ..` is open, and no dot.
pub fn is_free(before: &str) -> bool {
    !before.ends_with('.') && !before.rsplit('\n').next().unwrap_or("").starts_with("use ")
}

/// `use std.nn: Lin`: modules in front of the colon, names behind it; `use "parts/` the files of the project.
fn used(analysis: &Analysis, line: &str) -> Vec<CompletionItem> {
    if let Some((module, _)) = line.split_once(':') {
        let text = match module.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(file) => analysis.beside(file),
            None => stdlib::module(module.trim()).map(str::to_string),
        };
        return text.map(|text| given(&text)).unwrap_or_default();
    }
    if let Some(begun) = line.strip_prefix('"') {
        let folder = begun.rsplit_once('/').map_or("", |(folder, _)| folder);
        let kind = |name: &str| match name.ends_with('/') {
            true => CompletionItemKind::FOLDER,
            false => CompletionItemKind::FILE,
        };
        return analysis.names_in(folder).iter().map(|name| item(name, kind(name), None)).collect();
    }
    // The word behind the last dot replaces what is written, so the modules below what stands before it.
    let above = line.rsplit_once('.').map_or("", |(above, _)| above);
    let below = stdlib::modules().iter().filter_map(|(path, _)| match above {
        "" => path.split('.').next(),
        above => path.strip_prefix(above)?.strip_prefix('.')?.split('.').next(),
    });
    let names: std::collections::BTreeSet<&str> = below.collect();
    names.into_iter().map(|name| item(name, CompletionItemKind::MODULE, None)).collect()
}

/// What a file gives: what it declares and what it passes on, each with its first line.
fn given(text: &str) -> Vec<CompletionItem> {
    let parsed = crate::syntax::parse(crate::base::FileId(0), text);
    let declared = parsed.file.items.iter().flat_map(|own| {
        let head = text.get(crate::syntax::heads::of_item(text, own)).map(describe::one_line);
        own.names().into_iter().map(move |name| item(&name.name, CompletionItemKind::FUNCTION, head.clone()))
    });
    let passed = parsed.file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Use(line) => line.names.as_ref(),
        _ => None,
    });
    let passed = passed.flatten().map(|(name, alias)| alias.as_ref().unwrap_or(name));
    declared.chain(passed.map(|name| item(&name.name, CompletionItemKind::FUNCTION, None))).collect()
}

/// Arguments by name of the call that is open in front of a place.
fn named_arguments(analysis: &Analysis, before: &str) -> Vec<CompletionItem> {
    let call = open_call(before).filter(|call| !call.sizes);
    let Some(described) = call.and_then(|call| callee(analysis, &call.callee)) else { return vec![] };
    let argument = |name: &crate::base::Name| {
        let mut item = item(&format!("{name}:"), CompletionItemKind::FIELD, Some(described.head.clone()));
        item.insert_text = Some(format!("{name}: "));
        item.sort_text = Some(format!("0{name}"));
        item
    };
    described.params.iter().map(argument).collect()
}

/// Names of the place, of the library, and words of the language.
fn in_scope(analysis: &Analysis, offset: usize, text: &str) -> Vec<CompletionItem> {
    let mut items: BTreeMap<String, CompletionItem> = BTreeMap::new();
    let mut add = |name: &str, kind: CompletionItemKind, detail: Option<String>| {
        items.entry(name.to_string()).or_insert_with(|| item(name, kind, detail));
    };
    for binding in analysis.names.seen(offset.min(analysis.text.text.len()) as u32) {
        let note = analysis.notes_on(binding.span).find(|note| note.about == About::Name);
        add(&binding.name, kind(binding.kind), note.map(|note| note.text.clone()));
    }
    // While a line is being written its item may not parse: then the words that stand in the same item.
    let from = text[..offset].rfind("\n\n").unwrap_or(0);
    let to = text[offset..].find("\n\n").map_or(text.len(), |at| offset + at);
    for raw in crate::syntax::lexer::lex(&text[from..to]) {
        let span = from + raw.range.start..from + raw.range.end;
        if raw.token == Token::Name && !span.contains(&(offset.saturating_sub(1))) {
            add(&text[span], CompletionItemKind::TEXT, None);
        }
    }
    for (module, name) in stdlib::brought(stdlib::prelude()) {
        let offered = || CompletionItem { data: Some(module.into()), ..item(name, CompletionItemKind::FUNCTION, None) };
        items.entry(name.to_string()).or_insert_with(offered);
    }
    let mut add = |name: &str, kind: CompletionItemKind, detail: Option<String>| {
        items.entry(name.to_string()).or_insert_with(|| item(name, kind, detail));
    };
    for (name, params) in built_in() {
        add(name, CompletionItemKind::FUNCTION, Some(format!("{name}({})", params.join(", "))));
    }
    let open = open_bracket(&text[..offset]);
    for word in WORDS.iter().filter(|word| open.is_none() || !begins_item(word)) {
        add(word, CompletionItemKind::KEYWORD, None);
    }
    if open == Some(Token::LBracket) {
        // Between brackets stand sizes, mostly.
        let is_size = |item: &&mut CompletionItem| item.kind == Some(CompletionItemKind::CONSTANT);
        items.values_mut().filter(is_size).for_each(|item| item.sort_text = Some(format!("0{}", item.label)));
    }
    items.into_values().collect()
}

/// Whether a word only stands where an item begins.
fn begins_item(word: &str) -> bool {
    ["use", "hyper", "let", "fn", "layer", "optimizer", "test"].contains(&word)
}

/// The innermost bracket that is open at the end of a text, up to the block around.
fn open_bracket(before: &str) -> Option<Token> {
    let mut depth = 0usize;
    for raw in crate::syntax::lexer::lex(before).into_iter().rev() {
        match raw.token {
            token if token.is_closer() => depth += 1,
            token if token.closer().is_some() && depth > 0 => depth -= 1,
            Token::LBrace => return None,
            token if token.closer().is_some() => return Some(token),
            _ => {}
        }
    }
    None
}

fn kind(kind: Kind) -> CompletionItemKind {
    match kind {
        Kind::Import | Kind::Function => CompletionItemKind::FUNCTION,
        Kind::Hyper | Kind::Size => CompletionItemKind::CONSTANT,
        Kind::Layer | Kind::Optimizer => CompletionItemKind::CLASS,
        Kind::Field | Kind::Stored => CompletionItemKind::FIELD,
        Kind::Method => CompletionItemKind::METHOD,
        Kind::Let | Kind::Local | Kind::Parameter | Kind::Train => CompletionItemKind::VARIABLE,
    }
}

pub fn item(name: &str, kind: CompletionItemKind, detail: Option<String>) -> CompletionItem {
    CompletionItem { label: name.to_string(), kind: Some(kind), detail, ..CompletionItem::default() }
}

/// A call whose parenthesis is open, or the sizes of a layer whose bracket is.
struct OpenCall {
    callee: String,
    /// Sizes, and no arguments.
    sizes: bool,
    /// How many commas stand in front of the place.
    commas: usize,
    /// The name of the argument that is being written.
    named: Option<String>,
}

/// The innermost call that is open at the end of a text.
fn open_call(before: &str) -> Option<OpenCall> {
    let tokens: Vec<_> = crate::syntax::lexer::lex(before).into_iter().filter(|raw| !is_trivia(raw.token)).collect();
    let mut depth = 0usize;
    let mut commas = 0;
    let mut named = None;
    for (i, raw) in tokens.iter().enumerate().rev() {
        match raw.token {
            token if token.is_closer() => depth += 1,
            Token::LParen if depth == 0 => {
                let callee = callee_text(before, &tokens[..i])?;
                return Some(OpenCall { callee, sizes: false, commas, named });
            }
            // Of `[In -> Out]` each size is one, whatever stands between them.
            Token::LBracket if depth == 0 => {
                let callee = tokens[..i]
                    .last()
                    .filter(|raw| raw.token == Token::Name && raw.range.end == tokens[i].range.start)?;
                let callee = before[callee.range.clone()].to_string();
                return Some(OpenCall { callee, sizes: true, commas, named: None });
            }
            Token::LBrace if depth == 0 => return None,
            token if token.closer().is_some() => depth = depth.saturating_sub(1),
            Token::Comma | Token::Arrow if depth == 0 => commas += 1,
            Token::Colon if depth == 0 && commas == 0 && named.is_none() => {
                let name = tokens.get(i.checked_sub(1)?).filter(|name| name.token == Token::Name)?;
                named = Some(before[name.range.clone()].to_string());
            }
            _ => {}
        }
    }
    None
}

/// Whether what is open at the end of a text are the brackets of a layer's sizes.
pub fn is_of_sizes(before: &str) -> bool {
    open_call(before).is_some_and(|call| call.sizes)
}

fn is_trivia(token: Token) -> bool {
    matches!(token, Token::Space | Token::Newline | Token::Comment)
}

/// `Linear` of `Linear[64 -> 128]`, the name in front of what brackets stand there.
fn callee_text(text: &str, tokens: &[crate::syntax::lexer::RawToken]) -> Option<String> {
    let mut depth = 0usize;
    for raw in tokens.iter().rev() {
        match raw.token {
            token if token.is_closer() => depth += 1,
            token if token.closer().is_some() => depth = depth.checked_sub(1)?,
            Token::Name if depth == 0 => return Some(text[raw.range.clone()].to_string()),
            _ if depth > 0 => {}
            _ => return None,
        }
    }
    None
}

/// The declaration of what is called `name` at a place.
fn callee(analysis: &Analysis, name: &str) -> Option<Described> {
    if let Some(forward) = forward(analysis, name) {
        return Some(forward);
    }
    if let Some(ident) = analysis.program.modules.declaring(name) {
        return describe::at(&analysis.program, ident.span);
    }
    let noted = analysis.checked.notes.iter().find(|note| analysis.program.sources.text(note.span) == name);
    let described = noted.and_then(|note| note.origin).and_then(|origin| describe::at(&analysis.program, origin));
    described.or_else(|| {
        let (name, params) = built_in().find(|(own, _)| *own == name)?;
        let params: Vec<crate::base::Name> = params.iter().map(|param| param.trim_end_matches('?').into()).collect();
        let head = format!("{name}({})", params.join(", "));
        Some(Described { head, doc: None, params, sizes: vec![], library: None })
    })
}

/// What a layer takes that is called by the name that it was given: `forward` of it, and of the first one of a chain.
fn forward(analysis: &Analysis, name: &str) -> Option<Described> {
    let is_it = |note: &&crate::sema::Note| {
        note.sort == Sort::Layer && note.about != About::Stage && analysis.program.sources.text(note.span) == name
    };
    let note = analysis.checked.notes.iter().find(is_it)?;
    let layer = declaration(analysis, split(&note.text, ">>").first()?.trim())?;
    let method = layer.members.iter().find_map(|member| match member {
        Member::Method(func) if &*func.name.name == "forward" => Some(func.name.span),
        _ => None,
    });
    method.filter(|_| &*layer.name.name != name).and_then(|span| describe::at(&analysis.program, span))
}

/// What the call around a place takes, and which argument the place is in.
pub fn signature(analysis: &Analysis, document: &Document, position: Position) -> Option<SignatureHelp> {
    let offset = document.text.offset(position);
    let call = open_call(&document.text.text[..offset])?;
    let described = callee(analysis, &call.callee)?;
    let params = if call.sizes { &described.sizes } else { &described.params };
    if call.sizes && params.is_empty() {
        return None;
    }
    let by_name = call.named.and_then(|named| params.iter().position(|param| **param == *named));
    let active = by_name.unwrap_or(call.commas) as u32;
    let parameters = params
        .iter()
        .map(|name| ParameterInformation { label: ParameterLabel::Simple(name.to_string()), documentation: None });
    let documentation = described
        .doc
        .as_ref()
        .map(|doc| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: doc.to_string() }));
    let signature = SignatureInformation {
        label: described.head.clone(),
        documentation,
        parameters: Some(parameters.collect()),
        active_parameter: Some(active),
    };
    Some(SignatureHelp { signatures: vec![signature], active_signature: Some(0), active_parameter: Some(active) })
}
