//! Moving elements: shapes, slices, windows, indices.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::types::{Claim, DType, Dim, Rel, Scalar, Verdict};

use super::super::arith::has_float;
use super::super::expr::tensor_of;
use super::super::index::position;
use super::super::report::dims;
use super::super::value::{Tensor, Value};
use super::super::{Checker, Res, ways};
use super::math::labels_of;
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin { name: "reshape", params: &["x", "shape"], run: |c, args| c.reshape(args) },
    Builtin { name: "permute", params: &["x", "axes"], run: |c, args| c.permute(args) },
    Builtin { name: "broadcast", params: &["x", "shape"], run: |c, args| c.broadcast(args) },
    Builtin { name: "concat", params: &["xs", "over"], run: |c, args| c.concat(args) },
    Builtin { name: "split", params: &["x", "n", "over?", "seed?"], run: |c, args| c.split(args) },
    Builtin { name: "flip", params: &["x", "over"], run: |c, args| c.flip(args) },
    Builtin { name: "slice", params: &["x", "over", "start?", "stop?", "step?"], run: |c, args| c.slice(args) },
    Builtin { name: "pad_axis", params: &["x", "over", "before?", "after?", "value?"], run: |c, args| c.pad(args) },
    Builtin { name: "windows", params: &["x", "over", "size", "stride?", "dilation?"], run: |c, args| c.windows(args) },
    Builtin {
        name: "unwindows",
        params: &["x", "over", "n", "stride?", "dilation?"],
        run: |c, args| c.unwindows(args),
    },
    Builtin { name: "cast", params: &["x", "dtype"], run: |c, args| c.cast_builtin(args) },
    Builtin { name: "zeros", params: &["shape"], run: |c, args| c.filled(args, 0.0) },
    Builtin { name: "ones", params: &["shape"], run: |c, args| c.filled(args, 1.0) },
    Builtin { name: "full", params: &["shape", "value"], run: |c, args| c.full(args) },
    Builtin { name: "tensor", params: &["x", "dtype?"], run: |c, args| c.tensor_builtin(args) },
    Builtin { name: "size", params: &["x", "over?"], run: |c, args| c.size_builtin(args) },
    Builtin { name: "as_size", params: &["count", "max"], run: |c, args| c.as_size(args) },
    Builtin { name: "axis", params: &["x", "over"], run: |c, args| c.axis_builtin(args) },
    Builtin { name: "axes", params: &["x", "over"], run: |c, args| c.axes_builtin(args) },
];

impl<'a> Checker<'a> {
    fn reshape(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let shape = self.sizes(&args.value(1), Some(&x.ty.shape), args.span(1))?;
        let rank = shape.len();
        self.keeps_rows(&x, &shape, args.span)?;
        let mut out = self.emit(Op::Reshape { shape: shape.clone() }, &[&x], args.span)?;
        self.mixes_axes(&x.ty.shape, &shape, args.span);
        out.labels = labels_of(&args.value(1), rank);
        Ok(Value::Tensor(out))
    }

    /// A reshape that fits only batches of some sizes, since it tears the rows of others apart, is about another count of features.
    fn keeps_rows(&mut self, x: &Tensor, shape: &[Dim], span: Span) -> Res<()> {
        let Some((have, want)) = ways::tears_rows(&x.ty.shape, shape) else { return Ok(()) };
        let count = |sizes: &[Dim]| sizes.iter().fold(Dim::from(1), |n, size| &n * size);
        let (from, to) = (count(&x.ty.shape), count(shape));
        if matches!(self.facts.decide(&Claim::new(from.clone(), Rel::Eq, to)), Verdict::Proved) {
            return Ok(());
        }
        let (old, new) = (dims(&x.ty.shape), dims(shape));
        let message = format!("{old} does not have the elements for {new}");
        let product = ways::factors(&x.ty.shape[1..], &Dim::from(have)).unwrap_or(have.to_string());
        let diagnostic = Diagnostic::error("E0509", span, message, format!("{have} elements in a row, not {want}"))
            .help(format!(
                "each row has {product} = {have} elements: `reshape(.., [{}, _])` keeps the rows",
                x.ty.shape[0]
            ));
        Err(self.report(diagnostic))
    }

    fn permute(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let mut perm = vec![];
        for item in self.items_of(&args.value(1), args.span(1))? {
            perm.push(self.axis(&x, &item, args.span(1))?);
        }
        Ok(Value::Tensor(self.emit(Op::Transpose { perm }, &[&x], args.span)?))
    }

    fn as_size(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let count = match args.value(0) {
            Value::Int(size, label) => return Ok(Value::Int(size, label)),
            _ => self.tensor_arg(&args, 0)?,
        };
        let max = self.dim_arg(&args, 1, 0)?;
        Ok(Value::dim(self.found_size(&count, &max, args.span)?))
    }

