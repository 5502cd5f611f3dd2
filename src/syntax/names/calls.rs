//! Names behind a dot, and arguments by name: whose they are is told by what stands in front of them.

use super::walk::Walk;
use super::{Foreign, Kind, Use};
use crate::base::Name;
use crate::syntax::ast::{Arg, Expr, ExprKind, Ident};

impl Walk<'_> {
    /// `nn.Linear` of a module, or `net.head` of a value.
    pub(super) fn field(&mut self, base: &Expr, name: &Ident) {
        self.expr(base);
        match self.brought(base) {
            Some(base) => self.add_foreign(base, None, name, false),
            None => self.names.fields.push((base.span, name.clone())),
        }
    }

    pub(super) fn call(&mut self, func: &Expr, args: &[Arg]) {
        self.expr(func);
        let head = match &func.kind {
            ExprKind::Index { base, .. } => base,
            _ => func,
        };
        for arg in args {
            if let Some(name) = &arg.name {
                self.argument(head, name);
            }
            self.expr(&arg.value);
        }
    }

    fn argument(&mut self, callee: &Expr, name: &Ident) {
        match (&callee.kind, self.brought(callee)) {
            (_, Some(base)) => self.add_foreign(base, None, name, true),
            (ExprKind::Field { base, name: within }, None) => {
                if let Some(base) = self.brought(base) {
                    self.add_foreign(base, Some(&within.name), name, true);
                }
            }
            (ExprKind::Name(callee), None) => self.arguments.push((callee.clone(), name.clone())),
            _ => {}
        }
    }

    fn add_foreign(&mut self, base: usize, within: Option<&Name>, name: &Ident, is_argument: bool) {
        self.names.foreign.push(Foreign { base, within: within.cloned(), name: name.clone(), is_argument });
    }

    /// The binding that a bare name has from a `use` line.
    fn brought(&self, expr: &Expr) -> Option<usize> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        self.find(name).filter(|&at| self.names.bindings[at].kind == Kind::Import)
    }

    /// Arguments by name of what the file declares, when all of it is known.
    pub(super) fn settle_arguments(&mut self) {
        for (callee, name) in std::mem::take(&mut self.arguments) {
            if let Some(&of) = self.callable.get(&callee).and_then(|params| params.get(&name.name)) {
                self.names.uses.push(Use { span: name.span, of });
            }
        }
    }
}
