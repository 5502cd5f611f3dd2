//! The language server over the files of a project: symbols, references and new names beyond one file, and what a change
//! means to the files that use it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::editor::Client;

const BLOCKS: &str = "\
use std.nn: Linear
use \"parts/sizes.dln\": width as wide

## Twice and a layer.
fn twice(x: [N], times = 2.0) -> [N] = times * x

layer Block[D](gain = 1.0) {
  inner = Linear[D -> wide]

  forward(x: [B, D]) -> [B, wide] = inner(x) * gain
}
";

const MAIN: &str = "\
use \"blocks.dln\": twice, Block as Part
use \"blocks.dln\" as b
use \"passed.dln\": twice as again

let net = Part[4](gain: 2.0)
fn f(x: [N]) -> [N] = twice(b.twice(x, times: 3.0)) + again(x, times: 0.5)
fn g(x: [B, 4]) = net.inner(x)
";

const PASSED: &str = "use \"blocks.dln\": twice\n";
const SIZES: &str = "let width = 3\n";
const OTHER: &str = "fn twice(x: [N]) -> [N] = x\nlet width = 4\n";

fn project() -> [(&'static str, &'static str); 6] {
    let hidden = ("target/made.dln", "fn twice(x: [N]) -> [N] = x\n");
    [
        ("main.dln", MAIN),
        ("blocks.dln", BLOCKS),
        ("passed.dln", PASSED),
        ("parts/sizes.dln", SIZES),
        ("other.dln", OTHER),
        hidden,
    ]
}

/// The texts that edits of the protocol make of a project; the texts here are ASCII.
fn applied(client: &Client, edit: &Value) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = project().map(|(name, text)| (name.into(), text.into())).into();
    for (uri, edits) in edit["changes"].as_object().unwrap_or_else(|| panic!("edits: {edit}")) {
        let name = texts.keys().find(|name| client.uri(name) == *uri).expect("a file of the project").clone();
        let text = texts.get_mut(&name).expect("it was just found");
        let offset = |text: &str, at: &Value| {
            let line = at["line"].as_u64().expect("a line") as usize;
            let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
            start + at["character"].as_u64().expect("a column") as usize
        };
        let whole = edits.as_array().expect("a list").iter().map(|edit| {
            let new = edit["newText"].as_str().expect("a text").to_string();
            (offset(text, &edit["range"]["start"]), offset(text, &edit["range"]["end"]), new)
        });
        let mut whole: Vec<_> = whole.collect();
        whole.sort();
        whole.iter().rev().for_each(|(lo, hi, new)| text.replace_range(*lo..*hi, new));
    }
    texts
}

/// Renames what stands at a mark, and says what becomes of the files.
fn renamed(name: &str, mark: &str, by: usize, new: &str) -> BTreeMap<String, String> {
    let mut client = Client::among(&project());
    let text = project().into_iter().find(|(file, _)| *file == name).expect("a file").1;
    client.open(name, text);
    let edit = client.in_file(name, "textDocument/rename", text, mark, by, json!({ "newName": new }));
    applied(&client, &edit)
}

#[test]
fn symbols_are_those_of_all_files_of_the_folder() {
    let mut client = Client::among(&project());
    let mut names = |query: &str| -> Vec<String> {
        let found = client.ask("workspace/symbol", json!({ "query": query }));
        let shown = |s: &Value| {
            let file =
                s["location"]["uri"].as_str().and_then(|uri| uri.rsplit('/').next()).expect("a file").to_string();
            format!("{file}:{}:{}", s["containerName"].as_str().unwrap_or(""), s["name"].as_str().expect("a name"))
        };
        found.as_array().expect("a list").iter().map(shown).collect()
    };
    assert_eq!(names("twice"), ["blocks.dln::twice", "other.dln::twice"], "and not what a tool has made");
    assert_eq!(names("BLO"), ["blocks.dln::Block"]);
    assert_eq!(names("inr"), ["blocks.dln:Block:inner"]);
    assert_eq!(names("wdth"), ["other.dln::width", "sizes.dln::width"]);
    client.open("parts/sizes.dln", "let breadth = 3\n");
    let found = client.ask("workspace/symbol", json!({ "query": "breadth" }));
    assert_eq!(found.as_array().map(Vec::len), Some(1), "what is open counts as it is shown");
}

