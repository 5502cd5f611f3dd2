//! Text to raw tokens. The tokens tile the file: every byte belongs to exactly one, spaces and comments included.

use super::token::Token;
use crate::diag::lookalike;
use logos::Logos;
use std::ops::Range;

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawToken {
    pub token: Token,
    pub range: Range<usize>,
}

/// Splits `text` into tokens; what is no token becomes `Token::Stray`, neighbours joined. What looks like a character of
/// ASCII stands alone.
pub fn lex(text: &str) -> Vec<RawToken> {
    let mut tokens: Vec<RawToken> = Vec::new();
    // Whether the last token takes more that is no token.
    let mut open = false;
    for (result, range) in Token::lexer(text).spanned() {
        let token = result.unwrap_or(Token::Stray);
        let joined = token == Token::Stray && joins(&text[range.clone()]);
        match tokens.last_mut() {
            Some(last) if open && joined => last.range.end = range.end,
            _ => tokens.push(RawToken { token, range }),
        }
        open = joined;
    }
    tokens
}

fn joins(stray: &str) -> bool {
    stray.chars().all(|c| lookalike::of(c).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(text: &str) -> Vec<Token> {
        let significant = |t: &Token| !matches!(t, Token::Space);
        lex(text).into_iter().map(|t| t.token).filter(significant).collect()
    }

    #[test]
    fn long_text_outside_of_ascii_needs_no_deep_stack() {
        for sign in ["😀", "é", "語"] {
            let comment = format!("# {}\n", sign.repeat(200_000));
            let name = format!("\"{}\"", sign.repeat(200_000));
            assert_eq!((lex(&comment)[0].token, lex(&name).len()), (Token::Comment, 1));
        }
    }

    #[test]
    fn numbers_and_ranges() {
        use Token::*;
        assert_eq!(
            kinds("1 10_000 2.5 1e-3 0..n 0..=9 x.T 3x 1.5e3"),
            [Int, Int, Float, Float, Int, DotDot, Name, Int, DotDotEq, Int, Name, Dot, Name, BadNumber, Float]
        );
    }

    #[test]
    fn longest_operator_wins() {
        use Token::*;
        assert_eq!(
            kinds("|> || | >> >= :> -> <- ** *= .[ .. ... //="),
            [
                Pipe, BarBar, Bar, Compose, Ge, Claim, Arrow, LeftArrow, StarStar, OpEq, DotBracket, DotDot, Ellipsis,
                OpEq
            ]
        );
    }

    #[test]
    fn strings() {
        use Token::*;
        assert_eq!(
            kinds("\"a\\\"b\" 'a' \"open\n_ _x naïve \u{a7}\u{a7}"),
            [Str, QuotedStr, UnclosedStr, Newline, Hole, Name, Name, Stray]
        );
        assert_eq!(kinds("\"open\\"), [UnclosedStr]);
    }

    #[test]
    fn keywords_are_whole_words() {
        use Token::*;
        assert_eq!(kinds("use user in inner"), [Use, Name, In, Name]);
    }

    proptest! {
        #[test]
        fn tokens_tile_the_file(text in "\\PC*|[a-z0-9 .\"'#\\\\\n\r|<>=-]*") {
            let mut at = 0;
            for token in lex(&text) {
                prop_assert_eq!(token.range.start, at);
                prop_assert!(token.range.end > at && text.is_char_boundary(token.range.end));
                at = token.range.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
