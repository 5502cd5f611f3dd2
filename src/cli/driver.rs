//! The chain that the command line talks to: the compiler's driver.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::chain::{
    Chain, Domain, Hyper, HyperKind, HyperValue, Origin, Overrides, Report, Session, Setting, Steps, TestResult,
};
use crate::base::{Name, Sources, Span};
use crate::diag::{self, Diagnostic};
use crate::driver::figure::Drawn;
use crate::driver::summary::Summary;
use crate::driver::{self, Apart, Bench, Checkpoint, How, Peak, Profile, Program, Times};
use crate::figure::Asked;
use crate::io::Files;
use crate::sema::{self, Checked, Options, Override};
use crate::syntax;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Item, ItemKind, TypeKind, UnaryOp};
use crate::tir::{Direction, Metric};
use crate::train::Event;
use std::time::Duration;

use super::runs::{LAST, RESUME};

/// How much of a run is lost at most when its process is killed.
const PAUSE: Duration = Duration::from_secs(10);

/// The compiler.
pub struct Compiler;

impl Chain for Compiler {
    fn open(&self, name: &str, text: String, files: Files) -> Box<dyn Session> {
        let program = Program::open(name, &text, files);
        Box::new(Opened { name: name.to_string(), program, checked: None, times: None })
    }

    fn hypers(&self, name: &str, text: &str) -> Vec<Hyper> {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let items = syntax::parse(file, text).file.items;
        items.iter().filter_map(|item| hyper(item, &sources)).collect()
    }

    fn explain(&self, code: &str) -> Option<String> {
        diag::codes::explain(code)
    }
}

struct Opened {
    name: String,
    program: Program,
    checked: Option<Checked>,
    /// Of the last run.
    times: Option<Times>,
}

impl Opened {
    fn main(&self) -> &[Item] {
        &self.program.modules.get(crate::sema::MAIN).ast.items
    }

    fn checked(&self) -> &Checked {
        self.checked.as_ref().expect("a program is checked before it runs")
    }
}

impl Session for Opened {
    fn sources(&self) -> &Sources {
        &self.program.sources
    }

    fn hypers(&self) -> Vec<Hyper> {
        self.main().iter().filter_map(|item| hyper(item, &self.program.sources)).collect()
    }

    fn domains(&self) -> Vec<(Name, Domain)> {
        let declared = self.checked().hypers.iter();
        declared.filter_map(|hyper| Some((hyper.name.clone(), domain(hyper.domain.as_ref()?)))).collect()
    }

    fn metric(&self) -> Option<(Metric, Direction)> {
        let jobs = || self.checked().jobs.iter().rev();
        let saved = jobs().find_map(|job| job.saves.last()).map(|save| (save.metric.clone(), save.direction));
        let stopped = || jobs().find_map(|job| job.stop.as_ref()).map(|stop| (stop.metric.clone(), stop.direction));
        saved.or_else(stopped)
    }

    fn check(&mut self, overrides: &Overrides) -> Report {
        let hypers = overrides.hypers.iter().map(given).collect();
        let options = Options { overrides: hypers, epochs: overrides.epochs, ..Options::default() };
        let checked = self.program.check(&options, &[]);
        let report = Report {
            diagnostics: checked.diagnostics.clone(),
            proved: checked.counts.proved,
            at_run_time: checked.at_run_time.iter().map(|c| (c.span, c.message.clone())).collect(),
            assumed: checked.counts.assumed,
        };
        self.checked = Some(checked);
        report
    }

    fn settings(&self, overrides: &Overrides) -> Vec<Setting> {
        let checked = self.checked();
        let mut settings = vec![];
        for hyper in &checked.hypers {
            let said = overrides.hypers.iter().any(|(name, _)| *name == hyper.name);
            let origin = if said { Origin::CommandLine } else { Origin::File(hyper.span) };
            settings.push(Setting { name: hyper.name.to_string(), value: hyper.value.to_string(), origin });
        }
        for job in &checked.jobs {
            let number = |name: &str, value: u64, said: Option<u64>| Setting {
                name: format!("{}.{name}", job.name),
                value: said.unwrap_or(value).to_string(),
                origin: if said.is_some() { Origin::CommandLine } else { self.origin(&job.name, name) },
            };
            settings.push(number("epochs", job.epochs as u64, overrides.epochs.map(|n| n as u64)));
            settings.push(number("seed", job.seed, overrides.seed));
            let said = self.written(&job.name, "precision");
            let value = said.map_or("f32", |value| self.program.sources.text(value));
            let (name, value) = (format!("{}.precision", job.name), value.to_string());
            settings.push(Setting { name, value, origin: self.origin(&job.name, "precision") });
        }
        if let Some(matmul) = overrides.matmul {
            let value = format!("{matmul:?}").to_lowercase();
            settings.push(Setting { name: "matmul".to_string(), value, origin: Origin::CommandLine });
        }
        settings
    }

