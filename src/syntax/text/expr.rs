//! Expressions and patterns.

use super::Text;
use crate::syntax::ast::*;

impl Text {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Int(value) => self.put(value),
            ExprKind::Float(value) => self.put(format_args!("{value:?}")),
            ExprKind::Str(value) => self.put(format_args!("{value:?}")),
            ExprKind::Bool(value) => self.put(value),
            ExprKind::Name(name) => self.put(name),
            ExprKind::Hole => self.put("_"),
            ExprKind::Broken => self.put("broken"),
            _ => {
                self.put("(");
                self.form(&expr.kind);
                self.put(")");
            }
        }
    }

    /// An expression with parts, without its parentheses.
    fn form(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Unary(UnaryOp::Neg, a) => self.operator("-", &[a]),
            ExprKind::Unary(UnaryOp::Not, a) => self.operator("not", &[a]),
            ExprKind::Binary(op, _, a, b) => self.operator(operator(*op), &[a, b]),
            ExprKind::Pipe(a, b) => self.operator("|>", &[a, b]),
            ExprKind::Compose(a, b) => self.operator(">>", &[a, b]),
            ExprKind::Train(train) => self.train(train),
            ExprKind::Range { lo, hi, inclusive } => {
                self.operator(if *inclusive { "..=" } else { ".." }, &[lo, hi]);
            }
            ExprKind::Spread(a) => self.operator("..", &[a]),
            ExprKind::Coerce { value, ty } => {
                self.operator(":>", &[value]);
                self.put(" ");
                self.ty(ty);
            }
            ExprKind::Call { func, args } => self.call(func, args),
            ExprKind::Index { base, args, arrow } => self.index(base, args, arrow),
            ExprKind::Field { base, name } => {
                self.operator(".", &[base]);
                self.put(format_args!(" {}", name.name));
            }
            ExprKind::Pattern { base, pattern } => {
                self.operator(".[]", &[base]);
                self.pattern(pattern);
            }
            ExprKind::Tuple(parts) => {
                self.put("tuple");
                parts.iter().for_each(|p| self.value(p));
            }
            ExprKind::List(parts) => {
                self.put("list");
                parts.iter().for_each(|p| self.value(p));
            }
            ExprKind::Record(entries) => {
                self.put("record ");
                self.entries(entries);
            }
            ExprKind::Comprehension { value, clauses } => self.comprehension(value, clauses),
            ExprKind::Lambda { params, body } => {
                self.put("|");
                self.params(params);
                self.value(body);
            }
            ExprKind::Block(block) => {
                self.put("block");
                self.block_lines(block);
            }
            _ => self.control(kind),
        }
    }

    fn operator(&mut self, operator: &str, parts: &[&Expr]) {
        self.put(operator);
        parts.iter().for_each(|p| self.value(p));
    }

    pub(super) fn entries(&mut self, entries: &[(Ident, Expr)]) {
        self.spaced(entries, |t, (name, value)| {
            t.put(format_args!("{}:", name.name));
            t.value(value);
        });
    }

    fn call(&mut self, func: &Expr, args: &[Arg]) {
        self.put("call");
        self.value(func);
        for arg in args {
            if let Some(name) = &arg.name {
                self.put(format_args!(" {}:", name.name));
            }
            self.value(&arg.value);
        }
    }

    fn index(&mut self, base: &Expr, args: &[IndexArg], arrow: &Option<Vec<IndexArg>>) {
        self.put("at");
        self.value(base);
        args.iter().for_each(|a| self.index_arg(a));
        if let Some(args) = arrow {
            self.put(" ->");
            args.iter().for_each(|a| self.index_arg(a));
        }
    }

    fn index_arg(&mut self, arg: &IndexArg) {
        self.put(" ");
        match arg {
            IndexArg::At(expr) => self.expr(expr),
            IndexArg::Named(name, value) => {
                self.put(format_args!("{}=", name.name));
                self.expr(value);
            }
            IndexArg::Rest(_) => self.put(".."),
            IndexArg::Slice { start, stop, step, .. } => {
                start.iter().for_each(|e| self.expr(e));
                self.put(":");
                stop.iter().for_each(|e| self.expr(e));
                if let Some(step) = step {
                    self.put(":");
                    self.expr(step);
                }
            }
        }
    }

    fn comprehension(&mut self, value: &Expr, clauses: &[Clause]) {
        self.put("list-of");
        self.value(value);
        for clause in clauses {
            self.put(" for ");
            self.names(&clause.names);
            self.value(&clause.values);
            if let Some(condition) = &clause.condition {
                self.put(" if");
                self.value(condition);
            }
        }
    }

    /// What has blocks. The other kinds are written by `form`.
    fn control(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::If { condition, then, otherwise } => {
                self.put("if");
                self.value(condition);
                self.block_lines(then);
                if let Some(otherwise) = otherwise {
                    self.line();
                    self.put("else");
                    self.block_lines(otherwise);
                }
            }
            ExprKind::Scan { names, over_values, axis, backward, carries, body } => {
                self.put("scan ");
                self.names(names);
                over_values.iter().for_each(|v| self.value(v));
                self.put(if *backward { " backward" } else { "" });
                self.operator(" over", &[axis]);
                self.carries(carries);
                self.block_lines(body);
            }
            ExprKind::Repeat { name, range, carries, body } => {
                self.put("repeat");
                name.iter().for_each(|n| self.put(format_args!(" {}", n.name)));
                self.value(range);
                self.carries(carries);
                self.block_lines(body);
            }
            ExprKind::While { condition, name, range, carries, body } => {
                self.operator("while", &[condition]);
                self.put(" max");
                name.iter().for_each(|n| self.put(format_args!(" {}", n.name)));
                self.value(range);
                self.carries(carries);
                self.block_lines(body);
            }
            ExprKind::Each { values, name, body } => {
                self.operator("each", &[values]);
                self.put(format_args!(" {}", name.name));
                self.block_lines(body);
            }
            _ => {}
        }
    }

    fn carries(&mut self, carries: &[(Ident, Expr)]) {
        for (name, value) in carries {
            self.put(format_args!(" {}=", name.name));
            self.expr(value);
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        self.put(" [");
        for (i, terms) in pattern.inputs.iter().enumerate() {
            self.put(if i > 0 { ", " } else { "" });
            self.spaced(terms, Text::term);
        }
        self.put(" -> ");
        self.spaced(&pattern.output, Text::term);
        if let Some(reduce) = &pattern.reduce {
            self.put(format_args!(" | {}", reduce.name));
        }
        self.put("]");
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Name(name) => self.put(name),
            TermKind::Int(value) => self.put(value),
            TermKind::Rest => self.put(".."),
            TermKind::Group(terms) => {
                self.put("(");
                self.spaced(terms, Text::term);
                self.put(")");
            }
        }
    }
}

/// The operator as it is written.
pub fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Rem => "%",
        BinaryOp::Pow => "**",
        BinaryOp::MatMul => "@",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
    }
}
