//! The decision procedure by example.

use super::{Facts, Verdict, Witness};
use crate::types::dim::{Claim, Dim, Fault, Rel, Var, solve_for};

fn n(value: i64) -> Dim {
    value.into()
}

fn size(name: &str) -> Dim {
    Dim::var(&Var::fresh(name, 1))
}

fn half(dim: &Dim) -> Dim {
    dim.floor_div(&n(2))
}

fn eq(lhs: &Dim, rhs: &Dim) -> Claim {
    Claim::new(lhs.clone(), Rel::Eq, rhs.clone())
}

fn ne(lhs: &Dim, rhs: &Dim) -> Claim {
    Claim::new(lhs.clone(), Rel::Ne, rhs.clone())
}

fn le(lhs: &Dim, rhs: &Dim) -> Claim {
    Claim::new(lhs.clone(), Rel::Le, rhs.clone())
}

fn lt(lhs: &Dim, rhs: &Dim) -> Claim {
    Claim::new(lhs.clone(), Rel::Lt, rhs.clone())
}

fn knowing(claims: &[Claim]) -> Facts {
    let mut facts = Facts::default();
    for claim in claims {
        assert!(facts.assume(claim), "{claim} contradicts what was assumed");
    }
    facts
}

fn divides(by: i64, dim: &Dim) -> Claim {
    eq(&dim.rem(&n(by)), &n(0))
}

#[track_caller]
fn proved(facts: &Facts, claim: &Claim) {
    assert_eq!(facts.decide(claim), Verdict::Proved, "{claim}");
}

#[track_caller]
fn refuted(facts: &Facts, claim: &Claim) -> Witness {
    match facts.decide(claim) {
        Verdict::Refuted(witness) => witness,
        verdict => panic!("{claim}: {verdict:?}"),
    }
}

#[track_caller]
fn unknown(facts: &Facts, claim: &Claim) -> String {
    match facts.decide(claim) {
        Verdict::Unknown(reason) => reason,
        verdict => panic!("{claim}: {verdict:?}"),
    }
}

#[track_caller]
fn weakest(facts: &Facts, claim: &Claim) -> Vec<String> {
    let found = facts.weakest(claim).expect("a simple condition");
    found.iter().map(Claim::to_string).collect()
}

fn stem(size: &Dim, kernel: i64, stride: i64, pad: i64) -> Dim {
    (size + &n(2 * pad - kernel)).floor_div(&n(stride)) + n(1)
}

#[test]
fn a_resnet_divides_by_32() {
    let h = size("H");
    let mut out = stem(&stem(&h, 7, 2, 3), 3, 2, 1);
    for _ in 0..3 {
        out = stem(&out, 3, 2, 1);
    }
    proved(&Facts::default(), &eq(&out, &(&h + &n(31)).floor_div(&n(32))));
}

#[test]
fn stride_formulas_are_decided() {
    let (facts, h) = (Facts::default(), size("H"));
    proved(&facts, &eq(&half(&(&h + &n(1))), &(&h - &half(&h))));
    proved(&facts, &eq(&(half(&(&h - &n(2))) + n(1)), &half(&h)));
    proved(&facts, &eq(&stem(&h, 16, 16, 0), &h.floor_div(&n(16))));
    let ceiling = n(0) - half(&(n(0) - h.clone()));
    proved(&facts, &eq(&ceiling, &half(&(&h + &n(1)))));
}

#[test]
fn a_convolution_and_its_transpose_meet_for_even_sizes() {
    let (facts, h) = (Facts::default(), size("H"));
    let claim = eq(&(half(&(&h - &n(1))) * n(2) + n(2)), &h);
    let witness = refuted(&facts, &claim);
    assert_eq!((witness.sizes[0].1, witness.lhs, witness.rhs), (7, 8, 7));
    assert!(!witness.always);
    assert_eq!(weakest(&facts, &claim), ["H % 2 == 0"]);
}

#[test]
fn a_u_net_wants_multiples_of_16() {
    let (facts, h) = (Facts::default(), size("H"));
    let down4 = half(&half(&half(&half(&h))));
    let claim = eq(&(n(16) * down4), &h);
    let witness = refuted(&facts, &claim);
    assert_eq!((witness.sizes[0].1, witness.lhs, witness.rhs), (17, 16, 17));
    assert_eq!(weakest(&facts, &claim), ["H % 16 == 0"]);
    proved(&knowing(&[divides(16, &h)]), &claim);
    proved(&knowing(&[divides(32, &h)]), &claim);
    assert_eq!(weakest(&knowing(&[divides(4, &h)]), &claim), ["H % 16 == 0"]);
}

