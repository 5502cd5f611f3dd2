//! Tokens as a tree: brackets, and the constructs that end with a block.

use super::notes::Word;
use crate::syntax::token::Token;

/// A part of an expression or a statement; words are named by their positions.
#[derive(Clone, Debug)]
pub enum Node {
    Word(usize),
    Brackets(Brackets),
    /// `if c { .. } else { .. }`, `scan .. { .. }`: from the keyword to the last block.
    Construct(Vec<Node>),
}

#[derive(Clone, Debug)]
pub struct Brackets {
    pub open: usize,
    pub close: usize,
    pub inside: Vec<Node>,
}

impl Node {
    pub fn first(&self) -> usize {
        match self {
            Node::Word(i) => *i,
            Node::Brackets(brackets) => brackets.open,
            Node::Construct(nodes) => nodes[0].first(),
        }
    }

    pub fn last(&self) -> usize {
        match self {
            Node::Word(i) => *i,
            Node::Brackets(brackets) => brackets.close,
            Node::Construct(nodes) => nodes[nodes.len() - 1].last(),
        }
    }

    /// Its token, if it is a single one.
    pub fn token(&self, words: &[Word]) -> Option<Token> {
        match self {
            Node::Word(i) => Some(words[*i].token),
            _ => None,
        }
    }

    /// The brackets, if it is some that open with `token`.
    pub fn brackets(&self, words: &[Word], token: Token) -> Option<&Brackets> {
        match self {
            Node::Brackets(brackets) if words[brackets.open].token == token => Some(brackets),
            _ => None,
        }
    }
}

/// The tree of balanced tokens.
pub fn tree(words: &[Word]) -> Vec<Node> {
    let mut open: Vec<(usize, Vec<Node>)> = vec![];
    let mut nodes = vec![];
    for (i, word) in words.iter().enumerate() {
        if word.token.closer().is_some() {
            open.push((i, std::mem::take(&mut nodes)));
        } else if word.token.is_closer()
            && let Some((start, before)) = open.pop()
        {
            let inside = constructs(words, std::mem::replace(&mut nodes, before));
            nodes.push(Node::Brackets(Brackets { open: start, close: i, inside }));
        } else {
            nodes.push(Node::Word(i));
        }
    }
    constructs(words, nodes)
}

/// Joins the parts of each construct. A condition may hold constructs, so those that are not done yet are a stack.
fn constructs(words: &[Word], nodes: Vec<Node>) -> Vec<Node> {
    let mut open: Vec<Vec<Node>> = vec![];
    let mut done = vec![];
    let mut nodes = nodes.into_iter().peekable();
    while let Some(node) = nodes.next() {
        if begins(words, &node) {
            open.push(vec![node]);
            continue;
        }
        let block = node.brackets(words, Token::LBrace).is_some();
        let Some(construct) = open.last_mut() else {
            done.push(node);
            continue;
        };
        construct.push(node);
        if !block {
            continue;
        }
        let is_if = construct[0].token(words) == Some(Token::If);
        if let Some(word) = nodes.next_if(|n| is_if && n.token(words) == Some(Token::Else)) {
            construct.push(word);
            // `else if` goes on in the same construct.
            construct.extend(nodes.next_if(|n| n.token(words) == Some(Token::If)));
            continue;
        }
        let construct = open.pop().map(Node::Construct);
        open.last_mut().unwrap_or(&mut done).extend(construct);
    }
    for rest in open {
        done.extend(rest);
    }
    done
}

/// Whether a construct begins here; behind an operand `if` and `for` are parts of something else.
fn begins(words: &[Word], node: &Node) -> bool {
    let Node::Word(i) = node else { return false };
    let operand = *i > 0 && !words[*i].begins && words[i - 1].token.ends_expr();
    match words[*i].token {
        Token::If | Token::For => !operand,
        Token::Scan | Token::Repeat | Token::While | Token::Each => true,
        _ => false,
    }
}

/// The positions of the words between the bars of lambdas in a row of nodes, bars included, as pairs of node positions.
pub fn lambdas(words: &[Word], nodes: &[Node]) -> Vec<(usize, usize)> {
    let mut found = vec![];
    let mut open = None;
    for (at, node) in nodes.iter().enumerate() {
        if node.token(words) != Some(Token::Bar) {
            continue;
        }
        match open.take() {
            None => open = Some(at),
            Some(from) => found.push((from, at)),
        }
    }
    found
}
