//! The transforms of F(2x2, 3x3), each of 16 squares at a time.
#![expect(clippy::needless_range_loop, reason = "squares are walked by lines where their columns lie together")]

use super::super::super::transpose::transposed;
use super::super::forward::Pass;
use super::super::panel::{COLUMNS, Columns, Run};
use super::PLACES;
use super::look::{LANES, Looks};
use std::arch::x86_64::*;

/// Channels of a panel of squares of the source, for gradients of weights.
pub const HALF: usize = LANES / 2;

/// Neighbouring squares of one vector, and where they lie in a channel of the result.
#[derive(Clone, Copy)]
pub struct Spot {
    /// Where sums of the vector begin in a line of sums; the spots of one vector follow each other.
    column: usize,
    /// Which of the vector's 32 elements of a line of the result these squares have.
    mask: u32,
    /// Where element 0 would be, from the channel's first in the first sample.
    to: isize,
    /// Elements of a line, if the squares have two lines in the result.
    below: Option<usize>,
}

impl Spot {
    /// The places of a panel's columns, whose sums begin at `first` in a line.
    pub fn all(pass: &Pass, columns: &Columns, first: usize) -> Vec<Spot> {
        let [_, high, wide] = pass.sweep.count;
        let sample = pass.groups * pass.m * pass.sweep.target_area();
        let spot = |run: &Run| {
            let [_, i, j] = run.at;
            let lane = run.column % LANES;
            let len = (2 * run.len).min(wide - 2 * j);
            Spot {
                column: first + run.column / LANES * LANES,
                mask: (((1u64 << len) - 1) << (2 * lane)) as u32,
                to: (run.sample * sample + 2 * i * wide + 2 * j) as isize - 2 * lane as isize,
                below: (2 * i + 1 < high).then_some(wide),
            }
        };
        columns.runs().iter().map(spot).collect()
    }
}

/// `B^T d` of four numbers in a line of a square of the source.
#[inline]
#[target_feature(enable = "avx512f")]
fn spread(d: [__m512; 4]) -> [__m512; 4] {
    [_mm512_sub_ps(d[0], d[2]), _mm512_add_ps(d[1], d[2]), _mm512_sub_ps(d[2], d[1]), _mm512_sub_ps(d[1], d[3])]
}

/// `A^T m` of four sums in a line.
#[inline]
#[target_feature(enable = "avx512f")]
fn joined(m: [__m512; 4]) -> [__m512; 2] {
    let (sum, difference) = (_mm512_add_ps(m[1], m[2]), _mm512_sub_ps(m[1], m[2]));
    [_mm512_add_ps(m[0], sum), _mm512_sub_ps(difference, m[3])]
}

/// `G g` of three weights in a line.
#[inline]
#[target_feature(enable = "avx512f")]
fn expanded(g: [__m512; 3]) -> [__m512; 4] {
    let half = _mm512_set1_ps(0.5);
    let (outer, middle) = (_mm512_mul_ps(half, _mm512_add_ps(g[0], g[2])), _mm512_mul_ps(half, g[1]));
    [g[0], _mm512_add_ps(outer, middle), _mm512_sub_ps(outer, middle), g[2]]
}

/// Transforms the weights from one channel of the source to `height` channels of the result, which are `stride` elements
/// apart: one place's to a row of each panel.
///
/// # Safety
/// The weights are there, the rows have room for `height`, at most 16; the processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub unsafe fn weights(from: *const f32, taps: &[usize; 9], stride: usize, height: usize, to: [*mut f32; PLACES]) {
    let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    let places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(stride as i32));
    let mask = ((1u32 << height) - 1) as u16;
    let mut g = [[_mm512_setzero_ps(); 3]; 3];
    for (i, &tap) in taps.iter().enumerate() {
        // SAFETY: the caller's promise; what the mask leaves out is not read.
        g[i % 3][i / 3] =
            unsafe { _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), mask, places, from.add(tap).cast()) };
    }
    // Down the columns, then along the rows.
    let down = g.map(|column| expanded(column));
    for i in 0..4 {
        let along = expanded([down[0][i], down[1][i], down[2][i]]);
        for (j, value) in along.into_iter().enumerate() {
            // SAFETY: a row of a panel.
            unsafe { _mm512_mask_storeu_ps(to[i * 4 + j], mask, value) };
        }
    }
}

