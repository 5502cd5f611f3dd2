//! Takes out of a loop what is the same in every iteration, or can be done for all iterations at once.
//!
//! Work on constants alone moves before the loop. A product of a slice of an `x` with a constant becomes one product of
//! the whole `x`, whose slices the body reads instead: the input projection of a recurrent layer is one large product
//! and not many small ones. A product with a constant that the body only gives moves behind the loop in the same way; its
//! derivative by the input is one. Where iterations may be left out, only constants that all of them need move, and nothing
//! that can stop the run; out of a branch nothing moves. Views stay where they are: they cost nothing, and a repeated value is better not stored.

use crate::graph::{Builder, Graph, Kind, Node, NodeId};
use crate::ops::{Op, Scan};

use super::rewrite::rebuild;

/// Moves work out of loops.
pub fn hoist(graph: &Graph) -> Graph {
    rebuild(graph, |builder, node, args| match &node.kind {
        Kind::Op(op) => vec![builder.op(op.clone(), args, node.span)],
        Kind::Scan(scan) => {
            let mut inner = Scan { body: hoist(&scan.body), ..scan.as_ref().clone() };
            let last = take_last_products(&mut inner);
            let mut hoisting = Hoisting::new(&inner, args.to_vec(), builder);
            let (left, operands) = hoisting.run();
            let mut results = hoisting.outside.scan(left, &operands, node.span);
            given_once(&inner, args, &mut results);
            for (result, factor, product) in last {
                results[result] = hoisting.product(product, factor, results[result]);
            }
            results
        }
        Kind::Input(_) | Kind::Result(_) => unreachable!("`rebuild` makes these"),
    })
}

/// One loop that is taken apart.
struct Hoisting<'a> {
    scan: &'a Scan<usize, Graph>,
    args: Vec<NodeId>,
    /// Of the graph around the loop.
    outside: &'a mut Builder,
    /// By node of the body: whether it depends on constants of the loop alone.
    fixed: Vec<bool>,
    /// By node of the body: what it is outside.
    moved: Vec<Option<NodeId>>,
}

