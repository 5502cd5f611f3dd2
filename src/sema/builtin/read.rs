//! Data sets: where rows come from and how they are put into batches.

use crate::base::Spanned;
use crate::diag::Diagnostic;
use crate::tir::{DataSource, Resize, Stage, Tokenizer, is_table};

use super::super::value::{Arg, Data, Value};
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin {
        name: "read_csv",
        params: &["path", "columns?", "header?", "separator?", "tokenizer?"],
        run: |c, args| c.read_csv(args),
    },
    Builtin { name: "read_idx", params: &["..."], run: |c, args| c.read_idx(args) },
    Builtin { name: "read_images", params: &["path", "resize?", "columns?"], run: |c, args| c.read_images(args) },
    Builtin { name: "read_json", params: &["path", "tokenizer?"], run: |c, args| c.read_json(args) },
    Builtin { name: "read_text", params: &["path", "length?", "tokenizer?"], run: |c, args| c.read_text(args) },
    Builtin { name: "read_wav", params: &["path", "rate", "columns?"], run: |c, args| c.read_wav(args) },
    Builtin { name: "shuffle", params: &["data"], run: |c, args| c.stage_builtin(args, Stage::Shuffle) },
    Builtin { name: "batch", params: &["data", "size", "drop_last?"], run: |c, args| c.batch_builtin(args) },
    Builtin { name: "bucket", params: &["data", "sizes"], run: |c, args| c.bucket(args) },
    Builtin { name: "sliding", params: &["data", "length"], run: |c, args| c.sliding(args) },
    Builtin { name: "oversample", params: &["data", "by"], run: |c, args| c.balance(args, true) },
    Builtin { name: "undersample", params: &["data", "by"], run: |c, args| c.balance(args, false) },
    Builtin { name: "sample", params: &["data", "count", "by", "weights?"], run: |c, args| c.sample(args) },
    Builtin { name: "map", params: &["data", "f"], run: |c, args| c.map(args) },
];

impl<'a> Checker<'a> {
    fn read_csv(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let path = Spanned { value: self.text_arg(&args, 0)?, span: args.span(0) };
        let columns = if args.has(1) { Some(self.texts(&args.value(1), args.span(1))?) } else { None };
        let header = if args.has(2) { Some(self.bool_arg(&args, 2)?) } else { None };
        let separator = if args.has(3) { self.text_arg(&args, 3)?.chars().next() } else { None };
        let tokenizer = self.tokenizer_arg(&args, 4)?;
        Ok(self.dataset(DataSource::Csv { path, columns, header, separator, tokenizer }, args.span))
    }

    fn read_idx(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut paths = vec![];
        for Arg { value, span, .. } in args.given.into_iter().flatten() {
            match value {
                Value::Str(text) => paths.push(Spanned { value: text, span }),
                other => return Err(self.expected("a path", &other, span)),
            }
        }
        Ok(self.dataset(DataSource::Idx { paths }, args.span))
    }

    fn read_images(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let path = Spanned { value: self.text_arg(&args, 0)?, span: args.span(0) };
        let resize = match args.has(1).then(|| self.text_arg(&args, 1)).transpose()?.as_deref() {
            None => None,
            Some("stretch") => Some(Resize::Stretch),
            Some("crop") => Some(Resize::Crop),
            Some("pad") => Some(Resize::Pad),
            Some(other) => {
                let message = format!("pictures are not resized by `{other}`");
                return Err(self.error("E0403", args.span(1), message, "one of \"stretch\", \"crop\", \"pad\""));
            }
        };
        let columns = if args.has(2) { Some(self.texts(&args.value(2), args.span(2))?) } else { None };
        if columns.is_some() && !is_table(&path.value) {
            let message = format!("`{}` is a folder, which has no columns", path.value);
            let diagnostic = Diagnostic::error("E0403", args.span(2), message, "columns of what?");
            return Err(self.report(diagnostic.help("a table of pictures ends in .csv or .tsv")));
        }
        Ok(self.dataset(DataSource::Images { path, columns, resize }, args.span))
    }

    fn read_json(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let path = Spanned { value: self.text_arg(&args, 0)?, span: args.span(0) };
        let tokenizer = self.tokenizer_arg(&args, 1)?;
        Ok(self.dataset(DataSource::Json { path, tokenizer }, args.span))
    }

