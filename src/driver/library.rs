//! Where modules come from: `std.x` from the binary, files from the project's folder.

use crate::io::Files;
use crate::sema::{self, Missing};
use crate::stdlib;
use crate::syntax::ast;

pub struct Library<'f> {
    files: &'f Files,
    /// The name of the main file, as the user called it: its folder is the project's.
    main: &'f str,
}

impl<'f> Library<'f> {
    pub fn new(files: &'f Files, main: &'f str) -> Library<'f> {
        Library { files, main }
    }

    /// A file of the project; `from` is the file that uses it.
    fn file(&self, from: &str, path: &str) -> Result<(String, String), Missing> {
        let folder = if from == self.main { "" } else { from.rsplit_once('/').map_or("", |(folder, _)| folder) };
        let Some(path) = inside(folder, path) else { return Err(Missing::Outside) };
        let bytes = self.files.read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Missing::Unknown(vec![]),
            _ => Missing::Unreadable(error.to_string()),
        })?;
        match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Ok((path, text)),
            Err(_) => Err(Missing::Unreadable("it is not UTF-8 text".to_string())),
        }
    }
}

impl sema::Library for Library<'_> {
    fn read(&mut self, from: &str, module: &ast::Module) -> Result<(String, String), Missing> {
        match module {
            ast::Module::Path(parts) => {
                let path = parts.iter().map(|p| &*p.name).collect::<Vec<_>>().join(".");
                match stdlib::module(&path) {
                    Some(text) => Ok((format!("{}.dln", path.replace('.', "/")), text.to_string())),
                    None => Err(Missing::Unknown(stdlib::modules().iter().map(|(name, _)| name.to_string()).collect())),
                }
            }
            ast::Module::File { path, .. } => self.file(from, path),
        }
    }
}

/// `path` seen from `folder`, as a path inside the project; none when it leads out of it.
fn inside(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
