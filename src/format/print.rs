//! Documents to lines of at most 120 columns. Groups are decided from the outside in: one that fits stays on its line.
//! After Wadler, "A prettier printer", 1998, and Oppen, 1980, with an explicit stack, so that depth costs no stack.

use super::doc::{Doc, Hug, Item};
use super::lines::Line;
use super::notes::Note;

/// Columns that code may take.
pub const WIDTH: usize = 120;
const STEP: usize = 2;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Flat,
    Broken,
}

/// What is left to do.
#[derive(Clone, Copy)]
enum Work<'d, 't> {
    Doc(&'d Doc<'t>),
    /// Items behind the first.
    Items(&'d [Item<'t>]),
    /// Arms behind the first.
    Arms(&'d [Doc<'t>], Between),
}

/// What stands before an `else`.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Space,
    Line,
}

#[derive(Clone, Copy)]
struct Task<'d, 't> {
    indent: usize,
    mode: Mode,
    work: Work<'d, 't>,
}

/// Lays out a document.
pub fn print<'t>(doc: &Doc<'t>) -> Vec<Line<'t>> {
    let mut printer = Printer { lines: vec![Line::default()], tasks: vec![], moved: false };
    printer.push(0, Mode::Broken, Work::Doc(doc));
    while let Some(task) = printer.tasks.pop() {
        printer.step(task);
    }
    printer.lines
}

struct Printer<'d, 't> {
    lines: Vec<Line<'t>>,
    tasks: Vec<Task<'d, 't>>,
    /// Whether a line has ended inside of what was found to fit: what follows is measured again.
    moved: bool,
}

impl<'d, 't> Printer<'d, 't> {
    fn push(&mut self, indent: usize, mode: Mode, work: Work<'d, 't>) {
        self.tasks.push(Task { indent, mode, work });
    }

