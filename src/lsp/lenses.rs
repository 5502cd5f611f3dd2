//! Lines above what stands in a file: over each layer its parameters and its arithmetic, over what runs a way to run it.

use lsp_types::{CodeLens, Command};
use serde_json::json;

use super::project::Analysis;
use crate::base::{Span, short};
use crate::driver::summary::{Use, Uses, uses};
use crate::sema::{Note, Options, Sort};
use crate::syntax::ast::{Item, ItemKind};

pub fn lenses(analysis: &Analysis, file: &str) -> Vec<CodeLens> {
    let uses = analysis.uses.get_or_init(|| counted(analysis));
    let mut lenses = vec![];
    let mut add = |span: Span, title: String, command: &str, arguments: Vec<serde_json::Value>| {
        let command = Command { title, command: command.to_string(), arguments: Some(arguments) };
        lenses.push(CodeLens { range: analysis.text.range(span), command: Some(command), data: None });
    };
    for item in &analysis.main().ast.items {
        if let Some(cost) = cost(analysis, item, uses) {
            add(item.span.start(), cost, "", vec![]);
        }
        match &item.kind {
            ItemKind::Train(_) => {
                add(item.span.start(), "Run".to_string(), "dln.run", vec![json!(file)]);
                add(item.span.start(), "Check".to_string(), "dln.check", vec![json!(file)]);
            }
            ItemKind::Test(test) => {
                add(item.span.start(), "Run test".to_string(), "dln.test", vec![json!(file), json!(&*test.name)]);
            }
            _ => {}
        }
    }
    lenses
}

/// What the layers cost where they are called. In a file without a training the functions call them.
fn counted(analysis: &Analysis) -> Uses {
    let trains = !analysis.checked.jobs.is_empty();
    match !crate::driver::is_sound(&analysis.checked.diagnostics) {
        true => Uses::default(),
        false if trains => uses(&analysis.checked),
        false => uses(&analysis.program.check_functions(&Options::default())),
    }
}

/// What a layer costs: `26,122 parameters · 3.28 M FLOPs forward, 6.55 M backward at B = 64`. That of a declaration is said in its own
/// sizes first.
fn cost(analysis: &Analysis, item: &Item, uses: &Uses) -> Option<String> {
    let names = item.names();
    let notes = || names.iter().flat_map(|ident| analysis.notes_on(ident.span));
    let is_layer = |note: &&Note| note.sort == Sort::Layer && note.parameters.is_some();
    let declared = matches!(item.kind, ItemKind::Layer(_));
    let used = names.iter().find_map(|ident| match declared {
        true => uses.layers.get(&ident.name),
        false => uses.values.get(&ident.name),
    });
    let note = notes().find(is_layer);
    let flops = notes().find_map(|note| note.flops.as_ref()).filter(|_| declared);
    let parts = [
        note.and_then(|note| note.parameters.as_ref()).map(|count| format!("{count} parameters")),
        flops.map(|flops| format!("{flops} FLOPs forward")),
        used.filter(|_| declared || note.is_some()).map(arithmetic),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// `Block[32]: 3.28 M FLOPs forward, 6.55 M backward at B = 64`
fn arithmetic(used: &Use) -> String {
    let name = if used.name.is_empty() { String::new() } else { format!("{}: ", used.name) };
    let backward = used.backward.map_or(String::new(), |flops| format!(", {} backward", short(flops)));
    let sizes: Vec<String> = used.sizes.iter().map(|(name, size)| format!("{name} = {size}")).collect();
    let at = if sizes.is_empty() { String::new() } else { format!(" at {}", sizes.join(", ")) };
    format!("{name}{} FLOPs forward{backward}{at}", short(used.forward))
}
