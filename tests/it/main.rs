//! Tests of whole stages, in one binary.

mod backends;
mod batched;
mod buckets;
mod calls;
mod checkpoints;
mod cli;
mod conditions;
mod conformance;
mod draw;
mod examples;
mod gradcheck;
mod gradients;
mod graphs;
mod loops;
mod meaning;
mod ops;
mod optimizer;
mod pages;
mod reference;
mod rules;
mod sweep;
mod tidy;
