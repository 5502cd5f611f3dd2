//! The list of everything that has a name, for the box at the top of every page.

use serde_json::json;

use super::book::headings;
use super::model::{Entry, Kind, Module};
use super::page::{CODES, LANGUAGE};
use super::prose::first_sentence;
use super::site::{BUILT_IN, Site};
use crate::diag::codes;

/// A script that sets `INDEX`: of each name its kind, where it is declared, its address, what it is, and what it takes and gives.
pub fn index(site: &Site) -> String {
    let mut lines = vec![];
    let mut add = |name: &str, kind: &str, of: &str, address: &str, says: &str, takes: &str| {
        lines.push(json!([name, kind, of, address, says, takes]).to_string());
    };
    for (i, module) in site.modules.iter().enumerate() {
        let page = site.page(i);
        add(&module.path, "module", "", &page, &first_sentence(&module.about), "");
        for entry in &module.entries {
            let address = format!("{page}#{}", entry.name);
            add(
                &entry.name,
                entry.kind.name(),
                &module.path,
                &address,
                &first_sentence(&entry.doc),
                &takes(module, entry),
            );
            let is_own =
                |member: &&Entry| member.kind != Kind::Field && &*member.name != "forward" && &*member.name != "update";
            for member in entry.members.iter().filter(is_own) {
                let (name, address) = (format!("{}.{}", entry.name, member.name), format!("{address}.{}", member.name));
                add(
                    &name,
                    member.kind.name(),
                    &module.path,
                    &address,
                    &first_sentence(&member.doc),
                    &takes(module, member),
                );
            }
        }
    }
    for (name, params) in site.built_in() {
        let params = format!("({})", params.join(", "));
        add(name, "fn", "built in", &format!("{BUILT_IN}#{name}"), &params, &params);
    }
    for heading in headings(site).iter().filter(|heading| heading.level > 1) {
        add(&heading.text, "language", "", &format!("{LANGUAGE}#{}", heading.id), "", "");
    }
    for code in codes::all() {
        add(code.code, "error", "", &format!("{CODES}#{}", code.code), code.title, "");
    }
    format!("const INDEX = [\n{}\n]\n", lines.join(",\n"))
}

/// The head of a definition without its name, and of a layer that of `forward` too.
fn takes(module: &Module, entry: &Entry) -> String {
    let head = |entry: &Entry| {
        let text = &module.text[entry.head.clone()];
        let behind = text.find(&*entry.name).map_or(text, |at| &text[at + entry.name.len()..]);
        behind.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let forward = entry.members.iter().filter(|member| entry.kind == Kind::Layer && &*member.name == "forward");
    [entry].into_iter().chain(forward).map(head).collect::<Vec<_>>().join(" ")
}
