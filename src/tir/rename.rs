//! Rules by which the names in a file of weights become those of a program: `"attention.self.query -> attention.q"`.

use super::axes::Axes;
use crate::base::Name;

/// One rule. It is about the first place in a name where a name of its left side stands, component by component; what is
/// before and behind stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// As it is written.
    pub text: Name,
    /// In the file: several are joined along their first axis.
    pub from: Vec<Part>,
    /// In the program: several are parts along the first axis. None for what is left out.
    pub to: Vec<Part>,
    /// `[i o] -> [o i]`: how a tensor lies that has these axes, behind joining and before it is parted.
    pub axes: Option<Axes>,
}

/// A name of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How much of the first axis it has, beside its neighbours.
    pub share: usize,
    /// `^bias`: only where a name begins.
    first: bool,
    /// Its components; a `*` in one is any text.
    path: Vec<Name>,
}

/// Where in a name a rule's name stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    before: Vec<String>,
    /// What each `*` stands for.
    stars: Vec<String>,
    behind: Vec<String>,
}

impl Rename {
    /// Reads a rule; the error says what is wrong with it.
    pub fn parse(text: &Name) -> Result<Rename, String> {
        let (from, to) = text.split_once("->").ok_or("there is no `->` between the names")?;
        if to.contains("->") {
            return Err("there is more than one `->`".to_string());
        }
        let (from, before) = side(from)?;
        let (to, behind) = if to.trim() == "_" { (vec![], None) } else { side(to)? };
        let stars = from[0].stars();
        if from.iter().chain(&to).any(|part| part.stars() != stars) {
            return Err("every name needs as many `*` as the first".to_string());
        }
        if from.iter().any(|part| part.path.is_empty()) {
            return Err("there is no name in front of `->`".to_string());
        }
        let axes = match (before, behind) {
            (None, None) => None,
            (Some(before), Some(behind)) => Some(Axes::parse(before, behind)?),
            _ => return Err("axes stand on both sides: `[i o] -> [o i]`".to_string()),
        };
        Ok(Rename { text: text.clone(), from, to, axes })
    }

    /// The rule the other way round, by which a program's weights get the names of the file again. What was left out has
    /// none.
    pub fn turned(&self) -> Option<Rename> {
        let axes = self.axes.as_ref().map(Axes::turned);
        let turned = Rename { text: self.text.clone(), from: self.to.clone(), to: self.from.clone(), axes };
        (!self.to.is_empty()).then_some(turned)
    }
}

/// `a.b + 2 c.d [i o]`
fn side(text: &str) -> Result<(Vec<Part>, Option<&str>), String> {
    let (names, axes) = match text.trim().strip_suffix(']').map(|open| open.split_once('[')) {
        None => (text, None),
        Some(None) => return Err("a `[` is missing".to_string()),
        Some(Some((names, axes))) => (names, Some(axes)),
    };
    let parts = names.split('+').map(|name| part(name.trim())).collect::<Result<Vec<Part>, String>>()?;
    match parts.len() > 1 && parts.iter().any(|part| part.path.is_empty()) {
        true => Err("a name is missing beside `+`".to_string()),
        false => Ok((parts, axes)),
    }
}

