//! The files of a project as they are written: each `.dln` file below the editor's folders with its tree and its names. Nothing is
//! checked here, so a folder of many files is read within a moment, and again only where a file changed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use super::place::Text;
use crate::base::FileId;
use crate::io::{Stamp, below, text};
use crate::syntax::ast::File;
use crate::syntax::names::Names;
use crate::syntax::parse;

/// A file by its text alone.
#[derive(Debug)]
pub struct Written {
    pub text: Text,
    pub ast: File,
    pub names: Names,
}

impl Written {
    pub fn new(text: Text) -> Written {
        let ast = parse(FileId(0), &text.text).file;
        let names = Names::of(&ast, &text.text);
        Written { text, ast, names }
    }
}

/// Files by their paths.
pub type Texts = BTreeMap<PathBuf, Rc<Written>>;

/// The folders of an editor, with what was read of them.
#[derive(Debug, Default)]
pub struct Workspace {
    pub folders: Vec<PathBuf>,
    read: BTreeMap<PathBuf, (Stamp, Rc<Written>)>,
}

impl Workspace {
    pub fn new(folders: Vec<PathBuf>) -> Workspace {
        Workspace { folders, read: BTreeMap::new() }
    }

    /// All files of the folders as they are on the disk now.
    pub fn files(&mut self) -> Texts {
        let known = std::mem::take(&mut self.read);
        for path in self.folders.iter().flat_map(|folder| below(folder, "dln")) {
            let Some(stamp) = Stamp::of(&path) else { continue };
            let same = known.get(&path).filter(|(before, _)| *before == stamp).map(|(_, written)| written.clone());
            let fresh = || Some(Rc::new(Written::new(Text::new(text(&path)?))));
            if let Some(written) = same.or_else(fresh) {
                self.read.insert(path, (stamp, written));
            }
        }
        self.read.iter().map(|(path, (_, written))| (path.clone(), written.clone())).collect()
    }
}
