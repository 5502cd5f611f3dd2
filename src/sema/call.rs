//! Calls: matching arguments with parameters, binding sizes, checking results.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, nearest};
use crate::syntax::ast;

use super::bind::Binder;
use super::called::tensors;
use super::scope::Scope;
use super::value::{Arg, Choice, Closure, Code, Instance, Value};
use super::{Checker, Frame, Poison, Res};

/// Deeper calls are taken for endless ones: sizes and layers are finite, so is what they need.
const MAX_DEPTH: usize = 200;

/// The method that a layer is called by.
const FORWARD: &str = "forward";

impl<'a> Checker<'a> {
    pub fn args(&mut self, args: &'a [ast::Arg], scope: &Scope<'a>) -> Res<Vec<Arg<'a>>> {
        let mut out = vec![];
        let mut poisoned = false;
        for arg in args {
            if let Some(diagnostic) = self.bare_columns(arg, scope) {
                self.report(diagnostic);
                poisoned = true;
                continue;
            }
            match self.expr(&arg.value, scope).and_then(|v| self.settle(v)) {
                Ok(value) => {
                    let name = arg.name.as_ref().map(|n| n.name.clone());
                    let name_span = arg.name.as_ref().map_or(Span::none(), |n| n.span);
                    out.push(Arg { name, name_span, value, span: arg.value.span });
                }
                Err(Poison) => poisoned = true,
            }
        }
        if poisoned { Err(Poison) } else { Ok(out) }
    }

    /// `columns: [a, b]` where nothing is called so: the columns of a file are texts.
    fn bare_columns(&mut self, arg: &'a ast::Arg, scope: &Scope<'a>) -> Option<Diagnostic> {
        let ast::ExprKind::List(columns) = &arg.value.kind else { return None };
        if columns.is_empty() || arg.name.as_ref().is_none_or(|name| &*name.name != "columns") {
            return None;
        }
        let mut texts = vec![];
        for column in columns {
            let ast::ExprKind::Name(name) = &column.kind else { return None };
            if scope.get(name).is_some() || self.global(scope.module(), name).is_some() {
                return None;
            }
            texts.push(format!("{name:?}"));
        }
        let message = format!("there is no `{}` here", texts[0].trim_matches('"'));
        let diagnostic = Diagnostic::error("E0201", columns[0].span, message, "columns of a file are named by texts");
        Some(diagnostic.fix("write the names as texts", arg.value.span, format!("[{}]", texts.join(", "))))
    }

    pub fn call_expr(
        &mut self,
        func: &'a ast::Expr,
        args: &'a [ast::Arg],
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let callee = match &func.kind {
            ast::ExprKind::Field { base, name } => {
                let base = self.place(base, scope)?;
                self.method(&base, name)?
            }
            _ => self.expr(func, scope)?,
        };
        let args = self.args(args, scope)?;
        self.call(&callee, args, span)
    }

    /// Applies anything that can be applied.
    pub fn call(&mut self, callee: &Value<'a>, args: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        if self.frames.len() > MAX_DEPTH {
            let text = "this calls itself without end";
            let diagnostic = Diagnostic::error("E0405", span, text, "the calls are nested more than 200 deep");
            return Err(self.exhausted(diagnostic));
        }
        match callee {
            Value::Fn(closure) => self.call_closure(&closure.clone(), args, span),
            Value::Builtin(builtin) => self.call_builtin(builtin, args, span),
            Value::Section(section) => {
                let section = section.clone();
                let mut all = args;
                all.extend(section.args.iter().cloned());
                self.call(&section.func, all, span)
            }
            Value::LayerClass(class) => {
                // A tensor is an input, unless a setting takes one.
                let dynamic = args.iter().any(|a| a.name.is_none() && matches!(a.value, Value::Tensor(_)));
                if !dynamic || class.ast.settings.iter().any(super::layer::takes_tensor) {
                    return self.instantiate(&class.clone(), args, span);
                }
                let layer = self.instantiate(&class.clone(), vec![], span)?;
                self.call(&layer, args, span)
            }
            Value::Instance(instance) => self.call_method(&instance.clone(), FORWARD, args, span),
            Value::Chain(parts) => self.call_chain(&parts.clone(), args, span),
            Value::Choice(choice) => self.call_choice(&choice.clone(), args, span),
            Value::Weights(weights) => self.with_weights(weights, |c| c.call(&weights.of, args, span)),
            Value::Frozen(inner, training) => self.call_frozen(&inner.clone(), *training, args, span),
            Value::OptimizerClass(module, optimizer) => self.make_optimizer(*module, optimizer, args, span),
            Value::Float(_) | Value::Int(..) => {
                let diagnostic = Diagnostic::error("E0305", span, "a number cannot be called", "not a function")
                    .help("to multiply, write `*`");
                Err(self.report(diagnostic))
            }
            Value::Error => Err(Poison),
            other => {
                let message = format!("{} cannot be called", other.kind());
                Err(self.error("E0305", span, message, "neither a function nor a layer"))
            }
        }
    }

    /// Both sides, each under its condition.
    fn call_choice(&mut self, choice: &Rc<Choice<'a>>, args: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        self.either(
            &choice.truth,
            |c| c.call(&choice.then, args.clone(), span),
            |c| c.call(&choice.otherwise, args.clone(), span),
            span,
        )
    }

    pub fn call_closure(&mut self, closure: &Rc<Closure<'a>>, args: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        let scope = closure.scope.function();
        match closure.code {
            Code::Lambda { params, body } => {
                let callee = Callee { name: "this function", params, explicit: &[], of: None };
                self.bind(&callee, args, span, &scope)?;
                let frame = Frame { span, instance: None, methods: closure.of.clone() };
                self.framed(frame, |c| c.body(body, params, &scope))
            }
            Code::Func(func) => {
                let callee = Callee { name: &func.name.name, params: &func.params, explicit: &func.sizes, of: None };
                self.bind(&callee, args, span, &scope)?;
                self.doubts(func, &scope, span)?;
                let first = self.prog().program.nodes.len();
                let result = self.run_body(func, &func.name.name, &scope, closure.of.clone(), span)?;
                if self.is_std(func.name.span.file) {
                    self.made(func, &result, span);
                }
                self.applied(func, &scope, first);
                Ok(result)
            }
        }
    }

    /// `where` clauses, the body, and the declared result.
    fn run_body(
        &mut self,
        func: &'a ast::Func,
        shown: &str,
        scope: &Scope<'a>,
        of: Option<Rc<Instance<'a>>>,
        span: Span,
    ) -> Res<Value<'a>> {
        self.ends(func)?;
        self.wheres(&func.wheres, scope, shown, span)?;
        // A function of the user begins a trail of its own; inside the library the user's trail goes on.
        let own = !self.is_std(func.name.span.file);
        let trail = if own { std::mem::take(&mut self.trail) } else { self.trail.clone() };
        self.active.push((func, self.open));
        let first = self.prog().program.nodes.len();
        let result = self.in_frame(span, of, |c| {
            let value = c.body(&func.body, &func.params, scope)?;
            match &func.result {
                Some(ty) => c.check_result(value, ty, func, scope),
                None => Ok(value),
            }
        });
        self.active.pop();
        self.trail = trail;
        self.ends_inside(shown, first, span, own);
        result
    }

    /// A definition on its own that calls itself behind an open condition never comes to an end: whether it has one is
    /// left to the uses, which know the numbers.
    fn ends(&mut self, func: &'a ast::Func) -> Res<()> {
        let again = |(active, open): &(&ast::Func, usize)| std::ptr::eq(*active, func) && *open < self.open;
        match self.generic && self.active.iter().any(again) {
            true => Err(self.give_up()),
            false => Ok(()),
        }
    }

    pub fn in_frame<T>(
        &mut self,
        span: Span,
        instance: Option<Rc<Instance<'a>>>,
        body: impl FnOnce(&mut Self) -> Res<T>,
    ) -> Res<T> {
        self.framed(Frame { span, methods: instance.clone(), instance }, body)
    }

    fn framed<T>(&mut self, frame: Frame<'a>, body: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        self.frames.push(frame);
        let result = body(self);
        self.frames.pop();
        result
    }

    /// A method of a layer: its sizes are settled by its first input.
    pub fn call_method(
        &mut self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        args: Vec<Arg<'a>>,
        span: Span,
    ) -> Res<Value<'a>> {
        let Some(func) = method_of(instance, name) else {
            let message = format!("`{}` has no `{name}`", instance.ast.name.name);
            let known = instance.ast.members.iter().filter_map(|m| match m {
                ast::Member::Method(f) => Some(&*f.name.name),
                _ => None,
            });
            let diagnostic = Diagnostic::error("E0306", span, message, "no such method");
            let diagnostic = match nearest(name, known) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            };
            return Err(self.report(diagnostic));
        };
        let scope = instance.scope.function();
        let callee =
            Callee { name: &instance.ast.name.name, params: &func.params, explicit: &func.sizes, of: Some(instance) };
        let holes = !instance.holes.borrow().is_empty();
        let given = tensors(args.iter().map(|arg| &arg.value));
        let input = given.first().cloned();
        self.bind(&callee, args, span, &scope)?;
        if holes {
            self.settle_holes(instance, span)?;
        }
        self.ready(instance)?;
        let began = self.begins();
        let result = self.run_body(func, &instance.ast.name.name, &scope, Some(instance.clone()), span)?;
        if name == FORWARD {
            let path = instance.path();
            self.called(path, &Value::Instance(instance.clone()), began, given, &result);
            self.pads(instance, input, &result);
        }
        Ok(result)
    }

    /// Matches arguments with parameters and binds them in `scope`.
    fn bind(&mut self, callee: &Callee<'a, '_>, args: Vec<Arg<'a>>, span: Span, scope: &Scope<'a>) -> Res<()> {
        let given = self.matched(callee, args, span)?;
        let mut binder = Binder::new(callee.name, span).of(callee.of);
        for size in callee.explicit {
            if let Some(default) = &size.default
                && scope.own(&size.name.name).is_none()
            {
                let value = self.expr(default, scope)?;
                scope.set(&size.name.name, value);
            }
        }
        // First what was given, so that sizes are bound when defaults and expressions need them.
        for (param, arg) in callee.params.iter().zip(&given) {
            if let Some(arg) = arg {
                let value = self.coerced(&mut binder, param, arg, scope)?;
                self.bind_name(&param.name, value, scope);
            }
        }
        for (param, arg) in callee.params.iter().zip(&given) {
            if let (None, Some(default)) = (arg, &param.default) {
                let value = self.expr(default, scope)?;
                let value = self.settle(value)?;
                let arg = Arg::positional(value, default.span);
                let value = self.coerced(&mut binder, param, &arg, scope)?;
                self.bind_name(&param.name, value, scope);
            }
        }
        self.finish_binding(binder, scope)
    }

    fn coerced(
        &mut self,
        binder: &mut Binder<'a>,
        param: &'a ast::Param,
        arg: &Arg<'a>,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        match &param.ty {
            Some(ty) => self.bind_type(binder, &arg.value, ty, &param.name.name, arg.span, scope),
            None => match (&param.default, &arg.value) {
                // `beta1 = 0.9`: the default's type is the parameter's.
                (Some(_), Value::Cell(_)) => Ok(self.load_cell(arg.value.clone(), arg.span)),
                _ => Ok(arg.value.clone()),
            },
        }
    }

    /// The argument for every parameter.
    fn matched(&mut self, callee: &Callee<'a, '_>, args: Vec<Arg<'a>>, span: Span) -> Res<Vec<Option<Arg<'a>>>> {
        let names: Vec<&str> = callee.params.iter().map(|p| &*p.name.name).collect();
        let given = self.match_names(callee.name, &names, args)?;
        let missing: Vec<String> = callee
            .params
            .iter()
            .zip(&given)
            .filter(|(p, a)| a.is_none() && p.default.is_none())
            .map(|(p, _)| format!("`{}`", p.name.name))
            .collect();
        if missing.is_empty() {
            return Ok(given);
        }
        let message = format!("`{}` also needs {}", callee.name, missing.join(" and "));
        let diagnostic = Diagnostic::error("E0303", span, message, "an argument is missing")
            .note(format!("it takes ({})", names.join(", ")));
        Err(self.report(diagnostic))
    }

    /// Positional arguments in order, named ones by name. Shared with what is built in.
    pub fn match_names(&mut self, callee: &str, names: &[&str], args: Vec<Arg<'a>>) -> Res<Vec<Option<Arg<'a>>>> {
        let mut given: Vec<Option<Arg>> = names.iter().map(|_| None).collect();
        let named: Vec<Name> = args.iter().filter_map(|a| a.name.clone()).collect();
        let mut next = 0;
        for arg in args {
            let at = match &arg.name {
                Some(name) => match names.iter().position(|n| *n == &**name) {
                    Some(at) => at,
                    None => return Err(self.unknown_argument(callee, names, name, &arg)),
                },
                None => {
                    while next < names.len() && (given[next].is_some() || named.iter().any(|n| &**n == names[next])) {
                        next += 1;
                    }
                    if next == names.len() {
                        return Err(self.one_too_many(callee, names, &named, arg.span));
                    }
                    next
                }
            };
            if given[at].is_some() {
                let message = format!("`{}` of `{callee}` is given twice", names[at]);
                return Err(self.error("E0302", arg.span, message, "the second time"));
            }
            given[at] = Some(arg);
        }
        Ok(given)
    }

    /// An argument without a name for which no place is left; `named` are those that are given by name.
    fn one_too_many(&mut self, callee: &str, names: &[&str], named: &[Name], span: Span) -> Poison {
        if let Some(twice) = names.iter().rev().find(|name| named.iter().any(|n| &**n == **name)) {
            let message = format!("`{callee}` gets `{twice}` twice: by place and by name");
            let diagnostic = Diagnostic::error("E0302", span, message, format!("`{twice}` by its place"));
            return self.report(diagnostic);
        }
        let plural = if names.len() == 1 { "" } else { "s" };
        let message = format!("`{callee}` takes {} argument{plural}", names.len());
        let diagnostic = Diagnostic::error("E0304", span, message, "one too many");
        self.report(match names {
            [] => diagnostic,
            ["layers"] => diagnostic
                .help(format!("`x |> {callee}(layers)` puts x in front; applied to it, it is `{callee}(layers)(x)`")),
            ["shown"] => diagnostic.help("what is to stand in the text stands in it in braces: `\"{a} and {b}\"`"),
            ["shape", ..] => diagnostic.help(format!("sizes stand in brackets: `{callee}[B, T]`")),
            _ => diagnostic.note(format!("it takes ({})", names.join(", "))),
        })
    }

    fn unknown_argument(&mut self, callee: &str, names: &[&str], name: &Name, arg: &Arg<'a>) -> Poison {
        let message = format!("`{callee}` has no argument `{name}`");
        let written = !arg.name_span.is_none();
        let span = if written { arg.name_span } else { arg.span };
        let diagnostic = Diagnostic::error("E0302", span, message, "not known");
        let meant = super::foreign::argument(name).iter().copied().find(|meant| names.contains(meant));
        let diagnostic = match meant.or_else(|| nearest(name, names.iter().copied())) {
            Some(near) if written => diagnostic.fix(format!("did you mean `{near}`?"), span, near.to_string()),
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => diagnostic.note("it takes no arguments"),
            None => diagnostic.note(format!("it takes ({})", names.join(", "))),
        };
        self.report(diagnostic)
    }

    // -- fields and methods

    /// `base.name` in front of a call: a method, or a field that can be called.
    fn method(&mut self, base: &Value<'a>, name: &'a ast::Ident) -> Res<Value<'a>> {
        if let Value::Instance(instance) = base
            && let Some(func) = method_of(instance, &name.name)
        {
            if instance.holes.borrow().is_empty() {
                self.ready(instance)?;
            }
            let closure = Closure { code: Code::Func(func), scope: instance.scope.clone(), of: Some(instance.clone()) };
            return Ok(Value::Fn(Rc::new(closure)));
        }
        match base {
            Value::Weights(weights) => {
                let method = self.method(&weights.of, name)?;
                self.part_of(weights, method, name.span)
            }
            Value::Frozen(inner, training) => {
                let method = self.method(&inner.clone(), name)?;
                Ok(Value::Frozen(Rc::new(method), *training))
            }
            _ => self.field(base, name),
        }
    }

    /// The declared result against what the body gave.
    fn check_result(
        &mut self,
        value: Value<'a>,
        ty: &'a ast::Type,
        func: &'a ast::Func,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let span = body_span(&func.body);
        let mut binder = Binder::result(&func.name.name, span);
        let value = self.bind_type(&mut binder, &value, ty, &func.name.name, span, scope)?;
        self.finish_binding(binder, scope)?;
        Ok(value)
    }

    /// A value against a type that a `let` or `hyper` declares.
    pub fn declared(
        &mut self,
        value: Value<'a>,
        ty: &'a ast::Type,
        e: &'a ast::Expr,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        if let Value::Dataset(data) = &value {
            return self.declare_fields(data, ty, scope);
        }
        let mut binder = Binder::new("this definition", e.span);
        let value = self.bind_type(&mut binder, &value, ty, "the value", e.span, scope)?;
        self.finish_binding(binder, scope)?;
        Ok(value)
    }
}

/// What is called, for messages.
struct Callee<'a, 'n> {
    name: &'n str,
    params: &'a [ast::Param],
    explicit: &'a [ast::SizeParam],
    /// The layer whose method it is.
    of: Option<&'n Rc<Instance<'a>>>,
}

pub fn method_of<'a>(instance: &Instance<'a>, name: &str) -> Option<&'a ast::Func> {
    instance.ast.members.iter().find_map(|m| match m {
        ast::Member::Method(func) if &*func.name.name == name => Some(func),
        _ => None,
    })
}

/// The expression that gives a body its value: the place of an error about the result.
fn body_span(body: &ast::Expr) -> Span {
    match &body.kind {
        ast::ExprKind::Block(block) => block.value.as_ref().map_or(body.span, |v| v.span),
        _ => body.span,
    }
}
