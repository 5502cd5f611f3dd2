//! What `:set` sets.

use std::collections::BTreeMap;

use crate::base::{Name, Sources};
use crate::diag::Severity;
use crate::driver::{self, Matmul};
use crate::sema::{Options, Override};
use crate::syntax::ast::{Hyper, ItemKind};
use crate::tir::Job;
use crate::types::DType;

use super::kept::Kept;
use super::session::Session;

/// The settings of a session.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of first values and of everything that is drawn at the prompt.
    pub seed: u64,
    /// Of trainings, where it was set.
    given_seed: Option<u64>,
    epochs: Option<usize>,
    float: DType,
    threads: Option<usize>,
    matmul: Matmul,
    /// Values for the `hyper`s of the program.
    hypers: BTreeMap<Name, Override>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 0,
            given_seed: None,
            epochs: None,
            float: DType::F32,
            threads: None,
            matmul: Matmul::Exact,
            hypers: BTreeMap::new(),
        }
    }
}

/// What there is to set, and what it is.
pub const SETTINGS: [(&str, &str); 5] = [
    ("seed", "of all random numbers; what has been drawn stays"),
    ("epochs", "of every training, in place of what it says; `file` for what it says"),
    ("float", "the float type of numbers, data and parameters: f32, f64, bf16 or f16"),
    ("threads", "worker threads, before the first computation; results do not depend on them"),
    ("matmul", "products of f32: exact, or fast with factors of 16 bits"),
];

impl Settings {
    pub fn options(&self) -> Options {
        Options { float: self.float, epochs: self.epochs, overrides: self.hypers.clone(), ..Options::default() }
    }

    pub fn seed_of(&self, job: &Job) -> u64 {
        self.given_seed.unwrap_or(job.seed)
    }

    /// All settings and the `hyper`s of the program by their names, with values.
    pub fn lines(&self, kept: &[Kept], sources: &Sources) -> Vec<(Name, String)> {
        let values = [
            self.seed.to_string(),
            self.epochs.map_or("file".to_string(), |epochs| epochs.to_string()),
            self.float.to_string(),
            self.threads.map_or("all".to_string(), |threads| threads.to_string()),
            if self.matmul == Matmul::Fast { "fast" } else { "exact" }.to_string(),
        ];
        let line = |name: &str, value: String, about: &str| (name.into(), format!("{name:8}{value:8}{about}"));
        let own = SETTINGS.iter().zip(values).map(|((name, about), value)| line(name, value, about));
        let declared = hypers(kept).map(|hyper| {
            let set = self.hypers.get(&hyper.name.name).map(ToString::to_string);
            let value = set.unwrap_or_else(|| sources.text(hyper.value.span).to_string());
            line(&hyper.name.name, value, "a `hyper`")
        });
        own.chain(declared).collect()
    }

    /// Sets `name` to what `text` says. The error says what is taken.
    pub fn set(&mut self, name: &str, text: &str, kept: &[Kept]) -> Result<(), String> {
        let number = || text.parse::<usize>().ok().filter(|n| *n > 0);
        match name {
            "seed" => {
                self.seed = text.parse().map_err(|_| "a seed is a whole number from 0".to_string())?;
                self.given_seed = Some(self.seed);
            }
            "epochs" if text == "file" => self.epochs = None,
            "epochs" => self.epochs = Some(number().ok_or("`epochs` is a whole number from 1, or `file`")?),
            "float" => match DType::parse(text).filter(|dtype| dtype.is_float()) {
                Some(float) => self.float = float,
                None => return Err("`float` is f32, f64, bf16 or f16".to_string()),
            },
            "threads" => {
                let threads = number().ok_or("`threads` is a whole number from 1")?;
                if !driver::take_threads(threads) {
                    return Err("something has run already, and its threads stay: set them first".to_string());
                }
                self.threads = Some(threads);
            }
            "matmul" => {
                self.matmul = match text {
                    "exact" => Matmul::Exact,
                    "fast" => Matmul::Fast,
                    _ => return Err("`matmul` is exact or fast".to_string()),
                };
                driver::use_matmul(self.matmul);
            }
            hyper if hypers(kept).any(|own| *own.name.name == *hyper) => {
                self.hypers.insert(hyper.into(), value(text));
            }
            other => return Err(unknown(other, kept)),
        }
        Ok(())
    }
}

/// What to say of a name that is no setting.
pub fn unknown(name: &str, kept: &[Kept]) -> String {
    let known = SETTINGS.iter().map(|(name, _)| *name).chain(hypers(kept).map(|hyper| &*hyper.name.name));
    let near = crate::diag::nearest(name, known).map(|near| format!("; did you mean `{near}`?"));
    format!("there is nothing called `{name}` to set{}", near.unwrap_or_default())
}

fn hypers(kept: &[Kept]) -> impl Iterator<Item = &Hyper> {
    kept.iter().filter_map(|kept| match &kept.item.kind {
        ItemKind::Hyper(hyper) => Some(hyper),
        _ => None,
    })
}

impl Session {
    /// Whether a `hyper` takes the value that it is set to; the error says what it takes.
    pub(super) fn takes_setting(&self, name: &str) -> Result<(), String> {
        let own = self.kept.iter().filter(|kept| hypers(std::slice::from_ref(kept)).any(|own| *own.name.name == *name));
        let seen = self.check(own.map(|kept| kept.item.clone()).collect(), None, &self.memory);
        let error = seen.checked.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        // On a command line it is a flag.
        error.map_or(Ok(()), |error| Err(error.message.replace(&format!("`--{name}`"), &format!("`{name}`"))))
    }
}

/// A number, a truth, or else a text.
fn value(text: &str) -> Override {
    match (text.parse(), text.parse(), text.parse()) {
        (Ok(int), _, _) => Override::Int(int),
        (_, Ok(float), _) => Override::Float(float),
        (_, _, Ok(truth)) => Override::Bool(truth),
        _ => Override::Str(text.trim_matches('"').to_string()),
    }
}
