//! An editor in this process, which asks a language server over the protocol.

use std::thread::JoinHandle;

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

/// An editor with one folder.
pub struct Client {
    connection: Connection,
    server: Option<JoinHandle<()>>,
    asked: i32,
    pub folder: tempfile::TempDir,
    /// The last diagnostics of each file, by its name.
    diagnostics: std::collections::BTreeMap<String, Value>,
}

impl Client {
    pub fn new() -> Client {
        Client::in_folder(tempfile::tempdir().expect("a folder"))
    }

    /// A server whose editor has this folder open.
    fn in_folder(folder: tempfile::TempDir) -> Client {
        let (server, connection) = Connection::memory();
        let server = std::thread::spawn(move || dln::lsp::serve(&server).expect("the server ends well"));
        let mut client = Client { connection, server: Some(server), asked: 0, folder, diagnostics: Default::default() };
        let folders = json!([{ "uri": format!("file://{}", client.folder.path().display()), "name": "project" }]);
        let answer = client.ask("initialize", json!({ "capabilities": {}, "workspaceFolders": folders }));
        assert_eq!(answer["serverInfo"]["name"], "dln");
        client.tell("initialized", json!({}));
        client
    }

    /// A server with files on the disk, of which none is open.
    pub fn among(files: &[(&str, &str)]) -> Client {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        Client::in_folder(folder)
    }

    /// A server with one open file, `main.dln`.
    pub fn with(text: &str) -> Client {
        let mut client = Client::new();
        client.open("main.dln", text);
        client
    }

    pub fn uri(&self, name: &str) -> String {
        format!("file://{}", self.folder.path().join(name).display())
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        let message = Message::Notification(Notification::new(method.to_string(), params));
        self.connection.sender.send(message).expect("the server listens");
    }

    /// The answer to a question; an error as `{"error": ..}`.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked.into();
        let request = Request { id, method: method.to_string(), params };
        self.connection.sender.send(Message::Request(request)).expect("the server listens");
        loop {
            match self.connection.receiver.recv().expect("the server answers") {
                Message::Response(response) => {
                    assert_eq!(response.id, self.asked.into());
                    return match response.error {
                        None => response.result.unwrap_or(Value::Null),
                        Some(error) => json!({ "error": error.message }),
                    };
                }
                Message::Notification(heard) => self.hear(heard),
                Message::Request(_) => {}
            }
        }
    }

    fn hear(&mut self, heard: Notification) {
        if heard.method == "textDocument/publishDiagnostics" {
            let uri = heard.params["uri"].as_str().expect("a uri");
            let name = uri.rsplit('/').next().expect("a name").to_string();
            self.diagnostics.insert(name, heard.params["diagnostics"].clone());
        }
    }

    pub fn open(&mut self, name: &str, text: &str) {
        let file = json!({ "uri": self.uri(name), "languageId": "dln", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": file }));
    }

    pub fn change(&mut self, name: &str, version: i32, changes: Value) {
        let file = json!({ "uri": self.uri(name), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": file, "contentChanges": changes }));
    }

    /// A question about the place of `mark` in `text`, moved by some characters.
    pub fn at(&mut self, method: &str, text: &str, mark: &str, by: usize) -> Value {
        self.at_with(method, text, mark, by, json!({}))
    }

    pub fn at_with(&mut self, method: &str, text: &str, mark: &str, by: usize, more: Value) -> Value {
        self.in_file("main.dln", method, text, mark, by, more)
    }

    /// The same of another file.
    pub fn in_file(&mut self, name: &str, method: &str, text: &str, mark: &str, by: usize, more: Value) -> Value {
        let place = place(text, text.find(mark).unwrap_or_else(|| panic!("no `{mark}`")) + by);
        let mut params = json!({ "textDocument": { "uri": self.uri(name) }, "position": place });
        more.as_object().expect("fields").iter().for_each(|(key, value)| params[key] = value.clone());
        self.ask(method, params)
    }

    pub fn of(&mut self, method: &str, more: Value) -> Value {
        let mut params = json!({ "textDocument": { "uri": self.uri("main.dln") } });
        more.as_object().expect("fields").iter().for_each(|(key, value)| params[key] = value.clone());
        self.ask(method, params)
    }

    /// What is said of `main.dln` now.
    pub fn diagnostics(&mut self) -> Vec<Value> {
        self.diagnostics_of("main.dln")
    }

    pub fn diagnostics_of(&mut self, name: &str) -> Vec<Value> {
        // What all of a file has to be known for is answered behind all that is said of it.
        let file = json!({ "uri": self.uri(name) });
        self.ask("textDocument/inlayHint", json!({ "textDocument": file, "range": everywhere() }));
        self.until(name, |_| true)
    }

    /// What is said of a file as soon as it is of some kind.
    pub fn until(&mut self, name: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let told = self.diagnostics.remove(name).and_then(|all| all.as_array().cloned());
            if let Some(told) = told.filter(|told| holds(told)) {
                return told;
            }
            let message = self.connection.receiver.recv_deadline(deadline).expect("diagnostics come");
            if let Message::Notification(heard) = message {
                self.hear(heard);
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.server.take().expect("one server").join().expect("the server does not panic");
    }
}

/// What a completion offers.
pub fn labels(answer: Value) -> Vec<String> {
    let items = answer["items"].as_array().expect("a list");
    items.iter().map(|item| item["label"].as_str().expect("a label").to_string()).collect()
}

/// A byte of a text as a place; the texts here are ASCII.
pub fn place(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    json!({ "line": line, "character": offset - before.rfind('\n').map_or(0, |at| at + 1) })
}

pub fn everywhere() -> Value {
    json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 100000, "character": 0 } })
}
