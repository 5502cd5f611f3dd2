//! Checking a file again after a small change: what a definition gave on its own is kept, and given again where nothing changed that
//! it could depend on.
//!
//! A definition depends on its text and on that of every item whose name is written in it, and so on from those; where a
//! `let` is among them, on all of them, since layers can share parts. A word in a comment counts too: too much is checked
//! again, never too little. The `use` lines, the other files of the project and the places of the library's files are one
//! condition for all. Places are moved with the items that they lie in, so a line above makes nothing stale.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::{FileId, Sources, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::ItemKind;

use super::notes::Note;
use super::scope::{MAIN, ModuleId, Modules};

/// In how many checks findings may be of no use before they are forgotten.
const KEPT: u64 = 64;

/// What one definition gave on its own.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub diagnostics: Vec<Diagnostic>,
    /// With whether each holds for all sizes.
    pub notes: Vec<(bool, Note)>,
    pub proved: usize,
}

/// A hash that tells texts apart.
type Print = (u64, u64);

/// Two passes of 64 bits each: texts that differ have the same print never in practice.
fn print(what: impl Hash) -> Print {
    let one = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        what.hash(&mut hasher);
        hasher.finish()
    };
    (one(0), one(1))
}

/// An item of the main file with all up to the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Region {
    lo: u32,
    hi: u32,
    print: Print,
}

/// The items of a text, to find places again in another one.
#[derive(Clone, Debug, Default)]
pub struct Regions(Vec<Region>);

impl Regions {
    /// The items of the main file; none where they do not tile it.
    pub fn of(modules: &Modules, sources: &Sources) -> Regions {
        let main = modules.get(MAIN);
        let Some(text) = sources.get(main.file).map(|source| source.text.as_str()) else { return Regions::default() };
        let starts: Vec<u32> = main.ast.items.iter().map(|item| item.span.lo).collect();
        let ends = starts.iter().skip(1).copied().chain([text.len() as u32]);
        let region = |(item, (&lo, hi)): (&crate::syntax::ast::Item, (&u32, u32))| {
            let own = text.get(lo as usize..hi as usize)?;
            Some(Region { lo, hi, print: print((std::mem::discriminant(&item.kind), own)) })
        };
        let regions: Option<Vec<Region>> = main.ast.items.iter().zip(starts.iter().zip(ends)).map(region).collect();
        Regions(regions.filter(|_| main.parts.len() == 1).unwrap_or_default())
    }

    /// Where a place of this text is in another one, if its item is there with the same words.
    pub fn moved(&self, span: Span, to: &Regions) -> Option<Span> {
        let at = self.0.iter().position(|region| region.lo <= span.lo && span.hi <= region.hi)?;
        let print = self.0[at].print;
        let nth = self.0[..at].iter().filter(|region| region.print == print).count();
        let new = to.0.iter().filter(|region| region.print == print).nth(nth)?;
        Some(shifted(span, self.0[at].lo, new.lo))
    }
}

fn shifted(span: Span, from: u32, to: u32) -> Span {
    Span { file: span.file, lo: span.lo - from + to, hi: span.hi - from + to }
}

/// Puts another span for each of a diagnostic; none where one has none.
pub fn with_spans(mut diagnostic: Diagnostic, to: impl Fn(Span) -> Option<Span>) -> Option<Diagnostic> {
    for label in &mut diagnostic.labels {
        label.span = to(label.span)?;
    }
    for edit in diagnostic.helps.iter_mut().filter_map(|help| help.edit.as_mut()) {
        edit.span = to(edit.span)?;
    }
    Some(diagnostic)
}

/// What a definition's findings depend on, and where that stands.
#[derive(Clone, Debug)]
struct Basis {
    print: Print,
    /// The first and last byte of every item, the definition's own first.
    places: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct Kept {
    findings: Findings,
    places: Vec<(u32, u32)>,
    /// The names of the file: what is wrong is said with those that are near.
    names: Print,
    used: u64,
}

/// What is known of the definitions of a file from the checks before.
#[derive(Debug, Default)]
pub struct Known {
    /// Of this check: by the place of the item.
    bases: BTreeMap<usize, Basis>,
    main: Option<FileId>,
    names: Print,
    /// Of all: what must not change, and the files in their order.
    context: Print,
    files: Vec<String>,
    kept: BTreeMap<(ModuleId, Print), Kept>,
    checks: u64,
}

impl Known {
    /// Begins a check of a program.
    pub fn begin(&mut self, modules: &Modules, sources: &Sources) {
        let context = context(modules, sources);
        let files: Vec<String> = modules.list.iter().map(|module| module.name.clone()).collect();
        let common = files.len().min(self.files.len());
        if context != self.context || files[..common] != self.files[..common] {
            self.kept.clear();
        }
        self.checks += 1;
        let oldest = self.checks.saturating_sub(KEPT);
        self.kept.retain(|_, kept| kept.used >= oldest);
        let main = modules.get(MAIN);
        (self.context, self.files, self.main) = (context, files, Some(main.file));
        self.names = print(main.ast.items.iter().flat_map(|item| item.names()).map(|n| &*n.name).collect::<Vec<_>>());
        self.bases = bases(modules, sources);
    }

