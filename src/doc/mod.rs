//! Pages for a browser: a project and the standard library with every definition, its types and documentation, the sources,
//! the specification of the language and the codes of diagnostics. The pages need nothing from elsewhere and no server.
//!
//! `model` reads what files declare, `site` knows where each name is explained, `code` colours texts by the real lexer and
//! makes links of their names, `prose` does the same for documentation, `page` is what all pages have in common, and
//! `module`, `listing` and `book` write them. `search` is the list of everything for the box at the top.

mod book;
mod code;
mod listing;
mod model;
mod module;
mod page;
mod prose;
mod search;
mod site;

use crate::base::FileId;
use crate::diag::Diagnostic;
pub use page::MARK;

use model::Module;
use site::Site;

/// A file of the project.
#[derive(Clone, Debug)]
pub struct Source {
    pub file: FileId,
    /// From the folder of the project: `parts/blocks.dln`.
    pub name: String,
    pub text: String,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// From the folder of the pages, with `/`.
    pub path: String,
    pub text: String,
}

/// All pages, and what is wrong with the files of the project; what could be read of those is shown.
#[derive(Debug)]
pub struct Pages {
    pub pages: Vec<Page>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Pages of a project and of the standard library. `readme` is Markdown for the first page.
pub fn pages(title: &str, readme: Option<&str>, sources: &[Source]) -> Pages {
    let mut diagnostics = vec![];
    let mut modules: Vec<Module> = vec![];
    for source in sources {
        let (module, wrong) = model::project(source);
        modules.push(module);
        diagnostics.extend(wrong);
    }
    modules.extend(crate::stdlib::modules().iter().map(|(path, text)| model::library(path, text)));
    let site = Site::new(title, modules);
    let mut pages = vec![
        Page { path: "style.css".to_string(), text: include_str!("style.css").to_string() },
        Page { path: "search.js".to_string(), text: include_str!("search.js").to_string() },
        Page { path: "index.js".to_string(), text: search::index(&site) },
        listing::first(&site, readme),
        listing::built_in(&site),
        book::language(&site),
        book::codes(&site),
    ];
    for module in 0..site.modules.len() {
        pages.push(module::page(&site, module));
        pages.push(module::source(&site, module));
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Pages { pages, diagnostics }
}