    /// Aligned at the end; a literal size 1 repeats too, since here it is asked for.
    fn broadcast(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let shape = self.sizes(&args.value(1), None, args.span(1))?;
        if shape.len() < x.ty.shape.len() {
            let message = format!(
                "{} cannot be repeated to fewer axes: {}",
                super::super::report::show(&x.ty),
                super::super::report::dims(&shape)
            );
            return Err(self.error("E0504", args.span, message, "needs at least as many axes"));
        }
        let first = shape.len() - x.ty.shape.len();
        let one = Dim::from(1);
        let kept: Vec<usize> =
            (0..x.ty.shape.len()).filter(|&i| !(x.ty.shape[i] == one && shape[first + i] != one)).collect();
        let dense = match kept.len() == x.ty.shape.len() {
            true => x,
            false => {
                let shape = kept.iter().map(|&i| x.ty.shape[i].clone()).collect();
                self.emit(Op::Reshape { shape }, &[&x], args.span)?
            }
        };
        let axes = kept.iter().map(|&i| first + i).collect();
        let mut out = self.emit(Op::Broadcast { shape, axes }, &[&dense], args.span)?;
        for (have, more) in out.labels.iter_mut().zip(labels_of(&args.value(1), first + x_rank(&args))) {
            have.extend(more);
        }
        Ok(Value::Tensor(out))
    }

    fn concat(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let items = self.items_of(&args.value(0), args.span(0))?;
        let dtype = items.iter().find_map(tensor_of).map_or(self.float, |tensor| tensor.ty.dtype);
        let mut parts = vec![];
        for item in items {
            let dtype = if has_float(&item) && !dtype.is_float() { self.float } else { dtype };
            parts.push(self.as_tensor(&item, dtype, args.span(0))?);
        }
        let Some(first) = parts.first().cloned() else {
            return Err(self.error("E0403", args.span(0), "`concat` of an empty list", "nothing to join"));
        };
        // A size name is bound to an axis of one of the parts, which need not be the first.
        let over = args.value(1);
        let has_name = |part: &&Tensor| match &over {
            Value::Int(_, label) => *label != 0 && part.labels.iter().any(|labels| labels.contains(label)),
            _ => false,
        };
        let named = parts.iter().find(has_name).unwrap_or(&first).clone();
        let axis = self.axis(&named, &over, args.span(1))?;
        if parts.len() == 1 {
            return Ok(Value::Tensor(first));
        }
        for part in &mut parts {
            let (_, same) = self.unify_dtypes(first.clone(), part.clone(), args.span)?;
            *part = same;
        }
        let refs: Vec<&Tensor> = parts.iter().collect();
        Ok(Value::Tensor(self.emit(Op::Concat { axis }, &refs, args.span)?))
    }

    /// `n` equal parts of a tensor, or two parts of a data set.
    fn split(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        if let Value::Dataset(data) = args.value(0) {
            let Some(part) = super::super::expr::number(&args.value(1)) else {
                return Err(self.expected("a number between 0 and 1", &args.value(1), args.span(1)));
            };
            let seed = self.int_arg(&args, 3, 0)?;
            return self.split_data(&data, part, seed, args.span);
        }
        let x = self.tensor_arg(&args, 0)?;
        let n = self.int_arg(&args, 1, 1)?;
        if !(1..=1_000_000).contains(&n) {
            return Err(self.error("E0403", args.span(1), format!("{n} parts"), "must be 1 or more"));
        }
        let over = if args.has(2) { args.value(2) } else { Value::int(-1) };
        let axis = self.axis(&x, &over, args.span(2))?;
        let size = x.ty.shape[axis].clone();
        let part = size.floor_div(&Dim::from(n));
        let describe = || {
            let message = format!("an axis of {size} cannot be split into {n} equal parts");
            crate::diag::Diagnostic::error("E0509", args.span, message, format!("{size} elements"))
        };
        self.require_equal(&(&part * &Dim::from(n)), &size, args.span, describe)?;
        let mut parts = vec![];
        for i in 0..n {
            let (start, stop) = (&part * &Dim::from(i), &part * &Dim::from(i + 1));
            let slice = self.emit(Op::Slice { axis, start, stop, step: Dim::from(1) }, &[&x], args.span)?;
            parts.push(Value::Tensor(slice));
        }
        Ok(Value::tuple(parts))
    }

    fn flip(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut x = self.tensor_arg(&args, 0)?;
        for axis in self.axes(&x, &args.value(1), args.span(1))? {
            x = self.emit(Op::Flip { axis }, &[&x], args.span)?;
        }
        Ok(Value::Tensor(x))
    }

    fn pad(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis(&x, &args.value(1), args.span(1))?;
        let lo = self.dim_arg(&args, 2, 0)?;
        let hi = self.dim_arg(&args, 3, 0)?;
        if lo.as_const() == Some(0) && hi.as_const() == Some(0) {
            return Ok(Value::Tensor(x));
        }
        let fill = if args.has(4) { args.value(4) } else { Value::Float(0.0) };
        let fill = self.as_tensor(&fill, x.ty.dtype, args.span(4))?;
        let fill = self.cast(&fill, x.ty.dtype, args.span)?;
        Ok(Value::Tensor(self.emit(Op::Pad { axis, lo, hi, between: Dim::from(0) }, &[&x, &fill], args.span)?))
    }

