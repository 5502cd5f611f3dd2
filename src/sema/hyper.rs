//! `hyper lr = 1e-3 in log(1e-5..1e-1)`: settings that a command line may replace, and what they may be.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, ExprKind};

use super::expr::number;
use super::scope::{ModuleId, Scope};
use super::value::{Truth, Value};
use super::{Checker, Domain, Hyper, MAIN, Override, Res};

impl<'a> Checker<'a> {
    pub fn hyper(&mut self, module: ModuleId, hyper: &'a ast::Hyper, doc: Option<&Name>) -> Res<Value<'a>> {
        let scope = Scope::root(module);
        let value = self.expr(&hyper.value, &scope)?;
        let value = match &hyper.ty {
            Some(ty) => self.declared(value, ty, &hyper.value, &scope)?,
            None => value,
        };
        let Some(default) = plain(&value) else {
            return Err(self.expected("a plain number, Bool or Str", &value, hyper.value.span));
        };
        let domain = hyper.domain.as_ref().map(|domain| self.domain(domain, &default, &scope)).transpose()?;
        if let (Some(domain), Some(at)) = (&domain, &hyper.domain)
            && !domain.has(&default)
        {
            let message = format!("`{}` is not in {domain}", shown(&default));
            let diagnostic = Diagnostic::error("E0403", hyper.value.span, message, "the default is outside")
                .label(at.span, "what it may be");
            return Err(self.report(diagnostic));
        }
        let given = match module {
            MAIN => self.options.overrides.get(&hyper.name.name).cloned(),
            _ => None,
        };
        let value = match given {
            None => default.clone(),
            Some(given) => self.replaced(hyper, &default, given, domain.as_ref())?,
        };
        let known = self.out.hypers.iter().any(|h| h.name == hyper.name.name);
        if module == MAIN && !known {
            let (name, span) = (hyper.name.name.clone(), hyper.name.span);
            self.out.hypers.push(Hyper { name, value: value.clone(), default, domain, doc: doc.cloned(), span });
        }
        Ok(match value {
            Override::Int(v) => Value::int(v),
            Override::Float(v) => Value::Float(v),
            Override::Bool(v) => Value::bool(v),
            Override::Str(v) => Value::Str(v.into()),
        })
    }

    /// The command line's value, if the setting takes it.
    fn replaced(
        &mut self,
        hyper: &'a ast::Hyper,
        default: &Override,
        given: Override,
        domain: Option<&Domain>,
    ) -> Res<Override> {
        let name = &hyper.name.name;
        let value = match agree(default, given) {
            Ok(value) => value,
            Err(want) => {
                let message = format!("`--{name}` takes {want}");
                return Err(self.error("E0301", hyper.name.span, message, "declared here"));
            }
        };
        match domain {
            Some(domain) if !domain.has(&value) => {
                let message = format!("`--{name} {}` is not in {domain}", shown(&value));
                let at = hyper.domain.as_ref().map_or(hyper.name.span, |domain| domain.span);
                Err(self.error("E0403", at, message, "what it may be"))
            }
            _ => Ok(value),
        }
    }

    /// `1..=4`, `1e-5..1e-1`, `log(1e-5..1e-1)`, `["relu", "gelu"]`
    fn domain(&mut self, at: &'a ast::Expr, default: &Override, scope: &Scope<'a>) -> Res<Domain> {
        match &at.kind {
            ExprKind::Range { lo, hi, inclusive } => self.between(lo, hi, *inclusive, false, default, at.span, scope),
            ExprKind::Call { func, args } => match (&func.kind, args.as_slice()) {
                (ExprKind::Name(name), [arg]) if &**name == "log" => match &arg.value.kind {
                    ExprKind::Range { lo, hi, inclusive } => {
                        self.between(lo, hi, *inclusive, true, default, at.span, scope)
                    }
                    _ => Err(self.no_domain(at.span)),
                },
                _ => Err(self.no_domain(at.span)),
            },
            _ => match self.expr(at, scope)? {
                Value::List(items) if !items.is_empty() => {
                    let choices: Option<Vec<Override>> =
                        items.iter().map(|item| plain(item).and_then(|item| agree(default, item).ok())).collect();
                    match choices {
                        Some(choices) => Ok(Domain::Choice(choices)),
                        None => {
                            let message = "a choice is of another type than the default";
                            Err(self.error("E0301", at.span, message, "all choices have one type"))
                        }
                    }
                }
                _ => Err(self.no_domain(at.span)),
            },
        }
    }

    fn no_domain(&mut self, span: Span) -> super::Poison {
        let diagnostic = Diagnostic::error("E0301", span, "what a setting may be is a range or a list", "neither")
            .help("for example `in 1..=4`, `in log(1e-5..1e-1)` or `in [\"relu\", \"gelu\"]`");
        self.report(diagnostic)
    }

    /// A range, its ends of the type of the default.
    fn between(
        &mut self,
        lo: &'a ast::Expr,
        hi: &'a ast::Expr,
        inclusive: bool,
        log: bool,
        default: &Override,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Domain> {
        let (low, high) = (self.expr(lo, scope)?, self.expr(hi, scope)?);
        let domain = match (default, plain(&low), plain(&high)) {
            (Override::Int(_), Some(Override::Int(lo)), Some(Override::Int(hi))) => {
                Domain::Int { lo, hi: if inclusive { hi } else { hi.saturating_sub(1) }, log }
            }
            (Override::Float(_), Some(_), Some(_)) => match (number(&low), number(&high)) {
                (Some(lo), Some(hi)) => Domain::Float { lo, hi, log },
                _ => return Err(self.expected("a number", &low, lo.span)),
            },
            _ => {
                let message = "the ends of a range have the type of the default, a number";
                return Err(self.error("E0301", span, message, "another type"));
            }
        };
        let wrong = match domain {
            Domain::Int { lo, hi, .. } if lo > hi => Some("nothing is in this range"),
            Domain::Float { lo, hi, .. } if lo.partial_cmp(&hi).is_none_or(|order| order.is_gt()) => {
                Some("nothing is in this range")
            }
            Domain::Int { lo, log: true, .. } if lo < 1 => Some("a logarithmic range begins above zero"),
            Domain::Float { lo, log: true, .. } if lo <= 0.0 => Some("a logarithmic range begins above zero"),
            _ => None,
        };
        match wrong {
            Some(message) => Err(self.error("E0403", span, message, "this range")),
            None => Ok(domain),
        }
    }
}

impl Domain {
    /// Whether a value of the right type is in it. Both ends of a range are.
    pub fn has(&self, value: &Override) -> bool {
        match (self, value) {
            (Domain::Int { lo, hi, .. }, Override::Int(v)) => (lo..=hi).contains(&v),
            (Domain::Float { lo, hi, .. }, Override::Float(v)) => (lo..=hi).contains(&v),
            (Domain::Choice(choices), value) => choices.contains(value),
            _ => false,
        }
    }
}

/// As it is written in dln.
impl std::fmt::Display for Domain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (range, log) = match self {
            Domain::Int { lo, hi, log } => (format!("{lo}..={hi}"), *log),
            Domain::Float { lo, hi, log } => (format!("{lo:?}..{hi:?}"), *log),
            Domain::Choice(choices) => {
                let choices: Vec<String> = choices.iter().map(shown).collect();
                return write!(f, "[{}]", choices.join(", "));
            }
        };
        if log { write!(f, "log({range})") } else { write!(f, "{range}") }
    }
}

