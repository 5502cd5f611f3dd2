//! What keys do in an input of several lines: Enter begins the next line below the brackets that are open, and ends the input behind its
//! last line alone; a closing bracket goes back to where its line belongs.

use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyCode, KeyEvent, Modifiers,
    Movement, RepeatCount,
};

use crate::repl::Session;
use crate::syntax::lexer::lex;

/// Blanks in front of a line, for each bracket around it.
const STEP: usize = 2;

/// Gives the keys of an editor what they do.
pub fn bind<H: Helper, I: History>(editor: &mut Editor<H, I>) {
    let mut key = |code: KeyCode, handler: EventHandler| {
        editor.bind_sequence(Event::from(KeyEvent(code, Modifiers::NONE)), handler);
    };
    key(KeyCode::Enter, EventHandler::Conditional(Box::new(Enter)));
    for closer in ['}', ')', ']'] {
        key(KeyCode::Char(closer), EventHandler::Conditional(Box::new(Closer(closer))));
    }
}

/// Whether an input waits for another line; an empty one ends it.
pub fn goes_on(text: &str) -> bool {
    let is_ended = text.rsplit_once('\n').is_some_and(|(_, last)| last.trim().is_empty());
    !is_ended && Session::is_incomplete(text)
}

struct Enter;

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        next_line(context.line(), context.pos()).map(|text| Cmd::Insert(1, text))
    }
}

/// What Enter writes at a byte of an input; none where it ends it.
fn next_line(text: &str, at: usize) -> Option<String> {
    let is_last = !text[at..].contains('\n');
    (!is_last || goes_on(text)).then(|| format!("\n{}", " ".repeat(STEP * depth(&text[..at]))))
}

/// How many brackets are open at the end of a text.
fn depth(text: &str) -> usize {
    lex(text).iter().fold(0, |depth, raw| match raw.token {
        token if token.is_closer() => depth.saturating_sub(1),
        token => depth + usize::from(token.closer().is_some()),
    })
}

struct Closer(char);

impl ConditionalEventHandler for Closer {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let blanks = blanks(&context.line()[..context.pos()])?;
        Some(Cmd::Replace(Movement::BeginningOfLine, Some(format!("{}{}", " ".repeat(blanks), self.0))))
    }
}

/// Blanks in front of a bracket that closes; none where it stands behind something, or as far to the left as it should.
fn blanks(before: &str) -> Option<usize> {
    let (above, line) = before.rsplit_once('\n')?;
    let wanted = STEP * depth(above).saturating_sub(1);
    (line.len() > wanted && line.bytes().all(|byte| byte == b' ')).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_ends_what_is_whole_and_goes_on_below_open_brackets() {
        assert_eq!(next_line("x = 3", 5), None);
        assert_eq!(next_line("x = 3", 2), None, "one line is whole wherever the cursor stands");
        assert_eq!(next_line("layer A[D] {", 12).as_deref(), Some("\n  "));
        assert_eq!(next_line("layer A[D] {\n  f = (", 20).as_deref(), Some("\n    "));
        assert_eq!(next_line("fn f() {\n  2\n}", 10).as_deref(), Some("\n  "), "a line in the middle");
        assert_eq!(next_line("fn f() {\n  2\n}", 14), None);
        assert_eq!(next_line("fn f() {\n  2\n  ", 15), None, "an empty line ends it");
    }

    #[test]
    fn a_bracket_that_closes_goes_to_the_left() {
        assert_eq!(blanks("fn f() {\n  2\n  "), Some(0));
        assert_eq!(blanks("fn f() {\n  g(\n    "), Some(2));
        assert_eq!(blanks("fn f() {\n  2\n"), None);
        assert_eq!(blanks("fn f() {\n  g("), None);
        assert_eq!(blanks("g("), None);
    }
}
