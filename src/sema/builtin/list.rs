//! Static lists, layers as values, assertions, and what training reports.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Binary, Compare, Op, Unary};
use crate::tir::rename::Rename;
use crate::types::DType;

use super::super::value::Value;
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin {
        name: "len",
        params: &["xs"],
        run: |c, args| Ok(Value::int(c.items_of(&args.value(0), args.span(0))?.len() as i64)),
    },
    Builtin { name: "zip", params: &["..."], run: |c, args| c.zip(args) },
    Builtin { name: "enumerate", params: &["xs"], run: |c, args| c.enumerate(args) },
    Builtin { name: "reversed", params: &["xs"], run: |c, args| c.reversed(args) },
    Builtin { name: "per_axis", params: &["v", "n"], run: |c, args| c.per_axis(args) },
    Builtin { name: "chain", params: &["layers"], run: |c, args| c.chain(args) },
    Builtin { name: "identity", params: &["x"], run: |_, args| Ok(args.value(0)) },
    Builtin { name: "same_rate", params: &["t", "rate"], run: |_, args| Ok(args.value(1)) },
    Builtin {
        name: "assert_close",
        params: &["a", "b", "tolerance?", "relative?", "absolute?"],
        run: |c, args| c.assert_close(args),
    },
    Builtin { name: "save_images", params: &["x", "to"], run: |c, args| c.images(args) },
    Builtin { name: "print", params: &["shown"], run: |c, args| c.print(args.value(0), args.span(0), args.span) },
    Builtin { name: "print_text", params: &["codes", "data"], run: |c, args| c.letters(args) },
    Builtin { name: "load", params: &["net", "path", "rename?"], run: |c, args| c.load(args) },
];

impl<'a> Checker<'a> {
    fn zip(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut lists = vec![];
        for arg in args.given.iter().flatten() {
            lists.push(self.items_of(&arg.value, arg.span)?);
        }
        let n = lists.first().map_or(0, Vec::len);
        if lists.iter().any(|l| l.len() != n) {
            let lengths: Vec<String> = lists.iter().map(|l| l.len().to_string()).collect();
            let message = format!("`zip` of lists of different lengths: {}", lengths.join(", "));
            return Err(self.error("E0403", args.span, message, "all must be equally long"));
        }
        let rows = (0..n).map(|i| Value::tuple(lists.iter().map(|l| l[i].clone()).collect()));
        Ok(Value::list(rows.collect()))
    }

    fn enumerate(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let items = self.items_of(&args.value(0), args.span(0))?;
        let pairs = items.into_iter().enumerate().map(|(i, v)| Value::tuple(vec![Value::int(i as i64), v]));
        Ok(Value::list(pairs.collect()))
    }

    fn reversed(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut items = self.items_of(&args.value(0), args.span(0))?;
        items.reverse();
        Ok(Value::list(items))
    }

    fn per_axis(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let n = self.int_arg(&args, 1, 1)?;
        let n = usize::try_from(n).unwrap_or(0);
        match args.value(0) {
            Value::List(items) | Value::Tuple(items) if items.len() == n => Ok(Value::list(items.to_vec())),
            Value::List(items) | Value::Tuple(items) => {
                let message = format!("{} numbers for {n} axes", items.len());
                Err(self.error("E0403", args.span(0), message, "one for each axis"))
            }
            one => {
                self.spend(n, args.span)?;
                Ok(Value::list(vec![one; n]))
            }
        }
    }

    fn chain(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut parts = vec![];
        for item in self.items_of(&args.value(0), args.span(0))? {
            let part = self.member(item)?;
            if !part.is_callable() {
                return Err(self.expected("layers and functions", &part, args.span(0)));
            }
            parts.push(part);
        }
        Ok(Value::Chain(Rc::new(parts)))
    }

    /// Argument `at` as a tolerance.
    fn tolerance(&mut self, args: &Args<'a>, at: usize, default: f64) -> Res<f64> {
        if !args.has(at) {
            return Ok(default);
        }
        match super::super::expr::number(&args.value(at)) {
            Some(tolerance) if tolerance >= 0.0 => Ok(tolerance),
            Some(_) => Err(self.error("E0403", args.span(at), "a tolerance is not negative", "below zero")),
            None => Err(self.expected("a number", &args.value(at), args.span(at))),
        }
    }