#[test]
fn both_sides_even() {
    let (h, w) = (size("H"), size("W"));
    let claim = eq(&(n(4) * half(&h) * half(&w)), &(&h * &w));
    assert_eq!(weakest(&Facts::default(), &claim), ["H % 2 == 0", "W % 2 == 0"]);
    proved(&knowing(&[divides(2, &h), divides(2, &w)]), &claim);
}

#[test]
fn an_odd_size_is_the_readable_counterexample() {
    let h = size("H");
    let witness = refuted(&Facts::default(), &eq(&(n(2) * half(&h)), &h));
    assert_eq!((witness.sizes[0].1, witness.lhs, witness.rhs), (7, 6, 7));
}

#[test]
fn two_variables_get_different_sizes() {
    let (h, w) = (size("H"), size("W"));
    let witness = refuted(&Facts::default(), &eq(&h, &w));
    let sizes: Vec<i64> = witness.sizes.iter().map(|(_, size)| *size).collect();
    assert_eq!((sizes, witness.always), (vec![7, 5], false));
    assert_eq!(weakest(&Facts::default(), &eq(&h, &w)), ["H == W"]);
}

#[test]
fn some_claims_are_false_for_all_sizes() {
    let (facts, h) = (Facts::default(), size("H"));
    let odd = &(n(2) * h.clone()) + &n(1);
    for claim in [
        eq(&n(256), &n(400)),
        eq(&(&h + &n(1)), &h),
        eq(&odd, &n(8)),
        eq(&(n(0) - h.clone()), &n(3)),
        eq(&h.rem(&n(4)), &n(4)),
        ne(&(&h + &h), &(n(2) * h.clone())),
        lt(&h, &half(&h)),
        le(&(h.pow(2) + n(1)), &h),
    ] {
        assert!(refuted(&facts, &claim).always, "{claim}");
        assert_eq!(facts.weakest(&claim), None, "{claim}");
    }
}

#[test]
fn heads_divide_the_width() {
    let (d, h) = (size("D"), size("H"));
    let head = d.floor_div(&h);
    let claim = eq(&(&h * &head), &d);
    let witness = refuted(&Facts::default(), &claim);
    assert!(!witness.always && witness.lhs != witness.rhs);
    assert_eq!(weakest(&Facts::default(), &claim), ["D % H == 0"]);
    let facts = knowing(&[eq(&d.rem(&h), &n(0))]);
    proved(&facts, &claim);
    proved(&facts, &le(&n(1), &head));
    proved(&facts, &le(&h, &d));
    let witness = refuted(&facts, &eq(&d, &h));
    assert_eq!(witness.sizes[0].1 % witness.sizes[1].1, 0);
    assert_eq!(weakest(&facts, &eq(&(n(2) * half(&head)), &head)), ["(D // H) % 2 == 0"]);
    assert_eq!(weakest(&facts, &eq(&head, &n(64))), ["D // H == 64"]);
}

#[test]
fn a_sequence_of_patches_and_a_class_token() {
    let t = size("T");
    let facts = knowing(&[eq(&t.rem(&n(4)), &n(1))]);
    proved(&facts, &eq(&(n(4) * t.floor_div(&n(4)) + n(1)), &t));
    proved(&facts, &divides(4, &(&t - &n(1))));
    assert_eq!(weakest(&facts, &divides(8, &(&t - &n(1)))), ["T % 8 == 1"]);
}

#[test]
fn facts_meet() {
    let h = size("H");
    let facts = knowing(&[divides(4, &h), divides(6, &h)]);
    proved(&facts, &divides(12, &h));
    assert_eq!(refuted(&facts, &divides(24, &h)).sizes[0].1 % 12, 0);
    assert!(!knowing(&[divides(4, &h)]).assume(&eq(&h.rem(&n(8)), &n(3))));
    let facts = knowing(&[eq(&h, &n(7))]);
    proved(&facts, &eq(&(&h + &n(1)), &n(8)));
    assert_eq!(facts.bounds(&h), (Some(7), Some(7)));
    assert!(!facts.clone().assume(&le(&h, &n(6))));
}

