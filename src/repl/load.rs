//! `:load`, `:reload`, `:save`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::{Name, Span};
use crate::diag::Severity;
use crate::io::Files;
use crate::sema::type_text;
use crate::syntax::ast::ItemKind;
use crate::syntax::parse;

use super::commands::counted;
use super::declare::{Draft, standing};
use super::kept::{Kept, dependents};
use super::memory::Memory;
use super::session::Session;
use super::weights::is_weights;
use super::world::{Stop, World};

/// How many layers are named.
const NAMED: usize = 4;

/// Some layers by their paths.
fn listed(layers: &BTreeSet<String>) -> String {
    let named: Vec<String> = layers.iter().take(NAMED).map(|layer| format!("`{layer}`")).collect();
    match layers.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl Session {
    /// `:load FILE`: weights of a `.safetensors`, or a program. Its declarations take the place of those of the file that was loaded before; what was typed stays, where
    /// the file says nothing else. Paths begin at its folder. Nothing of it runs.
    pub fn load(&mut self, path: &str, world: &mut World) -> Result<(), Stop> {
        if is_weights(path) {
            return self.load_weights(path, world);
        }
        let name = Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let files = self.files.clone().below(&folder.to_string_lossy());
        self.read(files, name, Memory::default(), world)
    }

    /// `:reload`: as `:load` of the same file; weights stay where they fit.
    pub(super) fn reload(&mut self, world: &mut World) -> Result<(), Stop> {
        let Some((files, name)) = self.loaded.clone() else {
            world.say("no file is loaded: `:load FILE`");
            return Err(Stop);
        };
        self.read(files, name, self.memory.clone(), world)
    }

    fn read(&mut self, files: Files, name: String, memory: Memory, world: &mut World) -> Result<(), Stop> {
        let text = files.read(&name).map_err(|error| error.to_string());
        let text =
            text.and_then(|bytes| String::from_utf8(bytes.into_owned()).map_err(|_| "it is not UTF-8".to_string()));
        let text = text.map_err(|error| {
            world.say(format!("`{name}` cannot be read: {error}"));
            Stop
        })?;
        // A file with a mistake can be mended, and read again.
        self.loaded = Some((files.clone(), name.clone()));
        let before = std::mem::replace(&mut self.files, files);
        let result = self.take_file(&name, &text, memory, world);
        if result.is_err() {
            self.files = before;
        }
        result
    }

    fn take_file(&mut self, name: &str, text: &str, mut memory: Memory, world: &mut World) -> Result<(), Stop> {
        let file = self.sources.add(name, text);
        let parsed = parse(file, text);
        self.tell_all(&parsed.diagnostics, &self.sources, world)?;
        let new: Vec<Kept> = parsed.file.items.into_iter().map(|item| Kept::new(item, true)).collect();
        let names: Vec<Name> = new.iter().flat_map(Kept::names).collect();
        let unchanged: BTreeSet<Name> =
            self.kept.iter().filter(|old| old.loaded).flat_map(|old| self.unchanged(old, &new)).collect();
        let mut kept = new;
        let mut own: Vec<Kept> = self.kept.iter().filter(|kept| !kept.loaded).cloned().collect();
        own.retain_mut(|kept| kept.without(&names));
        let gone = self.kept.iter().filter(|old| old.loaded).flat_map(Kept::names).filter(|old| !names.contains(old));
        let changed: Vec<Name> = names.iter().filter(|name| !unchanged.contains(*name)).cloned().chain(gone).collect();
        kept.extend(own);
        memory.outdate(&dependents(&kept, &changed, &self.sources));
        let span = Span::new(file, 0, text.len());
        let mut draft = Draft::of(kept, self.sized.clone(), memory);
        self.check_blocks(&mut draft, span, world)?;
        let (mut draft, seen) = self.settle(draft, span, &[], world)?;
        let misfits = draft.memory.misfits(&seen.checked);
        let [gone, new] = draft.memory.moved(&seen.checked).map(|layers| listed(&layers));
        self.fill(&mut draft, &seen, world)?;
        let count = draft.kept.iter().filter(|kept| kept.loaded && !kept.runs()).flat_map(Kept::names).count();
        self.accept(draft, &seen, world);
        world.say(format!("{name}: {}", counted(count, "declaration")));
        for (path, old, new) in misfits {
            world.say(format!("  `{path}` begins anew: it was {} and is {}", type_text(&old), type_text(&new)));
        }
        match (&*gone, &*new) {
            ("", _) => {}
            (gone, "") => world.say(format!("  gone with what they have learned: {gone}")),
            (gone, new) => world.say(format!("  gone with what they have learned: {gone}; begin anew: {new}")),
        }
        let trainings: Vec<String> = self
            .kept
            .iter()
            .flat_map(Kept::names)
            .filter_map(|name| Some(name.strip_prefix("train ")?.to_string()))
            .collect();
        if !trainings.is_empty() {
            world.say(format!("  `:run` runs {}", trainings.join(", ")));
        }
        Ok(())
    }

    /// Checks the blocks of a file that run when they are asked to. Those stay part of every program that say sizes which nothing
    /// else says.
    fn check_blocks(&self, draft: &mut Draft, file: Span, world: &mut World) -> Result<(), Stop> {
        let waiting = |draft: &Draft| {
            let seen = self.check(standing(&draft.kept, &draft.sized), None, &draft.memory);
            (seen.checked.standing.waiting.len(), seen)
        };
        let (without, _) = waiting(draft);
        draft.kept.iter_mut().filter(|kept| kept.runs()).for_each(|kept| kept.says_sizes = true);
        let (with, seen) = waiting(draft);
        let own = seen.checked.diagnostics.iter().filter(|diagnostic| diagnostic.span().file == file.file);
        self.tell_all(own.filter(|diagnostic| diagnostic.severity == Severity::Error), &seen.program.sources, world)?;
        let says = |kept: &Kept| with < without && matches!(kept.item.kind, ItemKind::Train(_));
        draft.kept.iter_mut().for_each(|kept| kept.says_sizes = says(kept));
        Ok(())
    }

    /// The names of an item that stands in `new` as it was.
    fn unchanged(&self, old: &Kept, new: &[Kept]) -> Vec<Name> {
        let text = self.sources.text(old.item.span);
        let same = new.iter().any(|new| self.sources.text(new.item.span) == text);
        if same { old.names() } else { vec![] }
    }

    /// `:save FILE`: a program for `.dln`, the weights of everything for `.safetensors`.
    pub(super) fn save(&mut self, path: &str, world: &mut World) -> Result<(), Stop> {
        let written = match Path::new(path).extension().and_then(|ending| ending.to_str()) {
            Some("dln") => self.files.write(path, self.program().as_bytes()).map_err(|error| error.to_string()),
            _ if is_weights(path) => return self.save_weights(path, world),
            _ => Err("it is `.dln` for the program, `.safetensors` for the weights".to_string()),
        };
        match written {
            Ok(()) => {
                world.say(format!("saved {path}"));
                Ok(())
            }
            Err(error) => {
                world.say(format!("`{path}` cannot be written: {error}"));
                Err(Stop)
            }
        }
    }

    /// The session as a program.
    pub fn program(&self) -> String {
        let text = |kept: &Kept| {
            let text = self.sources.text(kept.item.span);
            let doc = kept.item.doc.iter().flat_map(|doc| doc.lines()).map(|line| format!("## {line}\n"));
            let is_let = matches!(kept.item.kind, ItemKind::Let(_)) && !text.starts_with("let");
            // A file cannot keep what is found in data.
            let out = if kept.found.is_some() { "# " } else { "" };
            format!("{}{out}{}{text}\n", doc.collect::<String>(), if is_let { "let " } else { "" })
        };
        self.kept.iter().filter(|kept| !kept.aside).map(text).collect()
    }
}