    fn line(&mut self) -> &mut Line<'t> {
        self.lines.last_mut().expect("there is a first line")
    }

    /// Begins another line; one that has nothing yet is it.
    fn end_line(&mut self, indent: usize, blank: bool) {
        match self.lines.last_mut().filter(|line| line.is_empty()) {
            Some(line) => (line.indent, line.blank) = (indent, line.blank || blank),
            None => self.lines.push(Line { indent, blank, ..Line::default() }),
        }
        self.moved = true;
    }

    fn text(&mut self, text: &str, indent: usize) {
        if self.line().comment.is_some() {
            self.end_line(indent, false);
        }
        self.line().code.push_str(text);
    }

    fn step(&mut self, Task { indent, mode, work }: Task<'d, 't>) {
        match work {
            Work::Doc(doc) => self.doc(doc, indent, mode),
            Work::Items(items) => self.items(items, indent, mode),
            Work::Arms(arms, between) => {
                if let Some((arm, rest)) = arms.split_first() {
                    match between {
                        Between::Space => self.text(" ", indent),
                        Between::Line => self.end_line(indent, false),
                    }
                    self.push(indent, mode, Work::Arms(rest, between));
                    self.push(indent, mode, Work::Doc(arm));
                }
            }
        }
    }

    fn doc(&mut self, doc: &'d Doc<'t>, indent: usize, mode: Mode) {
        match doc {
            Doc::Text(text) => self.text(text, indent),
            Doc::Seq(docs) => docs.iter().rev().for_each(|doc| self.push(indent, mode, Work::Doc(doc))),
            Doc::Nest(doc) => self.push(indent + STEP, mode, Work::Doc(doc)),
            Doc::Align(doc) => {
                let indent = self.line().indent;
                self.push(indent, mode, Work::Doc(doc));
            }
            Doc::Group { broken, doc, .. } => {
                let mode = self.mode(*broken, mode, Work::Doc(doc));
                self.push(indent, mode, Work::Doc(doc));
            }
            Doc::Clause { broken, doc } => {
                let hugs = self.line().code.starts_with([')', ']']);
                let mode = self.mode(*broken && !hugs, mode, Work::Doc(doc));
                self.push(indent, mode, Work::Doc(doc));
            }
            Doc::Line { flat, .. } if mode == Mode::Flat => self.text(flat, indent),
            Doc::Line { blank, .. } | Doc::Hard { blank } => self.end_line(indent, *blank),
            Doc::Fill(items) => {
                if let Some((first, rest)) = items.split_first() {
                    self.push(indent, mode, Work::Items(rest));
                    self.push(indent, mode, Work::Doc(&first.doc));
                    self.push(indent, mode, Work::Doc(&first.behind));
                }
            }
            Doc::Value { broken, hug, doc } => self.value(*broken, *hug, doc, indent, mode),
            Doc::Arms { broken, ladder, arms } => {
                let mode = self.mode(*broken, mode, Work::Doc(doc));
                self.arms(*ladder, arms, indent, mode);
            }
            Doc::IfBroken(text) if mode == Mode::Broken => self.text(text, indent),
            Doc::IfBroken(_) => {}
            Doc::Behind(note) => self.behind(note),
            Doc::Alone(note) => self.alone(note),
        }
    }

    /// A group is on one line if it fits, or if all around it fits.
    fn mode(&mut self, broken: bool, around: Mode, work: Work<'d, 't>) -> Mode {
        if broken {
            return Mode::Broken;
        }
        if around == Mode::Flat && !self.moved {
            return Mode::Flat;
        }
        self.moved = false;
        if self.fits(0, work) { Mode::Flat } else { Mode::Broken }
    }

    fn items(&mut self, items: &'d [Item<'t>], indent: usize, mode: Mode) {
        let Some((item, rest)) = items.split_first() else { return };
        self.push(indent, mode, Work::Items(rest));
        // What stands behind the item before ends its line.
        if let Doc::Seq(notes) = &item.behind {
            for note in notes {
                self.doc(note, indent, mode);
            }
        }
        if item.first || mode == Mode::Broken && !self.fits(1, Work::Doc(&item.doc)) {
            self.end_line(indent, item.blank);
        } else {
            self.text(" ", indent);
        }
        self.push(indent, mode, Work::Doc(&item.doc));
    }

    fn value(&mut self, broken: bool, hug: Hug, doc: &'d Doc<'t>, indent: usize, mode: Mode) {
        let work = Work::Doc(doc);
        let inside = indent + STEP;
        let stays = mode == Mode::Flat && !self.moved || self.fits(1, work);
        let next = hug == Hug::Never || hug == Hug::Late && self.fits_on_next(inside, work);
        if broken || !stays && next {
            self.end_line(inside, false);
        } else {
            self.text(" ", indent);
        }
        self.push(inside, if mode == Mode::Flat && !self.moved { mode } else { Mode::Broken }, work);
    }

    fn arms(&mut self, ladder: bool, arms: &'d [Doc<'t>], indent: usize, mode: Mode) {
        let Some((first, rest)) = arms.split_first() else { return };
        let rungs = || arms.iter().all(|arm| self.fits_on_next(indent, Work::Doc(arm)));
        let (mode, between) = match mode {
            Mode::Broken if ladder && rungs() => (Mode::Flat, Between::Line),
            mode => (mode, Between::Space),
        };
        self.push(indent, mode, Work::Arms(rest, between));
        self.push(indent, mode, Work::Doc(first));
    }

    fn behind(&mut self, note: &Note<'t>) {
        // Where a line was ended before this was seen, it stays behind what it was behind.
        if let [.., before, line] = &mut self.lines[..]
            && line.is_empty()
            && before.comment.is_none()
        {
            before.comment = Some(*note);
            return;
        }
        if self.line().comment.is_some() {
            let indent = self.line().indent;
            self.end_line(indent, false);
        }
        self.line().comment = Some(*note);
    }

    fn alone(&mut self, note: &Note<'t>) {
        if !self.line().is_empty() {
            let indent = self.line().indent;
            self.end_line(indent, note.blank);
        }
        self.line().comment = Some(*note);
    }

    /// Whether `work`, behind `space` columns, and all up to the next end of a line fit on the current line.
    fn fits(&self, space: usize, work: Work<'d, 't>) -> bool {
        let line = &self.lines[self.lines.len() - 1];
        let used = line.width() + space;
        line.comment.is_none() && self.measure(used, work, &self.tasks)
    }

    /// Whether `work` fits on a line of its own.
    fn fits_on_next(&self, indent: usize, work: Work<'d, 't>) -> bool {
        self.measure(indent, work, &self.tasks)
    }

    /// Goes through `work` as if it were on one line, then through `rest`, until a line ends.
    fn measure(&self, used: usize, work: Work<'d, 't>, rest: &[Task<'d, 't>]) -> bool {
        let mut used = used;
        let mut rest = rest.iter().rev();
        let mut todo = vec![(Mode::Flat, work)];
        loop {
            let Some((mode, work)) = todo.pop().or_else(|| rest.next().map(|task| (task.mode, task.work))) else {
                return used <= WIDTH;
            };
            let doc = match work {
                Work::Doc(doc) => doc,
                Work::Items(items) => {
                    let Some((item, rest)) = items.split_first() else { continue };
                    if mode == Mode::Broken || item.first || item.behind.breaks() {
                        return used <= WIDTH;
                    }
                    used += 1;
                    todo.extend([(mode, Work::Items(rest)), (mode, Work::Doc(&item.doc))]);
                    continue;
                }
                Work::Arms(arms, between) => {
                    let Some((arm, rest)) = arms.split_first() else { continue };
                    if between == Between::Line {
                        return used <= WIDTH;
                    }
                    used += 1;
                    todo.extend([(mode, Work::Arms(rest, between)), (mode, Work::Doc(arm))]);
                    continue;
                }
            };
            match doc {
                Doc::Text(text) => used += columns(text),
                Doc::Seq(docs) => todo.extend(docs.iter().rev().map(|doc| (mode, Work::Doc(doc)))),
                Doc::Clause { broken: true, .. } if mode == Mode::Broken => return used <= WIDTH,
                Doc::Nest(doc) | Doc::Align(doc) | Doc::Clause { doc, .. } => todo.push((mode, Work::Doc(doc))),
                Doc::Group { broken, stiff, doc } => {
                    let mode = match mode {
                        _ if *broken => Mode::Broken,
                        _ if *stiff => Mode::Flat,
                        mode => mode,
                    };
                    todo.push((mode, Work::Doc(doc)));
                }
                Doc::Line { flat, .. } if mode == Mode::Flat => used += columns(flat),
                Doc::Fill(items) => {
                    if let Some((first, rest)) = items.split_first() {
                        todo.extend([(mode, Work::Items(rest)), (mode, Work::Doc(&first.doc))]);
                    }
                }
                Doc::Value { broken: false, doc, .. } if mode == Mode::Flat => {
                    used += 1;
                    todo.push((mode, Work::Doc(doc)));
                }
                Doc::Arms { broken, arms, .. } => {
                    let mode = if *broken { Mode::Broken } else { mode };
                    if let Some((first, rest)) = arms.split_first() {
                        todo.extend([(mode, Work::Arms(rest, Between::Space)), (mode, Work::Doc(first))]);
                    }
                }
                Doc::IfBroken(text) if mode == Mode::Broken => used += columns(text),
                Doc::IfBroken(_) => {}
                Doc::Line { .. } | Doc::Value { .. } | Doc::Hard { .. } | Doc::Behind(_) | Doc::Alone(_) => {
                    return used <= WIDTH;
                }
            }
            if used > WIDTH {
                return false;
            }
        }
    }
}

/// Columns of a text, counted in characters.
pub fn columns(text: &str) -> usize {
    text.chars().count()
}
