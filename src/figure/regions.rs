//! Blocks and edges of a typed program.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fold::fold;
use super::spans::{Span, spans};
use super::values::Values;
use super::{Block, Edge, End, Mark, Region};
use crate::ops::{Binary, Op};
use crate::tir::{Cell, Kind, Node, Program, Role, Source, ValueId};

/// What is to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Only this layer and what is inside it.
    pub layer: Option<String>,
    /// Of so many layers inside each other the inside is shown.
    pub depth: usize,
    /// Numbers for sizes, by their names.
    pub sizes: BTreeMap<String, i64>,
}

/// The figure of a program; `inputs` are the names of its arguments. None if it does not call the layer that is asked for, or
/// nothing that could be drawn.
pub fn figure(program: &Program, cells: &[Cell], inputs: &[String], asked: &Asked) -> Option<Region> {
    let (program, drawn) = part(program, asked.layer.as_deref())?;
    let values = Values::new(program, cells, &asked.sizes, &drawn);
    let maker = Maker { values, depth: asked.depth };
    let (region, needs) = maker.region(&drawn, &spans(program, &drawn), asked.layer.as_deref().unwrap_or(""), 0);
    let name = |v: &ValueId| match &program.nodes[v.index()].kind {
        Kind::Input(Source::Arg(i)) => inputs.get(*i).cloned().unwrap_or_else(|| "input".to_string()),
        _ => "input".to_string(),
    };
    let region = fold(grounded(region, needs.iter().map(name).collect()));
    (!region.blocks.iter().all(|block| block.mark == Mark::End)).then_some(region)
}

/// The nodes of a layer, in whichever loop it is called; all nodes if no layer is named.
fn part<'p>(program: &'p Program, layer: Option<&str>) -> Option<(&'p Program, Range<usize>)> {
    let Some(layer) = layer else { return Some((program, 0..program.nodes.len())) };
    if let Some(chain) = program.functions.iter().find(|applied| &*applied.path == layer) {
        return Some((program, chain.nodes.clone()));
    }
    let is_below = |path: &str| path.strip_prefix(layer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let mut calls: Vec<_> = program.calls.iter().filter(|call| is_below(&call.path)).collect();
    calls.sort_by_key(|call| (call.nodes.start, std::cmp::Reverse(call.nodes.end)));
    let Some(first) = calls.first() else {
        return program.nodes.iter().find_map(|node| match &node.kind {
            Kind::Scan(scan) => part(&scan.body, Some(layer)),
            _ => None,
        });
    };
    // A chain is no layer of its own: it goes from its first member to its last, up to where it is called again.
    let again = calls[1..].iter().find(|call| call.path == first.path).map_or(usize::MAX, |call| call.nodes.start);
    let ends = calls.iter().filter(|call| call.nodes.start < again).map(|call| call.nodes.end);
    let end = if *first.path == *layer { first.nodes.end } else { ends.max().unwrap_or(first.nodes.end) };
    Some((program, first.nodes.start..end))
}

/// A figure whose border are blocks.
fn grounded(mut region: Region, inputs: Vec<String>) -> Region {
    let end = |label: String| Block {
        mark: Mark::End,
        label,
        detail: String::new(),
        path: String::new(),
        times: 1,
        inside: None,
    };
    let (before, ins) = (region.blocks.len(), inputs.len());
    region.blocks.extend(inputs.into_iter().map(end));
    region.blocks.extend((0..region.ports.1).map(|_| end("output".to_string())));
    for edge in &mut region.edges {
        if let End::Border(port) = edge.from {
            edge.from = End::Block(before + port, 0);
        }
        if let End::Border(port) = edge.to {
            edge.to = End::Block(before + ins + port, 0);
        }
    }
    region.ports = (0, 0);
    region
}

struct Maker<'p> {
    values: Values<'p>,
    depth: usize,
}

/// What becomes a block.
enum Unit<'s, 'p> {
    Span(&'s Span<'p>),
    Op(usize),
}

impl Unit<'_, '_> {
    fn nodes(&self) -> Range<usize> {
        match self {
            Unit::Span(span) => span.nodes.clone(),
            Unit::Op(v) => *v..*v + 1,
        }
    }
}

/// A unit with what it reads, by port.
struct Made {
    block: Block,
    reads: Vec<(usize, ValueId)>,
    gives: Vec<ValueId>,
}

