//! Commands that look at an expression without showing its value: types, graphs, plans, costs, times, derivatives.

use crate::cli::summary::{is_of, table};
use crate::driver::{self, summary};
use crate::lower::{self, Sizes};
use crate::ops::Tensor;
use crate::sema::Described;
use crate::tir::{Program, Ty};

use super::session::{Seen, Session};
use super::show;
use super::world::{Stop, World};

/// Runs of `:time`, and seconds after which there are enough.
const RUNS: usize = 1000;
const SECONDS: f64 = 1.0;

impl Session {
    /// `:type E`
    pub(super) fn tell_type(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let block = self.expression(text, world)?;
        let (seen, answer) = self.question(block, false, world)?;
        world.say(show::typed(&answer.value, &seen.program));
        Ok(())
    }

    /// `:shape E`: the shapes of the tensors in a value.
    pub(super) fn tell_shape(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let block = self.expression(text, world)?;
        let (seen, answer) = self.question(block, false, world)?;
        match (&answer.value, shapes(&answer.value)) {
            (_, Some(shape)) => world.say(shape),
            (Described::Layer { .. }, None) => {
                let lines = show::answer(&answer.value, &[], &seen, world.look);
                lines.into_iter().for_each(|line| world.say(line));
            }
            _ => world.say("this has no shape: it is no tensor"),
        }
        Ok(())
    }

    /// `:show E`: a picture of a matrix, a curve of a vector.
    pub(super) fn draw(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let (seen, answer, results) = self.computed(text, world)?;
        let tensors: Vec<(&str, &Tensor)> = match &answer {
            Described::Tensor { result, .. } => vec![("", &results[*result])],
            Described::Record(fields) => {
                let one = |(name, part): &'_ (crate::base::Name, Described)| match part {
                    Described::Tensor { result, .. } => Some((name.to_string(), *result)),
                    _ => None,
                };
                return self.draw_record(fields.iter().filter_map(one).collect(), &results, world);
            }
            Described::Tuple(parts) | Described::List(parts) => {
                let one = |(i, part): (usize, &Described)| match part {
                    Described::Tensor { result, .. } => Some((i.to_string(), *result)),
                    _ => None,
                };
                return self.draw_record(parts.iter().enumerate().filter_map(one).collect(), &results, world);
            }
            _ => vec![],
        };
        drop(seen);
        match &tensors[..] {
            [(_, tensor)] => {
                let lines = drawn(tensor, world);
                match lines {
                    Some(lines) => lines.into_iter().for_each(|line| world.say(line)),
                    None => world.say(format!(
                        "there is no drawing of {:?}: `[n]` is a curve, `[h, w]`, `[3, h, w]` and a row `[n, h, w]` are pictures",
                        tensor.shape
                    )),
                }
                Ok(())
            }
            _ => {
                world.say("there is nothing to draw: a tensor is expected");
                Err(Stop)
            }
        }
    }

    /// Curves over one another, or pictures below each other.
    fn draw_record(&self, parts: Vec<(String, usize)>, results: &[Tensor], world: &mut World) -> Result<(), Stop> {
        let tensors: Vec<&Tensor> = parts.iter().map(|(_, result)| &results[*result]).collect();
        if !tensors.is_empty() && tensors.iter().all(|tensor| tensor.shape.len() == 1) {
            let series: Vec<Vec<f64>> = tensors.iter().map(|tensor| tensor.to_f64()).collect();
            show::curves(&series, world.look).into_iter().for_each(|line| world.say(line));
            return Ok(());
        }
        for ((name, _), tensor) in parts.iter().zip(tensors) {
            if let Some(lines) = drawn(tensor, world) {
                world.say(format!("{name}:"));
                lines.into_iter().for_each(|line| world.say(line));
            }
        }
        Ok(())
    }

    /// `:graph E`: the operations that run, behind the optimizer's passes.
    pub(super) fn tell_graph(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let (lowered, _) = self.compiled(text, world)?;
        world.say(lowered.graph.to_string().trim_end());
        Ok(())
    }

    /// `:plan E`: the steps, with the places of their operands.
    pub(super) fn tell_plan(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let (_, plan) = self.compiled(text, world)?;
        world.say(plan.to_string().trim_end());
        Ok(())
    }

    fn compiled(&mut self, text: &str, world: &mut World) -> Result<(lower::Lowered, crate::plan::Plan), Stop> {
        let block = self.statement(text, world)?;
        let (seen, answer) = self.question(block, false, world)?;
        let program = &seen.checked.programs[answer.program.index()];
        computes(program, world)?;
        Ok(driver::compile(program, &sizes(program)))
    }

    /// `:summary E`: the layers that are called, with their costs. Without an expression, those of the trainings; of a layer
    /// that is named alone, what they call of it.
    pub(super) fn tell_summary(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let (mut summaries, mut layer) = (vec![], "");
        if !text.is_empty() {
            let block = self.statement(text, world)?;
            let (seen, answer) = self.question(block, false, world)?;
            let program = &seen.checked.programs[answer.program.index()];
            let none = Default::default();
            summaries.push(summary::summary(&seen.checked, text.to_string(), [program; 2], &[], &none, (&none, None)));
            if let (Described::Layer { .. }, true) = (&answer.value, summaries[0].rows.is_empty()) {
                layer = text;
            }
        }
        if text.is_empty() || !layer.is_empty() {
            let items = self.kept.iter().filter(|kept| !kept.aside).map(|kept| kept.item.clone()).collect();
            let seen = self.check(items, None, &self.memory);
            summaries = summary::summaries(&seen.checked, &Default::default());
        }
        let lines: Vec<String> = summaries
            .iter()
            .map(|s| (s, s.rows.iter().filter(|row| layer.is_empty() || is_of(row, layer)).collect::<Vec<_>>()))
            .filter(|(_, rows)| !rows.is_empty())
            .flat_map(|(s, rows)| table(s, &rows))
            .collect();
        if lines.is_empty() {
            world.say(match layer {
                "" => "nothing here calls a layer: `:summary net(x)`, or a `train` block".to_string(),
                layer => format!("nothing here calls `{layer}`: `:summary {layer}(x)` with an input"),
            });
            return Err(Stop);
        }
        lines.into_iter().for_each(|line| world.say(line));
        Ok(())
    }

    /// `:time E`: how long one run takes, behind the first.
    pub(super) fn time(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let block = self.expression(text, world)?;
        let began = (world.clock)();
        let (seen, answer) = self.question(block, false, world)?;
        let checked = (world.clock)() - began;
        computes(&seen.checked.programs[answer.program.index()], world)?;
        let mut engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        let began = (world.clock)();
        self.compute(&answer, &mut engine, world).map_err(|error| self.failed(&error, &seen, world))?;
        let first = (world.clock)() - began;
        let mut times = vec![];
        let began = (world.clock)();
        while times.len() < RUNS && (times.is_empty() || (world.clock)() - began < SECONDS) {
            let start = (world.clock)();
            self.compute(&answer, &mut engine, world).map_err(|error| self.failed(&error, &seen, world))?;
            times.push((world.clock)() - start);
            if world.interrupt.load(std::sync::atomic::Ordering::Relaxed) {
                break;
            }
        }
        times.sort_by(f64::total_cmp);
        world.say(format!(
            "{} (median of {}; checked in {}, planned and run first in {})",
            seconds(times[times.len() / 2]),
            times.len(),
            seconds(checked),
            seconds(first)
        ));
        Ok(())
    }

    /// `:grad E`: the value, and its derivatives in every parameter and every kept tensor that it reads.
    pub(super) fn tell_gradient(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let block = self.expression(text, world)?;
        let (seen, answer) = self.question(block, true, world)?;
        let mut engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        let results = self.compute(&answer, &mut engine, world).map_err(|error| self.failed(&error, &seen, world))?;
        let (values, gradients) = results.split_at(results.len() - answer.gradient.len());
        show::answer(&answer.value, values, &seen, world.look).into_iter().for_each(|line| world.say(line));
        for (name, gradient) in answer.gradient.iter().zip(gradients) {
            let ty = Ty::new(gradient.dtype(), vec![]);
            let lines = show::tensor(gradient, &ty, world.look);
            match &lines[..] {
                [one] => world.say(format!("d {name}: {one}")),
                [first, rest @ ..] => {
                    world.say(format!("d {name}: {first}"));
                    rest.iter().for_each(|line| world.say(format!("  {line}")));
                }
                [] => {}
            }
        }
        Ok(())
    }

    /// The value of an expression, computed.
    fn computed(&mut self, text: &str, world: &mut World) -> Result<(Seen, Described, Vec<Tensor>), Stop> {
        let block = self.expression(text, world)?;
        let (seen, answer) = self.question(block, false, world)?;
        let mut engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        let results = self.compute(&answer, &mut engine, world).map_err(|error| self.failed(&error, &seen, world))?;
        drop(engine);
        Ok((seen, answer.value, results))
    }
}

