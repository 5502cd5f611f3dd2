//! `every` blocks: what is saved, printed and changed while training goes on; and calls at the top level that save and
//! print.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::tir::plot::{Axis, Drawn, Plot};
use crate::tir::rename::Rename;
use crate::tir::{self, Action, CellId, DataSource, Every, Job, Piece, ProgramId, Target, Template, Unit};
use crate::types::{DType, Dim};

use super::expr::shown;
use super::holds::holder;
use super::scope::{ModuleId, Scope};
use super::stmt::Place;
use super::value::{Code, Data, Tensor, Value};
use super::{Checker, Poison, Res};

/// Built in for what they do.
const SHOWING: [&str; 4] = ["save_plot", "save_images", "print", "print_text"];

/// What an `every` block collects while it is traced.
#[derive(Debug, Default)]
pub struct Pending {
    pub actions: Vec<PendingAction>,
    /// Tensors that texts mention by name.
    pub values: Vec<(Name, Tensor)>,
}

#[derive(Debug)]
pub enum PendingAction {
    Save { cells: Vec<CellId>, holder: Option<Name>, to: Name, rules: Vec<Rename>, span: Span },
    Images { value: Tensor, to: Name, span: Span },
    Plot { plot: PendingPlot, to: Name, span: Span },
    Print { text: Name, span: Span },
    Text { codes: Tensor, data: Box<tir::Dataset>, span: Span },
}

/// `save_plot`, with the values that are drawn.
#[derive(Debug)]
pub struct PendingPlot {
    pub drawn: Vec<(Drawn, Tensor)>,
    pub title: Name,
    pub x: Axis,
    pub y: Axis,
}

impl<'a> Checker<'a> {
    pub fn every(
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
        let name = format!("{}.every", job.name);
        let scope = scope.function();
        if unit == ast::Unit::Epoch {
            self.epoch_numbers(job, &scope);
        }
        let actions = self.acting(&name, |c| c.block_in(body, &scope))?;
        let unit = match unit {
            ast::Unit::Epoch => Unit::Epoch,
            ast::Unit::Step => Unit::Step,
        };
        job.every.push(Every { count, unit, actions, span });
        Ok(())
    }

    /// What statements do that save, print and change.
    fn acting(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Res<Value<'a>>) -> Res<Vec<Action>> {
        let outer = std::mem::replace(&mut self.place, Place::Every);
        self.actions = Some(Pending::default());
        let (program, result) = self.program(name, body);
        self.place = outer;
        let pending = self.actions.take().unwrap_or_default();
        result.map(|_| self.finish_actions(program, pending))
    }

    /// A call at the top level that saves or prints.
    pub fn shown(&mut self, call: &'a ast::Expr) -> Res<()> {
        let actions = self.acting("main", |c| c.expr(call, &Scope::root(super::MAIN)))?;
        self.out.shown.push(tir::Shown { behind: self.out.jobs.len(), actions, span: call.span });
        Ok(())
    }

    /// Whether an expression is there for what it saves or prints: a call of a function that does, or of one that ends
    /// with such a call.
    pub fn shows(&mut self, e: &'a ast::Expr, module: ModuleId) -> bool {
        match &e.kind {
            ast::ExprKind::Call { func, .. } => match &func.kind {
                ast::ExprKind::Name(name) => match self.global(module, name) {
                    Some(Value::Builtin(builtin)) => SHOWING.contains(&builtin.name),
                    Some(Value::Fn(function)) => match function.code {
                        Code::Func(func) => self.shows(&func.body, function.scope.module()),
                        Code::Lambda { body, .. } => self.shows(body, function.scope.module()),
                    },
                    _ => false,
                },
                _ => false,
            },
            ast::ExprKind::Block(block) => match (&block.value, block.stmts.last()) {
                (Some(value), _) => self.shows(value, module),
                (None, last) => last.is_some_and(|stmt| matches!(stmt.kind, ast::StmtKind::Save { .. })),
            },
            _ => false,
        }
    }

