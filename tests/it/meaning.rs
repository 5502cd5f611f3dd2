//! What ops mean, by examples that can be checked by hand.

use dln::ops::{Binary, Compare, Conv, ConvMode, Data, Fault, Matrix, Op, Reduce, Tensor, Unary, eval};
use dln::types::{DType, Scalar};

const NAN: f64 = f64::NAN;

fn floats(shape: &[usize], values: &[f64]) -> Tensor {
    Tensor::from_f64(DType::F64, shape, values)
}

fn ints(values: &[i64]) -> Tensor {
    Tensor::new(vec![values.len()], Data::I64(values.to_vec()))
}

/// 0, 1, 2, .. in some shape.
fn count(shape: &[usize]) -> Tensor {
    let values: Vec<f64> = (0..shape.iter().product()).map(|i| i as f64).collect();
    floats(shape, &values)
}

fn value(op: Op<usize>, args: &[&Tensor]) -> Tensor {
    eval(&op, args).unwrap_or_else(|why| panic!("{op:?}: {why}"))
}

/// The elements of the result; NaN is written as -99, so that it can be compared.
fn elements(op: Op<usize>, args: &[&Tensor]) -> Vec<f64> {
    value(op, args).to_f64().into_iter().map(|x| if x.is_nan() { -99.0 } else { x }).collect()
}

#[test]
fn division_rounds_down() {
    let (a, b) = (ints(&[7, -7, 7, -7, 5, i64::MIN]), ints(&[2, 2, -2, -2, 0, -1]));
    let of = |op| value(Op::Binary(op), &[&a, &b]).data;
    assert_eq!(of(Binary::Div), Data::I64(vec![3, -4, -4, 3, 0, i64::MIN]));
    assert_eq!(of(Binary::Rem), Data::I64(vec![1, 1, -1, -1, 0, 0]));
    let (a, b) = (floats(&[4], &[7.5, -7.5, 7.5, 1.0]), floats(&[4], &[2.0, 2.0, -2.0, 0.0]));
    assert_eq!(elements(Op::Binary(Binary::Rem), &[&a, &b]), [1.5, 0.5, -0.5, -99.0]);
}

#[test]
fn integers_wrap() {
    let [a, b] = [[i32::MAX, i32::MIN], [1, -1]].map(|x| Tensor::new(vec![2], Data::I32(x.to_vec())));
    let of = |op| value(Op::Binary(op), &[&a, &b]).data;
    assert_eq!(of(Binary::Add), Data::I32(vec![i32::MIN, i32::MAX]));
    assert_eq!(of(Binary::Mul), Data::I32(vec![i32::MAX, i32::MIN]));
    assert_eq!(of(Binary::Div), Data::I32(vec![i32::MAX, i32::MIN]));
    let bytes = Tensor::new(vec![2], Data::U8(vec![0, 3]));
    assert_eq!(value(Op::Unary(Unary::Neg), &[&bytes]).data, Data::U8(vec![0, 253]));
}

#[test]
fn factors_of_small_matrices() {
    let x = floats(&[2, 2], &[4.0, 2.0, 2.0, 10.0]);
    assert_eq!(elements(Op::Matrix(Matrix::Cholesky), &[&x]), [2.0, 0.0, 1.0, 3.0]);
    let diagonal = floats(&[2, 2], &[0.0, -3.0, 2.0, 0.0]);
    // U, the singular values 3 and 2, V with a positive element in each column.
    let factors = [-1.0, 0.0, 0.0, 1.0, 3.0, 2.0, 0.0, 1.0, 1.0, 0.0];
    assert_eq!(elements(Op::Matrix(Matrix::Svd), &[&diagonal]), factors);
    let (upper, b) = (floats(&[2, 2], &[2.0, 4.0, 99.0, 8.0]), floats(&[2, 1], &[10.0, 16.0]));
    let solve = |transposed| elements(Op::Matrix(Matrix::SolveTriangular { upper: true, transposed }), &[&upper, &b]);
    assert_eq!((solve(false), solve(true)), (vec![1.0, 2.0], vec![5.0, -0.5]));
}

