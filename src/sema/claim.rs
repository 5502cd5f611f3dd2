//! Statements about sizes: deciding them, and telling the user what came out.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::ops::shape::Requirement;
use crate::syntax::ast;
use crate::syntax::text::operator;
use crate::tir::Check;
use crate::types::{Claim, Dim, Rel, Verdict, Witness};

use super::report::dims;
use super::scope::Scope;
use super::stmt::Place;
use super::value::{Tensor, Truth, Value};
use super::{Checker, Poison, Res, ways};

impl<'a> Checker<'a> {
    /// What is known of a comparison of two sizes.
    pub fn truth(&mut self, claim: Claim) -> Truth {
        match self.facts.decide(&claim) {
            Verdict::Proved => Truth::Known(true),
            Verdict::Refuted(witness) if witness.always => Truth::Known(false),
            Verdict::Refuted(_) | Verdict::Unknown(_) => Truth::Claims(vec![claim]),
        }
    }

    /// A claim that must hold. `describe` makes the error if it does not. A claim that is neither proved nor false for
    /// all sizes: an equality is an error with sizes that show it; an inequality waits for the sizes.
    pub fn require(&mut self, claim: &Claim, span: Span, describe: impl FnOnce() -> Diagnostic) -> Res<()> {
        let verdict = self.facts.decide(claim);
        match verdict {
            Verdict::Proved => {
                self.counts.proved += 1;
                Ok(())
            }
            Verdict::Refuted(witness) if witness.always || claim.rel == Rel::Eq => {
                let diagnostic = self.explain(describe(), claim, &witness);
                Err(self.report(diagnostic))
            }
            Verdict::Unknown(why) if claim.rel == Rel::Eq && self.generic => {
                let diagnostic = describe()
                    .note(format!("`{}` could not be proved: {why}", text(claim)))
                    .help(format!("state it: add `where {}`", text(claim)));
                Err(self.report(diagnostic))
            }
            Verdict::Refuted(_) | Verdict::Unknown(_) => {
                self.defer(claim, span, describe);
                Ok(())
            }
        }
    }

    /// To be checked when sizes are known. A definition on its own leaves that to its callers.
    fn defer(&mut self, claim: &Claim, span: Span, describe: impl FnOnce() -> Diagnostic) {
        if self.generic {
            return;
        }
        let diagnostic = describe();
        let span = self.users_place(span);
        let check = Check { claim: claim.clone(), span, code: diagnostic.code, message: diagnostic.message };
        let checks = &mut self.progs[0].program.checks;
        if !checks.contains(&check) {
            checks.push(check);
        }
    }

    /// Adds to an error about an equality: sizes that show it, and what would make it true.
    fn explain(&mut self, diagnostic: Diagnostic, claim: &Claim, witness: &Witness) -> Diagnostic {
        let constant = claim.lhs.as_const().is_some() && claim.rhs.as_const().is_some();
        if constant || witness.sizes.is_empty() {
            return diagnostic;
        }
        if witness.always || is_plain(claim) {
            return diagnostic;
        }
        let diagnostic = diagnostic.note(witness_text(&claim.lhs, &claim.rhs, witness));
        match self.facts.weakest(claim) {
            Some(conditions) if !conditions.is_empty() => self.with_conditions(diagnostic, &conditions),
            _ => diagnostic,
        }
    }

    /// Adds the `where` that makes a claim true, as an edit of the definition that is being checked.
    pub fn with_conditions(&self, diagnostic: Diagnostic, conditions: &[Claim]) -> Diagnostic {
        let clauses: Vec<String> = conditions.iter().map(text).collect();
        let clauses = clauses.join(", ");
        let words = format!("it holds exactly when `{clauses}`: add `where {clauses}`");
        match self.defining.and_then(where_goes) {
            Some((at, true)) => diagnostic.fix(words, at, format!(", {clauses}")),
            Some((at, false)) => diagnostic.fix(words, at, format!(" where {clauses}")),
            None if matches!(self.place, Place::Step | Place::Validate) => diagnostic.help(format!(
                "it holds exactly when `{clauses}`: the last batch may be smaller than the others; \
                 `batch(.., drop_last: true)` leaves it out, and the size of a batch is then a number"
            )),
            None => diagnostic.help(words),
        }
    }

