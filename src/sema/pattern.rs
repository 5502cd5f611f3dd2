//! Index patterns: `x.[b t (h d) -> b h t d]` rearranges, reduces, repeats; with two operands it contracts.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::{Op, Reduce};
use crate::syntax::ast::{self, Term, TermKind};
use crate::types::Dim;

use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Res};

/// A tensor whose axes have names.
#[derive(Clone)]
struct Named {
    tensor: Tensor,
    names: Vec<Name>,
}

impl<'a> Checker<'a> {
    pub fn pattern(
        &mut self,
        base: &'a ast::Expr,
        pattern: &'a ast::Pattern,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let value = self.expr(base, scope)?;
        let operands = match (&value, pattern.inputs.len()) {
            (Value::Tuple(parts) | Value::List(parts), n) if n == parts.len() => parts.to_vec(),
            (Value::Tensor(_), 1) => vec![value.clone()],
            (_, n) => {
                let message = format!("the pattern has {n} inputs and the value is {}", value.kind());
                return Err(self.error("E0515", pattern.span, message, "one pattern for each operand"));
            }
        };
        let mut sizes: Vec<(Name, Dim)> = vec![];
        let mut inputs = vec![];
        for (operand, terms) in operands.iter().zip(&pattern.inputs) {
            let tensor = self.as_tensor(operand, self.float, base.span)?;
            inputs.push(self.name_axes(tensor, terms, &mut sizes, pattern.span, scope)?);
        }
        let wanted = self.flat_output(&pattern.output, &inputs, pattern.span)?;
        let mut result = match inputs.len() {
            1 => self.reduce_rest(inputs.remove(0), &wanted, pattern)?,
            _ => self.contract(inputs, &wanted, pattern, span)?,
        };
        self.repeat_missing(&mut result, &wanted, &sizes, pattern.span, span, scope)?;
        self.arrange(result, &wanted, &pattern.output, span)
    }

