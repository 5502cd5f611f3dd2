//! `train` and `test` blocks, and functions that are asked for by name: the programs that run.

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, nearest};
use crate::ops::{Binary, Op, Reduce};
use crate::syntax::ast::{self, TrainItem};
use crate::tir::{
    self, Action, CellId, Direction, Every, Job, Metric, Part, Piece, ProgramId, SaveBest, Source, Step, Stop, Target,
    Template, Ty, Unit, Validate,
};
use crate::types::{DType, Dim, Var};

use super::scope::Scope;
use super::stmt::Place;
use super::value::{Arg, Closure, Code, Data, Tensor, Value};
use super::{Checker, Function, Gradient, MAIN, Res, Test};

/// What an `every` block collects while it is traced.
#[derive(Debug, Default)]
pub struct Pending {
    pub actions: Vec<PendingAction>,
    /// Tensors that texts mention by name.
    pub values: Vec<(Name, Tensor)>,
}

#[derive(Debug)]
pub enum PendingAction {
    Save { cells: Vec<CellId>, to: Name, span: Span },
    Images { value: Tensor, to: Name, span: Span },
    Print { text: Name, span: Span },
}

/// The parts of a `train` block as they are found.
#[derive(Default)]
struct Parts<'a> {
    data: Option<(Data<'a>, Span)>,
    epochs: Option<i64>,
    seed: u64,
}

impl<'a> Checker<'a> {
    pub fn job(&mut self, train: &'a ast::Train, span: Span) -> Res<()> {
        let name: Name = train.name.as_ref().map_or_else(|| "train".into(), |n| n.name.clone());
        let scope = Scope::root(MAIN);
        self.trained_cells.clear();
        let mut parts = Parts { seed: 0, ..Parts::default() };
        let mut result = Ok(());
        for item in &train.items {
            if let TrainItem::Setting { name, value } = item {
                result = self.setting(name, value, &mut parts, &scope).and(result);
            }
        }
        result?;
        let Some((data, _)) = parts.data.clone() else {
            let diagnostic = Diagnostic::error(
                "E0604",
                span.start(),
                format!("`train {name}` has no data"),
                "`data = ..` is missing",
            )
            .help("for example `data = digits.train |> shuffle |> batch(64)` with `use std.data: digits`");
            return Err(self.report(diagnostic));
        };
        let mut job = Job {
            name: name.clone(),
            span,
            epochs: usize::try_from(parts.epochs.unwrap_or(1)).unwrap_or(1),
            seed: parts.seed,
            data: data.desc.clone(),
            steps: vec![],
            validate: None,
            every: vec![],
            saves: vec![],
            stop: None,
            trained: vec![],
        };
        let result = self.job_parts(train, &data, &mut job, &scope);
        job.trained = std::mem::take(&mut self.trained_cells);
        job.trained.sort();
        if job.steps.is_empty() && result.is_ok() {
            let text = format!("`train {name}` has no `step`");
            return Err(self.error("E0604", span.start(), text, "what happens with a batch?"));
        }
        self.check_metrics(&job);
        self.out.jobs.push(job);
        result
    }

    fn job_parts(&mut self, train: &'a ast::Train, data: &Data<'a>, job: &mut Job, scope: &Scope<'a>) -> Res<()> {
        let mut result = Ok(());
        for item in &train.items {
            let done = match item {
                TrainItem::Setting { .. } => Ok(()),
                TrainItem::Step { name, params, body, span } => {
                    let label = name.as_ref().map(|n| n.name.clone());
                    let shown = format!("{}.{}", job.name, label.as_deref().unwrap_or("step"));
                    self.part(&shown, Place::Step, data, params, body, *span, scope)
                        .map(|program| job.steps.push(Step { name: label, program, span: *span }))
                }
                TrainItem::Validate { data, params, body, span } => {
                    self.validate(job, data, params, body, *span, scope)
                }
                TrainItem::Every { count, unit, body, span } => self.every(job, count, *unit, body, *span, scope),
                TrainItem::SaveBest { direction, metric, to, span } => {
                    self.save_best(job, *direction, metric, to, *span, scope)
                }
                TrainItem::Stop { patience, direction, metric, span } => {
                    self.stop(job, patience, *direction, metric, *span, scope)
                }
            };
            result = result.and(done);
        }
        result
    }

