//! The algebra by example.

use super::{Claim, Dim, Fault, Names, Rel, Var};
use std::collections::BTreeMap;

fn n(value: i64) -> Dim {
    value.into()
}

fn size(name: &str) -> (Var, Dim) {
    let var = Var::fresh(name, 1);
    let dim = Dim::var(&var);
    (var, dim)
}

#[test]
fn constants_fold() {
    assert_eq!(n(2) + n(3) * n(4), n(14));
    assert_eq!(n(-7).floor_div(&n(2)), n(-4));
    assert_eq!(n(-7).rem(&n(2)), n(1));
    assert_eq!(n(7).floor_div(&n(-2)), n(-4));
    assert_eq!(n(7).rem(&n(-2)), n(-1));
    assert_eq!(n(2).pow(10), n(1024));
}

#[test]
fn polynomials_cancel() {
    let ((_, h), (_, w)) = (size("H"), size("W"));
    assert_eq!(&h + &w, &w + &h);
    assert_eq!(&(&h + &w) * &(&h - &w), &h.pow(2) - &w.pow(2));
    assert_eq!((&h + &n(1)) - h.clone(), n(1));
}

#[test]
fn exact_divisions_go() {
    let ((_, d), (_, h)) = (size("D"), size("H"));
    assert_eq!((&n(2) * &d).floor_div(&n(2)), d);
    assert_eq!((&d * &h).floor_div(&h), d);
    assert_eq!(((&d * &h) + (&h - &n(1))).floor_div(&h), d);
    assert_eq!(d.rem(&n(1)), n(0));
    assert_eq!(d.floor_div(&d), n(1));
    let sum = &d + &h;
    assert_eq!((&sum * &(&d - &h)).floor_div(&sum), &d - &h);
    assert_eq!(d.floor_div(&n(2)).floor_div(&n(3)), d.floor_div(&n(6)));
    assert_eq!((&d - &n(2)).floor_div(&n(2)) + n(1), d.floor_div(&n(2)));
}

#[test]
fn a_divisor_that_may_be_zero_stays() {
    let stride = Var::fresh("s", i64::MIN);
    let s = Dim::var(&stride);
    let quotient = s.floor_div(&s);
    assert_eq!(quotient.as_const(), None);
    assert_eq!(quotient.eval(&BTreeMap::from([(stride, 0)])), None);
}

#[test]
fn faults_poison() {
    let (_, h) = size("H");
    assert_eq!((n(i64::MAX) + n(1)).fault(), Some(Fault::TooBig));
    assert_eq!(n(1).floor_div(&n(0)).fault(), Some(Fault::DivisionByZero));
    assert_eq!((h.rem(&n(0)) + h.clone()).fault(), Some(Fault::DivisionByZero));
    assert_eq!((&h * &n(i64::MAX) * n(2)).fault(), Some(Fault::TooBig));
    let (var, k) = size("K");
    let map = BTreeMap::from([(var, n(1).floor_div(&n(0)))]);
    assert_eq!((&k + &h).subst(&map).fault(), Some(Fault::DivisionByZero));
}

#[test]
fn sizes_read_as_a_person_writes_them() {
    let ((_, h), (_, w), (_, d)) = (size("H"), size("W"), size("D"));
    let cases = [
        (n(4) * h.clone(), "4*H"),
        (&w * &h, "H*W"),
        (n(2) * h.floor_div(&n(2)), "2*(H // 2)"),
        (d.floor_div(&h), "D // H"),
        ((&h - &n(1)).floor_div(&n(2)), "(H - 1) // 2"),
        ((&h - &n(1)).floor_div(&n(2)) + n(1), "(H + 1) // 2"),
        (h.floor_div(&n(2)) + n(1), "H // 2 + 1"),
        (n(1) - h.clone(), "1 - H"),
        (n(0) - h.clone(), "-H"),
        (n(0) - h.floor_div(&n(2)), "-(H // 2)"),
        ((n(0) - h.clone()).floor_div(&n(2)), "(-H) // 2"),
        (h.rem(&n(16)), "H % 16"),
        ((&h + &n(1)).rem(&n(2)) * n(3), "3*((H + 1) % 2)"),
        (d.rem(&h), "D % H"),
        (d.floor_div(&h).rem(&n(2)), "(D // H) % 2"),
        ((h.floor_div(&n(4)) + n(1)).rem(&n(2)), "(H // 4 + 1) % 2"),
        (&h - &h.floor_div(&n(2)), "H - H // 2"),
        ((&n(3) * &h).floor_div(&n(2)), "3*H // 2"),
        (d.floor_div(&(&n(2) * &h)), "D // (2*H)"),
        (&d * &d * n(12) + n(1) + w.clone() * d.clone(), "12*D**2 + D*W + 1"),
        (&w - &h, "W - H"),
        (h.floor_div(&w).floor_div(&(&d + &n(1))), "H // (D*W + W)"),
    ];
    for (dim, text) in cases {
        assert_eq!(dim.to_string(), text);
    }
}

#[test]
fn variables_of_one_name_are_told_apart() {
    let ((_, first), (_, second)) = (size("H"), size("H"));
    assert_eq!((&first - &second).to_string(), "H - H'2");
    assert_eq!(Claim::new(first.clone(), Rel::Eq, second.clone()).to_string(), "H == H'2");
    let names = Names::of([&first, &second]);
    assert_eq!(names.dim(&second), "H'2");
    assert_eq!(second.to_string(), "H");
}
