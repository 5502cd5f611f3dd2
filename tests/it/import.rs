//! `dln import`: what is in a file that PyTorch saved, under other names, and written as safetensors.

use crate::desk::Desk;
use serde_json::json;

/// By tests/reference/torch_files.py.
const CHECKPOINT: &[u8] = include_bytes!("../cases/found/data/checkpoint.pt");

const READ: &str = r#"
use std.nn: Linear

let net = load(Linear[2 -> 3], "net.safetensors")
let same = load(Linear[2 -> 3], "checkpoint.pt", rename: ["model ->", "fc ->", "part -> _", "steps -> _"])

test "the same" {
  assert all(net.weight == same.weight) and all(net.bias == same.bias)
  assert net.weight[2, 1] == 1.25
}
"#;

#[test]
fn what_pytorch_saved_is_shown_and_written() {
    let desk = Desk::new(&[("read.dln", READ)]);
    desk.write("checkpoint.pt", CHECKPOINT);
    let shown = desk.dln("import checkpoint.pt").ends(0).out;
    let lines = ["model.fc.bias  f16[3]", "model.fc.part  f64[4]", "model.fc.weight  f32[3, 2]", "model.steps  i64[]"];
    assert_eq!(shown, format!("{}\n4 tensors, 14 numbers\n", lines.join("\n")));
    let rules = "--rename model.fc-> --rename part->_ --rename model.steps->_ --rename head->tail";
    let written = desk.dln(&format!("import checkpoint.pt {rules} --to net.safetensors")).ends(0);
    assert!(written.out.contains("weight  f32[3, 2]  from model.fc.weight\n"), "{}", written.out);
    assert!(written.out.ends_with("2 tensors, 9 numbers, written to net.safetensors\n"), "{}", written.out);
    assert_eq!(written.err, "warning: `head->tail` is about no tensor of the file\n");
    desk.dln("test read.dln").ends(0);
    let again = desk.dln("import net.safetensors --json").ends(0).json();
    assert_eq!(again[0], json!({ "name": "bias", "origin": "bias", "kind": "f16", "shape": [3] }));
}

#[test]
fn what_is_no_file_of_weights_is_refused() {
    let desk = Desk::new(&[]);
    desk.write("cut.pt", &CHECKPOINT[..CHECKPOINT.len() - 30]);
    desk.write("text.pt", b"no weights");
    for (file, text) in [
        ("cut.pt", "cannot be read as a file that PyTorch saved: its archive is cut off"),
        ("text.pt", "cannot be read as safetensors"),
        ("nowhere.pt", "No such file"),
    ] {
        let err = desk.dln(&format!("import {file}")).ends(3).err;
        assert!(err.starts_with("error[E0901]") && err.contains(text), "{file}: {err}");
    }
    assert!(desk.dln("import cut.pt --rename a.b").ends(2).err.contains("is no rule for names"));
}

/// Whatever stands in a file: it is read or refused, and never run.
#[test]
fn a_pickle_that_would_run_something_is_passed_over() {
    let desk = Desk::new(&[]);
    let harmful = CHECKPOINT.windows(13).position(|part| part == b"torch._utils\n").expect("a name of Python");
    let mut bytes = CHECKPOINT.to_vec();
    bytes[harmful..harmful + 5].copy_from_slice(b"shell");
    desk.write("harmful.pt", &bytes);
    let err = desk.dln("import harmful.pt").ends(3).err;
    assert!(err.contains("it holds no tensors by name"), "{err}");
}
