//! Small programs that are right: every expression is made for a shape, out of whatever gives that shape.

use crate::draw::Draw;

type Shape = Vec<usize>;

/// A program of a few functions of tensors, from `f0` on; later ones call earlier ones.
pub fn program(draw: &mut Draw) -> Vec<u8> {
    let mut out = String::from("# functions\n");
    let mut functions = vec![];
    for i in 0..draw.within(1, 4) {
        let params: Vec<Shape> = (0..draw.within(1, 3)).map(|_| shape(draw)).collect();
        let result = shape(draw);
        let vars = params.iter().enumerate().map(|(i, shape)| (format!("x{i}"), shape.clone())).collect();
        let mut maker = Maker { draw, vars, functions: &functions, names: 0, size: 40 };
        let body = maker.expr(&result, 5);
        let list: Vec<String> = params.iter().enumerate().map(|(i, shape)| format!("x{i}: {shape:?}")).collect();
        out.push_str(&format!("fn f{i}({}) -> {result:?} = {body}\n\n", list.join(", ")));
        functions.push((format!("f{i}"), params, result));
    }
    out.into_bytes()
}

fn shape(draw: &mut Draw) -> Shape {
    (0..draw.below(4)).map(|_| draw.within(1, 4)).collect()
}

struct Maker<'m> {
    draw: &'m mut Draw,
    /// What can be named here, with its shape.
    vars: Vec<(String, Shape)>,
    functions: &'m [(String, Vec<Shape>, Shape)],
    /// Names that have been given.
    names: usize,
    /// Expressions that may still be made.
    size: usize,
}

