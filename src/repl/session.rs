//! A session: the items that were declared so far, in order, the values that they have, and what is made of the next input.
//!
//! Every input is checked as a program of its own: the items that are kept, and the input behind them. What has a value already
//! is not computed again. So the session is always a program that could stand in a file, and the values are those that
//! `dln run` would compute, but for weights that have been trained.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;

use crate::base::{FileId, Name, Sources};
use crate::diag::{self, Diagnostic, Severity};
use crate::driver::{Engine, Program};
use crate::io::Files;
use crate::sema::{Assembled, Checked, MAIN, Options, Question};
use crate::syntax::ast::{self, Item, ItemKind, StmtKind};
use crate::syntax::{Line, parse_snippet};

use super::kept::Kept;
use super::memory::Memory;
use super::needed::Known;
use super::settings::Settings;
use super::world::{Flow, Stop, World};
use super::{commands, doc};

pub struct Session {
    /// The texts of all inputs and loaded files, by the order in which they came.
    pub(super) sources: Sources,
    pub(super) kept: Vec<Kept>,
    /// Inputs that have said the sizes of layers with `_`.
    pub(super) sized: Vec<Item>,
    /// Top-level names with layers whose sizes nothing has said yet.
    pub(super) waiting: Vec<Name>,
    pub(super) memory: Memory,
    pub(super) settings: Settings,
    pub(super) files: Files,
    /// The file that was loaded last: the folder that its paths begin at, and its name there.
    pub(super) loaded: Option<(Files, String)>,
    /// Inputs so far.
    pub(super) number: usize,
}

/// The code of a name that is not known.
pub(super) const UNKNOWN: &str = "E0201";

/// A program and what the checker says of it.
pub(super) struct Seen {
    pub program: Program,
    pub checked: Checked,
}

impl Seen {
    /// Whether an item is part of the program.
    pub fn has(&self, item: &Item) -> bool {
        self.program.modules.get(MAIN).ast.items.iter().any(|own| own.span == item.span)
    }
}

impl Session {
    /// An empty session; paths begin at the folder of `files`.
    pub fn new(files: Files) -> Session {
        Session {
            sources: Sources::default(),
            kept: vec![],
            sized: vec![],
            waiting: vec![],
            memory: Memory::default(),
            settings: Settings::default(),
            files,
            loaded: None,
            number: 0,
        }
    }

    /// The number of the input that comes next: its diagnostics call it `<1>`.
    pub fn next(&self) -> usize {
        self.number + 1
    }

    /// Whether an input stops in the middle, so that another line belongs to it.
    pub fn is_incomplete(text: &str) -> bool {
        let line = text.trim_start();
        // The documentation of what comes next.
        if line.starts_with("##") && text.lines().all(|line| line.trim_start().starts_with("##")) {
            return true;
        }
        !line.starts_with([':', '?']) && !doc::is_asked(line) && parse_snippet(FileId(0), text).incomplete
    }

    /// Does what an input says. A mistake of dln itself costs that input, not the session.
    pub fn enter(&mut self, text: &str, world: &mut World) -> Flow {
        if text.trim().is_empty() {
            return Flow::GoOn;
        }
        self.number += 1;
        let done = catch_unwind(AssertUnwindSafe(|| self.input(text, world)));
        done.unwrap_or_else(|_| {
            world.say("this is a mistake of dln itself: please report it. The session goes on");
            Flow::GoOn
        })
    }

    fn input(&mut self, text: &str, world: &mut World) -> Flow {
        let line = text.trim();
        if let Some(command) = line.strip_prefix(':') {
            return commands::run(self, command, world);
        }
        match doc::asked(line) {
            Some(name) => doc::tell(self, name, world),
            // What was wrong has been told, and the next input comes.
            None => self.code(text, world).unwrap_or(()),
        }
        Flow::GoOn
    }

    /// Declarations and statements, one after another up to the first that fails.
    fn code(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        self.lines(text, world)?.into_iter().try_for_each(|line| self.enter_line(line, world))
    }

    /// One declaration or statement.
    pub(super) fn enter_line(&mut self, line: Line, world: &mut World) -> Result<(), Stop> {
        match line {
            Line::Item(item) => self.declare(item, world),
            Line::Stmts(block) => match assigned(&block) {
                Some(kind) => self.declare(Item { doc: None, kind, span: block.span }, world),
                None if names_sizes(&block) => self.find_sizes(block, world),
                None => self.ask(block, world),
            },
        }
    }

    /// The parts of a text, which becomes one of the sources; mistakes are told.
    pub(super) fn lines(&mut self, text: &str, world: &mut World) -> Result<Vec<Line>, Stop> {
        let file = self.sources.add(format!("<{}>", self.number), text.trim_end());
        let parsed = parse_snippet(file, text.trim_end());
        self.tell_all(&parsed.diagnostics, &self.sources, world)?;
        Ok(parsed.lines)
    }

    /// The one expression of a text.
    pub(super) fn expression(&mut self, text: &str, world: &mut World) -> Result<ast::Block, Stop> {
        match <[Line; 1]>::try_from(self.lines(text, world)?) {
            Ok([Line::Stmts(block)]) if block.value.is_some() => Ok(block),
            _ => {
                world.say("an expression is expected here, such as `net(x)`");
                Err(Stop)
            }
        }
    }

