//! Expressions, and what is written like them, as documents: brackets, operators from the loosest on, constructs.

use super::doc::{Doc, Hug, Item};
use super::notes::{Note, Word, leads};
use super::tree::{Brackets, Node, lambdas};
use crate::syntax::token::Token;

/// Makes documents of an item's words. Comments are written by whoever ends the line before them, each once.
pub struct Former<'t> {
    pub words: Vec<Word<'t>>,
}

/// What a line may begin with, from what holds the least together.
const LEVELS: [fn(Token) -> bool; 9] = [
    |t| matches!(t, Token::Over | Token::With | Token::To | Token::For | Token::If),
    |t| t == Token::Comma,
    |t| t == Token::Pipe,
    |t| t == Token::Compose,
    |t| t == Token::Or,
    |t| t == Token::And,
    |t| matches!(t, Token::EqEq | Token::Ne | Token::Lt | Token::Le | Token::Gt | Token::Ge),
    |t| matches!(t, Token::Plus | Token::Minus),
    |t| matches!(t, Token::Star | Token::Slash | Token::SlashSlash | Token::Percent | Token::At),
];

/// Where the levels of operators between values begin: those before them are words and commas.
const OPERATORS: usize = 2;

/// The comments before a word.
pub struct Lead<'t> {
    /// Those behind the code before.
    pub behind: Doc<'t>,
    /// Those on lines of their own, each with its line end.
    pub alone: Doc<'t>,
    /// Whether an empty line stands before all that has lines of its own.
    pub blank: bool,
    pub any: bool,
}

