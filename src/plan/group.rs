//! Decides which element-wise nodes, and folds of rows, run as one step.
//!
//! Nodes are visited from the last to the first; an element-wise node joins the group of a consumer that reads its
//! elements in the same order. It may have other consumers too: then the group also writes it to memory. What makes
//! this hard is that a group runs at one moment: in `b = f(a); c = dot(b); d = g(a, c)`, `a` and `d` may not share a
//! group with `b`, because `c` would have to run both after and before it. So a node joins only if no path leads from
//! it through an outsider back into the group.

use super::Pointwise;
use super::alias::{Alias, aliases};
use super::apart::Why;
use super::rows::{Extent, row_of, spread_of};
use crate::graph::{Graph, Kind, NodeId};
use crate::id;
use crate::ops::Op;
use std::collections::{BTreeMap, BTreeSet};

id!(
    /// Nodes that run as one step; a node that is not element-wise is a unit of its own.
    UnitId,
    "unit"
);

/// More values than this at once fall out of the first-level cache.
const MEMBERS: usize = 64;

/// Paths through more units than this are taken to exist.
const SEARCH: usize = 4096;

/// The partition of a graph's nodes.
pub struct Groups {
    pub aliases: Vec<Alias>,
    /// By node: whether an output depends on it.
    pub live: Vec<bool>,
    /// By node that owns a buffer: the live nodes that read it, in order.
    pub users: Vec<Vec<NodeId>>,
    /// By node.
    pub unit_of: Vec<UnitId>,
    /// By unit: its nodes, in order.
    pub members: Vec<Vec<NodeId>>,
    /// By unit: its domain.
    pub extents: Vec<Extent>,
}

/// What an element-wise op does to each element; `None` for all others.
pub fn pointwise(op: &Op<usize>) -> Option<Pointwise> {
    match op {
        Op::Unary(unary) => Some(Pointwise::Unary(*unary)),
        Op::Binary(binary) => Some(Pointwise::Binary(*binary)),
        Op::Compare(compare) => Some(Pointwise::Compare(*compare)),
        Op::Select => Some(Pointwise::Select),
        Op::Cast(_) => Some(Pointwise::Cast),
        _ => None,
    }
}

/// Groups a graph's nodes.
pub fn group(graph: &Graph) -> Groups {
    let aliases = aliases(graph);
    let live = graph.live();
    let users = users(graph, &aliases, &live);
    let grouping = grouped(graph, &aliases, &users);
    let (unit_of, members, extents) = (grouping.unit_of, grouping.members, grouping.extents);
    Groups {
        aliases,
        live,
        users,
        unit_of,
        members: members
            .into_iter()
            .map(|mut nodes| {
                nodes.sort();
                nodes
            })
            .collect(),
        extents,
    }
}

/// Joins what may run together.
pub fn grouped<'a>(graph: &'a Graph, aliases: &'a [Alias], users: &'a [Vec<NodeId>]) -> Grouping<'a> {
    let mut grouping = Grouping {
        graph,
        aliases,
        users,
        unit_of: (0..graph.nodes.len()).map(UnitId::from).collect(),
        members: (0..graph.nodes.len()).map(|n| vec![NodeId::from(n)]).collect(),
        ends: (0..graph.nodes.len()).map(NodeId::from).map(|node| (node, node)).collect(),
        extents: (0..graph.nodes.len()).map(|n| extent(graph, aliases, NodeId::from(n))).collect(),
        spans: BTreeMap::new(),
    };
    for index in (0..graph.nodes.len()).rev() {
        grouping.visit(NodeId::from(index));
    }
    grouping
}

/// The domain of one node.
fn extent(graph: &Graph, aliases: &[Alias], node: NodeId) -> Extent {
    let results = aliases[node.index()].view.count();
    let row = row_of(graph, aliases, node).unwrap_or(1);
    Extent { count: results * row, row }
}

/// By root: the live nodes that read its buffer, in order.
pub fn users(graph: &Graph, aliases: &[Alias], live: &[bool]) -> Vec<Vec<NodeId>> {
    let mut users: Vec<Vec<NodeId>> = vec![Vec::new(); graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        if aliases[index].root.index() != index || !live[index] {
            continue;
        }
        for arg in &node.args {
            let list = &mut users[aliases[arg.index()].root.index()];
            if list.last() != Some(&NodeId::from(index)) {
                list.push(NodeId::from(index));
            }
        }
    }
    users
}

/// Units that grow.
pub struct Grouping<'a> {
    graph: &'a Graph,
    aliases: &'a [Alias],
    users: &'a [Vec<NodeId>],
    pub unit_of: Vec<UnitId>,
    members: Vec<Vec<NodeId>>,
    /// By unit that has members: the first and the last of them.
    ends: Vec<(NodeId, NodeId)>,
    extents: Vec<Extent>,
    /// The first and the last member of units of several.
    spans: BTreeMap<UnitId, (NodeId, NodeId)>,
}