    /// What the definition at a place of a module gave, with its places as they are now.
    pub fn findings(&mut self, module: ModuleId, at: usize) -> Option<Findings> {
        let (print, places) = self.basis(module, at)?;
        let (main, names, checks) = (self.main, self.names, self.checks);
        let kept = self.kept.get_mut(&(module, print))?;
        if !kept.findings.diagnostics.is_empty() && kept.names != names {
            return None;
        }
        kept.used = checks;
        moved(&kept.findings, main, &kept.places, &places)
    }

    /// Keeps what the definition at a place gave, if all places in it can be found again.
    pub fn keep(&mut self, module: ModuleId, at: usize, findings: &Findings) {
        let Some((print, places)) = self.basis(module, at) else { return };
        if moved(findings, self.main, &places, &places).is_some() {
            let kept = Kept { findings: findings.clone(), places, names: self.names, used: self.checks };
            self.kept.insert((module, print), kept);
        }
    }

    /// Of another file only its place counts: its text is part of the context.
    fn basis(&self, module: ModuleId, at: usize) -> Option<(Print, Vec<(u32, u32)>)> {
        match module == MAIN {
            true => self.bases.get(&at).map(|basis| (basis.print, basis.places.clone())),
            false => Some((print(at), vec![])),
        }
    }
}

/// Findings whose places in the main file have moved from some ranges to others.
fn moved(findings: &Findings, main: Option<FileId>, from: &[(u32, u32)], to: &[(u32, u32)]) -> Option<Findings> {
    let place = |span: Span| {
        if span.is_none() || Some(span.file) != main {
            return Some(span);
        }
        let inside = |(lo, hi): &(u32, u32)| *lo <= span.lo && span.hi <= *hi;
        let at = from.iter().position(inside)?;
        Some(shifted(span, from[at].0, to.get(at)?.0))
    };
    let diagnostics = findings.diagnostics.iter().map(|d| with_spans(d.clone(), place)).collect::<Option<Vec<_>>>()?;
    let note = |(general, note): &(bool, Note)| {
        let origin = match note.origin {
            Some(origin) => Some(place(origin)?),
            None => None,
        };
        Some((*general, Note { span: place(note.span)?, origin, ..note.clone() }))
    };
    let notes = findings.notes.iter().map(note).collect::<Option<Vec<_>>>()?;
    Some(Findings { diagnostics, notes, proved: findings.proved })
}

/// What every definition may depend on without naming it.
fn context(modules: &Modules, sources: &Sources) -> Print {
    let main = modules.get(MAIN);
    let lines = main.ast.items.iter().filter(|item| matches!(item.kind, ItemKind::Use(_)));
    let lines = lines.map(|item| sources.text(item.span));
    // Where the program chooses its float type, everything may depend on that.
    let all = main.place("float").and_then(|_| sources.get(main.file)).map(|source| &source.text);
    let others = modules.list.iter().skip(1).filter(|module| !module.std);
    let others = others.flat_map(|module| &module.parts).filter_map(|&part| sources.get(part));
    print((lines.collect::<Vec<_>>(), all, others.map(|source| (&source.name, &source.text)).collect::<Vec<_>>()))
}

/// On what each definition of the main file depends.
fn bases(modules: &Modules, sources: &Sources) -> BTreeMap<usize, Basis> {
    let main = modules.get(MAIN);
    let Regions(regions) = Regions::of(modules, sources);
    let Some(text) = sources.get(main.file).map(|source| source.text.as_str()).filter(|_| !regions.is_empty()) else {
        return BTreeMap::new();
    };
    let words = |region: &Region| {
        let own = &text[region.lo as usize..region.hi as usize];
        let words = own.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let mut seen = BTreeSet::new();
        words.filter_map(|word| main.place(word)).filter(|&at| seen.insert(at)).collect::<Vec<usize>>()
    };
    let named: Vec<Vec<usize>> = regions.iter().map(words).collect();
    let is_let = |at: &usize| matches!(main.ast.items[*at].kind, ItemKind::Let(_));
    let lets: Vec<usize> = (0..regions.len()).filter(is_let).collect();
    let basis = |at: usize| {
        let (mut seen, mut order, mut next) = (BTreeSet::from([at]), vec![at], 0);
        while let Some(item) = order.get(next).copied() {
            next += 1;
            let more = named[item].iter().chain(lets.iter().filter(|_| is_let(&item)));
            order.extend(more.filter(|&&other| seen.insert(other)));
        }
        let places = order.iter().map(|&item| (regions[item].lo, regions[item].hi)).collect();
        Basis { print: print(order.iter().map(|&item| regions[item].print).collect::<Vec<_>>()), places }
    };
    let is_checked = |at: &usize| matches!(main.ast.items[*at].kind, ItemKind::Fn(_) | ItemKind::Layer(_));
    (0..regions.len()).filter(is_checked).map(|at| (at, basis(at))).collect()
}
