//! What a shell and `man` want to know of the command line.

use super::args::command;
use super::command::{Desk, Exit};
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use clap_mangen::Man;

pub fn completions() -> Command {
    let shell = Arg::new("SHELL").required(true).value_parser(value_parser!(Shell)).help("The shell");
    Command::new("completions")
        .about("Print what a shell needs to complete words: dln completions bash > ~/.local/share/bash-completion/completions/dln")
        .arg(shell)
}

pub fn man() -> Command {
    Command::new("man")
        .about("Print the manual page of dln, or of a command: dln man run > dln-run.1")
        .arg(Arg::new("COMMAND").help("The command"))
}

/// The shell that is named.
pub fn shell(matches: &ArgMatches) -> Shell {
    matches.get_one("SHELL").copied().expect("clap demands a shell")
}

impl Desk<'_> {
    pub fn completions(&mut self, shell: Shell) -> Exit {
        let mut text = vec![];
        clap_complete::generate(shell, &mut command(&[]), "dln", &mut text);
        self.bytes(&text)
    }

    pub fn manual(&mut self, name: Option<&str>) -> Exit {
        let mut whole = command(&[]);
        whole.build();
        let page = match name {
            None => Some(whole),
            Some(name) => whole.find_subcommand(name).cloned(),
        };
        let Some(page) = page else {
            return self.refuse(&format!("`{}` is no command", name.unwrap_or_default().escape_debug()));
        };
        let mut text = vec![];
        match Man::new(page).render(&mut text) {
            Ok(()) => self.bytes(&text),
            Err(error) => self.refuse(&format!("the page cannot be written: {error}")),
        }
    }

    fn bytes(&mut self, text: &[u8]) -> Exit {
        self.output.verbatim(&String::from_utf8_lossy(text));
        Exit::Fine
    }
}
