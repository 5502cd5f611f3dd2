//! The style, rule by rule.

use super::format;
use crate::base::FileId;

fn formatted(text: &str) -> String {
    let once = format(FileId(0), text).expect("it parses");
    assert_eq!(format(FileId(0), &once).as_ref(), Ok(&once), "twice");
    once
}

/// What a text becomes, and that this stays.
#[track_caller]
fn becomes(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected);
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

#[test]
fn spaces_around_and_between() {
    becomes(
        "fn  f( x:[..B,T,2*N] , k:Int=1 )->[..B ,T]=-x [.. , 0 :T, - 1]**2+k*- 3 / (1-x.T) .[b t->t b|sum]",
        "fn f(x: [..B, T, 2 * N], k: Int = 1) -> [..B, T] = -x[.., 0:T, -1] ** 2 + k * -3 / (1 - x.T).[b t -> t b | sum]\n",
    );
    becomes("let n=[ i for i in 0 .. 3 if not(i==1) ]\n", "let n = [i for i in 0..3 if not (i == 1)]\n");
    becomes("let f=| x , y |x>y  >> |z|-z\n", "let f = |x, y| x > y >> |z| -z\n");
}

#[test]
fn angles_are_no_comparison() {
    becomes(
        "fn f(y:idx < C+1 > [B], idx:Int)=idx<3 and 4>idx",
        "fn f(y: idx<C + 1>[B], idx: Int) = idx < 3 and 4 > idx\n",
    );
}

#[test]
fn a_call_of_where_is_told_from_a_clause() {
    becomes(
        "fn f(x: [N]) where N>1 {\n  y = x\n  where(y > 0, y, 0)\n}",
        "fn f(x: [N]) where N > 1 {\n  y = x\n  where(y > 0, y, 0)\n}\n",
    );
}

#[test]
fn parameters_of_parts_are_no_call() {
    stays(
        "train t {\n  data = d |> batch(2)\n  step first (x, y) { minimize f(x) over net with SGD(lr: 0.1) }\n  validate d |> batch(2) (x, y) { log loss: f(x) }\n}\n",
    );
}

#[test]
fn long_lists_are_filled_and_rows_are_kept() {
    let numbers = |n: usize| vec!["0.123456789"; n].join(", ");
    becomes(&format!("let a = [{}]\n", numbers(12)), &format!("let a = [\n  {},\n  {},\n]\n", numbers(9), numbers(3)));
    stays("let a = [\n  1, 2,\n  3, 4,\n]\n");
    becomes("let a = f(1,\n  b: 2)\n", "let a = f(\n  1,\n  b: 2,\n)\n");
    becomes("let a = [1, 2,]; let b = (1,)\n", "let a = [1, 2]\nlet b = (1,)\n");
}

#[test]
fn a_value_moves_to_the_next_line_before_it_breaks() {
    let long = "a".repeat(100);
    becomes(&format!("let name_of_it = f({long}, 1)\n"), &format!("let name_of_it =\n  f({long}, 1)\n"));
    becomes(
        &format!("let name_of_it = {long} + {long} - b * {long}\n"),
        &format!("let name_of_it =\n  {long}\n  + {long} - b\n  * {long}\n"),
    );
}

#[test]
fn no_line_begins_with_a_minus_outside_of_brackets() {
    let long = "a".repeat(70);
    let text = formatted(&format!("fn f() {{\n  x = {long} - {long}\n  y = ({long} - {long})\n}}\n"));
    assert!(text.contains(&format!("    {long} - {long}\n")), "{text}");
    assert!(text.contains(&format!("    {long}\n    - {long}\n")), "{text}");
}

