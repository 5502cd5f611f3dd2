//! The two streams. Lines go to stdout; the live line, which is drawn over and over, goes to stderr and only to a
//! terminal. A reader that goes away does not disturb a run.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Clears the line that the cursor is in.
const CLEAR: &str = "\r\x1b[K";

pub struct Output {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// What the terminal can do.
    pub terminal: Terminal,
    /// Whether a live line stands on the terminal.
    drawn: bool,
    /// Why stdout is written to no more.
    broken: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// A line may be rewritten in place.
    pub live: bool,
    pub color: bool,
    /// Signs outside ASCII are shown.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Terminal {
    /// What the environment says of stderr. `NO_COLOR` and `TERM=dumb` are honoured, and `COLUMNS`.
    fn detect() -> Terminal {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let live = io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
        let locale = locale.to_lowercase();
        Terminal {
            live,
            color: live && variable("NO_COLOR").is_none(),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            width: variable("COLUMNS").and_then(|n| n.parse().ok()).unwrap_or(80),
        }
    }
}

impl Output {
    /// The streams of this process.
    pub fn standard() -> Output {
        Output::new(Box::new(io::stdout()), Box::new(io::stderr()), Terminal::detect())
    }

    pub fn new(out: Box<dyn Write>, err: Box<dyn Write>, terminal: Terminal) -> Output {
        Output { out, err, terminal, drawn: false, broken: None }
    }

    /// A line for stdout. Control characters, which may come from a user's data, are shown and not obeyed.
    pub fn line(&mut self, text: &str) {
        self.clear();
        if self.broken.is_none() {
            let written = writeln!(self.out, "{}", harmless(text)).and_then(|()| self.out.flush());
            self.broken = written.err();
        }
    }

    /// A text for stdout as it is.
    pub fn verbatim(&mut self, text: &str) {
        self.clear();
        if self.broken.is_none() {
            self.broken = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).err();
        }
    }

    /// Replaces the live line; nothing on what is no terminal.
    pub fn live(&mut self, text: &str) {
        if self.terminal.live {
            let text: String = harmless(text).chars().take(self.terminal.width.saturating_sub(1)).collect();
            self.drawn = true;
            ignore(write!(self.err, "{CLEAR}{text}").and_then(|()| self.err.flush()));
        }
    }

    /// A finished text, with colours, for stderr.
    pub fn report(&mut self, text: &str) {
        self.clear();
        ignore(writeln!(self.err, "{}", text.trim_end()));
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            ignore(write!(self.err, "{CLEAR}").and_then(|()| self.err.flush()));
        }
    }

    /// Ends the output. A reader of stdout that has seen enough is no failure; a full disk is.
    pub fn finish(mut self) -> io::Result<()> {
        self.clear();
        match self.broken {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

/// An error message where there is no `Output`.
pub fn complain(message: &str) {
    ignore(writeln!(io::stderr(), "error: {}", harmless(message)));
}

/// There is nobody to tell that stderr cannot be written to.
fn ignore(_: io::Result<()>) {}

fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.extend(c.escape_debug()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// A stream that is kept.
    #[derive(Clone, Default)]
    pub struct Kept(Rc<RefCell<Vec<u8>>>);

    impl Kept {
        pub fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).expect("text")
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream on which every write fails.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub const PLAIN: Terminal = Terminal { live: false, color: false, unicode: false, width: 80 };

    #[test]
    fn the_live_line_makes_room_for_lines() {
        let (out, err) = (Kept::default(), Kept::default());
        let terminal = Terminal { live: true, width: 8, ..PLAIN };
        let mut output = Output::new(Box::new(out.clone()), Box::new(err.clone()), terminal);
        output.live("0123456789");
        output.line("a");
        output.line("b");
        output.finish().unwrap();
        assert_eq!(err.text(), "\r\x1b[K0123456\r\x1b[K");
        assert_eq!(out.text(), "a\nb\n");
    }

    #[test]
    fn what_is_no_terminal_gets_no_control_characters() {
        let (out, err) = (Kept::default(), Kept::default());
        let mut output = Output::new(Box::new(out.clone()), Box::new(err.clone()), PLAIN);
        output.live("busy");
        output.line("\x1b[31mred\r\x07\tx");
        output.finish().unwrap();
        assert_eq!(err.text(), "");
        assert_eq!(out.text(), "\\u{1b}[31mred\\r\\u{7}\tx\n");
    }

    #[test]
    fn a_reader_may_leave_and_a_disk_may_not_be_full() {
        let end = |kind| {
            let mut output = Output::new(Box::new(Failing(kind)), Box::new(Kept::default()), PLAIN);
            output.line("a");
            output.line("b");
            output.finish()
        };
        assert!(end(ErrorKind::BrokenPipe).is_ok());
        assert!(end(ErrorKind::StorageFull).is_err());
    }
}
