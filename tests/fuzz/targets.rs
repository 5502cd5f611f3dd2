//! The targets: what must hold for any bytes.

use crate::draw::Draw;
use dln::base::{FileId, Sources, Span};
use dln::data::Tables;
use dln::diag::{self, Diagnostic, Severity};
use dln::driver::{self, Program};
use dln::exec::Memory;
use dln::exec::cpu::Executable;
use dln::format;
use dln::graph::{self, Graph, Kind, Type};
use dln::io::{self, Expected, Files};
use dln::lower;
use dln::ops::{Binary, Compare, Data, Op, Tensor, Unary};
use dln::plan::{self, Options};
use dln::sema::{self, Checked};
use dln::syntax;
use dln::tir::{self, DataSource, Dataset, Field, Path, Source, Target};
use dln::types::DType;
use std::collections::BTreeMap;

/// Evaluation steps of an item: enough for every program of the repository, too few to wait for.
const STEPS: usize = 30_000;
/// Elements that a graph may compute to be run.
const WORK: usize = 300_000;
/// Diagnostics that are drawn.
const DRAWN: usize = 8;

/// Text becomes a tree, its text, and diagnostics whose places lie in it.
pub fn parser(input: &[u8]) {
    let source = String::from_utf8_lossy(input);
    let mut sources = Sources::default();
    let file = sources.add("fuzz.dln", &*source);
    let parsed = syntax::parse(file, &source);
    syntax::text::text(&parsed.file);
    syntax::parse_expr(FileId(0), &source);
    syntax::parse_snippet(FileId(0), &source);
    drawn(&sources, &parsed.diagnostics);
}

/// What parses keeps its tree and its comments, in a form that stays as it is; anything else is refused with reasons.
pub fn formatter(input: &[u8]) {
    let source = String::from_utf8_lossy(input);
    let file = FileId(0);
    let formatted = match format::format(file, &source) {
        Ok(formatted) => formatted,
        Err(diagnostics) => return assert!(!diagnostics.is_empty()),
    };
    let (old, new) = (syntax::parse(file, &source), syntax::parse(file, &formatted));
    assert!(new.diagnostics.iter().all(|d| d.severity != Severity::Error), "{formatted}");
    assert_eq!(syntax::text::text(&old.file), syntax::text::text(&new.file), "{formatted}");
    let comments = |parsed: &syntax::Parsed| -> Vec<String> {
        parsed.comments.iter().map(|comment| comment.text.trim_end().to_string()).collect()
    };
    assert_eq!(comments(&old), comments(&new), "{formatted}");
    assert_eq!(format::format(file, &formatted).as_ref(), Ok(&formatted));
}

/// A program is checked, and its diagnostics are drawn.
pub fn checker(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    check(&String::from_utf8_lossy(input), Files::at(folder.path()));
}

/// What a sound program computes is the same for the reference and the backend.
pub fn run(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(checked) = check(&String::from_utf8_lossy(input), Files::at(folder.path())) else { return };
    let mut draw = Draw::new(input.len() as u64);
    let mut cells = BTreeMap::new();
    for program in std::iter::once(&checked.init).chain(&checked.programs) {
        let Some(values) = both(program, &mut draw, &cells) else { return };
        for (output, value) in program.outputs.iter().zip(values) {
            if let Target::Cell(cell) = output.to {
                cells.insert(cell, value);
            }
        }
    }
}

/// A graph is read, written and read again; a sound one computes the same everywhere.
pub fn graph_text(input: &[u8]) {
    let Ok(graph) = graph::parse(&String::from_utf8_lossy(input)) else { return };
    let text = graph.to_string();
    let again = graph::parse(&text).expect("what a graph is written as is a graph");
    assert_eq!(again.to_string(), text);
    if graph::check(&graph).is_ok() && work(&graph) < WORK {
        let mut draw = Draw::new(input.len() as u64);
        let inputs: Vec<Tensor> = graph.inputs.iter().map(|(_, ty)| any(&mut draw, ty)).collect();
        compare(&graph, &dln::opt::optimize(&graph), &inputs);
    }
}

/// Weights are those of the file, or an error.
pub fn weights(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("w.safetensors"), input).expect("a place for weights");
    let expected = [(DType::F32, vec![2, 3], "0.weight"), (DType::I64, vec![], "1.weight")];
    let expected =
        expected.map(|(dtype, shape, name)| Expected { name: name.into(), dtype, shape, span: Span::none() });
    for expected in [&expected[..], &expected[..1], &[]] {
        if let Err(diagnostic) = io::load(&Files::at(folder.path()), "w.safetensors", expected, &[], Span::none()) {
            drawn(&Sources::default(), &[diagnostic]);
        }
    }
}