/// Transforms `count` channels of a panel's squares to `[place, channel, square]`, where places are `apart` elements from each
/// other; channels of the source are `area`.
///
/// # Safety
/// `from` begins a channel that these are looks at, `to` has the room; the processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub unsafe fn source(looks: &Looks<4>, from: *const f32, area: usize, count: usize, to: *mut f32, apart: usize) {
    for c in 0..count {
        for v in 0..COLUMNS / LANES {
            // SAFETY: a channel.
            let d = unsafe { looks.squares(v, from.wrapping_add(c * area)) };
            let down = [0, 1, 2, 3].map(|j| spread([d[0][j], d[1][j], d[2][j], d[3][j]]));
            for i in 0..4 {
                let along = spread([down[0][i], down[1][i], down[2][i], down[3][i]]);
                for (j, value) in along.into_iter().enumerate() {
                    // SAFETY: a line of the panel.
                    unsafe { _mm512_storeu_ps(to.add((i * 4 + j) * apart + c * COLUMNS + v * LANES), value) };
                }
            }
        }
    }
}

/// `A z` of two numbers in a line of a square of the result, the adjoint of `joined`.
#[inline]
#[target_feature(enable = "avx512f")]
fn widened(z: [__m512; 2]) -> [__m512; 4] {
    let minus = _mm512_sub_ps(_mm512_setzero_ps(), z[1]);
    [z[0], _mm512_add_ps(z[0], z[1]), _mm512_sub_ps(z[0], z[1]), minus]
}

/// `G^T u` of four sums in a line, the adjoint of `expanded`.
#[inline]
#[target_feature(enable = "avx512f")]
fn gathered(u: [__m512; 4]) -> [__m512; 3] {
    let half = _mm512_set1_ps(0.5);
    let both = _mm512_mul_ps(half, _mm512_add_ps(u[1], u[2]));
    let apart = _mm512_mul_ps(half, _mm512_sub_ps(u[1], u[2]));
    [_mm512_add_ps(u[0], both), apart, _mm512_add_ps(both, u[3])]
}

/// Elements of 16 squares of 16 channels.
pub const TURNED: usize = LANES * LANES * PLACES;

/// One line of a square of so many.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn line(turned: &[f32; TURNED], index: usize) -> __m512 {
    // SAFETY: a whole vector.
    unsafe { _mm512_loadu_ps(turned.as_ptr().add(index * LANES)) }
}

/// Turns gradients of `[place, channel, filter]`, places `apart` and channels `line` elements from each other, to those of
/// 16 filters with 16 channels and 3 x 3 weights each.
///
/// # Safety
/// The gradients are there; the processor has AVX-512 F and DQ.
#[target_feature(enable = "avx512f,avx512dq")]
pub unsafe fn turn_gradients(
    from: *const f32,
    [apart, line]: [usize; 2],
    taps: &[usize; 9],
    to: &mut [[f32; 9 * LANES]; LANES],
) {
    for (place, &tap) in taps.iter().enumerate() {
        let mut square = [_mm512_setzero_ps(); LANES];
        for (channel, x) in square.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *x = unsafe { _mm512_loadu_ps(from.add(place * apart + channel * line)) };
        }
        for (x, to) in transposed(square).into_iter().zip(&mut *to) {
            let mut channels = [0f32; LANES];
            // SAFETY: a whole vector.
            unsafe { _mm512_storeu_ps(channels.as_mut_ptr(), x) };
            channels.iter().enumerate().for_each(|(channel, &x)| to[channel * 9 + tap] = x);
        }
    }
}

