//! A size that does not fit, read backwards: which setting of an earlier stage of the chain would make it fit.
//!
//! The stages from there on are run again with that setting as a variable; what comes out is a formula, and the formula
//! is solved. The answer is run once more with its number, so that nothing is proposed that would fail elsewhere.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::{Edit, Help, Label};
use crate::tir::{Source, Ty, ValueId};
use crate::types::{Dim, Var, solve_for};

use super::emit::Prog;
use super::report::dims;
use super::scope::Scope;
use super::size::Missed;
use super::value::{Arg, Instance, Tensor, Value};
use super::ways::factors;
use super::{Checker, Poison, Res};

/// The setting that says how much is added around a picture.
const PAD: &str = "pad";

/// Settings that change how large a picture is, with their least values; the likeliest slip first.
const SETTINGS: [(&str, i64); 3] = [(PAD, 0), ("stride", 1), ("kernel", 1)];

/// A stage, a setting, its value, and the sizes that the failing stage would receive and the one before it.
struct Way {
    stage: usize,
    setting: &'static str,
    value: i64,
    before: Vec<Dim>,
}

impl<'a> Checker<'a> {
    /// Adds to the last error what an earlier stage could do about it. The last of `parts` is the stage that failed.
    pub fn suggest_setting(&mut self, parts: &[Value<'a>], inputs: &[Option<Ty>]) {
        let Some(missed) = self.missed.take() else { return };
        let Some((Value::Instance(failed), before)) = parts.split_last() else { return };
        if !missed.of.as_ref().is_some_and(|of| Rc::ptr_eq(of, failed)) {
            return;
        }
        let Some(way) = self.way_to(&missed, before, inputs) else { return };
        let Value::Instance(stage) = &before[way.stage] else { return };
        let class = &stage.ast.name.name;
        let (setting, value, want) = (way.setting, way.value, &missed.want);
        let size = match factors(way.before.get(1..).unwrap_or(&[]), want) {
            Some(product) => format!("{want} = {product}"),
            None => want.to_string(),
        };
        let text = format!("{size} would follow from `{setting}: {value}` in {}`{class}`", ordinal(before, way.stage));
        let went = [way.stage, way.stage + 1].map(|i| inputs[i].as_ref().and_then(|ty| ty.shape.last().cloned()));
        let Some(last) = self.out.diagnostics.last_mut() else { return };
        // What stands in another file, as in the library, is not to be changed for this one.
        let edit = edit(stage, setting, value).filter(|edit| edit.span.file == last.span().file);
        last.helps.push(Help { text, edit });
        if let [Some(from), Some(to)] = went
            && from != to
        {
            last.labels.push(Label { span: stage.span, text: format!("{from} -> {to} here") });
        }
    }

    fn way_to(&mut self, missed: &Missed<'a>, parts: &[Value<'a>], inputs: &[Option<Ty>]) -> Option<Way> {
        let target = missed.want.as_const()?;
        for (setting, least) in SETTINGS {
            for (stage, part) in parts.iter().enumerate() {
                let (Value::Instance(instance), Some(input)) = (part, &inputs[stage]) else { continue };
                let Some(Value::Int(now, _)) = instance.scope.own(setting) else { continue };
                let rerun = |c: &mut Self, value: Dim, generic: bool| {
                    c.unheard(generic, |c| c.shapes_with(instance, setting, value, input, &parts[stage + 1..]))
                };
                let var = Var::fresh(setting, least);
                let Ok((_, shape)) = rerun(self, Dim::var(&var), true) else { continue };
                let Some(value) = shape.get(missed.axis).and_then(|formula| solve_for(formula, target, &var)) else {
                    continue;
                };
                if now.as_const() == Some(value) {
                    continue;
                }
                if let Ok((before, shape)) = rerun(self, Dim::from(value), false)
                    && shape.get(missed.axis) == Some(&missed.want)
                {
                    return Some(Way { stage, setting, value, before });
                }
            }
        }
        None
    }

    /// The shapes before and behind the last of `rest` when a layer has another setting.
    fn shapes_with(
        &mut self,
        layer: &Rc<Instance<'a>>,
        setting: &str,
        value: Dim,
        input: &Ty,
        rest: &[Value<'a>],
    ) -> Res<(Vec<Dim>, Vec<Dim>)> {
        let changed = Value::Instance(Rc::new(with_setting(layer, setting, value)));
        let id = self.prog().input(Source::Arg(0), input.clone(), layer.span);
        let mut current = Value::Tensor(self.tensor(id, input.clone()));
        let mut before = vec![];
        for part in std::iter::once(&changed).chain(rest) {
            let Value::Tensor(tensor) = &current else { return Err(Poison) };
            before = tensor.ty.shape.clone();
            current = self.call(part, vec![Arg::positional(current.clone(), layer.span)], layer.span)?;
        }
        match current {
            Value::Tensor(tensor) => Ok((before, tensor.ty.shape)),
            _ => Err(Poison),
        }
    }

    /// Runs `body` for its answer alone: what it adds to programs, parameters and reports is thrown away.
    fn unheard<T>(&mut self, generic: bool, body: impl FnOnce(&mut Self) -> T) -> T {
        let (cells, reports, borrowed) = (self.cells.len(), self.out.diagnostics.len(), self.borrowed.len());
        let counts = self.counts;
        let facts = self.facts.clone();
        let was_generic = std::mem::replace(&mut self.generic, generic);
        let progs = std::mem::replace(&mut self.progs, vec![Prog::named("trial")]);
        let init = std::mem::replace(&mut self.init, vec![Prog::named("trial init")]);
        let trail = std::mem::take(&mut self.trail);
        let result = body(self);
        (self.trail, self.init, self.progs, self.generic, self.facts) = (trail, init, progs, was_generic, facts);
        self.counts = counts;
        self.missed = None;
        self.cells.truncate(cells);
        for taken_back in self.out.diagnostics.drain(reports..) {
            self.reported.remove(&(taken_back.code, taken_back.span()));
        }
        for (instance, holes) in self.borrowed.split_off(borrowed) {
            instance.give_back(holes);
        }
        result
    }
}

/// Layers with padding, and what each was given, by the value that it gave: number of the program, depth, and place.
pub type Pads<'a> = BTreeMap<(u32, usize, ValueId), (Rc<Instance<'a>>, Ty)>;

