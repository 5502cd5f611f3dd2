//! Documentation: Markdown with code in colours and links.

use markdown::mdast::Node;
use markdown::{Constructs, ParseOptions, to_mdast};

use super::code::Around;
use crate::base::escaped;

/// A heading of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    pub level: usize,
    pub id: String,
    pub text: String,
}

/// The text as HTML. Tags in it are text; code that names something leads there; links to other files of where the text comes
/// from are none here.
pub fn html(text: &str, around: &Around) -> String {
    with_headings(text, around).0
}

/// The text as HTML, and its headings, which get names.
pub fn with_headings(text: &str, around: &Around) -> (String, Vec<Heading>) {
    let constructs = Constructs { gfm_table: true, html_flow: false, ..Constructs::default() };
    let options = ParseOptions { constructs, ..ParseOptions::default() };
    let mut writer = Writer { around, out: String::new(), headings: vec![], in_link: false };
    match to_mdast(text, &options) {
        Ok(tree) => writer.node(&tree),
        // Only what is not Markdown but a language around it can be wrong.
        Err(_) => writer.out.push_str(&format!("<pre>{}</pre>\n", escaped(text))),
    }
    (writer.out, writer.headings)
}

/// The first sentence of a documentation, as plain text.
pub fn first_sentence(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or("").replace('\n', " ");
    let end = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
    paragraph[..end].replace('`', "").trim().to_string()
}

struct Writer<'w, 's> {
    around: &'w Around<'s>,
    out: String,
    headings: Vec<Heading>,
    in_link: bool,
}

impl Writer<'_, '_> {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Paragraph(_) => self.tag("p", node),
            Node::Emphasis(_) => self.inline("em", node),
            Node::Strong(_) => self.inline("strong", node),
            Node::Blockquote(_) => self.tag("blockquote", node),
            Node::List(list) => self.tag(if list.ordered { "ol" } else { "ul" }, node),
            Node::ListItem(item) => match (item.spread, item.children.split_first()) {
                // The items of a list without empty lines are no paragraphs.
                (false, Some((Node::Paragraph(first), rest))) => {
                    self.out.push_str("<li>");
                    first.children.iter().chain(rest).for_each(|child| self.node(child));
                    self.out.push_str("</li>\n");
                }
                _ => self.tag("li", node),
            },
            Node::Table(table) => {
                self.out.push_str("<table>\n");
                for (i, row) in table.children.iter().enumerate() {
                    self.out.push_str("<tr>");
                    let cells = row.children().map_or(&[][..], Vec::as_slice);
                    cells.iter().for_each(|cell| self.inline(if i == 0 { "th" } else { "td" }, cell));
                    self.out.push_str("</tr>\n");
                }
                self.out.push_str("</table>\n");
            }
            Node::Heading(heading) => self.heading(heading.depth as usize, node.to_string()),
            Node::ThematicBreak(_) => self.out.push_str("<hr>\n"),
            Node::Break(_) => self.out.push_str("<br>\n"),
            Node::Code(code) => {
                let of_language = code.lang.as_deref() == Some("dln");
                let text = if of_language { self.around.example(&code.value) } else { escaped(&code.value) };
                self.out.push_str(&format!("<pre><code>{text}</code></pre>\n"));
            }
            Node::InlineCode(code) => self.code(&code.value),
            Node::Text(text) => self.out.push_str(&escaped(&text.value)),
            Node::Html(text) if text.value == "<br>" => self.out.push_str("<br>"),
            Node::Html(text) => self.out.push_str(&escaped(&text.value)),
            Node::Link(link) if link.url.starts_with('#') || link.url.contains("://") => {
                self.out.push_str(&format!("<a href=\"{}\">", escaped(&link.url)));
                self.in_link = true;
                self.inside(node);
                self.in_link = false;
                self.out.push_str("</a>");
            }
            // Pictures and files beside the text are not here.
            Node::Image(image) => self.out.push_str(&escaped(&image.alt)),
            _ => self.inside(node),
        }
    }

    fn inside(&mut self, node: &Node) {
        node.children().into_iter().flatten().for_each(|child| self.node(child));
    }

    fn inline(&mut self, tag: &str, node: &Node) {
        self.out.push_str(&format!("<{tag}>"));
        self.inside(node);
        self.out.push_str(&format!("</{tag}>"));
    }

    fn tag(&mut self, tag: &str, node: &Node) {
        self.inline(tag, node);
        self.out.push('\n');
    }

    fn heading(&mut self, level: usize, text: String) {
        let id = id(&text);
        self.out.push_str(&format!("<h{level} id=\"{id}\">{}</h{level}>\n", escaped(&text)));
        self.headings.push(Heading { level, id, text });
    }

    fn code(&mut self, code: &str) {
        let is_name = !code.is_empty() && code.chars().all(|c| c.is_alphanumeric() || c == '_');
        let target = is_name.then(|| self.around.site.find(self.around.module, code)).flatten();
        let text = escaped(code);
        let code = match target.filter(|_| !self.in_link) {
            Some(target) => format!("<code><a href=\"{}\">{text}</a></code>", escaped(&self.around.link(target))),
            None => format!("<code>{text}</code>"),
        };
        self.out.push_str(&code);
    }
}

/// The name of a heading in addresses, as hosts of Markdown make it.
fn id(text: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    text.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}