#[test]
fn signatures_break_at_where_and_then_in_the_parameters() {
    let conditions = "where N >= 1, N <= 1000, N % 2 == 0, N // 2 >= 1, N * N < 1000";
    becomes(
        &format!("fn f(x: [N], first: Int = 1, second: Int = 2, third: Int = 3) -> [N] {conditions} = x\n"),
        &format!("fn f(x: [N], first: Int = 1, second: Int = 2, third: Int = 3) -> [N]\n  {conditions} = x\n"),
    );
    let names = (0..12).map(|i| format!("parameter{i}: Int")).collect::<Vec<_>>();
    becomes(
        &format!("fn f({}) -> [N] where N > 1 {{ 1 }}\n", names.join(", ")),
        &format!("fn f(\n  {},\n  {},\n) -> [N] where N > 1 {{ 1 }}\n", names[..7].join(", "), names[7..].join(", ")),
    );
}

#[test]
fn blocks_are_flat_or_a_statement_a_line() {
    stays("fn f(x: []) { y = x; y }\n");
    becomes("fn f(x: []) { y = x\n  z = y; z }\n", "fn f(x: []) {\n  y = x\n  z = y\n  z\n}\n");
    becomes("fn f(x: []) = if a { 1 } else {\n 2 }\n", "fn f(x: []) = if a {\n  1\n} else {\n  2\n}\n");
    stays("fn f(x: []) {\n  if a { 1 }\n  else if b { 2 }\n  else { 3 }\n}\n");
}

#[test]
fn empty_lines() {
    becomes(
        "\n\nlet a = 1\n\n\nlet b = 2\nfn f() {\n\n  a\n\n\n  b\n\n}\n# g\nfn g() {\n  1\n}\n\n\n",
        "let a = 1\n\nlet b = 2\nfn f() {\n  a\n\n  b\n}\n\n# g\nfn g() {\n  1\n}\n",
    );
}

#[test]
fn comments_stay_where_they_are() {
    stays(
        "# first\n\n## of a\nlet a = f(\n  1,  # one\n  # alone\n  2,\n  # last\n)  # behind\n\nfn g() {  # opens\n  # in front\n  x = 1  # x\n\n  # before the end\n}\n# the end\n",
    );
    becomes("let a = b  # b\n  + c\n", "let a = b  # b\n  + c\n");
    becomes("let a = f(1 # one\n, 2)\n", "let a = f(\n  1,  # one\n  2,\n)\n");
    becomes("let a = b + # c\n  c\n", "let a = b  # c\n  + c\n");
}

#[test]
fn comments_behind_code_keep_their_columns() {
    stays("let a = 1            # one\nlet bb = 2           # two\nlet c = 3    # three\n");
    becomes("let a =   1   # one\nlet b = 22222 # two\n", "let a = 1      # one\nlet b = 22222  # two\n");
}

#[test]
fn marks_do_not_move() {
    stays("fn f() {\n  x = a + b\n#     ^ error E0201: unknown\n# help: say it\n  x\n}\n");
}

#[test]
fn line_ends_and_letters_are_kept() {
    becomes("# größe\r\nlet  größe=1 # 中\r\n", "# größe\r\nlet größe = 1  # 中\r\n");
    becomes("let a = 1", "let a = 1\n");
    becomes("", "");
    becomes("\n\n", "");
}

#[test]
fn what_does_not_parse_is_refused() {
    let diagnostics = format(FileId(0), "let a = (1\n").unwrap_err();
    assert_eq!(diagnostics[0].code, "E0110");
}

#[test]
fn comments_before_an_else() {
    stays("fn f(x: Int) = {\n  if x > 0 { 1 }     # behind\n  else { 2 }\n}\n");
    becomes(
        "fn f(x: Int) = g(|y| { if y > 0 { 1 }   # behind\n\n# alone\n else { 2 } })\n",
        "fn f(x: Int) = g(|y| {\n  if y > 0 { 1 }                        # behind\n\n  # alone\n  else { 2 }\n})\n",
    );
}

#[test]
fn a_carriage_return_alone_ends_no_comment() {
    becomes("# one\r# still one\nlet a = 1 # two\r\n", "# one\r# still one\nlet a = 1  # two\n");
}
