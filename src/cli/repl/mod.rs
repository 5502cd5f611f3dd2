//! `dln repl`: the terminal of a session, or a script for one.

mod editor;
mod history;
mod keys;

use std::io::{BufRead, IsTerminal, stdin};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::args::{count, value};
use super::command::{Desk, Exit};
use super::progress::{Progress, Show};
use crate::driver;
use crate::io::Files;
use crate::repl::{Flow, Look, Session, Told, World, play};
use editor::{Line, Prompt};

/// `dln repl`
#[derive(Clone, Debug, PartialEq)]
pub struct Repl {
    /// What is loaded first.
    file: Option<PathBuf>,
    threads: Option<usize>,
}

/// The command with its arguments.
pub fn words() -> Command {
    let file = "A program whose declarations are there from the beginning; it is not run";
    Command::new("repl")
        .about("Explore at a prompt: values, layers, shapes, training; or play a script from the standard input")
        .arg(Arg::new("FILE").value_parser(value_parser!(PathBuf)).help(file))
        .arg(value("threads", "N", "Worker threads; the results do not depend on them").value_parser(count()))
}

/// What the words ask for.
pub fn read(matches: &ArgMatches) -> Repl {
    Repl { file: matches.get_one("FILE").cloned(), threads: matches.get_one("threads").copied() }
}

impl Desk<'_> {
    pub fn repl(&mut self, asked: &Repl) -> Exit {
        asked.threads.into_iter().for_each(driver::use_threads);
        let mut session = Session::new(Files::at("."));
        if let Some(file) = &asked.file {
            let path = file.to_string_lossy();
            // What is wrong with it has been told; `:reload` reads it again.
            self.with_world(80, |world| session.load(&path, world)).unwrap_or(());
        }
        match stdin().is_terminal() {
            true => self.converse(&mut session),
            false => {
                let mut lines = stdin().lock().lines().map_while(Result::ok);
                self.with_world(80, |world| play(&mut session, &mut lines, world));
            }
        }
        Exit::Fine
    }

    /// Reads and does one input after another.
    fn converse(&mut self, session: &mut Session) {
        let color = self.output.terminal.color;
        let mut prompt = match Prompt::new(color) {
            Ok(prompt) => prompt,
            Err(error) => return self.output.report(&format!("error: the terminal cannot be used: {error}")),
        };
        self.output.line("dln: `:help` says what there is, Ctrl-D ends");
        loop {
            match prompt.read(session) {
                Line::Input(text) => {
                    let width = prompt.width();
                    self.interrupt.store(false, Ordering::Relaxed);
                    let flow = self.with_world(width, |world| session.enter(&text, world));
                    self.interrupt.store(false, Ordering::Relaxed);
                    if flow == Flow::Quit {
                        return;
                    }
                }
                Line::Dropped => {}
                Line::End => return,
            }
        }
    }

    /// Runs something of a session; what it tells goes to the output.
    fn with_world<T>(&mut self, width: usize, work: impl FnOnce(&mut World) -> T) -> T {
        let color = self.output.terminal.color && std::io::stdout().is_terminal();
        let mut progress = Progress::new(self.output.terminal.unicode);
        let (output, clock) = (&mut self.output, self.clock);
        let mut tell = |told: Told| match told {
            Told::Text(text) => output.verbatim(&format!("{text}\n")),
            Told::Event(event) => {
                for show in progress.on(&event, clock()) {
                    match show {
                        Show::Live(text) => output.live(&text),
                        Show::Line(text) => output.line(&text),
                    }
                }
            }
        };
        work(&mut World { interrupt: self.interrupt, clock, tell: &mut tell, look: Look { width, color } })
    }
}
