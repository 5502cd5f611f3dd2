//! Pages of a small project and of the whole library: every link leads somewhere, and every name has its place.

use crate::desk::Desk;
use dln::base::FileId;
use dln::doc::{Page, Source, pages};
use dln::stdlib;
use dln::syntax::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const BLOCKS: &str = "# Parts of the network.

use std.nn: Linear

## Two dense layers around a `relu`, twice as wide inside. See [the paper](https://example.org/a).
##
## ```dln
## use \"parts/blocks.dln\": Wide
## let net = Wide[4 -> 2]
## ```
layer Wide[In -> Out](factor: Int = 2) where factor > 0 {
  ## How much the result counts: idx<3> is no tag.
  param scale: [Out] = ones
  first, second = (Linear[In -> factor * In], Linear[factor * In -> Out])

  ## y = s * W2 relu(W1 x)
  forward(x: [B, In]) -> [B, Out] = scale * (x |> first |> relu |> second)
}

test \"sizes\" { assert Wide[4 -> 2](ones[3, 4]).shape == [3, 2] }
";

const MAIN: &str = "# A program.

use \"parts/blocks.dln\": Wide

## How fast.
hyper lr = 1e-3
let net = Wide[4 -> 2]

fn loss(x: [B, 4]) -> [] = mean(net(x) ** 2, over: [0, 1])
";

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    let source = |(i, (name, text)): (usize, &(&str, &str))| Source {
        file: FileId::from(i),
        name: name.to_string(),
        text: text.to_string(),
    };
    files.iter().enumerate().map(source).collect()
}

fn site() -> BTreeMap<String, String> {
    let readme = "# Small\n\nUses `Wide`, `relu` and <b>no tags</b>. See [more](other.md).\n";
    let made = pages("small", Some(readme), &sources(&[("main.dln", MAIN), ("parts/blocks.dln", BLOCKS)]));
    assert_eq!(made.diagnostics, vec![]);
    made.pages.into_iter().map(|Page { path, text }| (path, text)).collect()
}

/// What stands behind `attribute="` in a page.
fn values<'t>(text: &'t str, attribute: &str) -> Vec<&'t str> {
    let begin = format!(" {attribute}=\"");
    let parts = text.split(begin.as_str()).skip(1);
    parts.filter_map(|part| part.split('"').next()).collect::<Vec<_>>()
}

/// The page that an address on a page leads to, and the place in it.
fn resolved(page: &str, address: &str) -> (String, Option<String>) {
    let (path, place) =
        address.split_once('#').map_or((address, None), |(path, place)| (path, Some(place.to_string())));
    if path.is_empty() {
        return (page.to_string(), place);
    }
    let mut folders: Vec<&str> = page.split('/').collect();
    folders.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(folders.pop().expect("inside of the folder")),
            part => folders.push(part),
        }
    }
    (folders.join("/"), place)
}

#[test]
fn every_link_leads_somewhere() {
    let site = site();
    let ids: BTreeMap<&String, BTreeSet<&str>> =
        site.iter().map(|(path, text)| (path, values(text, "id").into_iter().collect())).collect();
    let mut links = 0;
    for (page, text) in site.iter().filter(|(path, _)| path.ends_with(".html")) {
        let own = values(text, "id");
        assert_eq!(own.len(), own.iter().collect::<BTreeSet<_>>().len(), "a place twice in {page}");
        for address in values(text, "href").into_iter().chain(values(text, "src")) {
            if address.contains("://") {
                continue;
            }
            links += 1;
            let (path, place) = resolved(page, address);
            let there = ids.get(&path).unwrap_or_else(|| panic!("{page}: no page {address}"));
            assert!(place.is_none_or(|place| there.contains(&*place)), "{page}: no place {address}");
        }
    }
    assert!(links > 10_000, "{links}");
}

