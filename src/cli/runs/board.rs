//! The numbers of a run as event files of TensorBoard: `step` has those of batches, `train` and `val` those of epochs. All are
//! told again from the lines of `metrics.jsonl` when a run is taken up.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::Value;

use crate::io::tensorboard as records;

/// The files, open once there is something to write.
pub struct Board {
    folder: PathBuf,
    /// Seconds since 1970, when the run began.
    began: f64,
    files: Vec<(&'static str, File)>,
    /// Of the training that goes on.
    name: String,
    step: u64,
}

impl Board {
    /// Begins anew: what an earlier process wrote is told again.
    pub fn new(folder: PathBuf, began: u64) -> io::Result<Board> {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Board { folder, began: began as f64, files: vec![], name: String::new(), step: 0 })
    }

    /// Takes a line of `metrics.jsonl`.
    pub fn line(&mut self, line: &Value) -> io::Result<()> {
        if let Some(step) = line["step"].as_u64() {
            self.step = step;
        }
        match line["event"].as_str() {
            Some("start") => self.name = line["job"].as_str().unwrap_or_default().to_string(),
            Some("step") => self.numbers("step", line, "train")?,
            Some("epoch") => {
                self.numbers("train", line, "train")?;
                self.numbers("val", line, "val")?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A picture that the program has saved under a path.
    pub fn picture(&mut self, path: &str, png: &[u8], seconds: f64) -> io::Result<()> {
        match records::picture(self.began + seconds, self.step, tag(path), png) {
            Some(record) => self.write("step", &record),
            None => Ok(()),
        }
    }

    fn numbers(&mut self, file: &'static str, line: &Value, part: &str) -> io::Result<()> {
        let seconds = self.began + line["seconds"].as_f64().unwrap_or(0.0);
        let mut all = vec![];
        for (name, value) in line[part].as_object().into_iter().flatten() {
            let tag = format!("{}/{name}", self.name);
            all.extend(records::scalar(seconds, self.step, &tag, value.as_f64().unwrap_or(f64::NAN)));
        }
        if all.is_empty() { Ok(()) } else { self.write(file, &all) }
    }

    fn write(&mut self, name: &'static str, record: &[u8]) -> io::Result<()> {
        let known = self.files.iter().position(|(known, _)| *known == name);
        let at = match known {
            Some(at) => at,
            None => {
                let folder = self.folder.join(name);
                fs::create_dir_all(&folder)?;
                let file = folder.join(format!("events.out.tfevents.{:010}.0", self.began));
                let mut file = File::options().append(true).create(true).open(file)?;
                file.write_all(&records::version(self.began))?;
                self.files.push((name, file));
                self.files.len() - 1
            }
        };
        self.files[at].1.write_all(record)
    }
}

/// Pictures of one series under one name: `runs/dcgan` of `runs/dcgan/12.png`, `runs/digits` of `runs/digits.png`.
fn tag(path: &str) -> &str {
    let stem = path.strip_suffix(".png").unwrap_or(path);
    stem.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['/', '-', '_', '.'])
}
