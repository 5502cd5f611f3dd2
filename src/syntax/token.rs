//! The kinds of token. A token has no payload: its text is the part of the file that its span covers.

use logos::Logos;

/// A kind of token. Those without a pattern are never lexed: `soft` promotes names to them, and recovery puts them in.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    // Trivia
    #[regex(r"[ \t\r\f]+")]
    Space,
    /// A line end; after `layout`, the end of a statement (`;` too).
    #[regex(r"\r?\n")]
    Newline,
    #[regex(r"#([^\r\n]|\r+[^\r\n])*", allow_greedy = true)]
    Comment,

    // Literals and names
    #[regex(r"[\p{XID_Start}_]\p{XID_Continue}*")]
    Name,
    #[regex(r"[0-9][0-9_]*", priority = 5)]
    Int,
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9][0-9_]*)?|[0-9][0-9_]*[eE][+-]?[0-9][0-9_]*", priority = 6)]
    Float,
    #[regex(r#""(\\[^\r\n]|[^"\\\r\n])*""#)]
    Str,
    #[token("_", priority = 10)]
    Hole,

    // Reserved words
    #[token("use")]
    Use,
    #[token("hyper")]
    Hyper,
    #[token("let")]
    Let,
    #[token("fn")]
    Fn,
    #[token("layer")]
    Layer,
    #[token("optimizer")]
    Optimizer,
    #[token("train")]
    Train,
    #[token("test")]
    Test,
    #[token("if")]
    If,
    #[token("else")]
    Else,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("scan")]
    Scan,
    #[token("repeat")]
    Repeat,
    #[token("while")]
    While,
    #[token("each")]
    Each,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[token("not")]
    Not,
    #[token("where")]
    Where,
    #[token("param")]
    Param,
    #[token("buffer")]
    Buffer,
    #[token("yield")]
    Yield,
    #[token("as")]
    As,

    // Names with a meaning in one place, see `soft`
    Minimize,
    Log,
    Save,
    Assert,
    Over,
    With,
    Max,
    To,
    Backward,
    State,
    Step,
    Validate,
    Every,
    Epochs,
    Steps,
    Stop,
    After,
    Without,
    Best,
    Highest,
    Lowest,

    // Brackets
    #[token("(")]
    LParen,
    #[token(")")]
    RParen,
    #[token("[")]
    LBracket,
    #[token("]")]
    RBracket,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token(".[")]
    DotBracket,

    // Operators and marks
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("//")]
    SlashSlash,
    #[token("%")]
    Percent,
    #[token("@")]
    At,
    #[token("**")]
    StarStar,
    #[token("==")]
    EqEq,
    #[token("!=")]
    Ne,
    #[token("<")]
    Lt,
    #[token("<=")]
    Le,
    #[token(">")]
    Gt,
    #[token(">=")]
    Ge,
    #[token("|>")]
    Pipe,
    #[token(">>")]
    Compose,
    #[token(":>")]
    Claim,
    #[token("->")]
    Arrow,
    #[token("<-")]
    LeftArrow,
    #[token("=")]
    Eq,
    #[token(":")]
    Colon,
    #[token(",")]
    Comma,
    #[token(".")]
    Dot,
    #[token("..")]
    DotDot,
    #[token("..=")]
    DotDotEq,
    #[token("|")]
    Bar,
    #[token("||")]
    BarBar,
    #[token(";")]
    Semicolon,

    // Not of the language, lexed to say so well
    #[regex(r#""(\\[^\r\n]|[^"\\\r\n])*\\?"#)]
    UnclosedStr,
    #[regex(r"'(\\[^\r\n]|[^'\\\r\n])*'")]
    QuotedStr,
    #[regex("[\u{201c}\u{201d}\u{201e}][^\u{201c}\u{201d}\u{201e}\r\n]*[\u{201c}\u{201d}]")]
    #[regex("[\u{2018}\u{2019}][^\u{2018}\u{2019}\r\n]*[\u{2018}\u{2019}]")]
    CurlyStr,
    #[regex(r"[0-9][0-9_]*\p{XID_Start}\p{XID_Continue}*", priority = 3)]
    BadNumber,
    #[token("...")]
    Ellipsis,
    #[regex(r"\+=|-=|\*=|/=|//=|%=|@=|\*\*=")]
    OpEq,
    #[token("!")]
    Bang,
    #[token("&&")]
    AndAnd,
    Stray,

    // Put in by the parser itself
    /// Stands for what did not parse and is reported already.
    Broken,
    StartItem,
    StartStmts,
    StartExpr,
}