#[test]
fn every_name_has_a_place_and_is_found() {
    let site = site();
    let index = &site["index.js"];
    let modules = stdlib::modules().iter().map(|(path, text)| (path.to_string(), path.replace('.', "/"), *text));
    let own = [("main", MAIN), ("parts.blocks", BLOCKS)];
    let own = own.map(|(path, text)| (path.to_string(), format!("project/{}", path.replace('.', "/")), text));
    let mut names = 0;
    for (path, file, text) in modules.chain(own) {
        let page = &site[&format!("{file}.html")];
        assert!(site.contains_key(&format!("source/{file}.html")), "{path}");
        assert!(index.contains(&format!("[\"{path}\",\"module\"")), "{path}");
        for ident in parse(FileId(0), text).file.items.iter().flat_map(|item| item.names()) {
            names += 1;
            assert!(page.contains(&format!(" id=\"{}\"", ident.name)), "{} of {path}", ident.name);
            let found = index.lines().any(|line| {
                line.starts_with(&format!("[\"{}\",", ident.name))
                    && line.contains(&format!("\"{path}\",\"{file}.html#{}\"", ident.name))
            });
            assert!(found, "{} of {path} is not found", ident.name);
        }
    }
    assert!(names > 700, "{names}");
    for name in [
        "\"Linear.weight\",\"param\"",
        "\"exp\",\"fn\",\"built in\"",
        "\"E0501\",\"error\"",
        "\"15. Training\",\"language\"",
    ] {
        assert!(index.contains(name), "{name}");
    }
    // What is taken and given, which shapes and the names of arguments are looked for in.
    let taken = [
        ("softmax", "(x: [..S], over: Axis = -1) -> [..S]"),
        ("Embedding", "(i: idx<V>[..S]) -> [..S, D]"),
        ("cross_entropy", "label_smoothing: Float"),
    ];
    for (name, head) in taken {
        let line = index.lines().find(|line| line.starts_with(&format!("[\"{name}\","))).expect("a line");
        assert!(line.contains(head), "{line}");
    }
    let json = index.trim_start_matches("const INDEX = ");
    assert!(serde_json::from_str::<serde_json::Value>(json).is_ok_and(|list| list.as_array().is_some()));
}

#[test]
fn a_page_says_what_the_file_says() {
    let site = site();
    let blocks = &site["project/parts/blocks.html"];
    for part in [
        "<p>Parts of the network.</p>",
        "Two dense layers around a <code><a href=\"../../std/activation/relu.html#relu\">relu</a></code>",
        "<a href=\"https://example.org/a\">the paper</a>",
        "idx&lt;3&gt; is no tag",
        "<h3>Parameters</h3>",
        " id=\"Wide.scale\"",
        " id=\"Wide.second\"",
        "<summary>sizes</summary>",
        "<a href=\"../../std/nn/linear.html#Linear\">Linear</a>",
        "href=\"../../source/project/parts/blocks.html#L",
    ] {
        assert!(blocks.contains(part), "no {part} in {blocks}");
    }
    let example = blocks.split("<pre>").nth(1).expect("an example in the documentation");
    assert!(example.starts_with("<code><span class=\"k\">use</span>"), "{example}");
    let main = &site["project/main.html"];
    assert!(
        main.contains("<a href=\"parts/blocks.html#Wide\">Wide</a>")
            || main.contains("../project/parts/blocks.html#Wide"),
        "{main}"
    );
    assert!(!main.contains("#over\""), "the name of an argument is no link");
    let first = &site["index.html"];
    assert!(
        first.contains("&lt;b&gt;no tags&lt;/b&gt;") && first.contains(">more") || first.contains("See more"),
        "{first}"
    );
    // Names in expressions lead to the library and to what is built in.
    let focal = &site["source/std/loss/focal.html"];
    assert!(focal.contains("#sigmoid\">sigmoid</a>") && focal.contains("built_in.html#"), "{focal}");
    let nn = &site["std/nn.html"];
    assert!(nn.contains("From other modules") && nn.contains("nn/linear.html#Linear\"><code>Linear</code>"), "{nn}");
    assert!(site["language.html"].contains("<h2 id=\"15-training\">15. Training</h2>"));
    assert!(site["codes.html"].contains(" id=\"E0501\""));
}

