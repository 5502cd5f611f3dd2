//! The syntax tree: what was written, with the place of every part. Names are not resolved and nothing is known of types.

use crate::base::{Name, Span};

#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    pub items: Vec<Item>,
}

/// A top-level declaration with the `##` lines just above it, joined by newlines.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub doc: Option<Name>,
    pub kind: ItemKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    Use(Use),
    Hyper(Hyper),
    Let(Let),
    Fn(Func),
    Layer(Layer),
    Optimizer(Optimizer),
    Train(Train),
    Test(Test),
    /// A call on a line of its own, which gives a training: `fit(net, digits, ..)`.
    Run(Expr),
    /// An item that did not parse; the diagnostics say why. `name` is what it would have declared, when that is known,
    /// so that its uses are not reported as unknown.
    Broken {
        name: Option<Ident>,
    },
}

/// `use std.nn: Linear, Conv2d as Conv`, `use std.nn` (then `nn.Linear`), `use std.nn as n`, `use "blocks.dln": Block`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub module: Module,
    /// Another name of the module itself.
    pub alias: Option<Ident>,
    /// `None`: the module itself, under its last name or the alias.
    pub names: Option<Vec<(Ident, Option<Ident>)>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Module {
    Path(Vec<Ident>),
    File { path: Name, span: Span },
}

impl Module {
    pub fn span(&self) -> Span {
        match self {
            Module::Path(parts) => parts.iter().fold(Span::none(), |s, p| s.to(p.span)),
            Module::File { span, .. } => *span,
        }
    }
}

/// `hyper lr: Float = 1e-3 in log(1e-5..1e-1)`; the type and what it may be can be left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyper {
    pub name: Ident,
    pub ty: Option<Type>,
    pub value: Expr,
    pub domain: Option<Expr>,
}

/// `let net = ..`, `let (a, b): T = ..`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    pub names: Vec<Ident>,
    pub ty: Option<Type>,
    pub value: Expr,
}

/// A function or a method. `fn f[N](x: [N], k: Int = 1) -> [N] where N > k = ..`
#[derive(Clone, Debug, PartialEq)]
pub struct Func {
    pub doc: Option<Name>,
    pub name: Ident,
    pub sizes: Vec<SizeParam>,
    pub params: Vec<Param>,
    pub result: Option<Type>,
    pub wheres: Vec<Expr>,
    pub body: Expr,
}

/// A size parameter, `H` or `Dh = D // H`.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeParam {
    pub name: Ident,
    pub default: Option<Expr>,
}

/// A parameter of a function, a setting of a layer or an optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Ident,
    pub ty: Option<Type>,
    pub default: Option<Expr>,
}

/// `layer Conv2d[In -> Out](kernel: Int) where .. { .. }`
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub name: Ident,
    /// `[In -> Out]`: before and behind the arrow; without an arrow all are in `sizes_in`.
    pub sizes_in: Vec<SizeParam>,
    pub sizes_out: Vec<SizeParam>,
    pub has_arrow: bool,
    pub settings: Vec<Param>,
    pub wheres: Vec<Expr>,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Member {
    /// `param weight: [Out, In] = init if cond`
    Param(Store),
    /// `buffer mean: [C] = zeros`
    Buffer(Store),
    /// `conv1 = Conv2d[..](..)`, or `a, b = ..`
    Field { names: Vec<Ident>, value: Expr },
    /// `forward(x: [..B, In]) -> [..B, Out] = ..`
    Method(Func),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    pub doc: Option<Name>,
    pub name: Ident,
    pub ty: Type,
    pub init: Expr,
    pub condition: Option<Expr>,
}

