//! Messages in, messages out.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::rc::Rc;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{self, Notification as _, PublishDiagnostics};
use lsp_types::request::{self, Request as _};
use lsp_types::*;
use serde_json::Value;

use super::inbox::{self, Inbox};
use super::place::Text;
use super::project::{Analysis, Document, Project};
use super::{complete, hints, hover, imports, lenses, navigate, outline, place, problems, rename};
use crate::stdlib;

/// Serves an editor over the standard streams until it says goodbye.
pub fn standard() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    serve(&connection).map_err(|error| error.to_string())?;
    drop(connection);
    threads.join().map_err(|error| error.to_string())
}

/// Serves one editor.
pub fn serve(connection: &Connection) -> Result<(), Broken> {
    let (id, params) = connection.initialize_start()?;
    let info = serde_json::json!({
        "capabilities": capabilities(),
        "serverInfo": { "name": "dln", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, info)?;
    let mut inbox = Inbox::new(connection);
    let project = Project::new(stdlib::folder(), folders(&params), inbox.changes.clone());
    let mut server = Server { connection, project, told: BTreeMap::new() };
    while let Some(message) = inbox.take().filter(|message| !inbox::is_exit(message)) {
        match message {
            Message::Request(request) => {
                let response = server.answer(request)?;
                connection.sender.send(Message::Response(response))?;
            }
            Message::Notification(notification) => server.hear(notification)?,
            Message::Response(_) => {}
        }
        if inbox.is_empty() {
            server.publish_glances()?;
        }
        if inbox.is_empty() {
            server.publish_rest()?;
        }
    }
    Ok(())
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", ":", "\"", "/"].map(str::to_string).to_vec()),
            resolve_provider: Some(true),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(["(", ",", "[", ">"].map(str::to_string).to_vec()),
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
    /// The diagnostics that the editor shows of each file, and of which version.
    told: BTreeMap<String, (i32, Vec<Diagnostic>)>,
}

/// What a question gives: `null` where there is nothing to say.
type Answer = Result<Value, String>;

/// What keeps the server from telling something.
type Broken = Box<dyn Error + Sync + Send>;