/// Values that are looked through on the way to a layer that pads.
const FAR: usize = 200;

impl<'a> Checker<'a> {
    /// Remembers what a layer with padding has given.
    pub fn pads(&mut self, layer: &Rc<Instance<'a>>, input: Option<Ty>, result: &Value<'a>) {
        if let (Value::Tensor(result), Some(input), Some(Value::Int(..))) = (result, input, layer.scope.own(PAD)) {
            self.pads.insert((result.home, result.depth, result.id), (layer.clone(), input));
        }
    }

    /// What padding would give one of two tensors the shape of the other: where `x + f(x)` has a convolution that cuts off.
    pub fn padding_between(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Option<Help> {
        [(b, a), (a, b)].into_iter().find_map(|(made, want)| self.padding_to(made, &want.ty.shape, span))
    }

    fn padding_to(&mut self, made: &Tensor, want: &[Dim], span: Span) -> Option<Help> {
        let (layer, input) = self.padder(made)?;
        // What goes in longer steps makes a picture smaller on purpose.
        if layer.scope.own("stride").is_some_and(|stride| !matches!(stride, Value::Int(by, _) if by == Dim::from(1))) {
            return None;
        }
        let generic = self.generic;
        let rerun = |c: &mut Self, pad: Dim, generic| {
            let ran = c.unheard(generic, |c| c.shapes_with(&layer, PAD, pad, &input, &[]));
            ran.ok().map(|(_, shape)| shape).filter(|shape| shape.len() == want.len())
        };
        let pad = Var::fresh(PAD, 0);
        let formulas = rerun(self, Dim::var(&pad), true)?;
        let value = formulas.iter().zip(want).find_map(|(have, want)| solve_for(&(have - want), 0, &pad))?;
        if rerun(self, Dim::from(value), generic)? != want {
            return None;
        }
        let text = format!("both are {} with `{PAD}: {value}` in `{}`", dims(want), layer.ast.name.name);
        Some(Help { text, edit: edit(&layer, PAD, value).filter(|edit| edit.span.file == span.file) })
    }

    /// The layer with padding that a tensor comes from through what keeps its shape.
    fn padder(&self, made: &Tensor) -> Option<(Rc<Instance<'a>>, Ty)> {
        let nodes = &self.progs.get(made.depth)?.program.nodes;
        let mut at = made.id;
        for _ in 0..FAR {
            if let Some(found) = self.pads.get(&(made.home, made.depth, at)) {
                return Some(found.clone());
            }
            let node = nodes.get(at.index())?;
            let same = |arg: &&ValueId| nodes[arg.index()].tys[0].shape == made.ty.shape;
            at = *node.args.iter().find(same)?;
        }
        None
    }
}

/// Writes a setting where the layer is made: over its value, or behind the last setting that is written there.
fn edit(layer: &Instance, setting: &str, value: i64) -> Option<Edit> {
    if let Some(&span) = layer.settings_at.get(setting) {
        return Some(Edit { span, text: value.to_string() });
    }
    let last = layer.settings_at.values().max_by_key(|span| span.hi)?;
    Some(Edit { span: Span { lo: last.hi, ..*last }, text: format!(", {setting}: {value}") })
}

/// The layer again, with one setting changed and its parameters still to be made.
fn with_setting<'a>(layer: &Rc<Instance<'a>>, setting: &str, value: Dim) -> Instance<'a> {
    let ast = layer.ast;
    let scope = Scope::root(layer.scope.module());
    let sizes = ast.sizes_in.iter().chain(&ast.sizes_out).map(|size| &size.name.name);
    for name in sizes.chain(ast.settings.iter().map(|param| &param.name.name)) {
        if let Some(old) = layer.scope.own(name) {
            scope.set(name, old);
        }
    }
    scope.set(&Name::from(setting), Value::dim(value));
    Instance {
        ast,
        scope,
        holes: RefCell::default(),
        ready: Cell::new(false),
        place: RefCell::new(layer.place.borrow().clone()),
        cells: RefCell::default(),
        fields: RefCell::default(),
        written: Default::default(),
        settings_at: Default::default(),
        source: RefCell::default(),
        span: Span::none(),
    }
}

/// `the first `, when the chain has several layers of the class.
fn ordinal(parts: &[Value], stage: usize) -> &'static str {
    let class = |part: &Value| match part {
        Value::Instance(instance) => Some(instance.ast.name.name.clone()),
        _ => None,
    };
    let own = class(&parts[stage]);
    let alike = |parts: &[Value]| parts.iter().filter(|part| class(part) == own).count();
    match (alike(parts), alike(&parts[..stage])) {
        (1, _) => "",
        (_, 0) => "the first ",
        (_, 1) => "the second ",
        (_, 2) => "the third ",
        _ => "a later ",
    }
}
