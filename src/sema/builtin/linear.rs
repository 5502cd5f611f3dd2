//! Factorisations, triangular solves and the Fourier transform, as their operations are; `std.linalg` and `std.signal`
//! are made of them.

use crate::ops::{Matrix, Op};

use super::super::value::Value;
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin { name: "cholesky", params: &["x"], run: |c, args| c.matrix(args, Matrix::Cholesky) },
    Builtin { name: "qr_columns", params: &["x"], run: |c, args| c.matrix(args, Matrix::Qr) },
    Builtin { name: "svd_rows", params: &["x"], run: |c, args| c.matrix(args, Matrix::Svd) },
    Builtin {
        name: "solve_triangular",
        params: &["a", "b", "upper?", "transposed?"],
        run: |c, args| c.solve_triangular(args),
    },
    Builtin { name: "dft", params: &["x", "inverse?"], run: |c, args| c.dft(args) },
];

impl<'a> Checker<'a> {
    fn matrix(&mut self, args: Args<'a>, op: Matrix) -> Res<Value<'a>> {
        let x = self.float_arg(&args, 0)?;
        Ok(Value::Tensor(self.emit(Op::Matrix(op), &[&x], args.span)?))
    }

    fn solve_triangular(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let (a, b) = (self.float_arg(&args, 0)?, self.float_arg(&args, 1)?);
        let (a, b) = self.unify_dtypes(a, b, args.span)?;
        let (upper, transposed) = (self.bool_arg(&args, 2)?, self.bool_arg(&args, 3)?);
        let op = Op::Matrix(Matrix::SolveTriangular { upper, transposed });
        Ok(Value::Tensor(self.emit(op, &[&a, &b], args.span)?))
    }

    fn dft(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.float_arg(&args, 0)?;
        let inverse = self.bool_arg(&args, 1)?;
        Ok(Value::Tensor(self.emit(Op::Fft { inverse }, &[&x], args.span)?))
    }
}