impl<'a> Hoisting<'a> {
    fn new(scan: &'a Scan<usize, Graph>, args: Vec<NodeId>, outside: &'a mut Builder) -> Hoisting<'a> {
        let fixed = fixed(scan);
        Hoisting { scan, args, outside, moved: vec![None; fixed.len()], fixed }
    }

    fn run(&mut self) -> (Scan<usize, Graph>, Vec<NodeId>) {
        let body = &self.scan.body;
        let constants: Vec<NodeId> = body.ids().filter(|&node| self.leaves(node)).collect();
        let products: Vec<NodeId> = body.ids().filter(|&node| self.projects(node)).collect();
        let first = 1 + self.scan.carries;
        let behind = first + self.scan.xs;
        let mut inside = Builder::new();
        let declare = |inside: &mut Builder, range: std::ops::Range<usize>| -> Vec<NodeId> {
            body.inputs[range].iter().map(|(name, ty)| inside.input(name, ty.clone())).collect()
        };
        let mut inputs = declare(&mut inside, 0..behind);
        let mut map: Vec<Option<NodeId>> = vec![None; body.nodes.len()];
        let mut args = self.args[..behind - 1].to_vec();
        for &product in &products {
            let (factor, all) = self.sliced(product);
            args.push(self.product(product, factor, all));
            map[product.index()] = Some(inside.input("product", body.ty(product).clone()));
        }
        inputs.extend(declare(&mut inside, behind..body.inputs.len()));
        args.extend_from_slice(&self.args[behind - 1..]);
        for &constant in &constants {
            args.push(self.move_out(constant));
            map[constant.index()] = Some(inside.input("constant", body.ty(constant).clone()));
        }
        let body = refill(body, inside, &inputs, map);
        (Scan { xs: self.scan.xs + products.len(), body, ..self.scan.clone() }, args)
    }

    /// Whether a node is work on constants that the rest of the body needs.
    fn leaves(&self, node: NodeId) -> bool {
        let body = &self.scan.body;
        let works = |node: &Node| matches!(&node.kind, Kind::Op(op) if !is_cheap(op));
        let mut users = body.nodes.iter().enumerate().filter(|(_, user)| user.args.contains(&node));
        self.fixed[node.index()]
            && works(body.node(node))
            && (users.any(|(index, user)| !self.fixed[index] || !works(user))
                || body.outputs.iter().any(|o| o.1 == node))
    }

    /// Whether a node is the product of a slice and something fixed.
    fn projects(&self, node: NodeId) -> bool {
        let body = &self.scan.body;
        let found = body.node(node);
        let Kind::Op(Op::Dot { batch, .. }) = &found.kind else { return false };
        let fixed = |arg: usize| self.fixed[found.args[arg].index()];
        let slice = |arg: usize| self.slice(found.args[arg]).is_some();
        self.scan.when.is_none() && batch.is_empty() && (slice(0) && fixed(1) || fixed(0) && slice(1))
    }

    /// The position among the operands of the `x` whose slice a node is.
    fn slice(&self, node: NodeId) -> Option<usize> {
        let xs = 1 + self.scan.carries..1 + self.scan.carries + self.scan.xs;
        match self.scan.body.node(node).kind {
            Kind::Input(input) if xs.contains(&input) => Some(input - 1),
            _ => None,
        }
    }

    /// A fixed node, outside.
    fn move_out(&mut self, node: NodeId) -> NodeId {
        if let Some(known) = self.moved[node.index()] {
            return known;
        }
        let found = self.scan.body.node(node);
        let outside = match &found.kind {
            Kind::Input(input) => self.args[input - 1],
            Kind::Op(op) => {
                let args: Vec<NodeId> = found.args.iter().map(|&arg| self.move_out(arg)).collect();
                self.outside.op(op.clone(), &args, found.span)
            }
            Kind::Scan(_) | Kind::Result(_) => unreachable!("loops are not fixed"),
        };
        self.moved[node.index()] = Some(outside);
        outside
    }

    /// Which factor of a product is the slice of an `x`, and that `x`.
    fn sliced(&self, product: NodeId) -> (usize, NodeId) {
        let factors = &self.scan.body.node(product).args;
        let found = factors.iter().enumerate().find_map(|(factor, &arg)| Some((factor, self.slice(arg)?)));
        let (factor, operand) = found.expect("one factor of what is projected is a slice");
        (factor, self.args[operand])
    }

    /// The products of all iterations, stacked along axis 0, from a factor of them so stacked.
    fn product(&mut self, node: NodeId, stacked: usize, all: NodeId) -> NodeId {
        let found = self.scan.body.node(node);
        let Kind::Op(Op::Dot { contract, .. }) = &found.kind else { unreachable!("only products move") };
        let left = stacked == 0;
        let fixed = self.move_out(found.args[1 - stacked]);
        let args = if left { [all, fixed] } else { [fixed, all] };
        // The iterations are one more free axis, in front of the others of their operand.
        let shift = |&(l, r): &(usize, usize)| if left { (l + 1, r) } else { (l, r + 1) };
        let contract: Vec<(usize, usize)> = contract.iter().map(shift).collect();
        let lead = if left { 0 } else { self.outside.ty(args[0]).rank() - contract.len() };
        let all = self.outside.op(Op::Dot { batch: vec![], contract }, &args, found.span);
        let rank = self.outside.ty(all).rank();
        let perm: Vec<usize> = [lead].into_iter().chain((0..rank).filter(|&axis| axis != lead)).collect();
        match lead {
            0 => all,
            _ => self.outside.op(Op::Transpose { perm }, &[all], found.span),
        }
    }
}