impl Grouping<'_> {
    fn is_pointwise(&self, node: NodeId) -> bool {
        let owns = self.aliases[node.index()].root == node;
        owns && matches!(&self.graph.nodes[node.index()].kind, Kind::Op(op) if pointwise(op).is_some())
    }

    /// Whether a node may be part of a unit of several.
    pub fn is_member(&self, node: NodeId) -> bool {
        self.is_pointwise(node) || row_of(self.graph, self.aliases, node).is_some()
    }

    fn visit(&mut self, node: NodeId) {
        if !self.is_member(node) {
            return;
        }
        let users = &self.users[node.index()];
        let aligned = users.iter().filter_map(|&user| Some((user, self.link(user, node)?)));
        let mut units: Vec<(UnitId, usize)> = aligned.map(|(user, link)| (self.unit_of[user.index()], link)).collect();
        units.sort_by_key(|(unit, link)| (self.ends[unit.index()].0, *link));
        units.dedup();
        for (unit, link) in units {
            self.try_join(node, unit, link);
        }
    }

    /// How `user` reads the elements of `node` in row-major order: 1 if one by one, else how many make a row that it folds,
    /// or for which it reads one.
    pub fn link(&self, user: NodeId, node: NodeId) -> Option<usize> {
        let args = &self.graph.nodes[user.index()].args;
        let mut reads = args.iter().map(|arg| &self.aliases[arg.index()]).filter(|alias| alias.root == node);
        let count = self.aliases[node.index()].view.count();
        let in_order = |alias: &Alias| alias.view.is_dense() && alias.view.count() == count;
        if let Some(row) = row_of(self.graph, self.aliases, user) {
            return reads.all(in_order).then_some(row);
        }
        if !self.is_pointwise(user) {
            return None;
        }
        let how = |alias: &Alias| if in_order(alias) { Some(1) } else { spread_of(&alias.view, count) };
        let first = how(reads.next()?)?;
        reads.all(|alias| how(alias) == Some(first)).then_some(first)
    }

    /// The domain of two units together, of which one reads `link` elements of a row of the other at a time; or why they cannot
    /// run together.
    pub fn joined(&self, own: UnitId, unit: UnitId, link: usize) -> Result<Extent, Why> {
        let (domain, other) = (self.extents[own.index()], self.extents[unit.index()]);
        let extent = domain.join(other, link).ok_or(Why::Domains)?;
        let size = self.members[own.index()].len() + self.members[unit.index()].len();
        if size > MEMBERS {
            return Err(Why::Many);
        }
        if self.path(own, unit) || self.path(unit, own) {
            return Err(Why::Between);
        }
        Ok(extent)
    }

    /// Merges the unit of `node` into `unit` where that is legal.
    fn try_join(&mut self, node: NodeId, unit: UnitId, link: usize) {
        let own = self.unit_of[node.index()];
        if own == unit {
            return;
        }
        let Ok(extent) = self.joined(own, unit, link) else { return };
        let moved = std::mem::take(&mut self.members[own.index()]);
        self.spans.remove(&own);
        self.extents[unit.index()] = extent;
        for &member in &moved {
            self.unit_of[member.index()] = unit;
        }
        self.members[unit.index()].extend(moved);
        let (own, other) = (self.ends[own.index()], self.ends[unit.index()]);
        let ends = (own.0.min(other.0), own.1.max(other.1));
        self.ends[unit.index()] = ends;
        self.spans.insert(unit, ends);
        debug_assert!(self.is_member(node));
    }

    /// No path to `to` comes from behind this node. Single nodes only lead onwards; a unit on the way, though, is entered
    /// at its last member and left from its first.
    fn last_before(&self, from: UnitId, to: UnitId) -> NodeId {
        let mut end = self.ends[to.index()].1;
        loop {
            let over = |(first, last): &(NodeId, NodeId)| *first <= end && end < *last;
            let spans = self.spans.iter().filter(|(unit, _)| **unit != from && **unit != to).map(|(_, span)| span);
            match spans.filter(|span| over(span)).map(|(_, last)| *last).max() {
                Some(later) => end = later,
                None => return end,
            }
        }
    }

    /// Whether some path leads from one unit to another through a third, or reads out of order on the way.
    fn path(&self, from: UnitId, to: UnitId) -> bool {
        let end = self.last_before(from, to);
        let mut seen = BTreeSet::new();
        let mut open: Vec<UnitId> = vec![from];
        while let Some(unit) = open.pop() {
            for &member in &self.members[unit.index()] {
                for &user in &self.users[member.index()] {
                    let next = self.unit_of[user.index()];
                    if next == to && (unit != from || self.link(user, member).is_none()) {
                        return true;
                    }
                    let starts = self.ends[next.index()].0 <= end;
                    if next != to && next != from && starts && seen.insert(next) {
                        open.push(next);
                    }
                }
            }
            if seen.len() > SEARCH {
                return true;
            }
        }
        false
    }
}
