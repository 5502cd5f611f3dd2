//! Turns a unit into one fused step: its members become points, and what they read from outside its arguments.

use super::draft::{BufferId, Drafting};
use super::group::{UnitId, pointwise};
use super::view::View;
use super::{Action, Fused, NodeId, Point, Pointwise};
use crate::graph::Kind;
use crate::ops::Op;
use crate::types::DType;
use std::collections::BTreeMap;

/// The points of a unit as they are numbered, arguments first.
struct Chain<'g> {
    unit: UnitId,
    members: Vec<NodeId>,
    /// Of all elements, and of one for each row.
    shapes: [&'g [usize]; 2],
    reads: Vec<(BufferId, View)>,
    points: Vec<(Pointwise, Vec<Source>, DType, bool)>,
    /// By member: its point, and the point that repeats it for all elements of its row.
    point_of: BTreeMap<NodeId, usize>,
    spread_of: BTreeMap<NodeId, usize>,
}

/// Where a point finds an operand.
#[derive(Clone, Copy)]
enum Source {
    Read(usize),
    Point(usize),
}

impl<'a> Drafting<'a> {
    pub fn fused(&mut self, unit: UnitId) {
        let groups = self.groups;
        let live = |m: &&NodeId| groups.live[m.index()];
        let members: Vec<NodeId> = groups.members[unit.index()].iter().filter(live).copied().collect();
        let (last, row) = (members[members.len() - 1], groups.extents[unit.index()].row);
        let shapes = self.shapes(&members, groups.extents[unit.index()].count);
        let mut chain = Chain {
            unit,
            members,
            shapes,
            reads: vec![],
            points: vec![],
            point_of: BTreeMap::new(),
            spread_of: BTreeMap::new(),
        };
        for place in 0..chain.members.len() {
            self.point(&mut chain, place);
        }
        let first = chain.reads.len();
        let number = |source: &Source| match source {
            Source::Read(read) => *read,
            Source::Point(point) => first + point,
        };
        let stored: Vec<NodeId> = chain.members.iter().copied().filter(|&m| self.is_stored(m, unit)).collect();
        let fused = Fused {
            shape: chain.shapes[0].to_vec(),
            row,
            points: chain
                .points
                .iter()
                .map(|(op, args, dtype, of_row)| Point {
                    op: *op,
                    args: args.iter().map(number).collect(),
                    dtype: *dtype,
                    of_row: *of_row,
                })
                .collect(),
            results: stored.iter().map(|m| first + chain.point_of[m]).collect(),
        };
        let writes = stored.iter().map(|&m| self.owned(m)).collect();
        self.push(last, Action::Fused(fused), chain.reads, writes);
    }

    /// The shape of all elements, and that of the rows; without rows, or without values of one kind, that of the last.
    fn shapes(&self, members: &[NodeId], count: usize) -> [&'a [usize]; 2] {
        let mut shapes: [Option<&[usize]>; 2] = [None, None];
        for &member in members {
            let found = self.node(member);
            let own = &found.tys[0].shape[..];
            let whole = own.iter().product::<usize>() == count;
            shapes[usize::from(!whole)] = Some(own);
            if let (Kind::Op(Op::Reduce { .. }), None) = (&found.kind, shapes[0]) {
                shapes[0] = Some(&self.node(found.args[0]).tys[0].shape);
            }
        }
        let any = shapes[0].or(shapes[1]).unwrap_or(&[]);
        shapes.map(|shape| shape.unwrap_or(any))
    }

    /// Adds the point of a member.
    fn point(&mut self, chain: &mut Chain<'a>, place: usize) {
        let member = chain.members[place];
        let found = self.node(member);
        let whole: usize = chain.shapes[0].iter().product();
        let of_row = found.tys[0].shape.iter().product::<usize>() != whole;
        let (op, reads_rows) = match &found.kind {
            Kind::Op(Op::Reduce { kind, .. }) => (Pointwise::Fold(*kind), false),
            Kind::Op(op) => (pointwise(op).expect("only element-wise nodes and folds are grouped"), of_row),
            _ => unreachable!("only ops are grouped"),
        };
        let args = found.args.iter().map(|&arg| self.source(chain, arg, reads_rows)).collect();
        chain.points.push((op, args, found.tys[0].dtype, of_row));
        chain.point_of.insert(member, chain.points.len() - 1);
    }

    /// Where a member of a unit finds an operand: another member, or a read shared with others.
    fn source(&mut self, chain: &mut Chain<'a>, arg: NodeId, of_row: bool) -> Source {
        let root = self.groups.aliases[arg.index()].root;
        if self.groups.unit_of[root.index()] == chain.unit {
            let point = chain.point_of[&root];
            return match chain.points[point].3 == of_row {
                true => Source::Point(point),
                false => self.spread(chain, root, point),
            };
        }
        let shape = chain.shapes[usize::from(of_row)];
        let (buffer, view) = self.read(arg);
        let read = match view.reshape(shape) {
            Some(view) => (buffer, view),
            None => (self.contiguous(arg).0, View::dense(shape)),
        };
        let position = chain.reads.iter().position(|known| *known == read);
        Source::Read(position.unwrap_or_else(|| {
            chain.reads.push(read);
            chain.reads.len() - 1
        }))
    }

    /// A row's value for each of its elements.
    fn spread(&self, chain: &mut Chain<'a>, member: NodeId, point: usize) -> Source {
        let dtype = chain.points[point].2;
        let points = &mut chain.points;
        let spread = *chain.spread_of.entry(member).or_insert_with(|| {
            points.push((Pointwise::Spread, vec![Source::Point(point)], dtype, false));
            points.len() - 1
        });
        Source::Point(spread)
    }

    /// Whether anybody but its own unit needs a node's value.
    fn is_stored(&self, node: NodeId, unit: UnitId) -> bool {
        let users = &self.groups.users[node.index()];
        let outside = |user: &NodeId| self.groups.unit_of[user.index()] != unit;
        let is_root = |output: NodeId| self.groups.aliases[output.index()].root == node;
        users.iter().any(outside) || self.graph.outputs.iter().any(|o| is_root(o.1))
    }
}