    /// Elements `start, start+step, ..` below `stop` of one axis; negative positions count from the end.
    fn slice(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis(&x, &args.value(1), args.span(1))?;
        let size = &x.ty.shape[axis];
        let start = position(self.dim_arg(&args, 2, 0)?, size);
        let stop = if args.has(3) { position(self.dim_arg(&args, 3, 0)?, size) } else { size.clone() };
        let step = self.dim_arg(&args, 4, 1)?;
        if start == Dim::from(0) && stop == *size && step == Dim::from(1) {
            return Ok(Value::Tensor(x));
        }
        Ok(Value::Tensor(self.emit(Op::Slice { axis, start, stop, step }, &[&x], args.span)?))
    }

    fn unwindows(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis(&x, &args.value(1), args.span(1))?;
        let n = self.dim_arg(&args, 2, 1)?;
        let stride = self.dim_arg(&args, 3, 1)?;
        let dilation = self.dim_arg(&args, 4, 1)?;
        Ok(Value::Tensor(self.emit(Op::Unwindows { axis, n, stride, dilation }, &[&x], args.span)?))
    }

    fn windows(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis(&x, &args.value(1), args.span(1))?;
        let size = self.dim_arg(&args, 2, 1)?;
        let stride = self.dim_arg(&args, 3, 1)?;
        let dilation = self.dim_arg(&args, 4, 1)?;
        let mut out = self.emit(Op::Windows { axis, size, stride, dilation }, &[&x], args.span)?;
        for (i, labels) in x.labels.iter().enumerate().filter(|(i, _)| *i != axis) {
            out.labels[i] = labels.clone();
        }
        Ok(Value::Tensor(out))
    }

    /// Numbers that are written down are converted as they are, not by way of the program's float type.
    fn cast_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let (value, to) = (args.value(0), self.dtype_arg(&args, 1)?);
        let written = match (to.is_float(), has_float(&value)) {
            (true, _) => to,
            (false, true) => DType::F64,
            (false, false) => DType::I64,
        };
        let x = self.as_tensor(&value, written, args.span(0))?;
        Ok(Value::Tensor(self.cast(&x, to, args.span)?))
    }

    /// Nested lists of numbers as elements of the program's float type, or of the one that is said.
    fn tensor_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        if !args.has(1) {
            return Ok(Value::Tensor(self.tensor_arg(&args, 0)?));
        }
        let to = self.dtype_arg(&args, 1)?;
        let x = self.as_tensor(&args.value(0), to, args.span(0))?;
        Ok(Value::Tensor(self.cast(&x, to, args.span)?))
    }

    fn dtype_arg(&mut self, args: &Args<'a>, at: usize) -> Res<DType> {
        match args.value(at) {
            Value::DType(dtype) => Ok(dtype),
            other => Err(self.expected("an element type, such as f32", &other, args.span(at))),
        }
    }

    fn filled(&mut self, args: Args<'a>, value: f64) -> Res<Value<'a>> {
        let shape = self.sizes(&args.value(0), None, args.span(0))?;
        let rank = shape.len();
        let scalar = self.constant(Scalar::from_f64(value, self.float), args.span);
        let mut out = self.broadcast_to(&scalar, &shape, args.span)?;
        out.labels = labels_of(&args.value(0), rank);
        Ok(Value::Tensor(out))
    }

    fn full(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let shape = self.sizes(&args.value(0), None, args.span(0))?;
        let scalar = self.as_tensor(&args.value(1), self.float, args.span(1))?;
        Ok(Value::Tensor(self.broadcast_to(&scalar, &shape, args.span)?))
    }

    /// How many elements a reduction over these axes joins.
    fn size_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axes = match args.has(1) {
            true => self.axes(&x, &args.value(1), args.span(1))?,
            false => (0..x.ty.shape.len()).collect(),
        };
        let count = axes.iter().fold(Dim::from(1), |n, &a| &n * &x.ty.shape[a]);
        self.sized(count, args.span)
    }

    /// The positions of one or several axes, as a list in the order in which they are said.
    fn axes_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        self.axes(&x, &args.value(1), args.span(1))?;
        let said = match args.value(1) {
            Value::List(items) | Value::Tuple(items) => items.to_vec(),
            one => vec![one],
        };
        let positions: Res<Vec<Value>> =
            said.iter().map(|over| Ok(Value::int(self.axis(&x, over, args.span(1))? as i64))).collect();
        Ok(Value::list(positions?))
    }

    fn axis_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        // A position just behind the last axis is where a new axis may go.
        if let Value::Int(dim, 0) = args.value(1)
            && dim.as_const() == Some(x.ty.shape.len() as i64)
        {
            return Ok(Value::int(x.ty.shape.len() as i64));
        }
        Ok(Value::int(self.axis(&x, &args.value(1), args.span(1))? as i64))
    }
}

/// The number of axes of the first argument.
fn x_rank(args: &Args) -> usize {
    match args.value(0) {
        Value::Tensor(t) => t.ty.shape.len(),
        _ => 0,
    }
}
