//! The language server, over the protocol: a client in this process asks what an editor would.

use std::path::Path;

use serde_json::{Value, json};

use crate::editor::{Client, everywhere, labels, place};
use crate::root;

const NET: &str = "\
use std.nn: Linear

## Two layers with a bend between them.
layer Block[In -> Out](gain = 1.0) {
  first = Linear[In -> Out]
  last = Linear[Out -> Out]

  forward(x: [B, In]) -> [B, Out] {
    hidden = relu(first(x))
    last(hidden) * gain
  }
}

let net = Block[64 -> 128](gain: 2.0)
  >> relu
  >> Linear[_ -> 10]

fn classify(x: [B, 64]) -> [B, 10] = net(x)
";

#[test]
fn a_wrong_size_is_told_and_its_help_mends_it() {
    let text =
        "use std.nn: Linear\nlet net = Linear[64 -> 32] >> relu >> Linear[33 -> 10]\nfn f(x: [B, 64]) = net(x)\n";
    let mut client = Client::with(text);
    let told = client.diagnostics();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["code"], "E0501");
    let actions =
        client.of("textDocument/codeAction", json!({ "range": told[0]["range"], "context": { "diagnostics": [] } }));
    let edit = &actions[0]["edit"]["changes"][client.uri("main.dln")][0];
    client.change("main.dln", 2, json!([{ "range": edit["range"], "text": edit["newText"] }]));
    assert_eq!(client.diagnostics(), Vec::<Value>::new());
}

/// LeNet without the padding that its first dense layer counts on: written where there is none, and in place of another.
#[test]
fn a_setting_that_makes_a_size_fit_is_written_where_the_layer_is_made() {
    for settings in ["kernel: 5", "kernel: 5, pad: 1"] {
        let text = format!(
            "use std.nn: Conv2d, Linear
let net = Conv2d[1 -> 6]({settings}) >> relu >> max_pool(2) >> Conv2d[6 -> 16](kernel: 5) >> relu >> max_pool(2)
  >> flatten >> Linear[400 -> 120]
fn f(x: [B, 1, 28, 28]) -> [B, 120] = net(x)
"
        );
        let mut client = Client::with(&text);
        let told = client.diagnostics();
        assert_eq!(told[0]["code"], "E0501", "{told:?}");
        let actions = client
            .of("textDocument/codeAction", json!({ "range": told[0]["range"], "context": { "diagnostics": [] } }));
        let actions = actions.as_array().expect("a list");
        let title = "400 = 16 * 5 * 5 would follow from `pad: 2` in the first `Conv2d`";
        let action = actions.iter().find(|action| action["title"] == title).expect("an action");
        let edit = &action["edit"]["changes"][client.uri("main.dln")][0];
        let written = if settings.contains("pad") { "2" } else { ", pad: 2" };
        assert_eq!(edit["newText"], written);
        client.change("main.dln", 2, json!([{ "range": edit["range"], "text": edit["newText"] }]));
        assert_eq!(client.diagnostics(), Vec::<Value>::new());
    }
}

#[test]
fn padding_that_makes_two_sides_equal_is_written_where_the_layer_is_made() {
    let text = "use std.nn: Conv2d
let conv = Conv2d[8 -> 8](kernel: 3)
fn f(x: [B, 8, H, W]) -> [B, 8, H, W] = x + relu(conv(x))
";
    let mut client = Client::with(text);
    let told = client.diagnostics();
    let actions =
        client.of("textDocument/codeAction", json!({ "range": told[0]["range"], "context": { "diagnostics": [] } }));
    let mut actions = actions.as_array().expect("a list").iter();
    let title = "both are [B, 8, H, W] with `pad: 1` in `Conv2d`";
    let action = actions.find(|action| action["title"] == title).expect("an action");
    let edit = &action["edit"]["changes"][client.uri("main.dln")][0];
    client.change("main.dln", 2, json!([{ "range": edit["range"], "text": edit["newText"] }]));
    assert_eq!(client.diagnostics(), Vec::<Value>::new());
}

#[test]
fn shapes_stand_behind_names_holes_and_stages() {
    let mut client = Client::with(NET);
    let hints = client.of("textDocument/inlayHint", json!({ "range": everywhere() }));
    let shown: Vec<(u64, &str)> = hints
        .as_array()
        .expect("a list")
        .iter()
        .map(|hint| (hint["position"]["line"].as_u64().expect("a line"), hint["label"].as_str().expect("a label")))
        .collect();
    assert_eq!(shown, [(8, ": [B, Out]"), (13, "[B, 128]"), (14, "[B, 128]"), (15, "[B, 10]"), (15, "=128")]);
}

