//! What runs on parts of a convolution's result as soon as they are there.

use crate::backends::{compare, op_graph, run, run_with, ty};
use crate::draw::Draw;
use dln::exec::cpu::Executable;
use dln::graph::{Builder, Graph, Type};
use dln::ops::{Binary, Conv, ConvMode, Op, Reduce, Tensor, Unary};
use dln::plan::{Options, plan};
use dln::types::DType;

const NONE: dln::base::Span = dln::base::Span::none();

/// A convolution, and behind it what is done with each element: a scale and a shift of its channel, the elements of `beside`, and
/// `tanh`. Of one sample, whose channels are rows, scale and shift are computed too, as those of batch norm.
fn with_epilogue(conv: Option<&Conv<usize>>, tys: &[Type; 5]) -> Graph {
    let mut builder = Builder::new();
    let [x, w, channel, beside, y] = tys;
    let made = match conv {
        Some(conv) => {
            let args = [builder.input("x", x.clone()), builder.input("w", w.clone())];
            builder.op(Op::Conv(conv.clone()), &args, NONE)
        }
        None => builder.input("y", y.clone()),
    };
    let [mut scale, mut shift] = ["scale", "shift"].map(|name| builder.input(name, channel.clone()));
    if y.shape[0] == 1 {
        scale = builder.op(Op::Unary(Unary::Exp), &[scale], NONE);
        shift = builder.op(Op::Binary(Binary::Div), &[shift, scale], NONE);
    }
    let beside = builder.input("beside", beside.clone());
    let spread =
        |builder: &mut Builder, x| builder.op(Op::Broadcast { shape: y.shape.clone(), axes: vec![1] }, &[x], NONE);
    let [scale, shift] = [scale, shift].map(|x| spread(&mut builder, x));
    let scaled = builder.op(Op::Binary(Binary::Mul), &[made, scale], NONE);
    let shifted = builder.op(Op::Binary(Binary::Add), &[scaled, shift], NONE);
    let sum = builder.op(Op::Binary(Binary::Add), &[shifted, beside], NONE);
    let result = builder.op(Op::Unary(Unary::Tanh), &[sum], NONE);
    // What lies in the arena is read by steps of their own.
    let greatest = builder.op(Op::Reduce { kind: Reduce::Max, axes: vec![1] }, &[result], NONE);
    let sums = builder.op(Op::CumSum { axis: 1, reverse: false }, &[result], NONE);
    builder.output("greatest", greatest);
    builder.output("sums", sums);
    builder.finish()
}

/// What runs on parts of a convolution's result has the bits of a pass of its own: on tiles, squares, lines and panels, with finite
/// weights and with some that are not.
#[test]
fn epilogues_have_the_bits_of_passes_of_their_own() {
    let mut draw = Draw::new(5);
    for (x, w, stride, pad) in [
        ([2, 40, 15, 15], [70, 40, 1, 1], 1, 0),
        ([1, 64, 14, 14], [64, 64, 3, 3], 1, 1),
        ([3, 20, 9, 31], [36, 20, 3, 3], 1, 1),
        ([1, 32, 28, 28], [96, 32, 3, 3], 2, 1),
        ([1, 3, 40, 40], [24, 3, 7, 7], 2, 3),
        ([1, 3, 150, 150], [24, 3, 7, 7], 2, 3),
        ([1, 24, 41, 41], [32, 24, 3, 3], 1, 1),
        ([1, 96, 7, 7], [128, 96, 3, 3], 1, 1),
        ([1, 128, 14, 14], [80, 128, 1, 1], 2, 0),
        ([5, 4, 7, 6], [3, 4, 2, 2], 1, 0),
    ] {
        let spatial = |i: usize| (x[i] + 2 * pad - w[i]) / stride + 1;
        let y = [x[0], w[0], spatial(2), spatial(3)];
        let f32 = |shape: &[usize]| ty(DType::F32, shape);
        let tys = [f32(&x), f32(&w), f32(&[w[0]]), f32(&y), f32(&y)];
        let conv = Conv {
            mode: ConvMode::Forward,
            stride: vec![stride; 2],
            dilation: vec![1; 2],
            pad: vec![(pad, pad); 2],
            groups: 1,
            sizes: vec![],
        };
        for special in [None, Some(f64::INFINITY)] {
            let mut inputs: Vec<Tensor> =
                [0, 1, 2, 2, 3].map(|i: usize| draw.tensor(DType::F32, &tys[i].shape, -1.0, 1.0)).into();
            if let Some(special) = special {
                let mut values = inputs[1].to_f64();
                values[0] = special;
                inputs[1] = Tensor::from_f64(DType::F32, &w, &values);
            }
            let alone = op_graph(Op::Conv(conv.clone()), &tys[..2]);
            for stays in [vec![], vec![1]] {
                let options = Options { stays, ..Options::default() };
                let made = run_with(&alone, &options, &inputs[..2]).unwrap().remove(0);
                let apart: Vec<Tensor> = std::iter::once(made).chain(inputs[2..].iter().cloned()).collect();
                let pass = with_epilogue(None, &tys);
                if special.is_none() {
                    compare(&pass, &apart);
                }
                let want = run(&pass, &apart).unwrap();
                let got = run_with(&with_epilogue(Some(&conv), &tys), &options, &inputs).unwrap();
                for (got, want) in got.iter().zip(&want) {
                    let bits = |tensor: &Tensor| {
                        tensor
                            .to_f64()
                            .iter()
                            .map(|x| (x.is_nan(), x.to_bits() * u64::from(!x.is_nan())))
                            .collect::<Vec<_>>()
                    };
                    assert_eq!(bits(got), bits(want), "{x:?} {w:?} {special:?}");
                }
            }
        }
    }
}

#[test]
fn an_epilogue_has_no_time_of_its_own() {
    let f32 = |shape: &[usize]| ty(DType::F32, shape);
    let tys = [f32(&[1, 4, 9, 9]), f32(&[8, 4, 1, 1]), f32(&[8]), f32(&[1, 8, 9, 9]), f32(&[1, 8, 9, 9])];
    let (stride, pad, dilation) = (vec![1; 2], vec![(0, 0); 2], vec![1; 2]);
    let conv = Conv { mode: ConvMode::Forward, stride, dilation, pad, groups: 1, sizes: vec![] };
    let mut executable = Executable::new(plan(&with_epilogue(Some(&conv), &tys), &Options::default()));
    executable.profile(true);
    let names: Vec<&str> = executable.profile(false).entries.iter().map(|entry| entry.name).collect();
    assert_eq!(names[..2], ["conv", "with the one before"]);
}
