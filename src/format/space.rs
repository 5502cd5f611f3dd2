//! Whether a space stands between two tokens of a line.

use super::notes::Word;
use crate::syntax::token::Token;

/// Says of each word whether a space stands before it.
pub fn space(words: &mut [Word]) {
    let angles = angles(words);
    let mut frames = vec![Frame::new(None, false)];
    for i in 0..words.len() {
        let word = &words[i];
        if word.token.is_closer() && frames.len() > 1 {
            frames.pop();
        }
        let frame = frames.last_mut().expect("the outermost is never closed");
        if word.begins {
            frame.in_bars = false;
        }
        let space = i > 0 && Pair { words, angles: &angles, frame, i }.is_apart();
        if word.token == Token::Bar && !frame.pattern {
            frame.in_bars = !frame.in_bars;
        }
        if word.token.closer().is_some() {
            let pattern = frame.pattern || word.token == Token::DotBracket;
            frames.push(Frame::new(Some(word.token), pattern));
        }
        words[i].space = space;
    }
}

/// What is open around a word.
struct Frame {
    open: Option<Token>,
    /// Inside of `.[ ]`.
    pattern: bool,
    /// Between the bars of a lambda.
    in_bars: bool,
}

impl Frame {
    fn new(open: Option<Token>, pattern: bool) -> Frame {
        Frame { open, pattern, in_bars: false }
    }

    /// Whether a colon here is that of a slice.
    fn slices(&self) -> bool {
        self.open == Some(Token::LBracket) && !self.in_bars
    }
}

/// A word and the one before it.
struct Pair<'a, 't> {
    words: &'a [Word<'t>],
    angles: &'a [Angle],
    frame: &'a Frame,
    i: usize,
}

impl Pair<'_, '_> {
    fn is_apart(&self) -> bool {
        use Token::*;
        let (last, next) = (self.token(1), self.token(0));
        match (last, next) {
            (_, Comma | RParen | RBracket | Dot | DotBracket) | (LParen | LBracket | DotBracket | Dot, _) => false,
            _ if self.frame.pattern => true,
            _ if self.is_angle() => false,
            (_, Colon) | (Colon, _) if self.frame.slices() => false,
            (_, Colon) => false,
            (Minus, _) => !self.is_prefix(self.i - 1),
            (_, DotDot | DotDotEq) => !last.ends_expr(),
            (DotDot | DotDotEq, _) => !next.begins_expr(),
            (Bar, Bar) if self.frame.in_bars => true,
            (Bar, _) if self.frame.in_bars => false,
            (_, Bar) => !self.frame.in_bars,
            (Where, LParen) => !self.words[self.i].touches,
            (_, LParen | LBracket) => !last.ends_expr() && self.angles[self.i - 1] != Angle::Close,
            _ => true,
        }
    }

    fn token(&self, before: usize) -> Token {
        self.words[self.i - before].token
    }

    /// Whether the minus at `at` has one operand.
    fn is_prefix(&self, at: usize) -> bool {
        at == 0 || self.words[at].begins || !self.words[at - 1].token.ends_expr()
    }

    fn is_angle(&self) -> bool {
        self.angles[self.i - 1] == Angle::Open || self.angles[self.i] != Angle::None
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Angle {
    None,
    Open,
    Close,
}

/// Which `<` and `>` are the brackets of `idx<V>`: comparisons do not chain, so a `>` that follows a `<` is none.
fn angles(words: &[Word]) -> Vec<Angle> {
    let mut angles = vec![Angle::None; words.len()];
    for i in 1..words.len() {
        if words[i].token == Token::Lt
            && words[i - 1].text == "idx"
            && let Some(close) = closing(words, i)
        {
            (angles[i], angles[close]) = (Angle::Open, Angle::Close);
        }
    }
    angles
}

fn closing(words: &[Word], open: usize) -> Option<usize> {
    use Token::*;
    let mut depth = 0usize;
    for (i, word) in words.iter().enumerate().skip(open + 1) {
        match word.token {
            token if token.closer().is_some() => depth += 1,
            token if token.is_closer() => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            Gt => return Some(i),
            Name | Int | Hole | Dot | Plus | Minus | Star | Slash | SlashSlash | Percent | At | StarStar => {}
            _ => return None,
        }
    }
    None
}