/// Fails where a program computes nothing: a layer, a number of the program.
fn computes(program: &Program, world: &mut World) -> Result<(), Stop> {
    if program.outputs.is_empty() {
        world.say("nothing is computed here: an expression with tensors is expected, such as `net(x)`");
        return Err(Stop);
    }
    Ok(())
}

fn drawn(tensor: &Tensor, world: &World) -> Option<Vec<String>> {
    match tensor.shape.len() {
        1 => Some(show::curves(&[tensor.to_f64()], world.look)),
        _ => show::picture(tensor, world.look),
    }
}

/// The shapes in a value; none where there is no tensor in it.
fn shapes(value: &Described) -> Option<String> {
    let list = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(", "));
    match value {
        Described::Tensor { ty, .. } => {
            let sizes: Vec<String> = ty.shape.iter().map(ToString::to_string).collect();
            Some(format!("[{}]", sizes.join(", ")))
        }
        Described::Tuple(parts) | Described::List(parts) => {
            list(parts.iter().filter_map(shapes).collect()).map(|parts| format!("({parts})"))
        }
        Described::Record(fields) => {
            let named = fields.iter().filter_map(|(name, part)| Some(format!("{name}: {}", shapes(part)?)));
            list(named.collect()).map(|parts| format!("({parts})"))
        }
        _ => None,
    }
}

/// Numbers for the sizes of a program that only its data say.
fn sizes(program: &Program) -> Sizes {
    program.found.iter().map(|found| (found.var.clone(), 1)).collect()
}

/// `1.23 ms`
fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} us", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
