//! Values whose sizes are found in data: `let y = x[x > 0]`. A file cannot keep them, since memory has sizes before anything runs; a
//! session computes them as it computes what is shown, and keeps them at the size that they have now.

use crate::base::{Name, Span};
use crate::ops::Tensor;
use crate::sema::Described;
use crate::syntax::Line;
use crate::syntax::ast::{
    BinaryOp, Block, DimArg, Element, Expr, ExprKind, Ident, IndexArg, Item, ItemKind, Let, StmtKind, Type, TypeKind,
};
use crate::tir::Ty;
use crate::types::{DType, Dim};

use super::kept::Kept;
use super::session::Session;
use super::world::{Stop, World};

impl Session {
    /// Computes the value of a `let` and keeps it.
    pub(super) fn find(&mut self, item: Item, world: &mut World) -> Result<(), Stop> {
        let ItemKind::Let(written) = &item.kind else { return Err(Stop) };
        let value = match &written.ty {
            Some(ty) => {
                let coerced = ExprKind::Coerce { value: Box::new(written.value.clone()), ty: ty.clone() };
                Expr { kind: coerced, span: written.value.span }
            }
            None => written.value.clone(),
        };
        let block = Block { stmts: vec![], value: Some(Box::new(value)), span: item.span };
        let names = written.names.clone();
        self.find_in(block, &names, &[], &Line::Item(item), world)
    }

    /// `[k] boxes = found(x)`: keeps what was found and its size.
    pub(super) fn find_sizes(&mut self, block: Block, world: &mut World) -> Result<(), Stop> {
        let [stmt] = &block.stmts[..] else { return Err(Stop) };
        let StmtKind::Assign { sizes, names, .. } = &stmt.kind else { return Err(Stop) };
        let (sizes, names) = (sizes.clone(), names.clone());
        let written = Line::Stmts(block.clone());
        let named = names.iter().map(|ident| Expr { kind: ExprKind::Name(ident.name.clone()), span: ident.span });
        let kind = match <[Expr; 1]>::try_from(named.collect::<Vec<_>>()) {
            Ok([one]) => one.kind,
            Err(several) => ExprKind::Tuple(several),
        };
        let value = Some(Box::new(Expr { kind, span: block.span }));
        self.find_in(Block { value, ..block }, &names, &sizes, &written, world)
    }

    /// Computes a block and keeps the tensors of its value under names, and the sizes that it has found under theirs.
    fn find_in(
        &mut self,
        block: Block,
        names: &[Ident],
        sizes: &[Ident],
        written: &Line,
        world: &mut World,
    ) -> Result<(), Stop> {
        let span = block.span;
        let (seen, answer) = self.question(block, false, world)?;
        let mut engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        let values = self.compute(&answer, &mut engine, world).map_err(|error| self.failed(&error, &seen, world))?;
        let parts: Vec<&Described> = match &answer.value {
            Described::Tuple(parts) if parts.len() == names.len() => parts.iter().collect(),
            whole => vec![whole],
        };
        let tensor = |part: &Described| match part {
            Described::Tensor { result, ty } => Some((ty.clone(), values[*result].clone())),
            _ => None,
        };
        let found: Option<Vec<(Ty, Tensor)>> = parts.into_iter().map(tensor).collect();
        let Some(found) = found.filter(|found| found.len() == names.len()) else {
            world.say("only tensors are kept whose sizes depend on data: name them one by one");
            return Err(Stop);
        };
        for size in sizes {
            let axes = found.iter().flat_map(|(ty, value)| ty.shape.iter().zip(&value.shape));
            let is_size = |(dim, _): &(&Dim, &usize)| dim.as_var().is_some_and(|var| var.name == size.name);
            if let Some((_, &number)) = { axes }.find(is_size) {
                let value = int(number as i64, size.span);
                self.keep(says(size, None, value, span, written), &[], world)?;
            }
        }
        for (name, (ty, value)) in names.iter().zip(found) {
            let shape: Vec<Dim> = value.shape.iter().map(|&size| Dim::from(size as i64)).collect();
            // A bound that depends on data holds for what was found, and is forgotten.
            let ty = Ty { shape, bound: ty.bound.filter(|bound| bound.as_const().is_some()), ..ty };
            let (declared, first) = placeholder(&ty, name.span);
            let new = says(name, declared, first, span, written);
            self.keep(new, &[(name.name.clone(), ty, value)], world)?;
        }
        Ok(())
    }
}

/// `let name: ty = value` in the place of what was written.
fn says(name: &Ident, ty: Option<Type>, value: Expr, span: Span, written: &Line) -> Kept {
    let kind = ItemKind::Let(Let { names: vec![name.clone()], ty, value });
    let mut new = Kept::new(Item { doc: None, kind, span }, false);
    new.found = Some(Box::new(written.clone()));
    new
}

/// A type and a first value of it; memory has the value.
fn placeholder(ty: &Ty, span: Span) -> (Option<Type>, Expr) {
    let sizes: Vec<i64> = ty.shape.iter().filter_map(Dim::as_const).collect();
    if ty.dtype == DType::Bool {
        let zeros = Expr { kind: ExprKind::Name(Name::from("zeros")), span };
        let args = sizes.into_iter().map(|size| IndexArg::At(int(size, span))).collect();
        let zeros = Expr { kind: ExprKind::Index { base: Box::new(zeros), args, arrow: None }, span };
        let kind = ExprKind::Binary(BinaryOp::Gt, span, Box::new(zeros), Box::new(int(0, span)));
        return (None, Expr { kind, span });
    }
    let element = match ty.bound.as_ref().and_then(Dim::as_const) {
        Some(bound) => Element::Idx(Box::new(int(bound, span)), span),
        None => Element::Named(Ident { name: ty.dtype.to_string().into(), span }),
    };
    let dims = sizes.into_iter().map(|size| DimArg::Size(int(size, span))).collect();
    let kind = TypeKind::Tensor { element: Some(element), dims };
    (Some(Type { kind, span }), int(0, span))
}

fn int(value: i64, span: Span) -> Expr {
    Expr { kind: ExprKind::Int(value), span }
}