    /// Splits the groups of an input and names every axis. Sizes in scope must agree.
    fn name_axes(
        &mut self,
        tensor: Tensor,
        terms: &'a [Term],
        sizes: &mut Vec<(Name, Dim)>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Named> {
        let rank = tensor.ty.shape.len();
        let rest = terms.iter().position(|t| t.kind == TermKind::Rest);
        let fixed = terms.len() - usize::from(rest.is_some());
        if rank < fixed || (rest.is_none() && rank != fixed) {
            let message =
                format!("the pattern names {fixed} axes and the tensor is {}", super::report::show(&tensor.ty));
            return Err(self.error("E0515", span, message, "one term for each axis"));
        }
        let mut names = vec![];
        let mut shape = vec![];
        let mut axis = 0;
        for term in terms {
            let size = tensor.ty.shape.get(axis).cloned();
            match (&term.kind, size) {
                (TermKind::Rest, _) => {
                    for i in 0..rank - fixed {
                        names.push(format!("..{i}").into());
                        shape.push(tensor.ty.shape[axis + i].clone());
                    }
                    axis += rank - fixed;
                    continue;
                }
                (TermKind::Name(name), Some(size)) => {
                    self.agree(name, &size, sizes, term.span, scope)?;
                    if names.contains(name) {
                        return Err(self.error("E0515", term.span, format!("`{name}` is named twice"), "again"));
                    }
                    names.push(name.clone());
                    shape.push(size);
                }
                (TermKind::Int(n), Some(size)) => {
                    let describe = || {
                        let message = format!("the pattern says {n} and the axis has {size}");
                        Diagnostic::error("E0515", term.span, message, "not this size")
                    };
                    self.require_equal(&Dim::from(*n), &size, term.span, describe)?;
                    names.push(numbered(*n, &names));
                    shape.push(size);
                }
                (TermKind::Group(parts), Some(size)) => {
                    self.split_group(parts, size, sizes, &mut names, &mut shape, term.span, scope)?;
                }
                (_, None) => unreachable!("the number of terms was checked"),
            }
            axis += 1;
        }
        let tensor = match shape == tensor.ty.shape {
            true => tensor,
            false => self.emit(Op::Reshape { shape }, &[&tensor], span)?,
        };
        Ok(Named { tensor, names })
    }

    /// `(h d)`: all sizes but one are known; the last is what is left.
    fn split_group(
        &mut self,
        parts: &'a [Term],
        size: Dim,
        sizes: &mut Vec<(Name, Dim)>,
        names: &mut Vec<Name>,
        shape: &mut Vec<Dim>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let mut known: Vec<Option<Dim>> = vec![];
        for part in parts {
            known.push(match &part.kind {
                TermKind::Name(name) => self.known_size(name, sizes, scope),
                TermKind::Int(n) => Some(Dim::from(*n)),
                TermKind::Group(_) | TermKind::Rest => {
                    return Err(self.error("E0515", part.span, "a group holds names and numbers", "not in a group"));
                }
            });
        }
        let open: Vec<usize> = (0..parts.len()).filter(|&i| known[i].is_none()).collect();
        let product = known.iter().flatten().fold(Dim::from(1), |n, d| &n * d);
        match open.as_slice() {
            [] => {}
            [at] => known[*at] = Some(size.floor_div(&product)),
            [first, ..] => {
                let TermKind::Name(name) = &parts[*first].kind else { unreachable!("only names are open") };
                let diagnostic =
                    Diagnostic::error("E0515", span, "a group may have one size that is not known", "several are open")
                        .help(format!("give `{name}` a value before: `{name} = ..`"));
                return Err(self.report(diagnostic));
            }
        }
        let dims: Vec<Dim> = known.into_iter().flatten().collect();
        let whole = dims.iter().fold(Dim::from(1), |n, d| &n * d);
        let describe = || {
            let message = format!("{size} cannot be split into groups of {product}");
            let diagnostic = Diagnostic::error("E0515", span, message, format!("{size} elements"));
            match (size.as_const(), product.as_const()) {
                (Some(_), Some(_)) => diagnostic,
                _ => diagnostic.help(format!("state it where the size is declared: `where {size} % {product} == 0`")),
            }
        };
        self.require_equal(&whole, &size, span, describe)?;
        for (part, dim) in parts.iter().zip(dims) {
            match &part.kind {
                TermKind::Name(name) => {
                    self.agree(name, &dim, sizes, part.span, scope)?;
                    names.push(name.clone());
                }
                TermKind::Int(n) => names.push(numbered(*n, names)),
                TermKind::Group(_) | TermKind::Rest => unreachable!("refused above"),
            }
            shape.push(dim);
        }
        Ok(())
    }

    /// The size of a pattern's name: bound earlier in the pattern, or an Int in scope.
    fn known_size(&mut self, name: &Name, sizes: &[(Name, Dim)], scope: &Scope<'a>) -> Option<Dim> {
        if let Some((_, dim)) = sizes.iter().find(|(n, _)| n == name) {
            return Some(dim.clone());
        }
        match scope.get(name) {
            Some(Value::Int(dim, _)) => Some(dim),
            Some(_) => None,
            None => match self.global(scope.module(), name) {
                Some(Value::Int(dim, _)) => Some(dim),
                _ => None,
            },
        }
    }

    fn agree(
        &mut self,
        name: &Name,
        size: &Dim,
        sizes: &mut Vec<(Name, Dim)>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        match self.known_size(name, sizes, scope) {
            Some(known) if known == *size => {}
            Some(known) => {
                let describe = || {
                    let message = format!("`{name}` is {known}, and this axis has {size}");
                    let diagnostic = Diagnostic::error("E0515", span, message, format!("an axis of {size}"));
                    match *size == Dim::from(1) {
                        true => diagnostic.help(format!(
                            "an axis of size 1 does not repeat by itself: `broadcast` what goes in, to {known} there"
                        )),
                        false => diagnostic
                            .help("a name that is a size in scope must agree with it: use another name for a new size"),
                    }
                };
                self.require_equal(&known, size, span, describe)?;
            }
            None => sizes.push((name.clone(), size.clone())),
        }
        Ok(())
    }

    /// The names of the output without groups; `..` stands for the input's.
    fn flat_output(&mut self, terms: &'a [Term], inputs: &[Named], span: Span) -> Res<Vec<Name>> {
        let mut names: Vec<Name> = vec![];
        flatten(terms, inputs, &mut names);
        for i in 1..names.len() {
            // A size that only repeats may do so at several places.
            let repeats = !inputs.iter().any(|input| input.names.contains(&names[i]));
            while repeats && names[..i].contains(&names[i]) {
                names[i] = format!("{}'", names[i]).into();
            }
        }
        let mut sorted = names.clone();
        sorted.sort();
        if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
            return Err(self.error("E0515", span, format!("`{}` is twice in the output", twice[0]), "each axis once"));
        }
        Ok(names)
    }