    /// The one expression or statement of a text.
    pub(super) fn statement(&mut self, text: &str, world: &mut World) -> Result<ast::Block, Stop> {
        match <[Line; 1]>::try_from(self.lines(text, world)?) {
            Ok([Line::Stmts(block)]) => Ok(block),
            _ => {
                world.say("an expression is expected here, such as `net(x)`");
                Err(Stop)
            }
        }
    }

    /// Items that are part of every program of the session.
    pub(super) fn standing(&self) -> Vec<Item> {
        super::declare::standing(&self.kept, &self.sized)
    }

    /// Checks items and a question behind them. `memory` says what is known.
    pub(super) fn check(&self, items: Vec<Item>, question: Option<Question>, memory: &Memory) -> Seen {
        let by_hand = question.as_ref().is_some_and(|question| trains(&question.block));
        let parts = self.sources.iter().map(|source| source.id).collect();
        let main = Assembled { name: "session".to_string(), parts, items, question };
        let program = Program::assemble(self.sources.clone(), main, self.files.clone());
        let options = Options { known: memory.types(by_hand), ..self.settings.options() };
        let checked = program.check(&options, &[]);
        Seen { program, checked }
    }

    /// What of the session something that mentions `first` needs.
    pub(super) fn needed(&self, first: BTreeSet<Name>) -> Vec<Item> {
        let Session { kept, sized, memory, waiting, sources, .. } = self;
        Known { kept, sized, memory, waiting, sources }.needed(first)
    }

    /// Takes from the layers that wait for their sizes those that have them in a program; true if there are some.
    pub(super) fn has_sized(&mut self, seen: &Seen) -> bool {
        let (there, waiting) = (self.names(seen), &seen.checked.standing.waiting);
        let before = self.waiting.len();
        self.waiting.retain(|name| !there.contains(name) || waiting.contains(name));
        self.waiting.len() < before
    }

    /// Memory for what was checked, with what is known in it; `stop` ends the computation of what is not.
    pub(super) fn engine<'c>(
        &self,
        checked: &'c Checked,
        memory: &Memory,
        stop: &'c AtomicBool,
    ) -> Result<Engine<'c>, Diagnostic> {
        let known = |path: &str| memory.get(path);
        let mut engine = Engine::with(checked, &self.files, self.settings.seed, &known, Some(stop))?;
        for kept in self.kept.iter().filter(|kept| !kept.aside) {
            let jobs = jobs_of(checked, kept);
            jobs.into_iter().zip(&kept.histories).for_each(|(job, history)| engine.keep_logs(job, history));
        }
        Ok(engine)
    }

    /// The names at the top of the session and of the files that it uses: what is below them is kept.
    pub(super) fn names(&self, seen: &Seen) -> BTreeSet<Name> {
        let own = seen.program.modules.list.iter().filter(|module| !module.std);
        own.flat_map(|module| module.names().cloned()).collect()
    }

    /// Tells diagnostics; fails if one is an error.
    pub(super) fn tell_all<'d>(
        &self,
        diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
        sources: &Sources,
        world: &mut World,
    ) -> Result<(), Stop> {
        let mut sound = Ok(());
        for diagnostic in diagnostics {
            let aside = self.aside(diagnostic, sources).map(|name| {
                diagnostic
                    .clone()
                    .note(format!("`{name}` was set aside: it no longer fits what was declared behind it"))
            });
            let told = aside.as_ref().unwrap_or(diagnostic);
            world.say(diag::render(sources, told, world.look.color).trim_end());
            if diagnostic.severity == Severity::Error {
                sound = Err(Stop);
            }
        }
        sound
    }

    /// The name that a diagnostic does not find, where it is one that was set aside.
    fn aside(&self, diagnostic: &Diagnostic, sources: &Sources) -> Option<Name> {
        let asked = Some(diagnostic.span()).filter(|span| diagnostic.code == UNKNOWN && !span.is_none());
        let name = sources.text(asked?);
        let aside = self.kept.iter().filter(|kept| kept.aside).flat_map(Kept::names);
        aside.into_iter().find(|aside| **aside == *name)
    }

    /// Tells what went wrong while something ran.
    pub(super) fn failed(&self, error: &Diagnostic, seen: &Seen, world: &mut World) -> Stop {
        if error.code.is_empty() {
            world.say(&error.message);
            return Stop;
        }
        // An error of the run is an error.
        let _ = self.tell_all([error], &seen.program.sources, world);
        Stop
    }
}

/// Whether a statement is a step of a training by hand.
pub(super) fn trains(block: &ast::Block) -> bool {
    block.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Minimize { .. }))
}

/// The places of the trainings that an item gives.
pub(super) fn jobs_of(checked: &Checked, kept: &Kept) -> Vec<usize> {
    let items = checked.standing.jobs.iter().enumerate();
    items.filter(|(_, item)| **item == kept.item.span).map(|(job, _)| job).collect()
}

/// `[k] boxes = found(x)`, which keeps the size too.
fn names_sizes(block: &ast::Block) -> bool {
    matches!(&block.stmts[..], [ast::Stmt { kind: StmtKind::Assign { .. }, .. }])
}

/// `x = 3` at the top is a declaration: `let x = 3`.
fn assigned(block: &ast::Block) -> Option<ItemKind> {
    match &block.stmts[..] {
        [ast::Stmt { kind: StmtKind::Assign { sizes, names, value }, .. }] if sizes.is_empty() => {
            Some(ItemKind::Let(ast::Let { names: names.clone(), ty: None, value: value.clone() }))
        }
        _ => None,
    }
}
