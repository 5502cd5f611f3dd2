//! What all pages have in common: the head, the box for searching, the list of modules.

use super::Page;
use super::site::{BUILT_IN, Site, relative};
use crate::base::escaped;

/// The pages beside those of modules.
pub const LANGUAGE: &str = "language.html";
pub const CODES: &str = "codes.html";

/// What every page of `dln doc` has in its head.
pub const MARK: &str = "<meta name=\"generator\" content=\"dln doc\">";

/// A page with this content; `module` is the one that it is about.
pub fn page(site: &Site, path: &str, title: &str, module: Option<usize>, content: &str) -> Page {
    let to = |address: &str| relative(path, address);
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{MARK}\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} - {site_title}</title>\n\
         <link rel=\"stylesheet\" href=\"{style}\">\n</head>\n<body data-root=\"{root}\">\n\
         <header><a class=\"home\" href=\"{home}\">{site_title}</a>\n\
         <input id=\"search\" type=\"search\" placeholder=\"Search\" aria-label=\"Search\" autocomplete=\"off\" \
         spellcheck=\"false\"><ol id=\"found\" hidden></ol></header>\n\
         <div class=\"columns\">\n<nav><details class=\"menu\" open><summary>Contents</summary>\n{menu}</details></nav>\n\
         <main>\n{content}</main>\n</div>\n<script src=\"{index}\"></script>\n<script src=\"{search}\"></script>\n\
         </body>\n</html>\n",
        title = escaped(title),
        site_title = escaped(&site.title),
        style = to("style.css"),
        root = "../".repeat(path.matches('/').count()),
        home = to("index.html"),
        menu = menu(site, path, module),
        index = to("index.js"),
        search = to("search.js"),
    );
    Page { path: path.to_string(), text }
}

/// The list of all modules; those inside of others are folded unless the page is about one of them.
fn menu(site: &Site, page: &str, current: Option<usize>) -> String {
    let mut out = String::new();
    let own: Vec<usize> = (0..site.modules.len()).filter(|&i| !site.modules[i].std).collect();
    if !own.is_empty() {
        out.push_str(&format!("<h2>{}</h2>\n", escaped(&site.title)));
        out.push_str(&list(site, page, current, &own));
    }
    out.push_str("<h2>Library</h2>\n");
    let library: Vec<usize> = (0..site.modules.len()).filter(|&i| site.modules[i].std).collect();
    let is_top = |i: &&usize| site.modules[**i].path.matches('.').count() == 1;
    out.push_str("<ul>\n");
    for &top in library.iter().filter(is_top) {
        let prefix = format!("{}.", site.modules[top].path);
        let below: Vec<usize> =
            library.iter().copied().filter(|&i| site.modules[i].path.starts_with(&prefix)).collect();
        let line = item(site, page, current, top);
        if below.is_empty() {
            out.push_str(&format!("<li>{line}</li>\n"));
            continue;
        }
        let open = current.is_some_and(|current| current == top || below.contains(&current));
        let open = if open { " open" } else { "" };
        let below = list(site, page, current, &below);
        out.push_str(&format!("<li><details{open}><summary>{line}</summary>\n{below}</details></li>\n"));
    }
    out.push_str("</ul>\n<h2>Language</h2>\n<ul>\n");
    for (address, name) in [(BUILT_IN, "Built in"), (LANGUAGE, "Specification"), (CODES, "Codes of errors")] {
        out.push_str(&format!("<li>{}</li>\n", line(page, address, name, page == address)));
    }
    out.push_str("</ul>\n");
    out
}

fn list(site: &Site, page: &str, current: Option<usize>, modules: &[usize]) -> String {
    let items = modules.iter().map(|&module| format!("<li>{}</li>\n", item(site, page, current, module)));
    format!("<ul>\n{}</ul>\n", items.collect::<String>())
}

fn item(site: &Site, page: &str, current: Option<usize>, module: usize) -> String {
    line(page, &site.page(module), &site.modules[module].path, current == Some(module))
}

fn line(page: &str, address: &str, name: &str, is_current: bool) -> String {
    let here = if is_current { " aria-current=\"page\"" } else { "" };
    format!("<a href=\"{}\"{here}>{}</a>", escaped(&relative(page, address)), escaped(name))
}
