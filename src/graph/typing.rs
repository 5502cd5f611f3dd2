//! Types of nodes: the rules of `ops::shape` at sizes that are numbers.

use super::{Graph, Type};
use crate::ops::shape::{self, Arg, Requirement};
use crate::ops::{Op, Scan};
use crate::types::{DType, Dim};

/// The type of the result of `op`, or why it does not take these operands.
pub fn op_type(op: &Op<usize>, args: &[&Type]) -> Result<Type, String> {
    let shapes: Vec<Vec<Dim>> = args.iter().map(|ty| dims(ty)).collect();
    let inferred = shape::infer(&op.map(|&n| dim(n)), &pair(args, &shapes)).map_err(|misfit| misfit.to_string())?;
    all_hold(&inferred.requires)?;
    concrete(inferred.dtype, &inferred.shape)
}

/// The types of the results of a loop, final carries first, or why it is malformed.
pub fn scan_types(scan: &Scan<usize, Graph>, args: &[&Type]) -> Result<Vec<Type>, String> {
    let inputs: Vec<&Type> = scan.body.inputs.iter().map(|(_, ty)| ty).collect();
    let outputs: Vec<&Type> = scan.body.outputs.iter().map(|o| scan.body.ty(o.1)).collect();
    let shapes = [args, &inputs, &outputs].map(|tys| tys.iter().map(|ty| dims(ty)).collect::<Vec<_>>());
    let loop_ =
        Scan { n: dim(scan.n), reverse: scan.reverse, carries: scan.carries, xs: scan.xs, when: scan.when, body: () };
    let body = shape::Body { inputs: &pair(&inputs, &shapes[1]), outputs: &pair(&outputs, &shapes[2]) };
    let inferred = shape::infer_scan(&loop_, &pair(args, &shapes[0]), body).map_err(|misfit| misfit.to_string())?;
    all_hold(&inferred.requires)?;
    let results = inferred.results.iter();
    results.map(|(dtype, shape)| concrete(*dtype, shape)).collect()
}

fn dim(size: usize) -> Dim {
    Dim::from(i64::try_from(size).unwrap_or(i64::MAX))
}

fn dims(ty: &Type) -> Vec<Dim> {
    ty.shape.iter().map(|&n| dim(n)).collect()
}

fn pair<'a>(tys: &[&Type], shapes: &'a [Vec<Dim>]) -> Vec<Arg<'a>> {
    let pairs = tys.iter().zip(shapes);
    pairs.map(|(ty, shape)| Arg::new(ty.dtype, shape)).collect()
}

fn all_hold(requires: &[Requirement]) -> Result<(), String> {
    match requires.iter().find(|r| r.holds() != Some(true)) {
        Some(broken) => Err(broken.to_string()),
        None => Ok(()),
    }
}

/// Sizes as numbers, of a tensor whose bytes can be counted.
fn concrete(dtype: DType, shape: &[Dim]) -> Result<Type, String> {
    let size = |dim: &Dim| dim.as_const().and_then(|n| usize::try_from(n).ok());
    let shape: Option<Vec<usize>> = shape.iter().map(size).collect();
    let shape = shape.ok_or("a size of the result is no number")?;
    let bytes = shape.iter().try_fold(dtype.bytes(), |n, &size| n.checked_mul(size));
    match bytes {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(Type { dtype, shape }),
        _ => Err("the result is larger than memory can be".to_string()),
    }
}