#[test]
fn the_transform_of_two_and_four_numbers() {
    let two = floats(&[2, 2], &[1.0, 5.0, 2.0, -1.0]);
    assert_eq!(elements(Op::Fft { inverse: false }, &[&two])[..2], [3.0, 4.0]);
    let step = floats(&[4, 2], &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let turns = |inverse| elements(Op::Fft { inverse }, &[&step]).iter().map(|x| x.round() as i64).collect::<Vec<_>>();
    assert_eq!(turns(false), [1, 0, 0, -1, -1, 0, 0, 1]);
    assert_eq!(turns(true), [1, 0, 0, 1, -1, 0, 0, -1]);
}

#[test]
fn nan_goes_through() {
    let (a, b) = (floats(&[3], &[NAN, 1.0, 2.0]), floats(&[3], &[1.0, NAN, 3.0]));
    assert_eq!(elements(Op::Binary(Binary::Max), &[&a, &b]), [-99.0, -99.0, 3.0]);
    assert_eq!(elements(Op::Binary(Binary::Min), &[&a, &b]), [-99.0, -99.0, 2.0]);
    assert_eq!(elements(Op::Unary(Unary::Sign), &[&a]), [-99.0, 1.0, 1.0]);
    assert_eq!(elements(Op::Compare(Compare::Ne), &[&a, &a]), [1.0, 0.0, 0.0]);
    assert_eq!(elements(Op::Reduce { kind: Reduce::Max, axes: vec![0] }, &[&a]), [-99.0]);
    assert_eq!(elements(Op::ArgMax { axis: 0 }, &[&b]), [1.0]);
}

#[test]
fn roundings() {
    let x = floats(&[5], &[0.5, 1.5, -0.5, -1.2, 2.7]);
    let of = |op| elements(Op::Unary(op), &[&x]);
    assert_eq!(of(Unary::Round), [0.0, 2.0, -0.0, -1.0, 3.0]);
    assert_eq!(of(Unary::Floor), [0.0, 1.0, -1.0, -2.0, 2.0]);
    assert_eq!(of(Unary::Ceil), [1.0, 2.0, -0.0, -1.0, 3.0]);
}

#[test]
fn casts() {
    let x = floats(&[6], &[-1.9, 300.7, NAN, 1e30, 0.2, 0.0]);
    assert_eq!(value(Op::Cast(DType::U8), &[&x]).data, Data::U8(vec![0, 255, 0, 255, 0, 0]));
    assert_eq!(value(Op::Cast(DType::I32), &[&x]).data, Data::I32(vec![-1, 300, 0, i32::MAX, 0, 0]));
    assert_eq!(value(Op::Cast(DType::Bool), &[&x]).data, Data::Bool(vec![true, true, true, true, true, false]));
    assert_eq!(value(Op::Cast(DType::U8), &[&ints(&[-1, 257])]).data, Data::U8(vec![255, 1]));
    let large = ints(&[(1 << 24) + 1, i64::MAX]);
    assert_eq!(value(Op::Cast(DType::F32), &[&large]).data, Data::F32(vec![16777216.0, 9.223372e18]));
    assert_eq!(value(Op::Cast(DType::I64), &[&large]).data, large.data, "64 bits are kept");
}

#[test]
fn movements() {
    let x = count(&[2, 3]);
    assert_eq!(value(Op::Transpose { perm: vec![1, 0] }, &[&x]), floats(&[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    let rows = Op::Broadcast { shape: vec![2, 2, 2], axes: vec![1] };
    assert_eq!(elements(rows, &[&count(&[2])]), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    let every_second = Op::Slice { axis: 1, start: 0, stop: 3, step: 2 };
    assert_eq!(value(every_second, &[&x]), floats(&[2, 2], &[0.0, 2.0, 3.0, 5.0]));
    let nine = Tensor::scalar(Scalar::F64(9.0));
    let pad = Op::Pad { axis: 0, lo: 1, hi: 2, between: 1 };
    assert_eq!(elements(pad, &[&count(&[3]), &nine]), [9.0, 0.0, 9.0, 1.0, 9.0, 2.0, 9.0, 9.0]);
    let (left, right) = (count(&[2, 1]), count(&[2, 2]));
    assert_eq!(elements(Op::Concat { axis: 1 }, &[&left, &right]), [0.0, 0.0, 1.0, 1.0, 2.0, 3.0]);
    assert_eq!(elements(Op::Flip { axis: 1 }, &[&x]), [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
}

#[test]
fn windows_and_back() {
    let x = count(&[6]);
    let windows = value(Op::Windows { axis: 0, size: 2, stride: 3, dilation: 2 }, &[&x]);
    assert_eq!(windows, floats(&[2, 2], &[0.0, 2.0, 3.0, 5.0]));
    let ones = floats(&[3, 2], &[1.0; 6]);
    let back = Op::Unwindows { axis: 0, n: 4, stride: 1, dilation: 1 };
    assert_eq!(elements(back, &[&ones]), [1.0, 2.0, 2.0, 1.0]);
}

#[test]
fn reductions() {
    let x = count(&[2, 3]);
    let of = |kind, axes: &[usize]| elements(Op::Reduce { kind, axes: axes.to_vec() }, &[&x]);
    assert_eq!(of(Reduce::Sum, &[1]), [3.0, 12.0]);
    assert_eq!(of(Reduce::Prod, &[0]), [0.0, 4.0, 10.0]);
    assert_eq!(of(Reduce::Max, &[0, 1]), [5.0]);
    assert_eq!(of(Reduce::Min, &[]), x.to_f64());
    let none = floats(&[0, 2], &[]);
    assert_eq!(elements(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[&none]), [0.0, 0.0]);
    assert_eq!(elements(Op::Reduce { kind: Reduce::Prod, axes: vec![0] }, &[&none]), [1.0, 1.0]);
    assert_eq!(elements(Op::CumSum { axis: 1, reverse: false }, &[&x]), [0.0, 1.0, 3.0, 3.0, 7.0, 12.0]);
    assert_eq!(elements(Op::CumSum { axis: 1, reverse: true }, &[&x]), [3.0, 3.0, 2.0, 12.0, 9.0, 5.0]);
}

#[test]
fn sums_of_f32_are_accumulated_in_f64() {
    let x = Tensor::new(vec![3], Data::F32(vec![1e8, 1.0, -1e8]));
    assert_eq!(elements(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[&x]), [1.0]);
}

#[test]
fn orders() {
    let x = floats(&[5], &[2.0, NAN, 1.0, 2.0, -1.0]);
    assert_eq!(elements(Op::ArgSort { axis: 0, descending: false }, &[&x]), [4.0, 2.0, 0.0, 3.0, 1.0]);
    assert_eq!(elements(Op::ArgSort { axis: 0, descending: true }, &[&x]), [1.0, 0.0, 3.0, 2.0, 4.0]);
    assert_eq!(elements(Op::ArgMax { axis: 0 }, &[&ints(&[1, 5, 5])]), [1.0]);
}

/// A batch of two row vectors times a matrix each, laid out in an unusual order.
#[test]
fn products() {
    let (v, m) = (count(&[3, 2]), count(&[2, 2, 3]));
    let dot = Op::Dot { batch: vec![(1, 0)], contract: vec![(0, 2)] };
    assert_eq!(value(dot, &[&v, &m]), floats(&[2, 2], &[10.0, 28.0, 67.0, 94.0]));
    let outer = Op::Dot { batch: vec![], contract: vec![] };
    assert_eq!(elements(outer, &[&ints(&[1, 2]), &ints(&[3, 4])]), [3.0, 4.0, 6.0, 8.0]);
}

fn conv(mode: ConvMode, sizes: &[usize]) -> Op<usize> {
    let (stride, pad, dilation) = (vec![2], vec![(1, 0)], vec![1]);
    Op::Conv(Conv { mode, stride, pad, dilation, groups: 1, sizes: sizes.to_vec() })
}

/// `y[t] = w[0] x[2t - 1] + w[1] x[2t]` and its adjoints.
#[test]
fn convolutions() {
    let (x, w, y) = (floats(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0]), floats(&[1, 1, 2], &[10.0, 1.0]), count(&[1, 1, 2]));
    assert_eq!(value(conv(ConvMode::Forward, &[]), &[&x, &w]), floats(&[1, 1, 2], &[1.0, 23.0]));
    assert_eq!(elements(conv(ConvMode::Input, &[4]), &[&y, &w]), [0.0, 10.0, 1.0, 0.0]);
    assert_eq!(elements(conv(ConvMode::Weight, &[2]), &[&x, &y]), [2.0, 3.0]);
}

#[test]
fn each_group_sees_its_channels() {
    let settings = (vec![1], vec![(0, 0)], vec![1]);
    let (stride, pad, dilation) = settings;
    let conv = Op::Conv(Conv { mode: ConvMode::Forward, stride, pad, dilation, groups: 2, sizes: vec![] });
    let (x, w) = (floats(&[1, 2, 1], &[3.0, 5.0]), floats(&[4, 1, 1], &[1.0, 2.0, 3.0, 4.0]));
    assert_eq!(elements(conv, &[&x, &w]), [3.0, 6.0, 15.0, 20.0]);
}

#[test]
fn reading_and_adding_at_indices() {
    let (x, at) = (count(&[2, 3]), ints(&[2, 0, 2]));
    assert_eq!(value(Op::Take { axis: 1 }, &[&x, &at]), floats(&[2, 3], &[2.0, 0.0, 2.0, 5.0, 3.0, 5.0]));
    assert_eq!(elements(Op::PutAdd { axis: 0, n: 4 }, &[&at, &count(&[3])]), [1.0, 0.0, 2.0, 0.0]);
    let along = Tensor::new(vec![2, 1], Data::I32(vec![2, 0]));
    assert_eq!(value(Op::TakeAlong { axis: 1 }, &[&x, &along]), floats(&[2, 1], &[2.0, 3.0]));
    let back = Op::PutAlongAdd { axis: 1, n: 3 };
    assert_eq!(elements(back, &[&along, &floats(&[2, 1], &[7.0, 8.0])]), [0.0, 0.0, 7.0, 8.0, 0.0, 0.0]);
}

#[test]
fn an_index_out_of_range_is_a_fault() {
    let fault = |op, args: [&Tensor; 2]| eval(&op, &args).expect_err("out of range").to_string();
    let (x, y) = (count(&[3]), count(&[2]));
    let words = "index 3 at [1] is out of range: the axis has the indices 0 to 2";
    assert_eq!(fault(Op::Take { axis: 0 }, [&x, &ints(&[0, 3])]), words);
    assert_eq!(fault(Op::TakeAlong { axis: 0 }, [&x, &ints(&[0, 3])]), words);
    assert_eq!(fault(Op::PutAdd { axis: 0, n: 3 }, [&ints(&[0, 3]), &y]), words);
    assert_eq!(fault(Op::PutAlongAdd { axis: 0, n: 3 }, [&ints(&[0, 3]), &y]), words);
    let negative = eval(&Op::Take { axis: 0 }, &[&x, &ints(&[-1])]);
    assert_eq!(negative, Err(Fault::Index { index: -1, size: 3, at: vec![0] }));
}

#[test]
fn uniform_numbers_are_uniform() {
    let key = Tensor::scalar(Scalar::I64(42));
    let draw = |stream| value(Op::Uniform { dtype: DType::F32, shape: vec![100, 100], stream }, &[&key]);
    let x = draw(1).to_f64();
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    assert!(x.iter().all(|x| (0.0..1.0).contains(x)));
    assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.002, "{mean} {variance}");
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}
