//! Convolutions and their adjoints.

use crate::diag::Diagnostic;
use crate::ops::{Conv, ConvMode, Op};
use crate::types::{Claim, Dim, Rel};

use super::super::report::show;
use super::super::value::{Tensor, Value};
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin {
        name: "conv",
        params: &["x", "w", "stride?", "pad?", "dilation?", "groups?"],
        run: |c, args| c.conv(args),
    },
    Builtin {
        name: "conv_transpose",
        params: &["x", "w", "stride?", "pad?", "dilation?", "groups?", "output_pad?"],
        run: |c, args| c.conv_transpose(args),
    },
];

impl<'a> Checker<'a> {
    fn conv(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let (x, w) = self.conv_operands(&args, "`conv` takes x: [N, C, S..] and w: [O, C // groups, K..]")?;
        let conv = self.conv_settings(&args, ConvMode::Forward, x.ty.shape.len() - 2)?;
        let mut out = self.emit(Op::Conv(conv), &[&x, &w], args.span)?;
        out.labels[0] = x.labels[0].clone();
        Ok(Value::Tensor(out))
    }

    /// The adjoint of a convolution in its input: a size `S` becomes
    /// `(S - 1) * stride - 2 * pad + dilation * (K - 1) + output_pad + 1`.
    fn conv_transpose(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let (x, w) = self.conv_operands(&args, "`conv_transpose` takes x: [N, C, S..] and w: [C, O // groups, K..]")?;
        let spatial = x.ty.shape.len() - 2;
        let mut conv = self.conv_settings(&args, ConvMode::Input, spatial)?;
        let more = self.per_axis_dims(&args, 6, spatial, 0)?;
        for (i, more) in more.iter().enumerate() {
            let stride = &conv.stride[i];
            let describe = || {
                let message = format!("`output_pad` is {more} where the stride is {stride}");
                Diagnostic::error("E0502", args.span(6), message, "must be smaller than the stride")
                    .note("it chooses between the sizes that a convolution of this stride makes equal")
            };
            self.require(&Claim::new(more.clone(), Rel::Lt, stride.clone()), args.span, describe)?;
            let (size, kernel) = (&x.ty.shape[2 + i], &w.ty.shape[2 + i]);
            let strides = &(size - &Dim::from(1)) * stride;
            let reach = &(&conv.dilation[i] * &(kernel - &Dim::from(1))) + &Dim::from(1);
            let (lo, hi) = &conv.pad[i];
            conv.sizes.push(&(&(&strides + &reach) + more) - &(lo + hi));
        }
        let mut out = self.emit(Op::Conv(conv), &[&x, &w], args.span)?;
        out.labels[0] = x.labels[0].clone();
        Ok(Value::Tensor(out))
    }

    /// Two tensors of floats and of one rank, with at least one spatial axis.
    fn conv_operands(&mut self, args: &Args<'a>, takes: &str) -> Res<(Tensor, Tensor)> {
        let x = self.float_arg(args, 0)?;
        let w = self.float_arg(args, 1)?;
        let (x, w) = self.unify_dtypes(x, w, args.span)?;
        if x.ty.shape.len() > 2 && w.ty.shape.len() == x.ty.shape.len() {
            return Ok((x, w));
        }
        let message = format!("{takes}, and these are {} and {}", show(&x.ty), show(&w.ty));
        Err(self.error("E0504", args.span, message, "another number of axes"))
    }

    fn conv_settings(&mut self, args: &Args<'a>, mode: ConvMode, spatial: usize) -> Res<Conv<Dim>> {
        let stride = self.per_axis_dims(args, 2, spatial, 1)?;
        let pad = self.rims(args, 3, spatial)?;
        let dilation = self.per_axis_dims(args, 4, spatial, 1)?;
        let groups = self.dim_arg(args, 5, 1)?;
        Ok(Conv { mode, stride, pad, dilation, groups, sizes: vec![] })
    }

    /// What lies before and behind each axis: a number for both, or a pair. For one axis a pair may stand alone.
    fn rims(&mut self, args: &Args<'a>, at: usize, n: usize) -> Res<Vec<(Dim, Dim)>> {
        let value = args.value(at);
        let each = match &value {
            Value::List(items) | Value::Tuple(items) if n == 1 && items.len() == 2 => vec![value.clone()],
            Value::List(items) | Value::Tuple(items) if items.len() == n => items.to_vec(),
            _ => {
                let dims = self.per_axis_dims(args, at, n, 0)?;
                return Ok(dims.into_iter().map(|p| (p.clone(), p)).collect());
            }
        };
        let mut rims = vec![];
        for one in &each {
            if let Value::Int(both, _) = one {
                rims.push((both.clone(), both.clone()));
                continue;
            }
            let ends = self.sizes(one, None, args.span(at))?;
            let [before, behind] = &ends[..] else {
                let message = format!("{} numbers for the two ends of an axis", ends.len());
                return Err(self.error("E0403", args.span(at), message, "one number, or (before, behind)"));
            };
            rims.push((before.clone(), behind.clone()));
        }
        Ok(rims)
    }

    fn per_axis_dims(&mut self, args: &Args<'a>, at: usize, n: usize, default: i64) -> Res<Vec<Dim>> {
        if !args.has(at) {
            return Ok(vec![default.into(); n]);
        }
        match args.value(at) {
            Value::Int(dim, _) => Ok(vec![dim; n]),
            list => {
                let dims = self.sizes(&list, None, args.span(at))?;
                if dims.len() == n {
                    return Ok(dims);
                }
                let message = format!("{} numbers for {n} axes", dims.len());
                Err(self.error("E0403", args.span(at), message, "one for each spatial axis"))
            }
        }
    }
}
