//! Programs while they grow: adding ops, reading and changing cells, and bringing outer values into loops.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::{Name, Span};
use crate::ops::{self, Binary, Compare, Op, Unary};
use crate::tir::{CellId, Kind, Node, Output, Program, Source, Target, Ty, ValueId};
use crate::types::{Claim, DType, Dim, Rel, Scalar};

use super::value::{Label, Tensor, Truth, Value};
use super::{Checker, Res, labels};

/// A program under construction. A loop's body is one of its own, on top of the program around it.
#[derive(Debug, Default)]
pub struct Prog {
    pub program: Program,
    /// Tells outermost programs apart.
    pub serial: u32,
    /// Where random numbers outside of layers take their names from.
    pub name: String,
    inputs: BTreeMap<Source, ValueId>,
    /// What each cell holds at this point, the newest last.
    cells: BTreeMap<CellId, Vec<Tensor>>,
    /// Which cell a value was read from or written to.
    holders: BTreeMap<ValueId, CellId>,
    /// How many random draws have been made under a name.
    draws: BTreeMap<String, u32>,
    /// Outer values that this loop body reads, in the order of its constants.
    pub captured: Vec<(Tensor, ValueId)>,
    /// Operands before the constants.
    pub operands: usize,
    /// Replaces the run's key inside a loop, so that every iteration draws other numbers.
    pub key: Option<Tensor>,
    /// What values are known to be.
    pub origins: BTreeMap<ValueId, super::origin::Origin>,
    /// Runs once or not at all.
    is_branch: bool,
    /// Of each assertion in a loop or a branch, whether it failed; they become assertions of the program around it.
    pub failed: Vec<Failed>,
}

/// An assertion that did not hold in an iteration.
#[derive(Clone, Debug)]
pub struct Failed {
    pub value: ValueId,
    pub text: Name,
    pub span: Span,
}

impl Prog {
    pub fn named(name: impl Into<String>) -> Prog {
        static SERIAL: AtomicU32 = AtomicU32::new(1);
        Prog { name: name.into(), serial: SERIAL.fetch_add(1, Ordering::Relaxed), ..Prog::default() }
    }

    /// A loop's body that reads `operands` values before its constants.
    pub fn body(operands: usize) -> Prog {
        Prog { operands, ..Prog::default() }
    }

    /// A branch: its one operand before the constants is the condition, and the iteration goes before all.
    pub fn branch() -> Prog {
        Prog { operands: 2, is_branch: true, ..Prog::default() }
    }

    pub fn is_branch(&self) -> bool {
        self.is_branch
    }

    /// Adds a node; returns its id.
    pub fn push(&mut self, kind: Kind, args: Vec<ValueId>, tys: Vec<Ty>, span: Span) -> ValueId {
        let id = ValueId::from(self.program.nodes.len());
        self.program.nodes.push(Node { kind, args, tys, span });
        id
    }

    /// Reads from outside; the same source is read once.
    pub fn input(&mut self, source: Source, ty: Ty, span: Span) -> ValueId {
        if let Some(&id) = self.inputs.get(&source) {
            return id;
        }
        let id = self.push(Kind::Input(source.clone()), vec![], vec![ty], span);
        self.inputs.insert(source, id);
        id
    }

    pub fn output(&mut self, to: Target, value: ValueId, span: Span) {
        self.program.outputs.push(Output { to, value, span });
    }

    /// All values that a cell has had in this program, oldest first.
    pub fn versions(&self, cell: CellId) -> &[Tensor] {
        self.cells.get(&cell).map_or(&[], Vec::as_slice)
    }

    /// A cell holds this value from here on.
    pub fn hold(&mut self, cell: CellId, value: Tensor) {
        if value.depth == 0 {
            self.holders.insert(value.id, cell);
        }
        self.cells.entry(cell).or_default().push(value);
    }

    /// The cell that holds, or held, a value.
    pub fn holder(&self, value: ValueId) -> Option<CellId> {
        self.holders.get(&value).copied()
    }

