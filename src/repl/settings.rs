//! What `:set` sets.

use std::collections::BTreeMap;

use crate::base::Name;
use crate::driver::{self, Matmul};
use crate::sema::{Options, Override};
use crate::tir::Job;
use crate::types::DType;

use super::kept::Kept;

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

    /// All settings with their values.
    pub fn lines(&self) -> Vec<String> {
        let values = [
            self.seed.to_string(),
            self.epochs.map_or("file".to_string(), |epochs| epochs.to_string()),
            self.float.to_string(),
            self.threads.map_or("all".to_string(), |threads| threads.to_string()),
            if self.matmul == Matmul::Fast { "fast" } else { "exact" }.to_string(),
        ];
        let own = SETTINGS.iter().zip(values).map(|((name, about), value)| format!("{name:8}{value:8}{about}"));
        own.chain(self.hypers.iter().map(|(name, value)| format!("{name:8}{:8}a `hyper`", value.to_string()))).collect()
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
            hyper if is_hyper(hyper, kept) => {
                self.hypers.insert(hyper.into(), value(text));
            }
            other => {
                let known = SETTINGS.iter().map(|(name, _)| *name);
                let near = crate::diag::nearest(other, known).map(|near| format!("; did you mean `{near}`?"));
                return Err(format!("there is nothing called `{other}` to set{}", near.unwrap_or_default()));
            }
        }
        Ok(())
    }
}

fn is_hyper(name: &str, kept: &[Kept]) -> bool {
    let hyper =
        |kept: &Kept| matches!(&kept.item.kind, crate::syntax::ast::ItemKind::Hyper(h) if *h.name.name == *name);
    kept.iter().any(hyper)
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