impl Token {
    /// The words that begin a top-level declaration.
    pub fn begins_item(self) -> bool {
        use Token::*;
        matches!(self, Use | Hyper | Let | Fn | Layer | Optimizer | Train | Test)
    }

    /// Whether an expression can end here; a line that ends in any other token is open.
    pub fn ends_expr(self) -> bool {
        use Token::*;
        matches!(
            self,
            // `optimizer` is a name where no item begins.
            Name | Optimizer
                | Int
                | Float
                | Str
                | Hole
                | True
                | False
                | RParen
                | RBracket
                | RBrace
                | UnclosedStr
                | QuotedStr
                | CurlyStr
                | BadNumber
                | Ellipsis
                | Stray
                | Broken
        )
    }

    /// Whether a line that begins so continues the line before: no statement begins with it.
    pub fn continues_line(self) -> bool {
        use Token::*;
        matches!(
            self,
            Plus | Star
                | Slash
                | SlashSlash
                | Percent
                | At
                | StarStar
                | EqEq
                | Ne
                | Lt
                | Le
                | Gt
                | Ge
                | Pipe
                | Compose
                | Claim
                | Arrow
                | LeftArrow
                | Eq
                | Colon
                | Comma
                | Dot
                | DotDot
                | DotDotEq
                | DotBracket
                | RParen
                | RBracket
                | And
                | Or
                | Else
                | Where
                | In
                | As
                | OpEq
                | AndAnd
        )
    }

    /// Whether an expression can begin here.
    pub fn begins_expr(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Int
                | Float
                | Str
                | Hole
                | True
                | False
                | If
                | Scan
                | Repeat
                | While
                | Each
                | LParen
                | LBracket
                | LBrace
                | Minus
                | Not
                | Bar
                | Broken
        )
    }

    /// Whether it is a word of the language: reserved, or promoted by its place.
    pub fn is_word(self) -> bool {
        (Token::Use..=Token::Lowest).contains(&self)
    }

    /// Whether it is an operator or a mark between other things.
    pub fn is_operator(self) -> bool {
        (Token::Plus..=Token::BarBar).contains(&self)
    }

    /// The bracket that closes this one.
    pub fn closer(self) -> Option<Token> {
        match self {
            Token::LParen => Some(Token::RParen),
            Token::LBracket | Token::DotBracket => Some(Token::RBracket),
            Token::LBrace => Some(Token::RBrace),
            _ => None,
        }
    }

    pub fn is_closer(self) -> bool {
        matches!(self, Token::RParen | Token::RBracket | Token::RBrace)
    }
}

/// The words of the language, in the order of their tokens: those that are reserved, then those that are names elsewhere.
pub const WORDS: &[&str] = &[
    "use",
    "hyper",
    "let",
    "fn",
    "layer",
    "optimizer",
    "train",
    "test",
    "if",
    "else",
    "for",
    "in",
    "scan",
    "repeat",
    "while",
    "each",
    "true",
    "false",
    "and",
    "or",
    "not",
    "where",
    "param",
    "buffer",
    "yield",
    "as",
    "minimize",
    "log",
    "save",
    "assert",
    "over",
    "with",
    "max",
    "to",
    "backward",
    "state",
    "step",
    "validate",
    "every",
    "epochs",
    "steps",
    "stop",
    "after",
    "without",
    "best",
    "highest",
    "lowest",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_grammar() {
        let grammar = include_str!("../../grammar/dln.lalrpop");
        let terminals = grammar.lines().filter_map(|line| line.trim().split_once(" => Token::"));
        let words = terminals.map(|(word, _)| word.trim_matches('"'));
        let words: Vec<&str> = words.skip_while(|word| *word != "use").take_while(|word| *word != "(").collect();
        assert_eq!(words, WORDS);
    }
}
