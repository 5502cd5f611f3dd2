//! What the commands do with a checked file.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::Name;
use crate::data::{Tables, mix};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::sema::Checked;
use crate::tir::Target;
use crate::train::{self, Call, Context, Event, Length, Machine};

use super::Engine;

/// Runs every `train` block, and what is shown between them, in the order of the file, over one memory. `seed` and `epochs` replace what the file says.
pub fn run(
    checked: &Checked,
    files: &Files,
    seed: Option<u64>,
    epochs: Option<usize>,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    let first = seed.or(checked.jobs.first().map(|job| job.seed)).unwrap_or(0);
    let mut engine = Engine::new(checked, files, first)?;
    let mut context = Context { files, tables: Tables::new(files), interrupt, tell };
    for (i, job) in checked.jobs.iter().enumerate() {
        show(checked, i, first, &mut engine, &mut context)?;
        let mut job = job.clone();
        job.seed = seed.unwrap_or(job.seed);
        job.epochs = epochs.unwrap_or(job.epochs);
        let summary = train::train(&job, &mut engine, &mut context)?;
        if summary.interrupted || interrupt.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
    show(checked, checked.jobs.len(), first, &mut engine, &mut context)
}

/// Does what stands at the top level behind so many `train` blocks.
fn show(
    checked: &Checked,
    behind: usize,
    seed: u64,
    engine: &mut Engine,
    context: &mut Context,
) -> Result<(), Diagnostic> {
    let mut here = checked.shown.iter().filter(|shown| shown.behind == behind);
    here.try_for_each(|shown| train::show(shown, seed, engine, context))
}

/// How a `test` block ended.
pub struct TestOutcome {
    pub name: Name,
    pub outcome: Result<(), Diagnostic>,
}

/// Runs every `test` block with `only` in its name, each with random numbers of its own, and from the first values.
pub fn test(
    checked: &Checked,
    files: &Files,
    only: Option<&str>,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(TestOutcome),
) -> Result<(), Diagnostic> {
    let mut engine = Engine::new(checked, files, 0)?;
    for (i, test) in checked.tests.iter().enumerate() {
        if only.is_some_and(|only| !test.name.contains(only)) {
            continue;
        }
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let key = mix(&[i as u64]);
        let call = Call { program: test.program, args: &[], step: 1, epoch: 1, length: Length::default(), key };
        let outcome = engine.run(&call).map(drop);
        tell(TestOutcome { name: test.name.clone(), outcome });
        let outputs = &checked.programs[test.program.index()].outputs;
        if outputs.iter().any(|output| matches!(output.to, Target::Cell(_))) {
            engine = Engine::new(checked, files, 0)?;
        }
    }
    Ok(())
}
