//! Inputs that are almost what dln reads: programs with tokens changed, moved, repeated; files with bytes changed.

use crate::corpus;
use crate::draw::Draw;
use dln::base::Span;
use dln::io::{self, Files};
use dln::ops::Tensor;
use dln::syntax::lexer::lex;
use dln::types::DType;

/// Numbers at which something often ends.
const NUMBERS: [&str; 18] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "64",
    "200",
    "100001",
    "65536",
    "2147483648",
    "1000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999",
    "1e308",
    "1e-320",
    "0.5",
    "-1",
];

/// Texts that lexers fall over.
const ODD: [&str; 16] = [
    "\u{feff}",
    "\0",
    "\r\n",
    "\r",
    "\u{2028}",
    "\u{a0}",
    "\u{3b1}",
    "\u{ff10}",
    "\u{1F600}",
    "\u{202e}",
    "\"",
    "'",
    "\\",
    "##",
    "\t",
    "e\u{301}",
];

/// A program of the repository with a few tokens changed.
pub fn program(draw: &mut Draw) -> Vec<u8> {
    let mut text = draw.pick(&corpus::PROGRAMS);
    for _ in 0..draw.within(1, 4) {
        text = tokens(draw, &text);
    }
    text.into_bytes()
}

/// A program with tokens or bytes changed, or any bytes.
pub fn text_or_bytes(draw: &mut Draw) -> Vec<u8> {
    match draw.below(8) {
        0 => soup(draw),
        1 | 2 => {
            let mut input = program(draw);
            (0..draw.within(1, 6)).for_each(|_| bytes(draw, &mut input));
            input
        }
        3 => {
            let mut text = draw.pick(&corpus::PROGRAMS);
            for _ in 0..draw.within(1, 4) {
                let at = text.ceil_char_boundary(draw.below(text.len() + 1));
                text.insert_str(at, draw.pick(&ODD));
            }
            text.into_bytes()
        }
        _ => program(draw),
    }
}

/// A graph's text with tokens or bytes changed.
pub fn graph(draw: &mut Draw) -> Vec<u8> {
    let mut text = draw.pick(&corpus::GRAPHS);
    for _ in 0..draw.within(1, 3) {
        text = match draw.below(3) {
            0 => lines(draw, &text),
            _ => tokens(draw, &text),
        };
    }
    let mut input = text.into_bytes();
    if draw.below(4) == 0 {
        bytes(draw, &mut input);
    }
    input
}

/// A file of weights with bytes changed.
pub fn weights(draw: &mut Draw) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files::at(folder.path());
    let dtypes = [DType::F32, DType::F64, DType::I64, DType::U8, DType::Bool];
    let tensors: Vec<(String, Tensor)> = (0..draw.within(0, 3))
        .map(|i| {
            let (dtype, shape) = (draw.pick(&dtypes), draw.shape(0, 3));
            (format!("{}.weight", 2 * i + draw.below(2)), draw.tensor(dtype, &shape, 0.0, 2.0))
        })
        .collect();
    io::save(&files, "w.safetensors", &tensors, &[], Span::none()).expect("weights can be written");
    let mut input = files.read("w.safetensors").expect("and read").into_owned();
    for _ in 0..draw.within(0, 5) {
        match draw.below(3) {
            // The header is JSON: its length stands in the first 8 bytes.
            0 => {
                let text = String::from_utf8_lossy(&input[8.min(input.len())..]).into_owned();
                let changed = tokens(draw, &text);
                input.truncate(8);
                input.extend(changed.bytes());
            }
            _ => bytes(draw, &mut input),
        }
    }
    input
}

/// A data file with bytes changed; the first byte says how it is read.
pub fn data(draw: &mut Draw) -> Vec<u8> {
    let mut input = draw.pick(&corpus::DATA);
    input.insert(0, draw.below(256) as u8);
    for _ in 0..draw.within(1, 6) {
        bytes(draw, &mut input);
    }
    if draw.below(3) == 0 {
        let at = draw.below(input.len() + 1);
        input.splice(at..at, draw.pick(&NUMBERS).bytes());
    }
    input
}

