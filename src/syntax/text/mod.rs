//! The syntax tree as text: a list in parentheses for every node, a line for every item, member and statement.
//! For tests and for looking at what the parser understood.

mod expr;
mod train;

use super::ast::*;
pub use expr::operator;
use std::fmt::{Display, Write};

/// `(let x (+ 1 2))`, one item a line.
pub fn text(file: &File) -> String {
    let mut out = Text::default();
    for item in &file.items {
        out.item(item);
        out.out.push('\n');
    }
    out.out
}

/// An expression on its own.
pub fn expr_text(expr: &Expr) -> String {
    let mut out = Text::default();
    out.expr(expr);
    out.out
}

/// A text that grows; lines begin with the indentation.
#[derive(Default)]
struct Text {
    out: String,
    indent: usize,
}

impl Text {
    fn put(&mut self, part: impl Display) {
        let _ = write!(self.out, "{part}");
    }

    fn line(&mut self) {
        let indent = self.indent * 2;
        let _ = write!(self.out, "\n{:indent$}", "");
    }

    /// Lines one level further in, each written by `each`.
    fn lines<T>(&mut self, list: &[T], each: impl Fn(&mut Text, &T)) {
        self.indent += 1;
        for element in list {
            self.line();
            each(self, element);
        }
        self.indent -= 1;
    }

    /// Elements with spaces between.
    fn spaced<T>(&mut self, list: &[T], each: impl Fn(&mut Text, &T)) {
        for (i, element) in list.iter().enumerate() {
            if i > 0 {
                self.put(" ");
            }
            each(self, element);
        }
    }

    fn names(&mut self, names: &[Ident]) {
        match names {
            [name] => self.put(&name.name),
            _ => {
                self.put("(");
                self.spaced(names, |t, n| t.put(&n.name));
                self.put(")");
            }
        }
    }

    fn doc(&mut self, doc: &Option<crate::base::Name>) {
        if let Some(doc) = doc {
            self.put(format_args!(" doc {doc:?}"));
        }
    }

    fn item(&mut self, item: &Item) {
        self.put("(");
        match &item.kind {
            ItemKind::Use(use_) => self.use_(use_),
            ItemKind::Hyper(hyper) => {
                self.put(format_args!("hyper {}", hyper.name.name));
                self.ty_opt(&hyper.ty);
                self.value(&hyper.value);
                if let Some(domain) = &hyper.domain {
                    self.put(" in ");
                    self.expr(domain);
                }
            }
            ItemKind::Let(let_) => {
                self.put("let ");
                self.names(&let_.names);
                self.ty_opt(&let_.ty);
                self.value(&let_.value);
            }
            ItemKind::Fn(func) => self.func("fn", func),
            ItemKind::Layer(layer) => self.layer(layer),
            ItemKind::Optimizer(optimizer) => self.optimizer(optimizer),
            ItemKind::Train(train) => self.train(train),
            ItemKind::Test(test) => {
                self.put(format_args!("test {:?}", test.name));
                self.block_lines(&test.body);
            }
            ItemKind::Run(call) => {
                self.put("run");
                self.value(call);
            }
            ItemKind::Broken { name } => {
                self.put("broken");
                if let Some(name) = name {
                    self.put(format_args!(" {}", name.name));
                }
            }
        }
        if !matches!(item.kind, ItemKind::Fn(_)) {
            self.doc(&item.doc);
        }
        self.put(")");
    }

    fn value(&mut self, value: &Expr) {
        self.put(" ");
        self.expr(value);
    }

    fn use_(&mut self, use_: &Use) {
        self.put("use ");
        match &use_.module {
            Module::Path(parts) => {
                let parts: Vec<&str> = parts.iter().map(|p| &*p.name).collect();
                self.put(parts.join("."));
            }
            Module::File { path, .. } => self.put(format_args!("{path:?}")),
        }
        if let Some(alias) = &use_.alias {
            self.put(format_args!(":{}", alias.name));
        }
        for (name, alias) in use_.names.iter().flatten() {
            self.put(format_args!(" {}", name.name));
            if let Some(alias) = alias {
                self.put(format_args!(":{}", alias.name));
            }
        }
    }

    fn sizes(&mut self, sizes: &[SizeParam]) {
        self.spaced(sizes, |t, size| {
            t.put(&size.name.name);
            if let Some(default) = &size.default {
                t.put("=");
                t.expr(default);
            }
        });
    }

