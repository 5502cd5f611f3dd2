//! Items, members and statements as documents.

use super::doc::{Doc, Hug};
use super::expr::Former;
use super::tree::{Brackets, Node, lambdas};
use crate::syntax::token::Token;

impl<'t> Former<'t> {
    /// An item, a member, a part of a training, or a statement.
    pub fn statement(&mut self, nodes: &[Node]) -> Doc<'t> {
        self.part_parameters(nodes);
        let value = self.value_at(nodes);
        if let Some(at) = self.clause_at(&nodes[..value.unwrap_or(nodes.len())]) {
            return self.with_clause(nodes, at, value);
        }
        match value {
            Some(at) => {
                let target = self.expr(&nodes[..at]).nest();
                Doc::Seq(vec![target, self.value(nodes, at)])
            }
            None => self.expr(nodes).nest(),
        }
    }

    /// `step name (x, y) {`, `validate data (x, y) {`: these parentheses are no call.
    fn part_parameters(&mut self, nodes: &[Node]) {
        let part = matches!(nodes[0].token(&self.words), Some(Token::Step | Token::Validate));
        if let [_, .., Node::Brackets(parameters), Node::Brackets(_)] = nodes
            && part
        {
            self.words[parameters.open].space = true;
        }
    }

    /// Where the value of a definition begins: its `=` or `<-`. A `state` gives several.
    fn value_at(&self, nodes: &[Node]) -> Option<usize> {
        let bars = lambdas(&self.words, nodes);
        let outside = |at: usize| !bars.iter().any(|&(from, to)| from < at && at < to);
        let defines = |node: &Node| matches!(node.token(&self.words), Some(Token::Eq | Token::LeftArrow));
        let several = nodes[0].token(&self.words) == Some(Token::State);
        nodes.iter().enumerate().position(|(at, node)| !several && defines(node) && outside(at))
    }

    /// Where the conditions of a signature begin.
    fn clause_at(&self, nodes: &[Node]) -> Option<usize> {
        let clause = |at: &usize| {
            let first = nodes[*at].first();
            nodes[*at].token(&self.words) == Some(Token::Where)
                && self.words[first].may_break
                && self.words[first - 1].token.ends_expr()
        };
        (1..nodes.len()).find(clause)
    }

    /// ` = value`
    fn value(&mut self, nodes: &[Node], at: usize) -> Doc<'t> {
        let sign = nodes[at].first();
        let sign = Doc::text(format!(" {}", self.words[sign].text));
        Doc::Seq(vec![sign, self.after(&nodes[at + 1..])])
    }

    /// What stands behind `=` or the parameters of a lambda.
    pub fn after(&mut self, nodes: &[Node]) -> Doc<'t> {
        let Some(first) = nodes.first().map(Node::first) else {
            return Doc::nothing();
        };
        let broken = self.is_first(first);
        let lead = self.lead(first);
        let hug = self.hug(nodes);
        let doc = self.expr(nodes);
        let hug = if hug == Hug::Late && doc.breaks() { Hug::Early } else { hug };
        let doc = Doc::Seq(vec![lead.alone, doc]);
        Doc::Seq(vec![lead.behind, Doc::Value { broken, hug, doc: Box::new(doc) }])
    }

    /// `head where conditions = value`, `head where conditions { .. }`
    fn with_clause(&mut self, nodes: &[Node], clause: usize, value: Option<usize>) -> Doc<'t> {
        let end = value.unwrap_or(nodes.len() - 1);
        let head = self.expr(&nodes[..clause]).nest();
        let word = nodes[clause].first();
        let broken = self.is_first(word);
        let lead = self.lead(word);
        let conditions = &nodes[clause + 1..end];
        let conditions = self.expr(conditions).nest();
        let line = Doc::Line { flat: " ", blank: false };
        let doc = Doc::Seq(vec![line, lead.alone, Doc::text("where "), conditions]).nest();
        let clause = Doc::Clause { broken, doc: Box::new(doc) };
        let rest = match (value, &nodes[end]) {
            (Some(at), _) => self.value(nodes, at),
            (None, Node::Brackets(body)) => Doc::Seq(vec![Doc::text(" "), self.block(body)]),
            (None, _) => self.expr(&nodes[end..]),
        };
        Doc::Seq(vec![head, lead.behind, clause, rest])
    }

    /// `{ .. }` without its group, and whether it was written on several lines.
    pub fn braces(&mut self, brackets: &Brackets) -> (Doc<'t>, bool) {
        let open = self.word(brackets.open);
        let close = brackets.close;
        let statements = self.statements(&brackets.inside);
        let mut broken = self.is_first(close);
        let mut docs = vec![];
        for (k, nodes) in statements.iter().enumerate() {
            let first = nodes[0].first();
            broken |= self.is_first(first);
            let lead = self.lead(first);
            let flat = if k == 0 { " " } else { "; " };
            let line = Doc::Line { flat, blank: k > 0 && lead.blank };
            let doc = self.statement(nodes);
            broken |= doc.breaks();
            docs.extend([lead.behind, line, lead.alone, doc]);
        }
        if statements.is_empty() && !broken {
            return (Doc::Seq(vec![open, Doc::text("}")]), false);
        }
        docs.push(self.end_notes(close, !statements.is_empty()));
        let inside = Doc::Seq(docs).nest();
        let line = Doc::Line { flat: " ", blank: false };
        (Doc::Seq(vec![open, inside, line, Doc::text("}")]), broken)
    }

    /// The statements of a block.
    fn statements<'n>(&self, inside: &'n [Node]) -> Vec<&'n [Node]> {
        inside.chunk_by(|_, next| !self.words[next.first()].begins).collect()
    }
}