#[test]
fn equal_channels_are_equal_everywhere() {
    let (a, b, c) = (size("A"), size("B"), size("C"));
    let facts = knowing(&[eq(&a, &b), eq(&(n(2) * b.clone()), &c)]);
    proved(&facts, &eq(&(&a + &b), &c));
    let facts = knowing(&[eq(&(n(2) * a.clone()), &(n(3) * b.clone()))]);
    proved(&facts, &divides(3, &a));
    proved(&facts, &divides(2, &b));
    refuted(&facts, &divides(9, &a));
}

#[test]
fn branches_teach_their_facts() {
    let (a, b) = (size("A"), size("B"));
    let test = le(&a, &b);
    let (yes, no) = (knowing(std::slice::from_ref(&test)), knowing(&[test.negate()]));
    proved(&yes, &le(&n(0), &(&b - &a)));
    proved(&no, &lt(&b, &a));
    proved(&no, &ne(&b, &a));
    proved(&knowing(&[test, le(&b, &a)]), &eq(&a, &b));
    let odd = knowing(&[divides(2, &a).negate()]);
    proved(&odd, &eq(&a.rem(&n(2)), &n(1)));
    let mut dead = odd.clone();
    assert!(!dead.assume(&divides(4, &a)));
    proved(&dead, &eq(&n(1), &n(2)));
}

#[test]
fn kernels_that_fit() {
    let (h, k, b) = (size("H"), size("K"), size("B"));
    let out = &h - &k + n(1);
    refuted(&Facts::default(), &le(&n(1), &out));
    let facts = knowing(&[le(&k, &h)]);
    proved(&facts, &le(&n(1), &out));
    proved(&facts, &le(&(&k * &b), &(&h * &b)));
    proved(&facts, &le(&n(1), &((&h - &k).floor_div(&n(3)) + n(1))));
    proved(&facts, &le(&n(1), &((&h - &k).floor_div(&b) + n(1))));
    assert_eq!(facts.bounds(&(&h - &k)).0, Some(0));
    proved(&Facts::default(), &le(&half(&h), &h));
    proved(&Facts::default(), &le(&(n(16) * h.floor_div(&n(16))), &h));
    proved(&Facts::default(), &lt(&h.rem(&n(3)), &n(3)));
    proved(&Facts::default(), &lt(&h.rem(&k), &k));
    proved(&Facts::default(), &le(&h, &(&h * &k)));
}

#[test]
fn bounds_of_formulas() {
    let (facts, h) = (Facts::default(), size("H"));
    assert_eq!(facts.bounds(&(n(2) * h.clone() + n(3))), (Some(5), None));
    assert_eq!(facts.bounds(&(n(2) - h.clone())), (None, Some(1)));
    assert_eq!(facts.bounds(&half(&h)), (Some(0), None));
    let facts = knowing(&[le(&h, &n(10)), ne(&h, &n(1))]);
    assert_eq!(facts.bounds(&half(&h)), (Some(1), Some(5)));
}

#[test]
fn large_numbers_have_counterexamples_too() {
    let (facts, h) = (Facts::default(), size("H"));
    assert!(!refuted(&facts, &le(&(n(3) * h.clone()), &n(1000))).always);
    assert_eq!(refuted(&facts, &ne(&h, &n(4001))).sizes[0].1, 4001);
    assert!(refuted(&knowing(&[le(&n(5000), &h)]), &le(&h, &n(100))).always);
}

#[test]
fn small_ranges_are_decided_by_trying() {
    let h = size("H");
    let facts = knowing(&[le(&h, &n(4))]);
    let product = &(&h - &n(1)) * &(&h - &n(2)) * (&h - &n(3)) * (&h - &n(4));
    proved(&facts, &eq(&product, &n(0)));
}

#[test]
fn what_cannot_be_shown_is_said() {
    let (d, h, k) = (size("D"), size("H"), size("K"));
    let claim = eq(&(d.floor_div(&h) + k.clone() * d.rem(&h)), &d.floor_div(&h));
    assert!(!refuted(&Facts::default(), &claim).always);
    let facts = knowing(&[eq(&(n(2) * d.clone()).rem(&h), &n(0))]);
    proved(&facts, &eq(&(n(2) * d.clone()).rem(&h), &n(0)));
    let reason = unknown(&facts, &le(&h, &(n(2) * d.clone())));
    assert!(reason.contains("does not follow"), "{reason}");
    let squares = le(&d.floor_div(&h).pow(2), &d.pow(2).floor_div(&h));
    let reason = unknown(&Facts::default(), &squares);
    assert!(reason.contains("`D % H == 0`"), "{reason}");
    let sum = &h + &d;
    let ceiling = n(0) - (n(0) - sum.clone()).floor_div(&n(129));
    let reason = unknown(&Facts::default(), &eq(&ceiling, &(sum + n(128)).floor_div(&n(129))));
    assert!(reason.contains("too hard"), "{reason}");
    let huge = h.clone() * n(i64::MAX) * k;
    let reason = unknown(&Facts::default(), &eq(&(huge * n(2)), &n(1)));
    assert!(reason.contains("64 bits"), "{reason}");
}

