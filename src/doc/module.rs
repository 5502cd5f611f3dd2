//! The page of a module, and its source.

use super::Page;
use super::code::Around;
use super::model::{Entry, Kind, Module, Test};
use super::page::page as whole_page;
use super::prose::{first_sentence, html};
use super::site::{Site, Target, relative};
use crate::base::escaped;

/// Everything that a module declares, and what it passes on.
pub fn page(site: &Site, index: usize) -> Page {
    let module = &site.modules[index];
    let path = site.page(index);
    let around = Around { site, page: &path, module: Some(index) };
    let source = relative(&path, &site.source(index));
    let mut out =
        format!("<h1><code>{}</code> <a class=\"aside\" href=\"{source}\">source</a></h1>\n", escaped(&module.path));
    out.push_str(&html(&module.about, &around));
    out.push_str(&overview(module));
    for entry in &module.entries {
        out.push_str(&definition(module, entry, &around, &source));
    }
    out.push_str(&passed_on(module, &around));
    let left: Vec<&Test> =
        module.tests.iter().filter(|test| !module.entries.iter().any(|entry| mentions(test, entry))).collect();
    if !left.is_empty() {
        out.push_str(&format!("<h2 id=\"tests\">Tests</h2>\n{}", tests(&left, &around)));
    }
    whole_page(site, &path, &module.path, Some(index), &out)
}

/// A table of the definitions, where there are several.
fn overview(module: &Module) -> String {
    if module.entries.len() < 2 {
        return String::new();
    }
    let row = |entry: &Entry| {
        let (kind, name, says) = (entry.kind.name(), escaped(&entry.name), escaped(&first_sentence(&entry.doc)));
        format!(
            "<tr><td class=\"kind\">{kind}</td><td><a href=\"#{name}\"><code>{name}</code></a></td><td>{says}</td></tr>\n"
        )
    };
    format!("<table class=\"overview\">\n{}</table>\n", module.entries.iter().map(row).collect::<String>())
}

fn definition(module: &Module, entry: &Entry, around: &Around, source: &str) -> String {
    let name = escaped(&entry.name);
    let line = module.text[..entry.span.start].matches('\n').count() + 1;
    let mut out = format!(
        "<section>\n<h2 id=\"{name}\"><span class=\"kind\">{}</span> <a href=\"#{name}\">{name}</a> \
         <a class=\"aside\" href=\"{source}#L{line}\">source</a></h2>\n<pre class=\"head\"><code>{}</code></pre>\n{}",
        entry.kind.name(),
        around.part(entry.head.clone()),
        html(&entry.doc, around),
    );
    out.push_str(&members(entry, around));
    let own: Vec<&Test> = module.tests.iter().filter(|test| mentions(test, entry)).collect();
    out.push_str(&tests(&own, around));
    out.push_str("</section>\n");
    out
}

/// What is inside of a layer or an optimizer, by kind.
fn members(entry: &Entry, around: &Around) -> String {
    let kinds = [
        (Kind::Parameter, "Parameters"),
        (Kind::Buffer, "Buffers"),
        (Kind::State, "States"),
        (Kind::Field, "Fields"),
        (Kind::Method, "Methods"),
    ];
    let mut out = String::new();
    for (kind, title) in kinds {
        let own: Vec<&Entry> = entry.members.iter().filter(|member| member.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        out.push_str(&format!("<h3>{title}</h3>\n<dl>\n"));
        let mut last = 0..0;
        for member in own {
            let id = format!("{}.{}", escaped(&entry.name), escaped(&member.name));
            // Names that share a value stand on one line.
            if member.head == last {
                out.push_str(&format!("<dt class=\"again\" id=\"{id}\"></dt>\n"));
                continue;
            }
            last = member.head.clone();
            let code = around.part(member.head.clone());
            out.push_str(&format!("<dt id=\"{id}\"><code>{code}</code></dt>\n"));
            if !member.doc.is_empty() {
                out.push_str(&format!("<dd>{}</dd>\n", html(&member.doc, around)));
            }
        }
        out.push_str("</dl>\n");
    }
    out
}

/// Whether a test is about a definition.
fn mentions(test: &Test, entry: &Entry) -> bool {
    test.mentions.binary_search_by(|name| name.as_str().cmp(&entry.name)).is_ok()
}

fn tests(tests: &[&Test], around: &Around) -> String {
    let one = |test: &&Test| {
        format!(
            "<details class=\"test\"><summary>{}</summary>\n<pre><code>{}</code></pre>\n</details>\n",
            escaped(&test.name),
            around.part(test.span.clone())
        )
    };
    tests.iter().map(one).collect()
}

/// Names of other modules that this one gives away too.
fn passed_on(module: &Module, around: &Around) -> String {
    let mut rows = String::new();
    for line in &module.uses {
        for (name, alias) in line.names.iter().flatten() {
            let shown = &alias.as_ref().unwrap_or(name).name;
            let Some(Target::Entry(from, original)) = around.site.find(around.module, shown) else { continue };
            let address = escaped(&around.link(Target::Entry(from, original)));
            let entry = around.site.entry(from, original);
            let (kind, says) =
                entry.map_or(("", String::new()), |entry| (entry.kind.name(), first_sentence(&entry.doc)));
            rows.push_str(&format!(
                "<tr><td class=\"kind\">{kind}</td><td><a href=\"{address}\"><code>{}</code></a></td><td>{}</td></tr>\n",
                escaped(shown),
                escaped(&says)
            ));
        }
    }
    match rows.is_empty() {
        true => rows,
        false => format!(
            "<h2 id=\"from-other-modules\">From other modules</h2>\n<table class=\"overview\">\n{rows}</table>\n"
        ),
    }
}

/// The text of a module, line by line.
pub fn source(site: &Site, index: usize) -> Page {
    let module = &site.modules[index];
    let path = site.source(index);
    let around = Around { site, page: &path, module: Some(index) };
    let mut lines = String::new();
    let mut start = 0;
    for (number, line) in module.text.split('\n').enumerate() {
        let end = start + line.len();
        // The last line has no end.
        if start < module.text.len() {
            let number = number + 1;
            let code = around.part(start..end);
            lines.push_str(&format!("<a class=\"number\" id=\"L{number}\" href=\"#L{number}\">{number}</a>{code}\n"));
        }
        start = end + 1;
    }
    let back = relative(&path, &site.page(index));
    let name = escaped(&module.path);
    let content = format!(
        "<h1><code>{name}</code> <a class=\"aside\" href=\"{back}\">definitions</a></h1>\n<pre class=\"source\"><code>{lines}</code></pre>\n"
    );
    whole_page(site, &path, &format!("{} (source)", module.path), Some(index), &content)
}
