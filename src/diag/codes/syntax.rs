//! Characters, words and grammar.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0101",
        title: "an operator or a character of another language",
        why: "dln is written with `and`, `or`, `not`, `->`, `<=` and so on; a character that has no meaning, or an \
              operator that other languages have, is reported with what dln writes.",
        wrong: "let ready = true && !false",
        right: "let ready = true and not false",
    },
    Code {
        code: "E0102",
        title: "a string is not closed",
        why: "A string begins and ends with `\"` on one line. A line end inside a string is written `\\n`.",
        wrong: r#"let path = "runs/a"#,
        right: r#"let path = "runs/a""#,
    },
    Code {
        code: "E0103",
        title: "a string in single quotes",
        why: "Strings stand in double quotes. Single quotes have no meaning.",
        wrong: "let path = 'runs/a'",
        right: r#"let path = "runs/a""#,
    },
    Code {
        code: "E0104",
        title: "letters directly behind a number",
        why: "A name cannot begin with a digit, a number has no suffix, and a product is written with `*`.",
        wrong: "let y = 2
let x = 3y",
        right: "let y = 2
let x = 3 * y",
    },
    Code {
        code: "E0105",
        title: "three dots",
        why: "The rest of the axes, of a list or of a shape is written with two dots.",
        wrong: "fn first(x: [..S, N]) = x[..., 0]",
        right: "fn first(x: [..S, N]) = x[.., 0]",
    },
    Code {
        code: "E0106",
        title: "a number that is too large",
        why: "Whole numbers have 64 bits; other numbers are floating point of 64 bits.",
        wrong: "let n = 99_999_999_999_999_999_999",
        right: "let n = 1e20",
    },
    Code {
        code: "E0107",
        title: "an unknown escape in a string",
        why: "The escapes are `\\n`, `\\t`, `\\\"` and `\\\\`. Any other character behind a backslash is a mistake, \
              often in a path: write `/` or two backslashes.",
        wrong: r#"let path = "runs\digits""#,
        right: r#"let path = "runs/digits""#,
    },
    Code {
        code: "E0108",
        title: "nested too deeply",
        why: "Brackets nest at most 200 deep, and an expression has at most 5000 operators between its outside and \
              its innermost part. Give parts of it names.",
        wrong: "let x = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))",
        right: "let x = 1",
    },
    Code {
        code: "E0109",
        title: "something else is expected here",
        why: "The text does not continue as the grammar allows. The message says what could stand at this place, \
              and what does.",
        wrong: "let x = 3 +",
        right: "let x = 3 + 4",
    },
    Code {
        code: "E0110",
        title: "a closing bracket is missing",
        why: "Every `(`, `[` and `{` is closed. The label shows which one is open; for a `{` the indentation is \
              used to guess which.",
        wrong: "let x = sum([1, 2]",
        right: "let x = sum([1, 2])",
    },
    Code {
        code: "E0111",
        title: "a closing bracket that fits nothing",
        why: "The bracket closes another kind than the one that is open, or no bracket is open.",
        wrong: "let x = [1, 2)",
        right: "let x = [1, 2]",
    },
    Code {
        code: "E0112",
        title: "a constant of another language",
        why: "The truth values are `true` and `false`. There is no `None`: every name has a value, and what may be \
              missing has a setting.",
        wrong: "let causal = True",
        right: "let causal = true",
    },
    Code {
        code: "E0113",
        title: "`self`",
        why: "The members of a layer are in scope in its methods by their names, and methods have no parameter for \
              the layer.",
        wrong: "layer Twice[D] {
  linear = Linear[D -> D]
  forward(self, x: [B, D]) = linear(linear(x))
}",
        right: "layer Twice[D] {
  linear = Linear[D -> D]
  forward(x: [B, D]) = linear(linear(x))
}",
    },
    Code {
        code: "E0114",
        title: "a misspelt word of the language",
        why: "An item or a statement begins with a word that looks like one of dln.",
        wrong: "layr Twice[D] { forward(x: [D]) = 2 * x }",
        right: "layer Twice[D] { forward(x: [D]) = 2 * x }",
    },
    Code {
        code: "E0115",
        title: "a word of another language",
        why: "`def`, `class`, `import`, `return`, `lambda`, `elif` and `for` statements are not dln. A \
              function is `fn f(x) = ..`, a network is a `layer`, the value of a body is its last expression, and \
              loops are the expressions `repeat`, `scan` and `while`, which has a bound and says what it carries.",
        wrong: "fn f(x: []) {
  return x + 1
}",
        right: "fn f(x: []) {
  x + 1
}",
    },
    Code {
        code: "E0116",
        title: "a comment that begins with `//`",
        why: "Comments begin with `#`; `//` divides whole numbers.",
        wrong: "let n = 3 // the number of layers",
        right: "let n = 3 # the number of layers",
    },
    Code {
        code: "E0117",
        title: "`=` behind the name of an argument",
        why: "The names of arguments, of fields in a record and of what is logged are followed by `:`.",
        wrong: "fn f(x: [B, T]) = mean(x, over = 0)",
        right: "fn f(x: [B, T]) = mean(x, over: 0)",
    },
    Code {
        code: "E0118",
        title: "`:` in place of `=` or `->`",
        why: "A definition is written with `=`; `:` announces a type. The type of a result stands behind `->`.",
        wrong: "hyper lr: 1e-3",
        right: "hyper lr = 1e-3",
    },
    Code {
        code: "E0119",
        title: "`=` in place of `==`, or the other way round",
        why: "`=` defines a name, `==` compares two values.",
        wrong: "fn f(n: Int) = if n = 1 { 0 } else { n }",
        right: "fn f(n: Int) = if n == 1 { 0 } else { n }",
    },
    Code {
        code: "E0120",
        title: "a `=` is missing",
        why: "A definition has a `=` between what it defines and the value.",
        wrong: "let x 3",
        right: "let x = 3",
    },
    Code {
        code: "E0121",
        title: "a `,` is missing",
        why: "Arguments and the elements of lists and tuples are separated by commas.",
        wrong: "let x = [1 2]",
        right: "let x = [1, 2]",
    },
    Code {
        code: "E0122",
        title: "a comparison whose result is lost",
        why: "A comparison on a line of its own does nothing; `=` was meant.",
        wrong: "fn f(x: []) {
  y = x
  y == 2 * x
  y + 1
}",
        right: "fn f(x: []) {
  y = 2 * x
  y + 1
}",
    },
    Code {
        code: "E0123",
        title: "an assignment with an operator",
        why: "A name keeps its value; a new value may have the same name. State (parameters, buffers, an \
              optimizer's state) changes with `<-`.",
        wrong: "fn f(x: []) {
  x += 1
  x
}",
        right: "fn f(x: []) {
  x = x + 1
  x
}",
    },
    Code {
        code: "E0124",
        title: "a body without braces",
        why: "The branches of an `if` and the bodies of loops, layers and trainings stand in `{ }`, and the `{` \
              stands on the line of what it belongs to. Indentation has no meaning.",
        wrong: "fn f(x: []) = if x > 0 1 else { 2 }",
        right: "fn f(x: []) = if x > 0 { 1 } else { 2 }",
    },
    Code {
        code: "E0125",
        title: "comparisons that are chained",
        why: "A comparison has two sides. A value between two bounds takes two comparisons.",
        wrong: "fn inside(x: []) = 0 < x < 1",
        right: "fn inside(x: []) = 0 < x and x < 1",
    },
    Code {
        code: "E0126",
        title: "two expressions in a row",
        why: "An operator or a separator is missing. Statements are separated by the end of a line or by `;`.",
        wrong: "fn f(x: []) {
  y = x z = x
  y + z
}",
        right: "fn f(x: []) {
  y = x; z = x
  y + z
}",
    },
    Code {
        code: "E0127",
        title: "a word of the language as a name",
        why: "`use hyper let fn layer optimizer train test if else for in scan repeat each true false and or not \
              where param buffer yield as` cannot be names, except behind a dot and as the names of fields.",
        wrong: "let test = 3",
        right: "let tests = 3",
    },
    Code {
        code: "E0128",
        title: "something that does not stand at the top level",
        why: "A file is a list of items. They begin with `use`, `hyper`, `let`, `fn`, `layer`, `optimizer`, \
              `train` or `test`.",
        wrong: "x = 3",
        right: "let x = 3",
    },
    Code {
        code: "E0129",
        title: "an item inside a body",
        why: "Inside a body a value is defined without `let`, and a method without `fn`; all other items stand at \
              the top level.",
        wrong: "fn f(x: []) {
  let y = 2 * x
  y
}",
        right: "fn f(x: []) {
  y = 2 * x
  y
}",
    },
    Code {
        code: "E0131",
        title: "`validate` without names",
        why: "`validate` gives names to the fields of a batch, as `step` does, in parentheses behind the data.",
        wrong: "train t {
  data = digits.train
  step (x, y) { minimize sum(net(x)) over net with SGD(lr: 0.1) }
  validate digits.test { log loss: 0 }
}",
        right: "train t {
  data = digits.train
  step (x, y) { minimize sum(net(x)) over net with SGD(lr: 0.1) }
  validate digits.test (x, y) { log loss: 0 }
}",
    },
    Code {
        code: "E0132",
        title: "a bound on a type that has none",
        why: "Only `idx` takes a bound in `< >`: `idx<10>[B]` are numbers from 0 to 9.",
        wrong: "fn f(y: i64<10>[B]) = y",
        right: "fn f(y: idx<10>[B]) = y",
    },
    Code {
        code: "E0133",
        title: "not a name on the left of `=`",
        why: "`=` defines names, one or several separated by commas. Tensors are not changed in place; state \
              changes with `<-`.",
        wrong: "fn f(x: [4]) {
  (a, b) = split(x, 2, over: 0)
  a + b
}",
        right: "fn f(x: [4]) {
  a, b = split(x, 2, over: 0)
  a + b
}",
    },
];