    /// A precondition of an op.
    pub fn require_op(&mut self, op: &Op<Dim>, args: &[&Tensor], requirement: &Requirement, span: Span) -> Res<()> {
        let describe = || super::shape::requirement(op, args, requirement, span);
        self.require(&requirement.claim, span, describe)
    }

    /// Two sizes that must be equal.
    pub fn require_equal(&mut self, a: &Dim, b: &Dim, span: Span, describe: impl FnOnce() -> Diagnostic) -> Res<()> {
        self.require(&Claim::new(a.clone(), Rel::Eq, b.clone()), span, describe)
    }

    /// Two shapes that must be equal, axis by axis.
    pub fn require_shape(&mut self, a: &[Dim], b: &[Dim], span: Span, describe: impl Fn() -> Diagnostic) -> Res<()> {
        if a.len() != b.len() {
            return Err(self.report(describe()));
        }
        for (x, y) in a.iter().zip(b) {
            self.require_equal(x, y, span, &describe)?;
        }
        Ok(())
    }

    /// The clauses of a `where`: facts while a definition is checked on its own, demands where it is used.
    pub fn wheres(&mut self, clauses: &'a [ast::Expr], scope: &Scope<'a>, callee: &str, call: Span) -> Res<()> {
        for clause in clauses {
            let value = self.expr(clause, scope)?;
            let truth = match value {
                Value::Bool(truth) => truth,
                other => return Err(self.expected("a condition on sizes", &other, clause.span)),
            };
            match truth {
                Truth::Known(true) => self.counts.proved += 1,
                Truth::Unknown => {}
                Truth::Known(false) => return Err(self.clause_fails(clause, scope, callee, call)),
                Truth::Claims(claims) => {
                    for claim in claims {
                        let describe = || {
                            Diagnostic::error(
                                "E0505",
                                call,
                                format!("`{callee}` needs `{}`", text(&claim)),
                                "not known here",
                            )
                            .label(clause.span, "the condition")
                        };
                        self.require(&claim, call, describe)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn clause_fails(&mut self, clause: &'a ast::Expr, scope: &Scope<'a>, callee: &str, call: Span) -> Poison {
        let mut values = vec![];
        let mut names = vec![];
        names_in(clause, &mut names);
        for name in names {
            match scope.get(&name) {
                Some(Value::Str(text)) => values.push(format!("{name} = {text:?}")),
                Some(value) => values.extend(super::expr::shown(&value).map(|text| format!("{name} = {text}"))),
                None => {}
            }
        }
        if let ast::ExprKind::Binary(_, _, a, b) = &clause.kind {
            for side in [a, b] {
                if let (ast::ExprKind::Call { .. }, Some(text)) = (&side.kind, shown(side))
                    && let Ok(Value::Int(dim, _)) = self.expr(side, scope)
                {
                    values.push(format!("{text} = {dim}"));
                }
            }
        }
        let message = match (shown(clause), values.is_empty()) {
            (Some(clause), false) => format!("`{callee}` needs `{clause}`, and here {}", values.join(", ")),
            _ => format!("`{callee}` needs a condition that does not hold here"),
        };
        let diagnostic =
            Diagnostic::error("E0505", call, message, "with these values").label(clause.span, "the condition");
        let near = self.near(clause, scope);
        self.report(match near {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }

    /// Numbers with which `a % b == 0` would hold.
    fn near(&mut self, clause: &'a ast::Expr, scope: &Scope<'a>) -> Option<String> {
        let ast::ExprKind::Binary(ast::BinaryOp::Eq, _, rest, zero) = &clause.kind else { return None };
        let (ast::ExprKind::Binary(ast::BinaryOp::Rem, _, a, b), ast::ExprKind::Int(0)) = (&rest.kind, &zero.kind)
        else {
            return None;
        };
        let mut number = |e: &'a ast::Expr| match self.expr(e, scope) {
            Ok(Value::Int(dim, _)) => dim.as_const(),
            _ => None,
        };
        ways::divisors(number(a)?, number(b)?, !matches!(b.kind, ast::ExprKind::Name(_)))
    }

    /// Takes `where` clauses as facts, and gives these.
    pub fn assume_wheres(&mut self, clauses: &'a [ast::Expr], scope: &Scope<'a>) -> Vec<Claim> {
        let mut assumed = vec![];
        for clause in clauses {
            if let Ok(Value::Bool(Truth::Claims(claims))) = self.expr(clause, scope) {
                for claim in &claims {
                    self.facts.assume(claim);
                }
                assumed.extend(claims);
            }
        }
        assumed
    }
}

/// `differs for H = 7: 6 and 7`
pub fn witness_text(lhs: &Dim, rhs: &Dim, witness: &Witness) -> String {
    let sizes: Vec<String> = witness.sizes.iter().map(|(var, value)| format!("{} = {value}", var.name)).collect();
    format!("`{lhs}` and `{rhs}` differ for {}: {} and {}", sizes.join(", "), witness.lhs, witness.rhs)
}

/// The end of a definition's head, and whether a `where` is there already. Without both a `where` and a result the head
/// has no end that the tree knows.
fn where_goes(func: &ast::Func) -> Option<(Span, bool)> {
    match (func.wheres.last(), &func.result) {
        (Some(clause), _) => Some((clause.span.end(), true)),
        (None, Some(result)) => Some((result.span.end(), false)),
        (None, None) => None,
    }
}

/// Whether a claim compares two bare names or numbers: that they differ needs no example.
pub fn is_plain(claim: &Claim) -> bool {
    [&claim.lhs, &claim.rhs].into_iter().all(|dim| dim.as_const().is_some() || dim.as_var().is_some())
}

/// `H % 16 == 0`
pub fn text(claim: &Claim) -> String {
    let rel = match claim.rel {
        Rel::Eq => "==",
        Rel::Ne => "!=",
        Rel::Lt => "<",
        Rel::Le => "<=",
    };
    format!("{} {rel} {}", claim.lhs, claim.rhs)
}

/// A condition as it is written; only what conditions are usually made of has a short form.
fn shown(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        ast::ExprKind::Name(name) => Some(name.to_string()),
        ast::ExprKind::Int(value) => Some(value.to_string()),
        ast::ExprKind::Float(value) => Some(value.to_string()),
        ast::ExprKind::Str(text) => Some(format!("{text:?}")),
        ast::ExprKind::Unary(ast::UnaryOp::Not, e) => Some(format!("not {}", operand(e, 3)?)),
        ast::ExprKind::Binary(op, _, a, b) => {
            let level = level(*op);
            Some(format!("{} {} {}", operand(a, level)?, operator(*op), operand(b, level + 1)?))
        }
        ast::ExprKind::Call { func, args } => {
            let arg = |arg: &ast::Arg| {
                let name = arg.name.as_ref().map_or(String::new(), |name| format!("{}: ", name.name));
                Some(format!("{name}{}", shown(&arg.value)?))
            };
            let args: Option<Vec<String>> = args.iter().map(arg).collect();
            Some(format!("{}({})", shown(func)?, args?.join(", ")))
        }
        _ => None,
    }
}

/// An operand as it is written, in parentheses where it would bind less than `least`.
fn operand(expr: &ast::Expr, least: u8) -> Option<String> {
    let text = shown(expr)?;
    match expr.kind {
        ast::ExprKind::Binary(op, ..) if level(op) < least => Some(format!("({text})")),
        _ => Some(text),
    }
}

/// How closely an operator binds.
fn level(op: ast::BinaryOp) -> u8 {
    use ast::BinaryOp::*;
    match op {
        Or => 1,
        And => 2,
        Eq | Ne | Lt | Le | Gt | Ge => 3,
        Add | Sub => 4,
        Mul | Div | FloorDiv | Rem | MatMul => 5,
        Pow => 6,
    }
}

pub fn names_in(expr: &ast::Expr, names: &mut Vec<crate::base::Name>) {
    match &expr.kind {
        ast::ExprKind::Name(name) if !names.contains(name) => names.push(name.clone()),
        ast::ExprKind::Unary(_, e) => names_in(e, names),
        ast::ExprKind::Binary(_, _, a, b) => {
            names_in(a, names);
            names_in(b, names);
        }
        _ => {}
    }
}

/// A mismatch of two whole shapes in words, for callers that know what the shapes are.
pub fn mismatch(code: &'static str, span: Span, message: String, want: &[Dim], got: &[Dim]) -> Diagnostic {
    Diagnostic::error(code, span, message, format!("{} here", dims(got))).note(format!(
        "expected {}\nreceived {}",
        dims(want),
        dims(got)
    ))
}
