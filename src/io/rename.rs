//! The tensors of a file under the names of a program, and back.

use super::stored::Stored;
use crate::tir::rename::{Place, Rename};
use std::collections::BTreeMap;

/// Tensors by their names.
pub type Tensors<'f> = BTreeMap<String, Stored<'f>>;

/// The tensors under the names that the rules give them, each rule in its turn; and the rules that were about none of them.
pub fn renamed<'f, 'r>(
    tensors: Tensors<'f>,
    rules: impl IntoIterator<Item = &'r Rename>,
) -> Result<(Tensors<'f>, Vec<&'r Rename>), String> {
    let mut tensors = tensors;
    let mut idle = vec![];
    for rule in rules {
        let (kept, concerned) = concerned(tensors, rule);
        tensors = kept;
        if concerned.is_empty() {
            idle.push(rule);
        }
        for (place, parts) in concerned {
            by_rule(&mut tensors, rule, &place, parts)?;
        }
    }
    Ok((tensors, idle))
}

/// The names of a file for the tensors of a program: those to which `renamed` gives the program's names.
pub fn original<'f>(tensors: Tensors<'f>, rules: &[Rename]) -> Result<Tensors<'f>, String> {
    let turned: Vec<Rename> = rules.iter().rev().filter_map(Rename::turned).collect();
    let (original, _) = renamed(tensors.clone(), &turned)?;
    let (again, _) = renamed(original.clone(), rules)?;
    match tensors.iter().find(|(name, tensor)| again.get(*name).is_none_or(|other| other.bytes != tensor.bytes)) {
        None => Ok(original),
        Some((name, _)) => Err(format!("the rules give no name of the file for `{name}`: they do not lead back to it")),
    }
}

/// Tensors that a rule joins, in the order of its left side.
type Parts<'f> = Vec<Option<Stored<'f>>>;

/// What a rule is not about, and what it is about, by place.
fn concerned<'f>(tensors: Tensors<'f>, rule: &Rename) -> (Tensors<'f>, BTreeMap<Place, Parts<'f>>) {
    let mut kept = BTreeMap::new();
    let mut concerned: BTreeMap<Place, Parts> = BTreeMap::new();
    for (name, tensor) in tensors {
        match rule.from.iter().enumerate().find_map(|(i, part)| Some((i, part.place(&name)?))) {
            None => {
                kept.insert(name, tensor);
            }
            Some((i, place)) => {
                let parts = concerned.entry(place).or_insert_with(|| vec![None; rule.from.len()]);
                parts[i] = Some(tensor);
            }
        }
    }
    (kept, concerned)
}

fn by_rule<'f>(tensors: &mut Tensors<'f>, rule: &Rename, place: &Place, parts: Parts<'f>) -> Result<(), String> {
    if rule.to.is_empty() {
        return Ok(());
    }
    let missing = rule.from.iter().zip(&parts).find(|(_, part)| part.is_none());
    if let Some((name, _)) = missing {
        return Err(format!("`{}` joins `{}` with others, and it is missing", rule.text, name.at(place)));
    }
    let whole = Stored::joined(parts.into_iter().flatten().collect())?;
    let whole = if let Some(axes) = &rule.axes { whole.laid(axes) } else { whole };
    let shares: Vec<usize> = rule.to.iter().map(|part| part.share).collect();
    for (name, tensor) in rule.to.iter().zip(whole.parts(&shares)?) {
        let origin = tensor.origin.clone();
        let name = name.at(place);
        if let Some(other) = tensors.insert(name.clone(), tensor) {
            return Err(format!("`{}` and `{origin}` both become `{name}`", other.origin));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Tensor;
    use crate::types::DType;

    fn tensors(given: &[(&str, &[usize])]) -> Tensors<'static> {
        let tensor = |(name, shape): &(&str, &[usize])| {
            let numbers: Vec<f64> = (0..shape.iter().product()).map(|i: usize| i as f64).collect();
            (name.to_string(), Stored::new(name, &Tensor::from_f64(DType::F32, shape, &numbers)))
        };
        given.iter().map(tensor).collect()
    }

    fn rules(texts: &[&str]) -> Vec<Rename> {
        texts.iter().map(|&text| Rename::parse(&text.into()).unwrap()).collect()
    }

    fn numbers(stored: &Stored) -> Vec<f64> {
        Tensor::new(stored.shape.clone(), stored.decode(DType::F64).unwrap()).to_f64()
    }

    #[test]
    fn rules_rename_turn_split_and_join_and_lead_back() {
        let file = tensors(&[("h.0.attn.w", &[2, 6]), ("h.0.attn.b", &[6]), ("h.0.q", &[1, 2]), ("h.0.k", &[3, 2])]);
        let rules = rules(&["attn.w [i o] -> left + 2 right [o i]", "h -> blocks", "q + 3 k -> qk"]);
        let (program, idle) = renamed(file.clone(), &rules).unwrap();
        let names: Vec<&str> = program.keys().map(String::as_str).collect();
        assert_eq!(names, ["blocks.0.attn.b", "blocks.0.left", "blocks.0.qk", "blocks.0.right"]);
        assert_eq!(numbers(&program["blocks.0.left"]), [0.0, 6.0, 1.0, 7.0]);
        assert_eq!(program["blocks.0.right"].shape, [4, 2]);
        assert_eq!(numbers(&program["blocks.0.qk"]), [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(idle.is_empty());
        let back = original(program, &rules).unwrap();
        assert!(
            back.iter()
                .map(|(name, t)| (name, &t.shape, &t.bytes))
                .eq(file.iter().map(|(name, t)| (name, &t.shape, &t.bytes)))
        );
    }

    #[test]
    fn tensors_of_other_axes_are_renamed_only() {
        let (program, _) =
            renamed(tensors(&[("c.weight", &[2, 3]), ("c.bias", &[3])]), &rules(&["c [i o] -> d [o i]"])).unwrap();
        assert_eq!((&program["d.weight"].shape[..], &program["d.bias"].shape[..]), (&[3, 2][..], &[3][..]));
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let told = |file: &[(&str, &[usize])], texts: &[&str]| renamed(tensors(file), &rules(texts)).unwrap_err();
        assert_eq!(told(&[("a", &[1]), ("b", &[1])], &["a -> b"]), "`b` and `a` both become `b`");
        assert_eq!(told(&[("x.a", &[1])], &["a + b -> c"]), "`a + b -> c` joins `x.b` with others, and it is missing");
        assert!(told(&[("a", &[1, 2]), ("b", &[1, 3])], &["a + b -> c"]).contains("cannot be joined"));
        assert!(told(&[("a", &[3])], &["a -> b + c"]).contains("no parts of 1 : 1 rows"));
        let lost = original(tensors(&[("norm", &[1])]), &rules(&["a -> norm", "norm -> bn"])).unwrap_err();
        assert!(lost.contains("no name of the file for `norm`"), "{lost}");
    }

    #[test]
    fn what_is_left_out_and_rules_about_nothing() {
        let all = rules(&["position_ids -> _", "gamma -> weight"]);
        let (program, idle) = renamed(tensors(&[("a.position_ids", &[1]), ("b", &[1])]), &all).unwrap();
        assert!(program.keys().eq(["b"]));
        assert_eq!(idle, [&all[1]]);
    }
}