    /// How many values each cell has had.
    pub fn history(&self) -> BTreeMap<CellId, usize> {
        self.cells.iter().map(|(&cell, versions)| (cell, versions.len())).collect()
    }

    /// Takes back the changes that were made since: the newest value of every cell that has another one now.
    pub fn take_changes(&mut self, before: &BTreeMap<CellId, usize>) -> BTreeMap<CellId, Tensor> {
        let mut changes = BTreeMap::new();
        for (&cell, versions) in &mut self.cells {
            // The first value of a cell is what it held when it was first read.
            let known = before.get(&cell).copied().unwrap_or(1);
            if let Some(newest) = versions.drain(known..).next_back() {
                changes.insert(cell, newest);
            }
        }
        changes
    }

    /// Writes the cells that were changed; called once, at the end.
    pub fn store_cells(&mut self) {
        let changed: Vec<(CellId, ValueId)> = self
            .cells
            .iter()
            .filter(|(_, versions)| versions.len() > 1)
            .filter_map(|(&cell, versions)| versions.last().map(|t| (cell, t.id)))
            .collect();
        for (cell, value) in changed {
            let span = self.program.nodes[value.index()].span;
            self.output(Target::Cell(cell), value, span);
        }
    }
}

impl<'a> Checker<'a> {
    pub fn depth(&self) -> usize {
        self.progs.len() - 1
    }

    pub fn prog(&mut self) -> &mut Prog {
        self.progs.last_mut().expect("a program is always open")
    }

    /// A tensor of the innermost program, without labels.
    pub fn tensor(&self, id: ValueId, ty: Ty) -> Tensor {
        let labels = vec![vec![]; ty.shape.len()];
        Tensor { id, depth: self.depth(), home: self.progs[0].serial, ty, labels }
    }

    /// The id of `tensor` in the innermost program: an outer value becomes a constant of the loops in between.
    pub fn here(&mut self, tensor: &Tensor) -> ValueId {
        let mut current = if tensor.home == self.progs[0].serial { tensor.clone() } else { self.brought_here(tensor) };
        for depth in current.depth + 1..self.progs.len() {
            let prog = &mut self.progs[depth];
            let known = prog.captured.iter().find(|(outer, _)| outer.id == current.id).map(|&(_, inner)| inner);
            let inner = known.unwrap_or_else(|| {
                let place = prog.operands + prog.captured.len();
                let inner = prog.input(Source::Body(place), current.ty.clone(), Span::none());
                prog.captured.push((current.clone(), inner));
                inner
            });
            current = Tensor { id: inner, depth, ..current };
        }
        current.id
    }

    /// Adds an op: its type comes from its rule, its preconditions are decided here.
    pub fn emit(&mut self, op: Op<Dim>, args: &[&Tensor], span: Span) -> Res<Tensor> {
        self.spend_op(span)?;
        let operands: Vec<ops::shape::Arg> =
            args.iter().map(|t| ops::shape::Arg { dtype: t.ty.dtype, shape: &t.ty.shape }).collect();
        let inferred = match ops::shape::infer(&op, &operands) {
            Ok(inferred) => inferred,
            Err(misfit) => return Err(self.misfit(&op, args, &misfit, span)),
        };
        for requirement in &inferred.requires {
            self.require_op(&op, args, requirement, span)?;
        }
        let bound = match &op {
            Op::Iota { n, .. } => Some(n.clone()),
            Op::ArgMax { axis } | Op::ArgSort { axis, .. } => args[0].ty.shape.get(*axis).cloned(),
            Op::Assign => args[0].ty.shape.last().cloned(),
            Op::Select => shared_bound(&args[1..]),
            Op::Concat { .. } => shared_bound(args),
            op if moves(op) => args[0].ty.bound.clone(),
            _ => None,
        };
        let labels = labels::carried(&op, args, inferred.shape.len());
        let ty = Ty { dtype: inferred.dtype, bound, shape: inferred.shape };
        self.fits_memory(&ty, span)?;
        let origin = if op.is_view() { self.made_of(args[0]) } else { None };
        let ids = args.iter().map(|t| self.here(t)).collect();
        let span = if reads_or_writes_at_indices(&op) { self.users_place(span) } else { span };
        let id = self.prog().push(Kind::Op(op), ids, vec![ty.clone()], span);
        self.prog().origins.extend(origin.map(|origin| (id, origin)));
        Ok(Tensor { labels, ..self.tensor(id, ty) })
    }