#[test]
fn a_hover_tells_type_declaration_documentation_and_count() {
    let mut client = Client::with(NET);
    let mut hover = |mark: &str, by: usize| {
        client.at("textDocument/hover", NET, mark, by)["contents"]["value"].as_str().unwrap_or("").to_string()
    };
    let hidden = hover("hidden = ", 2);
    for part in ["hidden: f32[B, Out]", "- `B` given as `B, In`, ", "- `Out` axis 0 of `", "its size `Out` of `Linear`"]
    {
        assert!(hidden.contains(part), "{part} in {hidden}");
    }
    let layer = hover("Block[64", 1);
    for part in ["Two layers with a bend", "layer Block[In -> Out](gain = 1.0)", "24,832 parameters"] {
        assert!(layer.contains(part), "{part} in {layer}");
    }
    assert!(hover("net(x)", 0).contains("26,122 parameters"), "{}", hover("net(x)", 0));
    let library = hover("Linear[_", 1);
    assert!(library.contains("layer Linear[In -> Out]") && library.contains("std.nn.linear"), "{library}");
    assert!(hover("In]) ->", 0).contains("a size, bound in line 4"));
}

#[test]
fn what_could_be_written_fits_the_place() {
    let mut client = Client::with(NET);
    let inside = labels(client.at("textDocument/completion", NET, "relu(first", 2));
    for name in ["hidden", "first", "gain", "In", "B", "Linear", "relu", "concat", "scan"] {
        assert!(inside.iter().any(|label| label == name), "{name}");
    }
    assert!(!inside.iter().any(|label| label == "classify2"));
    let typing = format!("{NET}let one = Block[2 -> 2]\nlet part = one.\n");
    client.change("main.dln", 2, json!([{ "text": typing }]));
    let fields = labels(client.at("textDocument/completion", &typing, "= one.", 6));
    assert_eq!(fields, ["first", "last", "forward"]);
    let typing = NET.replace("last(hidden)", "hidden.");
    client.change("main.dln", 3, json!([{ "text": typing }]));
    let fields = labels(client.at("textDocument/completion", &typing, "hidden. ", 7));
    assert_eq!(fields, ["T", "shape", "rank", "dtype"]);
    let typing = "use std.nn: Linear, Con\n";
    client.change("main.dln", 4, json!([{ "text": typing }]));
    let names = labels(client.at("textDocument/completion", typing, "Con", 3));
    assert!(names.contains(&"Conv2d".to_string()), "{names:?}");
    let typing = "use std.\n";
    client.change("main.dln", 5, json!([{ "text": typing }]));
    let modules = labels(client.at("textDocument/completion", typing, "std.", 4));
    assert!(modules.contains(&"loss".to_string()) && !modules.iter().any(|name| name.contains('.')), "{modules:?}");
    let typing = "use std.nn: Linear\nlet a = Linear[1 -> 2](\n";
    client.change("main.dln", 6, json!([{ "text": typing }]));
    let arguments = labels(client.at("textDocument/completion", typing, "2](", 3));
    assert!(arguments.contains(&"use_bias:".to_string()), "{arguments:?}");
    // Of a member of a chain, and of a part of that.
    for (version, path, wanted) in
        [(7, "net[0].", ["first", "last", "forward"]), (8, "net[0].first.", ["weight", "bias", "forward"])]
    {
        let typing = format!("{NET}let part = {path}\n");
        client.change("main.dln", version, json!([{ "text": typing }]));
        let members = labels(client.at("textDocument/completion", &typing, path, path.len()));
        assert_eq!(members, wanted, "{path}");
    }
}

/// What a row of a data set has, what a record has, and which files a `use` line could name.
#[test]
fn records_and_files_are_offered() {
    let text = "use std.data: digits\nlet pair = (left: 1, right: ones[2])\nlet rows = digits.train\n";
    let mut client = Client::among(&[("blocks.dln", "fn twice(x: [N]) = x\n"), ("parts/sizes.dln", "let width = 3\n")]);
    client.open("main.dln", text);
    let offered = [
        ("let a = pair.", vec!["left", "right"]),
        ("let a = pair.right.", vec!["T", "shape", "rank", "dtype"]),
        ("let a = digits.", vec!["train", "test"]),
        ("let a = rows.", vec![]),
        ("use \"", vec!["blocks.dln", "parts/"]),
        ("use \"parts/", vec!["sizes.dln"]),
        ("use \"blocks.dln\": ", vec!["twice"]),
    ];
    for (i, (line, wanted)) in offered.into_iter().enumerate() {
        let typing = format!("{text}{line}");
        client.change("main.dln", i as i32 + 2, json!([{ "text": typing }]));
        assert_eq!(labels(client.at("textDocument/completion", &typing, line, line.len())), wanted, "{line}");
    }
    let hover = client.at("textDocument/hover", text, "digits.train", 8)["contents"]["value"].clone();
    assert!(hover.as_str().is_some_and(|hover| hover.contains("x: f32[64], y: idx<10>")), "{hover}");
}

