//! Training blocks and statements.

use super::Text;
use crate::syntax::ast::*;

impl Text {
    pub(super) fn train(&mut self, train: &Train) {
        self.put("train");
        if let Some(name) = &train.name {
            self.put(format_args!(" {}", name.name));
        }
        self.lines(&train.items, Text::train_item);
    }

    fn train_item(&mut self, item: &TrainItem) {
        self.put("(");
        match item {
            TrainItem::Setting { name, value } => {
                self.put(format_args!("= {}", name.name));
                self.value(value);
            }
            TrainItem::Step { name, params, body, .. } => {
                self.put("step ");
                name.iter().for_each(|n| self.put(format_args!("{} ", n.name)));
                self.names(params);
                self.block_lines(body);
            }
            TrainItem::Validate { data, params, body, .. } => {
                self.put("validate ");
                self.expr(data);
                self.put(" ");
                self.names(params);
                self.block_lines(body);
            }
            TrainItem::Every { count, unit, body, .. } => {
                self.put("every ");
                self.expr(count);
                self.put(match unit {
                    Unit::Epoch => " epochs",
                    Unit::Step => " steps",
                });
                self.block_lines(body);
            }
            TrainItem::SaveBest { direction, metric, to, .. } => {
                self.put("save");
                self.metric(*direction, metric);
                self.value(to);
            }
            TrainItem::Stop { patience, direction, metric, .. } => {
                self.put("stop ");
                self.expr(patience);
                self.metric(*direction, metric);
            }
        }
        self.put(")");
    }

    fn metric(&mut self, direction: Direction, metric: &Metric) {
        let direction = match direction {
            Direction::ByName => "best",
            Direction::Highest => "highest",
            Direction::Lowest => "lowest",
        };
        let (part, name) = (&metric.part.name, &metric.name.name);
        self.put(format_args!(" {direction} {part}.{name}"));
    }

    /// The lines of a block, further in; the value has a line of its own.
    pub(super) fn block_lines(&mut self, block: &Block) {
        self.lines(&block.stmts, Text::stmt);
        self.lines(block.value.as_slice(), |t, value| t.expr(value));
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign { sizes, names, value } => {
                self.put("(= ");
                if !sizes.is_empty() {
                    let sizes: Vec<&str> = sizes.iter().map(|size| &*size.name).collect();
                    self.put(format_args!("[{}] ", sizes.join(" ")));
                }
                self.names(names);
                self.value(value);
            }
            StmtKind::Update { target, value } => {
                self.put("(<-");
                self.value(target);
                self.value(value);
            }
            StmtKind::Minimize { loss, groups } => {
                self.put("(minimize");
                self.value(loss);
                groups.iter().flat_map(|(over, with)| [over, with]).for_each(|e| self.value(e));
            }
            StmtKind::Log(entries) => {
                self.put("(log ");
                self.entries(entries);
            }
            StmtKind::LogAll(record) => {
                self.put("(log ..");
                self.value(record);
            }
            StmtKind::Yield(value) => {
                self.put("(yield");
                self.value(value);
            }
            StmtKind::Assert { condition, message } => {
                self.put("(assert");
                self.value(condition);
                message.iter().for_each(|m| self.value(m));
            }
            StmtKind::For { names, values, body } => {
                self.put("(for ");
                self.names(names);
                self.value(values);
                self.block_lines(body);
            }
            StmtKind::Save { what, to, names } => {
                self.put("(save");
                self.value(what);
                self.value(to);
                names.iter().for_each(|names| self.value(names));
            }
            StmtKind::Expr(value) => {
                self.put("(do");
                self.value(value);
            }
        }
        self.put(")");
    }
}