/// `optimizer Adam(lr: Schedule = 1e-3) { state m = zeros, v = zeros   update(p, g, t) { .. } }`
#[derive(Clone, Debug, PartialEq)]
pub struct Optimizer {
    pub name: Ident,
    pub settings: Vec<Param>,
    pub wheres: Vec<Expr>,
    pub states: Vec<(Ident, Expr)>,
    /// `update(p, g, t)` works on one parameter; `transform(gs)` or `transform(gs, t)` on the list of all gradients.
    pub methods: Vec<Func>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    pub name: Option<Ident>,
    pub items: Vec<TrainItem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TrainItem {
    /// `data = ..`, `epochs = ..`, `seed = ..`; any other name is a local definition.
    Setting { name: Ident, value: Expr },
    /// `step discriminator (x, y) { .. }`
    Step { name: Option<Ident>, params: Vec<Ident>, body: Block, span: Span },
    /// `validate DATA (x, y) { .. }`
    Validate { data: Expr, params: Vec<Ident>, body: Block, span: Span },
    /// `every 5 epochs { .. }`, `every 1 epoch { .. }`, `every 100 steps { .. }`
    Every { count: Expr, unit: Unit, body: Block, span: Span },
    /// `save best val.accuracy to "runs/x"`: the weights of every layer that is trained, whenever the metric improves.
    SaveBest { direction: Direction, metric: Metric, to: Expr, span: Span },
    /// `stop after 5 epochs without better val.loss`
    Stop { patience: Expr, direction: Direction, metric: Metric, span: Span },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Epoch,
    Step,
}

/// `best`/`better` (by the metric's name), or said: `highest`/`higher`, `lowest`/`lower`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ByName,
    Highest,
    Lowest,
}

/// `val.accuracy`, `train.loss`
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub part: Ident,
    pub name: Ident,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub name: Name,
    pub name_span: Span,
    pub body: Block,
}

/// Statements between braces; the value is the last expression, if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub stmts: Vec<Stmt>,
    pub value: Option<Box<Expr>>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `x = ..`, `q, k, v = ..`; `[k] boxes = ..` also names the sizes that the value found in the data
    Assign { sizes: Vec<Ident>, names: Vec<Ident>, value: Expr },
    /// `target <- value`
    Update { target: Expr, value: Expr },
    /// `minimize loss over net with AdamW(lr: lr)`; several groups of parameters, each with its optimizer, by commas.
    Minimize { loss: Expr, groups: Vec<(Expr, Expr)> },
    /// `log loss: l, accuracy: a`
    Log(Vec<(Ident, Expr)>),
    /// `log ..scores`: the fields of a record.
    LogAll(Expr),
    /// `yield h`
    Yield(Expr),
    /// `assert a == b`, with an optional message: `assert x > 0, "must be positive"`
    Assert { condition: Expr, message: Option<Expr> },
    /// `for f in layers { x = f(x) }`: its statements once for each element, in the block around
    For { names: Vec<Ident>, values: Expr, body: Block },
    /// `save net to "x.safetensors" as names`
    Save { what: Expr, to: Expr, names: Option<Expr> },
    /// An expression for its effect: `save_images(..)`, `assert_close(a, b)`, `bn(x)`
    Expr(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Int(i64),
    Float(f64),
    /// Escapes are resolved; `{name}` inside is kept as written.
    Str(Name),
    Bool(bool),
    Name(Name),
    /// `_`
    Hole,
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    /// `x |> f(a)`
    Pipe(Box<Expr>, Box<Expr>),
    /// `f >> g`
    Compose(Box<Expr>, Box<Expr>),
    Call {
        func: Box<Expr>,
        args: Vec<Arg>,
    },
    /// `x[0, .., 1:]`, `Linear[64 -> 128]`, `zeros[B, H]`
    Index {
        base: Box<Expr>,
        args: Vec<IndexArg>,
        arrow: Option<Vec<IndexArg>>,
    },
    /// `net.head`, `w.T`
    Field {
        base: Box<Expr>,
        name: Ident,
    },
    /// `x.[b t (h d) -> b h t d]`, `(q, k).[.., .. -> ..]`
    Pattern {
        base: Box<Expr>,
        pattern: Pattern,
    },
    /// `(a, b)`; a 1-tuple has a trailing comma.
    Tuple(Vec<Expr>),
    /// `(loss: a, accuracy: b)`
    Record(Vec<(Ident, Expr)>),
    List(Vec<Expr>),
    /// `[f(a) for a in xs if cond]`
    Comprehension {
        value: Box<Expr>,
        clauses: Vec<Clause>,
    },
    /// `if c { a } else { b }`; `else if` nests in a block of its own.
    If {
        condition: Box<Expr>,
        then: Block,
        otherwise: Option<Block>,
    },
    Block(Block),
    /// `|a, b| body`
    Lambda {
        params: Vec<Param>,
        body: Box<Expr>,
    },
    /// `scan xt, mt in x, m over T with (h = a, c = b) { .. }`; `backward` before `with` runs from the end.
    Scan {
        names: Vec<Ident>,
        over_values: Vec<Expr>,
        axis: Box<Expr>,
        backward: bool,
        carries: Vec<(Ident, Expr)>,
        body: Block,
    },
    /// `repeat i in 0..n with (x = x0) { .. }`; `i in` may be left out: `repeat n with (..) { .. }`
    Repeat {
        name: Option<Ident>,
        range: Box<Expr>,
        carries: Vec<(Ident, Expr)>,
        body: Block,
    },
    /// `while error > 1e-6 max i in 0..100 with (x = x0) { .. }`; `i in` may be left out: `max 100`
    While {
        condition: Box<Expr>,
        name: Option<Ident>,
        range: Box<Expr>,
        carries: Vec<(Ident, Expr)>,
        body: Block,
    },
    /// `each (q, k, v) as t { .. }`: the block for every element
    Each {
        values: Box<Expr>,
        name: Ident,
        body: Block,
    },
    /// `train { .. }`: a training as a value, for a function that gives one.
    Train(Box<Train>),
    /// `0..n`, `999..=0`
    Range {
        lo: Box<Expr>,
        hi: Box<Expr>,
        inclusive: bool,
    },
    /// `x :> [128, D]`: a claim that is checked at run time
    Coerce {
        value: Box<Expr>,
        ty: Type,
    },
    /// `..S` in a list or in the brackets of an index: all elements of a list, `[..x.shape, 3]`.
    Spread(Box<Expr>),
    /// Something that did not parse, already reported.
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub names: Vec<Ident>,
    pub values: Expr,
    pub condition: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub name: Option<Ident>,
    pub value: Expr,
}

