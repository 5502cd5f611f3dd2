//! Arithmetic of derivatives, by the call whose nodes they are derivatives of.
//!
//! Whatever is made from a node, its derivative too, keeps the node's span. So the program is lowered with the number of the
//! innermost call in the place of every span, once as it is and once without derivatives, and what the first graph has more
//! is the way back. What a checkpoint computes again belongs to it.

use super::arithmetic::op_flops;
use super::in_order;
use crate::base::{FileId, Span};
use crate::graph::{Graph, Kind as Made};
use crate::lower::{Sizes, lower};
use crate::ops::Op;
use crate::tir::{Call, Kind, Program};

/// Arithmetic of derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivatives {
    /// Of each call with all inside it, in the order of the summary's rows.
    pub calls: Vec<u64>,
    pub all: u64,
}

/// Counts those of a program; `depths` says of each of its calls how many are around it. None if nothing is differentiated.
pub fn count(program: &Program, sizes: &Sizes, depths: &[usize]) -> Option<Derivatives> {
    if !differentiates(program) {
        return None;
    }
    let mut marked = program.clone();
    let mut calls = 0;
    mark(&mut marked, None, &mut calls);
    debug_assert_eq!(calls, depths.len(), "one row for each call");
    let with = flops(&marked, sizes, calls);
    let without = flops(&without_derivatives(&marked), sizes, calls);
    // The last place is for what is in no call.
    let own: Vec<u64> = with.iter().zip(&without).map(|(with, without)| with.saturating_sub(*without)).collect();
    let inside = |i: usize| depths[i + 1..].iter().take_while(|&&depth| depth > depths[i]).count();
    let calls = (0..calls).map(|i| own[i..=i + inside(i)].iter().sum()).collect();
    Some(Derivatives { calls, all: own.iter().sum() })
}

fn differentiates(program: &Program) -> bool {
    program.nodes.iter().any(|node| match &node.kind {
        Kind::Grad => true,
        Kind::Scan(scan) => differentiates(&scan.body),
        _ => false,
    })
}

/// Puts the number of its innermost call in the place of every node's span; numbers follow the rows of a summary.
fn mark(program: &mut Program, around: Option<usize>, next: &mut usize) {
    program.precision = None;
    program.nodes.iter_mut().for_each(|node| node.span = span(around));
    let calls: Vec<Call> = in_order(program).into_iter().map(|(_, call)| call.clone()).collect();
    let mut at = 0;
    let mut loops = |program: &mut Program, before: usize, next: &mut usize| {
        for node in &mut program.nodes[at.min(before)..before] {
            if let Kind::Scan(scan) = &mut node.kind {
                mark(&mut scan.body, number(node.span), next);
            }
        }
        at = at.max(before);
    };
    for call in calls {
        loops(program, call.nodes.start, next);
        let own = span(Some(*next));
        *next += 1;
        program.nodes[call.nodes].iter_mut().for_each(|node| node.span = own);
    }
    loops(program, program.nodes.len(), next);
}

fn span(call: Option<usize>) -> Span {
    call.map_or(Span::none(), |call| Span::new(FileId(0), call, call))
}

fn number(span: Span) -> Option<usize> {
    (!span.is_none()).then_some(span.lo as usize)
}

/// The program with no derivative taken: the loss itself, repeated, stands in the place of each.
fn without_derivatives(program: &Program) -> Program {
    let mut plain = program.clone();
    for (node, old) in plain.nodes.iter_mut().zip(&program.nodes) {
        match &mut node.kind {
            Kind::Result(_) => {
                let of = &program.nodes[old.args[0].index()];
                if of.kind == Kind::Grad {
                    node.kind = Kind::Op(Op::Broadcast { shape: old.tys[0].shape.clone(), axes: vec![] });
                    node.args = vec![of.args[0]];
                }
            }
            Kind::Scan(scan) => scan.body = without_derivatives(&scan.body),
            _ => {}
        }
    }
    plain
}

/// Arithmetic of each call, and behind them that of what is in none.
fn flops(program: &Program, sizes: &Sizes, calls: usize) -> Vec<u64> {
    let mut flops = vec![0; calls + 1];
    add(&lower(program, sizes).graph, 1, &mut flops);
    flops
}

fn add(graph: &Graph, times: u64, flops: &mut [u64]) {
    let live = graph.live();
    for (node, _) in graph.nodes.iter().zip(live).filter(|(_, live)| *live) {
        let place = number(node.span).unwrap_or(flops.len() - 1);
        flops[place] += times * op_flops(graph, node);
        if let Made::Scan(scan) = &node.kind {
            add(&scan.body, times * scan.n as u64, flops);
        }
    }
}
