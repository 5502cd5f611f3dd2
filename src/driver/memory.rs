//! Whether what a program needs fits into this machine, asked before anything is allocated.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::io;
use crate::lower::Sizes;
use crate::plan::{Operand, Place, Plan};
use crate::tir::{Cell, Program, Ty};
use crate::types::{Dim, Var};

/// Bytes of one tensor; the checker holds tensors of known sizes to the same number.
const TENSOR: u64 = 1 << 40;

/// The parameters, buffers and states of a file.
pub fn cells_fit(cells: &[Cell]) -> Result<(), Diagnostic> {
    let none = Sizes::new();
    let bytes = |cell: &Cell| bytes(&cell.ty, &none).unwrap_or(u64::MAX);
    let sum = cells.iter().fold(0u64, |sum, cell| sum.saturating_add(bytes(cell)));
    let Some(largest) = cells.iter().max_by_key(|cell| bytes(cell)).filter(|_| sum > io::memory::limit()) else {
        return Ok(());
    };
    let message = format!("the parameters need {}, and this machine has {}", shown(sum), shown(io::memory::limit()));
    let label = format!("`{}` is the largest: {}", largest.path, shown(bytes(largest)));
    Err(Diagnostic::error("E0805", largest.span, message, label))
}

/// Every tensor of a program at these sizes, but for those whose sizes are still to be found.
pub fn tensors_fit(program: &Program, sizes: &Sizes) -> Result<(), Diagnostic> {
    let open: Vec<&Var> = program.found.iter().map(|found| &found.var).filter(|v| !sizes.contains_key(v)).collect();
    let is_open = |ty: &Ty| !open.is_empty() && ty.shape.iter().flat_map(Dim::vars).any(|var| open.contains(&&var));
    for node in &program.nodes {
        let mut known = node.tys.iter().filter(|ty| !is_open(ty));
        if known.any(|ty| bytes(ty, sizes).is_none_or(|bytes| bytes > TENSOR)) {
            let sizes: Vec<String> = sizes.iter().map(|(var, value)| format!("{} = {value}", var.name)).collect();
            let message = format!("a tensor is larger than {}, the most that one may have", shown(TENSOR));
            let diagnostic = Diagnostic::error("E0805", node.span, message, "made here");
            return Err(diagnostic.note(format!("sizes: {}", sizes.join(", "))));
        }
    }
    Ok(())
}

/// The values of one run of a plan.
pub fn plan_fits(plan: &Plan) -> Result<(), Diagnostic> {
    let limit = io::memory::limit();
    let outside = plan.inputs.iter().chain(&plan.outputs).map(|(_, ty)| ty.bytes() as u64);
    let need = outside.fold(plan.arena as u64, u64::saturating_add);
    if need <= limit {
        return Ok(());
    }
    let size = |operand: &Operand| operand.count() as u64 * operand.dtype.bytes() as u64;
    let kept = |operand: &&Operand| matches!(operand.place, Place::Arena(_) | Place::Output(_));
    let results = plan.steps.iter().flat_map(|step| step.results.iter().filter(kept).map(|r| (size(r), step.span)));
    let (bytes, span) = results.max_by_key(|(bytes, _)| *bytes).unwrap_or((need, Span::none()));
    let message = format!("this needs {} of memory, and the machine has {}", shown(need), shown(limit));
    let diagnostic = Diagnostic::error("E0805", span, message, format!("the largest value: {}", shown(bytes)));
    Err(diagnostic.help("a smaller batch, or sums before products: what is never larger than it must be"))
}

/// Bytes of a tensor; none where a size is not known or leaves 64 bits.
fn bytes(ty: &Ty, sizes: &Sizes) -> Option<u64> {
    ty.shape.iter().try_fold(ty.dtype.bytes() as u64, |n, dim| n.checked_mul(u64::try_from(dim.eval(sizes)?).ok()?))
}

/// `2.5 GiB`
fn shown(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let step = (bytes.max(1).ilog2() / 10) as usize;
    match step {
        0 => format!("{bytes} bytes"),
        _ => format!("{:.1} {}", bytes as f64 / 1024f64.powi(step as i32), units[step]),
    }
}
