//! Data files.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0701",
        title: "a data file cannot be read",
        why: "The file does not exist or cannot be opened. Paths are relative to the dln file; `std:` is what \
              ships with dln.",
        wrong: r#"let all: (x: [64], y: idx<10>) = read_csv("digits.cvs")"#,
        right: r#"let all: (x: [64], y: idx<10>) = read_csv("std:digits.csv")"#,
    },
    Code {
        code: "E0702",
        title: "the columns of a file do not fit the fields",
        why: "A row has as many columns as the sizes of the fields together; a line of JSON has every field by its name.",
        wrong: r#"let all: (x: [63], y: idx<10>) = read_csv("std:digits.csv")"#,
        right: r#"let all: (x: [64], y: idx<10>) = read_csv("std:digits.csv")"#,
    },
    Code {
        code: "E0703",
        title: "a value of a file that does not fit its field",
        why: "The cell is empty, is no number, or does not fit the element type. Missing values are not guessed.",
        wrong: r#"let all: (x: u8[2], y: idx<10>) = read_csv("measured.csv")"#,
        right: r#"let all: (x: [2], y: idx<10>) = read_csv("measured.csv")"#,
    },
    Code {
        code: "E0704",
        title: "more classes than declared",
        why: "A class number of the file is not below the bound of its field.",
        wrong: r#"let all: (x: [64], y: idx<9>) = read_csv("std:digits.csv")"#,
        right: r#"let all: (x: [64], y: idx<10>) = read_csv("std:digits.csv")"#,
    },
    Code {
        code: "E0705",
        title: "an unknown column",
        why: "`columns:` chooses columns by the names in the header, and the file has no such name, or no header.",
        wrong: r#"let all: (x: [], y: []) = read_csv("houses.csv", columns: ["area", "rom"])"#,
        right: r#"let all: (x: [], y: []) = read_csv("houses.csv", columns: ["area", "rooms"])"#,
    },
    Code {
        code: "E0706",
        title: "not an IDX file, a WAV file, or a picture",
        why: "The file does not have the format of the MNIST files (four bytes of type and rank, the sizes, the \
              values), is no WAV file with samples of 8 to 32 bits, or no PNG or JPEG.",
        wrong: r#"let all: (x: [28, 28], y: idx<10>) = read_idx("images.png", "labels.gz")"#,
        right: r#"let all: (x: [28, 28], y: idx<10>) = read_idx("images.gz", "labels.gz")"#,
    },
    Code {
        code: "E0707",
        title: "files that do not fit together",
        why: "The rows of an IDX file have another shape than the field, the files have different numbers of rows, a WAV file \
              has another rate or other channels than are declared, or a picture another size.",
        wrong: r#"let all: (x: [28], y: idx<10>) = read_idx("images.gz", "labels.gz")"#,
        right: r#"let all: (x: [28, 28], y: idx<10>) = read_idx("images.gz", "labels.gz")"#,
    },
    Code {
        code: "E0708",
        title: "not a text",
        why: "The file is not UTF-8.",
        wrong: r#"let all: (x: idx<75>[64], y: idx<75>[64]) = read_text("book.pdf", length: 64)"#,
        right: r#"let all: (x: idx<75>[64], y: idx<75>[64]) = read_text("book.txt", length: 64)"#,
    },
    Code {
        code: "E0709",
        title: "no rows are left",
        why: "The file is empty, or the stages leave no rows or no full batch.",
        wrong: r#"let all: (x: [64], y: idx<10>) = read_csv("std:digits.csv") |> take(0..10)

train t {
  data = all |> batch(64, drop_last: true)
  step (x, y) { log mean: mean(x) }
}"#,
        right: r#"let all: (x: [64], y: idx<10>) = read_csv("std:digits.csv") |> take(0..10)

train t {
  data = all |> batch(64)
  step (x, y) { log mean: mean(x) }
}"#,
    },
    Code {
        code: "E0710",
        title: "rows that are not there",
        why: "`take` reaches past the last row.",
        wrong: "train t {
  data = digits.train |> take(0..5000)
  step (x, y) { log mean: mean(x) }
}",
        right: "train t {
  data = digits.train |> take(0..1000)
  step (x, y) { log mean: mean(x) }
}",
    },
    Code {
        code: "E0711",
        title: "a row of another length",
        why: "Rows whose length is free are filled to the least bucket that holds them, so there must be one for the longest; \
              fields that share the name of the length are equally long in every row.",
        wrong: "train t {
  data = reviews |> bucket([32]) |> batch(8)
  step (x, y, length) { log mean: mean(length) }
}",
        right: "train t {
  data = reviews |> bucket([32, 64, 256]) |> batch(8)
  step (x, y, length) { log mean: mean(length) }
}",
    },
    Code {
        code: "E0712",
        title: "weights that choose no row",
        why: "`sample` draws each row with a probability that its weight says: weights are 0 or more, and not all 0.",
        wrong: r#"let rated: (y: []) = read_csv("reviews.csv", columns: ["y"]) |> take(1..2)

train t {
  data = rated |> sample(8, "y") |> batch(4)
  step (y) { log mean: mean(y) }
}"#,
        right: r#"let rated: (y: []) = read_csv("reviews.csv", columns: ["y"]) |> take(0..2)

train t {
  data = rated |> sample(8, "y") |> batch(4)
  step (y) { log mean: mean(y) }
}"#,
    },
    Code {
        code: "E0713",
        title: "no tokenizer that dln reads",
        why: "`tokenizer:` needs a `tokenizer.json`, or a `vocab.json` with a `merges.txt` beside it; a vocabulary that is learned, `bpe(1000)`, needs none.",
        wrong: r#"let all: (x: idx<30522>[T]) = read_text("book.txt", tokenizer: "net.pt")

train t {
  data = all |> bucket([128]) |> batch(1)
  step (x, length) { log tokens: mean(cast(length, f32)) }
}"#,
        right: r#"let all: (x: idx<30522>[T]) = read_text("book.txt", tokenizer: "tokenizer.json")

train t {
  data = all |> bucket([128]) |> batch(1)
  step (x, length) { log tokens: mean(cast(length, f32)) }
}"#,
    },
];