#[test]
fn numbers_at_the_edge_do_not_panic() {
    let (h, w) = (size("H"), size("W"));
    let least = n(i64::MIN);
    let huge = h.clone() * least.clone();
    for claim in [
        eq(&huge, &w),
        eq(&huge, &least),
        le(&huge, &w),
        lt(&least, &huge),
        eq(&huge.floor_div(&n(3)), &w),
        eq(&huge.rem(&n(i64::MAX)), &n(1)),
        ne(&(h.rem(&n(i64::MAX)) * n(2)), &n(i64::MIN + 1)),
    ] {
        let mut facts = Facts::default();
        facts.decide(&claim);
        facts.weakest(&claim);
        facts.assume(&claim);
        facts.bounds(&huge);
        facts.decide(&eq(&h, &w));
    }
    let mut facts = Facts::default();
    assert!(facts.assume(&eq(&(h.pow(3) * n(i64::MAX)), &(w.pow(2) * least))));
    assert_eq!(h.pow(64).fault(), Some(Fault::TooBig));
    assert_eq!(n(1).pow(u32::MAX), n(1));
}

#[test]
fn a_fact_that_is_too_big_makes_no_false_counterexample() {
    let (h, w) = (size("H"), size("W"));
    let factor = n(i64::MAX);
    let mut facts = knowing(&[eq(&w, &(n(3) * h.clone()))]);
    assert!(facts.assume(&eq(&(factor.clone() * w.clone()), &(factor * h.pow(2)))));
    unknown(&facts, &eq(&h, &n(2)));
    proved(&facts, &eq(&w, &(n(3) * h)));
}

#[test]
fn conditions_with_offsets_and_holes() {
    let (facts, h) = (Facts::default(), size("H"));
    assert_eq!(weakest(&facts, &eq(&((&h + &n(1)).rem(&n(4))), &n(0))), ["H % 4 == 3"]);
    assert_eq!(weakest(&facts, &eq(&(&h + &n(3)).floor_div(&n(4)), &h.floor_div(&n(4)))), ["H % 4 == 0"]);
    assert_eq!(weakest(&facts, &eq(&(&h + &n(1)).floor_div(&n(4)), &h.floor_div(&n(4)))), ["H % 4 != 3"]);
    assert_eq!(weakest(&facts, &eq(&(&h + &n(2)).floor_div(&n(4)), &h.floor_div(&n(4)))), ["H % 4 <= 1"]);
    assert_eq!(weakest(&facts, &eq(&h, &h)), Vec::<String>::new());
    assert_eq!(facts.weakest(&eq(&half(&h), &(&h - &n(1)))), None);
    let (c, w) = (size("C"), size("W"));
    assert_eq!(weakest(&facts, &eq(&(&h * &c), &(&h * &w))), ["C == W"]);
    assert_eq!(weakest(&facts, &eq(&(n(16) * c.clone()), &n(256))), ["C == 16"]);
    assert_eq!(weakest(&facts, &eq(&(n(2) * c.clone()), &(n(3) * w.clone()))), ["2*C == 3*W"]);
}

#[test]
fn formulas_are_solved_backwards() {
    let pad = Var::fresh("pad", i64::MIN);
    let side = (n(28) + n(2) * Dim::var(&pad) - n(5)) + n(1);
    let features = n(16) * half(&(half(&side) - n(4))).pow(2);
    assert_eq!(solve_for(&features, 256, &pad), Some(0));
    assert_eq!(solve_for(&features, 400, &pad), Some(2));
    assert_eq!(solve_for(&features, 401, &pad), None);
    assert_eq!(solve_for(&(&features + &size("B")), 400, &pad), None);
}

#[test]
fn a_claim_is_about_sizes_for_which_it_has_a_value() {
    let d = size("D");
    let by = Dim::var(&Var::fresh("expand", i64::MIN));
    let wide = &d * &by;
    proved(&Facts::default(), &eq(&wide.rem(&wide), &n(0)));
    proved(&Facts::default(), &eq(&wide.floor_div(&by), &d));
    refuted(&Facts::default(), &eq(&d.rem(&by), &n(0)));
}
