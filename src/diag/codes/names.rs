//! Names and modules.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0201",
        title: "an unknown name",
        why: "Nothing of this name is in scope. Names come from the file, from `use`, from parameters and sizes, \
              and from the prelude.",
        wrong: "let y = sofmax(x)",
        right: "use std.loss: cross_entropy
let loss = cross_entropy",
    },
    Code {
        code: "E0202",
        title: "an unknown module",
        why: "There is no module or file of this name. Modules of the library begin with `std.`; files are given \
              in quotes, relative to the file.",
        wrong: "use std.network: Linear",
        right: "use std.nn: Linear",
    },
    Code {
        code: "E0203",
        title: "a name that the module does not have",
        why: "The module exists and has no item of this name.",
        wrong: "use std.nn: Lineer",
        right: "use std.nn: Linear",
    },
    Code {
        code: "E0204",
        title: "files that use each other in a circle",
        why: "A file cannot use a file that uses it, directly or through others.",
        wrong: r#"use "this_file.dln": a"#,
        right: "use std.nn: Linear",
    },
    Code {
        code: "E0205",
        title: "a file outside the project",
        why: "Paths in `use` stay inside the project, so that it can be moved as a whole: the nearest folder, from that of the \
              program upwards, with a `main.dln`, or else the folder of the program.",
        wrong: r#"use "../../other/blocks.dln": Block"#,
        right: r#"use "blocks.dln": Block"#,
    },
    Code {
        code: "E0206",
        title: "a name is defined twice",
        why: "Two items of a file, or an item and a name from `use`, have the same name.",
        wrong: "let a = 1
let a = 2",
        right: "let a = 1
let b = 2",
    },
    Code {
        code: "E0207",
        title: "a definition that needs itself",
        why: "The value of a `let` cannot use that `let`, directly or through others; a layer cannot have a setting that is \
              such a layer, since there would never be a first one.",
        wrong: "let a = b + 1
let b = a + 1",
        right: "let a = 1
let b = a + 1",
    },
    Code {
        code: "E0208",
        title: "an assignment in a block that changes nothing outside",
        why: "A name that is defined in a block ends with the block: the one outside keeps its value. Make it the \
              value of the block.",
        wrong: "fn f(x: [N], c: Bool) {
  y = x
  if c { y = 2 * x }
  y
}",
        right: "fn f(x: [N], c: Bool) {
  y = if c { 2 * x } else { x }
  y
}",
    },
];
