//! What a value holds: layers and parameters inside of chains, lists, settings, fields, and functions that remember them.

use std::rc::Rc;

use crate::base::Name;
use crate::diag::Diagnostic;
use crate::syntax::{ast, mentions};
use crate::tir::{CellId, Role};

use super::call::method_of;
use super::value::{Closure, Code, Instance, Place, Value};
use super::{Checker, Res};

/// A layer or a parameter inside a value.
struct Leaf<'a> {
    /// The way to it from the value: `.0.f`.
    path: String,
    value: Value<'a>,
    frozen: bool,
}

/// The layers, cells and tensors of a value, in order. What layers hold themselves is left to the caller.
fn leaves<'a>(value: &Value<'a>) -> Vec<Leaf<'a>> {
    let mut walk = Walk { out: vec![], open: vec![] };
    walk.value(value, String::new(), false);
    walk.out
}

struct Walk<'a> {
    out: Vec<Leaf<'a>>,
    /// Functions that are being walked: one may remember itself.
    open: Vec<*const Closure<'a>>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, value: &Value<'a>, path: String, frozen: bool) {
        match value {
            Value::Instance(_) | Value::Cell(_) | Value::Tensor(_) => {
                self.out.push(Leaf { path, value: value.clone(), frozen });
            }
            Value::Chain(parts) | Value::List(parts) | Value::Tuple(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    self.value(part, format!("{path}.{i}"), frozen);
                }
            }
            Value::Record(fields) => {
                for (name, part) in fields.iter() {
                    self.value(part, format!("{path}.{name}"), frozen);
                }
            }
            Value::Choice(choice) => {
                self.value(&choice.then, path.clone(), frozen);
                self.value(&choice.otherwise, path, frozen);
            }
            Value::Frozen(inner, _) => self.value(inner, path, true),
            Value::Section(section) => {
                self.value(&section.func, path.clone(), frozen);
                for (i, arg) in section.args.iter().enumerate() {
                    // `checkpoint(f)` and its kin are in the paths what `f` is.
                    let path = match (&section.func, &arg.name) {
                        (Value::Builtin(_), _) => path.clone(),
                        (_, Some(name)) => format!("{path}.{name}"),
                        (_, None) => format!("{path}.{}", i + 1),
                    };
                    self.remembered(&arg.value, path, frozen);
                }
            }
            Value::Fn(closure) => self.closure(closure, &path, frozen),
            _ => {}
        }
    }

    /// What is beside a function: numbers that it works with are not parameters of it.
    fn remembered(&mut self, value: &Value<'a>, path: String, frozen: bool) {
        if !matches!(value, Value::Tensor(_)) {
            self.value(value, path, frozen);
        }
    }

    fn closure(&mut self, closure: &Rc<Closure<'a>>, path: &str, frozen: bool) {
        if self.open.contains(&Rc::as_ptr(closure)) {
            return;
        }
        self.open.push(Rc::as_ptr(closure));
        for (name, value) in captured(closure) {
            self.remembered(&value, format!("{path}.{name}"), frozen);
        }
        self.open.pop();
    }
}

/// The local names that a function mentions, and the layer whose methods it may call.
pub fn captured<'a>(closure: &Closure<'a>) -> Vec<(Name, Value<'a>)> {
    let of = callable(closure).map(|of| ("of".into(), Value::Instance(of.clone())));
    let local = |name: Name| closure.scope.get(&name).map(|value| (name, value));
    free_names(closure).into_iter().filter_map(local).chain(of).collect()
}

/// The layer whose method a function is, or whose methods it mentions.
pub fn callable<'c, 'a>(closure: &'c Closure<'a>) -> Option<&'c Rc<Instance<'a>>> {
    let of = closure.of.as_ref()?;
    let calls = |name: &Name| closure.scope.get(name).is_none() && method_of(of, name).is_some();
    (matches!(closure.code, Code::Func(_)) || free_names(closure).iter().any(calls)).then_some(of)
}

