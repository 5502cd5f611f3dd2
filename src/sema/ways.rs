//! Ways out of shapes that do not fit. Each is offered only where its condition holds: a help that is wrong is worse than none.

use crate::syntax::ast::{self, DimArg, TypeKind};
use crate::syntax::token::WORDS;
use crate::types::Dim;

use super::Checker;
use super::report::{dims, same_multiset};

/// Names for the axes of a shape, as index patterns have them: a size `B` is `b`, a number the next free letter.
pub fn letters(shape: &[Dim]) -> Vec<String> {
    let own: Vec<Option<String>> = shape.iter().map(|dim| letter(&dim.as_var()?.name)).collect();
    let mut free = ('a'..='z').map(String::from).filter(|letter| !own.contains(&Some(letter.clone())));
    let mut names: Vec<String> = vec![];
    for name in &own {
        let fitting = name.clone().filter(|name| !names.contains(name));
        names.push(fitting.or_else(|| free.next()).unwrap_or_default());
    }
    names
}

/// The name of a size as a name of an axis.
fn letter(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let plain =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    (plain && !WORDS.contains(&name.as_str())).then_some(name)
}

/// `x.[t b d -> b t d]`: the axes of `have` in the order of `want`, which has the same sizes.
fn pattern(have: &[Dim], want: &[Dim]) -> String {
    let names = letters(have);
    let mut left: Vec<usize> = (0..have.len()).collect();
    let mut order: Vec<&str> = vec![];
    for size in want {
        if let Some(at) = left.iter().position(|&i| have[i] == *size) {
            order.push(&names[left.remove(at)]);
        }
    }
    format!("x.[{} -> {}]", names.join(" "), order.join(" "))
}

/// How to bring sizes into another order.
pub fn reordering(have: &[Dim], want: &[Dim]) -> String {
    match have.len() {
        2 => "transpose it: `x.T`".to_string(),
        _ => format!("name the axes and say their order: `{}`", pattern(have, want)),
    }
}

/// Two shapes that go together in another order of axes.
pub fn same_sizes(left: &[Dim], right: &[Dim]) -> Option<String> {
    if left == right || !same_multiset(left, right) {
        return None;
    }
    let way = if left.len() == 2 { "x.T".to_string() } else { pattern(right, left) };
    Some(format!("these are the same sizes in another order: transpose one side, `{way}`"))
}

/// `16 * 5 * 5` if that is `product`.
pub fn factors(sizes: &[Dim], product: &Dim) -> Option<String> {
    let all = sizes.iter().fold(Dim::from(1), |a, b| a * b.clone());
    (sizes.len() > 1 && all == *product).then(|| sizes.iter().map(Dim::to_string).collect::<Vec<_>>().join(" * "))
}

/// Axes that are still apart where a layer wants them as one: `784 = 28 * 28`.
pub fn flattening(shape: &[Dim], want: &Dim) -> Option<String> {
    let (from, product) = (1..shape.len()).find_map(|from| Some((from, factors(&shape[from..], want)?)))?;
    if from == 1 {
        return Some(format!("{want} = {product}: a `flatten` in front makes one axis of all behind the batch"));
    }
    let names = letters(shape);
    let (kept, joined) = (names[..from].join(" "), names[from..].join(" "));
    Some(format!("{want} = {product}: join these axes, `x.[{kept} {joined} -> {kept} ({joined})]`"))
}

/// Features or channels that stand last where axis 1 has them.
pub fn features_last(shape: &[Dim], axis: usize, want: &Dim) -> Option<String> {
    let (what, way) = match shape.len() {
        3 => ("features", "b t c -> b c t"),
        4 => ("channels", "b h w c -> b c h w"),
        5 => ("channels", "b d h w c -> b c d h w"),
        _ => return None,
    };
    (axis == 1 && shape.last() == Some(want)).then(|| format!("the {what} seem to be last: rearrange with `x.[{way}]`"))
}

/// An axis of size 1 that one shape has and the other lacks; -1 is the last.
pub fn lone_axis(long: &[Dim], short: &[Dim]) -> Option<i64> {
    let without = |at: &usize| long[*at] == Dim::from(1) && [&long[..*at], &long[at + 1..]].concat() == short;
    let at = (0..long.len()).rev().find(without)?;
    Some(if at + 1 == long.len() { -1 } else { at as i64 })
}

/// A shape that has `want` last and `have` once before: the axis of `have`, and what brings it to the end.
pub fn last_to(shape: &[Dim], want: &Dim, have: &Dim) -> Option<(usize, String)> {
    let at = shape.iter().position(|size| size == have)?;
    let fits = want != have && shape.last() == Some(want) && shape.iter().filter(|size| *size == have).count() == 1;
    let mut order = shape.to_vec();
    let moved = order.remove(at);
    order.push(moved);
    fits.then(|| (at, pattern(shape, &order)))
}