#[allow(clippy::large_enum_variant, reason = "a slice is as common as an index, and boxes would stand in every match")]
#[derive(Clone, Debug, PartialEq)]
pub enum IndexArg {
    /// A position, a size, or `name = size`.
    At(Expr),
    Named(Ident, Expr),
    /// `a:b:c`, each part optional
    Slice {
        start: Option<Expr>,
        stop: Option<Expr>,
        step: Option<Expr>,
        span: Span,
    },
    /// `..`: all axes that are not said
    Rest(Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Neg,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    /// `@`
    MatMul,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    pub kind: TypeKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// `[B, T]`, `f32[64]`, `idx<10>[B]`, `[]`
    Tensor {
        element: Option<Element>,
        dims: Vec<DimArg>,
    },
    /// `Int`, `Float`, `Schedule`, `f32` (a dtype alone is a named type too), `UNet`
    Named(Ident),
    /// `Linear[D -> C]`: a layer, and names for its sizes.
    Layer {
        name: Ident,
        ins: Vec<DimArg>,
        outs: Vec<DimArg>,
    },
    Tuple(Vec<Type>),
    /// `(loss: [], hidden: [B, H])`
    Record(Vec<(Ident, Type)>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    Named(Ident),
    /// `idx<V>`
    Idx(Box<Expr>, Span),
}

#[derive(Clone, Debug, PartialEq)]
pub enum DimArg {
    Size(Expr),
    /// `..B`: any number of leading axes; the name may be left out
    Rest(Option<Ident>, Span),
}

impl DimArg {
    pub fn span(&self) -> Span {
        match self {
            DimArg::Size(size) => size.span,
            DimArg::Rest(_, span) => *span,
        }
    }
}

/// Between `.[` and `]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub inputs: Vec<Vec<Term>>,
    pub output: Vec<Term>,
    /// `| mean`
    pub reduce: Option<Ident>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub kind: TermKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TermKind {
    Name(Name),
    Int(i64),
    /// `(h d)`
    Group(Vec<Term>),
    /// `..`
    Rest,
}