/// The names that a function without a name mentions and does not define.
fn free_names(closure: &Closure) -> Vec<Name> {
    let Code::Lambda { params, body } = closure.code else { return vec![] };
    let own = |name: &Name| params.iter().any(|param: &ast::Param| param.name.name == *name);
    mentions(body).into_iter().filter(|name| !own(name)).collect()
}

/// `freeze` of a value, where there is something to freeze; `training` is what is said of it.
pub fn frozen<'a>(value: Value<'a>, training: Option<bool>) -> Value<'a> {
    match holds(&value) {
        true => Value::Frozen(Rc::new(value), training),
        false => value,
    }
}

/// The layers at the same places of two values.
pub fn pairs<'a>(a: &Value<'a>, b: &Value<'a>) -> Vec<(Rc<Instance<'a>>, Rc<Instance<'a>>)> {
    let others = leaves(b);
    let mut out = vec![];
    for leaf in leaves(a) {
        let other = others.iter().find(|other| other.path == leaf.path);
        if let (Value::Instance(x), Some(Leaf { value: Value::Instance(y), .. })) = (leaf.value, other) {
            out.push((x, y.clone()));
        }
    }
    out
}

/// The place of a value that holds layers, to which the paths of their parameters are relative: `net.body`.
pub fn holder(value: &Value) -> Option<Name> {
    let mut places = leaves(value).into_iter().filter_map(|leaf| match leaf.value {
        Value::Instance(layer) => layer.path().strip_suffix(&*leaf.path).map(Name::from),
        _ => None,
    });
    places.find(|place| !place.is_empty())
}

/// Whether a value holds a layer or a parameter.
pub fn holds(value: &Value) -> bool {
    leaves(value).iter().any(|leaf| !matches!(leaf.value, Value::Tensor(_)))
}

/// Whether naming a value names a layer.
pub fn holds_layer(value: &Value) -> bool {
    match value {
        Value::Chain(_) | Value::Choice(_) => true,
        other => leaves(other).iter().any(|leaf| matches!(leaf.value, Value::Instance(_))),
    }
}

/// The first layer below a value that waits for its input to get its sizes.
pub fn unsettled<'a>(value: &Value<'a>) -> Option<Rc<Instance<'a>>> {
    waiting(value).into_iter().next()
}

/// The layers inside a value that still wait for an input to take their sizes from.
pub(super) fn waiting<'a>(value: &Value<'a>) -> Vec<Rc<Instance<'a>>> {
    let mut layers = layers_of(value);
    layers.retain(|layer| !layer.holes.borrow().is_empty());
    layers
}

/// All layers below a value, each once, holders first.
pub fn layers_of<'a>(value: &Value<'a>) -> Vec<Rc<Instance<'a>>> {
    fn gather<'a>(value: &Value<'a>, out: &mut Vec<Rc<Instance<'a>>>) {
        for leaf in leaves(value) {
            let Value::Instance(layer) = leaf.value else { continue };
            if out.iter().any(|known| Rc::ptr_eq(known, &layer)) {
                continue;
            }
            out.push(layer.clone());
            layer.fields.borrow().iter().for_each(|(_, field)| gather(field, out));
        }
    }
    let mut out = vec![];
    gather(value, &mut out);
    out
}

impl<'a> Checker<'a> {
    /// Gives the layers inside a value their place under a name; those with known sizes become ready.
    pub fn adopt(&mut self, value: &Value<'a>, parent: Option<&Rc<Instance<'a>>>, name: &str) -> Res<()> {
        let mut result = Ok(());
        for leaf in leaves(value) {
            let Value::Instance(instance) = leaf.value else { continue };
            if instance.place.borrow().is_none() {
                let name = format!("{name}{}", leaf.path);
                *instance.place.borrow_mut() = Some(Place { parent: parent.cloned(), name });
            }
            result = self.ready_if_known(&instance).and(result);
        }
        result
    }