/// By node of a loop's body, whether it depends on constants alone.
fn fixed(scan: &Scan<usize, Graph>) -> Vec<bool> {
    let body = &scan.body;
    let mut fixed = vec![false; body.nodes.len()];
    for (index, node) in body.nodes.iter().enumerate() {
        fixed[index] = match &node.kind {
            Kind::Input(input) => *input > scan.carries + scan.xs,
            Kind::Op(op) => {
                let runs = scan.when.is_none_or(|when| when < scan.carries + scan.xs && !op.can_fail());
                runs && node.args.iter().all(|arg| fixed[arg.index()])
            }
            Kind::Scan(_) | Kind::Result(_) => false,
        };
    }
    fixed
}

/// The largest factor of a product that is kept for all iterations, in times of the product.
const WIDER: usize = 4;

/// Lets the loop give the other factor where it gives a product with a constant that nothing in it reads. Of each: the
/// result, which factor it gives now, the product.
fn take_last_products(scan: &mut Scan<usize, Graph>) -> Vec<(usize, usize, NodeId)> {
    if scan.when.is_some() {
        return vec![];
    }
    let (fixed, users) = (fixed(scan), scan.body.users());
    let mut last = vec![];
    for result in scan.carries..scan.body.outputs.len() {
        let product = scan.body.outputs[result].1;
        let node = scan.body.node(product);
        let Kind::Op(Op::Dot { batch, .. }) = &node.kind else { continue };
        let given = scan.body.outputs.iter().filter(|output| output.1 == product).count();
        let Some(factor) = (0..2).find(|&factor| !fixed[node.args[factor].index()]) else { continue };
        let fits = scan.body.ty(node.args[factor]).bytes() <= WIDER * scan.body.ty(product).bytes();
        if batch.is_empty()
            && users[product.index()].is_empty()
            && given == 1
            && fixed[node.args[1 - factor].index()]
            && fits
        {
            last.push((result, factor, product));
        }
    }
    for &(result, factor, product) in &last {
        scan.body.outputs[result].1 = scan.body.node(product).args[factor];
    }
    last
}

/// What a loop gives twice is read from one place, and what it runs over from there.
fn given_once(scan: &Scan<usize, Graph>, args: &[NodeId], results: &mut [NodeId]) {
    if scan.when.is_some() {
        return;
    }
    let ys = scan.carries..scan.body.outputs.len();
    let node = |y: usize| scan.body.outputs[y].1;
    for y in ys.clone() {
        match scan.body.node(node(y)).kind {
            Kind::Input(input) if (scan.carries + 1..=scan.carries + scan.xs).contains(&input) => {
                results[y] = args[input - 1]
            }
            _ => {
                if let Some(first) = (scan.carries..y).find(|&first| node(first) == node(y)) {
                    results[y] = results[first];
                }
            }
        }
    }
}

/// Ops that are not worth a place in memory.
pub fn is_cheap(op: &Op<usize>) -> bool {
    op.is_view() || matches!(op, Op::Const(_))
}

/// The body with its old inputs, where `map` does not know a node already.
fn refill(body: &Graph, mut inside: Builder, inputs: &[NodeId], map: Vec<Option<NodeId>>) -> Graph {
    let mut results: Vec<Vec<NodeId>> = Vec::with_capacity(body.nodes.len());
    for (node, known) in body.nodes.iter().zip(map) {
        let args = || node.args.iter().map(|arg| results[arg.index()][0]).collect::<Vec<_>>();
        let result = match (known, &node.kind) {
            (Some(known), _) => vec![known],
            (None, Kind::Input(index)) => vec![inputs[*index]],
            (None, Kind::Result(index)) => vec![results[node.args[0].index()][*index]],
            (None, Kind::Op(op)) => vec![inside.op(op.clone(), &args(), node.span)],
            (None, Kind::Scan(scan)) => inside.scan(scan.as_ref().clone(), &args(), node.span),
        };
        results.push(result);
    }
    for (name, node) in &body.outputs {
        inside.output(name, results[node.index()][0]);
    }
    inside.finish().pruned()
}
