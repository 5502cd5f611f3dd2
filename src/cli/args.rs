//! The words of the command line. The settings of a file are flags of `dln run`, so that command is made twice: without
//! them to find the file, and with them to read everything.

use super::bench::{self, Bench};
use super::chain::{Hyper, HyperKind, HyperValue, Overrides};
use super::doc::{self, Doc};
use super::format::{self, Format};
use super::graph::{self, Draw};
use super::import::{self, Import};
use super::runs::{self, Leave, Runs};
use super::summary::{self, Summarize};
use super::sweep::{Lists, Sweep, metric};
use super::{project, repl, shell};
use crate::driver::Matmul;
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::path::PathBuf;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    Run { file: PathBuf, overrides: Overrides, leave: Leave, dry_run: bool },
    Check { files: Vec<PathBuf> },
    Test { files: Vec<PathBuf>, only: Option<String> },
    Runs(Runs),
    Sweep(Sweep),
    Format(Format),
    New(PathBuf),
    Completions(clap_complete::Shell),
    Manual(Option<String>),
    Explain { code: String },
    Bench(Bench),
    Import(Import),
    Lsp,
    Repl(repl::Repl),
    Summary(Summarize),
    Graph(Draw),
    Doc(Doc),
}

/// A task and how to speak of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub task: Task,
    pub json: bool,
}

/// Flags of `dln run` that a setting of a file with the same name hides: it is what the file calls so.
const HIDEABLE: [&str; 2] = ["seed", "epochs"];
/// Flags that stay; a setting with such a name gets a longer flag.
const RESERVED: [&str; 15] = [
    "help",
    "version",
    "json",
    "threads",
    "dry-run",
    "resume",
    "no-folder",
    "trials",
    "draw",
    "halving",
    "eta",
    "metric",
    "jobs",
    "to",
    "matmul",
];

/// The file of `dln run FILE ..` and `dln sweep FILE ..`, wherever it stands among the flags: the first word with the ending of a program, or else
/// the first that is no flag.
pub fn program(args: &[OsString]) -> Option<PathBuf> {
    let (command, words) = args.get(1..)?.split_first()?;
    if command != "run" && command != "sweep" {
        return None;
    }
    let words = || words.iter().map(PathBuf::from);
    let ends = |word: &PathBuf| word.extension().is_some_and(|ending| ending == "dln");
    let flag = |word: &PathBuf| word.to_string_lossy().starts_with('-');
    words().find(ends).or_else(|| words().find(|word| !flag(word)))
}

/// Reads the command line; `hypers` are the settings of the file that `program` found. The error prints itself, as help
/// does.
pub fn parse(args: &[OsString], hypers: &[Hyper]) -> Result<Request, clap::Error> {
    let matches = command(hypers).try_get_matches_from(args)?;
    let (name, matches) = matches.subcommand().expect("clap demands a subcommand");
    let task = match name {
        "run" => Task::Run {
            file: file(matches),
            overrides: overrides(matches, hypers),
            leave: runs::leave(matches),
            dry_run: matches.get_flag("dry-run"),
        },
        "check" => Task::Check { files: files(matches) },
        "test" => Task::Test { files: files(matches), only: matches.get_one("only").cloned() },
        "runs" => Task::Runs(runs::read(matches)),
        "sweep" => Task::Sweep(sweep_of(matches, hypers)),
        "bench" => Task::Bench(bench::read(matches)),
        "import" => Task::Import(import::read(matches)),
        "fmt" => Task::Format(format::read(matches)),
        "new" => Task::New(project::read(matches)),
        "completions" => Task::Completions(shell::shell(matches)),
        "man" => Task::Manual(matches.get_one("COMMAND").cloned()),
        "explain" => Task::Explain { code: matches.get_one("CODE").cloned().unwrap_or_default() },
        "lsp" => Task::Lsp,
        "repl" => Task::Repl(repl::read(matches)),
        "summary" => Task::Summary(summary::read(matches)),
        "graph" => Task::Graph(graph::read(matches)),
        "doc" => Task::Doc(doc::read(matches)),
        other => unreachable!("`{other}` is no command"),
    };
    let json = matches.try_get_one::<bool>("json").ok().flatten();
    Ok(Request { task, json: json.copied().unwrap_or(false) })
}

fn files(matches: &ArgMatches) -> Vec<PathBuf> {
    matches.get_many("FILE").into_iter().flatten().cloned().collect()
}

pub fn file(matches: &ArgMatches) -> PathBuf {
    matches.get_one("FILE").cloned().unwrap_or_default()
}

