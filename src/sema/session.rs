//! What a session asks of a program that grows line by line: the value of an expression, and how the program's memory stands.
//!
//! A question is a block behind the items of the main module. It is traced as a `test` is, and with a `minimize` in it as a
//! `step`: layers train, and what is updated stays.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, StmtKind};
use crate::tir::{Action, CellId, Dataset, ProgramId, Role, Target, Ty};

use super::every::Pending;
use super::holds::waiting;
use super::item::LetState;
use super::scope::Scope;
use super::stmt::Place;
use super::value::{Tensor, Value};
use super::{Checker, MAIN, Res};

/// What is asked behind the items of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub block: ast::Block,
    /// Also the derivatives of the value, a float scalar, in every parameter and every kept tensor that it reads.
    pub gradient: bool,
}

/// What a question gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub value: Described,
    /// Computes the tensors of the value, `Target::Value`, and changes cells.
    pub program: ProgramId,
    /// What its statements print and save; they come first.
    pub actions: Vec<Action>,
    /// The places of the trainings that it runs among those of the program.
    pub jobs: std::ops::Range<usize>,
    /// In what the derivatives are that stand behind the tensors of the value.
    pub gradient: Vec<Name>,
}

/// A value for a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Described {
    /// Result `result` of the program.
    Tensor {
        result: usize,
        ty: Ty,
    },
    Tuple(Vec<Described>),
    List(Vec<Described>),
    Record(Vec<(Name, Described)>),
    /// A number, a text, an optimizer: `text` is all there is to say.
    Static {
        kind: &'static str,
        text: String,
    },
    /// A layer with its parameters and buffers.
    Layer {
        text: String,
        parameters: Option<String>,
        cells: Vec<CellId>,
        origin: Option<Span>,
    },
    /// A function, or a layer that is not made yet.
    Function {
        text: String,
        origin: Option<Span>,
    },
    Data(Box<Dataset>),
    Nothing,
}

/// How the memory of a session stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Cells whose values are known from before.
    pub known: Vec<CellId>,
    /// Cells that keep what the top level computes; all others belong to layers and optimizers.
    pub computed: Vec<CellId>,
    /// Top-level names with layers whose sizes nothing has said yet.
    pub waiting: Vec<Name>,
    /// For each training the item that it comes from; none for that of the question.
    pub jobs: Vec<Span>,
}