fn part(text: &str) -> Result<Part, String> {
    let (share, name) = match text.split_once(char::is_whitespace) {
        None => (1, text),
        Some((share, name)) => match share.parse::<u16>() {
            Ok(share) if share > 0 => (share.into(), name.trim()),
            _ => return Err(format!("`{text}` is not one name")),
        },
    };
    let (first, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
    let path: Vec<Name> = if name.is_empty() { vec![] } else { name.split('.').map(Name::from).collect() };
    let bare = |name: &Name| !name.contains(|c: char| c.is_whitespace() || "[]>^".contains(c));
    let clear = |name: &Name| !name.is_empty() && bare(name) && name.matches('*').count() <= 1;
    match path.iter().all(clear) {
        true => Ok(Part { share, first, path }),
        false => Err(format!("`{name}` is not a name")),
    }
}

/// What the `*` of a component stands for in `found`.
fn star(wanted: &str, found: &str) -> Option<String> {
    let (before, behind) = wanted.split_once('*')?;
    let star = found.strip_prefix(before)?.strip_suffix(behind)?;
    (!star.is_empty()).then(|| star.to_string())
}

impl Part {
    fn stars(&self) -> usize {
        self.path.iter().filter(|component| component.contains('*')).count()
    }

    /// The first place in `name` where this stands.
    pub fn place(&self, name: &str) -> Option<Place> {
        let name: Vec<&str> = name.split('.').collect();
        let fits = |(wanted, found): (&Name, &&str)| **wanted == **found || star(wanted, found).is_some();
        let texts = |parts: &[&str]| parts.iter().map(|part| part.to_string()).collect();
        let here = |part: &[&str]| self.path.iter().zip(part).all(fits);
        let at = name.windows(self.path.len().max(1)).position(here).filter(|&at| at == 0 || !self.first)?;
        let (before, rest) = name.split_at(at);
        let (here, behind) = rest.split_at(self.path.len());
        let stars = self.path.iter().zip(here).filter_map(|(wanted, found)| star(wanted, found)).collect();
        Some(Place { before: texts(before), stars, behind: texts(behind) })
    }

    /// The name that has this at a place.
    pub fn at(&self, place: &Place) -> String {
        let mut stars = place.stars.iter();
        let mut filled = |name: &Name| match name.contains('*').then(|| stars.next()).flatten() {
            Some(star) => name.replacen('*', star, 1),
            None => name.to_string(),
        };
        let here: Vec<String> = self.path.iter().map(&mut filled).collect();
        let all: Vec<String> = place.before.iter().cloned().chain(here).chain(place.behind.iter().cloned()).collect();
        all.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rename {
        Rename::parse(&text.into()).unwrap()
    }

    fn renamed(text: &str, name: &str) -> Option<String> {
        let rule = rule(text);
        rule.from[0].place(name).map(|place| rule.to[0].at(&place))
    }

    #[test]
    fn a_rule_is_about_whole_components_wherever_they_stand() {
        let rule = "attention.self -> attention";
        assert_eq!(renamed(rule, "bert.attention.self.query.weight").unwrap(), "bert.attention.query.weight");
        assert_eq!(renamed(rule, "bert.attention.selfish.weight"), None);
        assert_eq!(renamed("layer.*.norm -> blocks.*", "a.layer.3.norm.bias").unwrap(), "a.blocks.3.bias");
        assert_eq!(renamed("weight_*_l0 -> 0.weight_*", "lstm.weight_ih_l0").unwrap(), "lstm.0.weight_ih");
        assert_eq!(renamed("^bias -> cls.bias", "bias").unwrap(), "cls.bias");
        assert_eq!(renamed("^bias -> cls.bias", "norm.bias"), None);
        assert_eq!(renamed("module ->", "module.weight").unwrap(), "weight");
    }

    #[test]
    fn sides_have_parts_shares_and_axes() {
        let qkv = rule("qkv [i o] -> 4 q + k + v [o i]");
        assert_eq!(qkv.to.iter().map(|part| part.share).collect::<Vec<_>>(), [4, 1, 1]);
        assert_eq!(qkv.axes, Some(Axes::parse("i o", "o i").unwrap()));
        assert!(rule("a.b -> _").to.is_empty() && rule("a.b -> _").turned().is_none());
        let turn = rule("a [x y z] -> b [y (z x)]");
        assert_eq!(turn.turned().unwrap(), Rename { text: turn.text, ..rule("b [y (z x)] -> a [x y z]") });
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "a",
            "a -> b -> c",
            " -> a",
            "a. -> b",
            "a b -> c",
            "a.* -> b",
            "a + -> b",
            "a [i] -> b",
            "a [i j] -> b [i i]",
            "a i] -> b",
            "a.^b -> c",
        ] {
            assert!(Rename::parse(&text.into()).is_err(), "{text}");
        }
    }
}
