//! What was entered in earlier sessions: a file of one JSON text a line in the user's folder for state. Where it cannot be read or
//! written there is no history, and nothing else changes.

use std::path::PathBuf;

use crate::io::Files;

const FILE: &str = "history.jsonl";
/// Entries that are kept; the file may grow to twice as many.
const KEPT: usize = 2000;

pub struct History {
    files: Option<Files>,
}

impl History {
    /// That of the user, as the environment says: `XDG_STATE_HOME`, or what is usual.
    pub fn of_user() -> History {
        let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let below = |base: Option<PathBuf>, path: &str| base.map(|base| base.join(path));
        let state = below(folder("XDG_STATE_HOME"), "dln");
        let home = below(folder("HOME"), ".local/state/dln");
        let windows = below(folder("LOCALAPPDATA"), "dln");
        History { files: state.or(home).or(windows).map(Files::at) }
    }

    /// The entries, the oldest first.
    pub fn entries(&self) -> Vec<String> {
        let Some(files) = &self.files else { return vec![] };
        let text = files.read(FILE).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let mut entries: Vec<String> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if entries.len() > 2 * KEPT {
            entries.drain(..entries.len() - KEPT);
            let lines: String = entries.iter().map(|entry| format!("{}\n", serde_json::json!(entry))).collect();
            // The old file is as good.
            let _ = files.write(FILE, lines.as_bytes());
        }
        entries
    }

    /// Adds an entry; several sessions may do so at a time.
    pub fn add(&self, entry: &str) {
        if let Some(files) = &self.files {
            // A session without a history is a session.
            let _ = files.append_line(FILE, &serde_json::json!(entry).to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_with_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let history = History { files: Some(Files::at(folder.path().join("state"))) };
        assert_eq!(history.entries(), Vec::<String>::new());
        history.add("let x = 1");
        history.add("fn f() {\n  2\n}");
        assert_eq!(history.entries(), ["let x = 1", "fn f() {\n  2\n}"]);
    }

    #[test]
    fn of_many_entries_the_newest_stay() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::at(folder.path());
        let lines: String = (0..2 * KEPT + 1).map(|i| format!("\"{i}\"\n")).collect();
        files.write(FILE, format!("{lines}no JSON\n").as_bytes()).unwrap();
        let history = History { files: Some(files) };
        assert_eq!(history.entries().len(), KEPT);
        assert_eq!(history.entries().last().map(String::as_str), Some("4000"));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dln"), "a file").unwrap();
        let history = History { files: Some(Files::at(folder.path().join("dln"))) };
        history.add("x");
        assert_eq!(history.entries(), Vec::<String>::new());
        History { files: None }.add("x");
    }
}
