//! The rule of a loop, given the types of its body's inputs and outputs.

use super::misfit::{rank, same_dtype};
use super::{Arg, Misfit, Requirement, Rule};
use crate::ops::Scan;
use crate::types::{DType, Dim};

/// The types on a loop body's two sides.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub inputs: &'a [Arg<'a>],
    pub outputs: &'a [Arg<'a>],
}

/// The types of a loop's results, final carries first; right if all of `requires` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredScan {
    pub results: Vec<(DType, Vec<Dim>)>,
    pub requires: Vec<Requirement>,
}

/// The rule of a loop.
pub fn infer_scan<B>(scan: &Scan<Dim, B>, args: &[Arg], body: Body) -> Result<InferredScan, Misfit> {
    let xs = scan.carries..scan.carries + scan.xs;
    if args.len() < xs.end {
        return Err(Misfit::Operands {
            want: "an operand for each carry and each axis it runs over",
            have: args.len(),
        });
    }
    if body.inputs.len() != args.len() + 1 {
        return Err(Misfit::Axes("the body takes the iteration and one input for each operand"));
    }
    if body.outputs.len() < scan.carries {
        return Err(Misfit::Axes("the body gives every carry's next value"));
    }
    let mut requires = vec![Requirement::at_least(0, &scan.n, "the number of iterations")];
    input(&mut requires, Arg::new(DType::I64, &[]), body.inputs, 0)?;
    for (operand, arg) in args.iter().enumerate() {
        let seen = if xs.contains(&operand) { element(&mut requires, &scan.n, arg, operand)? } else { *arg };
        input(&mut requires, seen, body.inputs, operand + 1)?;
    }
    if let Some(when) = scan.when {
        let given = body.inputs.get(when + 1).ok_or(Misfit::Axes("the condition is an operand"))?;
        rank(given, when, 0)?;
        same_dtype(&Arg::new(DType::Bool, &[]), given)?;
    }
    for (carry, next) in body.outputs[..scan.carries].iter().enumerate() {
        let rule = |axis| Rule::ScanCarry { carry, axis };
        same_type(&mut requires, &args[carry], next, carry, rule)?;
    }
    Ok(InferredScan { results: results(scan, args, body.outputs), requires })
}

/// What one iteration sees of an operand that the loop runs over.
fn element<'a>(requires: &mut Vec<Requirement>, n: &Dim, arg: &Arg<'a>, operand: usize) -> Result<Arg<'a>, Misfit> {
    let Some((length, shape)) = arg.shape.split_first() else {
        return Err(Misfit::Axis { axis: 0, rank: 0 });
    };
    requires.push(Requirement::equal(length, n, Rule::ScanLength { operand }));
    Ok(Arg::new(arg.dtype, shape))
}

fn input(requires: &mut Vec<Requirement>, given: Arg, inputs: &[Arg], input: usize) -> Result<(), Misfit> {
    let rule = |axis| Rule::ScanInput { input, axis };
    same_type(requires, &given, &inputs[input], input, rule)
}

fn same_type(
    requires: &mut Vec<Requirement>,
    want: &Arg,
    have: &Arg,
    operand: usize,
    rule: impl Fn(usize) -> Rule,
) -> Result<(), Misfit> {
    rank(have, operand, want.rank())?;
    same_dtype(want, have)?;
    for (axis, (want, have)) in want.shape.iter().zip(have.shape).enumerate() {
        requires.push(Requirement::equal(want, have, rule(axis)));
    }
    Ok(())
}

fn results<B>(scan: &Scan<Dim, B>, args: &[Arg], outputs: &[Arg]) -> Vec<(DType, Vec<Dim>)> {
    let (carries, ys) = outputs.split_at(scan.carries);
    let finals = carries.iter().zip(args);
    let finals = finals.map(|(next, first)| (next.dtype, first.shape.to_vec()));
    let stacked = ys.iter().map(|y| {
        let mut shape = vec![scan.n.clone()];
        shape.extend_from_slice(y.shape);
        (y.dtype, shape)
    });
    finals.chain(stacked).collect()
}
