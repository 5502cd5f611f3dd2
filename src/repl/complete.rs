//! What could be written next: commands, files behind commands that take them, settings, and what the language server knows.

use crate::io::Files;
use crate::lsp::prompt::{Prompt, Word};

use super::commands::COMMANDS;
use super::session::Session;
use super::settings::SETTINGS;

/// Something to write from byte `from` of the line on.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub name: String,
    pub text: String,
    pub detail: Option<String>,
}

/// What is known of a session for one that writes the next line.
pub struct Completer {
    prompt: Option<Prompt>,
    files: Files,
    hypers: Vec<String>,
}

impl Completer {
    pub fn new(session: &Session) -> Completer {
        let program = session.program();
        let is_hyper = |line: &&str| line.starts_with("hyper ");
        let hypers = program.lines().filter(is_hyper).filter_map(|line| line.split_whitespace().nth(1));
        let hypers = hypers.map(|name| name.trim_end_matches(':').to_string()).collect();
        let prompt = Prompt::new(program, session.files.locate(""));
        Completer { prompt, files: session.files.clone(), hypers }
    }

    /// Whether it still says what it said of the session.
    pub fn is_of(&self, session: &Session) -> bool {
        self.prompt.as_ref().is_some_and(|prompt| prompt.program() == session.program())
    }

    /// Suggestions for byte `at` of a line: where the word begins that they replace, and what they are.
    pub fn complete(&self, line: &str, at: usize) -> (usize, Vec<Suggestion>) {
        let before = &line[..at];
        if let Some(command) = before.strip_prefix(':') {
            return self.command(command, at);
        }
        if let Some(from) = open_text(before) {
            return (from, paths(&self.files, &before[from..]));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let from =
            before.rfind(|c| !is_word(c)).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let word = &before[from..];
        // In front of everything, or behind a blank, all there is would be too much.
        if word.is_empty() && !before.ends_with(['.', '(', ',', ':', ' ']) {
            return (from, vec![]);
        }
        let words = self.prompt.iter().flat_map(|prompt| prompt.words(line, at));
        let mut begun: Vec<Word> = words.filter(|found| found.name.starts_with(word)).collect();
        // Where an argument begins and nothing of it is written, its name helps, and not all that could be its value.
        let is_argument = |found: &Word| found.name.ends_with(':');
        if word.is_empty() && before.trim_end().ends_with(['(', ',']) && begun.iter().any(is_argument) {
            begun.retain(is_argument);
        }
        let begun = begun.into_iter();
        (from, begun.map(|found| Suggestion { name: found.name, text: found.text, detail: found.detail }).collect())
    }

    /// A command, or what it takes.
    fn command(&self, line: &str, at: usize) -> (usize, Vec<Suggestion>) {
        let plain = |name: &str, detail: &str| Suggestion {
            name: name.to_string(),
            text: name.to_string(),
            detail: Some(detail.to_string()),
        };
        let Some((name, rest)) = line.split_once(' ') else {
            let names =
                COMMANDS.iter().map(|command| (command.name, command.about)).chain([("quit", "end the session")]);
            let begun = names.filter(|(name, _)| name.starts_with(line));
            return (at - line.len(), begun.map(|(name, about)| plain(name, about)).collect());
        };
        match name {
            "load" | "save" => (at - rest.len(), paths(&self.files, rest)),
            "set" if !rest.contains(' ') => {
                let hypers = self.hypers.iter().map(|name| (name.as_str(), "a `hyper`"));
                let known = SETTINGS.iter().copied().chain(hypers).filter(|(name, _)| name.starts_with(rest));
                (at - rest.len(), known.map(|(name, about)| plain(name, about)).collect())
            }
            _ => {
                let (from, words) = self.complete(rest, rest.len());
                (at - rest.len() + from, words)
            }
        }
    }

    /// What the call that is open at the end of a line still takes.
    pub fn hint(&self, line: &str) -> Option<String> {
        if !line.ends_with(['(', ' ', ',', '[']) || line.starts_with(':') && !line.contains(' ') {
            return None;
        }
        self.prompt.as_ref()?.rest_of_call(line, line.len())
    }
}

/// Where a text begins that is open at the end of a line.
fn open_text(before: &str) -> Option<usize> {
    let mut open = None;
    let mut escaped = false;
    for (at, c) in before.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = open.is_some(),
            '"' => open = if open.is_some() { None } else { Some(at + 1) },
            _ => {}
        }
    }
    open
}

/// Files and folders whose path begins with what is written.
fn paths(files: &Files, written: &str) -> Vec<Suggestion> {
    let (folder, begin) = written.rsplit_once('/').map_or(("", written), |(folder, begin)| (folder, begin));
    let below = if written.contains('/') { format!("{folder}/") } else { String::new() };
    let names = files.names(if below.is_empty() { "." } else { &below });
    let begun =
        names.into_iter().filter(|name| name.starts_with(begin) && (!name.starts_with('.') || begin.starts_with('.')));
    begun
        .map(|name| Suggestion { text: format!("{below}{name}"), name: format!("{below}{name}"), detail: None })
        .collect()
}
