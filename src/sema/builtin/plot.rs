//! `save_plot`: what a drawing shows, with the sizes that must agree.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::tir::plot::{Axis, Drawn, Mark};
use crate::types::{DType, Dim};

use super::super::every::{PendingAction, PendingPlot};
use super::super::expr::number;
use super::super::report::show;
use super::super::value::{Tensor, Value};
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[Builtin {
    name: "save_plot",
    params: &[
        "lines?", "to", "x?", "y?", "points?", "bars?", "heatmap?", "log?", "logx?", "xlim?", "ylim?", "xlabel?",
        "ylabel?", "title?",
    ],
    run: |c, args| c.save_plot(args),
}];

/// The places of its arguments.
const TO: usize = 1;
const X: usize = 2;
const Y: usize = 3;
const HEATMAP: usize = 6;
/// The later ones lie above the earlier ones.
const MARKS: [(usize, Mark); 3] = [(5, Mark::Bars), (0, Mark::Line), (4, Mark::Points)];

impl<'a> Checker<'a> {
    fn save_plot(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let span = args.span;
        self.outermost("`save_plot`", span)?;
        let to = self.text_arg(&args, TO)?;
        if !to.ends_with(".svg") {
            let diagnostic =
                Diagnostic::error("E0403", args.span(TO), "a plot is written as SVG", "another kind of file").help(
                    format!("`\"{}.svg\"`; browsers and editors show it", to.rsplit_once('.').map_or(&*to, |(s, _)| s)),
                );
            return Err(self.report(diagnostic));
        }
        let x = self.plot_places(&args, X)?;
        let y = self.plot_places(&args, Y)?;
        let mut drawn = vec![];
        for (at, mark) in MARKS {
            for (name, value, at) in self.named_values(&args, at) {
                let tensor = self.series(&value, at, mark, x.as_ref())?;
                drawn.push((Drawn::Series { mark, name }, tensor));
            }
        }
        if args.has(HEATMAP) {
            drawn.push((Drawn::Heatmap, self.heatmap(&args, x.as_ref(), y.as_ref())?));
        } else if y.is_some() {
            let message = "`y` says where the rows of a heat map lie, and there is none";
            let diagnostic = Diagnostic::error("E0403", args.span(Y), message, "without effect")
                .help("places of points are pairs, `[n, 2]`: `save_plot(stack([x, y], at: 1), ..)`");
            return Err(self.report(diagnostic));
        }
        if drawn.is_empty() {
            let diagnostic = Diagnostic::error("E0303", span, "`save_plot` has nothing to draw", "nothing is given")
                .help("for example `save_plot((loss: losses), \"runs/loss.svg\")`, or `points:`, `bars:`, `heatmap:`");
            return Err(self.report(diagnostic));
        }
        let (across, up) = (self.plot_axis(&args, [8, 9, 11])?, self.plot_axis(&args, [7, 10, 12])?);
        if args.has(HEATMAP) && (across.log || up.log) {
            let message = "the cells of a heat map are even, and so are its axes";
            let diagnostic = Diagnostic::error("E0403", args.span(HEATMAP), message, "on an axis of factors");
            return Err(self.report(diagnostic.help("draw it over logarithms: `x: log(rates)`")));
        }
        drawn.extend(x.map(|x| (Drawn::X, x)).into_iter().chain(y.map(|y| (Drawn::Y, y))));
        let plot = PendingPlot { drawn, title: self.label_arg(&args, 13)?, x: across, y: up };
        let example = "every 1 epoch { save_plot((weight: net.weight[0]), \"runs/{epoch}.svg\") }";
        self.act("`save_plot`", PendingAction::Plot { plot, to, span }, span, example)?;
        Ok(Value::Nothing)
    }

    /// The fields of a record, or one value without a name.
    fn named_values(&mut self, args: &Args<'a>, at: usize) -> Vec<(Name, Value<'a>, Span)> {
        let span = args.span(at);
        match args.has(at).then(|| args.value(at)) {
            None => vec![],
            Some(Value::Record(fields)) => fields.iter().map(|(n, v)| (n.clone(), v.clone(), span)).collect(),
            Some(one) => vec![(Name::default(), one, span)],
        }
    }

    /// A tensor whose numbers are drawn.
    fn numbers(&mut self, value: &Value<'a>, span: Span) -> Res<Tensor> {
        let float = self.float;
        let tensor = self.as_tensor(value, float, span)?;
        let tensor = self.cast(&tensor, DType::F64, span)?;
        Ok(self.brought(tensor))
    }

