//! The lessons of `examples/lessons` run as they stand there, reach the figures that they open with, and draw pictures that
//! are whole.

use crate::examples::Run;
use std::fs;

#[test]
fn a_perceptron_learns_and_but_not_xor() {
    let run = lesson("perceptron", &["perceptron_and", "perceptron_xor", "network_xor"]);
    let [and, _, xor, _, network, _] = numbers(&run)[..] else { panic!("{:?}", numbers(&run)) };
    assert!(and == 4.0 && xor < 4.0 && network == 4.0, "{and}, {xor}, {network}");
}

#[test]
fn the_chain_rule_is_what_grad_does() {
    let [grad, differences] = numbers(&lesson("chain_rule", &["chain_rule"]))[..] else { panic!("two numbers") };
    assert!(grad <= 1e-12 && differences <= 1e-7 && differences > 0.0, "{grad}, {differences}");
}

#[test]
fn small_batches_are_fast_and_single_rows_stay_noisy() {
    let run = lesson("batches", &["batches"]);
    let [_, all_early, _, early, single_early, _, all, _, small, single] = numbers(&run)[..] else {
        panic!("{:?}", numbers(&run))
    };
    assert!(early < all_early && single_early < all_early, "{early} and {single_early} against {all_early}");
    assert!(all < single && small < single, "{all} and {small} against {single}");
}

#[test]
fn plain_descent_creeps_along_a_valley() {
    let run = lesson("valley", &["valley", "valley_heights"]);
    let [_, sgd, momentum, rmsprop, adam] = numbers(&run)[..] else { panic!("{:?}", numbers(&run)) };
    assert!(
        [momentum, rmsprop, adam].iter().all(|height| *height < sgd),
        "{momentum}, {rmsprop}, {adam} against {sgd}"
    );
}

#[test]
fn gradients_vanish_through_sigmoids() {
    let [sigmoid, relu, residual] = numbers(&lesson("vanishing", &["vanishing"]))[..] else { panic!("three numbers") };
    assert!(sigmoid < 1e-12 && relu > 1e-2 && residual > 1e-2, "{sigmoid}, {relu}, {residual}");
}

#[test]
fn penalties_and_dropout_lower_the_error() {
    let run = lesson("overfitting", &["overfitting", "overfitting_errors"]);
    let [plain, ridge, lasso, dropout, zeros, _] = numbers(&run)[..] else { panic!("{:?}", numbers(&run)) };
    assert!([ridge, lasso, dropout].iter().all(|error| *error < plain), "{ridge}, {lasso}, {dropout} against {plain}");
    assert!(zeros >= 10.0, "L1 leaves {zeros} weights at zero");
}

#[test]
fn batch_norm_trains_what_does_not_train_without() {
    let run = lesson("batch_norm", &["batch_norm"]);
    let (plain, normed) = (run.value("val", "plain"), run.value("val", "normed"));
    assert!(plain < 0.2 && normed > 0.8, "{plain} and {normed}");
}

#[test]
fn the_found_rate_is_better_than_smaller_and_larger_ones() {
    let run = lesson("lr_finder", &["lr_finder"]);
    let [taken, small, large] = ["taken", "small", "large"].map(|name| run.value("val", name));
    assert!(taken < small && taken < large, "{taken} against {small} and {large}");
}

#[test]
fn stopping_early_keeps_better_weights() {
    let run = lesson("early_stopping", &["early_stopping"]);
    let [kept, at, steps, last, all] = numbers(&run)[..] else { panic!("{:?}", numbers(&run)) };
    assert!(kept < last && at < steps && steps < all, "{kept} at {at} after {steps}, {last} after {all}");
}

#[test]
fn rare_rows_are_found_by_focal_loss_and_resampling() {
    let run = lesson("imbalance", &["imbalance"]);
    let [plain, focal, resampled, b_plain, b_focal, b_resampled] = numbers(&run)[..] else {
        panic!("{:?}", numbers(&run))
    };
    assert!(plain < focal && plain < resampled, "recall {plain}, {focal}, {resampled}");
    assert!(b_plain < b_focal && b_plain < b_resampled, "balanced {b_plain}, {b_focal}, {b_resampled}");
}

/// Every lesson has its place in the list, and its pictures.
#[test]
fn the_list_shows_every_lesson() {
    let folder = crate::root().join("examples/lessons");
    let list = fs::read_to_string(folder.join("README.md")).expect("a list");
    for entry in
        fs::read_dir(&folder).expect("a folder").chain(fs::read_dir(folder.join("pictures")).expect("a folder"))
    {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let shown = !(name.ends_with(".dln") || name.ends_with(".svg")) || list.contains(&name);
        assert!(shown, "{name} is not in the list");
        if name.ends_with(".dln") {
            let text = fs::read_to_string(folder.join(&name)).expect("a text");
            assert!(
                text.lines().count() < 60 && text.contains(&format!("# Run: dln run examples/lessons/{name}")),
                "{name}"
            );
        }
    }
}

/// Runs a lesson, and looks at what it drew.
fn lesson(name: &str, pictures: &[&str]) -> Run {
    let run = Run::of(&format!("lessons/{name}.dln"), &[]);
    let paths: Vec<String> = pictures.iter().map(|picture| format!("pictures/{picture}.svg")).collect();
    assert_eq!(run.saved().collect::<Vec<_>>(), paths);
    for path in paths {
        let text = fs::read_to_string(run.folder.path().join("lessons").join(&path)).expect("a picture");
        assert!(text.len() < 100_000, "{path} has {} bytes", text.len());
        let no_number =
            ["\"NaN", "MNaN", "LNaN", " NaN", "\"inf", "Minf", "Linf", " inf"].iter().any(|word| text.contains(word));
        assert!(!no_number, "{path} has numbers that are none");
        assert!(text.contains("<path") && text.contains("<text"), "{path} shows nothing");
        well_formed(&text).unwrap_or_else(|why| panic!("{path}: {why}"));
    }
    run
}

/// The numbers in what a run printed, in order.
fn numbers(run: &Run) -> Vec<f64> {
    let words = run.printed().flat_map(|line| line.split(|c: char| c.is_whitespace() || ",;:".contains(c)));
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Whether every element ends, and inside of the one in which it began.
fn well_formed(xml: &str) -> Result<(), String> {
    let mut open = vec![];
    for part in xml.split('<').skip(1) {
        let (tag, _) = part.split_once('>').ok_or_else(|| format!("`<{part}` has no end"))?;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("`{name}` ends where {last:?} is open"));
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} do not end")) }
}