impl<'a> Checker<'a> {
    pub fn question(&mut self, question: &'a Question) -> Res<()> {
        let block = &question.block;
        let trains = block.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Minimize { .. }));
        let place = if trains { Place::Step } else { Place::Test };
        let (outer, training) = (self.place, self.training);
        (self.place, self.training, self.losses) = (place, trains, 0);
        self.kept_states.clear();
        self.kept_steps.clear();
        self.actions = Some(Pending::default());
        let (program, asked) = self.program("session", |c| c.asked(question));
        (self.place, self.training) = (outer, training);
        let pending = self.actions.take().unwrap_or_default();
        let (value, gradient, ran) = asked?;
        let actions = match pending.actions.is_empty() {
            true => vec![],
            false => self.finish_actions(program.clone(), pending),
        };
        let program = self.add_program(program);
        let first = self.out.jobs.len();
        if let Some(Value::Training(training)) = ran {
            self.run_training(&training, &"train".into(), block.span)?;
        }
        let jobs = first..self.out.jobs.len();
        self.out.answer = Some(Answer { value, program, actions, jobs, gradient });
        Ok(())
    }

    fn asked(&mut self, question: &'a Question) -> Res<(Described, Vec<Name>, Option<Value<'a>>)> {
        let span = question.block.span;
        let value = self.block_in(&question.block, &Scope::root(MAIN))?;
        if let Value::Training(_) = &value {
            return Ok((Described::Nothing, vec![], Some(value)));
        }
        let mut tensors = vec![];
        let described = self.answered(&value, span, &mut tensors)?;
        let gradient = if question.gradient { self.gradients(&mut tensors, span)? } else { vec![] };
        for (i, tensor) in tensors.iter().enumerate() {
            let id = self.here(tensor);
            self.prog().output(Target::Value(i), id, span);
        }
        Ok((described, gradient, None))
    }

    /// A value with its tensors taken out.
    fn answered(&mut self, value: &Value<'a>, span: Span, tensors: &mut Vec<Tensor>) -> Res<Described> {
        let text = self.described(value);
        Ok(match value {
            Value::Error => return Err(super::Poison),
            Value::Tensor(_) | Value::Cell(_) | Value::State(_) | Value::Logged(..) | Value::Running(_) => {
                let tensor = self.as_tensor(value, self.float, span)?;
                tensors.push(tensor.clone());
                Described::Tensor { result: tensors.len() - 1, ty: tensor.ty }
            }
            Value::Tuple(parts) => Described::Tuple(self.answered_all(parts, span, tensors)?),
            Value::List(parts) => Described::List(self.answered_all(parts, span, tensors)?),
            Value::Record(fields) => {
                let fields = fields.iter().map(|(name, part)| Ok((name.clone(), self.answered(part, span, tensors)?)));
                Described::Record(fields.collect::<Res<_>>()?)
            }
            Value::Weights(weights) => {
                let parts = weights.values.iter().map(|(cell, part)| {
                    Ok((Name::from(self.cells[cell.index()].path()), self.answered(part, span, tensors)?))
                });
                Described::Record(parts.collect::<Res<_>>()?)
            }
            Value::Instance(_) | Value::Chain(_) | Value::Frozen(..) | Value::Choice(_) => Described::Layer {
                text,
                parameters: self.parameters_of(value),
                cells: self.cells_of(value, true),
                origin: self.origin(value),
            },
            Value::Fn(_) | Value::Builtin(_) | Value::Section(_) | Value::LayerClass(_) | Value::OptimizerClass(..) => {
                Described::Function { text, origin: self.origin(value) }
            }
            Value::Dataset(data) => Described::Data(Box::new(data.desc.clone())),
            Value::Nothing => Described::Nothing,
            other => Described::Static { kind: other.kind(), text },
        })
    }

    fn answered_all(&mut self, parts: &[Value<'a>], span: Span, tensors: &mut Vec<Tensor>) -> Res<Vec<Described>> {
        parts.iter().map(|part| self.answered(part, span, tensors)).collect()
    }

    /// Puts the derivatives of the one tensor, in all that it was computed from and that is kept, behind it.
    fn gradients(&mut self, tensors: &mut Vec<Tensor>, span: Span) -> Res<Vec<Name>> {
        let [value] = &tensors[..] else {
            let diagnostic =
                Diagnostic::error("E0601", span, "a derivative is that of a number", "is computed from no tensor")
                    .help("it is taken of one that weights or tensors give, such as `sum(net(x))`");
            return Err(self.report(diagnostic));
        };
        let value = value.clone();
        if !value.ty.dtype.is_float() || !value.ty.shape.is_empty() {
            let shown = super::report::show(&value.ty);
            let diagnostic =
                Diagnostic::error("E0601", span, "a derivative is that of a number", format!("is {shown}"))
                    .help("make one number of it, such as `sum(..)` or `mean(..)`");
            return Err(self.report(diagnostic));
        }
        let (mut names, mut wrt) = (vec![], vec![]);
        for at in 0..self.cells.len() {
            let cell = &self.cells[at];
            let is_kept = cell.role == Role::Param || cell.role == Role::Buffer && cell.owner.is_none();
            let read = self.progs[0].versions(CellId::from(at)).first().cloned();
            if let Some(read) = read.filter(|read| is_kept && read.ty.dtype.is_float()) {
                names.push(Name::from(cell.path()));
                wrt.push(read);
            }
        }
        if wrt.is_empty() {
            let diagnostic = Diagnostic::error(
                "E0601",
                span,
                "nothing that is kept goes into this",
                "a number that depends on nothing",
            )
            .help("give names to what it is computed from: `let x = ..`");
            return Err(self.report(diagnostic));
        }
        tensors.extend(self.derivatives(&value, &wrt, span));
        Ok(names)
    }

    /// How the memory stands when all has been evaluated.
    pub fn standing(&mut self) -> Standing {
        let jobs = std::mem::take(&mut self.out.standing.jobs);
        let is_computed = |at: &usize| self.cells[*at].owner.is_none() && self.cells[*at].role == Role::Buffer;
        let computed = (0..self.cells.len()).filter(is_computed).map(CellId::from).collect();
        let waits = |state: &LetState<'a>| matches!(state, LetState::Done(value) if !waiting(value).is_empty());
        let main = self.lets.iter().filter(|((module, _), _)| *module == MAIN);
        let waiting = main.filter(|(_, state)| waits(state)).map(|((_, name), _)| name.clone()).collect();
        Standing { known: vec![], computed, waiting, jobs }
    }
}
