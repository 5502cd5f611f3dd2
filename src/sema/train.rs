//! `train` blocks: the programs of steps and validations, and how they are run.

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, nearest};
use crate::syntax::ast::{self, TrainItem};
use crate::syntax::mentions_of_train;
use crate::tir::{DataSource, Feed, Job, ProgramId, Source, Step, Ty, Validate};
use crate::types::{Claim, DType, Dim, Rel, Var};

use super::scope::Scope;
use super::stmt::Place;
use super::value::{Arg, Data, Value};
use super::{Checker, MAIN, Poison, Res};

/// The parts of a `train` block as they are found.
#[derive(Default)]
pub struct Parts<'a> {
    data: Option<Data<'a>>,
    /// How many make an epoch where there are no data, and where that is said.
    steps: Option<(usize, Span)>,
    epochs: Option<usize>,
    seed: u64,
    /// How much better counts as better, for `stop`.
    pub min_delta: Option<(f64, Span)>,
    pub restore_best: Option<Span>,
}

/// The settings that a `train` block has; every other name is one for its parts.
const SETTINGS: [&str; 9] =
    ["data", "steps", "epochs", "seed", "accumulate", "precision", "loss_scale", "min_delta", "restore_best"];

/// What other frameworks, and habit, set in a training, and where dln says it.
const ELSEWHERE: [(&[&str], &str); 10] = [
    (
        &["learning_rate", "lr", "rate", "step_size"],
        "the rate belongs to the optimizer: `minimize .. over net with AdamW(lr: 1e-3)`",
    ),
    (&["batch_size", "batch", "bs"], "batches belong to the data: `data = digits.train |> shuffle |> batch(64)`"),
    (&["shuffle"], "the order belongs to the data: `data = digits.train |> shuffle |> batch(64)`"),
    (
        &["optimizer", "optim", "loss", "loss_fn", "criterion"],
        "a step says it: `step (x, y) { minimize cross_entropy(net(x), y) over net with AdamW(lr: 1e-3) }`",
    ),
    (&["metrics"], "a `step` or `validate` logs them: `log accuracy: accuracy(net(x), y)`"),
    (
        &["validation", "validation_data", "val", "test", "eval"],
        "it is a part of its own: `validate digits.test |> batch(256) (x, y) { log .. }`",
    ),
    (&["model", "net", "network"], "a network is defined at the top level: `let net = ..`"),
    (
        &["iterations", "iters", "num_steps", "max_steps", "steps_per_epoch"],
        "without data `steps = 1000` says how many make an epoch; with data its batches do",
    ),
    (
        &["gradient_accumulation", "accumulate_grad_batches", "accumulation_steps", "accumulation"],
        "write `accumulate = 4`: an update is made at every fourth batch",
    ),
    (
        &["patience", "early_stopping"],
        "a line of the block says when it ends: `stop after 5 epochs without better val.loss`",
    ),
];

/// The name of a block; `otherwise` where it has none of its own.
pub fn job_name(train: &ast::Train, otherwise: &Name) -> Name {
    train.name.as_ref().map_or_else(|| otherwise.clone(), |name| name.name.clone())
}

impl<'a> Checker<'a> {
    /// A call at the top level, which gives a training, or writes and prints.
    pub fn run_item(&mut self, call: &'a ast::Expr) -> Res<()> {
        if self.shows(call, MAIN) {
            return self.shown(call);
        }
        match self.expr(call, &Scope::root(MAIN))? {
            Value::Training(training) => self.run_training(&training, &"train".into(), call.span),
            other => {
                let message = format!(
                    "at the top level stands a call that gives a training or prints, and this gives {}",
                    other.kind()
                );
                let diagnostic = Diagnostic::error("E0616", call.span, message, "does nothing here")
                    .help("to keep its value, give it a name: `let name = ..`");
                Err(self.report(diagnostic))
            }
        }
    }

