//! What an expression is while a file is checked: static values, and tensors as places in a typed program.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{Name, Span};
use crate::syntax::ast;
use crate::tir::{self, CellId, ValueId};
use crate::types::{Claim, DType, Dim};

use super::builtin::Builtin;
use super::scope::{ModuleId, Scope};

/// A label marks the axes that one size name of one scope was bound to, so that `over: C` finds its axis even where
/// two sizes happen to be equal. 0 is no label.
pub type Label = u32;

#[derive(Clone, Debug)]
pub enum Value<'a> {
    Tensor(Tensor),
    /// A parameter, buffer or state: reading it gives its value at that point of the program.
    Cell(CellId),
    /// An optimizer's state for one parameter, which has memory once it is used.
    State(Rc<State<'a>>),
    Int(Dim, Label),
    Float(f64),
    Bool(Truth),
    Str(Name),
    List(Rc<Vec<Value<'a>>>),
    Tuple(Rc<Vec<Value<'a>>>),
    Record(Rc<Vec<(Name, Value<'a>)>>),
    Fn(Rc<Closure<'a>>),
    Builtin(&'static Builtin),
    /// A function and arguments that are put in front or behind when it is called: a section `max_pool(2)` in a chain.
    Section(Rc<Section<'a>>),
    /// A layer with sizes but no settings yet: `Linear[64 -> 128]`.
    LayerClass(Rc<LayerClass<'a>>),
    Instance(Rc<Instance<'a>>),
    /// `f >> g`, `chain([..])`
    Chain(Rc<Vec<Value<'a>>>),
    /// What was computed from the parameters of a layer, parameter by parameter: `net - 0.1 * g`, a derivative.
    Weights(Rc<Weights<'a>>),
    Optimizer(Rc<OptimizerInstance<'a>>),
    OptimizerClass(ModuleId, &'a ast::Optimizer),
    Dataset(Rc<Data<'a>>),
    /// `bpe(1000)`
    Tokenizer(Rc<tir::Tokenizer>),
    DType(DType),
    Module(ModuleId),
    /// `_`
    Hole,
    /// What a branch on an undecided size condition gave: one of the two, known when sizes are.
    Choice(Rc<Choice<'a>>),
    /// `freeze(net.body)`: works as what is inside, and `minimize` leaves its parameters alone.
    /// With what `training` is inside, where that is said.
    Frozen(Rc<Value<'a>>, Option<bool>),
    /// A whole number that only a run knows, such as `total_steps`: a tensor where one is computed with.
    Running(tir::Source),
    /// What a training that has run logged: its place among the logs of the file, and how many numbers there are.
    Logged(usize, Dim),
    /// `train { .. }` with the names that it sees.
    Training(Rc<Training<'a>>),
    /// No value: a statement's result.
    Nothing,
    /// Something wrong that has been reported; it satisfies everything, so that one mistake is one message.
    Error,
}

/// A tensor: a value of the program at `depth` (0 is the outermost; loops nest).
#[derive(Clone, Debug)]
pub struct Tensor {
    pub id: ValueId,
    pub depth: usize,
    /// The outermost program that it is a value of: `Prog::serial`.
    pub home: u32,
    pub ty: tir::Ty,
    pub labels: Vec<Vec<Label>>,
}

/// A static condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    Known(bool),
    /// All of these hold; not decided yet.
    Claims(Vec<Claim>),
    /// Not known here (a `Bool` setting while a layer is checked for all its settings).
    Unknown,
}

#[derive(Clone, Copy, Debug)]
pub enum Code<'a> {
    Func(&'a ast::Func),
    Lambda { params: &'a [ast::Param], body: &'a ast::Expr },
}

#[derive(Debug)]
pub struct Closure<'a> {
    pub code: Code<'a>,
    pub scope: Scope<'a>,
    /// The layer whose method it is, or in whose method it was written.
    pub of: Option<Rc<Instance<'a>>>,
}

#[derive(Debug)]
pub struct Section<'a> {
    pub func: Value<'a>,
    pub args: Vec<Arg<'a>>,
    /// Where it is written: errors of a stage are shown at the stage.
    pub span: Span,
}

/// An evaluated argument.
#[derive(Clone, Debug)]
pub struct Arg<'a> {
    pub name: Option<Name>,
    /// Where the name is written; nowhere for an argument without one, or one that no file has.
    pub name_span: Span,
    pub value: Value<'a>,
    pub span: Span,
}

impl<'a> Arg<'a> {
    pub fn positional(value: Value<'a>, span: Span) -> Arg<'a> {
        Arg { name: None, name_span: Span::none(), value, span }
    }

    pub fn named(name: Name, value: Value<'a>, span: Span) -> Arg<'a> {
        Arg { name: Some(name), name_span: Span::none(), value, span }
    }
}

#[derive(Debug)]
pub struct LayerClass<'a> {
    pub module: ModuleId,
    pub ast: &'a ast::Layer,
    /// One per size parameter that was given; `None` where it was not.
    pub sizes: Vec<Option<SizeArg<'a>>>,
    pub span: Span,
}

/// A size given between brackets.
#[derive(Clone, Debug)]
pub enum SizeArg<'a> {
    Known(Dim, Span),
    /// `_`, to be taken from the input.
    Hole(Span),
    /// An expression over `_`, such as `_ // 4`.
    OverHole(&'a ast::Expr, Scope<'a>),
}

impl SizeArg<'_> {
    pub fn span(&self) -> Span {
        match self {
            SizeArg::Known(_, at) | SizeArg::Hole(at) => *at,
            SizeArg::OverHole(e, _) => e.span,
        }
    }
}

/// One layer with its settings. Its parameters exist once its sizes are known (`ready`).
#[derive(Debug)]
pub struct Instance<'a> {
    pub ast: &'a ast::Layer,
    /// Sizes, settings, parameters, fields and methods.
    pub scope: Scope<'a>,
    pub holes: RefCell<BTreeMap<Name, SizeArg<'a>>>,
    pub ready: Cell<bool>,
    pub place: RefCell<Option<Place<'a>>>,
    /// Own parameters and buffers, in order.
    pub cells: RefCell<Vec<(Name, CellId)>>,
    /// Settings that hold layers or parameters, then fields, in order: for paths and for `over`.
    pub fields: RefCell<Vec<(Name, Value<'a>)>>,
    /// Its sizes as they are written.
    pub written: BTreeMap<Name, SizeArg<'a>>,
    /// Where its settings are written: their values.
    pub settings_at: BTreeMap<Name, Span>,
    /// The layer that it is a copy of: its parameters begin as those.
    pub source: RefCell<Option<Rc<Instance<'a>>>>,
    pub span: Span,
}

/// Where a layer hangs: the layer that holds it, and its name there (`conv1`, `3`, `stem.0`).
#[derive(Clone, Debug)]
pub struct Place<'a> {
    pub parent: Option<Rc<Instance<'a>>>,
    pub name: String,
}

impl<'a> Instance<'a> {
    /// As it was before its first use.
    pub fn give_back(&self, holes: BTreeMap<Name, SizeArg<'a>>) {
        for name in holes.keys() {
            self.scope.set(name, Value::Hole);
        }
        *self.holes.borrow_mut() = holes;
        self.ready.set(false);
        self.cells.borrow_mut().clear();
        let settings = &self.ast.settings;
        self.fields.borrow_mut().retain(|(name, _)| settings.iter().any(|setting| setting.name.name == *name));
    }

    /// `net.body.3.conv1`; empty when it was never given a name.
    pub fn path(&self) -> String {
        match &*self.place.borrow() {
            None if self.source.borrow().is_some() => "copy".to_string(),
            None => String::new(),
            Some(place) => match &place.parent {
                Some(parent) => format!("{}.{}", parent.path(), place.name),
                None => place.name.clone(),
            },
        }
    }
}

/// Values in place of a layer's parameters and buffers.
#[derive(Debug)]
pub struct Weights<'a> {
    /// The layer, or the list, tuple or record of layers.
    pub of: Value<'a>,
    /// Tensors, or cells where they are kept, in the order of the layer; what has none is as in the layer.
    pub values: Vec<(CellId, Value<'a>)>,
}

impl<'a> Weights<'a> {
    pub fn get(&self, cell: CellId) -> Option<&Value<'a>> {
        self.values.iter().find(|(known, _)| *known == cell).map(|(_, value)| value)
    }
}

#[derive(Debug)]
pub struct OptimizerInstance<'a> {
    pub ast: &'a ast::Optimizer,
    pub scope: Scope<'a>,
}

/// A state that an optimizer declares, for one parameter.
#[derive(Debug)]
pub struct State<'a> {
    pub cell: Cell<Option<CellId>>,
    pub owner: Option<Rc<Instance<'a>>>,
    pub name: Name,
    pub ty: tir::Ty,
    pub init: &'a ast::Expr,
    pub scope: Scope<'a>,
    pub span: Span,
}

/// A `train` block where a value stands: it runs when the top level of the main file gets it.
#[derive(Debug)]
pub struct Training<'a> {
    pub ast: &'a ast::Train,
    pub scope: Scope<'a>,
    pub span: Span,
}

#[derive(Debug)]
pub struct Choice<'a> {
    pub truth: Truth,
    pub then: Value<'a>,
    pub otherwise: Value<'a>,
}

/// A data set: what to read, and functions that every batch goes through.
#[derive(Clone, Debug)]
pub struct Data<'a> {
    pub desc: tir::Dataset,
    pub maps: Vec<(Value<'a>, Span)>,
}

impl<'a> Value<'a> {
    pub fn int(value: i64) -> Value<'a> {
        Value::Int(Dim::from(value), 0)
    }

    pub fn dim(dim: Dim) -> Value<'a> {
        Value::Int(dim, 0)
    }

    pub fn bool(value: bool) -> Value<'a> {
        Value::Bool(Truth::Known(value))
    }

    pub fn list(values: Vec<Value<'a>>) -> Value<'a> {
        Value::List(Rc::new(values))
    }

    pub fn tuple(values: Vec<Value<'a>>) -> Value<'a> {
        Value::Tuple(Rc::new(values))
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error)
    }

    /// What it is, with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Tensor(_) | Value::Cell(_) | Value::State(_) => "a tensor",
            Value::Int(..) => "an Int",
            Value::Float(_) => "a Float",
            Value::Bool(_) => "a Bool",
            Value::Str(_) => "a Str",
            Value::List(_) => "a list",
            Value::Tuple(_) => "a tuple",
            Value::Record(_) => "a record",
            Value::Fn(_) | Value::Builtin(_) | Value::Section(_) => "a function",
            Value::LayerClass(_) | Value::Instance(_) | Value::Chain(_) | Value::Choice(_) | Value::Frozen(..) => {
                "a layer"
            }
            Value::Weights(_) => "the weights of a layer",
            Value::Training(_) => "a training",
            Value::Running(_) => "a number of the run",
            Value::Logged(..) => "the numbers of a training",
            Value::Optimizer(_) | Value::OptimizerClass(..) => "an optimizer",
            Value::Dataset(_) => "a data set",
            Value::Tokenizer(_) => "a tokenizer",
            Value::DType(_) => "an element type",
            Value::Module(_) => "a module",
            Value::Hole => "`_`",
            Value::Nothing => "nothing",
            Value::Error => "an error",
        }
    }

    pub fn is_callable(&self) -> bool {
        matches!(
            self,
            Value::Fn(_)
                | Value::Builtin(_)
                | Value::Section(_)
                | Value::LayerClass(_)
                | Value::Instance(_)
                | Value::Chain(_)
                | Value::Choice(_)
                | Value::Weights(_)
                | Value::Frozen(..)
        )
    }
}

impl Truth {
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::Known(false), _) | (_, Truth::Known(false)) => Truth::Known(false),
            (Truth::Known(true), t) | (t, Truth::Known(true)) => t,
            (Truth::Claims(mut a), Truth::Claims(b)) => {
                a.extend(b);
                Truth::Claims(a)
            }
            _ => Truth::Unknown,
        }
    }

    pub fn not(self) -> Truth {
        match self {
            Truth::Known(b) => Truth::Known(!b),
            Truth::Claims(claims) if claims.len() == 1 => Truth::Claims(vec![claims[0].negate()]),
            _ => Truth::Unknown,
        }
    }

    pub fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }
}
