//! A loss that is no number: where it became so, in the user's file first, and what to write instead where that is known.

use crate::base::Span;
use crate::diag::{Diagnostic, Label};
use crate::graph::{Graph, Nonfinite, trace_first_nonfinite};
use crate::ops::{Op, Tensor, Unary};
use crate::tir::{Cell, Inside, Kind, Program, Source};

use super::engine::{Compiled, Engine};

impl Engine<'_> {
    /// A loss became NaN or infinite: the reference evaluator finds who made it.
    pub(super) fn not_finite(&self, output: usize, compiled: &Compiled) -> Diagnostic {
        let span = compiled.spans[output];
        let inputs: Vec<Tensor> = compiled.input_slots.iter().map(|&slot| self.memory.get(slot)).collect();
        let mut diagnostic = Diagnostic::error("E0801", span, "the loss is not a finite number", "this loss");
        // Only the loss: gradients, optimizers and metrics would cost many times as much.
        let outputs = vec![compiled.graph.outputs[output].clone()];
        let loss = Graph { outputs, ..compiled.graph.clone() }.pruned();
        let found = trace_first_nonfinite(&loss, &inputs);
        if let Some(cell) = self.nonfinite_cell(compiled, &inputs) {
            let path = &cell.path;
            diagnostic.message = format!("the loss is not a finite number: `{path}` was not finite before this step");
            diagnostic = diagnostic.label(cell.span, "declared here").note(format!(
                "the step before gave `{path}` a NaN or an infinity, though its loss was finite: look at its derivative, \
                 such as that of `sqrt` at 0, or at the learning rate"
            ));
        } else if let Some(found) = found {
            diagnostic = self.blamed(diagnostic, &found);
        }
        diagnostic.help(
            "a smaller learning rate or `clip_norm(1.0) >> ..` often helps; the weights are those before this step",
        )
    }

    /// Labels and a way out for the operation that made what is not finite.
    fn blamed(&self, mut diagnostic: Diagnostic, found: &Nonfinite) -> Diagnostic {
        let word = if found.value.is_nan() { "a NaN" } else { "an infinity" };
        diagnostic.message = format!("the loss is not a finite number: {word} appears in this step");
        if !found.span.is_none() {
            let nth = found.iterations.iter().map(|i| format!(", in iteration {}", i + 1)).collect::<String>();
            let text = format!(
                "{word} is first made here{}{nth}",
                if found.of_infinity { "" } else { ", out of finite numbers" }
            );
            let inside = self.inside(found.span);
            if let Some(Inside { span, name, .. }) = inside {
                diagnostic.labels.insert(0, Label { span: found.span, text });
                diagnostic.labels.insert(0, Label { span: *span, text: format!("{word} is made in this `{name}`") });
            } else {
                diagnostic.labels.insert(0, Label { span: found.span, text });
            }
            if let Some(Inside { name, .. }) = inside
                && matches!(&**name, "softmax" | "log_softmax")
                && found.value.is_nan()
            {
                let text = "a row that is -inf throughout, with all masked, has no softmax";
                diagnostic = diagnostic.help(format!("{text}: `masked_softmax(x, mask)` makes it zeros"));
            }
        }
        let Some(overflow) = &found.overflow else { return diagnostic };
        diagnostic = diagnostic.label(overflow.span, "out of an infinity from here");
        match overflow.op {
            Some(Op::Unary(Unary::Log)) => diagnostic.help(
                "the logarithm of 0 is infinite: that of a softmax is `log_softmax` of its scores, and `cross_entropy` takes them",
            ),
            _ => diagnostic,
        }
    }

    /// The call of the library, in the user's file, that a place in the library was reached from, if there is one alone.
    fn inside(&self, place: Span) -> Option<&Inside> {
        let mut found: Vec<&Inside> = vec![];
        self.checked.programs.iter().for_each(|program| add_calls(program, place, &mut found));
        found.dedup_by_key(|inside| inside.span);
        match found.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The first cell that a program read with a NaN or an infinity in it.
    fn nonfinite_cell(&self, compiled: &Compiled, inputs: &[Tensor]) -> Option<&Cell> {
        compiled.inputs.iter().zip(inputs).find_map(|(source, value)| match source {
            Source::Cell(id) if value.dtype().is_float() && value.to_f64().iter().any(|x| !x.is_finite()) => {
                Some(&self.checked.cells[id.index()])
            }
            _ => None,
        })
    }
}

/// The calls of the library in whose nodes a place is.
fn add_calls<'p>(program: &'p Program, place: Span, out: &mut Vec<&'p Inside>) {
    for (i, node) in program.nodes.iter().enumerate() {
        if let Kind::Scan(scan) = &node.kind {
            add_calls(&scan.body, place, out);
        }
        if node.span == place {
            // The innermost of the calls ends first.
            out.extend(program.inside.iter().find(|inside| inside.nodes.contains(&i)));
        }
    }
}