    fn setting(
        &mut self,
        name: &'a ast::Ident,
        value: &'a ast::Expr,
        parts: &mut Parts<'a>,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let at = value.span;
        let value = self.expr(value, scope)?;
        match &*name.name {
            "data" => match value {
                Value::Dataset(data) => {
                    self.has_fields(&data, at)?;
                    parts.data = Some(((*data).clone(), at));
                }
                other => return Err(self.expected("a data set", &other, at)),
            },
            "epochs" => {
                let n = self.known_int(&value, at)?;
                if n < 1 {
                    return Err(self.error("E0605", at, "at least one epoch is needed", "must be 1 or more"));
                }
                parts.epochs = Some(n);
            }
            "seed" => parts.seed = self.known_int(&value, at)?.unsigned_abs(),
            other => {
                if let Some(near) = nearest(other, ["data", "epochs", "seed"]) {
                    let message = format!("`{other}` is not a setting of `train`");
                    let diagnostic = Diagnostic::error("E0605", name.span, message, "not known").fix(
                        format!("did you mean `{near}`?"),
                        name.span,
                        near.to_string(),
                    );
                    return Err(self.report(diagnostic));
                }
                let value = self.settle(value)?;
                self.adopt(&value, None, other)?;
                scope.set(&name.name, value);
            }
        }
        Ok(())
    }