    fn params(&mut self, params: &[Param]) {
        self.put(" (");
        self.spaced(params, |t, param| {
            t.put(&param.name.name);
            if let Some(ty) = &param.ty {
                t.put(":");
                t.ty(ty);
            }
            if let Some(default) = &param.default {
                t.put("=");
                t.expr(default);
            }
        });
        self.put(")");
    }

    fn wheres(&mut self, wheres: &[Expr]) {
        for fact in wheres {
            self.put(" where");
            self.value(fact);
        }
    }

    /// The body stands on a line of its own.
    fn func(&mut self, kind: &str, func: &Func) {
        self.put(format_args!("{kind} {}", func.name.name));
        if !func.sizes.is_empty() {
            self.put(" [");
            self.sizes(&func.sizes);
            self.put("]");
        }
        self.params(&func.params);
        if let Some(result) = &func.result {
            self.put(" -> ");
            self.ty(result);
        }
        self.wheres(&func.wheres);
        self.doc(&func.doc);
        self.lines(std::slice::from_ref(&func.body), Text::expr);
    }

    fn layer(&mut self, layer: &Layer) {
        self.put(format_args!("layer {} [", layer.name.name));
        self.sizes(&layer.sizes_in);
        if layer.has_arrow {
            self.put(" -> ");
            self.sizes(&layer.sizes_out);
        }
        self.put("]");
        self.params(&layer.settings);
        self.wheres(&layer.wheres);
        self.lines(&layer.members, Text::member);
    }

    fn member(&mut self, member: &Member) {
        self.put("(");
        match member {
            Member::Param(store) => self.store("param", store),
            Member::Buffer(store) => self.store("buffer", store),
            Member::Field { names, value } => {
                self.put("= ");
                self.names(names);
                self.value(value);
            }
            Member::Method(func) => self.func("method", func),
        }
        self.put(")");
    }

    fn store(&mut self, kind: &str, store: &Store) {
        self.put(format_args!("{kind} {} ", store.name.name));
        self.ty(&store.ty);
        self.value(&store.init);
        if let Some(condition) = &store.condition {
            self.put(" if");
            self.value(condition);
        }
        self.doc(&store.doc);
    }

    fn optimizer(&mut self, optimizer: &Optimizer) {
        self.put(format_args!("optimizer {}", optimizer.name.name));
        self.params(&optimizer.settings);
        self.wheres(&optimizer.wheres);
        self.lines(&optimizer.states, |t, (name, init)| {
            t.put(format_args!("(state {}", name.name));
            t.value(init);
            t.put(")");
        });
        self.lines(&optimizer.methods, |t, func| {
            t.put("(");
            t.func("method", func);
            t.put(")");
        });
    }

    fn ty_opt(&mut self, ty: &Option<Type>) {
        if let Some(ty) = ty {
            self.put(" : ");
            self.ty(ty);
        }
    }

    fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Tensor { element, dims } => {
                match element {
                    Some(Element::Named(name)) => self.put(&name.name),
                    Some(Element::Idx(bound, _)) => {
                        self.put("idx<");
                        self.expr(bound);
                        self.put(">");
                    }
                    None => {}
                }
                self.put("[");
                self.dims(dims);
                self.put("]");
            }
            TypeKind::Layer { name, ins, outs } => {
                self.put(format_args!("{}[", name.name));
                self.dims(ins);
                self.put(" -> ");
                self.dims(outs);
                self.put("]");
            }
            TypeKind::Named(name) => self.put(&name.name),
            TypeKind::Tuple(parts) => {
                self.put("(");
                self.spaced(parts, Text::ty);
                self.put(")");
            }
            TypeKind::Record(parts) => {
                self.put("(");
                self.spaced(parts, |t, (name, ty)| {
                    t.put(format_args!("{}:", name.name));
                    t.ty(ty);
                });
                self.put(")");
            }
        }
    }

    fn dims(&mut self, dims: &[DimArg]) {
        self.spaced(dims, |t, dim| match dim {
            DimArg::Size(size) => t.expr(size),
            DimArg::Rest(name, _) => {
                t.put("..");
                name.iter().for_each(|n| t.put(&n.name));
            }
        });
    }
}
