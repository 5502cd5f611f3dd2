//! Data sets: descriptions of what to read, made without touching a file.

use std::rc::Rc;

use crate::base::{Name, Span, Spanned};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::tir::{Batch, Bucket, DataSource, Dataset, Field, Stage, is_table};
use crate::types::DType;

use super::scope::Scope;
use super::value::{Data, Truth, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// The types of rows: `let all: (x: f32[64], y: idx<10>) = read_csv(..)`.
    pub fn declare_fields(&mut self, data: &Data<'a>, ty: &'a ast::Type, scope: &Scope<'a>) -> Res<Value<'a>> {
        let ast::TypeKind::Record(types) = &ty.kind else {
            let diagnostic = Diagnostic::error("E0608", ty.span, "the rows of a data set are a record", "not a record")
                .help("name its parts: `(x: [64], y: idx<10>)`");
            return Err(self.report(diagnostic));
        };
        let mut fields = vec![];
        for (name, ty) in types {
            let free = self.free_length(ty, scope);
            let inner = scope.block();
            if let Some(free) = &free {
                inner.set(free, Value::int(1));
            }
            let row = self.concrete_ty(ty, &inner)?;
            let mut shape = vec![];
            for dim in &row.shape[usize::from(free.is_some())..] {
                shape.push(self.count(dim.as_const(), ty.span)?);
            }
            let bound = match &row.bound {
                Some(bound) => Some(self.count(bound.as_const(), ty.span)?),
                None => None,
            };
            fields.push(Field { name: name.name.clone(), dtype: row.dtype, bound, shape, free, span: name.span });
        }
        self.lengths_fit(data, &fields, ty.span)?;
        self.source_fits(data, &fields, ty.span)?;
        let desc = Dataset { fields, ..data.desc.clone() };
        if desc.buckets.is_some() {
            self.buckets_fit(&desc, ty.span)?;
        }
        Ok(Value::Dataset(Rc::new(Data { desc, maps: data.maps.clone() })))
    }

    /// `T` of `idx<100>[T]`, if nothing says what it is: every row has a length of its own.
    fn free_length(&mut self, ty: &'a ast::Type, scope: &Scope<'a>) -> Option<Name> {
        let ast::TypeKind::Tensor { dims, .. } = &ty.kind else { return None };
        let [ast::DimArg::Size(ast::Expr { kind: ast::ExprKind::Name(name), .. }), ..] = &dims[..] else { return None };
        self.unbound(name, scope).then(|| name.clone())
    }

    /// Whether the rows of the source can have lengths of their own.
    fn lengths_fit(&mut self, data: &Data<'a>, fields: &[Field], span: Span) -> Res<()> {
        let Some(first) = fields.iter().find_map(|field| field.free.as_ref()) else { return Ok(()) };
        let message = match data.desc.source {
            DataSource::Csv { .. } if fields.iter().any(|f| f.free.is_some() && !f.shape.is_empty()) => {
                "the numbers of a cell have one axis"
            }
            DataSource::Idx { .. } | DataSource::Text { length: Some(_), .. } => {
                "the rows of this source have one length"
            }
            _ => return Ok(()),
        };
        let diagnostic = Diagnostic::error("E0608", span, format!("nothing says what `{first}` is"), message).help(
            "rows of different lengths are cells with numbers, or words, between blanks in `read_csv`, lists of any shape in \
             `read_json`, the lines of a text in `read_text(path)`, sounds in `read_wav`",
        );
        Err(self.report(diagnostic))
    }

    /// `bucket([32, 64])`: rows of free length are filled to the least of these sizes that holds them; with several lengths
    /// `bucket([(8, 10), (16, 20)])`.
    pub fn with_buckets(&mut self, data: &Data<'a>, sizes: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let mut buckets: Vec<Bucket> = vec![];
        for sizes in self.items_of(sizes, span)? {
            let parts = match sizes {
                Value::Tuple(parts) => parts.to_vec(),
                one => vec![one],
            };
            let sizes = parts.iter().map(|size| Ok(usize::try_from(self.known_int(size, span)?).unwrap_or(0)));
            buckets.push(sizes.collect::<Res<_>>()?);
        }
        let grows = |a: &Bucket, b: &Bucket| a.len() == b.len() && a != b && a.iter().zip(b).all(|(a, b)| a <= b);
        let increasing = buckets.windows(2).all(|pair| grows(&pair[0], &pair[1]));
        if buckets.first().is_none_or(|first| first.is_empty() || first.contains(&0)) || !increasing {
            let message = "the sizes of buckets are whole numbers from 1, each greater than the one before";
            return Err(self.error("E0608", span, message, "not such a list"));
        }
        let mut data = data.clone();
        data.desc.buckets = Some(buckets);
        if !data.desc.fields.is_empty() {
            self.buckets_fit(&data.desc, span)?;
        }
        Ok(Value::Dataset(Rc::new(data)))
    }

    /// Whether the buckets have a size for every free length of the rows.
    fn buckets_fit(&mut self, data: &Dataset, span: Span) -> Res<()> {
        let sizes = data.buckets.iter().flatten().next().map_or(1, Vec::len);
        let diagnostic = match &data.free_lengths()[..] {
            [] => Diagnostic::error("E0608", span, "all rows of this data set have the same length", "nothing to fill")
                .help("a length that is free has a name: `(x: idx<100>[T], y: idx<2>)`"),
            names if sizes > 1 && sizes != names.len() => {
                let named: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("{sizes} sizes a bucket, and the rows have the lengths {}", named.join(", "));
                Diagnostic::error("E0608", span, message, "one size for each length")
                    .help("a number alone is the size of all: `bucket([32, 64])`")
            }
            _ => return Ok(()),
        };
        Err(self.report(diagnostic))
    }

    /// Rows of free length are filled before they are used.
    fn has_buckets(&mut self, data: &Data<'a>, span: Span) -> Res<()> {
        let Some(free) = data.desc.free_lengths().first().map(|name| name.to_string()) else { return Ok(()) };
        let sliding = data.desc.stages.iter().any(|stage| matches!(stage.value, Stage::Sliding { .. }));
        if data.desc.buckets.is_some() && !sliding {
            return Ok(());
        }
        let message = format!("every row of this data set has its own `{free}`");
        let diagnostic = Diagnostic::error("E0608", span, message, "rows of different lengths do not make a batch")
            .help("say to which sizes they are filled, in front of `batch`: `bucket([32, 64, 128])`");
        Err(self.report(diagnostic))
    }

    fn source_fits(&mut self, data: &Data<'a>, fields: &[Field], span: Span) -> Res<()> {
        match &data.desc.source {
            DataSource::Idx { paths } if paths.len() != fields.len() => {
                let message = format!("{} files for {} fields", paths.len(), fields.len());
                Err(self.error("E0608", span, message, "IDX has one file for each field"))
            }
            DataSource::Images { path, .. } => {
                let is_picture = |f: &Field| {
                    let axes = matches!(f.shape[..], [_, _] | [1 | 3 | 4, _, _]);
                    axes && f.free.is_none() && f.bound.is_none() && f.dtype != DType::Bool && !f.shape.contains(&0)
                };
                let is_class = |f: &Field| f.bound.is_some() && f.shape.is_empty() && f.free.is_none();
                if !fields.first().is_some_and(is_picture) {
                    let message =
                        "a row of pictures begins with (x: [3, 64, 64], ..) in colours, or (x: [64, 64], ..) in grey";
                    let diagnostic = Diagnostic::error("E0608", span, message, "not a row that begins with a picture");
                    let behind = fields.first().is_some_and(|f| matches!(f.shape[..], [_, _, 1 | 3 | 4]));
                    let help = "channels stand in front of height and width";
                    return Err(self.report(if behind { diagnostic.help(help) } else { diagnostic }));
                }
                match &fields[1..] {
                    rest if is_table(&path.value) && rest.iter().all(|f| f.free.is_none()) => Ok(()),
                    [] => Ok(()),
                    [class] if is_class(class) => Ok(()),
                    _ => {
                        let message = "a folder has pictures and their classes, the names of its sub-folders";
                        let diagnostic = Diagnostic::error("E0608", span, message, "not (x: .., y: idx<K>)");
                        let help = "more is said by a table whose first column names the pictures: `read_images(\"labels.csv\")`";
                        Err(self.report(diagnostic.help(help)))
                    }
                }
            }
            DataSource::Wav { .. } => {
                let channels = |f: &Field| f.shape.len() - usize::from(f.free.is_none() && !f.shape.is_empty());
                let is_sound =
                    |f: &Field| f.dtype.is_float() && (f.free.is_some() || !f.shape.is_empty()) && channels(f) <= 1;
                if fields.first().is_some_and(is_sound) && fields[1..].iter().all(|f| f.free.is_none()) {
                    return Ok(());
                }
                let message = "a row of sounds is (x: [8000], ..), (x: [8000, 2], ..) with channels, or of free length";
                Err(self.error("E0608", span, message, "not a row that begins with a sound"))
            }
            DataSource::Csv { tokenizer: Some(_), .. } | DataSource::Json { tokenizer: Some(_), .. } => {
                let is_text = |f: &Field| f.bound.is_some() && f.free.is_some() && f.shape.is_empty();
                if fields.iter().any(is_text) {
                    return Ok(());
                }
                let diagnostic = Diagnostic::error("E0608", span, "no field takes tokens", "a tokenizer without texts")
                    .help("texts are fields with lengths of their own: `(x: idx<1000>[T], y: idx<2>)`");
                Err(self.report(diagnostic))
            }
            DataSource::Text { length, .. } => {
                let shape: Vec<usize> = length.iter().copied().collect();
                let one = |f: &Field| f.free == fields[0].free && f.free.is_some() == length.is_none();
                let codes = |f: &Field| f.bound.is_some() && f.shape == shape && one(f);
                let count = if length.is_some() { 2..=2 } else { 1..=2 };
                if count.contains(&fields.len()) && fields.iter().all(codes) {
                    return Ok(());
                }
                let message = match length {
                    Some(n) => format!("a text in pieces of {n} has rows (x: idx<V>[{n}], y: idx<V>[{n}])"),
                    None => "the lines of a text are rows (x: idx<V>[T]), or (x: idx<V>[T], y: idx<V>[T])".to_string(),
                };
                Err(self.error("E0608", span, message, "not the rows of a text"))
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, value: Option<i64>, span: Span) -> Res<usize> {
        match value.and_then(|v| usize::try_from(v).ok()) {
            Some(v) => Ok(v),
            None => Err(self.error("E0608", span, "the sizes of a row are numbers", "not known here")),
        }
    }

    pub fn has_fields(&mut self, data: &Data<'a>, span: Span) -> Res<()> {
        if !data.desc.fields.is_empty() {
            return self.has_buckets(data, span);
        }
        let diagnostic =
            Diagnostic::error("E0608", span, "nothing says what a row of this data set is", "rows of what?")
                .help("declare it where it is read: `let all: (x: [64], y: idx<10>) = read_csv(..)`");
        Err(self.report(diagnostic))
    }

    pub fn dataset(&mut self, source: DataSource, span: Span) -> Value<'a> {
        let desc = Dataset { source, fields: vec![], stages: vec![], batch: None, buckets: None, span };
        Value::Dataset(Rc::new(Data { desc, maps: vec![] }))
    }

    pub fn with_stage(&mut self, data: &Data<'a>, stage: Stage, span: Span) -> Res<Value<'a>> {
        if data.desc.batch.is_some() {
            let text = "rows are chosen before they are put into batches";
            let diagnostic =
                Diagnostic::error("E0608", span, text, "behind `batch`").help("move it in front of `batch(..)`");
            return Err(self.report(diagnostic));
        }
        let mut data = data.clone();
        data.desc.stages.push(Spanned { value: stage, span });
        Ok(Value::Dataset(Rc::new(data)))
    }

    pub fn with_batch(&mut self, data: &Data<'a>, size: i64, drop_last: bool, span: Span) -> Res<Value<'a>> {
        let Some(size) = usize::try_from(size).ok().filter(|&s| s > 0) else {
            return Err(self.error("E0608", span, format!("a batch of {size} rows"), "must be 1 or more"));
        };
        let mut data = data.clone();
        data.desc.batch = Some(Batch { size, drop_last });
        Ok(Value::Dataset(Rc::new(data)))
    }

    pub fn with_map(&mut self, data: &Data<'a>, func: Value<'a>, span: Span) -> Value<'a> {
        let mut data = data.clone();
        data.maps.push((func, span));
        Value::Dataset(Rc::new(data))
    }

    /// `split(data, 0.8, seed: 0)`: two parts that do not overlap.
    pub fn split_data(&mut self, data: &Data<'a>, part: f64, seed: i64, span: Span) -> Res<Value<'a>> {
        if !(part > 0.0 && part < 1.0) {
            let message = format!("a part of {part}");
            return Err(self.error("E0608", span, message, "must lie between 0 and 1"));
        }
        let seed = seed.unsigned_abs();
        let first = self.with_stage(data, Stage::Split { lo: 0.0, hi: part, seed }, span)?;
        let second = self.with_stage(data, Stage::Split { lo: part, hi: 1.0, seed }, span)?;
        Ok(Value::tuple(vec![first, second]))
    }

    /// A static list of texts.
    pub fn texts(&mut self, value: &Value<'a>, span: Span) -> Res<Vec<Spanned<Name>>> {
        let mut out = vec![];
        for item in self.items_of(value, span)? {
            match item {
                Value::Str(text) => out.push(Spanned { value: text, span }),
                other => return Err(self.expected("a list of texts", &other, span)),
            }
        }
        Ok(out)
    }

    pub fn known_bool(&mut self, value: &Value<'a>, span: Span) -> Res<bool> {
        match value {
            Value::Bool(Truth::Known(v)) => Ok(*v),
            Value::Bool(_) => Ok(false),
            other => Err(self.expected("a Bool", other, span)),
        }
    }
}
