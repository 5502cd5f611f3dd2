//! How the axes of a tensor in a file lie in the program: `[1 d] -> [d]`, `[i o] -> [o i]`, `[d 3 16 16] -> [d (3 16 16)]`.

/// Groups of axes on both sides. A group with several is one axis that is their product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    from: Vec<Vec<Axis>>,
    to: Vec<Vec<Axis>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Axis {
    Named(String),
    Sized(usize),
}

/// What is done to a tensor: it is seen in the shape `split`, its axes are put in the `order`, and that has the shape `shape`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub split: Vec<usize>,
    pub order: Vec<usize>,
    pub shape: Vec<usize>,
}

impl Axes {
    /// Reads what stands between the brackets of both sides.
    pub fn parse(from: &str, to: &str) -> Result<Axes, String> {
        let axes = Axes { from: groups(from)?, to: groups(to)? };
        let [mut names, mut others] = [&axes.from, &axes.to].map(|side| kept(side));
        names.sort();
        others.sort();
        let distinct = names.windows(2).all(|pair| pair[0] != pair[1] || pair[0].0.is_empty());
        match names == others && distinct {
            true => Ok(axes),
            false => Err("both sides need the same axes, each once: `[i o] -> [o i]`".to_string()),
        }
    }

    pub fn turned(&self) -> Axes {
        Axes { from: self.to.clone(), to: self.from.clone() }
    }

    /// The way of a tensor of this shape; none if it has other axes.
    pub fn layout(&self, shape: &[usize]) -> Option<Layout> {
        if shape.len() != self.from.len() {
            return None;
        }
        let sizes: Vec<Vec<usize>> =
            self.from.iter().zip(shape).map(|(group, &size)| sizes(group, size)).collect::<Option<_>>()?;
        // Axes of size 1 that are only written down lie anywhere, so they are left out on the way.
        let atoms: Vec<(&Axis, usize)> = self.from.iter().flatten().zip(sizes.into_iter().flatten()).collect();
        let atoms: Vec<(&Axis, usize)> = atoms.into_iter().filter(|(axis, _)| **axis != Axis::Sized(1)).collect();
        let mut taken = vec![false; atoms.len()];
        let mut order = vec![];
        let mut shape = vec![];
        for group in &self.to {
            let mut size = 1;
            for axis in group.iter().filter(|axis| **axis != Axis::Sized(1)) {
                let place = (0..atoms.len()).find(|&k| !taken[k] && atoms[k].0 == axis)?;
                taken[place] = true;
                order.push(place);
                size *= atoms[place].1;
            }
            shape.push(size);
        }
        Some(Layout { split: atoms.into_iter().map(|(_, size)| size).collect(), order, shape })
    }
}

/// The sizes in a group whose product is `size`; none if they are not known, or others.
fn sizes(group: &[Axis], size: usize) -> Option<Vec<usize>> {
    let size_of = |axis: &Axis| if let Axis::Sized(n) = axis { *n } else { 1 };
    let known = group.iter().map(size_of).fold(1, usize::saturating_mul);
    let open = group.iter().filter(|axis| matches!(axis, Axis::Named(_))).count();
    let fits = if open == 0 { known == size } else { open == 1 && known > 0 && size.is_multiple_of(known) };
    let of = |axis: &Axis| if let Axis::Sized(n) = axis { *n } else { size / known };
    fits.then(|| group.iter().map(of).collect())
}

/// Axes that must be on both sides: names, and sizes but 1.
fn kept(side: &[Vec<Axis>]) -> Vec<(String, usize)> {
    let key = |axis: &Axis| match axis {
        Axis::Named(name) => Some((name.clone(), 0)),
        Axis::Sized(n) => (*n != 1).then(|| (String::new(), *n)),
    };
    side.iter().flatten().filter_map(key).collect()
}

/// `d (3 16 16)`
fn groups(text: &str) -> Result<Vec<Vec<Axis>>, String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut groups = vec![];
    let mut open: Option<Vec<Axis>> = None;
    for word in spaced.split_whitespace() {
        match (word, &mut open) {
            ("(", None) => open = Some(vec![]),
            (")", Some(_)) => groups.extend(open.take()),
            ("(" | ")", _) => return Err(format!("the brackets in `[{text}]` do not close")),
            (axis, Some(group)) => group.push(self::axis(axis)?),
            (axis, None) => groups.push(vec![self::axis(axis)?]),
        }
    }
    if open.is_some() { Err(format!("the brackets in `[{text}]` do not close")) } else { Ok(groups) }
}

fn axis(word: &str) -> Result<Axis, String> {
    let named =
        word.chars().all(|c| c.is_alphanumeric() || c == '_') && !word.starts_with(|c: char| c.is_ascii_digit());
    match word.parse() {
        Ok(size) => Ok(Axis::Sized(size)),
        Err(_) if named => Ok(Axis::Named(word.to_string())),
        Err(_) => Err(format!("`{word}` is no axis")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(from: &str, to: &str, shape: &[usize]) -> Option<(Vec<usize>, Vec<usize>, Vec<usize>)> {
        Axes::parse(from, to).unwrap().layout(shape).map(|l| (l.split, l.order, l.shape))
    }

    #[test]
    fn axes_swap_join_part_and_go() {
        assert_eq!(layout("i o", "o i", &[2, 3]), Some((vec![2, 3], vec![1, 0], vec![3, 2])));
        assert_eq!(layout("1 1 d", "d", &[1, 1, 5]), Some((vec![5], vec![0], vec![5])));
        assert_eq!(layout("d", "1 d", &[5]), Some((vec![5], vec![0], vec![1, 5])));
        assert_eq!(
            layout("d 3 2 2", "d (3 2 2)", &[7, 3, 2, 2]),
            Some((vec![7, 3, 2, 2], vec![0, 1, 2, 3], vec![7, 12]))
        );
        assert_eq!(layout("d (h 2)", "h 2 d", &[7, 6]), Some((vec![7, 3, 2], vec![1, 2, 0], vec![3, 2, 7])));
    }

    #[test]
    fn tensors_of_other_axes_are_left_alone() {
        assert_eq!(layout("i o", "o i", &[2]), None);
        assert_eq!(layout("1 d", "d", &[2, 3]), None);
        assert_eq!(layout("(a b)", "a b", &[6]), None);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (from, to) in [
            ("i", "o"),
            ("i j", "i"),
            ("i i", "i i"),
            ("(i", "i"),
            ("i)", "i"),
            ("((i))", "i"),
            ("2", "3"),
            ("-1", "-1"),
        ] {
            assert!(Axes::parse(from, to).is_err(), "{from} -> {to}");
        }
    }
}