impl<'p> Maker<'p> {
    /// The blocks of some nodes, and the values that come in, one for each port.
    /// `within` is the path of the layer around, or empty.
    fn region(&self, nodes: &Range<usize>, spans: &[Span<'p>], within: &str, depth: usize) -> (Region, Vec<ValueId>) {
        let mut units = vec![];
        self.units(nodes, spans, depth == 0, &mut units);
        let mut made: Vec<Made> = units.iter().map(|unit| self.made(unit, within, depth)).collect();
        let mut flow = Flow { maker: self, nodes, at: vec![vec![]; nodes.len()], needs: vec![] };
        flow.follow(&units, &made);
        let mut region = Region::default();
        for (i, unit) in made.iter().enumerate() {
            for &(port, v) in &unit.reads {
                flow.connect(&mut region, v, End::Block(i, port));
            }
        }
        let gives = self.values.gives(nodes);
        for (port, &v) in gives.iter().enumerate() {
            flow.connect(&mut region, v, End::Border(port));
        }
        region.ports = (flow.needs.len(), gives.len());
        let needs = flow.needs;
        self.parameters(&units, within, &mut made, &mut region);
        region.blocks = made.into_iter().map(|unit| unit.block).collect();
        say_once(&mut region.edges, depth > 0);
        (region, needs)
    }

    /// Calls and operations that get a block. A function that calls layers has none of its own, nor has a chain of blocks with
    /// an inside, or one that is the whole figure.
    fn units<'s>(&self, nodes: &Range<usize>, spans: &'s [Span<'p>], outermost: bool, units: &mut Vec<Unit<'s, 'p>>) {
        let shown = |span: &Span| span.nodes.clone().any(|v| self.values.is_shown(v));
        let alone = outermost && spans.iter().filter(|span| shown(span)).count() == 1;
        let mut next = nodes.start;
        let ops = |range: Range<usize>, units: &mut Vec<Unit<'s, 'p>>| {
            units.extend(range.filter(|&v| self.values.is_visible(v)).map(Unit::Op));
        };
        for span in spans {
            ops(next..span.nodes.start, units);
            next = span.nodes.end;
            let is_block = span.call.is_some() || !span.has_call_inside() || span.is_plain_chain() && !alone;
            match !is_block {
                true => self.units(&span.nodes, &span.inside, alone, units),
                false if shown(span) => units.push(Unit::Span(span)),
                false => {}
            }
        }
        ops(next..nodes.end, units);
    }

    fn made(&self, unit: &Unit<'_, 'p>, within: &str, depth: usize) -> Made {
        let nodes = unit.nodes();
        let gives = self.values.gives(&nodes);
        match unit {
            Unit::Op(v) => Made { block: self.op(*v), reads: self.reads(&nodes), gives },
            Unit::Span(span) => {
                let mut block = Block {
                    mark: self.mark(&nodes),
                    label: if span.name.is_empty() { last_name(span.path) } else { span.name }.to_string(),
                    detail: span.settings.to_string(),
                    path: span.path.to_string(),
                    times: 1,
                    inside: None,
                };
                if !span.has_call_inside() || depth + 1 >= self.depth {
                    return Made { block, reads: self.reads(&nodes), gives };
                }
                let within = if span.path.is_empty() { within } else { span.path };
                let (inside, needs) = self.region(&nodes, &span.inside, within, depth + 1);
                block.inside = Some(inside);
                Made { block, reads: needs.into_iter().enumerate().collect(), gives }
            }
        }
    }

    /// What comes into a block without an inside.
    fn reads(&self, nodes: &Range<usize>) -> Vec<(usize, ValueId)> {
        let needed = nodes.clone().filter(|&v| self.values.is_needed(v));
        let args = needed.flat_map(|v| self.values.node(v).args.iter().copied());
        let outside = |v: &ValueId| !nodes.contains(&v.index()) || self.values.is_input(v.index());
        let mut reads: Vec<ValueId> = args.filter(|v| self.values.is_shown(v.index()) && outside(v)).collect();
        reads.sort_unstable();
        reads.dedup();
        reads.into_iter().map(|v| (0, v)).collect()
    }

    fn op(&self, v: usize) -> Block {
        let (mark, label) = match &self.values.node(v).kind {
            Kind::Op(Op::Binary(Binary::Add)) => (Mark::Sign, "+"),
            Kind::Op(Op::Binary(Binary::Sub)) => (Mark::Sign, "\u{2212}"),
            Kind::Op(Op::Binary(Binary::Mul)) => (Mark::Sign, "\u{d7}"),
            Kind::Op(Op::Binary(Binary::Div)) => (Mark::Sign, "\u{f7}"),
            Kind::Op(op) => (Mark::Function, op.name()),
            Kind::Scan(_) => (Mark::Function, "loop"),
            _ => (Mark::Function, "gradient"),
        };
        let detail = match &self.values.node(v).kind {
            Kind::Scan(scan) => format!("{} times", scan.n),
            _ => String::new(),
        };
        Block { mark, label: label.to_string(), detail, path: String::new(), times: 1, inside: None }
    }

    /// By what a call computes with trained parameters, if it has any.
    fn mark(&self, nodes: &Range<usize>) -> Mark {
        let has =
            |wanted: fn(&Op<crate::types::Dim>) -> bool| has_op(&self.values.program.nodes[nodes.clone()], wanted);
        let is_trained = |v: usize| self.values.is_needed(v) && self.values.parameter(v).is_some();
        let mut all = nodes.clone().flat_map(|v| self.values.node(v).args.iter().map(|arg| arg.index()).chain([v]));
        match all.any(is_trained) {
            false => Mark::Function,
            true if has(|op| matches!(op, Op::Conv(_))) => Mark::Convolution,
            true if has(|op| matches!(op, Op::Dot { .. })) => Mark::Product,
            true => Mark::Trained,
        }
    }

    /// Blocks for parameters that operations read without a layer around, with their names in the layer `within`: it may read
    /// the `weight` of two others.
    fn parameters(&self, units: &[Unit], within: &str, made: &mut Vec<Made>, region: &mut Region) {
        for (i, unit) in units.iter().enumerate() {
            let Unit::Op(v) = unit else { continue };
            for arg in &self.values.node(*v).args {
                let Some(cell) = self.values.parameter(arg.index()) else { continue };
                debug_assert_eq!(cell.role, Role::Param);
                let below = cell.path.strip_prefix(within).and_then(|rest| rest.strip_prefix('.'));
                let block = Block {
                    mark: Mark::Parameter,
                    label: below.unwrap_or(&cell.path).to_string(),
                    detail: String::new(),
                    path: cell.path.to_string(),
                    times: 1,
                    inside: None,
                };
                let from = End::Block(made.len(), 0);
                made.push(Made { block, reads: vec![], gives: vec![] });
                region.edges.push(Edge { from, to: End::Block(i, 0), label: self.values.shape(*arg) });
            }
        }
    }
}

/// `down.0` of `net.down.0`: the last name, with the numbers behind it.
fn last_name(path: &str) -> &str {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let behind: usize = path.rsplit('.').take_while(|part| is_number(part)).map(|part| part.len() + 1).sum();
    let names = &path[..path.len().saturating_sub(behind)];
    &path[names.rfind('.').map_or(0, |dot| dot + 1)..]
}

fn has_op(nodes: &[Node], wanted: fn(&Op<crate::types::Dim>) -> bool) -> bool {
    nodes.iter().any(|node| match &node.kind {
        Kind::Op(op) => wanted(op),
        Kind::Scan(scan) => has_op(&scan.body.nodes, wanted),
        _ => false,
    })
}

/// Where the values of a region come from.
struct Flow<'f, 'p> {
    maker: &'f Maker<'p>,
    nodes: &'f Range<usize>,
    /// For each value the ends that it comes from, and what it was there.
    at: Vec<Vec<(End, ValueId)>>,
    /// What comes in, by port.
    needs: Vec<ValueId>,
}

impl Flow<'_, '_> {
    fn follow(&mut self, units: &[Unit], made: &[Made]) {
        let (values, nodes) = (&self.maker.values, self.nodes);
        let mut owner: Vec<Option<usize>> = vec![None; nodes.len()];
        for (i, unit) in units.iter().enumerate() {
            unit.nodes().for_each(|v| owner[v - nodes.start] = Some(i));
        }
        for v in nodes.clone().filter(|&v| values.is_shown(v)) {
            let id = ValueId::from(v);
            let place = v - nodes.start;
            self.at[place] = match owner[place] {
                _ if values.is_input(v) => vec![(self.border(id), id)],
                Some(unit) => {
                    let port = made[unit].gives.iter().position(|given| *given == id).unwrap_or(0);
                    let port = if made[unit].block.inside.is_some() { port } else { 0 };
                    vec![(End::Block(unit, port), id)]
                }
                None => {
                    let mut from = vec![];
                    let own = matches!(values.node(v).kind, Kind::Result(_));
                    for &arg in values.node(v).args.iter().filter(|arg| values.is_shown(arg.index())) {
                        // A loop has several results, each of its own shape.
                        from.extend(self.sources(arg).into_iter().map(|(end, was)| (end, if own { id } else { was })));
                    }
                    from.sort_unstable();
                    from.dedup();
                    from
                }
            };
        }
    }