    /// One program for each action: the block's, with the results that the action needs.
    pub fn finish_actions(&mut self, program: tir::Program, pending: Pending) -> Vec<Action> {
        let mut actions = vec![];
        let updates = program.outputs.clone();
        for action in pending.actions {
            actions.push(match action {
                PendingAction::Save { cells, holder, to, rules, span } => {
                    Action::Save { cells, holder, to: template(&to, &[], span).0, rules }
                }
                PendingAction::Images { value, to, span } => {
                    let to = template(&to, &[], span).0;
                    Action::Images { program: self.with_values(&program, &[value], span), to }
                }
                PendingAction::Plot { plot, to, span } => {
                    let to = template(&to, &[], span).0;
                    let (title, told) = told(&plot.title, &pending.values, span);
                    let (drawn, mut values): (Vec<Drawn>, Vec<Tensor>) = plot.drawn.into_iter().unzip();
                    values.extend(told);
                    let plot = Plot { values: drawn, title, x: plot.x, y: plot.y };
                    Action::Plot { program: self.with_values(&program, &values, span), plot, to }
                }
                PendingAction::Print { text, span } => {
                    let (text, values) = told(&text, &pending.values, span);
                    let program = (!values.is_empty()).then(|| self.with_values(&program, &values, span));
                    Action::Print { program, text }
                }
                PendingAction::Text { codes, data, span } => {
                    Action::Text { program: self.with_values(&program, &[codes], span), data }
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

    /// `save what to "path" as names`.
    pub fn save(
        &mut self,
        what: &'a ast::Expr,
        to: &'a ast::Expr,
        names: Option<&'a ast::Expr>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        self.outermost("`save`", span)?;
        let value = self.place(what, scope)?;
        let cells = self.cells_of(&value, true);
        if cells.is_empty() {
            return Err(self.expected("a layer with parameters", &value, what.span));
        }
        let path = self.path_text(to, scope)?;
        let rules = match names {
            Some(names) => {
                let value = self.expr(names, scope)?;
                self.rename_rules(&value, names.span)?
            }
            None => vec![],
        };
        self.act(
            "`save .. to`",
            PendingAction::Save { cells, holder: holder(&value), to: path, rules, span },
            span,
            "every 1 epoch { save net to \"runs/net.safetensors\" }",
        )
    }

    /// What an `every` block does when its epoch or step ends. Elsewhere it is an error, which shows such a block.
    /// A function that acts may be called there.
    pub fn act(&mut self, what: &str, action: PendingAction, span: Span, block: &str) -> Res<()> {
        match &mut self.actions {
            None if self.generic && self.place == Place::Function => Ok(()),
            Some(pending) => {
                pending.actions.push(action);
                Ok(())
            }
            None => {
                let message = format!("{what} stands in an `every` block of `train`, or at the top level");
                let diagnostic =
                    Diagnostic::error("E0613", span, message, "not here").help(format!("for example `{block}`"));
                Err(self.report(match self.place {
                    Place::Step | Place::Validate => {
                        diagnostic.help("a number of every batch is logged: `log name: value`")
                    }
                    _ => diagnostic,
                }))
            }
        }
    }

    pub fn path_text(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Name> {
        match self.expr(e, scope)? {
            Value::Str(text) => Ok(text),
            other => Err(self.expected("a path", &other, e.span)),
        }
    }

    /// A text on a terminal, or what a text would show of another value.
    pub fn print(&mut self, value: Value<'a>, at: Span, span: Span) -> Res<Value<'a>> {
        self.outermost("`print`", span)?;
        let text = match shown(&value) {
            Some(text) => text.into(),
            None => self.printed(value, at)?,
        };
        self.act("`print`", PendingAction::Print { text, span }, span, "every 10 steps { print(\"step {step}\") }")?;
        Ok(Value::Nothing)
    }

    /// The text for a tensor: its value is filled in when it is printed.
    fn printed(&mut self, value: Value<'a>, span: Span) -> Res<Name> {
        match self.load_cell(value, span) {
            Value::Error => Err(Poison),
            Value::Tensor(tensor) => {
                let values = self.actions.iter_mut().map(|pending| &mut pending.values);
                // No value of a program has a number for its name.
                Ok(values.fold("".into(), |_, values| {
                    let place: Name = values.len().to_string().into();
                    values.push((place.clone(), tensor.clone()));
                    format!("{{{place}}}").into()
                }))
            }
            other => Err(self.expected("a text, a number or a tensor", &other, span)),
        }
    }

    /// Codes of a data set of text, as its characters.
    pub fn print_text(&mut self, codes: Tensor, data: &Data<'a>, span: Span) -> Res<Value<'a>> {
        self.outermost("`print_text`", span)?;
        let is_text = match &data.desc.source {
            DataSource::Text { .. } => true,
            DataSource::Csv { tokenizer, .. } | DataSource::Json { tokenizer, .. } => tokenizer.is_some(),
            DataSource::Idx { .. } | DataSource::Images { .. } | DataSource::Wav { .. } => false,
        };
        if !is_text {
            let needed = "needs a data set of `read_text`, or one with a `tokenizer`";
            let diagnostic = Diagnostic::error("E0301", span, "these rows are no text", needed);
            return Err(self.report(diagnostic.label(data.desc.span, "read here")));
        }
        let Some(bound) = codes.ty.bound.clone() else {
            return Err(self.expected("codes, `idx<V>`", &Value::Tensor(codes), span));
        };
        let texts = data.desc.fields.iter().find(|field| field.bound.is_some() && field.free.is_some());
        let room = texts.or(data.desc.fields.first()).and_then(|field| field.bound).unwrap_or(0);
        let room = Dim::from(i64::try_from(room).unwrap_or(i64::MAX));
        let describe = || {
            let message = format!("these are codes below {bound}, and those of the text are below {room}");
            Diagnostic::error("E0307", span, message, "codes of another text")
        };
        self.require_equal(&bound, &room, span, describe)?;
        let action = PendingAction::Text { codes, data: Box::new(data.desc.clone()), span };
        self.act("`print_text`", action, span, "every 10 epochs { print_text(codes, data) }")?;
        Ok(Value::Nothing)
    }

    /// A value of the program that is being traced.
    pub fn brought(&mut self, value: Tensor) -> Tensor {
        Tensor { id: self.here(&value), ..value }
    }

    pub fn save_images(&mut self, images: &Tensor, to: Name, span: Span) -> Res<Value<'a>> {
        let rank = images.ty.shape.len();
        if !(3..=4).contains(&rank) {
            let message =
                format!("pictures are [N, H, W] or [N, C, H, W], and this is {}", super::report::show(&images.ty));
            return Err(self.error("E0504", span, message, "not pictures"));
        }
        let images = self.cast(images, DType::F32, span)?;
        let images = self.brought(images);
        let block = "every 1 epoch { save_images(G(z), \"runs/{epoch}.png\") }";
        self.act("`save_images`", PendingAction::Images { value: images, to, span }, span, block)?;
        Ok(Value::Nothing)
    }
}

/// A text, and the values that it shows.
fn told(text: &str, known: &[(Name, Tensor)], span: Span) -> (Template, Vec<Tensor>) {
    let names: Vec<Name> = known.iter().map(|(name, _)| name.clone()).collect();
    let (text, used) = template(text, &names, span);
    (text, used.iter().map(|&i| known[i].1.clone()).collect())
}

/// Cuts a text at `{epoch}`, `{step}` and the names of values; gives the places of those in `names` that it uses.
pub fn template(text: &str, names: &[Name], span: Span) -> (Template, Vec<usize>) {
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
