//! `dln bench`: the training step of a program, run again and again. `step-server` lets another process say when, so that several
//! frameworks can take turns; `profile` says where the time goes.

use super::args::{count, value};
use super::chain::{Overrides, Session, Steps};
use super::command::{Desk, Exit};
use super::profile;
use crate::diag::Diagnostic;
use crate::io;
use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;
use std::io::BufRead;
use std::path::PathBuf;

/// A training step to be timed.
#[derive(Clone, Debug, PartialEq)]
pub struct Bench {
    pub file: PathBuf,
    pub threads: Option<usize>,
    pub measure: Measure,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// When and how long the standard input says.
    Serve,
    /// So many steps, part by part.
    Profile { steps: usize },
}

/// Steps of at least so many seconds are warm after one; shorter ones run for `WARM` seconds.
const LONG: f64 = 0.05;
const WARM: f64 = 0.2;
/// Warm enough, whatever the clock says.
const MOST: usize = 10_000;

pub fn words() -> Command {
    Command::new("bench")
        .about("Time the training step of a program")
        .subcommand_required(true)
        .subcommand(measured("step-server", "Run steps when the standard input says so: `go SECONDS`, `quit`"))
        .subcommand(
            measured("profile", "Where the time of a step goes: by line, by operation, by part")
                .arg(value("steps", "N", "Steps that are timed [default: 20]").value_parser(count())),
        )
}

/// A subcommand of `dln bench`.
fn measured(name: &'static str, about: &'static str) -> Command {
    let case = "A program with a `train` block, or the name of one in benches/cases";
    Command::new(name)
        .about(about)
        .arg(Arg::new("CASE").required(true).value_parser(value_parser!(PathBuf)).help(case))
        .arg(value("threads", "N", "Worker threads").value_parser(count()))
}

/// Steps that are profiled where nothing is said.
const PROFILED: usize = 20;

pub fn read(matches: &ArgMatches) -> Bench {
    let (name, matches) = matches.subcommand().expect("clap demands a subcommand");
    let measure = match name {
        "step-server" => Measure::Serve,
        _ => Measure::Profile { steps: matches.get_one("steps").copied().unwrap_or(PROFILED) },
    };
    let case: PathBuf = matches.get_one("CASE").cloned().unwrap_or_default();
    let file = match case.extension() {
        Some(_) => case,
        None => PathBuf::from(CASES).join(case).with_extension("dln"),
    };
    Bench { file, threads: matches.get_one("threads").copied(), measure }
}

/// Where a case without an ending lies.
const CASES: &str = "benches/cases";

impl Desk<'_> {
    pub fn bench(&mut self, session: &mut dyn Session, bench: &Bench) -> Exit {
        let overrides = Overrides { threads: bench.threads, ..Overrides::default() };
        match self.check(session, &overrides, false) {
            Exit::Fine => {}
            other => return other,
        }
        let (mut lines, mut apart) = (vec![], None);
        let ended = session.bench(&overrides, &mut |steps| match bench.measure {
            Measure::Serve => self.serve(steps, &mut std::io::stdin().lock()),
            Measure::Profile { steps: count } => {
                lines = profile::measure(steps, count, self.clock)?;
                apart = Some(steps.apart());
                Ok(())
            }
        });
        match ended {
            Ok(true) => {
                let sources = session.sources();
                let passes = apart.map(|apart| profile::passes(&apart, sources)).unwrap_or_default();
                profile::tables(&lines, sources).iter().chain(&passes).for_each(|line| self.output.line(line));
                Exit::Fine
            }
            Ok(false) => self.refuse("a program without a `train` block has no step"),
            Err(diagnostic) => {
                self.show(&diagnostic, session.sources());
                Exit::Failed
            }
        }
    }

    /// Answers `go SECONDS` with how many steps ran in how many seconds, until `quit` or the end of the input.
    fn serve(&mut self, steps: &mut dyn Steps, input: &mut dyn BufRead) -> Result<(), Diagnostic> {
        warm(steps, self.clock)?;
        self.output.line(&json!({ "ready": true, "units": 1, "parameters": steps.parameters() }).to_string());
        let mut line = String::new();
        while input.read_line(&mut line).is_ok_and(|read| read > 0) {
            let mut words = line.split_whitespace();
            match (words.next(), words.next().map(str::parse)) {
                (None, _) => {}
                (Some("quit"), _) => break,
                (Some("go"), Some(Ok(seconds))) => {
                    let (count, seconds) = run_for(steps, seconds, self.clock)?;
                    self.output.line(&json!({ "steps": count, "seconds": seconds }).to_string());
                }
                _ => self.output.report(&format!("error: `{}` is neither `go SECONDS` nor `quit`", line.trim())),
            }
            line.clear();
        }
        let peak = io::memory::peak().map(|bytes| bytes as f64 / (1 << 20) as f64);
        self.output.line(&json!({ "peak_rss_mb": peak }).to_string());
        Ok(())
    }
}

/// Runs steps until memory has been touched and caches are full.
pub fn warm(steps: &mut dyn Steps, clock: &dyn Fn() -> f64) -> Result<(), Diagnostic> {
    steps.step()?;
    steps.step()?;
    let (_, first) = run_for(steps, 0.0, clock)?;
    let began = clock();
    for _ in 0..MOST {
        if first >= LONG || clock() - began >= WARM {
            break;
        }
        steps.step()?;
    }
    Ok(())
}

/// One step at least, and then until so many seconds have passed; how many there were, in how many seconds.
fn run_for(steps: &mut dyn Steps, limit: f64, clock: &dyn Fn() -> f64) -> Result<(usize, f64), Diagnostic> {
    let began = clock();
    for count in 1.. {
        steps.step()?;
        let seconds = clock() - began;
        if seconds >= limit {
            return Ok((count, seconds));
        }
    }
    unreachable!("there is no last number")
}