    /// `x` and `y`: one number for each place.
    fn plot_places(&mut self, args: &Args<'a>, at: usize) -> Res<Option<Tensor>> {
        if !args.has(at) {
            return Ok(None);
        }
        let tensor = self.numbers(&args.value(at), args.span(at))?;
        match tensor.ty.shape[..] {
            [_] => Ok(Some(tensor)),
            _ => {
                let message = format!("places along an axis are [n], and this is {}", show(&tensor.ty));
                Err(self.error("E0504", args.span(at), message, "one number for each"))
            }
        }
    }

    fn series(&mut self, value: &Value<'a>, span: Span, mark: Mark, x: Option<&Tensor>) -> Res<Tensor> {
        let tensor = self.numbers(value, span)?;
        match (&tensor.ty.shape[..], mark, x) {
            ([], Mark::Bars, _) | ([_], _, None) => {}
            ([n], _, Some(x)) => self.as_long(n, &x.ty.shape[0], "heights", span)?,
            ([_, pair], Mark::Line | Mark::Points, _) => {
                let describe = || {
                    let message = format!("places are [n, 2], x and y, and this is {}", show(&tensor.ty));
                    Diagnostic::error("E0504", span, message, "not pairs")
                        .help("several curves have names: `save_plot((a: ys[0], b: ys[1]), ..)`")
                };
                self.require_equal(pair, &Dim::from(2), span, describe)?;
            }
            (_, mark, _) => {
                let forms = match mark {
                    Mark::Line => "a curve is [n], heights above `x`, or [n, 2], places (x, y)",
                    Mark::Points => "points are [n, 2], places (x, y), or [n], heights above `x`",
                    Mark::Bars => "bars are [n], heights above `x`, or one number for each name",
                };
                return Err(self.error(
                    "E0504",
                    span,
                    format!("{forms}; this is {}", show(&tensor.ty)),
                    "cannot be drawn",
                ));
            }
        }
        Ok(tensor)
    }

    fn heatmap(&mut self, args: &Args<'a>, x: Option<&Tensor>, y: Option<&Tensor>) -> Res<Tensor> {
        let span = args.span(HEATMAP);
        let tensor = self.numbers(&args.value(HEATMAP), span)?;
        let [rows, columns] = &tensor.ty.shape[..] else {
            let message = format!("a heat map is [rows, columns], and this is {}", show(&tensor.ty));
            return Err(self.error("E0504", span, message, "cannot be drawn"));
        };
        if let Some(x) = x {
            self.as_long(columns, &x.ty.shape[0], "columns", span)?;
        }
        if let Some(y) = y {
            self.as_long(rows, &y.ty.shape[0], "rows", span)?;
        }
        Ok(tensor)
    }

    /// As many places as there are numbers.
    fn as_long(&mut self, n: &Dim, places: &Dim, what: &str, span: Span) -> Res<()> {
        let describe = || {
            let message = format!("{n} {what} do not go with {places} places");
            Diagnostic::error("E0502", span, message, format!("{n} {what}"))
        };
        self.require_equal(n, places, span, describe)
    }

    /// Whether it is logarithmic, its limits and its label.
    fn plot_axis(&mut self, args: &Args<'a>, [log, limits, label]: [usize; 3]) -> Res<Axis> {
        let log = self.bool_arg(args, log)?;
        let limits = if args.has(limits) { Some(self.limits(args, limits, log)?) } else { None };
        Ok(Axis { label: self.label_arg(args, label)?, log, limits })
    }

    fn limits(&mut self, args: &Args<'a>, at: usize, log: bool) -> Res<(f64, f64)> {
        let span = args.span(at);
        let ends = self.items_of(&args.value(at), span)?;
        match ends.iter().map(number).collect::<Option<Vec<f64>>>().as_deref() {
            Some(&[lo, hi]) if lo < hi && lo.is_finite() && hi.is_finite() && (lo > 0.0 || !log) => Ok((lo, hi)),
            _ => {
                let which = if log { ", above zero" } else { "" };
                let message = format!("the limits of an axis are two numbers, the smaller one first{which}");
                Err(self.error("E0403", span, message, "for example `(0, 1)`"))
            }
        }
    }

    fn label_arg(&mut self, args: &Args<'a>, at: usize) -> Res<Name> {
        if args.has(at) { self.text_arg(args, at) } else { Ok(Name::default()) }
    }
}