/// What the loss of two maps of different sizes needs: `interpolate(.., [768, 1024])`. Where one spatial axis agrees, the others
/// may be features.
pub fn resizing(a: &[Dim], b: &[Dim]) -> Option<String> {
    let maps = a.len() == b.len() && (4..=5).contains(&a.len()) && a[..2] == b[..2];
    let pairs = || a.iter().zip(b).skip(2);
    let one = Dim::from(1);
    if !maps || pairs().any(|(a, b)| a == b || *a == one || *b == one) {
        return None;
    }
    let larger = |(a, b): (&Dim, &Dim)| a.as_const() > b.as_const();
    let whole = if pairs().all(larger) { &a[2..] } else { &b[2..] };
    Some(format!("bring one to the size of the other: `interpolate(.., {})`", dims(whole)))
}

/// Two shapes that are combined element by element, the shorter second: what is probably missing.
pub fn combined(long: &[Dim], short: &[Dim]) -> Option<String> {
    let first = kept_axes(long, short).or_else(|| repeating(long, short));
    first.or_else(|| first_of_table(long, short)).or_else(|| shortcut(long, short))
}

/// All axes of the first but one in the middle: `[B, D]` beside `[B, T, D]`.
fn repeating(long: &[Dim], short: &[Dim]) -> Option<String> {
    let without = |at: &usize| [&long[..*at], &long[at + 1..]].concat() == short;
    let at = (1..long.len()).find(without).filter(|_| long.len() == short.len() + 1)?;
    Some(format!("repeat it along the axis that it lacks: `broadcast(unsqueeze(.., {at}), {})`", dims(long)))
}

/// The second has the first axes of the first, and the others were summed away.
fn kept_axes(long: &[Dim], short: &[Dim]) -> Option<String> {
    let begins = !short.is_empty() && long.len() > short.len() && long.starts_with(short) && !long.ends_with(short);
    let text = "a `sum` or `mean` has the shape of what goes in with `keep: true`";
    begins.then(|| format!("{} lies along the first axes of {}: {text}", dims(short), dims(long)))
}

/// A table of `N` rows beside `T` of them.
fn first_of_table(long: &[Dim], short: &[Dim]) -> Option<String> {
    let first = long.len() - short.len();
    let (rows, wanted) = (short.first()?.as_var()?, long.get(first)?.as_var()?);
    let rest = short.len() > 1 && first > 0 && !long.contains(&short[0]) && long[first + 1..] == short[1..];
    let (rows, wanted) = (&rows.name, &wanted.name);
    rest.then(|| format!("take the first rows: `..[:{wanted}]`, with `where {wanted} <= {rows}`"))
}

/// A map beside itself after a convolution with a stride: the other way needs one, too.
fn shortcut(a: &[Dim], b: &[Dim]) -> Option<String> {
    let fits = a.len() == b.len() && (3..=5).contains(&a.len()) && a[0] == b[0] && a[2..] != b[2..];
    if !fits {
        return None;
    }
    let numbers = (2..=8).map(Dim::from);
    let own = |shape: &[Dim]| shape[2].vars().iter().map(Dim::var).collect::<Vec<_>>();
    let strides: Vec<Dim> = numbers.chain(own(a)).chain(own(b)).collect();
    [(a, b), (b, a)].into_iter().find_map(|(small, large)| {
        let one = Dim::from(1);
        let strided = |size: &Dim, by: &Dim| (size - &one).floor_div(by) + one.clone();
        let is = |by: &&Dim| small[2..].iter().zip(&large[2..]).all(|(s, l)| *s == strided(l, by));
        let stride = strides.iter().find(is)?;
        let (from, to, kind) = (&large[1], &small[1], small.len() - 2);
        let layer = format!("Conv{kind}d[{from} -> {to}](kernel: 1, stride: {stride})");
        Some(format!("bring {} to the size of {} with a layer of its own, `{layer}`", dims(large), dims(small)))
    })
}

/// A number where the batch stands, which was written down: `zeros[64, H]` beside `[B, In]`.
pub fn written_batch(a: &[Dim], b: &[Dim]) -> Option<String> {
    let (x, y) = (a.first()?, b.first()?);
    let (size, number, shape) = match (x.as_var(), y.as_var(), x.as_const(), y.as_const()) {
        (Some(var), _, _, Some(number)) => (var.name, number, b),
        (_, Some(var), Some(number), _) => (var.name, number, a),
        _ => return None,
    };
    let rest: Vec<String> = shape[1..].iter().map(Dim::to_string).collect();
    let whole = std::iter::once(size.to_string()).chain(rest).collect::<Vec<_>>().join(", ");
    (number > 1).then(|| format!("write the size `{size}` in the place of the number {number}: `[{whole}]`"))
}

