//! Which names an expression mentions: what a function remembers of its surroundings.

use super::ast::*;
use crate::base::Name;
use std::collections::BTreeSet;

/// All names in `expr` that it does not bind itself as parameters of functions.
pub fn mentions(expr: &Expr) -> BTreeSet<Name> {
    let mut names = Mentions::default();
    names.expr(expr);
    names.found
}

/// All names that the parts of a `train` block mention, its settings' values included.
pub fn mentions_of_train(train: &Train) -> BTreeSet<Name> {
    let mut names = Mentions::default();
    names.train(train);
    names.found
}

#[derive(Default)]
struct Mentions {
    found: BTreeSet<Name>,
    /// Parameters of the functions around, the innermost last.
    bound: Vec<Name>,
}

impl Mentions {
    fn name(&mut self, name: &Name) {
        if !self.bound.contains(name) {
            self.found.insert(name.clone());
        }
    }

    /// Names between the braces of a text are read too.
    fn text(&mut self, text: &str) {
        for part in text.split('{').skip(1) {
            if let Some((name, _)) = part.split_once('}') {
                self.name(&name.into());
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Hole | ExprKind::Broken => {}
            ExprKind::Str(text) => self.text(text),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Unary(_, x) | ExprKind::Spread(x) => self.expr(x),
            ExprKind::Field { base, .. } => self.expr(base),
            ExprKind::Pattern { base, pattern } => {
                self.expr(base);
                pattern.inputs.iter().chain([&pattern.output]).flatten().for_each(|term| self.term(term));
            }
            ExprKind::Binary(_, _, a, b) | ExprKind::Pipe(a, b) | ExprKind::Compose(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Range { lo, hi, .. } => {
                self.expr(lo);
                self.expr(hi);
            }
            ExprKind::Call { func, args } => {
                self.expr(func);
                args.iter().for_each(|arg| self.expr(&arg.value));
            }
            ExprKind::Index { base, args, arrow } => {
                self.expr(base);
                args.iter().chain(arrow.iter().flatten()).for_each(|arg| self.index(arg));
            }
            ExprKind::Tuple(parts) | ExprKind::List(parts) => parts.iter().for_each(|part| self.expr(part)),
            ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| self.expr(value)),
            ExprKind::Comprehension { value, clauses } => {
                self.expr(value);
                for clause in clauses {
                    self.expr(&clause.values);
                    clause.condition.iter().for_each(|condition| self.expr(condition));
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.block(then);
                otherwise.iter().for_each(|block| self.block(block));
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::Lambda { params, body } => self.lambda(params, body),
            ExprKind::Scan { over_values, axis, carries, body, .. } => {
                over_values.iter().for_each(|value| self.expr(value));
                self.expr(axis);
                carries.iter().for_each(|(_, first)| self.expr(first));
                self.block(body);
            }
            ExprKind::Repeat { range, carries, body, .. } => {
                self.expr(range);
                carries.iter().for_each(|(_, first)| self.expr(first));
                self.block(body);
            }
            ExprKind::While { condition, range, carries, body, .. } => {
                self.expr(condition);
                self.expr(range);
                carries.iter().for_each(|(_, first)| self.expr(first));
                self.block(body);
            }
            ExprKind::Each { values, body, .. } => {
                self.expr(values);
                self.block(body);
            }
            ExprKind::Coerce { value, ty } => {
                self.expr(value);
                self.ty(ty);
            }
            ExprKind::Train(train) => self.train(train),
        }
    }

    fn lambda(&mut self, params: &[Param], body: &Expr) {
        let outer = self.bound.len();
        for param in params {
            param.default.iter().for_each(|default| self.expr(default));
            self.bound.push(param.name.name.clone());
        }
        self.expr(body);
        self.bound.truncate(outer);
    }

    fn index(&mut self, arg: &IndexArg) {
        match arg {
            IndexArg::At(e) | IndexArg::Named(_, e) => self.expr(e),
            IndexArg::Slice { start, stop, step, .. } => {
                [start, stop, step].into_iter().flatten().for_each(|e| self.expr(e));
            }
            IndexArg::Rest(_) => {}
        }
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Name(name) => self.name(name),
            TermKind::Group(terms) => terms.iter().for_each(|term| self.term(term)),
            TermKind::Int(_) | TermKind::Rest => {}
        }
    }

    fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Tensor { element, dims } => {
                if let Some(Element::Idx(size, _)) = element {
                    self.expr(size);
                }
                dims.iter().for_each(|dim| self.dim(dim));
            }
            TypeKind::Layer { ins, outs, .. } => ins.iter().chain(outs).for_each(|dim| self.dim(dim)),
            TypeKind::Named(_) => {}
            TypeKind::Tuple(types) => types.iter().for_each(|ty| self.ty(ty)),
            TypeKind::Record(fields) => fields.iter().for_each(|(_, ty)| self.ty(ty)),
        }
    }

    fn dim(&mut self, dim: &DimArg) {
        match dim {
            DimArg::Size(size) => self.expr(size),
            DimArg::Rest(name, _) => name.iter().for_each(|name| self.name(&name.name)),
        }
    }

    fn block(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
        block.value.iter().for_each(|value| self.expr(value));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign { value: e, .. } | StmtKind::Yield(e) | StmtKind::Expr(e) | StmtKind::LogAll(e) => {
                self.expr(e);
            }
            StmtKind::Update { target, value } => {
                self.expr(target);
                self.expr(value);
            }
            StmtKind::Save { what, to, names } => {
                self.expr(what);
                self.expr(to);
                names.iter().for_each(|names| self.expr(names));
            }
            StmtKind::Minimize { loss, groups } => {
                self.expr(loss);
                groups.iter().flat_map(|(over, with)| [over, with]).for_each(|e| self.expr(e));
            }
            StmtKind::For { names: _, values, body } => {
                self.expr(values);
                self.block(body);
            }
            StmtKind::Log(entries) => entries.iter().for_each(|(_, value)| self.expr(value)),
            StmtKind::Assert { condition, message } => {
                self.expr(condition);
                message.iter().for_each(|message| self.expr(message));
            }
        }
    }

    fn train(&mut self, train: &Train) {
        for item in &train.items {
            match item {
                TrainItem::Setting { value, .. } => self.expr(value),
                TrainItem::Step { body, .. } => self.block(body),
                TrainItem::Validate { data, body, .. } => {
                    self.expr(data);
                    self.block(body);
                }
                TrainItem::Every { count, body, .. } => {
                    self.expr(count);
                    self.block(body);
                }
                TrainItem::SaveBest { to, .. } => self.expr(to),
                TrainItem::Stop { patience, .. } => self.expr(patience),
            }
        }
    }
}
