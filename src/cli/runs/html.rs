//! Pieces of a page: text that is only text, tables, parts that open.

use crate::base::escaped;
use crate::io::plot::STYLE;

/// A whole page, which needs nothing else.
pub fn page(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>{LOOK}</style>\n{STYLE}</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

const LOOK: &str = "\
:root{color-scheme:light dark;--back:#fff;--card:#f6f8fa;--line:#d8dee4;--text:#24292f;--quiet:#57606a;--good:#1a7f37;\
--bad:#b3261e;--mark:#3b82c4}\
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--card:#161b22;--line:#30363d;--text:#e6edf3;--quiet:#9da7b3;\
--good:#3fb950;--bad:#ff7b72;--mark:#79b8f3}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--back);color:var(--text);\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}\
main{max-width:1240px;margin:0 auto;padding:24px 20px 64px}\
h1{font-size:26px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}\
h2{font-size:18px;margin:36px 0 12px;padding-top:12px;border-top:1px solid var(--line)}\
p.sub{color:var(--quiet);margin:0 0 16px}\
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}\
.fact{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 14px;min-width:104px}\
.fact b{display:block;font-size:18px;font-weight:600;font-variant-numeric:tabular-nums}\
.fact span{color:var(--quiet);font-size:13px}\
.finished b{color:var(--good)}.failed b,.killed b,.interrupted b{color:var(--bad)}.running b{color:var(--mark)}\
.curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:14px}\
.curves svg,.pictures img{display:block;width:100%;height:auto;border:1px solid var(--line);border-radius:8px}\
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:14px;align-items:start}\
.pictures figure{margin:0}.pictures img.grid-of-pixels{image-rendering:pixelated}\
figcaption{color:var(--quiet);font-size:13px;overflow-wrap:anywhere}\
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:8px}\
table{border-collapse:collapse;width:100%;font-size:14px}\
th,td{text-align:left;padding:5px 12px;border-top:1px solid var(--line);white-space:pre;vertical-align:top;\
font-variant-numeric:tabular-nums}\
tr:first-child th,tr:first-child td{border-top:0}\
th{color:var(--quiet);font-weight:600;background:var(--card)}\
td.right,th.right{text-align:right}\
pre,code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px;overflow-x:auto;margin:8px 0}\
pre.flow{white-space:pre-wrap;overflow-wrap:anywhere}\
details{margin:8px 0}summary{cursor:pointer;color:var(--mark)}\
.failure{border-left:4px solid var(--bad);background:var(--card);padding:8px 14px;border-radius:4px}";

/// A heading with what stands under it; nothing where there is nothing.
pub fn section(title: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<h2>{}</h2>\n{content}", escaped(title)) }
}

/// A table whose columns from `right` on are numbers; nothing without rows.
pub fn table(head: &[&str], rows: &[Vec<String>], right: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
        let cell = |(i, cell)| {
            let class = if i >= right { " class=\"right\"" } else { "" };
            format!("<{tag}{class}>{}</{tag}>", escaped(cell))
        };
        format!("<tr>{}</tr>\n", cells.enumerate().map(cell).collect::<String>())
    };
    let head = if head.is_empty() { String::new() } else { cells("th", &mut head.iter().copied()) };
    let rows: String = rows.iter().map(|row| cells("td", &mut row.iter().map(String::as_str))).collect();
    format!("<div class=\"wide\"><table>\n{head}{rows}</table></div>\n")
}

/// What is shown when somebody asks for it.
pub fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{}</summary>\n{content}</details>\n", escaped(summary))
}

/// A text as it is.
pub fn pre(text: &str, flows: bool) -> String {
    let class = if flows { " class=\"flow\"" } else { "" };
    format!("<pre{class}>{}</pre>\n", escaped(text))
}

/// A number, large, over what it is.
pub fn fact(class: &str, value: &str, what: &str) -> String {
    format!("<div class=\"fact {class}\"><b>{}</b><span>{}</span></div>\n", escaped(value), escaped(what))
}
