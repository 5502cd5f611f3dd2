//! Where modules come from: `std.x` from the binary, files from the project's folder.

use crate::io::Files;
use crate::io::paths::{plain, seen_from, whole};
use crate::sema::{self, Missing};
use crate::stdlib;
use crate::syntax::ast;

pub struct Library<'f> {
    files: &'f Files,
    /// The name of the main file, as the user called it.
    main: &'f str,
}

impl<'f> Library<'f> {
    pub fn new(files: &'f Files, main: &'f str) -> Library<'f> {
        Library { files, main }
    }

    /// A file of the project; `from` is the file that uses it.
    fn file(&self, from: &str, path: &str) -> Result<(String, String), Missing> {
        let name = self.inside(from, path).ok_or(Missing::Outside)?;
        let bytes = self.files.read(&name).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Missing::Unknown(vec![]),
            _ => Missing::Unreadable(error.to_string()),
        })?;
        match String::from_utf8(bytes.into_owned()) {
            // The main file is known by the name that the user gave it.
            Ok(text) => Ok((if name == file_name(self.main) { self.main.to_string() } else { name }, text)),
            Err(_) => Err(Missing::Unreadable("it is not UTF-8 text".to_string())),
        }
    }

    /// What the file is called that `from` calls `path`: as seen from the main file's folder; none when it lies outside the
    /// project.
    fn inside(&self, from: &str, path: &str) -> Option<String> {
        let own = whole(&self.files.locate(""));
        let folder = if from == self.main { "" } else { from.rsplit_once('/').map_or("", |(folder, _)| folder) };
        let file = plain(&own.join(folder).join(path));
        let is_inside = !path.starts_with('/') && (file.starts_with(&own) || file.starts_with(self.files.project()));
        is_inside.then(|| seen_from(&own, &file))
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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