fn overrides(matches: &ArgMatches, hypers: &[Hyper]) -> Overrides {
    let given = |hyper: &Hyper| {
        let value: Option<&HyperValue> = matches.get_one(&id(hyper));
        value.map(|value| (hyper.name.clone(), value.clone()))
    };
    Overrides {
        hypers: hypers.iter().filter_map(given).collect(),
        seed: matches.try_get_one("seed").ok().flatten().copied(),
        epochs: matches.try_get_one("epochs").ok().flatten().copied(),
        threads: matches.get_one("threads").copied(),
        matmul: matches.get_one("matmul").copied(),
        kept: true,
        resume: matches.get_flag("resume"),
        folder: None,
    }
}

fn sweep_of(matches: &ArgMatches, hypers: &[Hyper]) -> Sweep {
    let list = |hyper: &Hyper| {
        let values: Vec<HyperValue> = matches.get_many(&id(hyper))?.cloned().collect();
        Some((hyper.name.clone(), values))
    };
    let seeds = matches.try_get_many::<u64>("seed").ok().flatten();
    Sweep {
        file: file(matches),
        lists: Lists {
            settings: hypers.iter().filter_map(list).collect(),
            seeds: seeds.into_iter().flatten().copied().collect(),
        },
        epochs: matches.try_get_one("epochs").ok().flatten().copied(),
        trials: matches.get_one("trials").copied(),
        draw: matches.get_one("draw").copied().unwrap_or(0),
        halving: matches.get_flag("halving").then(|| matches.get_one("eta").copied().unwrap_or(ETA)),
        metric: matches.get_one("metric").cloned(),
        jobs: matches.get_one("jobs").copied().unwrap_or(1),
        threads: matches.get_one("threads").copied(),
        to: matches.get_one("to").cloned(),
    }
}

/// How many trials there are for one that goes on to the next round of halving.
const ETA: usize = 3;

/// All words; `hypers` are the settings of the program at hand.
pub fn command(hypers: &[Hyper]) -> Command {
    Command::new("dln")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Exit codes: 0 fine, 1 the program is wrong, 2 the command line is wrong, 3 failed while running, 130 interrupted")
        .subcommand(run(hypers))
        .subcommand(sweep(hypers))
        .subcommand(runs::words())
        .subcommand(
            Command::new("check")
                .about("Check programs, and all programs in folders, without running them")
                .arg(path("FILE").num_args(1..).action(ArgAction::Append))
                .arg(json()),
        )
        .subcommand(
            Command::new("test")
                .about("Run the `test` blocks of programs, and of all programs in folders")
                .arg(path("FILE").num_args(1..).action(ArgAction::Append))
                .arg(value("only", "NAME", "Only tests with this in their names"))
                .arg(json()),
        )
        .subcommand(format::words())
        .subcommand(project::words())
        .subcommand(shell::completions())
        .subcommand(shell::man())
        .subcommand(bench::words())
        .subcommand(import::words())
        .subcommand(
            Command::new("explain")
                .about("Explain a code of an error, such as E0501")
                .arg(Arg::new("CODE").required(true)),
        )
        .subcommand(repl::words())
        .subcommand(summary::words())
        .subcommand(graph::words())
        .subcommand(doc::words())
        .subcommand(
            // Clients say `--stdio` to servers that have another way too.
            Command::new("lsp")
                .about("Serve an editor: the language server, over the standard streams")
                .arg(flag("stdio", "Over the standard streams, as without it").hide(true)),
        )
}

fn run(hypers: &[Hyper]) -> Command {
    let hidden = |name: &str| HIDEABLE.contains(&name) && hypers.iter().any(|hyper| long(hyper) == name);
    let own = [
        value("seed", "N", "Seed of the order of rows and of all random numbers").value_parser(value_parser!(u64)),
        value("epochs", "N", "Epochs of every `train` block").value_parser(count()),
    ];
    Command::new("run")
        .about("Run a program: train what it says, and do what it says")
        .arg(path("FILE"))
        .args(own.into_iter().filter(|arg| !hidden(arg.get_id().as_str())))
        .arg(value("threads", "N", "Worker threads; the result does not depend on them").value_parser(count()))
        .arg(
            value(
                "matmul",
                "exact|fast",
                "Products of f32: with errors of f32, or with factors of 16 bits [default: exact]",
            )
            .value_parser(ValueParser::new(matmul)),
        )
        .arg(flag("resume", "Go on where an interrupted run of this program stood, if there is one"))
        .args(runs::leave_words())
        .arg(flag("dry-run", "Check, show where each setting comes from, and stop"))
        .arg(json())
        .next_help_heading("Settings of the program")
        .args(hypers.iter().map(hyper_arg))
}

