//! The first page, and that of what is built in.

use super::Page;
use super::code::Around;
use super::page::{LANGUAGE, page};
use super::prose::{first_sentence, html};
use super::site::{BUILT_IN, Site};
use crate::base::escaped;

/// The first page: the project's own words, and all modules with a line on each.
pub fn first(site: &Site, readme: Option<&str>) -> Page {
    const PATH: &str = "index.html";
    let around = Around { site, page: PATH, module: None };
    let mut out = match readme {
        Some(text) => html(text, &around),
        None => format!("<h1>{}</h1>\n", escaped(&site.title)),
    };
    for (std, title) in [(false, "Modules"), (true, "Standard library")] {
        let modules: Vec<usize> = (0..site.modules.len()).filter(|&i| site.modules[i].std == std).collect();
        if modules.is_empty() {
            continue;
        }
        out.push_str(&format!("<h2>{title}</h2>\n<table class=\"overview\">\n"));
        for i in modules {
            let module = &site.modules[i];
            let (address, name) = (site.page(i), escaped(&module.path));
            let says = escaped(&first_sentence(&module.about));
            out.push_str(&format!("<tr><td><a href=\"{address}\"><code>{name}</code></a></td><td>{says}</td></tr>\n"));
        }
        out.push_str("</table>\n");
    }
    page(site, PATH, &site.title, None, &out)
}

/// The functions that are in no module.
pub fn built_in(site: &Site) -> Page {
    let mut out = format!(
        "<h1>Built in</h1>\n<p>These need no <code>use</code>; what they mean says the \
         <a href=\"{LANGUAGE}#23-built-in\">specification</a>. Arguments that end in <code>?</code> may be left out.</p>\n<dl>\n"
    );
    for (name, params) in site.built_in() {
        let params = params.join(", ");
        out.push_str(&format!(
            "<dt id=\"{name}\"><code><a href=\"#{name}\">{name}</a>({})</code></dt>\n",
            escaped(&params)
        ));
    }
    out.push_str("</dl>\n");
    page(site, BUILT_IN, "Built in", None, &out)
}