#[test]
fn nothing_comes_from_elsewhere_and_nothing_depends_on_the_day() {
    let (first, second) = (site(), site());
    assert!(first == second);
    for (path, text) in first.iter().filter(|(path, _)| path.ends_with(".html") || path.ends_with(".css")) {
        for part in ["src=\"http", "url(", "@import", "<link rel=\"stylesheet\" href=\"http"] {
            assert!(!text.contains(part), "{part} in {path}");
        }
    }
    let size: usize = first.values().map(String::len).sum();
    assert!(size < 16 << 20, "{size} bytes");
}

#[test]
fn what_is_broken_is_reported_and_the_rest_is_shown() {
    let texts = [
        "let a = (1\n\nfn f(x: [B]) = x\n",
        "layer {",
        "\u{0}\u{feff}## \u{4e2d}",
        "fn f(\n",
        "use\nuse std.\nlet = 3",
        "\"",
        "##",
        "layer A[ { } } {",
    ];
    for text in texts {
        let made = pages("x", None, &sources(&[("a.dln", text)]));
        assert!(made.pages.iter().any(|page| page.path == "project/a.html"), "{text:?}");
    }
    let desk = Desk::new(&[("a.dln", texts[0]), ("b.dln", MAIN)]);
    let ended = desk.dln("doc . -o out").ends(1);
    assert!(ended.err.contains("error[E0110]") && ended.err.contains("a.dln:1:"), "{}", ended.err);
    let page = String::from_utf8(desk.read("out/project/a.html")).expect("text");
    assert!(page.contains(" id=\"f\""), "{page}");
}

#[test]
fn pages_are_replaced_whole_and_only_if_they_change() {
    let desk = Desk::new(&[("main.dln", MAIN), ("README.md", "# Title of the project\n")]);
    std::fs::create_dir(desk.path().join("parts")).expect("a folder");
    desk.write("parts/blocks.dln", BLOCKS.as_bytes());
    let first = desk.dln("doc . -o out").ends(0).out;
    assert!(first.contains(" written, 0 unchanged; open out/index.html"), "{first}");
    assert!(desk.dln("doc . -o out").ends(0).out.starts_with("0 files written, "));
    desk.write("main.dln", format!("{MAIN}\nlet other = 2\n").as_bytes());
    assert!(desk.dln("doc . -o out").ends(0).out.starts_with("3 files written, "));
    assert!(String::from_utf8(desk.read("out/index.html")).expect("text").contains("Title of the project"));
    assert!(!has_drafts(&desk.path().join("out")));
    // Pages of what is gone go, and nothing else.
    desk.write("out/mine.html", b"<p>not from here</p>");
    std::fs::remove_file(desk.path().join("parts/blocks.dln")).expect("removed");
    let third = desk.dln("doc . -o out").out;
    assert!(third.contains(", 2 of modules that are gone removed; open"), "{third}");
    assert!(!desk.path().join("out/project/parts/blocks.html").exists() && desk.path().join("out/mine.html").exists());
    desk.write("parts/blocks.dln", BLOCKS.as_bytes());
    // A program alone, with what it uses.
    desk.dln("doc main.dln -o alone").ends(0);
    assert!(desk.path().join("alone/project/parts/blocks.html").is_file());
    assert!(desk.dln("doc nowhere -o out").ends(2).err.contains("`nowhere` cannot be read"));
    assert!(desk.dln("doc . -o main.dln").ends(2).err.contains("cannot be written"));
}

fn has_drafts(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        path.is_dir() && has_drafts(&path) || path.extension().is_some_and(|ending| ending == "tmp")
    })
}