/// Changes tokens: what is between them stays as it is.
fn tokens(draw: &mut Draw, text: &str) -> String {
    let tokens: Vec<&str> = lex(text).into_iter().map(|token| &text[token.range]).collect();
    if tokens.is_empty() {
        return soup_text(draw);
    }
    let (at, other) = (draw.below(tokens.len()), draw.below(tokens.len()));
    let to = (at + draw.within(1, 8)).min(tokens.len());
    let (before, part, after) = (tokens[..at].concat(), tokens[at..to].concat(), tokens[to..].concat());
    let rest = || format!("{}{after}", tokens[at + 1..to].concat());
    match draw.below(11) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{part}{part}{after}"),
        2 => format!("{before}{}{}", tokens[other], rest()),
        3 => format!("{before}{}{}", elsewhere(draw), rest()),
        4 => format!("{before}{} {part}{after}", elsewhere(draw)),
        5 => {
            let numbers: Vec<usize> =
                (0..tokens.len()).filter(|&i| tokens[i].starts_with(|c: char| c.is_ascii_digit())).collect();
            match numbers.is_empty() {
                true => format!("{before}{}{after}", draw.pick(&NUMBERS)),
                false => {
                    let at = draw.pick(&numbers);
                    let number = draw.pick(&NUMBERS);
                    format!("{}{number}{}", tokens[..at].concat(), tokens[at + 1..].concat())
                }
            }
        }
        6 => {
            let (open, close) = draw.pick(&[("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("|x| ", ""), ("not ", "")]);
            let times = draw.pick(&[1, 2, 3, 190, 1000]);
            format!("{before}{}{part}{}{after}", open.repeat(times), close.repeat(times))
        }
        7 => format!("{before}{}{after}", format!("{part} ").repeat(draw.pick(&[2, 3, 50]))),
        8 => lines(draw, text),
        9 => {
            let item = draw.pick(&corpus::PROGRAMS);
            format!("{text}\n{item}")
        }
        // A name for another name: types, shapes and kinds no longer fit.
        _ => {
            let name = |i: &usize| tokens[*i].starts_with(|c: char| c.is_alphabetic());
            let names: Vec<usize> = (0..tokens.len()).filter(name).collect();
            match names.is_empty() {
                true => format!("{before}{after}"),
                false => {
                    let (at, by) = (draw.pick(&names), draw.pick(&names));
                    format!("{}{}{}", tokens[..at].concat(), tokens[by], tokens[at + 1..].concat())
                }
            }
        }
    }
}

/// Moves, drops or repeats a line.
fn lines(draw: &mut Draw, text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > 1 {
        let (from, to) = (draw.below(lines.len()), draw.below(lines.len()));
        match draw.below(3) {
            0 => drop(lines.remove(from)),
            1 => lines.insert(to, lines[from]),
            _ => lines.swap(from, to),
        }
    }
    lines.join("\n") + "\n"
}

/// A token of any program.
fn elsewhere(draw: &mut Draw) -> String {
    let text = draw.pick(&corpus::PROGRAMS);
    let tokens = lex(&text);
    match tokens.is_empty() {
        true => String::new(),
        false => text[tokens[draw.below(tokens.len())].range.clone()].to_string(),
    }
}

fn soup_text(draw: &mut Draw) -> String {
    (0..draw.within(0, 40)).map(|_| elsewhere(draw)).collect()
}

/// Tokens without sense, or bytes without any.
fn soup(draw: &mut Draw) -> Vec<u8> {
    match draw.flag() {
        true => soup_text(draw).into_bytes(),
        false => (0..draw.within(0, 200)).map(|_| draw.below(256) as u8).collect(),
    }
}

/// Changes some bytes.
fn bytes(draw: &mut Draw, input: &mut Vec<u8>) {
    let at = draw.below(input.len() + 1);
    let to = (at + draw.within(1, 16)).min(input.len());
    let byte = draw.below(256) as u8;
    match draw.below(5) {
        0 => drop(input.drain(at..to)),
        1 => input.insert(at, byte),
        2 => input.truncate(at),
        3 => {
            let copy = input[at..to].to_vec();
            input.splice(at..at, copy);
        }
        _ if at < input.len() => input[at] = draw.pick(&[0, 1, 0x7f, 0x80, 0xff, byte]),
        _ => {}
    }
}
