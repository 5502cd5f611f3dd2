//! The part of a session that an input needs: what has nothing to do with it was checked when it came, and is not checked again.
//!
//! An input needs what it mentions and what that mentions. Where a layer is needed, so is what uses it: that may have said its sizes.

use std::collections::BTreeSet;

use crate::base::{Name, Sources};
use crate::syntax::ast::{Item, ItemKind};

use super::kept::{Kept, mentioned};
use super::memory::Memory;

/// What a session knows, or would know with something new in it.
pub struct Known<'s> {
    pub kept: &'s [Kept],
    pub sized: &'s [Item],
    pub memory: &'s Memory,
    /// Layers whose sizes nothing has said yet.
    pub waiting: &'s [Name],
    pub sources: &'s Sources,
}

/// What counts for every program: the type of floats.
const ALWAYS: &str = "float";

impl Known<'_> {
    /// The items that something which mentions `first` needs, in their order.
    pub fn needed(&self, first: BTreeSet<Name>) -> Vec<Item> {
        let standing: Vec<&Kept> = self.kept.iter().filter(|kept| kept.stands()).collect();
        let kept = standing.iter().map(|kept| (kept.names(), kept.mentions(self.sources)));
        let sized = self.sized.iter().map(|item| (vec![], mentioned(self.sources.text(item.span))));
        let parts: Vec<(Vec<Name>, BTreeSet<Name>)> = kept.chain(sized).collect();
        let mut is_needed: Vec<bool> = standing.iter().map(|kept| matches!(kept.item.kind, ItemKind::Use(_))).collect();
        is_needed.resize(parts.len(), false);
        let mut reached = first;
        reached.insert(ALWAYS.into());
        let mut layers: BTreeSet<Name> = BTreeSet::new();
        loop {
            let more = parts.iter().zip(&is_needed).position(|((names, mentions), is_needed)| {
                !is_needed && (names.iter().any(|name| reached.contains(name)) || !mentions.is_disjoint(&layers))
            });
            let Some(at) = more else { break };
            is_needed[at] = true;
            let (names, mentions) = &parts[at];
            let is_layer = |name: &&Name| self.memory.has_weights(name) || self.waiting.contains(name);
            layers.extend(names.iter().filter(is_layer).cloned());
            reached.extend(names.iter().chain(mentions).cloned());
        }
        let items = standing.iter().map(|kept| &kept.item).chain(self.sized);
        items.zip(is_needed).filter(|(_, is_needed)| *is_needed).map(|(item, _)| item.clone()).collect()
    }
}
