//! The sizes of a layer between its brackets.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, IndexArg};

use super::layer::brackets;
use super::scope::Scope;
use super::value::{LayerClass, SizeArg, Value};
use super::{Checker, Res};

use std::rc::Rc;

impl<'a> Checker<'a> {
    /// `Linear[64 -> 128]`
    pub fn with_sizes(
        &mut self,
        class: &LayerClass<'a>,
        args: &'a [IndexArg],
        arrow: Option<&'a [IndexArg]>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let layer = class.ast;
        let params: Vec<&ast::SizeParam> = layer.sizes_in.iter().chain(&layer.sizes_out).collect();
        let mut sizes: Vec<Option<SizeArg>> = params.iter().map(|_| None).collect();
        let (first, second) = (0..layer.sizes_in.len(), layer.sizes_in.len()..params.len());
        match arrow {
            Some(outs) if layer.has_arrow => {
                self.place_sizes(args, first, &params, &mut sizes, class, scope)?;
                self.place_sizes(outs, second, &params, &mut sizes, class, scope)?;
            }
            Some(_) => {
                let message = format!("`{}` takes no `->`: its sizes are [{}]", layer.name.name, shown(&params));
                return Err(self.error("E0304", span, message, "written with an arrow"));
            }
            None => {
                self.place_sizes(args, 0..params.len(), &params, &mut sizes, class, scope)?;
                self.arrow_missing(layer, args, span)?;
            }
        }
        Ok(Value::LayerClass(Rc::new(LayerClass { module: class.module, ast: layer, sizes, span })))
    }

    /// `Conv2d[6, 16]` where sizes go from something to something: which is which is said by the arrow.
    fn arrow_missing(&mut self, layer: &ast::Layer, args: &'a [IndexArg], span: Span) -> Res<()> {
        let places: Vec<&ast::Expr> =
            args.iter().filter_map(|arg| if let IndexArg::At(e) = arg { Some(e) } else { None }).collect();
        if !layer.has_arrow || places.is_empty() {
            return Ok(());
        }
        let name = &layer.name.name;
        let message = format!("the sizes of `{name}` go from something to something: {name}{}", brackets(layer));
        let diagnostic = Diagnostic::error("E0304", span, message, "without an arrow");
        Err(self.report(match places.as_slice() {
            [first, second] => {
                let between = Span { lo: first.span.hi, hi: second.span.lo, ..first.span };
                diagnostic.fix("write `->` between them", between, " -> ")
            }
            [out] => diagnostic.fix("write `_ ->` to take the first from the input", out.span.start(), "_ -> "),
            _ => diagnostic,
        }))
    }

    fn place_sizes(
        &mut self,
        args: &'a [IndexArg],
        places: std::ops::Range<usize>,
        params: &[&ast::SizeParam],
        sizes: &mut [Option<SizeArg<'a>>],
        class: &LayerClass<'a>,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let mut next = places.start;
        for arg in args {
            let (at, e) = match arg {
                IndexArg::At(e) => {
                    if next >= places.end {
                        let name = &class.ast.name.name;
                        let diagnostic = if params.is_empty() {
                            Diagnostic::error("E0304", e.span, format!("`{name}` has no sizes"), "not a size")
                                .help(format!("settings stand in parentheses: `{name}(..)`"))
                        } else {
                            let message = format!("`{name}` has the sizes {}", brackets(class.ast));
                            Diagnostic::error("E0304", e.span, message, "one too many")
                        };
                        return Err(self.report(diagnostic));
                    }
                    next += 1;
                    (next - 1, e)
                }
                IndexArg::Named(name, e) => match params.iter().position(|p| p.name.name == name.name) {
                    Some(at) => (at, e),
                    None => {
                        let message = format!("`{}` has no size `{}`", class.ast.name.name, name.name);
                        let diagnostic = Diagnostic::error("E0302", name.span, message, "no such size")
                            .note(format!("its sizes are [{}]", shown(params)));
                        return Err(self.report(diagnostic));
                    }
                },
                IndexArg::Slice { span, .. } | IndexArg::Rest(span) => {
                    let order = brackets(class.ast);
                    let diagnostic = Diagnostic::error("E0301", *span, "a layer's sizes are numbers", "not a size")
                        .help(format!("write them in their order: `{}{order}`", class.ast.name.name));
                    return Err(self.report(diagnostic));
                }
            };
            sizes[at] = Some(self.size_arg(e, scope)?);
        }
        Ok(())
    }
}

fn shown(params: &[&ast::SizeParam]) -> String {
    params.iter().map(|p| &*p.name.name).collect::<Vec<_>>().join(", ")
}
