//! Stages as text: without times, places on this machine, or anything else that differs between runs.

use dln::base::{FileId, Sources};
use dln::driver;
use dln::graph;
use dln::lower::{self, Lowered};
use dln::plan::Plan;
use dln::sema::{Checked, Function};
use dln::syntax::lexer::lex;
use dln::syntax::token::Token;
use dln::tir::{Kind, Program, Source};
use dln::train::{Event, Metrics};
use std::fmt::Write;

pub fn tokens(sources: &Sources, file: FileId, program: &str) -> String {
    let mut out = String::new();
    let trivia = |token: Token| matches!(token, Token::Space | Token::Newline | Token::Comment);
    for token in lex(program).into_iter().filter(|t| !trivia(t.token)) {
        let (line, column) = sources.get(file).map_or((0, 0), |source| source.position(token.range.start));
        let _ = writeln!(out, "{line}:{column} {:?} {}", token.token, &program[token.range]);
    }
    out
}

/// `3 shapes proved, 1 checked at run time`, and the latter.
pub fn counts(checked: &Checked) -> String {
    let counts = checked.counts;
    let mut out = format!("{} proved, {} at run time\n", counts.proved, counts.at_run_time);
    for check in &checked.at_run_time {
        let _ = writeln!(out, "{}: {}", check.code, check.claim);
    }
    out
}

pub fn programs(checked: &Checked) -> String {
    named(checked).map(|(name, program)| format!("{name}:\n{program}\n")).collect()
}

/// Each graph that can be made before data comes; its text must parse back to it.
pub fn graphs(checked: &Checked) -> Result<String, String> {
    let mut out = String::new();
    for (name, lowered, _) in compiled(checked) {
        let text = lowered.graph.to_string();
        let again = graph::parse(&text).map_err(|error| format!("the graph of {name} does not parse: {error}"))?;
        if again.to_string() != text {
            return Err(format!("the graph of {name} parses back to another:\n{again}"));
        }
        let _ = writeln!(out, "{name}:\n{text}");
    }
    Ok(out)
}

pub fn plans(checked: &Checked) -> String {
    compiled(checked).map(|(name, _, plan)| format!("{name}:\n{plan}\n")).collect()
}

fn compiled(checked: &Checked) -> impl Iterator<Item = (String, Lowered, Plan)> {
    named(checked).filter_map(|(name, program)| {
        let shapes = argument_shapes(program)?;
        let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let (lowered, plan) = driver::compile(program, &lower::bind(program, &shapes));
        Some((name, lowered, plan))
    })
}

/// The shapes of a program's arguments, when they are numbers.
fn argument_shapes(program: &Program) -> Option<Vec<Vec<usize>>> {
    let mut shapes = vec![];
    for node in &program.nodes {
        if let Kind::Input(Source::Arg(place)) = node.kind {
            let sizes = node.tys[0].shape.iter().map(|dim| usize::try_from(dim.as_const()?).ok());
            shapes.resize(shapes.len().max(place + 1), vec![]);
            shapes[place] = sizes.collect::<Option<Vec<usize>>>()?;
        }
    }
    Some(shapes)
}

/// Every program with the name that a reader knows it by.
fn named(checked: &Checked) -> impl Iterator<Item = (String, &Program)> {
    let name = |i: usize| {
        let test = checked.tests.iter().find(|test| test.program.index() == i);
        let function = checked.functions.iter().find(|function| function.program.index() == i);
        let derivatives = |f: &&Function| f.gradient.as_ref().is_some_and(|g| g.program.index() == i);
        let gradient = checked.functions.iter().find(derivatives).map(|f| format!("fn {}, with derivatives", f.name));
        let test = test.map(|test| format!("test \"{}\"", test.name));
        let function = function.map(|function| format!("fn {}", function.name));
        test.or(function).or(gradient).unwrap_or(format!("program {i}"))
    };
    checked.programs.iter().enumerate().map(move |(i, program)| (name(i), program))
}

/// One line for what a person would see of an event; nothing for the steps between.
pub fn event(event: &Event) -> String {
    match event {
        Event::Start { job, epochs, steps_per_epoch, parameters, .. } => {
            format!("train {job}: {epochs} epochs of {steps_per_epoch} steps, {parameters} parameters\n")
        }
        Event::Epoch { epoch, train, val } => {
            format!("epoch {epoch}:{}{}\n", metrics("", train), metrics("val.", val))
        }
        Event::Saved { path, .. } => format!("saved {path}\n"),
        Event::TakenUp { epoch, step } => format!("goes on in epoch {epoch}, after step {step}\n"),
        Event::Printed(line) => format!("{line}\n"),
        Event::Stopped { epoch, .. } => format!("stopped after epoch {epoch}\n"),
        Event::NotKept(diagnostic) => format!("{}\n", diagnostic.message),
        Event::Step { .. } | Event::Interrupted { .. } | Event::Done(_) => String::new(),
    }
}

/// ` loss 0.693147`
fn metrics(prefix: &str, metrics: &Metrics) -> String {
    metrics.iter().map(|(name, value)| format!(" {prefix}{name} {value:.6}")).collect()
}
