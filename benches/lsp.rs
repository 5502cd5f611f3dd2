//! Times the language server as an editor meets it, over the protocol in memory: `cargo bench --bench lsp [-- LINES ..]`. In the middle
//! of a long file letters are typed and deleted; each key is one change, and its time ends when the diagnostics are there, and
//! when trainings and tests have been looked at too. Then what
//! stands at the place is asked for, and what could.

mod long;

use std::time::{Duration, Instant};

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

const URI: &str = "file:///project/long.dln";
/// Keys that are typed.
const KEYS: usize = 60;

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    for lines in if given.is_empty() { vec![1_000] } else { given } {
        for (name, text) in
            [("with trainings and tests", long::program(lines)), ("definitions alone", long::definitions(lines))]
        {
            println!("{} lines, {name}", text.lines().count());
            measure(&text);
        }
    }
}

fn measure(text: &str) {
    let (server, connection) = Connection::memory();
    let serving = std::thread::spawn(move || dln::lsp::serve(&server).expect("the server ends well"));
    let mut editor = Editor { connection, asked: 0, version: 1 };
    editor.ask("initialize", json!({ "capabilities": {} }));
    editor.tell("initialized", json!({}));
    let file = json!({ "uri": URI, "languageId": "dln", "version": 1, "text": text });
    let start = Instant::now();
    editor.tell("textDocument/didOpen", json!({ "textDocument": file }));
    assert_eq!(editor.diagnostics(), 0, "the file is sound");
    println!("  opened in {:.1} ms", milliseconds(start.elapsed()));
    let places: Vec<(usize, usize)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("  ") && line.contains('='))
        .map(|(at, line)| (at, line.len()))
        .collect();
    let (mut keys, mut wholes, mut hovers, mut completions) = (vec![], vec![], vec![], vec![]);
    for key in 0..KEYS {
        // A letter at the end of a line in one place after another, and the next key deletes it.
        let (line, end) = places[(key / 2 * 7_919) % places.len()];
        let (new, until) = if key % 2 == 0 { ("a", end) } else { ("", end + 1) };
        let (first, all) = editor.key(line, end, until, new);
        keys.push(first);
        wholes.push(all);
        let at = json!({ "textDocument": { "uri": URI }, "position": { "line": line, "character": end } });
        hovers.push(editor.timed("textDocument/hover", at.clone()));
        completions.push(editor.timed("textDocument/completion", at));
    }
    report("diagnostics after a key", keys);
    report("trainings and tests too", wholes);
    report("hover", hovers);
    report("completion", completions);
    editor.ask("shutdown", Value::Null);
    editor.tell("exit", Value::Null);
    serving.join().expect("the server does not panic");
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| milliseconds(times[((times.len() - 1) as f64 * part).round() as usize]);
    println!("  {what:<24} median {:6.1} ms, 95 of 100 within {:6.1} ms, worst {:6.1} ms", at(0.5), at(0.95), at(1.0));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

struct Editor {
    connection: Connection,
    asked: i32,
    version: i32,
}

impl Editor {
    fn tell(&self, method: &str, params: Value) {
        let message = Message::Notification(Notification::new(method.to_string(), params));
        self.connection.sender.send(message).expect("the server listens");
    }

    fn ask(&mut self, method: &str, params: Value) {
        self.asked += 1;
        let request = Request { id: self.asked.into(), method: method.to_string(), params };
        self.connection.sender.send(Message::Request(request)).expect("the server listens");
        loop {
            if let Message::Response(response) = self.connection.receiver.recv().expect("the server answers") {
                assert!(response.error.is_none(), "{method}: {:?}", response.error);
                return;
            }
        }
    }

    fn timed(&mut self, method: &str, params: Value) -> Duration {
        let start = Instant::now();
        self.ask(method, params);
        start.elapsed()
    }

    /// Types something in place of what stands between two columns, and waits for what is said of the file at once, and for all.
    fn key(&mut self, line: usize, from: usize, to: usize, text: &str) -> (Duration, Duration) {
        self.version += 1;
        let place = |character: usize| json!({ "line": line, "character": character });
        let change = json!({ "range": { "start": place(from), "end": place(to) }, "text": text });
        let file = json!({ "uri": URI, "version": self.version });
        let start = Instant::now();
        self.tell("textDocument/didChange", json!({ "textDocument": file, "contentChanges": [change] }));
        self.diagnostics();
        let first = start.elapsed();
        let all = json!({ "start": place(0), "end": place(0) });
        self.ask("textDocument/inlayHint", json!({ "textDocument": { "uri": URI }, "range": all }));
        (first, start.elapsed())
    }

    /// How many diagnostics come of the text as it is now.
    fn diagnostics(&self) -> usize {
        loop {
            if let Message::Notification(heard) = self.connection.receiver.recv().expect("diagnostics come")
                && heard.method == "textDocument/publishDiagnostics"
                && heard.params["version"] == self.version
            {
                return heard.params["diagnostics"].as_array().map_or(0, Vec::len);
            }
        }
    }
}
