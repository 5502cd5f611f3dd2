//! Diagnostics as the protocol has them, and their helps as code actions.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity,
    NumberOrString, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::imports;
use super::place::{self, Text};
use super::project::Analysis;
use crate::diag::{self, Severity};

/// Everything that is said of the main file.
pub fn diagnostics(analysis: &Analysis) -> Vec<Diagnostic> {
    let all = analysis.checked.diagnostics.iter().chain(&analysis.late);
    let own = all.filter(|d| d.span().is_none() || analysis.is_main(d.span()));
    own.map(|d| diagnostic(analysis, d)).collect()
}

fn diagnostic(analysis: &Analysis, d: &diag::Diagnostic) -> Diagnostic {
    let mut message = d.message.clone();
    if let Some(label) = d.labels.first().filter(|label| !label.text.is_empty()) {
        message.push_str(&format!("\n{}", label.text));
    }
    d.notes.iter().for_each(|note| message.push_str(&format!("\nnote: {note}")));
    d.helps.iter().for_each(|help| message.push_str(&format!("\nhelp: {}", help.text)));
    let related = d.labels.iter().skip(1).filter_map(|label| {
        let location = analysis.location(label.span)?;
        Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    Diagnostic {
        range: if d.span().is_none() { Range::default() } else { analysis.text.range(d.span()) },
        severity: Some(match d.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(d.code.to_string())),
        source: Some("dln".to_string()),
        message,
        related_information: Some(related.collect()).filter(|related: &Vec<_>| !related.is_empty()),
        ..Diagnostic::default()
    }
}

/// The helps that have an edit, of the diagnostics that touch a range.
pub fn actions(analysis: &Analysis, range: Range) -> Vec<CodeActionOrCommand> {
    let mut actions = vec![];
    for d in &analysis.checked.diagnostics {
        if !analysis.is_main(d.span()) {
            continue;
        }
        let own = analysis.text.range(d.span());
        if own.end < range.start || range.end < own.start {
            continue;
        }
        if let Some((line, edit)) = missing(analysis, d) {
            let Some(uri) = analysis.path_of(d.span()).and_then(|path| place::uri(&path)) else { continue };
            actions.push(action(analysis, d, format!("add `{line}`"), uri, edit, true));
        }
        let edits = d.helps.iter().filter_map(|help| Some((help, help.edit.as_ref()?)));
        for (i, (help, edit)) in edits.enumerate() {
            let Some((uri, text)) = target(analysis, edit) else { continue };
            let change = TextEdit { range: text.range(edit.span), new_text: edit.text.clone() };
            actions.push(action(analysis, d, help.text.clone(), uri, change, i == 0));
        }
    }
    actions
}

/// The `use` line for a name that nothing in the file brings, and its edit.
fn missing(analysis: &Analysis, d: &diag::Diagnostic) -> Option<(String, TextEdit)> {
    let is_unknown = d.code == "E0201";
    is_unknown.then(|| imports::fix(&analysis.text, analysis.program.sources.text(d.span())))?
}

/// A quick fix of one file.
#[allow(clippy::mutable_key_type, reason = "the protocol's crate says so; nobody changes a key")]
fn action(
    analysis: &Analysis,
    d: &diag::Diagnostic,
    title: String,
    uri: Uri,
    edit: TextEdit,
    is_preferred: bool,
) -> CodeActionOrCommand {
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic(analysis, d)]),
        edit: Some(WorkspaceEdit { changes: Some(HashMap::from([(uri, vec![edit])])), ..Default::default() }),
        is_preferred: Some(is_preferred),
        ..CodeAction::default()
    })
}

/// The file that an edit changes.
fn target(analysis: &Analysis, edit: &diag::Edit) -> Option<(Uri, Text)> {
    let uri = place::uri(&analysis.path_of(edit.span)?)?;
    let text = match analysis.is_main(edit.span) {
        true => analysis.text.clone(),
        false => Text::new(analysis.program.sources.get(edit.span.file)?.text.clone()),
    };
    Some((uri, text))
}
