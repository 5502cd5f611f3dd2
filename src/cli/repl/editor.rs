//! The line editor: with `keys` the only user of rustyline. Several lines are one input until its brackets are closed; colours come from the
//! lexer, words and hints from what is known of the session.

use std::borrow::Cow;

use rustyline::completion::{Candidate, Completer as Completing};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter, HistoryHinter};
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::history::History;
use super::keys;
use crate::repl::{Completer, Session, Suggestion, prompt};
use crate::syntax::lexer::lex;
use crate::syntax::token::Token;

/// What came from the keyboard.
pub enum Line {
    Input(String),
    /// Ctrl-C: the line goes, the session stays.
    Dropped,
    End,
}

/// A prompt on a terminal.
pub struct Prompt {
    editor: Editor<Aid, DefaultHistory>,
    history: History,
}

impl Prompt {
    pub fn new(color: bool) -> rustyline::Result<Prompt> {
        let config = Config::builder().completion_type(CompletionType::List).history_ignore_space(true).build();
        let mut editor = Editor::<Aid, DefaultHistory>::with_config(config)?;
        editor.set_helper(Some(Aid { color, completer: None, history: HistoryHinter::new() }));
        keys::bind(&mut editor);
        let history = History::of_user();
        for entry in history.entries() {
            // One that is not taken is not there.
            let _ = editor.add_history_entry(entry);
        }
        Ok(Prompt { editor, history })
    }

    /// Columns of the terminal.
    pub fn width(&mut self) -> usize {
        self.editor.dimensions().map_or(80, |(columns, _)| usize::from(columns)).max(20)
    }

    /// Reads the next input.
    pub fn read(&mut self, session: &Session) -> Line {
        if let Some(aid) = self.editor.helper_mut()
            && aid.completer.as_ref().is_none_or(|completer| !completer.is_of(session))
        {
            aid.completer = Some(Completer::new(session));
        }
        let plain = prompt(session.next());
        let styled = format!("\x1b[1;34m{plain}\x1b[0m");
        let color = self.editor.helper().is_some_and(|aid| aid.color);
        match self.editor.readline(&(plain.clone(), if color { styled } else { plain })) {
            Ok(text) => {
                let text = text.trim_end().to_string();
                if self.editor.add_history_entry(text.as_str()).unwrap_or(false) {
                    self.history.add(&text);
                }
                Line::Input(text)
            }
            Err(ReadlineError::Interrupted) => Line::Dropped,
            Err(_) => Line::End,
        }
    }
}

/// What helps while a line is written.
struct Aid {
    color: bool,
    completer: Option<Completer>,
    history: HistoryHinter,
}

impl Helper for Aid {}

impl Validator for Aid {
    /// An empty line ends what waits for more.
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(match keys::goes_on(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Completing for Aid {
    type Candidate = Word;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Word>)> {
        let Some(completer) = &self.completer else { return Ok((at, vec![])) };
        let (from, found) = completer.complete(line, at);
        Ok((from, found.into_iter().map(Word::of).collect()))
    }
}

/// A suggestion as the editor lists it.
struct Word {
    shown: String,
    text: String,
}

impl Word {
    fn of(suggestion: Suggestion) -> Word {
        Word { shown: suggestion.name, text: suggestion.text }
    }
}

impl Candidate for Word {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

/// What is shown behind the cursor.
struct Grey {
    text: String,
    /// Whether the right arrow takes it.
    taken: bool,
}

impl Hint for Grey {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.taken.then_some(self.text.as_str())
    }
}

impl Hinter for Aid {
    type Hint = Grey;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<Grey> {
        if at < line.len() {
            return None;
        }
        let call = self.completer.as_ref().and_then(|completer| completer.hint(line));
        let call = call.map(|text| Grey { text, taken: false });
        call.or_else(|| self.history.hint(line, at, context).map(|text| Grey { text, taken: true }))
    }
}

impl Highlighter for Aid {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color || line.trim_start().starts_with(':') && !line.contains(' ') {
            return Cow::Borrowed(line);
        }
        Cow::Owned(coloured(line))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.color {
            true => Cow::Owned(format!("\x1b[90m{hint}\x1b[0m")),
            false => Cow::Borrowed(hint),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.color && kind != CmdKind::MoveCursor
    }
}

/// A text with the colours of its tokens.
fn coloured(text: &str) -> String {
    let mut out = String::new();
    for raw in lex(text) {
        let piece = &text[raw.range.clone()];
        match colour(raw.token) {
            Some(code) => out.push_str(&format!("\x1b[{code}m{piece}\x1b[0m")),
            None => out.push_str(piece),
        }
    }
    out
}

fn colour(token: Token) -> Option<&'static str> {
    match token {
        Token::Comment => Some("90"),
        Token::Str => Some("32"),
        Token::Int | Token::Float => Some("36"),
        Token::Stray | Token::BadNumber => Some("31"),
        token if token.is_word() => Some("35"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_width() {
        let text = "let x = f(\"a\", 2.5)  # all\n  + y";
        let shown = coloured(text);
        assert!(shown.starts_with("\x1b[35mlet\x1b[0m x = f(\x1b[32m\"a\"\x1b[0m, \x1b[36m2.5\x1b[0m)"), "{shown}");
        let bare: String = shown
            .split('\x1b')
            .enumerate()
            .map(|(i, part)| match i {
                0 => part,
                _ => part.split_once('m').map_or("", |(_, rest)| rest),
            })
            .collect();
        assert_eq!(bare, text);
    }
}