/// Numbers near `n` with which `n % by == 0` would hold: divisors of `n`, or, where `by` is fixed, multiples of it.
pub fn divisors(n: i64, by: i64, fixed: bool) -> Option<String> {
    if n < 1 || by < 1 || n % by == 0 {
        return None;
    }
    let near = match fixed {
        true => [n - n % by, n - n % by + by],
        false => [(1..by).rev().find(|d| n % d == 0)?, (by..=n).find(|d| n % d == 0)?],
    };
    let near: Vec<String> = near.iter().filter(|&&d| d > 0).map(i64::to_string).collect();
    Some(match fixed {
        true => format!("multiples of {by} near {n}: {}", near.join(", ")),
        false => format!("numbers that divide {n}, near {by}: {}", near.join(", ")),
    })
}

/// Whether two extents, of which neither divides the other, can only fit by tearing rows of the batch apart.
pub fn tears_rows(have: &[Dim], want: &[Dim]) -> Option<(i64, i64)> {
    let count = |sizes: &[Dim]| sizes.iter().try_fold(1i64, |n, d| n.checked_mul(d.as_const()?));
    let batch = have.first()?;
    batch.as_var()?;
    let (have, want) = (count(have.get(1..)?)?, count(want.get(1..)?)?);
    (have > 0 && want > 0 && have % want != 0 && want % have != 0).then_some((have, want))
}

impl Checker<'_> {
    /// A result in whose first axis stands another size of an argument: `x.[t b d -> b t d]`.
    pub fn batch_first(&self, want: &Dim, got: &Dim, axis: usize) -> Option<String> {
        let (want, got) = (want.as_var()?.name, got.as_var()?.name);
        let params = &self.defining?.params;
        params.iter().filter(|_| axis == 0).find_map(|param| {
            let TypeKind::Tensor { dims, .. } = &param.ty.as_ref()?.kind else { return None };
            let name = |dim: &DimArg| match dim {
                DimArg::Size(ast::Expr { kind: ast::ExprKind::Name(name), .. }) => Some(name.clone()),
                _ => None,
            };
            let names: Vec<_> = dims.iter().map(name).collect();
            let [Some(first), Some(second), ..] = names.as_slice() else { return None };
            let (t, b, x) = (letter(&got)?, letter(&want)?, &param.name.name);
            let fits = *first == got && *second == want && t != b && dims.len() > 1;
            let text = format!("`{x}` has {want} behind {got}, and layers have the batch first");
            fits.then(|| format!("{text}: `{x}.[{t} {b} .. -> {b} {t} ..]`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Var;

    fn sizes(of: &[i64]) -> Vec<Dim> {
        of.iter().map(|&size| Dim::from(size)).collect()
    }

    #[test]
    fn divisors_and_multiples_lie_around_the_number() {
        assert_eq!(divisors(1024, 12, false).as_deref(), Some("numbers that divide 1024, near 12: 8, 16"));
        assert_eq!(divisors(571, 2, true).as_deref(), Some("multiples of 2 near 571: 570, 572"));
        assert_eq!(divisors(1024, 16, false), None);
        assert_eq!(divisors(3, 8, true).as_deref(), Some("multiples of 8 near 3: 8"));
    }

    #[test]
    fn a_lone_axis_is_found_wherever_it_stands() {
        assert_eq!(lone_axis(&sizes(&[4, 1]), &sizes(&[4])), Some(-1));
        assert_eq!(lone_axis(&sizes(&[4, 1, 5]), &sizes(&[4, 5])), Some(1));
        assert_eq!(lone_axis(&sizes(&[4, 2, 5]), &sizes(&[4, 5])), None);
    }

    #[test]
    fn axes_that_are_missing_behind_or_between_are_told_apart() {
        assert!(combined(&sizes(&[3, 4, 5]), &sizes(&[3])).is_some_and(|help| help.contains("keep: true")));
        assert!(combined(&sizes(&[3, 4, 5]), &sizes(&[3, 5])).is_some_and(|help| help.contains("unsqueeze(.., 1)")));
        assert_eq!(combined(&sizes(&[3, 4, 5]), &sizes(&[4])), None);
    }

    #[test]
    fn maps_are_resized_and_features_are_not() {
        let help = resizing(&sizes(&[2, 1, 96, 128]), &sizes(&[2, 1, 768, 1024]));
        assert!(help.is_some_and(|help| help.contains("[768, 1024]")));
        assert_eq!(resizing(&sizes(&[2, 7, 64]), &sizes(&[2, 7, 32])), None);
        assert_eq!(resizing(&sizes(&[2, 7, 8, 64]), &sizes(&[2, 7, 8, 32])), None);
    }

    #[test]
    fn rows_are_torn_where_neither_count_divides_the_other() {
        let batch = Dim::var(&Var::fresh("B", 1));
        let with = |rest: &[i64]| [vec![batch.clone()], sizes(rest)].concat();
        assert_eq!(tears_rows(&with(&[16, 14, 14]), &sizes(&[0, 400])), Some((3136, 400)));
        assert_eq!(tears_rows(&with(&[2]), &sizes(&[0, 4])), None);
    }
}
