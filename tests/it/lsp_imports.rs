//! Names of the library that a file does not use yet: offered, and mended, with their `use` lines.

use serde_json::{Value, json};

use crate::editor::{Client, everywhere, labels, place};

/// A text with edits of one line each, whose places do not touch.
fn edited(text: &str, edits: &[&Value]) -> String {
    let offset = |place: &Value| {
        let line = place["line"].as_u64().expect("a line") as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + place["character"].as_u64().expect("a column") as usize
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().expect("a text"))
        })
        .collect();
    edits.sort();
    let mut text = text.to_string();
    edits.into_iter().rev().for_each(|(start, end, new)| text.replace_range(start..end, new));
    text
}

const TEXTS: [(&str, &str); 5] = [
    ("let a = LayerNorm[4]\n", "use std.nn: LayerNorm\n\nlet a = LayerNorm[4]\n"),
    (
        "use std.nn: Linear as Dense\nlet a = LayerNorm[4]\n",
        "use std.nn: Linear as Dense, LayerNorm\nlet a = LayerNorm[4]\n",
    ),
    (
        "use std.loss: mse  # of numbers\r\nlet a = LayerNorm[4]\r\n",
        "use std.loss: mse  # of numbers\r\nuse std.nn: LayerNorm\r\nlet a = LayerNorm[4]\r\n",
    ),
    (
        "# Of one net.\n\n## A norm.\n## It is small.\nlet a = LayerNorm[4]\n",
        "# Of one net.\n\nuse std.nn: LayerNorm\n\n## A norm.\n## It is small.\nlet a = LayerNorm[4]\n",
    ),
    ("use std.nn\nlet a = LayerNorm[4]\n", "use std.nn\nuse std.nn: LayerNorm\nlet a = LayerNorm[4]\n"),
];

#[test]
fn a_quick_fix_brings_an_unknown_name_of_the_library() {
    for (text, wanted) in TEXTS {
        let mut client = Client::with(text);
        assert_eq!(client.diagnostics()[0]["code"], "E0201", "{text}");
        let asked = json!({ "range": everywhere(), "context": { "diagnostics": [] } });
        let actions = client.of("textDocument/codeAction", asked);
        assert_eq!(actions[0]["title"], "add `use std.nn: LayerNorm`", "{text}");
        let mended = edited(text, &[&actions[0]["edit"]["changes"][client.uri("main.dln")][0]]);
        assert_eq!(mended, wanted);
        client.change("main.dln", 2, json!([{ "text": mended }]));
        assert_eq!(client.diagnostics(), Vec::<Value>::new(), "{mended}");
    }
}

#[test]
fn what_is_not_used_yet_is_offered_with_its_line() {
    for (whole, wanted) in TEXTS {
        let text = whole.replace("LayerNorm", "Norm");
        let mut client = Client::with(&text);
        let list = client.at("textDocument/completion", &text, "Norm[", 4);
        let items = list["items"].as_array().expect("a list");
        let offered = items.iter().find(|item| item["label"] == "LayerNorm").expect("by a part of its name");
        let at = text.find("Norm[").expect("a word");
        let written =
            json!({ "range": { "start": place(&text, at), "end": place(&text, at + 4) }, "newText": "LayerNorm" });
        assert_eq!(edited(&text, &[&written, &offered["additionalTextEdits"][0]]), wanted);
    }
}

#[test]
fn what_the_library_says_of_a_name_is_told_when_it_is_looked_at() {
    let text = "use std.nn: Linear\nlet b = r\nlet c = L\n";
    let mut client = Client::with(text);
    let mut said = |mark: &str, name: &str| {
        let list = client.at("textDocument/completion", text, mark, mark.len());
        let items = list["items"].as_array().expect("a list");
        let item = items.iter().find(|item| item["label"] == name).expect("it is offered").clone();
        client.of("completionItem/resolve", item)["documentation"]["value"].as_str().unwrap_or("").to_string()
    };
    let relu = said("b = r", "relu");
    assert!(relu.contains("fn relu(x: [..S]) -> [..S]") && relu.contains("max"), "{relu}");
    let norm = said("c = L", "LayerNorm");
    assert!(norm.contains("layer LayerNorm[") && norm.contains("arXiv"), "{norm}");
    assert_eq!(said("c = L", "b"), "");
}

#[test]
fn what_is_there_already_needs_no_line() {
    let text = "use std.nn: Linear\nlet a = Linear[4 -> 2]\nlet b = r\nlet c = a.\nlet d = 1 + \n";
    let mut client = Client::with(text);
    let with_line = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().expect("a list");
        let brought = items.iter().filter(|item| !item["additionalTextEdits"].is_null());
        brought.map(|item| item["label"].as_str().expect("a label").to_string()).collect()
    };
    let list = client.at("textDocument/completion", text, "= Linear", 3);
    assert!(!with_line(&list).iter().any(|name| name == "Linear"));
    let list = client.at("textDocument/completion", text, "= r\n", 3);
    for known in ["relu", "scatter_prod", "reshape"] {
        assert!(!with_line(&list).iter().any(|name| name == known), "{known}");
        assert_eq!(labels(list.clone()).iter().filter(|label| *label == known).count(), 1, "{known}");
    }
    assert_eq!(with_line(&client.at("textDocument/completion", text, "a.\n", 2)), Vec::<String>::new());
    // The library is asked for what begins with some letter, so the editor has to ask again.
    let list = client.at("textDocument/completion", text, "1 + ", 4);
    assert_eq!((with_line(&list), &list["isIncomplete"]), (vec![], &json!(true)));
}

#[test]
fn a_long_line_and_a_long_name_take_no_long_time() {
    let start = std::time::Instant::now();
    let list = (0..20_000).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let text = format!("let a = [{list}]\nlet b = {}\n", "x".repeat(100_000));
    let mut client = Client::with(&text);
    let told = client.diagnostics();
    assert_eq!(told.len(), 1);
    let tokens = client.of("textDocument/semanticTokens/full", json!({}));
    assert!(tokens["data"].as_array().is_some_and(|data| data.len() > 5 * 40_000));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
