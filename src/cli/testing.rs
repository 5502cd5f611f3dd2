//! `dln test`: the `test` blocks of files, and of all files in folders.

use super::chain::{Overrides, Session};
use super::command::{Desk, Exit, open, programs};
use super::json;
use super::progress::counted;
use crate::base::Name;
use std::path::{Path, PathBuf};

/// How many tests ended how.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    /// Left out by `--only`.
    other: usize,
}

impl Desk<'_> {
    /// Tests every file, whatever becomes of the others. `only` leaves out tests whose names do not contain it.
    pub fn test_all(&mut self, paths: &[PathBuf], only: Option<&str>) -> Exit {
        let (mut counts, mut worst) = (Counts::default(), Exit::Fine);
        for path in paths {
            match programs(path) {
                Ok(files) => files.iter().for_each(|file| {
                    let title = path.is_dir().then_some(&**file);
                    worst = worst.max(self.test_file(file, title, only, &mut counts));
                }),
                Err(message) => return self.refuse(&message),
            }
        }
        if let (Some(only), 0, 0) = (only, counts.passed, counts.failed)
            && worst == Exit::Fine
        {
            return self.refuse(&format!("no test has `{only}` in its name; there are {}", counts.other));
        }
        let Counts { passed, failed, .. } = counts;
        let summary = || serde_json::json!({ "event": "tested", "passed": passed, "failed": failed });
        self.say(summary, || format!("{} passed, {failed} failed", counted(passed, "test")));
        worst
    }

    /// The tests of one file. A file that was found in a folder is named if it has tests, and left alone if it has
    /// none: it may be anything.
    fn test_file(&mut self, path: &Path, title: Option<&Path>, only: Option<&str>, counts: &mut Counts) -> Exit {
        let mut session = match open(self.chain, path) {
            Ok(session) => session,
            Err(message) => return self.refuse(&message),
        };
        let names = session.tests();
        let wanted = |name: &Name| only.is_none_or(|only| name.contains(only));
        let here = names.iter().filter(|name| wanted(name)).count();
        counts.other += names.len() - here;
        if here == 0 && (title.is_some() || !names.is_empty()) {
            return Exit::Fine;
        }
        if let Some(title) = title.filter(|_| !self.json) {
            self.output.line(&format!("{}:", title.display()));
        }
        match self.check(&mut *session, &Overrides::default(), false) {
            Exit::Fine => self.test(&mut *session, only, counts),
            other => other,
        }
    }

    fn test(&mut self, session: &mut dyn Session, only: Option<&str>, counts: &mut Counts) -> Exit {
        let mut faults = vec![];
        session.test(only, self.interrupt, &mut |result| {
            let word = if result.outcome.is_ok() { "ok    " } else { "FAILED" };
            self.say(|| json::test(&result), || format!("{word} {}", result.name));
            match result.outcome {
                Ok(()) => counts.passed += 1,
                Err(fault) => {
                    counts.failed += 1;
                    faults.push(fault);
                }
            }
        });
        for fault in &faults {
            self.show(fault, session.sources());
        }
        if faults.is_empty() { Exit::Fine } else { Exit::Program }
    }
}
