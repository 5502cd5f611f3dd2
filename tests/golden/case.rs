//! A case file: a header, a program with marks, and blocks.
//!
//! ```text
//! # stages: parse
//! # shows: a comma that is missing between parameters
//! fn f(a: [] b: []) = a
//! #          ^ error E0109: `,`
//! #---- parse
//! #| (fn f ...)
//! ```

use crate::found::Kind;
use crate::mark::{Mark, marks};
use crate::shape::{ShapeMark, shapes};
use crate::stage::Stage;

/// The most lines that a case's program may have, marks and header not counted.
const MAX_LINES: usize = 30;

pub struct Case {
    pub stages: Vec<Stage>,
    /// Functions of the program to make programs of, for the stages behind the checker.
    pub functions: Vec<String>,
    /// Files beside the case that it uses or reads.
    pub files: Vec<String>,
    /// Everything before the first block: a valid text of its own, as all that is not program is comment.
    pub program: String,
    pub marks: Vec<Mark>,
    pub shapes: Vec<ShapeMark>,
    pub blocks: Vec<Block>,
}

/// What a stage printed when it was blessed.
pub struct Block {
    pub stage: Stage,
    pub text: String,
}

impl Case {
    pub fn read(text: &str, kind: Kind) -> Result<Case, String> {
        let start = text.lines().take_while(|line| !line.starts_with("#----")).map(|line| line.len() + 1).sum();
        let (program, rest) = text.split_at_checked(start).unwrap_or((text, ""));
        let marks = marks(program)?;
        let stages = match kind {
            Kind::Shown => vec![Stage::Parse, Stage::Check],
            Kind::Case => header(program)?,
        };
        let blocks = blocks(rest)?;
        if let Some(block) = blocks.iter().find(|block| !stages.contains(&block.stage)) {
            return Err(format!("there is a block for `{0}`, but `# stages:` does not name it", block.stage.name()));
        }
        let lines = program.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        if kind == Kind::Case && lines.count() > MAX_LINES {
            return Err(format!("the program has more than {MAX_LINES} lines: show one thing"));
        }
        let words = |name: &str| field(program, name).unwrap_or_default().split_whitespace().map(str::to_string);
        let (functions, files) = (words("# functions:").collect(), words("# files:").collect());
        Ok(Case { stages, functions, files, program: program.to_string(), marks, shapes: shapes(program), blocks })
    }
}

/// The stages that the header names; it must say what the case shows.
fn header(program: &str) -> Result<Vec<Stage>, String> {
    if field(program, "# shows:").is_none_or(str::is_empty) {
        return Err("the header does not say what the case shows: add `# shows: ..`".to_string());
    }
    let names = field(program, "# stages:").ok_or("the header names no stages: add `# stages: parse`")?;
    let stage = |name: &str| Stage::named(name).ok_or(format!("there is no stage `{name}`: {}", Stage::names()));
    names.split_whitespace().map(stage).collect()
}

/// What a line of the header says.
fn field<'p>(program: &'p str, name: &str) -> Option<&'p str> {
    program.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = vec![];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#----") {
            let stage = Stage::named(name.trim()).ok_or(format!("there is no stage `{}`", name.trim()))?;
            blocks.push(Block { stage, text: String::new() });
        } else if let (Some(content), Some(block)) = (line.strip_prefix("#|"), blocks.last_mut()) {
            block.text.push_str(content.strip_prefix(' ').unwrap_or(content));
            block.text.push('\n');
        } else if !line.trim().is_empty() {
            return Err(format!("after the program come blocks only, not `{line}`"));
        }
    }
    Ok(blocks)
}