/// Reads 16 squares of `count` channels, zeros for those up to 16, as `[square, place, channel]`.
///
/// # Safety
/// `from` begins a channel that these are looks at, of `area` elements; the processor has AVX-512 F and DQ.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn read_turned<'a, const N: usize>(
    looks: &Looks<N>,
    vector: usize,
    (from, area, count): (*const f32, usize, usize),
    [patches, turned]: &'a mut [[f32; TURNED]; 2],
) -> &'a [f32; TURNED] {
    for channel in 0..LANES {
        let mut squares = [[_mm512_setzero_ps(); N]; N];
        if channel < count {
            // SAFETY: a channel.
            squares = unsafe { looks.squares(vector, from.wrapping_add(channel * area)) };
        }
        for i in 0..N {
            for j in 0..N {
                let to = patches[((channel * N + i) * N + j) * LANES..].as_mut_ptr();
                // SAFETY: a whole line.
                unsafe { _mm512_storeu_ps(to, squares[i][j]) };
            }
        }
    }
    for place in 0..N * N {
        let mut square = [_mm512_setzero_ps(); LANES];
        for (channel, line) in square.iter_mut().enumerate() {
            // SAFETY: a line that was written.
            *line = unsafe { _mm512_loadu_ps(patches[(channel * N * N + place) * LANES..].as_ptr()) };
        }
        for (i, line) in transposed(square).into_iter().enumerate() {
            // SAFETY: a whole line.
            unsafe { _mm512_storeu_ps(turned[(i * N * N + place) * LANES..].as_mut_ptr(), line) };
        }
    }
    turned
}

/// Transforms `count` channels of a panel's squares, at most 16, to `[panel, square, channel]` of all places, which are `apart`
/// elements from each other; panels hold eight channels, and are `panel` elements apart. Channels of the source are `area`.
///
/// # Safety
/// `from` begins a channel that these are looks at, `to` has the room for `width` squares; the processor has AVX-512 F and DQ.
#[target_feature(enable = "avx512f,avx512dq")]
pub unsafe fn turned(
    looks: &Looks<4>,
    channels: (*const f32, usize, usize),
    width: usize,
    (to, apart, panel): (*mut f32, usize, usize),
    beside: &mut [[f32; TURNED]; 2],
) {
    for v in (0..width).step_by(LANES) {
        // SAFETY: channels of the source.
        let beside = unsafe { read_turned(looks, v / LANES, channels, beside) };
        for square in 0..LANES.min(width - v) {
            // SAFETY: a vector of what was turned.
            let at = |i: usize, j: usize| unsafe { line(beside, square * PLACES + i * 4 + j) };
            let down: [[__m512; 4]; 4] = std::array::from_fn(|j| spread([at(0, j), at(1, j), at(2, j), at(3, j)]));
            for i in 0..4 {
                let along = spread([down[0][i], down[1][i], down[2][i], down[3][i]]);
                for (j, value) in along.into_iter().enumerate() {
                    let to = to.wrapping_add((i * 4 + j) * apart + (v + square) * HALF);
                    // SAFETY: the caller's promise.
                    unsafe {
                        _mm256_storeu_ps(to, _mm512_castps512_ps256(value));
                        _mm256_storeu_ps(to.wrapping_add(panel), _mm512_extractf32x8_ps::<1>(value));
                    }
                }
            }
        }
    }
}

