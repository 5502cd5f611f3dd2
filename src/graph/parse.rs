//! Reads the text form of a graph back. It checks the syntax; whether the graph makes sense is for `verify`.

mod cursor;
mod op;

use super::{Graph, Kind, Node, NodeId, Type};
use crate::base::{Name, Span};
use crate::ops::Scan;
use crate::types::DType;
use cursor::Cursor;

/// Where the text is no graph, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    pub message: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads a graph as `Display` writes it. Empty lines and lines that begin with `#` say nothing.
pub fn parse(text: &str) -> Result<Graph, ParseError> {
    let lines = text.lines().enumerate().map(|(i, text)| (i + 1, text.trim_end()));
    let mut lines = Lines { rest: lines.filter(|(_, text)| says_something(text)).collect(), next: 0 };
    let graph = graph(&mut lines, 0)?;
    match lines.peek() {
        None => Ok(graph),
        Some((line, _)) => Err(ParseError { line, message: "this line is indented too deep".to_string() }),
    }
}

fn says_something(text: &str) -> bool {
    let text = text.trim_start();
    !text.is_empty() && !text.starts_with('#')
}

struct Lines<'a> {
    rest: Vec<(usize, &'a str)>,
    next: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<(usize, &'a str)> {
        self.rest.get(self.next).copied()
    }

    /// The next line, without its indentation, if it has just that of `depth`.
    fn at_depth(&mut self, depth: usize) -> Option<(usize, &'a str)> {
        let (line, text) = self.peek()?;
        let body = text.trim_start();
        (text.len() - body.len() == 2 * depth).then(|| {
            self.next += 1;
            (line, body)
        })
    }
}

fn graph(lines: &mut Lines, depth: usize) -> Result<Graph, ParseError> {
    let mut graph = Graph::default();
    while let Some((line, text)) = lines.at_depth(depth) {
        let mut cursor = Cursor::new(text);
        let stated = statement(&mut cursor, graph.nodes.len()).map_err(|message| ParseError { line, message })?;
        match stated {
            Statement::Input(name, ty) => graph.inputs.push((name, ty)),
            Statement::Output(name, node) => graph.outputs.push((name, node)),
            Statement::Node(mut node) => {
                if let Kind::Scan(scan) = &mut node.kind {
                    scan.body = self::graph(lines, depth + 1)?;
                }
                graph.nodes.push(node);
            }
        }
    }
    Ok(graph)
}

enum Statement {
    Input(Name, Type),
    Output(Name, NodeId),
    Node(Node),
}

fn statement(cursor: &mut Cursor, next: usize) -> Result<Statement, String> {
    let stated = if cursor.eat("input ") {
        let name = cursor.string()?;
        cursor.expect(":")?;
        Statement::Input(name.into(), ty(cursor)?)
    } else if cursor.eat("output ") {
        let name = cursor.string()?;
        cursor.expect(":")?;
        Statement::Output(name.into(), node_id(cursor)?)
    } else {
        Statement::Node(node(cursor, next)?)
    };
    cursor.end()?;
    Ok(stated)
}

fn node(cursor: &mut Cursor, next: usize) -> Result<Node, String> {
    let id = node_id(cursor)?;
    if id.index() != next {
        return Err(format!("this should be node %{next}"));
    }
    cursor.expect(":")?;
    let tys = if cursor.eat("(") { types(cursor)? } else { vec![ty(cursor)?] };
    cursor.expect("=")?;
    let name = cursor.word()?;
    let mut args = vec![];
    while cursor.sees("%") {
        args.push(node_id(cursor)?);
        if !cursor.eat(",") {
            break;
        }
    }
    let kind = kind(name, cursor)?;
    Ok(Node { kind, args, tys, span: Span::none(), checkpoint: None })
}

/// The rest of a list of types whose parenthesis is open.
fn types(cursor: &mut Cursor) -> Result<Vec<Type>, String> {
    let mut tys = vec![];
    while !cursor.eat(")") {
        if !tys.is_empty() {
            cursor.expect(",")?;
        }
        tys.push(ty(cursor)?);
    }
    Ok(tys)
}

fn ty(cursor: &mut Cursor) -> Result<Type, String> {
    let name = cursor.word()?;
    let dtype = DType::parse(name).ok_or_else(|| format!("`{name}` is no element type"))?;
    Ok(Type { dtype, shape: cursor.list()? })
}

fn node_id(cursor: &mut Cursor) -> Result<NodeId, String> {
    cursor.expect("%")?;
    Ok(NodeId(cursor.number()?))
}

fn kind(name: &str, cursor: &mut Cursor) -> Result<Kind, String> {
    let mut fields = cursor.fields();
    let kind = match name {
        "input" => Kind::Input(fields.number("index")?),
        "result" => Kind::Result(fields.number("index")?),
        "scan" => Kind::Scan(Box::new(Scan {
            n: fields.number("n")?,
            reverse: fields.boolean("reverse")?,
            carries: fields.number("carries")?,
            xs: fields.number("xs")?,
            when: fields.last_number("when")?,
            body: Graph::default(),
        })),
        name => Kind::Op(op::op(name, &mut fields)?),
    };
    fields.end()?;
    Ok(kind)
}
