//! Moves a syntax tree to another place of its file: every span in it goes along.

use super::ast::*;
use crate::base::{Name, Span};

/// Something with places in it.
pub trait Shift {
    /// Adds `by` to every place.
    fn shift(&mut self, by: i64);
}

impl Shift for Span {
    fn shift(&mut self, by: i64) {
        if !self.is_none() {
            self.lo = (i64::from(self.lo) + by) as u32;
            self.hi = (i64::from(self.hi) + by) as u32;
        }
    }
}

macro_rules! placeless {
    ($($ty:ty),*) => { $(impl Shift for $ty { fn shift(&mut self, _: i64) {} })* };
}
placeless!(Name, bool, i64, f64, Unit, Direction, UnaryOp, BinaryOp);

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: i64) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: i64) {
        if let Some(part) = self {
            part.shift(by);
        }
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: i64) {
        (**self).shift(by);
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: i64) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

/// All fields of a struct, so that a new one is not forgotten.
macro_rules! fields {
    ($($ty:ident { $($field:ident),* })*) => { $(
        impl Shift for $ty {
            fn shift(&mut self, by: i64) {
                let $ty { $($field),* } = self;
                $($field.shift(by);)*
            }
        }
    )* };
}

fields! {
    Ident { name, span }
    Item { doc, kind, span }
    Use { module, alias, names }
    Hyper { name, ty, value, domain }
    Let { names, ty, value }
    Func { doc, name, sizes, params, result, wheres, body }
    SizeParam { name, default }
    Param { name, ty, default }
    Layer { name, sizes_in, sizes_out, has_arrow, settings, wheres, members }
    Store { doc, name, ty, init, condition }
    Optimizer { name, settings, wheres, states, methods }
    Train { name, items }
    Metric { part, name }
    Test { name, name_span, body }
    Block { stmts, value, span }
    Stmt { kind, span }
    Expr { kind, span }
    Clause { names, values, condition }
    Arg { name, value }
    Type { kind, span }
    Pattern { inputs, output, reduce, span }
    Term { kind, span }
}

/// All fields of every variant of an enum.
macro_rules! variants {
    ($($ty:ident { $($variant:ident $(($($place:ident),*))? $({ $($field:ident),* })?),* })*) => { $(
        impl Shift for $ty {
            fn shift(&mut self, by: i64) {
                match self {
                    $($ty::$variant $(($($place),*))? $({ $($field),* })? => {
                        $($($place.shift(by);)*)?
                        $($($field.shift(by);)*)?
                    })*
                }
            }
        }
    )* };
}

variants! {
    ItemKind {
        Use(a), Hyper(a), Let(a), Fn(a), Layer(a), Optimizer(a), Train(a), Test(a), Run(a), Broken { name }
    }
    Module { Path(a), File { path, span } }
    Member { Param(a), Buffer(a), Field { names, value }, Method(a) }
    TrainItem {
        Setting { name, value },
        Step { name, params, body, span },
        Validate { data, params, body, span },
        Every { count, unit, body, span },
        SaveBest { direction, metric, to, span },
        Stop { patience, direction, metric, span }
    }
    StmtKind {
        Assign { sizes, names, value },
        Update { target, value },
        Minimize { loss, groups },
        Log(a),
        LogAll(a),
        Yield(a),
        Assert { condition, message },
        For { names, values, body },
        Save { what, to, names },
        Expr(a)
    }
    ExprKind {
        Int(a),
        Float(a),
        Str(a),
        Bool(a),
        Name(a),
        Hole,
        Unary(a, b),
        Binary(a, b, c, d),
        Pipe(a, b),
        Compose(a, b),
        Call { func, args },
        Index { base, args, arrow },
        Field { base, name },
        Pattern { base, pattern },
        Tuple(a),
        Record(a),
        List(a),
        Comprehension { value, clauses },
        If { condition, then, otherwise },
        Block(a),
        Lambda { params, body },
        Scan { names, over_values, axis, backward, carries, body },
        Repeat { name, range, carries, body },
        While { condition, name, range, carries, body },
        Each { values, name, body },
        Train(a),
        Range { lo, hi, inclusive },
        Coerce { value, ty },
        Spread(a),
        Broken
    }
    IndexArg { At(a), Named(a, b), Slice { start, stop, step, span }, Rest(a) }
    TypeKind { Tensor { element, dims }, Named(a), Layer { name, ins, outs }, Tuple(a), Record(a) }
    Element { Named(a), Idx(a, b) }
    DimArg { Size(a), Rest(a, b) }
    TermKind { Name(a), Int(a), Group(a), Rest }
}