fn shown(value: &Override) -> String {
    match value {
        Override::Int(v) => v.to_string(),
        Override::Float(v) => format!("{v:?}"),
        Override::Bool(v) => v.to_string(),
        Override::Str(v) => v.clone(),
    }
}

/// A value that a command line could give.
fn plain(value: &Value) -> Option<Override> {
    match value {
        Value::Int(dim, _) => dim.as_const().map(Override::Int),
        Value::Float(v) => Some(Override::Float(*v)),
        Value::Bool(Truth::Known(v)) => Some(Override::Bool(*v)),
        Value::Str(v) => Some(Override::Str(v.to_string())),
        _ => None,
    }
}

/// `given` as the type of `default`, or that type in words.
fn agree(default: &Override, given: Override) -> Result<Override, &'static str> {
    match (default, given) {
        (Override::Float(_), Override::Int(v)) => Ok(Override::Float(v as f64)),
        (Override::Int(_), given @ Override::Int(_))
        | (Override::Float(_), given @ Override::Float(_))
        | (Override::Bool(_), given @ Override::Bool(_))
        | (Override::Str(_), given @ Override::Str(_)) => Ok(given),
        (Override::Int(_), _) => Err("a whole number"),
        (Override::Float(_), _) => Err("a number"),
        (Override::Bool(_), _) => Err("true or false"),
        (Override::Str(_), _) => Err("a text"),
    }
}