    /// The place in the user's file from which the library was called.
    pub fn users_place(&self, span: Span) -> Span {
        if span.is_none() || !self.is_std(span.file) {
            return span;
        }
        let mut calls = self.frames.iter().rev().map(|frame| frame.span);
        calls.find(|call| !call.is_none() && !self.is_std(call.file)).unwrap_or(span)
    }

    pub fn unary(&mut self, op: Unary, x: &Tensor, span: Span) -> Res<Tensor> {
        self.emit(Op::Unary(op), &[x], span)
    }

    pub fn constant(&mut self, value: Scalar, span: Span) -> Tensor {
        let ty = Ty::scalar(value.dtype());
        let id = self.prog().push(Kind::Op(Op::Const(value)), vec![], vec![ty.clone()], span);
        self.tensor(id, ty)
    }

    /// A number as a scalar of `dtype`.
    pub fn number(&mut self, value: f64, dtype: DType, span: Span) -> Tensor {
        self.constant(Scalar::from_f64(value, dtype), span)
    }

    /// A size as a scalar of `dtype`.
    pub fn size(&mut self, dim: &Dim, dtype: DType, span: Span) -> Res<Tensor> {
        if let Some(value) = dim.as_const() {
            return Ok(self.constant(Scalar::from_i64(value, dtype), span));
        }
        let ty = Ty::scalar(DType::F64);
        let id = self.prog().push(Kind::Size(dim.clone()), vec![], vec![ty.clone()], span);
        let tensor = self.tensor(id, ty);
        self.cast(&tensor, dtype, span)
    }

    /// A condition on sizes as a boolean scalar.
    pub fn holds(&mut self, truth: &Truth, span: Span) -> Tensor {
        match truth {
            Truth::Claims(claims) => {
                let ty = Ty::scalar(DType::Bool);
                let id = self.prog().push(Kind::Holds(claims.clone()), vec![], vec![ty.clone()], span);
                self.tensor(id, ty)
            }
            Truth::Known(value) => self.constant(Scalar::Bool(*value), span),
            Truth::Unknown => self.constant(Scalar::Bool(true), span),
        }
    }

    pub fn cast(&mut self, x: &Tensor, dtype: DType, span: Span) -> Res<Tensor> {
        if x.ty.dtype == dtype { Ok(x.clone()) } else { self.emit(Op::Cast(dtype), &[x], span) }
    }

    /// `x` repeated to `shape`, aligned at the end: missing leading axes are made.
    pub fn broadcast_to(&mut self, x: &Tensor, shape: &[Dim], span: Span) -> Res<Tensor> {
        if x.ty.shape.len() == shape.len() {
            return Ok(x.clone());
        }
        let first = shape.len() - x.ty.shape.len();
        let axes = (first..shape.len()).collect();
        self.emit(Op::Broadcast { shape: shape.to_vec(), axes }, &[x], span)
    }