#[test]
fn a_hover_is_about_what_stands_there_alone() {
    let text = NET.replace("\n  >> relu\n  >>", " >> relu >>").replace("(gain: 2.0)", "");
    let mut client = Client::with(&text);
    let mut hover = |mark: &str, by: usize| {
        client.at("textDocument/hover", &text, mark, by)["contents"]["value"].as_str().unwrap_or("").to_string()
    };
    let first = hover("Block[64", 1);
    assert!(first.contains("Block[64 -> 128]") && first.contains("24,832") && !first.contains("relu"), "{first}");
    assert!(!hover("hidden = ", 1).contains("layer Block"), "a local is no layer");
    assert!(hover("_ -> 10", 0).contains("first input"));
    let module = hover("std.nn", 5);
    assert!(module.contains("`Conv2d`") && module.contains("Layers."), "{module}");
}

#[test]
fn the_call_around_is_shown_with_the_argument_in_hand() {
    let text = "fn mix(a: [N], b: [N], share = 0.5) = share * a + (1.0 - share) * b\nlet c = mix(ones[3], zeros[3], share: 0.1)\n";
    let mut client = Client::with(text);
    let help = client.at("textDocument/signatureHelp", text, "zeros", 2);
    assert_eq!(help["signatures"][0]["label"], "fn mix(a: [N], b: [N], share = 0.5)");
    assert_eq!(help["activeParameter"], 1);
    assert_eq!(client.at("textDocument/signatureHelp", text, "0.1)", 1)["activeParameter"], 2);
    assert_eq!(client.at("textDocument/signatureHelp", text, "let c", 1), Value::Null);
    // Sizes are shown too, and of what is called by its own name what it takes.
    let mut client = Client::with(NET);
    let sizes = client.at("textDocument/signatureHelp", NET, "128](gain", 1);
    assert_eq!(
        (&sizes["signatures"][0]["parameters"][1]["label"], &sizes["activeParameter"]),
        (&json!("Out"), &json!(1))
    );
    let layer = client.at("textDocument/signatureHelp", NET, "net(x)", 4);
    assert_eq!(layer["signatures"][0]["label"], "forward(x: [B, In]) -> [B, Out]");
}

#[test]
fn definitions_are_found_here_and_in_the_library() {
    let mut client = Client::with(NET);
    let own = client.at("textDocument/definition", NET, "first(x)", 1);
    assert_eq!(own["range"]["start"], place(NET, NET.find("first =").expect("there")));
    let library = client.at("textDocument/definition", NET, "Linear[_", 1);
    let path = library["uri"].as_str().expect("a file").trim_start_matches("file://").to_string();
    let line = library["range"]["start"]["line"].as_u64().expect("a line") as usize;
    let text = std::fs::read_to_string(Path::new(&path)).expect("the library can be opened");
    assert!(text.lines().nth(line).expect("the line").starts_with("layer Linear["), "{path}:{line}");
}

#[test]
fn a_name_is_renamed_wherever_it_stands_and_never_into_another() {
    let mut client = Client::with(NET);
    let places = client.at_with(
        "textDocument/references",
        NET,
        "gain = 1",
        1,
        json!({ "context": { "includeDeclaration": true } }),
    );
    assert_eq!(places.as_array().map(Vec::len), Some(3));
    let edit = client.at_with("textDocument/rename", NET, "gain = 1", 1, json!({ "newName": "factor" }));
    let edits = edit["changes"][client.uri("main.dln")].as_array().expect("edits").clone();
    let mut text = NET.to_string();
    let offset = |text: &str, at: &Value| {
        let line = at["line"].as_u64().expect("a line") as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + at["character"].as_u64().expect("a column") as usize
    };
    let mut ranges: Vec<(usize, usize)> =
        edits.iter().map(|edit| (offset(NET, &edit["range"]["start"]), offset(NET, &edit["range"]["end"]))).collect();
    ranges.sort_unstable();
    ranges.iter().rev().for_each(|&(lo, hi)| text.replace_range(lo..hi, "factor"));
    assert_eq!(text, NET.replace("gain", "factor"));
    for (new, why) in [("first", "already"), ("3x", "no name"), ("let", "no name")] {
        let refused = client.at_with("textDocument/rename", NET, "hidden =", 1, json!({ "newName": new }));
        assert!(refused["error"].as_str().is_some_and(|message| message.contains(why)), "{new}: {refused}");
    }
}

