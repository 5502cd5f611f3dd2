//! Through a file, with the scopes that are open.

use std::collections::BTreeMap;

use super::{Binding, Kind, Names, Use, module_name};
use crate::base::{Name, Span};
use crate::syntax::ast::*;

pub fn walk(file: &File, text: &str) -> Names {
    let end = file.items.iter().fold(Span::none(), |span, item| span.to(item.span));
    let whole = Span { lo: 0, hi: u32::try_from(text.len()).unwrap_or(u32::MAX), ..end };
    let names = Names::default();
    let mut walk = Walk { text, names, scopes: vec![Scope::new(whole)], callable: BTreeMap::new(), arguments: vec![] };
    walk.file(file);
    walk.settle_arguments();
    walk.names.uses.sort_by_key(|used| used.span);
    walk.names.uses.dedup();
    walk.names
}

struct Scope {
    names: BTreeMap<Name, usize>,
    span: Span,
    /// A function begins here: a name further out is not assigned from inside.
    border: bool,
}

impl Scope {
    fn new(span: Span) -> Scope {
        Scope { names: BTreeMap::new(), span, border: false }
    }
}

pub(super) struct Walk<'t> {
    text: &'t str,
    pub(super) names: Names,
    scopes: Vec<Scope>,
    /// The parameters of the functions, layers and optimizers of the file, for arguments by name.
    pub(super) callable: BTreeMap<Name, BTreeMap<Name, usize>>,
    /// Arguments by name, each with the name that is called: it may be declared further down.
    pub(super) arguments: Vec<(Name, Ident)>,
}

