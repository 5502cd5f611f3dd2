//! Where the time of a run went, by step of the plan.

use crate::base::Span;
use crate::plan::{Action, NodeId, Plan};
use std::time::Duration;

/// The time of one step over all runs.
#[derive(Clone, Debug)]
pub struct Entry {
    pub node: NodeId,
    pub span: Span,
    /// The op, or what the step does instead.
    pub name: &'static str,
    /// Shape of its first result.
    pub shape: Vec<usize>,
    pub time: Duration,
    /// Of a loop, its body over all iterations.
    pub inner: Option<Profile>,
}

/// Times of all steps, in the order of the plan.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub runs: usize,
    pub entries: Vec<Entry>,
}

impl Profile {
    pub(crate) fn new(plan: &Plan) -> Profile {
        let entries = plan.steps.iter().map(|step| Entry {
            node: step.node,
            span: step.span,
            name: match &step.action {
                Action::Op(op) => op.name(),
                Action::Fused(_) => "fused",
                Action::Copy => "copy",
                Action::Peaks { .. } => "peaks",
                Action::Guard(_) => "guard",
                Action::Loop(_) => "loop",
            },
            shape: step.results.first().map_or(vec![], |result| result.view.shape.clone()),
            time: Duration::ZERO,
            inner: None,
        });
        Profile { runs: 0, entries: entries.collect() }
    }
}

/// Milliseconds per run, the longest first.
impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.time));
        for entry in entries {
            let time = entry.time.as_secs_f64() * 1e3 / self.runs.max(1) as f64;
            writeln!(f, "{time:9.4} ms  {:<5} {} {:?}", entry.node.to_string(), entry.name, entry.shape)?;
        }
        Ok(())
    }
}