#[test]
fn symbols_folds_lenses_and_kinds_of_words() {
    let mut client = Client::with(NET);
    let symbols = client.of("textDocument/documentSymbol", json!({}));
    let names: Vec<&str> = symbols.as_array().expect("a list").iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(names, ["Block", "net", "classify"]);
    assert_eq!(symbols[0]["children"].as_array().map(Vec::len), Some(3));
    let found = client.ask("workspace/symbol", json!({ "query": "forw" }));
    assert_eq!(found[0]["name"], "forward");
    let folds = client.of("textDocument/foldingRange", json!({}));
    assert_eq!(folds.as_array().map(Vec::len), Some(2), "the layer and its method: {folds}");
    let lenses = client.of("textDocument/codeLens", json!({}));
    let titles: Vec<&str> =
        lenses.as_array().expect("a list").iter().filter_map(|l| l["command"]["title"].as_str()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    let own = "In*Out + Out**2 + 2*Out parameters · 2*B*In*Out + 2*B*Out**2 + 5*B*Out FLOPs forward";
    let used = "Block[64 -> 128]: 49.8 k FLOPs forward, 82.4 k backward at B = 1";
    assert_eq!(titles[0], format!("{own} · {used}"));
    assert_eq!(titles[1], "26,122 parameters · 52.6 k FLOPs forward, 87.7 k backward at B = 1");
    let tokens = client.of("textDocument/semanticTokens/full", json!({}));
    let data = tokens["data"].as_array().expect("numbers");
    assert!(data.len().is_multiple_of(5) && data.len() > 200, "{}", data.len());
}

/// What is counted in a file that trains is counted at its batch, as `dln summary` does it; what depends on a setting is said at
/// numbers alone.
#[test]
fn lenses_count_what_a_step_calls() {
    let text = "use std.data: digits\nuse std.nn: Linear\nuse std.loss: cross_entropy\nuse std.optim: SGD\n\
        layer Gated[D](wide: Bool = true) {\n  a = Linear[D -> D]\n  forward(x: [..S, D]) -> [..S, D] = \
        if wide { a(x) } else { x }\n}\nlet net = Gated[64] >> relu >> Linear[64 -> 10]\ntrain t {\n  \
        data = digits.train |> batch(8)\n  epochs = 1\n  step (x, y) { minimize cross_entropy(net(x), y) over net \
        with SGD(lr: 0.1) }\n}\ntest \"one\" { assert true }\n";
    let mut client = Client::with(text);
    let lenses = client.of("textDocument/codeLens", json!({}));
    let titles: Vec<&str> =
        lenses.as_array().expect("a list").iter().filter_map(|l| l["command"]["title"].as_str()).collect();
    // Products of 8 rows: 2 * 8 * 64 * 64 and 2 * 8 * 64 * 10, biases and `relu`; no derivative goes into the data.
    let own = "D**2 + D parameters · Gated[64]: 66.0 k FLOPs forward, 66.0 k backward at B = 8";
    let net = "4,810 parameters · 77.4 k FLOPs forward, 87.1 k backward at B = 8";
    assert_eq!(titles, [own, net, "Run", "Check", "Run test"]);
}

/// Words of the language that are names elsewhere: only what is surely a name is said to be one.
#[test]
fn words_that_are_words_in_their_place_alone_are_left_to_the_grammar() {
    let text = "use std.data: digits\nuse std.nn: Linear\nuse std.loss: cross_entropy\nuse std.optim: SGD\n\
        let net = Linear[64 -> 10]\ntrain t {\n  data = digits.train |> batch(8)\n  epochs = 1\n  \
        step (x, y) { minimize cross_entropy(net(x), y) over net with SGD(lr: 0.1) }\n}\n";
    let mut client = Client::with(text);
    let tokens = client.of("textDocument/semanticTokens/full", json!({}));
    let numbers: Vec<u64> = tokens["data"].as_array().expect("numbers").iter().filter_map(Value::as_u64).collect();
    let (mut line, mut column, mut kinds) = (0, 0, std::collections::BTreeMap::new());
    for token in numbers.chunks(5) {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        let written: String = text
            .lines()
            .nth(line as usize)
            .expect("a line")
            .chars()
            .skip(column as usize)
            .take(token[2] as usize)
            .collect();
        kinds.insert((line, written), token[3]);
    }
    assert!(!kinds.contains_key(&(8, "minimize".to_string())), "{kinds:?}");
    assert!(!kinds.contains_key(&(8, "step".to_string())), "{kinds:?}");
    assert_eq!(kinds[&(5, "train".to_string())], 0, "a word");
    assert_eq!(kinds[&(6, "train".to_string())], 8, "a part of a data set");
    assert_eq!(kinds[&(8, "x".to_string())], 7, "a parameter");
}

#[test]
fn a_file_is_put_in_the_one_style() {
    let mut client = Client::with("let   a = 1+2\n");
    let options = json!({ "options": { "tabSize": 2, "insertSpaces": true } });
    let edits = client.of("textDocument/formatting", options.clone());
    assert_eq!(edits[0]["newText"], "let a = 1 + 2\n");
    client.change("main.dln", 2, json!([{ "range": edits[0]["range"], "text": edits[0]["newText"] }]));
    assert_eq!(client.of("textDocument/formatting", options), json!([]));
}

#[test]
fn a_change_of_a_file_is_seen_by_those_that_use_it() {
    let mut client = Client::new();
    client.open("blocks.dln", "fn twice(x: [N]) -> [N] = 2.0 * x\n");
    client.open("main.dln", "use \"blocks.dln\": twice\nfn f(x: [N]) -> [N] = twice(x)\n");
    assert_eq!(client.diagnostics(), Vec::<Value>::new());
    client.change("blocks.dln", 2, json!([{ "text": "fn thrice(x: [N]) -> [N] = 3.0 * x\n" }]));
    let told = client.diagnostics();
    assert!(!told.is_empty() && told[0]["message"].as_str().is_some_and(|m| m.contains("twice")), "{told:?}");
}

#[test]
fn any_text_is_looked_at_and_edits_arrive_whole() {
    let mut text: Vec<char> =
        std::fs::read_to_string(root().join("examples/lenet.dln")).expect("the example").chars().collect();
    let mut client = Client::with(&text.iter().collect::<String>());
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = move |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    };
    let pieces = ["{", "}", "(", "]", "\n", " >> ", "\"", "\u{1f600}", "let x = ", ".", "_", "# ", "fn f(", "é", ""];
    let questions = ["hover", "completion", "signatureHelp", "definition", "documentHighlight", "prepareRename"];
    for round in 0..60 {
        let (a, b) = (draw(text.len() + 1), draw(6));
        let end = (a + b).min(text.len());
        let piece = pieces[draw(pieces.len())];
        let place = |at: usize| {
            let line = text[..at].iter().filter(|c| **c == '\n').count();
            let start = text[..at].iter().rposition(|c| *c == '\n').map_or(0, |at| at + 1);
            json!({ "line": line, "character": text[start..at].iter().map(|c| c.len_utf16()).sum::<usize>() })
        };
        let range = json!({ "start": place(a), "end": place(end) });
        client.change("main.dln", round + 2, json!([{ "range": range, "text": piece }]));
        text.splice(a..end, piece.chars());
        let at = draw(text.len() + 1);
        let line = text[..at].iter().filter(|c| **c == '\n').count();
        let position = json!({ "line": line, "character": draw(80) });
        let question = questions[draw(questions.len())];
        let answer = client.of(&format!("textDocument/{question}"), json!({ "position": position }));
        assert!(answer.get("error").is_none(), "{question}: {answer}");
        for whole in ["inlayHint", "codeAction", "codeLens", "semanticTokens/full", "documentSymbol"] {
            let answer = client.of(
                &format!("textDocument/{whole}"),
                json!({ "range": everywhere(), "context": { "diagnostics": [] } }),
            );
            assert!(answer.get("error").is_none(), "{whole}: {answer}");
        }
    }
    // What came in parts is what would have come whole.
    let symbols = client.of("textDocument/semanticTokens/full", json!({}));
    client.change("main.dln", 1000, json!([{ "text": text.iter().collect::<String>() }]));
    assert_eq!(client.of("textDocument/semanticTokens/full", json!({})), symbols);
}

#[test]
fn a_question_that_nobody_knows_is_answered_with_an_error() {
    let mut client = Client::with(NET);
    assert_eq!(client.of("textDocument/moniker", json!({})), json!({ "error": "not known here" }));
    assert_eq!(client.ask("textDocument/hover", json!({})), json!({ "error": "no file is named" }));
}