#[test]
fn references_are_found_in_every_file_that_brings_the_name() {
    let mut client = Client::among(&project());
    client.open("blocks.dln", BLOCKS);
    let mut places = |more: Value| -> Vec<String> {
        let more = json!({ "context": more });
        let found = client.in_file("blocks.dln", "textDocument/references", BLOCKS, "twice(x", 1, more);
        let shown = |place: &Value| {
            let file = place["uri"].as_str().and_then(|uri| uri.rsplit('/').next()).expect("a file");
            let start = &place["range"]["start"];
            format!("{file}:{}:{}", start["line"], start["character"])
        };
        found.as_array().expect("a list").iter().map(shown).collect()
    };
    let used = ["main.dln:0:18", "main.dln:2:18", "main.dln:5:22", "main.dln:5:30", "passed.dln:0:18"];
    assert_eq!(places(json!({ "includeDeclaration": false })), used);
    let all = places(json!({ "includeDeclaration": true }));
    assert_eq!(all.len(), 6);
    assert_eq!(all[0], "blocks.dln:4:3");
}

#[test]
fn a_new_name_is_given_in_all_files_from_wherever_it_is_asked() {
    let texts = renamed("blocks.dln", "twice(x", 1, "thrice");
    for name in ["blocks.dln", "main.dln", "passed.dln"] {
        let (_, old) = project().into_iter().find(|(file, _)| *file == name).expect("a file");
        assert_eq!(texts[name], old.replace("twice", "thrice"), "{name}");
    }
    assert_eq!(texts["other.dln"], OTHER, "another function of this name");
    assert_eq!(renamed("main.dln", "twice(b.", 0, "thrice"), texts);
    assert_eq!(renamed("main.dln", "b.twice", 3, "thrice"), texts);
    assert_eq!(renamed("passed.dln", "twice", 0, "thrice"), texts);
}

#[test]
fn another_name_by_as_stays_where_it_was_given() {
    let texts = renamed("main.dln", "again(x", 0, "once_more");
    assert_eq!(texts["main.dln"], MAIN.replace("again", "once_more"));
    assert_eq!(texts["passed.dln"], PASSED);
    let texts = renamed("main.dln", "Block as", 0, "Unit");
    assert_eq!(texts["main.dln"], MAIN.replace("Block as", "Unit as"));
    assert_eq!(texts["blocks.dln"], BLOCKS.replace("Block", "Unit"));
    let texts = renamed("parts/sizes.dln", "width", 0, "breadth");
    assert_eq!(texts["blocks.dln"], BLOCKS.replace("width", "breadth"));
    assert_eq!(texts["parts/sizes.dln"], "let breadth = 3\n");
}

#[test]
fn arguments_by_name_and_members_of_layers_follow_into_other_files() {
    let texts = renamed("blocks.dln", "times = ", 0, "factor");
    assert_eq!(texts["blocks.dln"], BLOCKS.replace("times", "factor"));
    assert_eq!(texts["main.dln"], MAIN.replace("times", "factor"));
    let texts = renamed("main.dln", "gain: 2", 0, "scale");
    assert_eq!(texts["blocks.dln"], BLOCKS.replace("gain", "scale"));
    assert_eq!(texts["main.dln"], MAIN.replace("(gain", "(scale"));
    let texts = renamed("blocks.dln", "inner = ", 0, "linear");
    assert_eq!(texts["blocks.dln"], BLOCKS.replace("inner", "linear"));
    assert_eq!(texts["main.dln"], MAIN.replace("inner", "linear"));
    assert_eq!(renamed("main.dln", "net.inner", 5, "linear"), texts);
}