impl Walk<'_> {
    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("the file's scope is never closed")
    }

    fn inside(&mut self, span: Span, border: bool, body: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope { border, ..Scope::new(span) });
        body(self);
        self.scopes.pop();
    }

    fn bind(&mut self, ident: &Ident, kind: Kind) -> usize {
        let seen = self.scope().span;
        let at = self.names.bindings.len();
        self.names.bindings.push(Binding { name: ident.name.clone(), span: ident.span, kind, seen });
        self.scope().names.insert(ident.name.clone(), at);
        at
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.scopes.iter().rev().find_map(|scope| scope.names.get(name).copied())
    }

    fn read(&mut self, name: &str, span: Span) {
        if let Some(of) = self.find(name) {
            self.names.uses.push(Use { span, of });
        }
    }

    /// A name that is given a value: a new one, or again one of this function.
    fn assign(&mut self, ident: &Ident) {
        for scope in self.scopes.iter().skip(1).rev() {
            if let Some(&of) = scope.names.get(&ident.name) {
                return self.names.uses.push(Use { span: ident.span, of });
            }
            if scope.border {
                break;
            }
        }
        self.bind(ident, Kind::Local);
    }

    fn file(&mut self, file: &File) {
        for item in &file.items {
            self.declare(item);
        }
        for item in &file.items {
            self.item(item);
        }
    }

    /// Names at the top are seen in the whole file.
    fn declare(&mut self, item: &Item) {
        let kind = match &item.kind {
            ItemKind::Use(used) => {
                let own = used.names.iter().flatten().map(|(name, alias)| alias.as_ref().unwrap_or(name));
                let whole = match (&used.names, &used.alias) {
                    (None, None) => module_name(&used.module),
                    (None, alias) => alias.clone(),
                    (Some(_), _) => None,
                };
                own.chain(&whole).for_each(|ident| {
                    self.bind(ident, Kind::Import);
                });
                return;
            }
            ItemKind::Train(train) => {
                train.name.iter().for_each(|name| {
                    self.bind(name, Kind::Train);
                });
                return;
            }
            ItemKind::Hyper(_) => Kind::Hyper,
            ItemKind::Let(_) => Kind::Let,
            ItemKind::Fn(_) => Kind::Function,
            ItemKind::Layer(_) => Kind::Layer,
            ItemKind::Optimizer(_) => Kind::Optimizer,
            ItemKind::Test(_) | ItemKind::Run(_) | ItemKind::Broken { .. } => return,
        };
        for ident in item.names() {
            self.bind(ident, kind);
        }
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Use(_) | ItemKind::Broken { .. } => {}
            ItemKind::Hyper(hyper) => {
                hyper.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&hyper.value);
                hyper.domain.iter().for_each(|domain| self.expr(domain));
            }
            ItemKind::Let(l) => self.inside(item.span, false, |walk| {
                l.ty.iter().for_each(|ty| walk.ty(ty));
                walk.expr(&l.value);
            }),
            ItemKind::Fn(func) => self.func(func, item.span),
            ItemKind::Layer(layer) => self.inside(item.span, false, |walk| walk.layer(layer, item.span)),
            ItemKind::Optimizer(optimizer) => {
                self.inside(item.span, false, |walk| walk.optimizer(optimizer, item.span))
            }
            ItemKind::Train(train) => self.inside(item.span, true, |walk| walk.train(train)),
            ItemKind::Test(test) => self.inside(item.span, true, |walk| walk.block(&test.body)),
            ItemKind::Run(call) => self.expr(call),
        }
    }

    fn params(&mut self, callee: &Ident, params: &[Param]) {
        let mut known = BTreeMap::new();
        for param in params {
            known.insert(param.name.name.clone(), self.bind(&param.name, Kind::Parameter));
        }
        self.callable.insert(callee.name.clone(), known);
        for param in params {
            param.ty.iter().for_each(|ty| self.ty(ty));
            param.default.iter().for_each(|default| self.expr(default));
        }
    }

    fn sizes<'s>(&mut self, sizes: impl Iterator<Item = &'s SizeParam>) {
        for size in sizes {
            self.bind(&size.name, Kind::Size);
            size.default.iter().for_each(|default| self.expr(default));
        }
    }

    fn func(&mut self, func: &Func, span: Span) {
        let whole = func.name.span.to(func.body.span).to(span.start().to(func.name.span));
        self.inside(whole, true, |walk| {
            walk.sizes(func.sizes.iter());
            walk.params(&func.name, &func.params);
            func.result.iter().for_each(|ty| walk.ty(ty));
            func.wheres.iter().for_each(|condition| walk.expr(condition));
            walk.expr(&func.body);
        });
    }

    fn layer(&mut self, layer: &Layer, span: Span) {
        self.sizes(layer.sizes_in.iter().chain(&layer.sizes_out));
        self.params(&layer.name, &layer.settings);
        layer.wheres.iter().for_each(|condition| self.expr(condition));
        for member in &layer.members {
            match member {
                Member::Param(store) | Member::Buffer(store) => {
                    self.bind(&store.name, Kind::Stored);
                }
                Member::Field { names, .. } => names.iter().for_each(|name| {
                    self.bind(name, Kind::Field);
                }),
                Member::Method(func) => {
                    self.bind(&func.name, Kind::Method);
                }
            }
        }
        for member in &layer.members {
            match member {
                Member::Param(store) | Member::Buffer(store) => {
                    self.ty(&store.ty);
                    self.expr(&store.init);
                    store.condition.iter().for_each(|condition| self.expr(condition));
                }
                Member::Field { value, .. } => self.expr(value),
                Member::Method(func) => self.func(func, Span { lo: func.name.span.lo, hi: span.hi, ..span }),
            }
        }
    }

    fn optimizer(&mut self, optimizer: &Optimizer, span: Span) {
        self.params(&optimizer.name, &optimizer.settings);
        optimizer.wheres.iter().for_each(|condition| self.expr(condition));
        for (name, first) in &optimizer.states {
            self.expr(first);
            self.bind(name, Kind::Stored);
        }
        for method in &optimizer.methods {
            self.func(method, Span { lo: method.name.span.lo, hi: span.hi, ..span });
        }
    }

    fn train(&mut self, train: &Train) {
        for item in &train.items {
            match item {
                TrainItem::Setting { name, value } => {
                    self.expr(value);
                    if !SETTINGS.contains(&&*name.name) {
                        self.bind(name, Kind::Local);
                    }
                }
                TrainItem::Step { params, body, span, .. } => self.batch(params, body, *span),
                TrainItem::Validate { data, params, body, span } => {
                    self.expr(data);
                    self.batch(params, body, *span);
                }
                TrainItem::Every { count, body, .. } => {
                    self.expr(count);
                    self.block(body);
                }
                TrainItem::SaveBest { to, .. } => self.expr(to),
                TrainItem::Stop { patience, .. } => self.expr(patience),
            }
        }
    }

    fn batch(&mut self, params: &[Ident], body: &Block, span: Span) {
        self.inside(span, true, |walk| {
            params.iter().for_each(|param| {
                walk.bind(param, Kind::Parameter);
            });
            walk.block(body);
        });
    }

    fn block(&mut self, block: &Block) {
        self.inside(block.span, false, |walk| walk.statements(block));
    }

    fn statements(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
        block.value.iter().for_each(|value| self.expr(value));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign { sizes, names, value } => {
                self.expr(value);
                sizes.iter().for_each(|size| {
                    self.bind(size, Kind::Size);
                });
                names.iter().for_each(|name| self.assign(name));
            }
            StmtKind::Yield(e) | StmtKind::Expr(e) | StmtKind::LogAll(e) => self.expr(e),
            StmtKind::Update { target, value } => {
                self.expr(target);
                self.expr(value);
            }
            StmtKind::Save { what, to, names } => {
                self.expr(what);
                self.expr(to);
                names.iter().for_each(|names| self.expr(names));
            }
            StmtKind::Minimize { loss, groups } => {
                self.expr(loss);
                groups.iter().flat_map(|(over, with)| [over, with]).for_each(|e| self.expr(e));
            }
            StmtKind::Log(entries) => entries.iter().for_each(|(_, value)| self.expr(value)),
            StmtKind::Assert { condition, message } => {
                self.expr(condition);
                message.iter().for_each(|message| self.expr(message));
            }
            // The statements of a `for` stand in the block around.
            StmtKind::For { names, values, body } => {
                self.expr(values);
                names.iter().for_each(|name| self.assign(name));
                self.statements(body);
            }
        }
    }

    fn exprs<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr>) {
        parts.into_iter().for_each(|part| self.expr(part));
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Hole | ExprKind::Broken => {}
            ExprKind::Str(_) => self.string(expr.span),
            ExprKind::Name(name) => self.read(name, expr.span),
            ExprKind::Unary(_, x) | ExprKind::Spread(x) => self.expr(x),
            ExprKind::Field { base, name } => self.field(base, name),
            ExprKind::Pattern { base, pattern } => {
                self.expr(base);
                pattern.inputs.iter().chain([&pattern.output]).flatten().for_each(|term| self.term(term));
            }
            ExprKind::Binary(_, _, a, b) | ExprKind::Pipe(a, b) | ExprKind::Compose(a, b) => self.exprs([&**a, b]),
            ExprKind::Range { lo, hi, .. } => self.exprs([&**lo, hi]),
            ExprKind::Call { func, args } => self.call(func, args),
            ExprKind::Index { base, args, arrow } => {
                self.expr(base);
                args.iter().chain(arrow.iter().flatten()).for_each(|arg| self.index(arg));
            }
            ExprKind::Tuple(parts) | ExprKind::List(parts) => self.exprs(parts),
            ExprKind::Record(fields) => self.exprs(fields.iter().map(|(_, value)| value)),
            ExprKind::Comprehension { value, clauses } => self.inside(expr.span, false, |walk| {
                for clause in clauses {
                    walk.expr(&clause.values);
                    clause.names.iter().for_each(|name| {
                        walk.bind(name, Kind::Local);
                    });
                    walk.exprs(&clause.condition);
                }
                walk.expr(value);
            }),
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.block(then);
                otherwise.iter().for_each(|block| self.block(block));
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::Lambda { params, body } => self.inside(expr.span, true, |walk| {
                for param in params {
                    walk.bind(&param.name, Kind::Parameter);
                    param.ty.iter().for_each(|ty| walk.ty(ty));
                    walk.exprs(&param.default);
                }
                walk.expr(body);
            }),
            ExprKind::Scan { names, over_values, axis, carries, body, .. } => {
                self.exprs(over_values);
                self.expr(axis);
                self.looped(names, None, carries, body, expr.span);
            }
            ExprKind::Repeat { name, range, carries, body } => {
                self.expr(range);
                self.looped(name.as_slice(), None, carries, body, expr.span);
            }
            ExprKind::While { condition, name, range, carries, body } => {
                self.expr(range);
                self.looped(name.as_slice(), Some(condition), carries, body, expr.span);
            }
            ExprKind::Each { values, name, body } => {
                self.expr(values);
                self.looped(std::slice::from_ref(name), None, &[], body, expr.span);
            }
            ExprKind::Train(train) => self.inside(expr.span, true, |walk| walk.train(train)),
            ExprKind::Coerce { value, ty } => {
                self.expr(value);
                self.ty(ty);
            }
        }
    }

    /// A loop: what it carries begins outside, and its condition reads what it carries.
    fn looped(
        &mut self,
        names: &[Ident],
        condition: Option<&Expr>,
        carries: &[(Ident, Expr)],
        body: &Block,
        span: Span,
    ) {
        self.exprs(carries.iter().map(|(_, first)| first));
        self.inside(span, false, |walk| {
            for name in names.iter().chain(carries.iter().map(|(name, _)| name)) {
                walk.bind(name, Kind::Local);
            }
            condition.into_iter().for_each(|condition| walk.expr(condition));
            walk.statements(body);
        });
    }

    fn index(&mut self, arg: &IndexArg) {
        match arg {
            IndexArg::At(e) | IndexArg::Named(_, e) => self.expr(e),
            IndexArg::Slice { start, stop, step, .. } => self.exprs([start, stop, step].into_iter().flatten()),
            IndexArg::Rest(_) => {}
        }
    }

    /// `{name}` between quotes.
    fn string(&mut self, span: Span) {
        let text = self.text;
        let raw = text.get(span.range()).unwrap_or("");
        for (open, _) in raw.match_indices('{') {
            let Some(length) = raw[open + 1..].find('}') else { return };
            let lo = span.lo as usize + open + 1;
            self.read(&raw[open + 1..open + 1 + length], Span::new(span.file, lo, lo + length));
        }
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Name(name) => self.read(name, term.span),
            TermKind::Group(terms) => terms.iter().for_each(|term| self.term(term)),
            TermKind::Int(_) | TermKind::Rest => {}
        }
    }

    fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Tensor { element, dims } => {
                match element {
                    Some(Element::Idx(size, _)) => self.size(size),
                    Some(Element::Named(name)) => self.read(&name.name, name.span),
                    None => {}
                }
                dims.iter().for_each(|dim| self.dim(dim));
            }
            TypeKind::Layer { name, ins, outs } => {
                self.read(&name.name, name.span);
                ins.iter().chain(outs).for_each(|dim| self.dim(dim));
            }
            TypeKind::Named(name) => self.read(&name.name, name.span),
            TypeKind::Tuple(types) => types.iter().for_each(|ty| self.ty(ty)),
            TypeKind::Record(fields) => fields.iter().for_each(|(_, ty)| self.ty(ty)),
        }
    }

    fn dim(&mut self, dim: &DimArg) {
        match dim {
            DimArg::Size(size) => self.size(size),
            DimArg::Rest(Some(name), _) => self.size_name(name),
            DimArg::Rest(None, _) => {}
        }
    }

    /// A bare name that nothing has bound is bound by the axis.
    fn size(&mut self, size: &Expr) {
        match &size.kind {
            ExprKind::Name(name) => self.size_name(&Ident { name: name.clone(), span: size.span }),
            _ => self.expr(size),
        }
    }

    fn size_name(&mut self, ident: &Ident) {
        match self.find(&ident.name) {
            Some(of) => self.names.uses.push(Use { span: ident.span, of }),
            None => {
                self.bind(ident, Kind::Size);
            }
        }
    }
}

/// What `train` gives a meaning to; other names are locals.
const SETTINGS: [&str; 9] =
    ["data", "steps", "epochs", "precision", "loss_scale", "min_delta", "restore_best", "seed", "accumulate"];