    /// What is not in the output is reduced, by the operation behind `|`.
    fn reduce_rest(&mut self, input: Named, wanted: &[Name], pattern: &ast::Pattern) -> Res<Named> {
        let gone: Vec<usize> = (0..input.names.len()).filter(|&i| !wanted.contains(&input.names[i])).collect();
        let kept: Vec<Name> = input.names.iter().filter(|n| wanted.contains(n)).cloned().collect();
        let tensor = match (&pattern.reduce, gone.is_empty()) {
            (_, true) => input.tensor,
            (Some(op), false) => self.reduce_named(&input.tensor, &op.name, &gone, op.span)?,
            (None, false) => {
                let names: Vec<&str> = gone.iter().map(|&i| written(&input.names[i])).collect();
                let verb = if names.len() == 1 { "disappears" } else { "disappear" };
                let diagnostic = Diagnostic::error(
                    "E0515",
                    pattern.span,
                    format!("{} {verb} without saying how", names.join(", ")),
                    "not in the output",
                )
                .help("say what becomes of them: `| sum`, `| mean`, `| max`, `| min` or `| prod`");
                return Err(self.report(diagnostic));
            }
        };
        Ok(Named { tensor, names: kept })
    }

    fn reduce_named(&mut self, x: &Tensor, op: &str, axes: &[usize], span: Span) -> Res<Tensor> {
        let kind = match op {
            "sum" | "mean" => Reduce::Sum,
            "max" => Reduce::Max,
            "min" => Reduce::Min,
            "prod" => Reduce::Prod,
            _ => {
                let message = format!("a pattern cannot reduce with `{op}`");
                let diagnostic = Diagnostic::error("E0515", span, message, "not a reduction")
                    .note("the reductions are sum, mean, max, min, prod");
                return Err(self.report(diagnostic));
            }
        };
        let count = axes.iter().fold(Dim::from(1), |n, &a| &n * &x.ty.shape[a]);
        let reduced = self.emit(Op::Reduce { kind, axes: axes.to_vec() }, &[x], span)?;
        if op != "mean" {
            return Ok(reduced);
        }
        let count = self.size(&count, reduced.ty.dtype, span)?;
        self.binary(crate::ops::Binary::Div, &reduced, &count, span)
    }

    /// `(q, k).[b h t d, b h s d -> b h t s]`: names in both are shared; those not in the output are summed over.
    fn contract(&mut self, inputs: Vec<Named>, wanted: &[Name], pattern: &ast::Pattern, span: Span) -> Res<Named> {
        let mut rest = inputs.into_iter();
        let Some(mut acc) = rest.next() else { unreachable!("a pattern has an input") };
        let mut later: Vec<Named> = rest.collect();
        while !later.is_empty() {
            let rhs = later.remove(0);
            let needed = |n: &Name| wanted.contains(n) || later.iter().any(|l| l.names.contains(n));
            acc = self.dot_named(acc, rhs, &needed, pattern.span, span)?;
        }
        Ok(acc)
    }

    fn dot_named(
        &mut self,
        lhs: Named,
        rhs: Named,
        needed: &dyn Fn(&Name) -> bool,
        at: Span,
        span: Span,
    ) -> Res<Named> {
        let (lhs, rhs) = self.sum_lonely(lhs, rhs, needed, at)?;
        let (a, b) = self.unify_dtypes(lhs.tensor, rhs.tensor, span)?;
        let (mut batch, mut contract) = (vec![], vec![]);
        for (i, name) in lhs.names.iter().enumerate() {
            if let Some(j) = rhs.names.iter().position(|n| n == name) {
                if needed(name) { batch.push((i, j)) } else { contract.push((i, j)) }
            }
        }
        let mut names: Vec<Name> = batch.iter().map(|&(i, _)| lhs.names[i].clone()).collect();
        names.extend(lhs.names.iter().filter(|n| !rhs.names.contains(n)).cloned());
        names.extend(rhs.names.iter().filter(|n| !lhs.names.contains(n)).cloned());
        let tensor = self.emit(Op::Dot { batch, contract }, &[&a, &b], span)?;
        Ok(Named { tensor, names })
    }

