//! Rows of different lengths: one plan for each bucket, however many batches there are. Sizes that depend on data: no more
//! plans than are kept, however many sizes there are.

use dln::data::{Loader, Tables};
use dln::driver::{Engine, Program, is_sound};
use dln::io::Files;
use dln::ops::Tensor;
use dln::sema::Options;
use dln::tir::Feed;
use dln::train::{Call, Machine};
use dln::types::DType;

const PROGRAM: &str = "
let rows: (x: idx<50>[T], y: idx<2>) = read_csv(\"rows.csv\")
train t {
  data = rows |> shuffle |> bucket([4, 8, 16]) |> batch(3, drop_last: true)
  step (x, y, length) { log filled: T, longest: max(length), sum: sum(x) }
}
";

#[test]
fn each_bucket_is_planned_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |i: usize| format!("{},{}\n", vec!["7"; 1 + i * 5 % 16].join(" "), i % 2);
    let text: String = (0..60).map(row).collect();
    std::fs::write(folder.path().join("rows.csv"), text).expect("a place for data");
    let program = Program::open("buckets.dln", PROGRAM, Files::at(folder.path()));
    let checked = program.check(&Options::default(), &[]);
    assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics);
    let mut engine = Engine::new(&checked, &program.files, 0).expect("it compiles");
    let before = engine.plans();
    let job = &checked.jobs[0];
    let Feed::Rows(data) = &job.feed else { panic!("rows of a file") };
    let loader = Loader::open(data, &mut Tables::new(&program.files), 0).expect("a loader");
    let mut sizes = vec![];
    for epoch in 1..=3 {
        for batch in loader.epoch(epoch, 0) {
            let [x, _, length] = &batch[..] else { panic!("two fields and the lengths") };
            let size = x.shape[1];
            assert!(length.to_f64().iter().all(|&n| n <= size as f64 && (size == 4 || n > size as f64 / 2.0)));
            assert_eq!(x.to_f64().iter().sum::<f64>(), 7.0 * length.to_f64().iter().sum::<f64>(), "filled with zeros");
            sizes.push(size);
            let call = Call {
                program: job.steps[0].program,
                args: &batch,
                step: 1,
                epoch,
                length: Default::default(),
                seen: &[],
                key: 0,
            };
            engine.run(&call).expect("it runs");
        }
    }
    sizes.sort_unstable();
    sizes.dedup();
    assert_eq!(sizes, [4, 8, 16]);
    assert_eq!(engine.plans() - before, 3, "one for each bucket");
}

/// Every step finds another size. Whatever was thrown away is planned again, and memory stays as it is.
#[test]
fn a_long_run_with_many_sizes_keeps_its_memory() {
    let text = "fn f(x: [300], least: []) -> [] {
        [k] above = x[x > least]
        sum(above * above) + k
    }";
    let program = Program::open("sizes.dln", text, Files::at("."));
    let checked = program.check(&Options::default(), &["f"]);
    assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics);
    let mut engine = Engine::new(&checked, &program.files, 0).expect("it compiles");
    let x = Tensor::from_f64(DType::F32, &[300], &(1..=300).map(f64::from).collect::<Vec<_>>());
    let mut seen = vec![];
    for _ in 0..2 {
        for least in (0..300).step_by(2) {
            let args = [x.clone(), Tensor::from_f64(DType::F32, &[], &[f64::from(least)])];
            let call = Call {
                program: checked.functions[0].program,
                args: &args,
                step: 1,
                epoch: 1,
                length: Default::default(),
                seen: &[],
                key: 0,
            };
            let found = engine.run(&call).expect("it runs")[0].1.to_f64()[0];
            let expected: i32 = (least + 1..=300).map(|n| n * n).sum::<i32>() + 300 - least;
            assert!((found / f64::from(expected) - 1.0).abs() < 1e-5, "{found} and {expected} above {least}");
        }
        seen.push((engine.plans(), engine.bytes()));
    }
    assert_eq!(seen[0], seen[1], "plans and bytes");
    assert!(seen[0].0 < 100, "{} plans for 150 sizes", seen[0].0);
}
