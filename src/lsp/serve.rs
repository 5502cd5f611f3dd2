//! Messages in, messages out.

use std::error::Error;
use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{self, Notification as _, PublishDiagnostics};
use lsp_types::request::{self, Request as _};
use lsp_types::*;
use serde_json::Value;

use super::place::Text;
use super::project::{Analysis, Document, Project};
use super::{complete, hints, hover, navigate, outline, place, problems, rename};
use crate::stdlib;

/// Serves an editor over the standard streams until it says goodbye.
pub fn standard() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    serve(&connection).map_err(|error| error.to_string())?;
    drop(connection);
    threads.join().map_err(|error| error.to_string())
}

/// Serves one editor.
pub fn serve(connection: &Connection) -> Result<(), Box<dyn Error + Sync + Send>> {
    let (id, params) = connection.initialize_start()?;
    let info = serde_json::json!({
        "capabilities": capabilities(),
        "serverInfo": { "name": "dln", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, info)?;
    let mut server = Server { connection, project: Project::new(stdlib::folder(), folders(&params)) };
    while let Ok(message) = connection.receiver.recv() {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                let response = server.answer(request);
                connection.sender.send(Message::Response(response))?;
            }
            Message::Notification(notification) => server.hear(notification)?,
            Message::Response(_) => {}
        }
        if connection.receiver.is_empty() {
            server.publish_all()?;
        }
    }
    Ok(())
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".to_string(), ":".to_string()]),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_string(), ",".to_string()]),
            ..SignatureHelpOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: SemanticTokensLegend { token_types: outline::KINDS.to_vec(), token_modifiers: vec![] },
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            },
        )),
        ..ServerCapabilities::default()
    }
}

struct Server<'c> {
    connection: &'c Connection,
    project: Project,
}

/// What a question gives: `null` where there is nothing to say.
type Answer = Result<Value, String>;

