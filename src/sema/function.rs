//! `test` blocks, and functions that are asked for by name, as programs.

use crate::base::{Name, Span};
use crate::ops::{Binary, Op, Reduce};
use crate::syntax::ast;
use crate::tir::{self, CellId, Source, Target, Ty};
use crate::types::Claim;

use super::layer::variable;
use super::scope::Scope;
use super::stmt::Place;
use super::value::{Arg, Closure, Code, Tensor, Value};
use super::{Checker, Function, Gradient, MAIN, Res, Test};

/// A function while it is traced.
struct Traced {
    inputs: Vec<(Name, Tensor)>,
    results: Vec<Tensor>,
    /// What its `where`s say of the sizes of its arguments.
    conditions: Vec<Claim>,
    span: Span,
}

impl<'a> Checker<'a> {
    pub fn test(&mut self, test: &'a ast::Test, module: super::ModuleId) -> Res<()> {
        let outer = std::mem::replace(&mut self.place, Place::Test);
        self.losses = 0;
        self.kept_states.clear();
        self.kept_steps.clear();
        let (program, result) =
            self.program(&format!("test {}", test.name), |c| c.block_in(&test.body, &Scope::root(module)));
        self.place = outer;
        result?;
        let program = self.add_program(program);
        self.out.tests.push(Test { name: test.name.clone(), span: test.name_span, program });
        Ok(())
    }

    /// A function of the main file as a program of its own, with and without derivatives.
    pub fn function(&mut self, name: &str, training: bool) -> Res<()> {
        let modules = self.modules;
        let func = modules.get(MAIN).ast.items.iter().find_map(|item| match &item.kind {
            ast::ItemKind::Fn(func) if &*func.name.name == name => Some(func),
            _ => None,
        });
        let Some(func) = func else { return Ok(()) };
        let outer = std::mem::replace(&mut self.training, training);
        let (program, traced) =
            self.program(name, |c| c.trace(func).and_then(|t| c.results(&t).map(|()| t.conditions)));
        let traced = traced.map(|conditions| (program, conditions));
        let (gradient, wrt) = self.program(name, |c| c.trace(func).and_then(|t| c.derive(&t)));
        self.training = outer;
        let (program, conditions) = traced?;
        let params = self.declared_params(func, &Scope::root(MAIN))?;
        let program = self.add_program(program);
        let gradient = wrt?.map(|wrt| Gradient { program: self.add_program(gradient), wrt });
        self.out.functions.push(Function { name: func.name.name.clone(), params, conditions, program, gradient });
        Ok(())
    }

    fn declared_params(&mut self, func: &'a ast::Func, scope: &Scope<'a>) -> Res<Vec<(Name, Ty)>> {
        let mut out = vec![];
        for param in &func.params {
            let Some(ty) = &param.ty else {
                return Err(self.error("E0301", param.name.span, "this parameter needs a type", "which shape?"));
            };
            self.free_sizes(ty, scope);
            out.push((param.name.name.clone(), self.concrete_ty(ty, scope)?));
        }
        Ok(out)
    }

    /// Sizes that a parameter names and nothing else says are variables.
    fn free_sizes(&mut self, ty: &'a ast::Type, scope: &Scope<'a>) {
        let ast::TypeKind::Tensor { dims, .. } = &ty.kind else { return };
        for dim in dims {
            if let ast::DimArg::Size(ast::Expr { kind: ast::ExprKind::Name(name), .. }) = dim
                && self.unbound(name, scope)
            {
                scope.set(name, Value::dim(variable(name, 1)));
            }
        }
    }

    fn trace(&mut self, func: &'a ast::Func) -> Res<Traced> {
        let scope = Scope::root(MAIN);
        let params = self.declared_params(func, &scope)?;
        let conditions = self.assume_wheres(&func.wheres, &scope);
        let mut args = vec![];
        let mut inputs = vec![];
        for (i, (name, ty)) in params.into_iter().enumerate() {
            let id = self.prog().input(Source::Arg(i), ty.clone(), func.name.span);
            let tensor = self.tensor(id, ty);
            inputs.push((name, tensor.clone()));
            args.push(Arg::positional(Value::Tensor(tensor), func.name.span));
        }
        let closure = Closure { code: Code::Func(func), scope: Scope::root(MAIN), of: None };
        let value = self.call_closure(&std::rc::Rc::new(closure), args, func.name.span)?;
        let mut results = vec![];
        self.flat_results(&value, func.name.span, &mut results)?;
        Ok(Traced { inputs, results, conditions, span: func.name.span })
    }

    fn flat_results(&mut self, value: &Value<'a>, span: Span, out: &mut Vec<Tensor>) -> Res<()> {
        match value {
            Value::Tuple(parts) | Value::List(parts) => {
                parts.iter().try_for_each(|part| self.flat_results(part, span, out))
            }
            Value::Record(fields) => fields.iter().try_for_each(|(_, part)| self.flat_results(part, span, out)),
            one => {
                out.push(self.as_tensor(one, self.float, span)?);
                Ok(())
            }
        }
    }

    fn results(&mut self, traced: &Traced) -> Res<()> {
        for (i, result) in traced.results.iter().enumerate() {
            let id = self.here(result);
            self.prog().output(Target::Value(i), id, traced.span);
        }
        Ok(())
    }

    /// Adds the derivatives of `sum(<result k, cotangent k>)`; `None` when nothing is differentiable.
    fn derive(&mut self, traced: &Traced) -> Res<Option<Vec<Name>>> {
        self.results(traced)?;
        let span = traced.span;
        let mut loss: Option<Tensor> = None;
        let floats = traced.results.iter().filter(|r| r.ty.dtype.is_float());
        for (k, result) in floats.enumerate() {
            let id = self.prog().input(Source::Arg(traced.inputs.len() + k), result.ty.clone(), span);
            let cotangent = self.tensor(id, result.ty.clone());
            let product = self.emit(Op::Binary(Binary::Mul), &[result, &cotangent], span)?;
            let axes = (0..product.ty.shape.len()).collect();
            let sum = self.emit(Op::Reduce { kind: Reduce::Sum, axes }, &[&product], span)?;
            loss = Some(match loss {
                None => sum,
                Some(loss) => self.binary(Binary::Add, &loss, &sum, span)?,
            });
        }
        let Some(loss) = loss else { return Ok(None) };
        let mut names = vec![];
        let mut wrt = vec![];
        for (name, input) in &traced.inputs {
            if input.ty.dtype.is_float() {
                names.push(name.clone());
                wrt.push(input.clone());
            }
        }
        for cell in (0..self.cells.len()).map(CellId::from) {
            let read = self.progs[0].versions(cell).first().cloned();
            if let (tir::Role::Param, Some(read)) = (self.cells[cell.index()].role, read) {
                let owner =
                    self.cells[cell.index()].owner.as_ref().map(|o| format!("{}.", o.path())).unwrap_or_default();
                names.push(format!("{owner}{}", self.cells[cell.index()].name).into());
                wrt.push(read);
            }
        }
        if wrt.is_empty() {
            return Ok(None);
        }
        let grads = self.derivatives(&loss, &wrt, span);
        for (i, grad) in grads.iter().enumerate() {
            let id = self.here(grad);
            self.prog().output(Target::Value(traced.results.len() + i), id, span);
        }
        Ok(Some(names))
    }
}
