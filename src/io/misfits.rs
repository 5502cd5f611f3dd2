//! How a file of weights differs from what a program expects, told from both sides.

use super::rename::Tensors;
use super::weights::Expected;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::rename::Rename;
use safetensors::tensor::Dtype;

/// Of each kind so many are named.
const SHOWN: usize = 12;

#[derive(Default)]
pub struct Misfits<'e> {
    pub missing: Vec<&'e Expected>,
    /// What nothing asked for.
    pub extra: Tensors<'e>,
    pub shapes: Vec<(&'e Expected, Vec<usize>)>,
    pub types: Vec<(&'e Expected, Dtype)>,
    /// Rules that were about nothing in the file.
    pub idle: Vec<&'e Rename>,
}

impl Misfits<'_> {
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.shapes.is_empty() && self.types.is_empty()
    }

    pub fn report(&self, path: &str, expected: usize, span: Span) -> Diagnostic {
        let counts = [
            (self.missing.len(), "missing"),
            (self.extra.len(), "extra"),
            (self.shapes.len(), "of another shape"),
            (self.types.len(), "of another type"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let message = format!("`{path}` does not fit the {expected} tensors of the program: {}", counts.join(", "));
        let mut diagnostic = Diagnostic::error("E0902", span, message, "loaded here");
        for (wanted, found) in self.shapes.iter().take(SHOWN) {
            let text = format!("`{}` is {:?} here and {found:?} in the file", wanted.name, wanted.shape);
            diagnostic =
                if wanted.span.is_none() { diagnostic.note(text) } else { diagnostic.label(wanted.span, text) };
        }
        let types = self
            .types
            .iter()
            .map(|(wanted, found)| format!("`{}` is {} here and {found} in the file", wanted.name, wanted.dtype));
        let missing =
            self.missing.iter().map(|wanted| format!("`{}` {:?} is missing in the file", wanted.name, wanted.shape));
        let extra = self.extra.iter().map(|(name, tensor)| match &tensor.origin == name {
            true => format!("`{}` {:?} is in the file and not in the program", name.escape_debug(), tensor.shape),
            false => {
                let origin = tensor.origin.escape_debug();
                format!(
                    "`{origin}` of the file becomes `{}` {:?}, which is not in the program",
                    name.escape_debug(),
                    tensor.shape
                )
            }
        });
        let idle = self.idle.iter().map(|rule| format!("`{}` is about nothing in the file", rule.text));
        for notes in [types.collect(), missing.collect(), extra.collect(), idle.collect::<Vec<String>>()] {
            diagnostic = notes.iter().take(SHOWN).fold(diagnostic, |diagnostic, note| diagnostic.note(note.clone()));
            if notes.len() > SHOWN {
                diagnostic = diagnostic.note(format!("and {} more like it", notes.len() - SHOWN));
            }
        }
        match (self.prefix(), self.rule()) {
            (Some(prefix), _) => diagnostic.help(format!(
                "the names differ by the prefix `{prefix}`: the file holds a layer inside another one, or several"
            )),
            (None, Some(rule)) => {
                diagnostic.help(format!("names of the file can be changed: `load(.., rename: [\"{rule}\"])`"))
            }
            (None, None) => diagnostic,
        }
    }

    /// What stands before the first missing name in the file, if that is all that is wrong with it.
    fn prefix(&self) -> Option<&str> {
        let wanted = self.missing.first()?;
        self.extra.keys().find_map(|name| name.strip_suffix(&wanted.name)).filter(|prefix| prefix.ends_with('.'))
    }

    /// The rule that would give a tensor of the file the first missing name: that of the same shape whose name is nearest.
    fn rule(&self) -> Option<String> {
        let wanted = self.missing.first()?;
        let path: Vec<&str> = wanted.name.split('.').collect();
        let fitting = self.extra.iter().filter(|(_, tensor)| tensor.shape == wanted.shape);
        let alike = |name: &str| name.split('.').filter(|part| path.contains(part)).count();
        let (name, _) = fitting.rev().max_by_key(|(name, _)| alike(name))?;
        let (from, to) = difference(name.split('.').collect(), path);
        (!from.is_empty() && !to.is_empty()).then(|| format!("{from} -> {to}"))
    }
}

/// Two names without what they have in common at their ends; numbers that both have are `*`.
fn difference(mut from: Vec<&str>, mut to: Vec<&str>) -> (String, String) {
    while from.len() > 1 && to.len() > 1 && from.last() == to.last() {
        from.pop();
        to.pop();
    }
    while from.len() > 1 && to.len() > 1 && from[0] == to[0] {
        from.remove(0);
        to.remove(0);
    }
    let numbers =
        |path: &[&str]| path.iter().filter(|part| is_number(part)).map(|part| part.to_string()).collect::<Vec<_>>();
    let same = numbers(&from) == numbers(&to);
    let shown = |path: Vec<&str>| {
        let parts = path.into_iter().map(|part| if same && is_number(part) { "*" } else { part });
        parts.collect::<Vec<_>>().join(".")
    };
    (shown(from), shown(to))
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_rule_is_what_two_names_do_not_share() {
        let rule = |from: &str, to: &str| difference(from.split('.').collect(), to.split('.').collect());
        let both = |from: &str, to: &str| (from.to_string(), to.to_string());
        assert_eq!(rule("a.self.query.weight", "a.q.weight"), both("self.query", "q"));
        assert_eq!(rule("layer.3.attn.weight", "blocks.3.norm.weight"), both("layer.*.attn", "blocks.*.norm"));
        assert_eq!(rule("layer1.0.weight", "layers.0.0.weight"), both("layer1", "layers.0"));
        assert_eq!(rule("gamma", "weight"), both("gamma", "weight"));
    }
}