    pub fn job(&mut self, train: &'a ast::Train, name: Name, scope: &Scope<'a>, span: Span) -> Res<()> {
        self.trained_cells.clear();
        self.precision = None;
        self.loss_scale = super::precision::FIRST_SCALE;
        self.classes_told.clear();
        self.accumulate = 1;
        self.running_names(scope);
        let mut parts = Parts { seed: 0, ..Parts::default() };
        let mut result = Ok(());
        for item in &train.items {
            if let TrainItem::Setting { name, value } = item {
                let used = || mentions_of_train(train).contains(&name.name);
                result = match SETTINGS.contains(&&*name.name) || used() {
                    true => self.setting(name, value, &mut parts, scope).and(result),
                    false => Err(self.no_setting(name)),
                };
            }
        }
        result?;
        let feed = self.feed(&parts, &name, span)?;
        let mut job = Job {
            name: name.clone(),
            span,
            epochs: self.options.epochs.or(parts.epochs).unwrap_or(1),
            seed: parts.seed,
            feed,
            steps: vec![],
            validate: None,
            every: vec![],
            saves: vec![],
            stop: None,
            restore: None,
            seen: vec![],
            logged: false,
            trained: vec![],
        };
        let result = self.job_parts(train, parts.data.as_ref(), &mut job, scope);
        let result = result.and_then(|()| self.best_settings(&parts, &mut job));
        job.trained = std::mem::take(&mut self.trained_cells);
        job.trained.sort();
        if job.steps.is_empty() && result.is_ok() {
            let text = format!("`train {name}` has no `step`");
            return Err(self.error("E0604", span.start(), text, "what happens with a batch?"));
        }
        // What a statement with an error would log is not known.
        if result.is_ok() {
            self.check_metrics(&job);
        }
        self.out.jobs.push(job);
        result
    }