    /// Equal up to `absolute + relative * |b|`, everywhere; infinities must be the same. `tolerance` is both.
    fn assert_close(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let span = args.span;
        let both = self.tolerance(&args, 2, if self.float == DType::F64 { 1e-9 } else { 1e-5 })?;
        let (relative, absolute) = (self.tolerance(&args, 3, both)?, self.tolerance(&args, 4, both)?);
        let (a, b) = self.two_tensors(&args.value(0), &args.value(1), span)?;
        let (a, b) = self.unify_dtypes(a, b, span)?;
        let (x, y) = (a.ty.shape.clone(), b.ty.shape.clone());
        let describe = || {
            let message = "`assert_close` compares equal shapes".to_string();
            super::super::claim::mismatch("E0502", span, message, &x, &y)
        };
        self.require_shape(&x, &y, span, describe)?;
        let (a, b) = match a.ty.dtype.is_float() {
            true if !a.ty.dtype.is_half() => (a, b),
            _ => (self.cast(&a, DType::F64, span)?, self.cast(&b, DType::F64, span)?),
        };
        let difference = self.binary(Binary::Sub, &a, &b, span)?;
        let difference = self.unary(Unary::Abs, &difference, span)?;
        let size = self.unary(Unary::Abs, &b, span)?;
        let factor = self.number(relative, a.ty.dtype, span);
        let allowed = self.binary(Binary::Mul, &size, &factor, span)?;
        let offset = self.number(absolute, a.ty.dtype, span);
        let allowed = self.binary(Binary::Add, &allowed, &offset, span)?;
        let near = self.compare(Compare::Le, &difference, &allowed, span)?;
        let same = self.compare(Compare::Eq, &a, &b, span)?;
        let fine = self.emit(Op::Binary(Binary::Or), &[&near, &same], span)?;
        let all = self.all(&fine, span)?;
        let text = match relative == absolute {
            true => format!("equal up to {both:e}"),
            false => format!("equal up to {absolute:e} + {relative:e} of it"),
        };
        self.assert_tensor(&all, text.into(), span)?;
        self.compared(&a, &b, span);
        Ok(Value::Nothing)
    }

    fn images(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let images = self.tensor_arg(&args, 0)?;
        let to = self.text_arg(&args, 1)?;
        self.save_images(&images, to, args.span)
    }

    fn letters(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let codes = self.tensor_arg(&args, 0)?;
        match args.value(1) {
            Value::Dataset(data) => self.print_text(codes, &data, args.span),
            other => Err(self.expected("a data set of `read_text`", &other, args.span(1))),
        }
    }

    /// The layer itself; a file fills its parameters before anything runs.
    fn load(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let path = self.text_arg(&args, 1)?;
        let net = self.settle(args.value(0))?;
        if !super::super::holds::holds_layer(&net) {
            return Err(self.expected("a layer", &net, args.span(0)));
        }
        let rules = if args.has(2) { self.rename_rules(&args.value(2), args.span(2))? } else { vec![] };
        if !self.generic {
            self.loads.push((net.clone(), path, rules, args.span(1)));
        }
        Ok(net)
    }

    /// A list of rules such as `"attention.self -> attention"`.
    pub fn rename_rules(&mut self, value: &Value<'a>, span: Span) -> Res<Vec<Rename>> {
        let mut rules = vec![];
        for item in self.items_of(value, span)? {
            let Value::Str(text) = item else {
                return Err(self.expected("a rule such as \"attention.self -> attention\"", &item, span));
            };
            match Rename::parse(&text) {
                Ok(rule) => rules.push(rule),
                Err(why) => {
                    let message = format!("`{}` is no rule for names: {why}", text.escape_debug());
                    let diagnostic = Diagnostic::error("E0905", span, message, "in these rules")
                        .help("left of `->` is a name of the file, right of it that of the program: `\"layer.*.ln -> blocks.*.norm\"`");
                    return Err(self.report(diagnostic));
                }
            }
        }
        Ok(rules)
    }
}
