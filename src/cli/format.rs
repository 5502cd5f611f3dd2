//! `dln fmt`: programs in the one style, in place, from the standard input, or only compared.

use super::args::flag;
use super::command::{self, Desk, Exit};
use super::progress::counted;
use crate::base::Sources;
use crate::format::format;
use crate::io::Files;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What is to be formatted.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Files, and folders with all programs in them.
    pub paths: Vec<PathBuf>,
    /// Say what would change, and change nothing.
    pub check: bool,
    /// The standard input to the standard output.
    pub stdin: bool,
}

pub fn words() -> Command {
    let paths = "Programs, and folders with programs [default: the current folder]";
    Command::new("fmt")
        .about("Write programs in the style of dln; what does not parse is left as it is")
        .arg(Arg::new("PATH").value_parser(value_parser!(PathBuf)).num_args(0..).help(paths))
        .arg(flag("check", "Change nothing; say what would change, and end with code 1 if something would"))
        .arg(
            flag("stdin", "Read a program from the standard input and write it to the standard output")
                .conflicts_with("PATH"),
        )
}

pub fn read(matches: &ArgMatches) -> Format {
    let paths: Vec<PathBuf> = matches.get_many("PATH").into_iter().flatten().cloned().collect();
    Format {
        paths: if paths.is_empty() { vec![PathBuf::from(".")] } else { paths },
        check: matches.get_flag("check"),
        stdin: matches.get_flag("stdin"),
    }
}

/// Lines of a difference that are shown.
const SHOWN: usize = 6;

/// How many files ended how.
#[derive(Default)]
struct Counts {
    changed: usize,
    unchanged: usize,
    worst: Option<Exit>,
}

impl Desk<'_> {
    pub fn format(&mut self, task: &Format) -> Exit {
        if task.stdin {
            return self.format_stdin(task.check);
        }
        let mut counts = Counts::default();
        for path in &task.paths {
            match command::programs(path) {
                Ok(files) => files.iter().for_each(|file| self.format_file(file, task.check, &mut counts)),
                Err(message) => counts.worst = counts.worst.max(Some(self.refuse(&message))),
            }
        }
        let verb = if task.check { "would change" } else { "changed" };
        self.output.line(&format!("{} {verb}, {} unchanged", counted(counts.changed, "file"), counts.unchanged));
        let unfit = (task.check && counts.changed > 0).then_some(Exit::Program);
        counts.worst.max(unfit).unwrap_or(Exit::Fine)
    }

    fn format_file(&mut self, path: &Path, check: bool, counts: &mut Counts) {
        let failed = match self.formatted(path) {
            Ok((old, new)) if old == new => {
                counts.unchanged += 1;
                return;
            }
            Ok((old, new)) if check => {
                self.output.line(&difference(&path.to_string_lossy(), &old, &new));
                Ok(())
            }
            Ok((_, new)) => {
                let written = replace(path, &new);
                let message = |error| format!("`{}` cannot be written: {error}", path.display());
                written.map(|()| self.output.line(&path.to_string_lossy())).map_err(|e| self.refuse(&message(e)))
            }
            Err(exit) => Err(exit),
        };
        match failed {
            Ok(()) => counts.changed += 1,
            Err(exit) => counts.worst = counts.worst.max(Some(exit)),
        }
    }

    /// The text of a file, and what it would be; what is wrong is reported.
    fn formatted(&mut self, path: &Path) -> Result<(String, String), Exit> {
        let (name, text, _) = command::read(path).map_err(|message| self.refuse(&message))?;
        let new = self.format_text(&name, &text)?;
        Ok((text, new))
    }

    fn format_text(&mut self, name: &str, text: &str) -> Result<String, Exit> {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        format(file, text).map_err(|diagnostics| {
            diagnostics.iter().for_each(|diagnostic| self.show(diagnostic, &sources));
            Exit::Program
        })
    }

    fn format_stdin(&mut self, check: bool) -> Exit {
        let mut text = String::new();
        if let Err(error) = std::io::stdin().read_to_string(&mut text) {
            return self.refuse(&format!("the standard input cannot be read: {error}"));
        }
        match self.format_text("<stdin>", &text) {
            Ok(new) if check && new == text => Exit::Fine,
            Ok(new) if check => {
                self.output.line(&difference("<stdin>", &text, &new));
                Exit::Program
            }
            Ok(new) => {
                self.output.verbatim(&new);
                Exit::Fine
            }
            Err(exit) => exit,
        }
    }
}

/// Replaces a file as a whole. Behind a link the file is replaced and not the link; what may be done with it stays.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = std::fs::metadata(&path)?.permissions();
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| std::io::Error::other("its name is no text"))?;
    Files::at(path.parent().unwrap_or(Path::new("."))).write(name, text.as_bytes())?;
    std::fs::set_permissions(&path, permissions)
}

/// `a.dln:3`, then the first lines that differ, old and new.
fn difference(name: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (mut before, mut behind) = (&old[same..], &new[same..]);
    while let ([rest @ .., a], [others @ .., b]) = (before, behind)
        && a == b
    {
        (before, behind) = (rest, others);
    }
    let mut lines = vec![format!("{name}:{}", same + 1)];
    for (sign, part) in [("-", before), ("+", behind)] {
        lines.extend(part.iter().take(SHOWN).map(|line| format!("{sign} {line}")));
        if part.len() > SHOWN {
            lines.push(format!("{sign} .. and {} lines more", part.len() - SHOWN));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_is_what_lies_between() {
        assert_eq!(difference("a.dln", "a\nb\nc\n", "a\nx\ny\nc\n"), "a.dln:2\n- b\n+ x\n+ y");
        assert_eq!(difference("a.dln", "a\n\n\n", "a\n"), "a.dln:2\n- \n- ");
    }
}