    fn border(&mut self, v: ValueId) -> End {
        let known = self.needs.iter().position(|need| *need == v);
        End::Border(known.unwrap_or_else(|| {
            self.needs.push(v);
            self.needs.len() - 1
        }))
    }

    fn sources(&mut self, v: ValueId) -> Vec<(End, ValueId)> {
        match self.nodes.contains(&v.index()) {
            true => self.at[v.index() - self.nodes.start].clone(),
            false => vec![(self.border(v), v)],
        }
    }

    /// Edges from wherever a value comes from.
    fn connect(&mut self, region: &mut Region, v: ValueId, to: End) {
        for (from, was) in self.sources(v) {
            let (before, now) = (self.maker.values.shape(was), self.maker.values.shape(v));
            let label = if before == now { now } else { format!("{before} \u{2192} {now}") };
            let edge = Edge { from, to, label };
            if !region.edges.contains(&edge) {
                region.edges.push(edge);
            }
        }
    }
}

/// Takes away labels that an edge beside says too, and inside of a block those that stand outside of it.
fn say_once(edges: &mut [Edge], inner: bool) {
    let mut said: Vec<(End, String)> = vec![];
    for edge in edges {
        let crosses = matches!(edge.from, End::Border(_)) || matches!(edge.to, End::Border(_));
        let is_told_outside = inner && crosses && !edge.label.contains('\u{2192}');
        let key = (edge.from, edge.label.clone());
        if is_told_outside || said.contains(&key) {
            edge.label.clear();
        } else {
            said.push(key);
        }
    }
}