    /// Two operands of one shape: scalars and missing leading axes repeat, nothing else does.
    pub fn align(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Res<(Tensor, Tensor)> {
        let (long, short) = if a.ty.shape.len() >= b.ty.shape.len() { (a, b) } else { (b, a) };
        let first = long.ty.shape.len() - short.ty.shape.len();
        let pairs = long.ty.shape[first..].iter().zip(&short.ty.shape);
        let mut fits = true;
        for (l, s) in pairs {
            fits &= l == s || self.same_size(l, s);
        }
        if !fits {
            return Err(self.operands_differ(a, b, span));
        }
        let shape = long.ty.shape.clone();
        Ok((self.broadcast_to(a, &shape, span)?, self.broadcast_to(b, &shape, span)?))
    }

    /// The two of one element type: a scalar takes the type of the tensor it meets, whole numbers become floats
    /// where they meet floats.
    pub fn unify_dtypes(&mut self, a: Tensor, b: Tensor, span: Span) -> Res<(Tensor, Tensor)> {
        let to = self.common_dtype(&a, &b, span)?;
        Ok((self.cast(&a, to, span)?, self.cast(&b, to, span)?))
    }

    /// The element type in which two tensors meet.
    pub fn common_dtype(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Res<DType> {
        let (da, db) = (a.ty.dtype, b.ty.dtype);
        if da == db {
            return Ok(da);
        }
        let rank = |t: &Tensor| t.ty.shape.len();
        if da.is_float() && db.is_int() {
            Ok(if rank(a) < rank(b) { self.float } else { da })
        } else if db.is_float() && da.is_int() {
            Ok(if rank(b) < rank(a) { self.float } else { db })
        } else if (da.is_float() && db.is_float()) || (da.is_int() && db.is_int()) {
            match (rank(a), rank(b)) {
                (0, 0) => Ok(da.wider(db)),
                (0, _) => Ok(db),
                (_, 0) => Ok(da),
                _ => Err(self.dtypes_differ(a, b, span)),
            }
        } else {
            Err(self.dtypes_differ(a, b, span))
        }
    }

    pub fn binary(&mut self, op: Binary, a: &Tensor, b: &Tensor, span: Span) -> Res<Tensor> {
        let (a, b) = self.unify_dtypes(a.clone(), b.clone(), span)?;
        let (a, b) = self.align(&a, &b, span)?;
        self.emit(Op::Binary(op), &[&a, &b], span)
    }

    pub fn compare(&mut self, op: Compare, a: &Tensor, b: &Tensor, span: Span) -> Res<Tensor> {
        let (a, b) = self.unify_dtypes(a.clone(), b.clone(), span)?;
        let (a, b) = self.align(&a, &b, span)?;
        self.emit(Op::Compare(op), &[&a, &b], span)
    }

    /// `a` where `cond`, else `b`. The shape is that of the largest.
    pub fn select(&mut self, cond: &Tensor, a: &Tensor, b: &Tensor, span: Span) -> Res<Tensor> {
        let (a, b) = self.unify_dtypes(a.clone(), b.clone(), span)?;
        let (a, b) = self.align(&a, &b, span)?;
        let (cond, a) = self.align(cond, &a, span)?;
        let (_, b) = self.align(&cond, &b, span)?;
        self.emit(Op::Select, &[&cond, &a, &b], span)
    }

    /// Whether two sizes are equal for all sizes that the facts allow. Counts a proof, reports nothing.
    pub fn same_size(&mut self, a: &Dim, b: &Dim) -> bool {
        let claim = Claim::new(a.clone(), Rel::Eq, b.clone());
        let proved = matches!(self.facts.decide(&claim), crate::types::Verdict::Proved);
        if proved {
            self.counts.proved += 1;
        }
        proved
    }

    /// What a cell holds here, or what is put in its place while a layer is called with other weights.
    pub fn read(&mut self, cell: CellId, span: Span) -> Tensor {
        let instead = self.weights.iter().rev().find_map(|weights| weights.get(cell)).cloned();
        match instead {
            Some(Value::Tensor(tensor)) => tensor,
            Some(Value::Cell(kept)) => self.held(kept, span),
            _ => self.held(cell, span),
        }
    }

    /// What a cell itself holds here.
    pub fn held(&mut self, cell: CellId, span: Span) -> Tensor {
        if let Some(tensor) = self.progs[0].versions(cell).last() {
            return tensor.clone();
        }
        let ty = self.cells[cell.index()].ty.clone();
        let id = self.progs[0].input(Source::Cell(cell), ty.clone(), span);
        let tensor = Tensor { depth: 0, ..self.tensor(id, ty) };
        self.progs[0].hold(cell, tensor.clone());
        tensor
    }

    /// `cell <- value`; later reads in this program see it.
    pub fn write(&mut self, cell: CellId, value: Tensor, span: Span) -> Res<()> {
        if !self.progs[1..].iter().all(Prog::is_branch) {
            let message = "nothing can be changed inside a loop";
            return Err(self.error("E0611", span, message, "`<-` inside `scan`, `repeat` or `while`"));
        }
        self.held(cell, span);
        // In a branch, the value is one of the branch until that is over.
        let value = if self.depth() == 0 { self.of_its_own(&value, span)? } else { value };
        self.progs[0].hold(cell, value);
        Ok(())
    }

    /// The key of the random numbers here: the run's and step's, mixed with the iteration inside loops.
    pub fn key(&mut self, span: Span) -> Tensor {
        let depth = (0..self.progs.len()).rev().find(|&d| self.progs[d].key.is_some() || d == 0).unwrap_or(0);
        match &self.progs[depth].key {
            Some(key) => key.clone(),
            None => {
                let ty = Ty::scalar(DType::I64);
                let id = self.progs[0].input(Source::Key, ty.clone(), span);
                Tensor { depth: 0, ..self.tensor(id, ty) }
            }
        }
    }

    /// A scalar that the training loop provides.
    pub fn ambient(&mut self, source: Source, span: Span) -> Tensor {
        let ty = Ty::scalar(if matches!(source, Source::Seen(_)) { DType::F64 } else { DType::I64 });
        let id = self.progs[0].input(source, ty.clone(), span);
        Tensor { depth: 0, ..self.tensor(id, ty) }
    }

    /// A stream of random numbers of its own for the next draw made here: named by the layer (or program) that draws
    /// and by how many it drew before, so that a new layer elsewhere changes nothing.
    pub fn stream(&mut self) -> u64 {
        let place = match self.frames.iter().rev().find_map(|f| f.instance.as_ref()) {
            Some(instance) => instance.path(),
            None => self.progs[0].name.clone(),
        };
        let place = self.draw_prefix.clone().unwrap_or(place);
        let count = self.progs[0].draws.entry(place.clone()).or_insert(0);
        *count += 1;
        fnv(&format!("{place}#{count}"))
    }

    /// Uniform random numbers in [0, 1).
    pub fn uniform(&mut self, shape: Vec<Dim>, span: Span) -> Res<Tensor> {
        let stream = self.stream();
        let key = self.key(span);
        self.emit(Op::Uniform { dtype: self.float, shape, stream }, &[&key], span)
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.last_label += 1;
        self.last_label
    }

    pub fn metric(&mut self, name: &Name, value: &Tensor, span: Span) {
        let id = self.here(value);
        self.prog().output(Target::Metric(name.clone()), id, span);
    }
}

/// FNV-1a, 64 bits: stable across versions and machines.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The bound that all have.
fn shared_bound(args: &[&Tensor]) -> Option<Dim> {
    let bound = args[0].ty.bound.clone();
    bound.filter(|bound| args.iter().all(|arg| arg.ty.bound.as_ref() == Some(bound)))
}

/// Ops whose result holds elements of the first operand unchanged.
fn moves(op: &Op<Dim>) -> bool {
    op.is_view() || matches!(op, Op::Take { .. } | Op::TakeAlong { .. } | Op::Unary(Unary::StopGradient))
}

/// Ops that can fail while they run, since an index may be out of range: who gave it wants to know.
fn reads_or_writes_at_indices(op: &Op<Dim>) -> bool {
    matches!(op, Op::Take { .. } | Op::TakeAlong { .. } | Op::PutAdd { .. } | Op::PutAlongAdd { .. })
}
