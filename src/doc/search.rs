//! The list of everything that has a name, for the box at the top of every page.

use serde_json::json;

use super::book::headings;
use super::model::{Entry, Kind};
use super::page::{CODES, LANGUAGE};
use super::prose::first_sentence;
use super::site::{BUILT_IN, Site};
use crate::diag::codes;

/// A script that sets `INDEX`: of each name its kind, where it is declared, its address, and what it is.
pub fn index(site: &Site) -> String {
    let mut lines = vec![];
    let mut add = |name: &str, kind: &str, of: &str, address: &str, says: &str| {
        lines.push(json!([name, kind, of, address, says]).to_string());
    };
    for (i, module) in site.modules.iter().enumerate() {
        let page = site.page(i);
        add(&module.path, "module", "", &page, &first_sentence(&module.about));
        for entry in &module.entries {
            let address = format!("{page}#{}", entry.name);
            add(&entry.name, entry.kind.name(), &module.path, &address, &first_sentence(&entry.doc));
            let is_own =
                |member: &&Entry| member.kind != Kind::Field && &*member.name != "forward" && &*member.name != "update";
            for member in entry.members.iter().filter(is_own) {
                let (name, address) = (format!("{}.{}", entry.name, member.name), format!("{address}.{}", member.name));
                add(&name, member.kind.name(), &module.path, &address, &first_sentence(&member.doc));
            }
        }
    }
    for (name, params) in site.built_in() {
        add(name, "fn", "built in", &format!("{BUILT_IN}#{name}"), &format!("({})", params.join(", ")));
    }
    for heading in headings(site).iter().filter(|heading| heading.level > 1) {
        add(&heading.text, "language", "", &format!("{LANGUAGE}#{}", heading.id), "");
    }
    for code in codes::all() {
        add(code.code, "error", "", &format!("{CODES}#{}", code.code), code.title);
    }
    format!("const INDEX = [\n{}\n]\n", lines.join(",\n"))
}
