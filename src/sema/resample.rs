//! `oversample`, `undersample` and `sample`: rows chosen by a field.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::{Field, Stage};

use super::value::{Data, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// `oversample("y")`, `undersample("y")`
    pub fn with_balance(&mut self, data: &Data<'a>, by: &str, up: bool, span: Span) -> Res<Value<'a>> {
        let (field, _) = self.class_field(data, by, span)?;
        self.with_stage(data, Stage::Balance { field, up }, span)
    }

    /// `sample(1000, "weight")`, `sample(1000, "y", weights: [1, 9])`
    pub fn with_sample(
        &mut self,
        data: &Data<'a>,
        count: usize,
        (by, span): (&str, Span),
        weights: Option<(Value<'a>, Span)>,
    ) -> Res<Value<'a>> {
        let Some((list, list_span)) = weights else {
            let (field, declared) = self.row_field(data, by, span)?;
            if !declared.dtype.is_float() {
                let message = format!("the weight of a row is a number, and `{by}` is not");
                let diagnostic = Diagnostic::error("E0608", span, message, "not declared as `[]`")
                    .help("the weights of classes are a list: `weights: [1, 9]`");
                return Err(self.report(diagnostic));
            }
            return self.with_stage(data, Stage::Sample { count, field, weights: None }, span);
        };
        let (field, classes) = self.class_field(data, by, span)?;
        let mut weights = vec![];
        for weight in self.items_of(&list, list_span)? {
            match super::expr::number(&weight) {
                Some(weight) => weights.push(weight),
                None => return Err(self.expected("a number for each class", &weight, list_span)),
            }
        }
        let fit = weights.len() == classes
            && weights.iter().all(|w| *w >= 0.0 && w.is_finite())
            && weights.iter().any(|w| *w > 0.0);
        if !fit {
            let message = format!("{} weights for {classes} classes", weights.len());
            return Err(self.error("E0608", list_span, message, "one for each class, 0 or more, and not all 0"));
        }
        self.with_stage(data, Stage::Sample { count, field, weights: Some(weights) }, span)
    }

    /// A field with a class for every row, and how many classes there are.
    fn class_field(&mut self, data: &Data<'a>, by: &str, span: Span) -> Res<(usize, usize)> {
        let (field, declared) = self.row_field(data, by, span)?;
        match declared.bound {
            Some(bound) => Ok((field, bound)),
            None => {
                let message = format!("`{by}` is no class");
                let diagnostic = Diagnostic::error("E0608", span, message, "not declared as `idx<..>`")
                    .help("a field of classes is declared as such: `(x: [64], y: idx<10>)`");
                Err(self.report(diagnostic))
            }
        }
    }

    /// A field with one number for every row.
    fn row_field(&mut self, data: &Data<'a>, by: &str, span: Span) -> Res<(usize, Field)> {
        if data.desc.fields.is_empty() {
            self.has_fields(data, span)?;
        }
        if data.desc.stages.iter().any(|stage| matches!(stage.value, Stage::Sliding { .. })) {
            let message = "behind `sliding` a row is several rows";
            return Err(self.error("E0608", span, message, "of which of them?"));
        }
        let fields = &data.desc.fields;
        let found = fields.iter().position(|field| &*field.name == by);
        match found.map(|i| (i, fields[i].clone())) {
            Some((i, field)) if field.shape.is_empty() && field.free.is_none() => Ok((i, field)),
            Some(_) => {
                let message = format!("`{by}` has several numbers in each row");
                Err(self.error("E0608", span, message, "rows are chosen by one number"))
            }
            None => {
                let names: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
                let message = format!("the rows have no field `{by}`");
                let diagnostic = Diagnostic::error("E0608", span, message, "not found")
                    .help(format!("they have {}", names.join(", ")));
                Err(self.report(diagnostic))
            }
        }
    }
}