    /// The layers inside a value that nothing has named are made where they are first asked for, as they are by a call.
    pub fn ready_all(&mut self, value: &Value<'a>) -> Res<()> {
        let mut result = Ok(());
        for leaf in leaves(value) {
            let Value::Instance(instance) = leaf.value else { continue };
            result = self.ready_if_known(&instance).and(result);
        }
        result
    }

    fn ready_if_known(&mut self, instance: &Rc<Instance<'a>>) -> Res<()> {
        let is_known = instance.holes.borrow().is_empty();
        if is_known { self.ready(instance) } else { Ok(()) }
    }

    /// A name inside a function: the layer it holds hangs below the layer whose method runs.
    pub fn adopt_local(&mut self, value: &Value<'a>, name: &str) -> Res<()> {
        if !holds_layer(value) {
            return Ok(());
        }
        let parent = self.frames.iter().rev().find_map(|f| f.instance.clone());
        self.adopt(value, parent.as_ref(), name)
    }

    /// Layers of a program that trains whose `_` no input has filled: they have no parameters, so nothing trains them.
    pub fn never_applied(&mut self) {
        let sound = self.out.diagnostics.iter().all(|d| d.severity != crate::diag::Severity::Error);
        if self.out.jobs.is_empty() || !sound {
            return;
        }
        let mut layers = vec![];
        for ((module, _), state) in &self.lets {
            if let (super::MAIN, super::item::LetState::Done(value)) = (*module, state) {
                layers.extend(waiting(value));
            }
        }
        for layer in layers {
            let name = &layer.ast.name.name;
            let message = format!("this `{name}` is never applied, so it has no sizes and no parameters");
            let diagnostic = Diagnostic::warning("E0516", layer.span, message, "nothing goes in here")
                .help("apply it to an input, or write its sizes as numbers");
            self.report(diagnostic);
        }
    }

    /// The parameters and buffers below a value, in the order in which they were declared. Without `all`: the
    /// parameters that training may change, so none of what `freeze` holds, wherever else it is held.
    pub fn cells_of(&self, value: &Value<'a>, all: bool) -> Vec<CellId> {
        let mut found = vec![];
        self.collect(value, false, &mut vec![], &mut found);
        let frozen: Vec<CellId> = found.iter().filter(|(_, frozen)| *frozen).map(|&(cell, _)| cell).collect();
        let mut out = vec![];
        for (cell, _) in found {
            let wanted = all || (self.cells[cell.index()].role == Role::Param && !frozen.contains(&cell));
            if wanted && !out.contains(&cell) {
                out.push(cell);
            }
        }
        out
    }

    /// The parameters below what `freeze` holds in a value.
    pub fn frozen_cells(&self, value: &Value<'a>) -> Vec<CellId> {
        let mut found = vec![];
        self.collect(value, false, &mut vec![], &mut found);
        found.into_iter().filter(|(_, frozen)| *frozen).map(|(cell, _)| cell).collect()
    }

    /// `seen`: layers that were gone through, a layer may be below itself by a function that calls its method.
    fn collect(
        &self,
        value: &Value<'a>,
        frozen: bool,
        seen: &mut Vec<(*const Instance<'a>, bool)>,
        out: &mut Vec<(CellId, bool)>,
    ) {
        for leaf in leaves(value) {
            let frozen = frozen || leaf.frozen;
            match &leaf.value {
                Value::Cell(cell) => out.push((*cell, frozen)),
                Value::Tensor(tensor) => out.extend(self.cell_of(tensor).map(|cell| (cell, frozen))),
                Value::Instance(instance) if !seen.contains(&(Rc::as_ptr(instance), frozen)) => {
                    seen.push((Rc::as_ptr(instance), frozen));
                    out.extend(instance.cells.borrow().iter().map(|&(_, cell)| (cell, frozen)));
                    for (_, field) in instance.fields.borrow().iter() {
                        self.collect(field, frozen, seen, out);
                    }
                }
                _ => {}
            }
        }
    }
}