#[test]
fn what_is_not_the_projects_or_would_break_it_is_refused() {
    let mut client = Client::among(&project());
    client.open("blocks.dln", BLOCKS);
    client.open("main.dln", MAIN);
    let mut refused = |name: &str, text: &str, mark: &str, new: &str| {
        let answer = client.in_file(name, "textDocument/rename", text, mark, 0, json!({ "newName": new }));
        answer["error"].as_str().unwrap_or_else(|| panic!("{mark} is renamed: {answer}")).to_string()
    };
    assert!(refused("blocks.dln", BLOCKS, "Linear[D", "Dense").contains("standard library"));
    assert!(refused("blocks.dln", BLOCKS, "twice(x", "net").contains("already"), "taken in another file");
    assert!(refused("blocks.dln", BLOCKS, "Block[D]", "twice").contains("already"), "taken here");
    let main = format!("{MAIN}let pair = (net, net)\nlet other = pair[0].inner\n");
    client.change("main.dln", 2, json!([{ "text": main }]));
    let prepared = client.in_file("blocks.dln", "textDocument/prepareRename", BLOCKS, "Linear[D", 0, json!({}));
    assert_eq!(prepared, Value::Null);
}

#[test]
fn a_change_is_seen_by_the_open_files_that_use_it_through_others() {
    let mut client = Client::among(&project());
    client.open("main.dln", MAIN);
    assert_eq!(client.diagnostics(), Vec::<Value>::new());
    client.open("parts/sizes.dln", SIZES);
    assert_eq!(client.diagnostics_of("sizes.dln"), Vec::<Value>::new());
    client.open("blocks.dln", BLOCKS);
    assert_eq!(client.diagnostics_of("blocks.dln"), Vec::<Value>::new());
    client.change("parts/sizes.dln", 2, json!([{ "text": "let width = 3.5\n" }]));
    client.until("blocks.dln", |told| !told.is_empty());
    client.change("parts/sizes.dln", 3, json!([{ "text": SIZES }]));
    client.until("blocks.dln", |told| told.is_empty());
    client.change("blocks.dln", 2, json!([{ "text": BLOCKS.replace("twice", "thrice") }]));
    let names_it = |d: &Value| d["message"].as_str().is_some_and(|message| message.contains("twice"));
    client.until("main.dln", |told| told.iter().any(names_it));
}

/// A program in a folder of a project, and the files above it that it uses.
#[test]
fn a_file_uses_those_of_the_folder_above_in_its_project() {
    let head = "use \"../blocks.dln\": twice\nfn f(x: [N]) -> [N] = twice(x)\n";
    let mut client = Client::among(&[("main.dln", "let a = 1\n"), ("blocks.dln", BLOCKS), ("parts/sizes.dln", SIZES)]);
    client.open("parts/head.dln", head);
    assert_eq!(client.diagnostics_of("head.dln"), Vec::<Value>::new());
    let found = client.in_file("parts/head.dln", "textDocument/definition", head, "twice(x)", 1, json!({}));
    assert_eq!(found["uri"], client.uri("blocks.dln"));
    client.open("blocks.dln", BLOCKS);
    client.change("blocks.dln", 2, json!([{ "text": BLOCKS.replace("twice", "thrice") }]));
    client.until("head.dln", |told| told.iter().any(|d| d["code"] == "E0203"));
    client.change("blocks.dln", 3, json!([{ "text": BLOCKS }]));
    client.until("head.dln", |told| told.is_empty());
    let edit =
        client.in_file("parts/head.dln", "textDocument/rename", head, "twice(x)", 1, json!({ "newName": "thrice" }));
    let changed: Vec<&String> = edit["changes"].as_object().expect("edits").keys().collect();
    assert_eq!(changed.len(), 2, "{edit}");
    client.open("parts/out.dln", "use \"../../blocks.dln\": twice\n");
    assert_eq!(client.diagnostics_of("out.dln")[0]["code"], "E0205");
}
