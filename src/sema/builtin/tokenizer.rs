//! Vocabularies that are learned from texts.

use std::rc::Rc;

use crate::base::Spanned;
use crate::tir::{Learned, Pieces, Tokenizer};

use super::super::value::Value;
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin {
        name: "bpe",
        params: &["size", "from?", "begin?", "end?"],
        run: |c, args| c.learned(args, Pieces::Bytes),
    },
    Builtin {
        name: "words",
        params: &["size", "from?", "begin?", "end?"],
        run: |c, args| c.learned(args, Pieces::Words),
    },
];

impl<'a> Checker<'a> {
    fn learned(&mut self, args: Args<'a>, pieces: Pieces) -> Res<Value<'a>> {
        let size = self.positive(&args, 0)?;
        let from =
            if args.has(1) { Some(Spanned { value: self.text_arg(&args, 1)?, span: args.span(1) }) } else { None };
        let mut around = [None, None];
        for (at, text) in (2..).zip(&mut around) {
            if args.has(at) {
                *text = Some(self.text_arg(&args, at)?).filter(|text| !text.is_empty());
            }
        }
        let [begin, end] = around;
        let learned = Learned { pieces, size, from, begin, end, span: args.span };
        let least = learned.least();
        if size < least {
            let special = learned.special().join("`, `");
            let message = match pieces {
                Pieces::Bytes => format!("256 bytes and `{special}` are {least} tokens, and there is room for {size}"),
                Pieces::Words => format!("`{special}` are {least} tokens, and there is room for {size}"),
            };
            return Err(self.error("E0403", args.span(0), message, "too small for a vocabulary"));
        }
        Ok(Value::Tokenizer(Rc::new(Tokenizer::Learned(learned))))
    }
}
