//! Where the head of a declaration ends: what it says of itself before its body begins.

use super::ast::{Func, Item, ItemKind, Member, Store};
use std::ops::Range;

/// The head of an item, such as `fn mse(pred: [..S], target: [..S]) -> []`. Of a `let` and a `hyper` it is the first line.
pub fn of_item(source: &str, item: &Item) -> Range<usize> {
    let from = item.span.lo as usize;
    let to = match &item.kind {
        ItemKind::Fn(func) => func.body.span.lo as usize,
        ItemKind::Layer(_) | ItemKind::Optimizer(_) => brace(source, item),
        _ => line_end(source, item),
    };
    without_sign(source, from..to)
}

/// `forward(x: [B, In]) -> [B, Out]`
pub fn of_method(source: &str, func: &Func) -> Range<usize> {
    without_sign(source, func.name.span.lo as usize..func.body.span.lo as usize)
}

/// What a layer declares.
pub fn of_member(source: &str, member: &Member) -> Range<usize> {
    match member {
        Member::Param(store) | Member::Buffer(store) => of_store(store),
        Member::Field { names, value } => {
            let from = names.first().map_or(value.span.lo, |name| name.span.lo);
            from as usize..value.span.hi as usize
        }
        Member::Method(func) => of_method(source, func),
    }
}

/// `weight: [Out, In] = init if use_bias`
pub fn of_store(store: &Store) -> Range<usize> {
    let end = store.condition.as_ref().map_or(store.init.span.hi, |condition| condition.span.hi);
    store.name.span.lo as usize..end as usize
}

/// Without the sign that a body begins with.
fn without_sign(source: &str, head: Range<usize>) -> Range<usize> {
    let text = source.get(head.clone()).unwrap_or("").trim_end();
    let text = text.strip_suffix('=').unwrap_or(text).trim_end();
    head.start..head.start + text.len()
}

/// Where the body of a layer or an optimizer begins: at the first brace that stands in no bracket.
fn brace(source: &str, item: &Item) -> usize {
    let mut depth = 0usize;
    for (at, c) in source.get(item.span.range()).unwrap_or("").char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' if depth == 0 => return item.span.lo as usize + at,
            _ => {}
        }
    }
    item.span.hi as usize
}

/// The end of the first line of an item.
fn line_end(source: &str, item: &Item) -> usize {
    let text = source.get(item.span.range()).unwrap_or("");
    item.span.lo as usize + text.find('\n').unwrap_or(text.len())
}
