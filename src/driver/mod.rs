//! The whole chain, readable from top to bottom:
//!
//! ```text
//! text -- syntax --> ast -- sema --> typed programs -- lower (grad) --> graph -- opt --> graph -- plan --> plan -- exec --> values
//! ```
//!
//! `Program::open` reads a file and all that it uses; `check` proves it; `Engine` runs what was checked, making graph
//! and plan of each program when the sizes of its arguments are known, once for each size.

mod bench;
mod blame;
mod engine;
pub mod figure;
mod library;
mod memory;
mod peak;
mod plans;
mod resume;
mod run;
pub mod summary;
mod timing;

pub use crate::exec::{Entry, Matmul, Profile, take_threads, use_matmul, use_threads};
pub use crate::plan::Apart;
pub use bench::Bench;
pub use engine::{Engine, known_shape};
pub use peak::{Peak, peaks};
pub use run::{Checkpoint, How, TestOutcome, run, run_timed, test};
pub use timing::Times;

use crate::base::{Name, Sources};
use crate::diag::{Diagnostic, Severity};
use crate::io::Files;
use crate::sema::{self, Assembled, Checked, Modules, Options};
use crate::syntax::ast::{Item, ItemKind, Param, TypeKind};
use crate::{lower, opt, plan, stdlib};

/// A file with everything that it uses, read and parsed.
pub struct Program {
    pub sources: Sources,
    pub modules: Modules,
    pub files: Files,
}

impl Program {
    /// Reads the main file's text and the files that it uses.
    pub fn open(name: &str, text: &str, files: Files) -> Program {
        let mut sources = Sources::default();
        let mut library = library::Library::new(&files, name);
        let modules = Modules::load(&mut sources, name, text, stdlib::prelude(), &mut library);
        Program { sources, modules, files }
    }

    /// A program out of the items of several texts, which are the first of `sources`: that of a session.
    pub fn assemble(mut sources: Sources, main: Assembled, files: Files) -> Program {
        let name = main.name.clone();
        let mut library = library::Library::new(&files, &name);
        let modules = Modules::assemble(&mut sources, main, stdlib::prelude(), &mut library);
        Program { sources, modules, files }
    }

    /// Names, types, sizes. `functions` of the main file become programs too.
    pub fn check(&self, options: &Options, functions: &[&str]) -> Checked {
        on_large_stack(|| {
            let mut checked = sema::check(&self.modules, options, functions);
            checked.diagnostics.sort_by_key(|d| (d.span().file, d.span().lo));
            checked
        })
    }

    /// As `check`, with all functions of the main file whose parameters are tensors as programs.
    pub fn check_functions(&self, options: &Options) -> Checked {
        let is_tensor = |param: &Param| param.ty.as_ref().is_some_and(|ty| matches!(ty.kind, TypeKind::Tensor { .. }));
        let name = |item: &Item| match &item.kind {
            ItemKind::Fn(func) if !func.params.is_empty() && func.params.iter().all(is_tensor) => {
                Some(func.name.name.clone())
            }
            _ => None,
        };
        let names: Vec<Name> = self.modules.get(sema::MAIN).ast.items.iter().filter_map(name).collect();
        self.check(options, &names.iter().map(|name| &**name).collect::<Vec<_>>())
    }

    /// As `check`; what is known of definitions that are as they were is not looked for again.
    pub fn check_again(&self, options: &Options, known: &mut sema::Known) -> Checked {
        on_large_stack(|| {
            known.begin(&self.modules, &self.sources);
            let mut checked = sema::check_again(&self.modules, options, known);
            checked.diagnostics.sort_by_key(|d| (d.span().file, d.span().lo));
            checked
        })
    }
}

/// Whether a program may run.
pub fn is_sound(diagnostics: &[Diagnostic]) -> bool {
    !diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// A checked program for given sizes, down to its plan.
pub fn compile(program: &crate::tir::Program, sizes: &lower::Sizes) -> (lower::Lowered, plan::Plan) {
    planned(lower::lower(program, sizes), sizes.is_empty())
}

/// What was lowered, down to its plan; `alone` where there are no other sizes.
fn planned(mut lowered: lower::Lowered, alone: bool) -> (lower::Lowered, plan::Plan) {
    lowered.graph = opt::optimize(&lowered.graph);
    let options = engine::plan_options(&lowered, alone);
    let plan = plan::plan(&lowered.graph, &options);
    (lowered, plan)
}

/// The checker follows the nesting of a program; deep nesting is not a reason to fall over.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    const STACK: usize = 256 << 20;
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        match worker.map(|worker| worker.join()) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread can be started: {error}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files that a program is made of.
    fn read(text: &str) -> Vec<String> {
        let program = Program::open("main.dln", text, Files::at("."));
        assert!(program.modules.diagnostics.is_empty());
        program.modules.list.iter().map(|module| module.name.clone()).collect()
    }

    #[test]
    fn of_what_only_passes_on_no_more_is_read_than_is_named() {
        let has = |files: &[String], name: &str| files.iter().any(|file| file == name);
        let one = read("use std.loss: mse as error\n");
        assert!(
            has(&one, "std/loss.dln") && has(&one, "std/loss/regression.dln") && !has(&one, "std/loss/ctc.dln"),
            "{one:?}"
        );
        let two = read("use std.loss: mse\nuse std.loss: ctc\n");
        assert!(
            has(&two, "std/loss/regression.dln") && has(&two, "std/loss/ctc.dln") && !has(&two, "std/loss/gan.dln"),
            "{two:?}"
        );
        let all = read("use std.loss\n");
        assert!(has(&all, "std/loss/gan.dln") && has(&all, "std/loss/ctc.dln"), "{all:?}");
    }
}