    fn run(
        &mut self,
        overrides: &Overrides,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), Vec<Diagnostic>> {
        let checkpoint = overrides.kept.then(|| self.checkpoint(overrides));
        let timed = overrides.folder.is_some();
        let how = How { seed: overrides.seed, checkpoint };
        let (checked, files) = (self.checked(), &self.program.files);
        overrides.threads.into_iter().for_each(driver::use_threads);
        overrides.matmul.into_iter().for_each(driver::use_matmul);
        let (ended, times) = match timed {
            true => driver::run_timed(checked, files, &how, interrupt, tell),
            false => (driver::run(checked, files, &how, interrupt, tell), None),
        };
        self.times = times;
        ended.map_err(|diagnostic| vec![diagnostic])
    }

    fn times(&self) -> Option<&Times> {
        self.times.as_ref()
    }

    fn trains(&self) -> bool {
        !self.checked().jobs.is_empty()
    }

    fn bench(
        &mut self,
        overrides: &Overrides,
        work: &mut dyn FnMut(&mut dyn Steps) -> Result<(), Diagnostic>,
    ) -> Result<bool, Diagnostic> {
        overrides.threads.into_iter().for_each(driver::use_threads);
        match Bench::open(self.checked(), &self.program.files)? {
            Some(mut bench) => work(&mut bench).map(|()| true),
            None => Ok(false),
        }
    }

    fn peaks(&self, overrides: &Overrides) -> Vec<Peak> {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        driver::peaks(self.checked(), &self.program.files, overrides.threads.unwrap_or(all))
    }

    fn summaries(&mut self, sizes: &BTreeMap<String, i64>) -> Vec<Summary> {
        if self.checked().jobs.is_empty() {
            return driver::summary::summaries(&self.traced(Options::default()), sizes);
        }
        driver::summary::summaries(self.checked(), sizes)
    }

    fn figure(&mut self, asked: &Asked) -> Drawn {
        let checked = self.traced(Options { drawn: true, ..Options::default() });
        driver::figure::drawn(self.program.modules.get(sema::MAIN), &checked, asked)
    }

    fn tests(&self) -> Vec<Name> {
        let test = |item: &Item| match &item.kind {
            ItemKind::Test(test) => Some(test.name.clone()),
            _ => None,
        };
        self.main().iter().filter_map(test).collect()
    }

    fn test(&mut self, only: Option<&str>, interrupt: &AtomicBool, tell: &mut dyn FnMut(TestResult)) {
        let checked = self.checked();
        let mut report = |name, outcome| tell(TestResult { name, outcome });
        let mut each = |test: driver::TestOutcome| report(test.name, test.outcome);
        let ended = driver::test(checked, &self.program.files, only, interrupt, &mut each);
        if let Err(diagnostic) = ended {
            report("the values at the top of the file".into(), Err(diagnostic));
        }
    }
}

impl Steps for Bench<'_> {
    fn step(&mut self) -> Result<(), Diagnostic> {
        Bench::step(self)
    }

    fn parameters(&self) -> usize {
        Bench::parameters(self)
    }

    fn profile(&mut self, on: bool) -> Vec<Profile> {
        Bench::profile(self, on)
    }

    fn apart(&mut self) -> Vec<Apart> {
        Bench::apart(self)
    }
}

impl Opened {
    /// Checked again with its functions as programs: those of tensors alone can be traced as they are. A program that trains
    /// has steps instead.
    fn traced(&self, options: Options) -> Checked {
        match self.checked().jobs.is_empty() {
            true => self.program.check_functions(&options),
            false => self.program.check(&options, &[]),
        }
    }

    /// Where a run is written down that can be taken up: in its folder, or for `digits.dln` in
    /// `runs/digits.resume.safetensors` beside it.
    fn checkpoint(&self, overrides: &Overrides) -> Checkpoint {
        let resume = overrides.resume;
        if let Some(folder) = &overrides.folder {
            let (path, last) = (RESUME.to_string(), Some(LAST.to_string()));
            return Checkpoint { files: Files::at(folder), path, resume, pause: Some(PAUSE), last };
        }
        let stem = std::path::Path::new(&self.name).file_stem().unwrap_or_default().to_string_lossy();
        let path = format!("runs/{stem}.resume.safetensors");
        Checkpoint { files: self.program.files.clone(), path, resume, pause: None, last: None }
    }