impl Server<'_> {
    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        match self.reply(request) {
            Some(Ok(value)) => Response::new_ok(id, value),
            Some(Err(message)) => Response::new_err(id, ErrorCode::InvalidParams as i32, message),
            None => Response::new_err(id, ErrorCode::MethodNotFound as i32, "not known here".to_string()),
        }
    }

    fn reply(&mut self, request: Request) -> Option<Answer> {
        let params = request.params;
        Some(match &*request.method {
            request::HoverRequest::METHOD => {
                self.at(params, |a, at: HoverParams| hover::hover(a, at.text_document_position_params.position))
            }
            request::InlayHintRequest::METHOD => {
                self.at(params, |a, at: InlayHintParams| Some(hints::hints(a, at.range)))
            }
            request::Completion::METHOD => self.at_text(params, |a, document, at: CompletionParams| {
                Some(complete::completions(a, document, at.text_document_position.position))
            }),
            request::SignatureHelpRequest::METHOD => self.at_text(params, |a, document, at: SignatureHelpParams| {
                complete::signature(a, document, at.text_document_position_params.position)
            }),
            request::GotoDefinition::METHOD => self.at(params, |a, at: GotoDefinitionParams| {
                navigate::definition(a, at.text_document_position_params.position)
            }),
            request::References::METHOD => self.across(params, |project, at: ReferenceParams| {
                let TextDocumentPositionParams { text_document: file, position } = at.text_document_position;
                Ok(rename::references(project, &file.uri, position, at.context.include_declaration))
            }),
            request::DocumentHighlightRequest::METHOD => self.at(params, |a, at: DocumentHighlightParams| {
                Some(navigate::highlights(a, at.text_document_position_params.position))
            }),
            request::PrepareRenameRequest::METHOD => self.across(params, |project, at: TextDocumentPositionParams| {
                Ok(rename::prepare(project, &at.text_document.uri, at.position))
            }),
            request::Rename::METHOD => self.across(params, |project, asked: RenameParams| {
                let TextDocumentPositionParams { text_document: file, position } = asked.text_document_position;
                rename::rename(project, &file.uri, position, &asked.new_name)
            }),
            request::DocumentSymbolRequest::METHOD => {
                self.at(params, |a, _: DocumentSymbolParams| Some(outline::symbols(&a.text, &a.main().ast.items)))
            }
            request::WorkspaceSymbolRequest::METHOD => {
                self.across(params, |project, asked: WorkspaceSymbolParams| Ok(outline::found(project, &asked.query)))
            }
            request::FoldingRangeRequest::METHOD => {
                self.at_text(params, |_, document, _: FoldingRangeParams| Some(outline::folds(&document.text)))
            }
            request::Formatting::METHOD => self
                .at_text(params, |_, document, _: DocumentFormattingParams| Some(outline::formatted(&document.text))),
            request::CodeActionRequest::METHOD => {
                self.at(params, |a, at: CodeActionParams| Some(problems::actions(a, at.range)))
            }
            request::CodeLensRequest::METHOD => self.at_text(params, |a, document, _: CodeLensParams| {
                Some(outline::lenses(a, &document.path.to_string_lossy()))
            }),
            request::SemanticTokensFullRequest::METHOD => self.at(params, |a, _: SemanticTokensParams| {
                Some(SemanticTokens { result_id: None, data: outline::tokens(a) })
            }),
            _ => return None,
        })
    }

    /// A question about a place of a file.
    fn at<P: serde::de::DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&Analysis, P) -> Option<R>,
    ) -> Answer {
        self.at_text(params, |analysis, _, params| answer(analysis, params))
    }

    fn at_text<P: serde::de::DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&Analysis, &Document, P) -> Option<R>,
    ) -> Answer {
        let Some(uri) = file_of(&params) else { return Err("no file is named".to_string()) };
        let asked: P = serde_json::from_value(params).map_err(|error| error.to_string())?;
        let Some(analysis) = self.project.analysis(&uri) else { return Ok(Value::Null) };
        let Some(document) = self.project.document(&uri) else { return Ok(Value::Null) };
        serde_json::to_value(answer(&analysis, document, asked)).map_err(|error| error.to_string())
    }

    /// A question about more than one file.
    fn across<P: serde::de::DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&mut Project, P) -> Result<R, String>,
    ) -> Answer {
        let asked: P = serde_json::from_value(params).map_err(|error| error.to_string())?;
        let answer = answer(&mut self.project, asked)?;
        serde_json::to_value(answer).map_err(|error| error.to_string())
    }

    fn hear(&mut self, notification: Notification) -> Result<(), Box<dyn Error + Sync + Send>> {
        let params = notification.params;
        // What does not say what it is about changes nothing.
        match &*notification.method {
            notification::DidOpenTextDocument::METHOD => {
                if let Ok(DidOpenTextDocumentParams { text_document: file }) = serde_json::from_value(params) {
                    self.project.open(file.uri, file.version, file.text);
                }
            }
            notification::DidChangeTextDocument::METHOD => {
                if let Ok(change) = serde_json::from_value::<DidChangeTextDocumentParams>(params) {
                    let file = change.text_document;
                    self.project.change(&file.uri, file.version, |text| changed(text, change.content_changes));
                }
            }
            notification::DidCloseTextDocument::METHOD => {
                if let Ok(close) = serde_json::from_value::<DidCloseTextDocumentParams>(params) {
                    self.project.close(&close.text_document.uri);
                    self.publish(close.text_document.uri, None, vec![])?;
                }
            }
            notification::DidSaveTextDocument::METHOD | notification::DidChangeWatchedFiles::METHOD => {
                let paths: Vec<PathBuf> = self.project.documents().map(|document| document.path.clone()).collect();
                paths.iter().for_each(|path| self.project.changed(path));
            }
            _ => {}
        }
        Ok(())
    }

    /// Diagnostics of all files that are known otherwise than the editor was told.
    fn publish_all(&mut self) -> Result<(), Box<dyn Error + Sync + Send>> {
        for uri in self.project.untold() {
            let Some(analysis) = self.project.analysis(&uri) else { continue };
            let Some(document) = self.project.document(&uri) else { continue };
            let own = match self.project.is_library(&document.path) {
                true => vec![],
                false => problems::diagnostics(&analysis),
            };
            let version = document.version;
            self.publish(uri, Some(version), own)?;
        }
        Ok(())
    }

    fn publish(
        &self,
        uri: Uri,
        version: Option<i32>,
        diagnostics: Vec<Diagnostic>,
    ) -> Result<(), Box<dyn Error + Sync + Send>> {
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        let notification = Notification::new(PublishDiagnostics::METHOD.to_string(), params);
        Ok(self.connection.sender.send(Message::Notification(notification))?)
    }
}

/// The folders that an editor has open, as it says them at the beginning.
fn folders(params: &Value) -> Vec<PathBuf> {
    let Ok(asked) = serde_json::from_value::<InitializeParams>(params.clone()) else { return vec![] };
    #[allow(deprecated, reason = "older clients name one folder so")]
    let root = asked.root_uri;
    let listed = asked.workspace_folders.unwrap_or_default().into_iter().map(|folder| folder.uri);
    let folders: Vec<PathBuf> = listed.filter_map(|uri| place::path(&uri)).collect();
    match folders.is_empty() {
        true => root.and_then(|uri| place::path(&uri)).into_iter().collect(),
        false => folders,
    }
}

/// The file that a question is about.
fn file_of(params: &Value) -> Option<Uri> {
    serde_json::from_value(params.get("textDocument")?.get("uri")?.clone()).ok()
}

/// A text after some changes.
fn changed(text: &Text, changes: Vec<TextDocumentContentChangeEvent>) -> String {
    let mut text = text.clone();
    for change in changes {
        let next = match change.range {
            None => change.text,
            Some(range) => {
                let (lo, hi) = (text.offset(range.start), text.offset(range.end));
                let (lo, hi) = (lo.min(hi), lo.max(hi));
                format!("{}{}{}", &text.text[..lo], change.text, &text.text[hi..])
            }
        };
        text = Text::new(next);
    }
    text.text
}