impl Server<'_> {
    fn answer(&mut self, request: Request) -> Result<Response, Broken> {
        let id = request.id.clone();
        let reply = self.reply(request);
        // What had to be known of the whole file is told before the answer.
        self.publish_known()?;
        Ok(match reply {
            // What an answer would be about is gone.
            Some(Ok(Value::Null)) if self.project.is_changing() => {
                Response::new_err(id, ErrorCode::ContentModified as i32, "the text has changed".to_string())
            }
            Some(Ok(value)) => Response::new_ok(id, value),
            Some(Err(message)) => Response::new_err(id, ErrorCode::InvalidParams as i32, message),
            None => Response::new_err(id, ErrorCode::MethodNotFound as i32, "not known here".to_string()),
        })
    }

    fn reply(&mut self, request: Request) -> Option<Answer> {
        let params = request.params;
        Some(match &*request.method {
            request::Shutdown::METHOD => Ok(Value::Null),
            request::HoverRequest::METHOD => {
                self.at(params, |a, at: HoverParams| hover::hover(a, at.text_document_position_params.position))
            }
            request::InlayHintRequest::METHOD => {
                self.at(params, |a, at: InlayHintParams| Some(hints::hints(a, at.range)))
            }
            request::Completion::METHOD => self.at_text(params, |a, document, at: CompletionParams| {
                let position = at.text_document_position.position;
                let mut items = complete::completions(a, document, position);
                items.extend(imports::completions(document, position, &items));
                // The library is asked only for what begins with some letter.
                let is_incomplete = document.text.word(document.text.offset(position)).is_empty();
                Some(CompletionList { is_incomplete, items })
            }),
            request::ResolveCompletionItem::METHOD => {
                self.across(params, |_, item: CompletionItem| Ok(imports::resolved(item)))
            }
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
            request::DocumentHighlightRequest::METHOD => self.glance(params, |a, _, at: DocumentHighlightParams| {
                Some(navigate::highlights(a, at.text_document_position_params.position))
            }),
            request::PrepareRenameRequest::METHOD => self.across(params, |project, at: TextDocumentPositionParams| {
                Ok(rename::prepare(project, &at.text_document.uri, at.position))
            }),
            request::Rename::METHOD => self.across(params, |project, asked: RenameParams| {
                let TextDocumentPositionParams { text_document: file, position } = asked.text_document_position;
                rename::rename(project, &file.uri, position, &asked.new_name)
            }),
            request::DocumentSymbolRequest::METHOD => self
                .glance(params, |a, _, _: DocumentSymbolParams| Some(outline::symbols(&a.text, &a.main().ast.items))),
            request::WorkspaceSymbolRequest::METHOD => {
                self.across(params, |project, asked: WorkspaceSymbolParams| Ok(outline::found(project, &asked.query)))
            }
            request::FoldingRangeRequest::METHOD => {
                self.glance(params, |_, document, _: FoldingRangeParams| Some(outline::folds(&document.text)))
            }
            request::Formatting::METHOD => {
                self.glance(params, |_, document, _: DocumentFormattingParams| Some(outline::formatted(&document.text)))
            }
            request::CodeActionRequest::METHOD => {
                self.at(params, |a, at: CodeActionParams| Some(problems::actions(a, at.range)))
            }
            request::CodeLensRequest::METHOD => self.at_text(params, |a, document, _: CodeLensParams| {
                Some(lenses::lenses(a, &document.path.to_string_lossy()))
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
        self.known(params, Project::analysis, answer)
    }

    /// A question that needs no more than what is known at once.
    fn glance<P: serde::de::DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&Analysis, &Document, P) -> Option<R>,
    ) -> Answer {
        self.known(params, Project::glance, answer)
    }

    fn known<P: serde::de::DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        known: impl FnOnce(&mut Project, &Uri) -> Option<Rc<Analysis>>,
        answer: impl FnOnce(&Analysis, &Document, P) -> Option<R>,
    ) -> Answer {
        let Some(uri) = file_of(&params) else { return Err("no file is named".to_string()) };
        let asked: P = serde_json::from_value(params).map_err(|error| error.to_string())?;
        let Some(analysis) = known(&mut self.project, &uri) else { return Ok(Value::Null) };
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

    fn hear(&mut self, notification: Notification) -> Result<(), Broken> {
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
                    self.told.remove(close.text_document.uri.as_str());
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

    /// What is known at once of all files that are known otherwise than the editor was told.
    fn publish_glances(&mut self) -> Result<(), Broken> {
        for uri in self.project.untold() {
            if let Some(glance) = self.project.glance(&uri) {
                self.tell(uri, &glance)?;
            }
        }
        Ok(())
    }

    /// The rest of what can be known, until a change comes.
    fn publish_rest(&mut self) -> Result<(), Broken> {
        for uri in self.project.glanced() {
            self.project.analysis(&uri);
        }
        self.publish_known()
    }

    /// All that is known of files for an answer, and not yet told.
    fn publish_known(&mut self) -> Result<(), Broken> {
        for (uri, analysis) in self.project.found() {
            self.tell(uri, &analysis)?;
        }
        Ok(())
    }

    /// Tells the diagnostics of a file, unless the editor shows just these of just this text.
    fn tell(&mut self, uri: Uri, analysis: &Analysis) -> Result<(), Broken> {
        let Some(document) = self.project.document(&uri) else { return Ok(()) };
        let own = match self.project.is_library(&document.path) {
            true => vec![],
            false => problems::diagnostics(analysis),
        };
        let version = document.version;
        let now = (version, own);
        if self.told.get(uri.as_str()) != Some(&now) {
            self.told.insert(uri.to_string(), now.clone());
            self.publish(uri, Some(version), now.1)?;
        }
        Ok(())
    }

    fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) -> Result<(), Broken> {
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