/// Data are a table, or an error. The first byte says how they are read.
pub fn data(input: &[u8]) {
    let Some((how, bytes)) = input.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("data"), bytes).expect("a place for data");
    let path = Path { value: "data".into(), span: Span::none() };
    let field = |dtype, bound, shape: &[usize]| Field {
        name: "x".into(),
        dtype,
        bound,
        shape: shape.to_vec(),
        free: None,
        span: Span::none(),
    };
    let separator = [',', ';', '\t', ' '][usize::from(how >> 2 & 3)];
    let header = [None, Some(true), Some(false)][usize::from(how >> 4) % 3];
    let (source, fields) = match how & 3 {
        0 | 1 => {
            let fields = [field(DType::F32, None, &[1 + usize::from(how >> 6)]), field(DType::I64, Some(10), &[])];
            (
                DataSource::Csv { path, columns: None, header, separator: Some(separator), tokenizer: None },
                fields[..1 + usize::from(how & 1)].to_vec(),
            )
        }
        2 => (DataSource::Idx { paths: vec![path] }, vec![field(DType::U8, None, &[28, 28])]),
        _ => (DataSource::Text { path, length: Some(8), tokenizer: None }, vec![field(DType::I64, Some(65), &[8]); 2]),
    };
    let files = Files::at(folder.path());
    let dataset = Dataset { source, fields, stages: vec![], batch: None, buckets: None, span: Span::none() };
    if let Err(diagnostic) = Tables::new(&files).get(&dataset) {
        drawn(&Sources::default(), &[diagnostic]);
    }
}

/// A checked program if it is sound; functions without names for sizes are programs too.
fn check(text: &str, files: Files) -> Option<Checked> {
    let program = Program::open("fuzz.dln", text, files);
    let options = sema::Options { steps: STEPS, float: DType::F64, ..sema::Options::default() };
    let names: Vec<String> = (0..8).map(|i| format!("f{i}")).collect();
    let functions: Vec<&str> = names.iter().map(String::as_str).collect();
    let functions = if text.starts_with("# functions") { &functions[..] } else { &[] };
    let checked = program.check(&options, functions);
    drawn(&program.sources, &checked.diagnostics);
    driver::is_sound(&checked.diagnostics).then_some(checked)
}

/// Diagnostics lie in their files, have pages, and can be drawn.
fn drawn(sources: &Sources, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        assert!(diag::codes::find(diagnostic.code).is_some(), "{} has no page", diagnostic.code);
        for label in &diagnostic.labels {
            if let Some(source) = sources.get(label.span.file) {
                assert!(source.text.get(label.span.range()).is_some(), "{diagnostic:?}");
            }
        }
    }
    for diagnostic in diagnostics.iter().take(DRAWN) {
        diag::render(sources, diagnostic, false);
    }
}

/// The results of a program, computed both ways; none when it cannot be run here.
fn both(program: &tir::Program, draw: &mut Draw, cells: &BTreeMap<tir::CellId, Tensor>) -> Option<Vec<Tensor>> {
    let shapes = arguments(program)?;
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let sizes = lower::bind(program, &shapes);
    if lower::unmet(program, &sizes).is_some() || !small(program, &sizes) {
        return None;
    }
    let lowered = lower::lower(program, &sizes);
    if work(&lowered.graph) > WORK {
        return None;
    }
    let inputs: Option<Vec<Tensor>> = lowered
        .inputs
        .iter()
        .zip(&lowered.graph.inputs)
        .map(|(source, (_, ty))| match source {
            Source::Cell(cell) => cells.get(cell).cloned(),
            Source::Arg(_) => Some(any(draw, ty)),
            _ => Some(Tensor::new(vec![], Data::I64(vec![3]))),
        })
        .collect();
    let (lowered_again, _) = driver::compile(program, &sizes);
    compare(&lowered.graph, &lowered_again.graph, &inputs?)
}

/// The shapes of a program's arguments, with 2 for the batch.
fn arguments(program: &tir::Program) -> Option<Vec<Vec<usize>>> {
    let mut shapes = vec![];
    for node in &program.nodes {
        if let tir::Kind::Input(Source::Arg(place)) = node.kind {
            shapes.resize(shapes.len().max(place + 1), vec![]);
            let size = |dim: &dln::types::Dim| usize::try_from(dim.as_const().unwrap_or(2)).ok();
            shapes[place] = node.tys[0].shape.iter().map(size).collect::<Option<_>>()?;
        }
    }
    Some(shapes)
}