fn sweep(hypers: &[Hyper]) -> Command {
    let hidden = |name: &str| HIDEABLE.contains(&name) && hypers.iter().any(|hyper| long(hyper) == name);
    let own = [
        value("seed", "N,..", "Seeds of the runs").value_parser(value_parser!(u64)).value_delimiter(','),
        value("epochs", "N", "Epochs of every `train` block, at most").value_parser(count()),
    ];
    let eta = "With --halving, of how many trials one goes on [default: 3]";
    Command::new("sweep")
        .about("Run a program with many settings: all combinations of the values that are given, or --trials draws")
        .arg(path("FILE"))
        .args(own.into_iter().filter(|arg| !hidden(arg.get_id().as_str())))
        .arg(
            value("trials", "N", "Draw settings: of the values given, and of the ranges that the program declares")
                .value_parser(count()),
        )
        .arg(value("draw", "N", "Seed of the draws [default: 0]").value_parser(value_parser!(u64)))
        .arg(flag("halving", "Successive halving: short runs first, longer ones for the best"))
        .arg(value("eta", "N", eta).value_parser(eta_of()))
        .arg(
            value("metric", "METRIC", "`val.loss`, or `highest val.score` [default: what `save` or `stop` watches]")
                .value_parser(ValueParser::new(metric)),
        )
        .arg(value("jobs", "N", "Runs at a time [default: 1]").value_parser(count()))
        .arg(value("threads", "N", "Worker threads; the result does not depend on them").value_parser(count()))
        .arg(
            value("to", "DIR", "Folder of the trials and the summary [default: runs/NAME-sweep beside the program]")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(json())
        .next_help_heading("Settings of the program, each with one value or several: 1e-4,3e-4")
        .args(hypers.iter().map(|hyper| hyper_arg(hyper).value_delimiter(',').action(ArgAction::Append)))
}

fn matmul(text: &str) -> Result<Matmul, String> {
    match text {
        "exact" => Ok(Matmul::Exact),
        "fast" => Ok(Matmul::Fast),
        _ => Err("`exact` or `fast` is expected".to_string()),
    }
}

fn eta_of() -> ValueParser {
    let parse = |text: &str| match text.parse() {
        Ok(0 | 1) | Err(_) => Err("a whole number from 2 is expected".to_string()),
        Ok(n) => Ok::<usize, String>(n),
    };
    ValueParser::new(parse)
}

pub fn json() -> Arg {
    flag("json", "Print JSON, one object a line")
}

pub fn path(name: &'static str) -> Arg {
    Arg::new(name).required(true).value_parser(value_parser!(PathBuf)).help("A program, such as digits.dln")
}

pub fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

pub fn value(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

pub fn count() -> ValueParser {
    let parse = |text: &str| match text.parse() {
        Ok(0) | Err(_) => Err("a whole number from 1 is expected".to_string()),
        Ok(n) => Ok::<usize, String>(n),
    };
    ValueParser::new(parse)
}

/// `--weight-decay <Float>  Pulls weights to zero [default: 1e-2]`
fn hyper_arg(hyper: &Hyper) -> Arg {
    let kind = hyper.kind;
    let default = format!("[default: {}]", hyper.default);
    let domain = if hyper.domain.is_empty() { String::new() } else { format!(" [in {}]", hyper.domain) };
    let help = format!("{} {default}{domain}", hyper.doc.trim());
    Arg::new(id(hyper))
        .long(long(hyper))
        .aliases(as_written(hyper))
        .value_name(kind.name())
        .help(help.trim().to_string())
        .allow_negative_numbers(true)
        .value_parser(ValueParser::new(move |text: &str| kind.parse(text)))
}

fn id(hyper: &Hyper) -> String {
    format!("hyper {}", hyper.name)
}

/// The name of a setting as a flag.
fn long(hyper: &Hyper) -> String {
    let name = hyper.name.replace('_', "-");
    if RESERVED.contains(&name.as_str()) { format!("hyper-{name}") } else { name }
}

/// The name as the file has it works too, where it is another one.
fn as_written(hyper: &Hyper) -> Option<String> {
    hyper.name.contains('_').then(|| hyper.name.to_string())
}

impl HyperKind {
    /// As written in dln.
    pub fn name(self) -> &'static str {
        match self {
            HyperKind::Int => "Int",
            HyperKind::Float => "Float",
            HyperKind::Bool => "Bool",
            HyperKind::Str => "Str",
        }
    }

    /// Reads a value as dln would.
    fn parse(self, text: &str) -> Result<HyperValue, String> {
        let plain = text.replace('_', "");
        let value = match self {
            HyperKind::Int => plain.parse().ok().map(HyperValue::Int),
            HyperKind::Float => plain.parse().ok().filter(|x: &f64| x.is_finite()).map(HyperValue::Float),
            HyperKind::Bool => text.parse().ok().map(HyperValue::Bool),
            HyperKind::Str => Some(HyperValue::Str(text.into())),
        };
        value.ok_or_else(|| match self {
            HyperKind::Int => "a whole number is expected".to_string(),
            HyperKind::Float => "a number is expected".to_string(),
            HyperKind::Bool | HyperKind::Str => "`true` or `false` is expected".to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn hyper(name: &str, kind: HyperKind, default: &str) -> Hyper {
        let (doc, default) = (format!("The {name}."), default.to_string());
        Hyper { name: name.into(), kind, default, domain: String::new(), doc, span: Span::none() }
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn read(line: &str, hypers: &[Hyper]) -> Result<Overrides, String> {
        let request = parse(&words(line), hypers).map_err(|error| error.to_string())?;
        match request.task {
            Task::Run { file, overrides, .. } => {
                assert_eq!(file, PathBuf::from("a.dln"));
                Ok(overrides)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_is_well_formed() {
        let kinds = [HyperKind::Int, HyperKind::Float, HyperKind::Bool, HyperKind::Str];
        let names = ["lr", "seed", "epochs", "json", "weight_decay", "help", "dry_run"];
        let hypers: Vec<Hyper> = names.iter().zip(kinds.iter().cycle()).map(|(n, &k)| hyper(n, k, "1")).collect();
        command(&hypers).debug_assert();
    }

    #[test]
    fn settings_are_flags_with_types() {
        let hypers = [hyper("lr", HyperKind::Float, "1e-3"), hyper("hidden_size", HyperKind::Int, "128")];
        let given = read("dln run --lr 3e-4 a.dln --hidden-size 1_000", &hypers).unwrap();
        assert_eq!(
            given.hypers,
            [("lr".into(), HyperValue::Float(3e-4)), ("hidden_size".into(), HyperValue::Int(1000)),]
        );
        assert_eq!(read("dln run a.dln --lr -1 --hidden_size=2", &hypers).unwrap().hypers.len(), 2);
        assert_eq!(read("dln run a.dln", &hypers).unwrap(), Overrides { kept: true, ..Overrides::default() });
        assert!(read("dln run a.dln --lr abc", &hypers).unwrap_err().contains("a number is expected"));
        assert!(read("dln run a.dln --hidden-size 1.5", &hypers).unwrap_err().contains("a whole number"));
    }

    #[test]
    fn a_wrong_flag_names_the_nearest() {
        let error = read("dln run a.dln --learning-rte 1", &[hyper("learning_rate", HyperKind::Float, "1")]);
        assert!(error.unwrap_err().contains("--learning-rate"));
    }

    #[test]
    fn help_shows_type_default_and_doc() {
        let help = read("dln run a.dln --help", &[hyper("lr", HyperKind::Float, "1e-3")]).unwrap_err();
        assert!(help.contains("--lr <Float>") && help.contains("The lr. [default: 1e-3]"), "{help}");
    }

    #[test]
    fn a_setting_of_the_file_hides_the_flag_of_its_name() {
        let given = read("dln run a.dln --epochs 3", &[hyper("epochs", HyperKind::Int, "20")]).unwrap();
        assert_eq!((given.epochs, given.hypers.len()), (None, 1));
        let given = read("dln run a.dln --epochs 3 --seed 7 --threads 2", &[]).unwrap();
        assert_eq!((given.epochs, given.seed, given.threads), (Some(3), Some(7), Some(2)));
        assert!(read("dln run a.dln --epochs 0", &[]).is_err());
        let given = read("dln run a.dln --matmul fast", &[]).unwrap();
        assert_eq!(given.matmul, Some(Matmul::Fast));
        assert!(read("dln run a.dln --matmul slow", &[]).is_err());
        let given = read("dln run a.dln --hyper-threads 3", &[hyper("threads", HyperKind::Int, "1")]).unwrap();
        assert_eq!((given.threads, given.hypers.len()), (None, 1));
    }

    #[test]
    fn the_file_is_found_among_flags() {
        let found = |line: &str| program(&words(line));
        assert_eq!(found("dln run --lr 3e-4 a.dln --x b"), Some("a.dln".into()));
        assert_eq!(found("dln run --json model"), Some("model".into()));
        assert_eq!(found("dln run --help"), None);
        assert_eq!(found("dln check a.dln"), None);
        assert_eq!(found("dln"), None);
    }
}
