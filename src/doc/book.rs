//! Texts that come with dln: the specification of the language, and the pages of the codes.

use super::Page;
use super::code::Around;
use super::page::{CODES, LANGUAGE, page};
use super::prose::{Heading, with_headings};
use super::site::Site;
use crate::base::escaped;
use crate::diag::codes;

const SPECIFICATION: &str = include_str!("../../docs/language.md");

/// The specification.
pub fn language(site: &Site) -> Page {
    let around = Around { site, page: LANGUAGE, module: None };
    let (text, _) = with_headings(SPECIFICATION, &around);
    page(site, LANGUAGE, "The dln language", None, &text)
}

/// The headings of the specification, for the search.
pub fn headings(site: &Site) -> Vec<Heading> {
    with_headings(SPECIFICATION, &Around { site, page: LANGUAGE, module: None }).1
}

/// Every code with its explanation.
pub fn codes(site: &Site) -> Page {
    let around = Around { site, page: CODES, module: None };
    let mut out = "<h1>Codes of errors</h1>\n".to_string();
    for code in codes::all() {
        let (name, title) = (code.code, escaped(code.title));
        out.push_str(&format!(
            "<section>\n<h2 id=\"{name}\"><a href=\"#{name}\">{name}</a>: {title}</h2>\n<p>{}</p>\n\
             <h3>Wrong</h3>\n<pre><code>{}</code></pre>\n<h3>Right</h3>\n<pre><code>{}</code></pre>\n</section>\n",
            escaped(code.why),
            around.example(code.wrong),
            around.example(code.right),
        ));
    }
    page(site, CODES, "Codes of errors", None, &out)
}