impl Maker<'_> {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// An expression of a shape.
    fn expr(&mut self, shape: &Shape, depth: usize) -> String {
        if depth == 0 || self.size == 0 {
            return self.leaf(shape);
        }
        self.size -= 1;
        let made = match self.draw.below(18) {
            0 | 1 => self.unary(shape, depth),
            2 | 3 => self.binary(shape, depth),
            4 => Some(self.reduced(shape, depth)),
            5 => self.moved(shape, depth),
            6 => self.product(shape, depth),
            7 => self.joined(shape, depth),
            8 => Some(self.cut(shape, depth)),
            9 => Some(self.chosen(shape, depth)),
            10 => self.scanned(shape, depth),
            11 => Some(self.repeated(shape, depth)),
            12 => Some(self.derived(shape, depth)),
            13 => Some(self.block(shape, depth)),
            14 => self.called(shape, depth),
            15 => self.along(shape, depth),
            16 => self.pattern(shape, depth),
            _ => Some(self.leaf(shape)),
        };
        made.unwrap_or_else(|| self.leaf(shape))
    }

    fn leaf(&mut self, shape: &Shape) -> String {
        let fitting: Vec<String> = self.vars.iter().filter(|(_, s)| s == shape).map(|(name, _)| name.clone()).collect();
        match self.draw.below(4) {
            0 if shape.is_empty() => self.draw.pick(&["0.5", "-1.0", "2.0"]).to_string(),
            1 => format!("full({shape:?}, {})", self.draw.pick(&["0.25", "-2.0", "1.5"])),
            _ if !fitting.is_empty() => self.draw.pick(&fitting),
            2 => format!("rand({shape:?})"),
            _ => format!("ones({shape:?})"),
        }
    }

    fn unary(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let x = self.expr(shape, depth - 1);
        Some(match self.draw.below(14) {
            0 => format!("tanh({x})"),
            1 => format!("exp(sin({x}))"),
            2 => format!("(-{x})"),
            3 => format!("abs({x})"),
            4 => format!("sqrt(abs({x}) + 0.1)"),
            5 => format!("log(abs({x}) + 1)"),
            6 => format!("sigmoid({x})"),
            7 => format!("relu({x})"),
            8 => format!("erf({x})"),
            9 => format!("({x}) ** 2"),
            10 => format!("stop_gradient({x})"),
            11 if !shape.is_empty() => format!("softmax({x}, over: {})", self.draw.below(shape.len())),
            12 => format!("expm1(cos({x}))"),
            _ => format!("gelu({x})"),
        })
    }

    /// Two operands; the second may lack leading axes.
    fn binary(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let from = self.draw.below(shape.len() + 1);
        let a = self.expr(shape, depth - 1);
        let b = self.expr(&shape[from..].to_vec(), depth - 1);
        let (a, b) = if self.draw.flag() { (a, b) } else { (b, a) };
        Some(match self.draw.below(7) {
            0 => format!("({a} + {b})"),
            1 => format!("({a} - {b})"),
            2 => format!("({a} * {b})"),
            3 => format!("({a} / (1 + abs({b})))"),
            4 => format!("maximum({a}, {b})"),
            5 => format!("minimum({a}, {b})"),
            _ => format!("((abs({a}) + 0.5) ** tanh({b}))"),
        })
    }

    fn reduced(&mut self, shape: &Shape, depth: usize) -> String {
        let how = self.draw.pick(&["sum", "mean", "max", "min", "prod"]);
        let at = self.draw.below(shape.len() + 1);
        if at < shape.len() && self.draw.flag() {
            let x = self.expr(shape, depth - 1);
            return format!("{how}({x}, over: {at}, keep: true)");
        }
        let mut long = shape.clone();
        long.insert(at, self.draw.within(1, 4));
        let x = self.expr(&long, depth - 1);
        format!("{how}({x}, over: {at})")
    }

    fn moved(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let mut from = shape.clone();
        match self.draw.below(4) {
            0 => {
                from = vec![shape.iter().product()];
                let x = self.expr(&from, depth - 1);
                Some(format!("reshape({x}, {shape:?})"))
            }
            1 => {
                let order = self.draw.order(shape.len());
                for (to, &axis) in order.iter().enumerate() {
                    from[axis] = shape[to];
                }
                let x = self.expr(&from, depth - 1);
                Some(format!("permute({x}, {order:?})"))
            }
            2 if shape.len() >= 2 => {
                from.swap(shape.len() - 1, shape.len() - 2);
                Some(format!("({}).T", self.expr(&from, depth - 1)))
            }
            _ => {
                let kept = self.draw.some(shape.len());
                let from = kept.iter().map(|&axis| if self.draw.flag() { shape[axis] } else { 1 }).collect::<Vec<_>>();
                let from = if kept.len() == shape.len() { from } else { shape.clone() };
                let x = self.expr(&from, depth - 1);
                Some(format!("broadcast({x}, {shape:?})"))
            }
        }
    }

    fn product(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let [lead @ .., m, n] = shape.as_slice() else { return None };
        let k = self.draw.within(1, 4);
        let left = [lead, &[*m, k]].concat();
        let right = if self.draw.flag() { [lead, &[k, *n]].concat() } else { vec![k, *n] };
        Some(format!("({} @ {})", self.expr(&left, depth - 1), self.expr(&right, depth - 1)))
    }

    fn joined(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let axis = (0..shape.len()).find(|&axis| shape[axis] > 1)?;
        let first = self.draw.within(1, shape[axis] - 1);
        let part = |size| {
            let mut part = shape.clone();
            part[axis] = size;
            part
        };
        let a = self.expr(&part(first), depth - 1);
        let b = self.expr(&part(shape[axis] - first), depth - 1);
        Some(format!("concat([{a}, {b}], over: {axis})"))
    }

    /// A part of something larger.
    fn cut(&mut self, shape: &Shape, depth: usize) -> String {
        let at = self.draw.below(shape.len() + 1);
        let before = ":, ".repeat(at);
        if at < shape.len() && self.draw.flag() {
            let (skip, more) = (self.draw.below(3), self.draw.below(3));
            let mut long = shape.clone();
            long[at] += skip + more;
            return format!("({})[{before}{skip}:{}]", self.expr(&long, depth - 1), skip + shape[at]);
        }
        let mut long = shape.clone();
        let size = self.draw.within(1, 3);
        long.insert(at, size);
        format!("({})[{before}{}]", self.expr(&long, depth - 1), self.draw.below(size))
    }

    fn chosen(&mut self, shape: &Shape, depth: usize) -> String {
        let (a, b) = (self.expr(shape, depth - 1), self.expr(shape, depth - 1));
        match self.draw.flag() {
            true => format!("where({} < {}, {a}, {b})", self.expr(shape, depth - 1), self.draw.pick(&["0.3", "-0.1"])),
            false => format!("if {} > 0.1 {{ {a} }} else {{ {b} }}", self.expr(&vec![], depth - 1)),
        }
    }

    /// A loop over the first axis that yields rows.
    fn scanned(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let (n, row) = shape.split_first()?;
        let (row, outer) = (row.to_vec(), self.vars.len());
        let mut over = row.clone();
        over.insert(0, *n);
        let (xs, first) = (self.expr(&over, depth - 1), self.expr(&row, depth - 1));
        let (x, h) = (self.name(), self.name());
        self.vars.extend([(x.clone(), row.clone()), (h.clone(), row.clone())]);
        let next = self.expr(&row, depth - 1);
        let out = self.expr(&row, depth.min(2) - 1);
        self.vars.truncate(outer);
        let backward = if self.draw.flag() { " backward" } else { "" };
        let body = format!("{{ {h} = tanh({next})\n yield {out} }}");
        Some(format!("(scan {x} in {xs} over 0{backward} with ({h} = broadcast({first}, {row:?})) {body})"))
    }

    fn repeated(&mut self, shape: &Shape, depth: usize) -> String {
        let first = self.expr(shape, depth - 1);
        let (h, outer) = (self.name(), self.vars.len());
        self.vars.push((h.clone(), shape.clone()));
        let next = self.expr(shape, depth - 1);
        self.vars.truncate(outer);
        let times = self.draw.within(1, 4);
        format!("(repeat {times} with ({h} = broadcast({first}, {shape:?})) {{ {h} = tanh({next}) }})")
    }

    fn derived(&mut self, shape: &Shape, depth: usize) -> String {
        let at = self.expr(shape, depth - 1);
        let (x, outer) = (self.name(), self.vars.len());
        self.vars.push((x.clone(), shape.clone()));
        let of = self.expr(shape, depth - 1);
        self.vars.truncate(outer);
        format!("grad(|{x}| sum(({of}) * ({x})))(broadcast({at}, {shape:?}))")
    }

    fn block(&mut self, shape: &Shape, depth: usize) -> String {
        let other = self::shape(self.draw);
        let (value, name, outer) = (self.expr(&other, depth - 1), self.name(), self.vars.len());
        self.vars.push((name.clone(), other.clone()));
        let body = self.expr(shape, depth - 1);
        self.vars.truncate(outer);
        format!("{{ {name} = broadcast({value}, {other:?})\n {body} }}")
    }

    fn called(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let fitting: Vec<_> = self.functions.iter().filter(|(_, _, result)| result == shape).collect();
        if fitting.is_empty() {
            return None;
        }
        let (name, params, _) = self.draw.pick(&fitting);
        let args: Vec<String> = params.iter().map(|param| self.expr(param, depth.min(2) - 1)).collect();
        Some(format!("{name}({})", args.join(", ")))
    }

    fn along(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        if shape.is_empty() {
            return None;
        }
        let axis = self.draw.below(shape.len());
        Some(match self.draw.below(5) {
            0 => format!("cumsum({}, over: {axis})", self.expr(shape, depth - 1)),
            1 => format!("flip({}, over: {axis})", self.expr(shape, depth - 1)),
            2 => {
                let mut from = shape.clone();
                let (before, after) = (self.draw.below(2).min(shape[axis] - 1), 0);
                from[axis] -= before + after;
                format!("pad({}, over: {axis}, before: {before}, after: {after})", self.expr(&from, depth - 1))
            }
            3 => {
                let mut from = shape.clone();
                from[axis] = self.draw.within(1, 4);
                let index: Vec<usize> = (0..shape[axis]).map(|_| self.draw.below(from[axis])).collect();
                format!("take({}, {index:?}, over: {axis})", self.expr(&from, depth - 1))
            }
            _ => format!("log_softmax({}, over: {axis})", self.expr(shape, depth - 1)),
        })
    }

    fn pattern(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        match shape.as_slice() {
            [m, n] => {
                let k = self.draw.within(1, 3);
                let (a, b) = (self.expr(&vec![k, *m], depth - 1), self.expr(&vec![*n, k], depth - 1));
                Some(format!("({a}, {b}).[q r, s q -> r s]"))
            }
            [n] => {
                let k = self.draw.within(1, 3);
                Some(format!("({}).[r q -> q | sum]", self.expr(&vec![k, *n], depth - 1)))
            }
            _ => None,
        }
    }
}