/// Whether every value is one that a test can hold.
fn small(program: &tir::Program, sizes: &lower::Sizes) -> bool {
    let size = |dim: &dln::types::Dim| dim.eval(sizes).and_then(|n| usize::try_from(n).ok());
    let elements = |ty: &tir::Ty| ty.shape.iter().try_fold(1usize, |n, dim| n.checked_mul(size(dim)?));
    program.nodes.len() < 20_000
        && program.nodes.iter().flat_map(|node| &node.tys).all(|ty| elements(ty).is_some_and(|n| n < WORK))
}

/// Elements that a graph computes.
fn work(graph: &Graph) -> usize {
    let elements = |ty: &Type| ty.shape.iter().fold(1usize, |n, &size| n.saturating_mul(size));
    let node = |node: &graph::Node| {
        let own = node.tys.iter().map(elements).fold(1, usize::saturating_add);
        match &node.kind {
            Kind::Scan(scan) => scan.n.saturating_mul(work(&scan.body)).saturating_add(own),
            Kind::Op(Op::Dot { .. } | Op::Conv(_)) => {
                let operands = node.args.iter().map(|arg| elements(graph.ty(*arg)));
                operands.fold(own, usize::saturating_mul)
            }
            _ => own,
        }
    };
    graph.nodes.iter().map(node).fold(0, usize::saturating_add)
}

/// Any values of a type; whole numbers are 0 or 1, which index most axes.
fn any(draw: &mut Draw, ty: &Type) -> Tensor {
    let (lo, hi) = if ty.dtype.is_float() { (-2.0, 2.0) } else { (0.0, 2.0) };
    draw.tensor(ty.dtype, &ty.shape, lo, hi)
}

/// Evaluates `graph`, and runs the plan of `optimized`: the same results, or a fault in both.
fn compare(graph: &Graph, optimized: &Graph, inputs: &[Tensor]) -> Option<Vec<Tensor>> {
    let want = graph::eval(graph, inputs);
    let mut executable = Executable::new(plan::plan(optimized, &Options::default()));
    let mut memory = Memory::new();
    let from: Vec<_> = inputs.iter().map(|x| memory.add(x)).collect();
    let types: Vec<Type> = executable.plan().outputs.iter().map(|(_, ty)| ty.clone()).collect();
    let to: Vec<_> = types.into_iter().map(|ty| memory.zeros(ty)).collect();
    let ran = executable.run(&mut memory, &from, &to);
    // What nobody needs is not computed, so a fault may disappear; none may appear.
    let want = want.ok()?;
    ran.expect("what has a value can be run");
    for (want, slot) in want.iter().zip(to) {
        let got = memory.get(slot);
        assert_eq!((got.dtype(), &got.shape), (want.dtype(), &want.shape));
        if !jumps(graph) {
            near(&got.to_f64(), &want.to_f64(), tolerance(graph), graph);
        }
    }
    Some(want)
}

/// Where single precision is computed in, rounding shows.
fn tolerance(graph: &Graph) -> f64 {
    let single = graph.nodes.iter().flat_map(|node| &node.tys).any(|ty| ty.dtype == DType::F32);
    if single { 1e-3 } else { 1e-7 }
}

/// Whether a rounding error can make a large difference.
fn jumps(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| match &node.kind {
        Kind::Op(op) => match op {
            Op::Unary(Unary::Floor | Unary::Ceil | Unary::Round | Unary::Sign) => true,
            Op::Compare(Compare::Eq | Compare::Ne) => true,
            Op::Binary(Binary::Rem) | Op::ArgMax { .. } | Op::ArgSort { .. } => true,
            Op::Cast(to) => !to.is_float(),
            _ => false,
        },
        Kind::Scan(scan) => jumps(&scan.body),
        _ => false,
    })
}

/// Equal up to rounding, measured at the largest finite number around.
fn near(got: &[f64], want: &[f64], tolerance: f64, graph: &Graph) {
    let scale = want.iter().filter(|x| x.is_finite()).fold(1.0, |m: f64, x| m.max(x.abs()));
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        let close = a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * scale;
        // Beyond this, sums in another order cancel otherwise, or overflow.
        let wild = scale > 1e12 || !a.is_finite() || !b.is_finite();
        assert!(close || wild, "element {i} is {a}, not {b}\n{graph}");
    }
}
