//! The standard library against PyTorch and scikit-learn: every case of `tests/reference/*.jsonl` is checked, run in f64 and
//! f32 and compared.

use crate::cases::{of_folder, run_all, text};

#[test]
fn the_library_agrees_with_pytorch() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (area, cases) in of_folder(&crate::root().join("tests/reference")) {
        for (case, outcomes) in cases.iter().zip(run_all(&cases)) {
            for outcome in outcomes.into_iter().flatten() {
                count += 1;
                wrong.extend(outcome.err().map(|why| format!("{area}, {}: {why}", text(&case["name"]))));
            }
        }
    }
    assert!(count > 600, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