impl<'t> Former<'t> {
    /// Takes the comments before a word.
    pub fn lead(&mut self, i: usize) -> Lead<'t> {
        let mut behind = std::mem::take(&mut self.words[i].notes);
        let alone = behind.split_off(behind.iter().take_while(|note| note.behind).count());
        let any = !behind.is_empty() || !alone.is_empty();
        let blank = alone.first().map_or(self.words[i].blank, |note| note.blank);
        let blanks = alone.iter().skip(1).map(|note| note.blank).chain([self.words[i].blank]).collect::<Vec<_>>();
        let lines = alone.into_iter().zip(blanks);
        let alone = lines.flat_map(|(note, blank)| [Doc::Alone(note), Doc::Hard { blank }]);
        Lead {
            behind: Doc::Seq(behind.into_iter().map(Doc::Behind).collect()),
            alone: Doc::Seq(alone.collect()),
            blank,
            any,
        }
    }

    /// The comments before a closing bracket, each behind the end of a line.
    pub fn end_notes(&mut self, close: usize, blanks: bool) -> Doc<'t> {
        let notes = std::mem::take(&mut self.words[close].notes);
        let line = |(i, note): (usize, Note<'t>)| match note.behind {
            true => vec![Doc::Behind(note)],
            false => vec![Doc::Hard { blank: note.blank && (blanks || i > 0) }, Doc::Alone(note)],
        };
        Doc::Seq(notes.into_iter().enumerate().flat_map(line).collect())
    }

    /// Whether a line began with the word, or a comment stands before it.
    pub fn is_first(&self, i: usize) -> bool {
        self.words[i].first || !self.words[i].notes.is_empty()
    }

    pub fn word(&mut self, i: usize) -> Doc<'t> {
        let text = Doc::text(self.words[i].text);
        if self.words[i].notes.is_empty() {
            return text;
        }
        let lead = self.lead(i);
        let line = match &lead.alone {
            Doc::Seq(alone) if alone.is_empty() => Doc::nothing(),
            _ => Doc::Hard { blank: lead.blank },
        };
        Doc::Seq(vec![lead.behind, line, lead.alone, text])
    }

    /// A row of nodes, cut at the loosest of its operators.
    pub fn expr(&mut self, nodes: &[Node]) -> Doc<'t> {
        self.levels(nodes, &LEVELS)
    }

    fn levels(&mut self, nodes: &[Node], levels: &[fn(Token) -> bool]) -> Doc<'t> {
        let body = self.body_at(nodes);
        if body > 0 && body < nodes.len() {
            let parameters = self.row(&nodes[..body]);
            return Doc::Seq(vec![parameters, self.after(&nodes[body..])]).align();
        }
        let Some(cuts) = self.cuts(nodes, levels) else {
            return self.row(nodes);
        };
        let mut items = vec![];
        for (k, &at) in cuts.iter().enumerate() {
            let end = cuts.get(k + 1).copied().unwrap_or(nodes.len());
            let part = &nodes[at..end];
            items.push(match self.token(&part[0]) {
                Some(Token::Comma) if k > 0 => self.after_comma(part, end < nodes.len()),
                _ => self.operand(part, k > 0, end < nodes.len()),
            });
        }
        let broken = items.iter().any(|item| item.first);
        Doc::Fill(items).group(broken)
    }

    /// Where the body of the lambda begins that the nodes begin with: `|x|`, `||`, several one behind the other.
    fn body_at(&self, nodes: &[Node]) -> usize {
        let bar = |at: usize| nodes.get(at).is_some_and(|node| self.token(node) == Some(Token::Bar));
        let mut at = 0;
        loop {
            if nodes.get(at).is_some_and(|node| self.token(node) == Some(Token::BarBar)) {
                at += 1;
            } else if let Some(close) = (at + 1..nodes.len()).find(|&i| bar(at) && bar(i)) {
                at = close + 1;
            } else {
                return at;
            }
        }
    }

    fn token(&self, node: &Node) -> Option<Token> {
        node.token(&self.words)
    }

    /// The positions at which the loosest operators cut a row into parts, with 0 before them.
    fn cuts(&self, nodes: &[Node], levels: &[fn(Token) -> bool]) -> Option<Vec<usize>> {
        let bars = lambdas(&self.words, nodes);
        let outside = |at: usize| !bars.iter().any(|&(from, to)| from < at && at < to);
        let cuts = |level: &fn(Token) -> bool| {
            let is_cut = |&at: &usize| {
                let Node::Word(i) = nodes[at] else { return false };
                level(self.words[i].token) && outside(at) && self.ends_line(nodes, at)
            };
            let cuts: Vec<usize> = (1..nodes.len()).filter(is_cut).collect();
            (!cuts.is_empty()).then(|| [&[0][..], &cuts].concat())
        };
        levels.iter().find_map(cuts)
    }

    /// Whether a line may end before the operator at `at`, or behind the comma there.
    fn ends_line(&self, nodes: &[Node], at: usize) -> bool {
        let first = nodes[at].first();
        match self.words[first].token {
            Token::Comma => nodes.get(at + 1).is_some_and(|next| self.words[next.first()].may_break),
            // The brackets of `idx<V>` have no spaces.
            token => {
                self.words[first].may_break
                    && self.words[first].space
                    && at + 1 < nodes.len()
                    && self.words[first - 1].token.ends_expr()
                    && (token != Token::Minus || !self.words[first].begins)
            }
        }
    }

    fn operand(&mut self, part: &[Node], apart: bool, comma: bool) -> Item<'t> {
        let first = part[0].first();
        let begins = apart && self.is_first(first);
        let lead = if apart { Some(self.lead(first)) } else { None };
        let blank = lead.as_ref().is_some_and(|lead| lead.blank && lead.any);
        let (operator, rest) = match part {
            [operator, rest @ ..] if apart && self.token(operator).is_some_and(is_cut) => (Some(operator), rest),
            _ => (None, part),
        };
        let mut docs = vec![];
        let behind = lead.map_or(Doc::nothing(), |lead| {
            docs.push(lead.alone);
            lead.behind
        });
        if let Some(operator) = operator {
            docs.push(Doc::text(self.words[operator.first()].text));
            docs.push(Doc::text(" "));
        }
        docs.push(self.expr(rest));
        if comma && self.is_comma_next(part) {
            docs.push(Doc::text(","));
        }
        Item { first: begins, blank, behind, doc: Doc::Seq(docs) }
    }

    fn is_comma_next(&self, part: &[Node]) -> bool {
        let last = part[part.len() - 1].last();
        self.words.get(last + 1).is_some_and(|word| word.token == Token::Comma)
    }

    /// An operand behind a comma, which stands on the line before.
    fn after_comma(&mut self, part: &[Node], comma: bool) -> Item<'t> {
        let first = part[1].first();
        let begins = self.is_first(first);
        let lead = self.lead(first);
        let mut docs = vec![lead.alone, self.expr(&part[1..])];
        if comma {
            docs.push(Doc::text(","));
        }
        Item { first: begins, blank: false, behind: lead.behind, doc: Doc::Seq(docs) }
    }

    /// Nodes side by side. What stands behind an arrow is broken last: a result after the parameters.
    fn row(&mut self, nodes: &[Node]) -> Doc<'t> {
        let mut docs = vec![];
        let mut stiff = false;
        for (k, node) in nodes.iter().enumerate() {
            if k > 0 && self.words[node.first()].space {
                docs.push(Doc::text(" "));
            }
            stiff |= self.token(node) == Some(Token::Arrow);
            docs.push(match node {
                Node::Word(i) => self.word(*i),
                Node::Brackets(brackets) if stiff => self.brackets(brackets).stiff(),
                Node::Brackets(brackets) => self.brackets(brackets),
                Node::Construct(nodes) => self.construct(nodes),
            });
        }
        Doc::Seq(docs)
    }

    pub fn brackets(&mut self, brackets: &Brackets) -> Doc<'t> {
        match self.words[brackets.open].token {
            Token::LBrace => self.block(brackets).align(),
            Token::DotBracket => self.pattern(brackets),
            _ => self.list(brackets),
        }
    }

    fn pattern(&mut self, brackets: &Brackets) -> Doc<'t> {
        let open = self.word(brackets.open);
        let inside = self.row(&brackets.inside);
        Doc::Seq(vec![open, inside, self.word(brackets.close)])
    }

    /// Elements between round or square brackets.
    fn list(&mut self, brackets: &Brackets) -> Doc<'t> {
        let elements = self.elements(&brackets.inside);
        let open = self.word(brackets.open);
        let close = brackets.close;
        let firsts: Vec<usize> = elements.iter().map(|nodes| nodes[0].first()).collect();
        let broken = firsts.iter().chain([&close]).any(|&i| self.is_first(i));
        if elements.is_empty() && !broken {
            return Doc::Seq(vec![open, Doc::text(self.words[close].text)]);
        }
        let comma = self.words[close - 1].token == Token::Comma;
        let tuple = comma && elements.len() == 1 && !self.is_call(brackets.open);
        if let [[Node::Brackets(only)]] = elements[..]
            && !broken
            && !tuple
        {
            let only = self.brackets(only);
            return Doc::Seq(vec![open, only, self.word(close)]);
        }
        let several = elements.len() > 1;
        let mut items = vec![];
        for (k, element) in elements.iter().enumerate() {
            let last = k + 1 == elements.len();
            items.push(self.element(element, several, k > 0, !last || tuple));
        }
        // The comments before the first element stand behind the bracket, and on lines before the element.
        let (behind, lines) = match items.first_mut() {
            Some(first) => (std::mem::replace(&mut first.behind, Doc::nothing()), Doc::Fill(items)),
            None => (Doc::nothing(), Doc::nothing()),
        };
        let comma = Doc::IfBroken(if several { "," } else { "" });
        let notes = self.end_notes(close, several);
        let line = |doc: &Doc| match doc {
            Doc::Seq(none) if none.is_empty() => Doc::nothing(),
            _ => Doc::Line { flat: "", blank: false },
        };
        let line = line(&lines);
        let inside = Doc::Seq(vec![behind, line, lines, comma, notes]).nest();
        let end = Doc::Line { flat: "", blank: false };
        let close = Doc::text(self.words[close].text);
        Doc::Seq(vec![open, inside, end, close]).group(broken).align()
    }

    fn element(&mut self, nodes: &[Node], several: bool, apart: bool, comma: bool) -> Item<'t> {
        let first = nodes[0].first();
        let begins = apart && self.is_first(first);
        let blank = apart && self.words[first].blank;
        let lead = self.lead(first);
        let blank = if lead.any { apart && lead.blank } else { blank };
        let doc = self.expr(nodes);
        let doc = if several { doc.nest() } else { doc };
        let comma = Doc::text(if comma { "," } else { "" });
        Item { first: begins, blank, behind: lead.behind, doc: Doc::Seq(vec![lead.alone, doc, comma]) }
    }

    /// The parts between commas. A comprehension is one part: its commas are those of a pattern of names.
    fn elements<'n>(&self, inside: &'n [Node]) -> Vec<&'n [Node]> {
        if inside.iter().any(|node| self.token(node) == Some(Token::For)) {
            return vec![inside];
        }
        let bars = lambdas(&self.words, inside);
        let outside = |at: usize| !bars.iter().any(|&(from, to)| from < at && at < to);
        let mut elements = vec![];
        let mut start = 0;
        for (at, node) in inside.iter().enumerate() {
            if self.token(node) == Some(Token::Comma) && outside(at) {
                elements.push(&inside[start..at]);
                start = at + 1;
            }
        }
        elements.push(&inside[start..]);
        elements.retain(|element| !element.is_empty());
        elements
    }

    fn is_call(&self, open: usize) -> bool {
        self.words[open].token == Token::LBracket
            || open > 0 && !self.words[open].space && {
                let last = self.words[open - 1].token;
                last.ends_expr() || last == Token::Where
            }
    }

    /// An `if` or a loop.
    fn construct(&mut self, nodes: &[Node]) -> Doc<'t> {
        if self.token(&nodes[0]) == Some(Token::If) {
            return self.branches(nodes);
        }
        let Some((Node::Brackets(body), head)) = nodes.split_last() else {
            return self.row(nodes);
        };
        // Of `while a < b max 9 with (..)` the brackets are broken, and not the comparison.
        let levels = match head.last() {
            Some(Node::Brackets(_)) => &[],
            _ => &LEVELS[OPERATORS..],
        };
        let head = self.levels(head, levels);
        let body = self.brackets(body);
        Doc::Seq(vec![head, Doc::text(" "), body])
    }

    /// `if c { .. } else if d { .. } else { .. }`
    fn branches(&mut self, nodes: &[Node]) -> Doc<'t> {
        let mut arms: Vec<Doc> = vec![];
        let (mut broken, mut ladder, mut start) = (false, nodes.len() > 3, 0);
        for (at, node) in nodes.iter().enumerate() {
            let Some(block) = node.brackets(&self.words, Token::LBrace) else { continue };
            let mut head = &nodes[start..at];
            let mut docs = vec![];
            if let Some(word) = head.first().filter(|_| start > 0) {
                ladder &= self.words[word.first()].first;
                docs.push(self.word(word.first()));
                docs.push(Doc::text(" "));
                head = &head[1..];
            }
            if !head.is_empty() {
                let condition = self.expr(head);
                broken |= condition.breaks();
                docs.push(condition.nest().nest());
                docs.push(Doc::text(" "));
            }
            let (doc, is_broken) = self.braces(block);
            broken |= is_broken;
            docs.push(doc);
            arms.push(Doc::Seq(docs));
            start = at + 1;
        }
        let first = nodes[0].first();
        let alone = self.words[first].begins || self.words[first].first;
        let ladder = ladder && alone && !broken;
        Doc::Arms { broken: broken || ladder, ladder, arms }.align()
    }

    /// A block on its own.
    pub fn block(&mut self, brackets: &Brackets) -> Doc<'t> {
        let (doc, broken) = self.braces(brackets);
        doc.group(broken)
    }

    /// How well a value can begin behind `=` and go on below.
    pub fn hug(&self, nodes: &[Node]) -> Hug {
        match nodes {
            _ if self.body_at(nodes) > 0 => Hug::Late,
            [Node::Brackets(brackets)] if self.elements(&brackets.inside).len() > 1 => Hug::Early,
            [node] if node.brackets(&self.words, Token::LBrace).is_some() => Hug::Early,
            [.., Node::Brackets(_) | Node::Construct(_)] if self.cuts(nodes, &LEVELS).is_none() => Hug::Late,
            _ => Hug::Never,
        }
    }
}

fn is_cut(token: Token) -> bool {
    leads(token) || matches!(token, Token::Minus | Token::Over | Token::With | Token::To | Token::For | Token::If)
}
