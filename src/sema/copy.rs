//! `copy(net)`: a layer of the same make whose parameters and buffers are its own and begin as those of the other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::base::{Name, Span};
use crate::tir::{CellId, Role};

use super::holds::{callable, captured, holds, layers_of, pairs};
use super::scope::Scope;
use super::value::{Arg, Choice, Closure, Code, Instance, Section, Value};
use super::{Checker, Res};

/// What one `copy` has made so far.
struct Copies<'a> {
    /// The layers that are copied: a parameter of one of them is shared within the copy as it was.
    all: Vec<Rc<Instance<'a>>>,
    layers: Vec<(Rc<Instance<'a>>, Rc<Instance<'a>>)>,
    cells: Vec<(CellId, CellId)>,
    span: Span,
}

impl<'a> Checker<'a> {
    pub fn copy_of(&mut self, value: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let mut copies = Copies { all: layers_of(value), layers: vec![], cells: vec![], span };
        self.in_init(|c| c.copied(value, &mut copies))
    }

    fn copied(&mut self, value: &Value<'a>, copies: &mut Copies<'a>) -> Res<Value<'a>> {
        Ok(match value {
            Value::Instance(layer) => Value::Instance(self.copied_layer(layer, copies)?),
            Value::Cell(cell) => Value::Cell(self.copied_cell(*cell, copies)?),
            Value::Chain(parts) => Value::Chain(Rc::new(self.copied_all(parts, copies)?)),
            Value::List(parts) => Value::list(self.copied_all(parts, copies)?),
            Value::Tuple(parts) => Value::tuple(self.copied_all(parts, copies)?),
            Value::Record(fields) => {
                let fields: Res<Vec<_>> =
                    fields.iter().map(|(name, part)| Ok((name.clone(), self.copied(part, copies)?))).collect();
                Value::Record(Rc::new(fields?))
            }
            Value::Frozen(inner, training) => Value::Frozen(Rc::new(self.copied(inner, copies)?), *training),
            Value::Choice(choice) => Value::Choice(Rc::new(Choice {
                truth: choice.truth.clone(),
                then: self.copied(&choice.then, copies)?,
                otherwise: self.copied(&choice.otherwise, copies)?,
            })),
            Value::Section(section) => {
                let mut args = vec![];
                for arg in &section.args {
                    args.push(Arg { value: self.copied(&arg.value, copies)?, ..arg.clone() });
                }
                let func = self.copied(&section.func, copies)?;
                Value::Section(Rc::new(Section { func, args, span: section.span }))
            }
            Value::Fn(closure) => self.copied_function(closure, copies)?,
            other => other.clone(),
        })
    }

    fn copied_all(&mut self, parts: &[Value<'a>], copies: &mut Copies<'a>) -> Res<Vec<Value<'a>>> {
        parts.iter().map(|part| self.copied(part, copies)).collect()
    }

    /// A function that remembers layers remembers copies of them.
    fn copied_function(&mut self, closure: &Rc<Closure<'a>>, copies: &mut Copies<'a>) -> Res<Value<'a>> {
        let of = callable(closure).map(|of| self.copied_layer(of, copies)).transpose()?;
        if let (Code::Func(_), Some(of)) = (closure.code, &of) {
            let scope = of.scope.clone();
            return Ok(Value::Fn(Rc::new(Closure { code: closure.code, scope, of: Some(of.clone()) })));
        }
        let scope = closure.scope.function();
        let mut changed = of.is_some();
        for (name, value) in captured(closure) {
            let itself = matches!(&value, Value::Fn(other) if Rc::ptr_eq(other, closure));
            if !itself && holds(&value) {
                scope.set(&name, self.copied(&value, copies)?);
                changed = true;
            }
        }
        Ok(match changed {
            true => Value::Fn(Rc::new(Closure { code: closure.code, scope, of })),
            false => Value::Fn(closure.clone()),
        })
    }

    fn copied_layer(&mut self, layer: &Rc<Instance<'a>>, copies: &mut Copies<'a>) -> Res<Rc<Instance<'a>>> {
        if let Some((_, made)) = copies.layers.iter().find(|(from, _)| Rc::ptr_eq(from, layer)) {
            return Ok(made.clone());
        }
        let scope = Scope::root(layer.scope.module());
        let sizes = layer.ast.sizes_in.iter().chain(&layer.ast.sizes_out);
        for name in sizes.map(|size| &size.name.name) {
            layer.scope.own(name).iter().for_each(|value| scope.set(name, value.clone()));
        }
        let copy = Rc::new(Instance {
            ast: layer.ast,
            scope,
            holes: RefCell::new(layer.holes.borrow().clone()),
            ready: Cell::new(false),
            place: RefCell::default(),
            cells: RefCell::default(),
            fields: RefCell::default(),
            written: layer.written.clone(),
            settings_at: layer.settings_at.clone(),
            source: RefCell::new(Some(layer.clone())),
            span: copies.span,
        });
        copies.layers.push((layer.clone(), copy.clone()));
        for name in layer.ast.settings.iter().map(|setting| &setting.name.name) {
            let Some(value) = layer.scope.own(name) else { continue };
            let value = self.copied(&value, copies)?;
            if holds(&value) {
                copy.fields.borrow_mut().push((name.clone(), value.clone()));
            }
            copy.scope.set(name, value);
        }
        if layer.ready.get() {
            self.ready(&copy)?;
        }
        Ok(copy)
    }

    /// A parameter by itself: that of the copied layer it belongs to, or a new one.
    fn copied_cell(&mut self, cell: CellId, copies: &mut Copies<'a>) -> Res<CellId> {
        if let Some(&(_, made)) = copies.cells.iter().find(|(from, _)| *from == cell) {
            return Ok(made);
        }
        let (owner, name) = (self.cells[cell.index()].owner.clone(), self.cells[cell.index()].name.clone());
        let owner = owner.filter(|owner| copies.all.iter().any(|layer| Rc::ptr_eq(layer, owner)));
        if let Some(owner) = owner {
            let copy = self.copied_layer(&owner, copies)?;
            let own = copy.cells.borrow().iter().find(|(own, _)| *own == name).map(|&(_, cell)| cell);
            if let Some(own) = own {
                return Ok(own);
            }
        }
        let (role, ty) = (self.cells[cell.index()].role, self.cells[cell.index()].ty.clone());
        let copy = self.add_cell(None, name, role, ty, copies.span);
        copies.cells.push((cell, copy));
        self.begin_as_copy(copy, cell, copies.span)?;
        Ok(copy)
    }

    /// Begins with what `source` begins with, be it from its initializer or from a file.
    pub fn begin_as_copy(&mut self, cell: CellId, source: CellId, span: Span) -> Res<()> {
        let value = self.held(source, span);
        self.begin_as(cell, &value, span)
    }

    /// The layer that this one is a copy of, with the sizes that this one has found.
    pub fn ready_source(&mut self, copy: &Rc<Instance<'a>>) -> Res<()> {
        let Some(source) = copy.source.borrow().clone() else { return Ok(()) };
        let holes = std::mem::take(&mut *source.holes.borrow_mut());
        for name in holes.keys() {
            copy.scope.own(name).iter().for_each(|size| source.scope.set(name, size.clone()));
        }
        self.ready(&source)
    }

    /// Copies below `value` that no input has reached take the sizes that their sources have found.
    pub fn sizes_from_sources(&mut self, value: &Value<'a>) -> Res<()> {
        for copy in layers_of(value) {
            let Some(source) = copy.source.borrow().clone() else { continue };
            if copy.holes.borrow().is_empty() || !source.holes.borrow().is_empty() {
                continue;
            }
            let holes = std::mem::take(&mut *copy.holes.borrow_mut());
            for name in holes.keys() {
                source.scope.own(name).iter().for_each(|size| copy.scope.set(name, size.clone()));
            }
            self.ready(&copy)?;
        }
        Ok(())
    }

    /// The parameter or buffer that one of a copy begins as.
    pub fn source_cell(&self, copy: &Instance<'a>, name: &Name) -> Option<CellId> {
        let source = copy.source.borrow().clone()?;
        let cells = source.cells.borrow();
        cells.iter().find(|(own, _)| own == name).map(|&(_, cell)| cell)
    }

    /// What a field of the source of a copy is, where that is only numbers: they do not change, and are shared.
    pub fn source_constant(&self, copy: &Instance<'a>, name: &Name) -> Option<Value<'a>> {
        let source = copy.source.borrow().clone()?;
        let fields = source.fields.borrow();
        let (_, value) = fields.iter().find(|(field, _)| field == name)?;
        let constant = |cell: &CellId| {
            let own = source.cells.borrow().iter().any(|(_, own)| own == cell);
            !own && self.cells[cell.index()].role == Role::Buffer
        };
        let cells = self.cells_of(value, true);
        (layers_of(value).is_empty() && !cells.is_empty() && cells.iter().all(constant)).then(|| value.clone())
    }

    /// The layers in a field of a copy are copies of those in that field of its source.
    pub fn follow_source(&mut self, copy: &Instance<'a>, name: &Name, value: &Value<'a>) {
        let Some(source) = copy.source.borrow().clone() else { return };
        let fields = source.fields.borrow();
        let Some((_, original)) = fields.iter().find(|(field, _)| field == name) else { return };
        for (made, from) in pairs(value, original) {
            let fresh = made.source.borrow().is_none() && !made.ready.get();
            if fresh && !Rc::ptr_eq(&made, &from) && std::ptr::eq(made.ast, from.ast) {
                *made.source.borrow_mut() = Some(from);
            }
        }
    }
}