    fn read_text(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let path = Spanned { value: self.text_arg(&args, 0)?, span: args.span(0) };
        let length = if args.has(1) { Some(self.positive(&args, 1)?) } else { None };
        let tokenizer = self.tokenizer_arg(&args, 2)?;
        Ok(self.dataset(DataSource::Text { path, length, tokenizer }, args.span))
    }

    /// The path of a published tokenizer, or one that is to be learned.
    fn tokenizer_arg(&mut self, args: &Args<'a>, at: usize) -> Res<Option<Tokenizer>> {
        if !args.has(at) {
            return Ok(None);
        }
        match args.value(at) {
            Value::Str(value) => Ok(Some(Tokenizer::Published(Spanned { value, span: args.span(at) }))),
            Value::Tokenizer(tokenizer) => Ok(Some((*tokenizer).clone())),
            other => Err(self.expected("a path of a tokenizer, or a `bpe(1000)`", &other, args.span(at))),
        }
    }

    fn read_wav(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let path = Spanned { value: self.text_arg(&args, 0)?, span: args.span(0) };
        let rate = self.positive(&args, 1)?;
        let Ok(rate) = u32::try_from(rate) else {
            return Err(self.error("E0403", args.span(1), format!("{rate} samples a second"), "too many for a file"));
        };
        let columns = if args.has(2) { Some(self.texts(&args.value(2), args.span(2))?) } else { None };
        Ok(self.dataset(DataSource::Wav { path, columns, rate }, args.span))
    }

    pub(super) fn positive(&mut self, args: &Args<'a>, at: usize) -> Res<usize> {
        let n = self.int_arg(args, at, 1)?;
        match usize::try_from(n).ok().filter(|&n| n > 0) {
            Some(n) => Ok(n),
            None => Err(self.error("E0403", args.span(at), format!("{n} is not a length"), "must be 1 or more")),
        }
    }

    fn data_arg(&mut self, args: &Args<'a>) -> Res<Data<'a>> {
        match args.value(0) {
            Value::Dataset(data) => Ok((*data).clone()),
            other => Err(self.expected("a data set", &other, args.span(0))),
        }
    }

    fn stage_builtin(&mut self, args: Args<'a>, stage: Stage) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        self.with_stage(&data, stage, args.span)
    }

    fn batch_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        let size = self.int_arg(&args, 1, 1)?;
        let drop_last = self.bool_arg(&args, 2)?;
        self.with_batch(&data, size, drop_last, args.span)
    }

    fn bucket(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        self.with_buckets(&data, &args.value(1), args.span(1))
    }

    fn sliding(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        let length = self.positive(&args, 1)?;
        self.with_stage(&data, Stage::Sliding { length }, args.span)
    }

    fn balance(&mut self, args: Args<'a>, up: bool) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        let by = self.text_arg(&args, 1)?;
        self.with_balance(&data, &by, up, args.span(1))
    }

    fn sample(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        let count = self.positive(&args, 1)?;
        let by = self.text_arg(&args, 2)?;
        let weights = if args.has(3) { Some((args.value(3), args.span(3))) } else { None };
        self.with_sample(&data, count, (&by, args.span(2)), weights)
    }

    fn map(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let data = self.data_arg(&args)?;
        let f = args.value(1);
        if !f.is_callable() {
            return Err(self.expected("a function", &f, args.span(1)));
        }
        Ok(self.with_map(&data, f, args.span))
    }

    /// `take(0..1500)`: consecutive rows.
    pub fn take_rows(&mut self, data: &Data<'a>, rows: Value<'a>, span: crate::base::Span) -> Res<Value<'a>> {
        let items = self.items_of(&rows, span)?;
        let lo = match items.first() {
            Some(first) => self.known_int(first, span)?,
            None => return Err(self.error("E0403", span, "no rows are taken", "an empty range")),
        };
        match usize::try_from(lo) {
            Ok(lo) => self.with_stage(data, Stage::Take { lo, hi: Some(lo + items.len()) }, span),
            Err(_) => Err(self.error("E0403", span, "rows are counted from 0", "negative")),
        }
    }
}