/// Transforms `count` channels of a panel's squares of the result, at most 16, to `[square, channel]` of all places, which are
/// `apart` elements from each other; squares are `COLUMNS` from each other. Channels of the result are `area`.
///
/// # Safety
/// `from` begins a channel that these are looks at, `to` has the room for `width` squares; the processor has AVX-512 F and DQ.
#[target_feature(enable = "avx512f,avx512dq")]
pub unsafe fn results(
    looks: &Looks<2>,
    channels: (*const f32, usize, usize),
    width: usize,
    (to, apart): (*mut f32, usize),
    beside: &mut [[f32; TURNED]; 2],
) {
    for v in (0..width).step_by(LANES) {
        // SAFETY: channels of the result.
        let beside = unsafe { read_turned(looks, v / LANES, channels, beside) };
        for square in 0..LANES.min(width - v) {
            // SAFETY: a vector of what was turned.
            let z = |tap: usize| unsafe { line(beside, square * 4 + tap) };
            let down = [widened([z(0), z(2)]), widened([z(1), z(3)])];
            for i in 0..4 {
                for (j, value) in widened([down[0][i], down[1][i]]).into_iter().enumerate() {
                    // SAFETY: the caller's promise.
                    unsafe { _mm512_storeu_ps(to.add((i * 4 + j) * apart + (v + square) * COLUMNS), value) };
                }
            }
        }
    }
}

/// Transforms the sums of all places, `apart` elements from each other, of `width` results to the gradients of 3 x 3 weights,
/// `line` elements from each other, and says whether they are finite. `width` is a multiple of 16.
///
/// # Safety
/// The sums are there, and room for the gradients; the processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub unsafe fn gradients(sums: *const f32, apart: usize, width: usize, to: *mut f32, line: usize) -> bool {
    let mut not_finite = _mm512_setzero_ps();
    for v in (0..width).step_by(LANES) {
        // SAFETY: the caller's promise.
        let at = |i: usize, j: usize| unsafe { _mm512_loadu_ps(sums.add((i * 4 + j) * apart + v)) };
        let down: [[__m512; 3]; 4] = std::array::from_fn(|j| gathered([at(0, j), at(1, j), at(2, j), at(3, j)]));
        for i in 0..3 {
            let along = gathered([down[0][i], down[1][i], down[2][i], down[3][i]]);
            for (j, value) in along.into_iter().enumerate() {
                not_finite = _mm512_fmadd_ps(value, _mm512_setzero_ps(), not_finite);
                // SAFETY: the caller's promise.
                unsafe { _mm512_storeu_ps(to.add((i * 3 + j) * line + v), value) };
            }
        }
    }
    _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(not_finite, not_finite) == 0
}

/// Transforms the sums of one channel, whose places are `apart` elements from each other, into the result, and says
/// whether they are finite.
///
/// # Safety
/// The sums are there; the spots are places of the channel that begins at `to`. The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub unsafe fn sums(sums: *const f32, apart: usize, spots: &[Spot], to: *mut f32) -> bool {
    let low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    let high = _mm512_set_epi32(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8);
    let mut not_finite = _mm512_setzero_ps();
    for spots in spots.chunk_by(|a, b| a.column == b.column) {
        // SAFETY: sums of this vector.
        let at = |i: usize, j: usize| unsafe { _mm512_loadu_ps(sums.add((i * 4 + j) * apart + spots[0].column)) };
        let down: [[__m512; 2]; 4] = std::array::from_fn(|j| joined([at(0, j), at(1, j), at(2, j), at(3, j)]));
        let lines: [[__m512; 2]; 2] = std::array::from_fn(|i| {
            let [even, odd] = joined([down[0][i], down[1][i], down[2][i], down[3][i]]);
            let zero = _mm512_setzero_ps();
            not_finite = _mm512_fmadd_ps(even, zero, _mm512_fmadd_ps(odd, zero, not_finite));
            [_mm512_permutex2var_ps(even, low, odd), _mm512_permutex2var_ps(even, high, odd)]
        });
        for spot in spots {
            let below = spot.below.map(|line| (line as isize, lines[1]));
            for (line, [left, right]) in std::iter::once((0, lines[0])).chain(below) {
                let to = to.wrapping_offset(spot.to + line);
                // SAFETY: the masks leave out what is not this spot's.
                unsafe {
                    _mm512_mask_storeu_ps(to, spot.mask as u16, left);
                    _mm512_mask_storeu_ps(to.wrapping_add(LANES), (spot.mask >> 16) as u16, right);
                }
            }
        }
    }
    _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(not_finite, not_finite) == 0
}