    /// Axes that only one operand has and nobody wants are summed first.
    fn sum_lonely(&mut self, lhs: Named, rhs: Named, needed: &dyn Fn(&Name) -> bool, at: Span) -> Res<(Named, Named)> {
        let lonely = |own: &Named, other: &Named| -> Vec<usize> {
            let gone = |n: &Name| !needed(n) && !other.names.contains(n);
            (0..own.names.len()).filter(|&i| gone(&own.names[i])).collect()
        };
        let (l, r) = (lonely(&lhs, &rhs), lonely(&rhs, &lhs));
        Ok((self.sum_axes(lhs, &l, at)?, self.sum_axes(rhs, &r, at)?))
    }

    fn sum_axes(&mut self, named: Named, axes: &[usize], at: Span) -> Res<Named> {
        if axes.is_empty() {
            return Ok(named);
        }
        let tensor = self.emit(Op::Reduce { kind: Reduce::Sum, axes: axes.to_vec() }, &[&named.tensor], at)?;
        let names = named.names.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, n)| n.clone()).collect();
        Ok(Named { tensor, names })
    }

    /// Names of the output that no input has repeat the value; their sizes are in scope.
    fn repeat_missing(
        &mut self,
        value: &mut Named,
        wanted: &[Name],
        sizes: &[(Name, Dim)],
        at: Span,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let missing: Vec<Name> = wanted.iter().filter(|n| !value.names.contains(n)).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut shape = vec![];
        for name in &missing {
            let size = match written(name).parse::<i64>() {
                Ok(n) => Some(Dim::from(n)),
                Err(_) => self.known_size(&name.trim_end_matches('\'').into(), sizes, scope),
            };
            let Some(size) = size else {
                let message = format!("`{name}` is only in the output, and its size is not known");
                let diagnostic = Diagnostic::error("E0515", at, message, "how many times?")
                    .help(format!("`{name}` must be a size in scope to repeat that often"));
                return Err(self.report(diagnostic));
            };
            shape.push(size);
        }
        let first = shape.len();
        shape.extend(value.tensor.ty.shape.iter().cloned());
        let axes = (first..shape.len()).collect();
        value.tensor = self.emit(Op::Broadcast { shape, axes }, &[&value.tensor], span)?;
        value.names.splice(0..0, missing);
        Ok(())
    }

    /// The axes in the order of the output, groups joined.
    fn arrange(&mut self, value: Named, wanted: &[Name], output: &'a [Term], span: Span) -> Res<Value<'a>> {
        let perm: Vec<usize> = wanted.iter().filter_map(|n| value.names.iter().position(|m| m == n)).collect();
        let sorted = perm.windows(2).all(|w| w[0] < w[1]);
        let tensor = match sorted {
            true => value.tensor,
            false => self.emit(Op::Transpose { perm }, &[&value.tensor], span)?,
        };
        if !output.iter().any(|t| matches!(t.kind, TermKind::Group(_))) {
            return Ok(Value::Tensor(tensor));
        }
        let mut sizes = tensor.ty.shape.iter();
        let rests = wanted.iter().filter(|n| n.starts_with("..")).count();
        let mut shape = vec![];
        for term in output {
            let count = match &term.kind {
                TermKind::Group(parts) => {
                    shape.push(sizes.by_ref().take(parts.len()).fold(Dim::from(1), |n, d| &n * d));
                    continue;
                }
                TermKind::Rest => rests,
                TermKind::Name(_) | TermKind::Int(_) => 1,
            };
            shape.extend(sizes.by_ref().take(count).cloned());
        }
        Ok(Value::Tensor(self.emit(Op::Reshape { shape }, &[&tensor], span)?))
    }
}

/// The names of terms and of those in groups.
fn flatten(terms: &[Term], inputs: &[Named], names: &mut Vec<Name>) {
    for term in terms {
        match &term.kind {
            TermKind::Name(name) => names.push(name.clone()),
            TermKind::Int(n) => names.push(numbered(*n, names)),
            TermKind::Rest => {
                names.extend(inputs.iter().flat_map(|i| &i.names).filter(|n| n.starts_with("..")).cloned());
                names.dedup();
            }
            TermKind::Group(parts) => flatten(parts, inputs, names),
        }
    }
}

/// The name of an axis that a pattern gives as a number: the first 8 of the input is the first 8 of the output.
fn numbered(n: i64, names: &[Name]) -> Name {
    let earlier = names.iter().filter(|name| written(name) == n.to_string()).count();
    format!("{n}@{earlier}").into()
}

/// The name of an axis as the pattern has it.
fn written(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}