    /// Where a `train` block says a setting, if it does.
    fn origin(&self, job: &str, setting: &str) -> Origin {
        self.setting(job, setting).map_or(Origin::Default, |(name, _)| Origin::File(name))
    }

    /// What a `train` block says that a setting is.
    fn written(&self, job: &str, setting: &str) -> Option<Span> {
        self.setting(job, setting).map(|(_, value)| value)
    }

    /// The name and the value of a setting in a `train` block.
    fn setting(&self, job: &str, setting: &str) -> Option<(Span, Span)> {
        use crate::syntax::ast::TrainItem;
        let blocks = self.main().iter().filter_map(|item| match &item.kind {
            ItemKind::Train(train) => Some(train),
            _ => None,
        });
        let mut named = blocks.filter(|train| train.name.as_ref().map_or("train", |n| &n.name) == job);
        named.next()?.items.iter().find_map(|item| match item {
            TrainItem::Setting { name, value, .. } if &*name.name == setting => Some((name.span, value.span)),
            _ => None,
        })
    }
}

fn given((name, value): &(Name, HyperValue)) -> (Name, Override) {
    let value = match value {
        HyperValue::Int(v) => Override::Int(*v),
        HyperValue::Float(v) => Override::Float(*v),
        HyperValue::Bool(v) => Override::Bool(*v),
        HyperValue::Str(v) => Override::Str(v.to_string()),
    };
    (name.clone(), value)
}

fn domain(domain: &sema::Domain) -> Domain {
    match domain {
        sema::Domain::Int { lo, hi, log } => Domain::Int { lo: *lo, hi: *hi, log: *log },
        sema::Domain::Float { lo, hi, log } => Domain::Float { lo: *lo, hi: *hi, log: *log },
        sema::Domain::Choice(choices) => Domain::Choice(choices.iter().map(taken).collect()),
    }
}

fn taken(value: &Override) -> HyperValue {
    match value {
        Override::Int(v) => HyperValue::Int(*v),
        Override::Float(v) => HyperValue::Float(*v),
        Override::Bool(v) => HyperValue::Bool(*v),
        Override::Str(v) => HyperValue::Str(v.as_str().into()),
    }
}

/// A `hyper` as it stands in the file; its kind is the declared type's, or that of the expression.
fn hyper(item: &Item, sources: &Sources) -> Option<Hyper> {
    let ItemKind::Hyper(hyper) = &item.kind else { return None };
    let declared = hyper.ty.as_ref().and_then(|ty| match &ty.kind {
        TypeKind::Named(name) => kind_named(&name.name),
        _ => None,
    });
    let kind = declared.or_else(|| kind_of(&hyper.value))?;
    Some(Hyper {
        name: hyper.name.name.clone(),
        kind,
        default: sources.text(hyper.value.span).trim_matches('"').to_string(),
        domain: hyper.domain.as_ref().map_or(String::new(), |domain| sources.text(domain.span).to_string()),
        doc: item.doc.as_deref().unwrap_or_default().to_string(),
        span: hyper.name.span,
    })
}

/// What an expression of literals gives: `12 * 63` is an Int, `1 / 3` a Float.
fn kind_of(value: &Expr) -> Option<HyperKind> {
    match &value.kind {
        ExprKind::Int(_) => Some(HyperKind::Int),
        ExprKind::Float(_) => Some(HyperKind::Float),
        ExprKind::Bool(_) => Some(HyperKind::Bool),
        ExprKind::Str(_) => Some(HyperKind::Str),
        ExprKind::Unary(UnaryOp::Neg, inner) => kind_of(inner),
        ExprKind::Binary(op, _, a, b) => match (op, kind_of(a)?, kind_of(b)?) {
            (BinaryOp::Div, _, _) | (_, HyperKind::Float, _) | (_, _, HyperKind::Float) => Some(HyperKind::Float),
            _ => Some(HyperKind::Int),
        },
        _ => None,
    }
}

fn kind_named(name: &str) -> Option<HyperKind> {
    match name {
        "Int" => Some(HyperKind::Int),
        "Float" => Some(HyperKind::Float),
        "Bool" => Some(HyperKind::Bool),
        "Str" => Some(HyperKind::Str),
        _ => None,
    }
}
