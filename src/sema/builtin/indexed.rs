//! Reading and writing at indices, counting, and what assigns indices.

use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Unary};
use crate::types::{Claim, DType, Dim, Rel, Scalar};

use super::super::expr::number;
use super::super::value::{Tensor, Value};
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin { name: "take", params: &["x", "index", "over?"], run: |c, args| c.take_builtin(args) },
    Builtin { name: "take_along", params: &["x", "index", "over"], run: |c, args| c.take_along(args) },
    Builtin { name: "put", params: &["index", "y", "n", "over?"], run: |c, args| c.put(args) },
    Builtin { name: "put_along", params: &["index", "y", "n", "over"], run: |c, args| c.put_along(args) },
    Builtin { name: "arange", params: &["start", "stop?", "step?"], run: |c, args| c.arange(args) },
    Builtin { name: "argmin", params: &["x", "over?"], run: |c, args| c.argmin(args) },
    Builtin { name: "linear_assignment", params: &["cost"], run: |c, args| c.linear_assignment(args) },
];

impl<'a> Checker<'a> {
    fn take_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        if let Value::Dataset(data) = args.value(0) {
            return self.take_rows(&data, args.value(1), args.span(1));
        }
        let x = self.tensor_arg(&args, 0)?;
        let index = self.index_arg(&args, 1)?;
        let over = if args.has(2) { args.value(2) } else { Value::int(0) };
        let axis = self.axis(&x, &over, args.span(2))?;
        Ok(Value::Tensor(self.take(&x, &index, axis, args.span)?))
    }

    fn index_arg(&mut self, args: &Args<'a>, at: usize) -> Res<Tensor> {
        let index = self.as_tensor(&args.value(at), DType::I64, args.span(at))?;
        if index.ty.dtype.is_int() {
            return Ok(index);
        }
        Err(self.expected("whole numbers as an index", &args.value(at), args.span(at)))
    }

    fn take_along(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let index = self.index_arg(&args, 1)?;
        let axis = self.axis(&x, &args.value(2), args.span(2))?;
        self.bound_fits(&index, &x.ty.shape[axis].clone(), args.span)?;
        Ok(Value::Tensor(self.emit(Op::TakeAlong { axis }, &[&x, &index], args.span)?))
    }

    /// The adjoint of `take`: rows summed into zeros.
    fn put(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let index = self.index_arg(&args, 0)?;
        let y = self.tensor_arg(&args, 1)?;
        let n = self.dim_arg(&args, 2, 1)?;
        self.bound_fits(&index, &n, args.span)?;
        let axis = match args.has(3) && !y.ty.shape.is_empty() {
            true => self.axis(&y, &args.value(3), args.span(3))?,
            false => 0,
        };
        Ok(Value::Tensor(self.emit(Op::PutAdd { axis, n }, &[&index, &y], args.span)?))
    }

    fn put_along(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let index = self.index_arg(&args, 0)?;
        let y = self.tensor_arg(&args, 1)?;
        let n = self.dim_arg(&args, 2, 1)?;
        let axis = self.axis(&y, &args.value(3), args.span(3))?;
        self.bound_fits(&index, &n, args.span)?;
        Ok(Value::Tensor(self.emit(Op::PutAlongAdd { axis, n }, &[&index, &y], args.span)?))
    }

    /// `arange(n)`, `arange(start, stop)`, `arange(start, stop, step)`: the numbers from `start` on, `stop` left out.
    fn arange(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        if (0..3).any(|at| matches!(args.value(at), Value::Float(_))) {
            return self.arange_of_floats(args);
        }
        let (start, stop) = match args.has(1) {
            true => (self.dim_arg(&args, 0, 0)?, self.dim_arg(&args, 1, 0)?),
            false => (Dim::from(0), self.dim_arg(&args, 0, 0)?),
        };
        let step = self.int_arg(&args, 2, 1)?;
        if step == 0 {
            return Err(self.error("E0403", args.span(2), "a step of 0 leads nowhere", "must not be 0"));
        }
        let (n, plain) = (&(&stop - &start) + &Dim::from(step - step.signum()), step == 1 && start == Dim::from(0));
        let n = match step {
            1 => n,
            step => n.floor_div(&Dim::from(step)),
        };
        let span = args.span;
        let mut out = self.emit(Op::Iota { dtype: DType::I64, n }, &[], span)?;
        if plain {
            if let Value::Int(_, label) = args.value(if args.has(1) { 1 } else { 0 })
                && label != 0
            {
                out.labels[0].push(label);
            }
            return Ok(Value::Tensor(out));
        }
        let (step, start) = (self.constant(Scalar::I64(step), span), self.size(&start, DType::I64, span)?);
        let scaled = self.binary(Binary::Mul, &out, &step, span)?;
        Ok(Value::Tensor(self.binary(Binary::Add, &scaled, &start, span)?))
    }

    fn arange_of_floats(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut numbers = [0.0, 0.0, 1.0];
        for (at, value) in numbers.iter_mut().enumerate().filter(|(at, _)| args.has(*at)) {
            match number(&args.value(at)) {
                Some(known) => *value = known,
                None => return Err(self.expected("a number", &args.value(at), args.span(at))),
            }
        }
        let [start, stop, step] = match args.has(1) {
            true => numbers,
            false => [0.0, numbers[0], 1.0],
        };
        let n = ((stop - start) / step).ceil();
        if !(0.0..1e15).contains(&n) {
            let message = format!("there is no way from {start} to {stop} in steps of {step}");
            return Err(self.error("E0403", args.span, message, "no such numbers"));
        }
        let span = args.span;
        let places = self.emit(Op::Iota { dtype: self.float, n: Dim::from(n as i64) }, &[], span)?;
        let (step, start) = (self.number(step, self.float, span), self.number(start, self.float, span));
        let scaled = self.binary(Binary::Mul, &places, &step, span)?;
        Ok(Value::Tensor(self.binary(Binary::Add, &scaled, &start, span)?))
    }

    /// The greatest of `-x`; of `-1 - x` for integers, which no integer is too small for.
    fn argmin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis_arg(&args, 1, &x)?;
        let mirrored = match x.ty.dtype.is_int() {
            true => {
                let ones = self.number(-1.0, DType::I64, args.span);
                let ones = self.cast(&ones, x.ty.dtype, args.span)?;
                self.binary(Binary::Sub, &ones, &x, args.span)?
            }
            false => self.unary(Unary::Neg, &x, args.span)?,
        };
        Ok(Value::Tensor(self.emit(Op::ArgMax { axis }, &[&mirrored], args.span)?))
    }

    fn linear_assignment(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let cost = self.float_arg(&args, 0)?;
        if let [.., rows, columns] = cost.ty.shape.as_slice() {
            let (rows, columns) = (rows.clone(), columns.clone());
            let describe = || {
                let message = format!("{rows} rows cannot each have a column of their own among {columns}");
                Diagnostic::error("E0502", args.span, message, "more rows than columns")
                    .help("transpose the costs: `linear_assignment(cost.T)` gives each column its row")
            };
            self.require(&Claim::new(rows.clone(), Rel::Le, columns.clone()), args.span, describe)?;
        }
        let cost = self.cast(&cost, DType::F64, args.span)?;
        Ok(Value::Tensor(self.emit(Op::Assign, &[&cost], args.span)?))
    }
}