    fn job_parts(
        &mut self,
        train: &'a ast::Train,
        data: Option<&Data<'a>>,
        job: &mut Job,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let mut result = Ok(());
        // What happens when an epoch has ended may read what the other parts log.
        let (late, parts): (Vec<_>, Vec<_>) =
            train.items.iter().partition(|item| matches!(item, TrainItem::Every { .. }));
        for item in parts.into_iter().chain(late) {
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

    /// What an epoch of the block is made of.
    fn feed(&mut self, parts: &Parts<'a>, name: &str, span: Span) -> Res<Feed> {
        let diagnostic = match (&parts.data, parts.steps) {
            (Some(data), None) => return Ok(Feed::Rows(data.desc.clone())),
            (None, Some((steps, _))) => return Ok(Feed::Steps(steps)),
            (Some(_), Some((_, at))) => {
                let message = "an epoch has as many steps as its data have batches";
                Diagnostic::error("E0605", at, message, "`steps` is for a training without data").help(
                    "leave it out; `epochs` says how often the data are gone through, and `take(0..640) |> batch(64)` \
                     makes 10 steps of them",
                )
            }
            (None, None) => {
                let message = format!("`train {name}` has no data");
                Diagnostic::error("E0604", span.start(), message, "`data = ..` is missing")
                    .help("for example `data = digits.train |> shuffle |> batch(64)` with `use std.data: digits`")
                    .help("a training without data says how many steps it makes: `steps = 1000`, and `step () { .. }`")
            }
        };
        Err(self.report(diagnostic))
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
                    parts.data = Some((*data).clone());
                }
                other => return Err(self.expected("a data set", &other, at)),
            },
            "steps" => parts.steps = Some((self.one_or_more(&value, at, "at least one step is needed")?, at)),
            "epochs" => parts.epochs = Some(self.one_or_more(&value, at, "at least one epoch is needed")?),
            "precision" => self.precision_setting(&value, at)?,
            "loss_scale" => self.loss_scale_setting(&value, at)?,
            "min_delta" => match super::expr::number(&value) {
                Some(delta) if delta >= 0.0 && delta.is_finite() => parts.min_delta = Some((delta, at)),
                Some(_) => return Err(self.error("E0605", at, "`min_delta` is at least 0", "how much better?")),
                None => return Err(self.expected("a number", &value, at)),
            },
            "restore_best" => parts.restore_best = self.known_bool(&value, at)?.then_some(at),
            "seed" => parts.seed = self.known_int(&value, at)?.unsigned_abs(),
            "accumulate" => self.accumulate = self.one_or_more(&value, at, "batches are counted from 1")?,
            other => {
                let value = self.settle(value)?;
                self.adopt(&value, None, other)?;
                let value = self.keep(value, None, other, name.span);
                self.bind_name(name, value, scope);
            }
        }
        Ok(())
    }

    fn one_or_more(&mut self, value: &Value<'a>, at: Span, otherwise: &str) -> Res<usize> {
        let n = self.known_int(value, at)?;
        match usize::try_from(n).ok().filter(|&n| n > 0) {
            Some(n) => Ok(n),
            None => Err(self.error("E0605", at, otherwise, "must be 1 or more")),
        }
    }

    /// A name that is no setting, and that nothing in the block uses.
    fn no_setting(&mut self, name: &ast::Ident) -> Poison {
        let message = format!("`{}` is not a setting of `train`, and nothing in it uses that name", name.name);
        let diagnostic = Diagnostic::error("E0605", name.span, message, "without effect");
        let known = nearest(&name.name, SETTINGS);
        let habits = ELSEWHERE.iter().flat_map(|(names, _)| names.iter().copied());
        let meant = match ELSEWHERE.iter().any(|(names, _)| names.contains(&&*name.name)) || known.is_some() {
            true => Some(&*name.name),
            false => nearest(&name.name, habits),
        };
        let elsewhere = ELSEWHERE.iter().find(|(names, _)| meant.is_some_and(|meant| names.contains(&meant)));
        let diagnostic = match (elsewhere, known) {
            (Some((_, help)), _) => diagnostic.help(*help),
            (None, Some(near)) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            (None, None) => diagnostic.note(format!("the settings are {}", SETTINGS.join(", "))),
        };
        self.report(diagnostic)
    }

    /// A block that runs on a batch, or without data.
    fn part(
        &mut self,
        name: &str,
        place: Place,
        data: Option<&Data<'a>>,
        params: &'a [ast::Ident],
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<ProgramId> {
        let outer = std::mem::replace(&mut self.place, place);
        let training = std::mem::replace(&mut self.training, place == Place::Step);
        self.losses = 0;
        let (mut program, result) = self.program(name, |c| {
            let inner = scope.function();
            c.rows = Dim::from(1);
            c.filled.clear();
            match data {
                // A `validate` without names has been reported as text.
                Some(_) if params.is_empty() && place == Place::Validate => return Err(Poison),
                Some(data) => c.fields(data, params, span, &inner)?,
                None => c.no_fields(params)?,
            }
            let value = c.block_in(body, &inner)?;
            c.unused_value(&value, body)
        });
        self.place = outer;
        self.training = training;
        result?;
        program.precision = self.precision.filter(|_| place == Place::Step);
        Ok(self.add_program(program))
    }

    /// The parts of a batch, under their names.
    fn fields(&mut self, data: &Data<'a>, params: &'a [ast::Ident], span: Span, scope: &Scope<'a>) -> Res<()> {
        let size = match data.desc.batch {
            Some(batch) if batch.drop_last => Dim::from(batch.size as i64),
            _ => Dim::var(&Var::fresh("B", 1)),
        };
        scope.set(&"B".into(), Value::dim(size.clone()));
        self.rows = size.clone();
        let lengths = self.filled_lengths(data, scope);
        let own = data.desc.fields.len();
        let filled = lengths.iter().enumerate().filter(|(_, length)| length.as_const().is_none());
        self.filled = filled.map(|(i, length)| (length.clone(), own + i)).collect();
        let fields = self.batch(data, &size, &lengths)?;
        if fields.len() != params.len() {
            let mut names: Vec<&str> = data.desc.fields.iter().map(|f| &*f.name).collect();
            let lengths: Vec<String> =
                data.desc.free_lengths().iter().map(|name| format!("the lengths `{name}`")).collect();
            names.extend(lengths.iter().map(String::as_str));
            let message = format!("a batch has {} parts, and {} are named", fields.len(), params.len());
            let at = params.first().map_or(span, |p| p.span);
            let diagnostic = Diagnostic::error("E0606", at, message, "one name for each part")
                .note(format!("the rows of this data set are ({})", names.join(", ")));
            return Err(self.report(diagnostic));
        }
        for (param, field) in params.iter().zip(fields) {
            self.bind_name(param, field, scope);
        }
        Ok(())
    }

    fn no_fields(&mut self, params: &[ast::Ident]) -> Res<()> {
        let Some(first) = params.first() else { return Ok(()) };
        let message = format!("without data nothing is given to `{}`", first.name);
        let diagnostic = Diagnostic::error("E0606", first.span, message, "no batch here")
            .help("leave the names out: `step () { .. }`; with `data = ..` they name the fields of its rows");
        Err(self.report(diagnostic))
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

    /// The lengths to which the rows of a batch are filled, under their names.
    fn filled_lengths(&mut self, data: &Data<'a>, scope: &Scope<'a>) -> Vec<Dim> {
        let names = data.desc.free_lengths();
        let filled = |(i, name): (usize, &&Name)| {
            let sizes = data.desc.sizes(i);
            let length = match (sizes.first(), sizes.last()) {
                (Some(least), Some(most)) if least < most => {
                    let length = Dim::var(&Var::fresh(name, *least as i64));
                    self.facts.assume(&Claim::new(length.clone(), Rel::Le, Dim::from(*most as i64)));
                    length
                }
                (one, _) => Dim::from(*one.unwrap_or(&1) as i64),
            };
            scope.set(name, Value::dim(length.clone()));
            length
        };
        names.iter().enumerate().map(filled).collect()
    }

    /// The parts of a batch, behind all `map`s; with rows of free lengths, these are the last.
    fn batch(&mut self, data: &Data<'a>, size: &Dim, lengths: &[Dim]) -> Res<Vec<Value<'a>>> {
        let mut fields = vec![];
        for i in 0..data.desc.fields.len() {
            let ty = data.desc.batch_ty(i, size, lengths);
            let ty = if ty.dtype.is_float() { Ty { dtype: self.float, ..ty } } else { ty };
            let id = self.prog().input(Source::Arg(i), ty.clone(), data.desc.fields[i].span);
            let field = self.tensor(id, ty);
            if i == 0 && matches!(data.desc.source, DataSource::Images { .. }) {
                self.made_by_reader(&field, "read_images", data.desc.fields[i].span);
            }
            fields.push(Value::Tensor(field));
        }
        for _ in lengths {
            let ty = Ty::new(DType::I64, vec![size.clone()]);
            let id = self.prog().input(Source::Arg(fields.len()), ty.clone(), data.desc.span);
            fields.push(Value::Tensor(self.tensor(id, ty)));
        }
        for (map, at) in &data.maps {
            let args = fields.into_iter().map(|f| Arg::positional(f, *at)).collect();
            fields = match self.call(map, args, *at)? {
                Value::Tuple(parts) => parts.to_vec(),
                one => vec![one],
            };
        }
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
            Value::Dataset(data) => Some(data),
            // `validate () { .. }`
            Value::Tuple(parts) if parts.is_empty() => None,
            // `if known { data.test }`: nothing to validate on.
            Value::Nothing => return Ok(()),
            other => return Err(self.expected("a data set", &other, at)),
        };
        if let Some(data) = &data {
            self.has_fields(data, at)?;
        }
        if job.validate.is_some() {
            return Err(self.error("E0606", span.start(), "a `train` block has one `validate`", "the second"));
        }
        let name = format!("{}.validate", job.name);
        let program = self.part(&name, Place::Validate, data.as_deref(), params, body, span, scope)?;
        let feed = data.map_or(Feed::Steps(1), |data| Feed::Rows(data.desc.clone()));
        job.validate = Some(Validate { feed, program, span });
        Ok(())
    }
}