    /// A block that runs on a batch.
    fn part(
        &mut self,
        name: &str,
        place: Place,
        data: &Data<'a>,
        params: &'a [ast::Ident],
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<ProgramId> {
        let outer = std::mem::replace(&mut self.place, place);
        let training = std::mem::replace(&mut self.training, place == Place::Step);
        self.losses = 0;
        let (program, result) = self.program(name, |c| {
            let inner = scope.function();
            let size = match data.desc.batch {
                Some(batch) if batch.drop_last => Dim::from(batch.size as i64),
                _ => Dim::var(&Var::fresh("B", 1)),
            };
            inner.set(&"B".into(), Value::dim(size.clone()));
            let fields = c.batch(data, &size, span)?;
            if fields.len() != params.len() {
                let names: Vec<&str> = data.desc.fields.iter().map(|f| &*f.name).collect();
                let message = format!("a batch has {} parts, and {} are named", fields.len(), params.len());
                let at = params.first().map_or(span, |p| p.span);
                let diagnostic = Diagnostic::error("E0606", at, message, "one name for each part")
                    .note(format!("the rows of this data set are ({})", names.join(", ")));
                return Err(c.report(diagnostic));
            }
            for (param, field) in params.iter().zip(fields) {
                inner.set(&param.name, field);
            }
            let value = c.block_in(body, &inner)?;
            c.unused_value(&value, body)
        });
        self.place = outer;
        self.training = training;
        result?;
        Ok(self.add_program(program))
    }

    fn unused_value(&mut self, value: &Value<'a>, body: &'a ast::Block) -> Res<()> {
        match (&body.value, value) {
            (Some(e), Value::Tensor(_) | Value::Int(..) | Value::Float(_)) => {
                let text = "this value is computed and not used";
                let diagnostic = Diagnostic::error("E0606", e.span, text, "goes nowhere")
                    .help("`log name: ..` reports it, `minimize .. over .. with ..` trains on it");
                Err(self.report(diagnostic))
            }
            _ => Ok(()),
        }
    }

    /// The parts of a batch, behind all `map`s.
    fn batch(&mut self, data: &Data<'a>, size: &Dim, span: Span) -> Res<Vec<Value<'a>>> {
        let mut fields = vec![];
        for i in 0..data.desc.fields.len() {
            let ty = data.desc.batch_ty(i, size);
            let ty = if ty.dtype.is_float() { Ty { dtype: self.float, ..ty } } else { ty };
            let id = self.prog().input(Source::Arg(i), ty.clone(), data.desc.fields[i].span);
            fields.push(Value::Tensor(self.tensor(id, ty)));
        }
        for (map, at) in &data.maps {
            let args = fields.into_iter().map(|f| Arg::positional(f, *at)).collect();
            fields = match self.call(map, args, *at)? {
                Value::Tuple(parts) => parts.to_vec(),
                one => vec![one],
            };
        }
        let _ = span;
        Ok(fields)
    }

    fn validate(
        &mut self,
        job: &mut Job,
        data: &'a ast::Expr,
        params: &'a [ast::Ident],
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let at = data.span;
        let data = match self.expr(data, scope)? {
            Value::Dataset(data) => data,
            other => return Err(self.expected("a data set", &other, at)),
        };
        self.has_fields(&data, at)?;
        if job.validate.is_some() {
            return Err(self.error("E0606", span.start(), "a `train` block has one `validate`", "the second"));
        }
        let name = format!("{}.validate", job.name);
        let program = self.part(&name, Place::Validate, &data, params, body, span, scope)?;
        job.validate = Some(Validate { data: data.desc.clone(), program, span });
        Ok(())
    }

    fn every(
        &mut self,
        job: &mut Job,
        count: &'a ast::Expr,
        unit: ast::Unit,
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let n = self.static_int(count, scope)?;
        let Some(count) = usize::try_from(n).ok().filter(|&n| n > 0) else {
            return Err(self.error("E0605", count.span, "`every` counts from 1", "must be 1 or more"));
        };
        let outer = std::mem::replace(&mut self.place, Place::Every);
        self.actions = Some(Pending::default());
        let name = format!("{}.every", job.name);
        let (program, result) = self.program(&name, |c| c.block_in(body, &scope.function()));
        self.place = outer;
        let pending = self.actions.take().unwrap_or_default();
        result?;
        let actions = self.finish_actions(program, pending);
        let unit = match unit {
            ast::Unit::Epoch => Unit::Epoch,
            ast::Unit::Step => Unit::Step,
        };
        job.every.push(Every { count, unit, actions, span });
        Ok(())
    }

    /// One program for each action: the block's, with the results that the action needs.
    fn finish_actions(&mut self, program: tir::Program, pending: Pending) -> Vec<Action> {
        let mut actions = vec![];
        let updates = program.outputs.clone();
        for action in pending.actions {
            actions.push(match action {
                PendingAction::Save { cells, to, span } => Action::Save { cells, to: template(&to, &[], span).0 },
                PendingAction::Images { value, to, span } => {
                    let to = template(&to, &[], span).0;
                    Action::Images { program: self.with_values(&program, &[value], span), to }
                }
                PendingAction::Print { text, span } => {
                    let names: Vec<Name> = pending.values.iter().map(|(n, _)| n.clone()).collect();
                    let (text, used) = template(&text, &names, span);
                    let values: Vec<Tensor> = used.iter().map(|&i| pending.values[i].1.clone()).collect();
                    let program = (!values.is_empty()).then(|| self.with_values(&program, &values, span));
                    Action::Print { program, text }
                }
            });
        }
        if !updates.is_empty() {
            let program = self.add_program(program);
            actions.push(Action::Update { program });
        }
        actions
    }

    fn with_values(&mut self, program: &tir::Program, values: &[Tensor], span: Span) -> ProgramId {
        let outputs =
            values.iter().enumerate().map(|(i, v)| tir::Output { to: Target::Value(i), value: v.id, span }).collect();
        self.add_program(tir::Program { outputs, ..program.clone() })
    }

    pub fn save(&mut self, what: &'a ast::Expr, to: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        let value = self.place(what, scope)?;
        let cells = self.cells_of(&value, true);
        if cells.is_empty() {
            return Err(self.expected("a layer with parameters", &value, what.span));
        }
        let path = self.path_text(to, scope)?;
        match &mut self.actions {
            Some(pending) => {
                pending.actions.push(PendingAction::Save { cells, to: path, span });
                Ok(())
            }
            None => Err(self.error("E0613", span, "`save .. to` stands in an `every` block of `train`", "not here")),
        }
    }

    fn path_text(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Name> {
        match self.expr(e, scope)? {
            Value::Str(text) => Ok(text),
            other => Err(self.expected("a path", &other, e.span)),
        }
    }

    fn save_best(
        &mut self,
        job: &mut Job,
        direction: ast::Direction,
        metric: &'a ast::Metric,
        to: &'a ast::Expr,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let (metric, direction) = self.metric_of(metric, direction)?;
        let path = self.path_text(to, scope)?;
        let to = template(&path, &[], to.span).0;
        job.saves.push(SaveBest { metric, direction, to, span });
        Ok(())
    }

    fn stop(
        &mut self,
        job: &mut Job,
        patience: &'a ast::Expr,
        direction: ast::Direction,
        metric: &'a ast::Metric,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let n = self.static_int(patience, scope)?;
        let (metric, direction) = self.metric_of(metric, direction)?;
        let patience = usize::try_from(n).unwrap_or(0).max(1);
        job.stop = Some(Stop { patience, metric, direction, span });
        Ok(())
    }

    fn metric_of(&mut self, metric: &'a ast::Metric, direction: ast::Direction) -> Res<(Metric, Direction)> {
        let part = match &*metric.part.name {
            "val" => Part::Val,
            "train" => Part::Train,
            other => {
                let message = format!("metrics are `train.` or `val.`, not `{other}.`");
                return Err(self.error("E0607", metric.part.span, message, "which part?"));
            }
        };
        let name = metric.name.name.clone();
        let direction = match direction {
            ast::Direction::Highest => Direction::Highest,
            ast::Direction::Lowest => Direction::Lowest,
            ast::Direction::ByName => match by_name(&name) {
                Some(direction) => direction,
                None => {
                    let message = format!("whether a high `{name}` is good cannot be told from its name");
                    let diagnostic = Diagnostic::error("E0607", metric.name.span, message, "higher or lower?").help(
                        "say it: `save highest ..` or `save lowest ..`; `without higher ..` or `without lower ..`",
                    );
                    return Err(self.report(diagnostic));
                }
            },
        };
        Ok((Metric { part, name }, direction))
    }

    /// Metrics that `save` and `stop` watch exist.
    fn check_metrics(&mut self, job: &Job) {
        let watched = job.saves.iter().map(|s| (&s.metric, s.span)).chain(job.stop.iter().map(|s| (&s.metric, s.span)));
        for (metric, span) in watched {
            let known = self.logged(job, metric.part);
            if known.iter().any(|n| **n == *metric.name) {
                continue;
            }
            let message = format!("nothing logs `{metric}`");
            let diagnostic = Diagnostic::error("E0607", span, message, "never logged");
            let diagnostic = match known.is_empty() {
                true => diagnostic.help("add a `validate .. { log .. }`"),
                false => diagnostic.note(format!("logged there: {}", known.join(", "))),
            };
            self.report(diagnostic);
        }
    }

    fn logged(&self, job: &Job, part: Part) -> Vec<String> {
        let programs: Vec<(Option<&Name>, ProgramId)> = match part {
            Part::Train => job.steps.iter().map(|s| (s.name.as_ref(), s.program)).collect(),
            Part::Val => job.validate.iter().map(|v| (None, v.program)).collect(),
        };
        let several = part == Part::Train && job.steps.len() > 1;
        let mut names = vec![];
        for (step, program) in programs {
            for output in &self.out.programs[program.index()].outputs {
                if let Target::Loss(name) | Target::Metric(name) = &output.to {
                    names.push(match step {
                        Some(step) if several => format!("{step}.{name}"),
                        _ => name.to_string(),
                    });
                }
            }
        }
        names
    }

    // -- tests and functions

    pub fn test(&mut self, test: &'a ast::Test, module: super::ModuleId) -> Res<()> {
        let outer = std::mem::replace(&mut self.place, Place::Test);
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
        let (program, traced) = self.program(name, |c| c.trace(func).map(|t| c.results(&t)));
        let traced = traced.and_then(|t| t.map(|()| program));
        let (gradient, wrt) = self.program(name, |c| c.trace(func).and_then(|t| c.derive(&t)));
        self.training = outer;
        let program = traced?;
        let params = self.declared_params(func)?;
        let program = self.add_program(program);
        let gradient = wrt?.map(|wrt| Gradient { program: self.add_program(gradient), wrt });
        self.out.functions.push(Function { name: func.name.name.clone(), params, program, gradient });
        Ok(())
    }

    fn declared_params(&mut self, func: &'a ast::Func) -> Res<Vec<(Name, Ty)>> {
        let scope = Scope::root(MAIN);
        let mut out = vec![];
        for param in &func.params {
            let Some(ty) = &param.ty else {
                return Err(self.error("E0301", param.name.span, "this parameter needs a type", "which shape?"));
            };
            out.push((param.name.name.clone(), self.concrete_ty(ty, &scope)?));
        }
        Ok(out)
    }

    fn trace(&mut self, func: &'a ast::Func) -> Res<Traced> {
        let params = self.declared_params(func)?;
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
        Ok(Traced { inputs, results, span: func.name.span })
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

    /// Numbers on a terminal: the text of `print`.
    pub fn print(&mut self, text: Name, span: Span) -> Res<Value<'a>> {
        match &mut self.actions {
            Some(pending) => {
                pending.actions.push(PendingAction::Print { text, span });
                Ok(Value::Nothing)
            }
            None => Err(self.error("E0613", span, "`print` stands in an `every` block of `train`", "not here")),
        }
    }

    pub fn save_images(&mut self, images: &Tensor, to: Name, span: Span) -> Res<Value<'a>> {
        let rank = images.ty.shape.len();
        if !(3..=4).contains(&rank) {
            let message =
                format!("pictures are [N, H, W] or [N, C, H, W], and this is {}", super::report::show(&images.ty));
            return Err(self.error("E0504", span, message, "not pictures"));
        }
        let images = self.cast(images, DType::F32, span)?;
        match &mut self.actions {
            Some(pending) => {
                pending.actions.push(PendingAction::Images { value: images, to, span });
                Ok(Value::Nothing)
            }
            None => Err(self.error("E0613", span, "`save_images` stands in an `every` block of `train`", "not here")),
        }
    }
}

/// A function while it is traced.
struct Traced {
    inputs: Vec<(Name, Tensor)>,
    results: Vec<Tensor>,
    span: Span,
}

/// Names whose meaning everybody knows.
fn by_name(name: &str) -> Option<Direction> {
    const HIGH: [&str; 12] =
        ["accuracy", "acc", "f1", "precision", "recall", "auc", "r2", "iou", "dice", "bleu", "map", "top_k"];
    const LOW: [&str; 9] = ["loss", "error", "mae", "mse", "rmse", "perplexity", "nll", "cer", "wer"];
    let has = |list: &[&str]| name.split('_').any(|word| list.contains(&word)) || list.contains(&name);
    match (has(&HIGH), has(&LOW)) {
        (true, false) => Some(Direction::Highest),
        (false, true) => Some(Direction::Lowest),
        _ => None,
    }
}

/// Cuts a text at `{epoch}`, `{step}` and the names of values; gives the places of those in `names` that it uses.
fn template(text: &str, names: &[Name], span: Span) -> (Template, Vec<usize>) {
    let mut pieces = vec![];
    let mut used: Vec<usize> = vec![];
    let mut plain = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        plain.push_str(&rest[..open]);
        let Some(len) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + len];
        let piece = match name {
            "epoch" => Some(Piece::Epoch),
            "step" => Some(Piece::Step),
            name => names.iter().rposition(|n| &**n == name).map(|at| {
                let place = used.iter().position(|&u| u == at).unwrap_or_else(|| {
                    used.push(at);
                    used.len() - 1
                });
                Piece::Value(place)
            }),
        };
        match piece {
            Some(piece) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
                }
                pieces.push(piece);
            }
            None => plain.push_str(&rest[open..=open + len]),
        }
        rest = &rest[open + len + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain.into()));
    }
    (Template { pieces, span }, used)
}
