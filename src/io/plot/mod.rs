//! Pictures of numbers as SVG: curves, points, bars and heat maps, on axes with round ticks. What `save_plot` writes,
//! `dln sweep`, and the page about a run.

mod draw;
mod heat;
mod marks;
mod scale;

pub use draw::{STYLE, inline, svg};
pub use heat::Heat;
pub use scale::{Scale, short};

use super::Files;
use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::Tensor;
use crate::tir::plot::{Axis, Drawn, Mark, Plot};

/// One picture: axes and what lies between them.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Names below the places 0, 1, 2, .. of the x axis instead of numbers.
    pub categories: Vec<String>,
    /// The later ones lie above the earlier ones.
    pub series: Vec<Series>,
    pub heat: Option<Heat>,
}

/// Places that belong together. Series of one name have one colour and one entry in the legend.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: Name,
    pub mark: Mark,
    pub points: Vec<(f64, f64)>,
    /// What a reader is told who points at a point; none, or one for each.
    pub notes: Vec<String>,
}

/// Writes the picture of `values`, which are what `plot` says that they are.
pub fn save_plot(
    files: &Files,
    path: &str,
    plot: &Plot,
    values: &[Tensor],
    title: String,
    span: Span,
) -> Result<(), Diagnostic> {
    let figure = Figure::of(plot, values, title);
    files.write(path, svg(&[figure], 1, "").as_bytes()).map_err(|error| {
        Diagnostic::error("E0903", span, format!("`{path}` cannot be written: {error}"), "written here")
    })
}

impl Figure {
    fn of(plot: &Plot, values: &[Tensor], title: String) -> Figure {
        let find = |what: &Drawn| plot.values.iter().position(|drawn| drawn == what).map(|at| values[at].to_f64());
        let (x, y) = (find(&Drawn::X), find(&Drawn::Y));
        let mut figure = Figure { title, x: plot.x.clone(), y: plot.y.clone(), ..Figure::default() };
        for (drawn, value) in plot.values.iter().zip(values) {
            match drawn {
                Drawn::Series { mark, name } if value.rank() == 0 => {
                    let place = figure.categories.len() as f64;
                    figure.categories.push(name.to_string());
                    figure.series.push(Series::new("", *mark, vec![(place, value.to_f64()[0])]));
                }
                Drawn::Series { mark, name } => {
                    figure.series.push(Series::new(name, *mark, points(value, x.as_deref())))
                }
                Drawn::Heatmap => figure.heat = heat(value, x.as_deref(), y.as_deref()),
                Drawn::X | Drawn::Y => {}
            }
        }
        figure
    }
}

impl Series {
    pub fn new(name: &str, mark: Mark, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), mark, points, notes: vec![] }
    }
}

fn points(value: &Tensor, x: Option<&[f64]>) -> Vec<(f64, f64)> {
    let numbers = value.to_f64();
    match (value.rank(), x) {
        (2, _) => numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
        (_, Some(x)) => x.iter().copied().zip(numbers).collect(),
        (_, None) => numbers.into_iter().enumerate().map(|(i, y)| (i as f64 + 1.0, y)).collect(),
    }
}

/// None for a grid without places.
fn heat(value: &Tensor, x: Option<&[f64]>, y: Option<&[f64]>) -> Option<Heat> {
    let [rows, columns] = value.shape[..] else { return None };
    let (x, y) = (edges(x, columns), edges(y, rows));
    (rows * columns > 0).then(|| Heat { rows, columns, values: value.to_f64(), x, y })
}

/// From the outer edge of the first cell to that of the last: `places` are the middles.
fn edges(places: Option<&[f64]>, cells: usize) -> (f64, f64) {
    match places {
        Some([first, .., last]) => {
            let half = (last - first) / (cells as f64 - 1.0) / 2.0;
            (first - half, last + half)
        }
        Some([one]) => (one - 0.5, one + 0.5),
        Some([]) | None => (0.5, cells as f64 + 0.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tir::Template;
    use crate::types::DType;

    fn tensor(shape: &[usize], values: &[f64]) -> Tensor {
        Tensor::from_f64(DType::F64, shape, values)
    }

    fn plot(values: Vec<Drawn>) -> Plot {
        let title = Template { pieces: vec![], span: Span::none() };
        Plot { values, title, x: Axis::default(), y: Axis::default() }
    }

    fn series(mark: Mark, name: &str) -> Drawn {
        Drawn::Series { mark, name: name.into() }
    }

    #[test]
    fn heights_lie_above_x_and_pairs_where_they_say() {
        let plot = plot(vec![series(Mark::Line, "a"), series(Mark::Points, "b"), Drawn::X]);
        let values = [tensor(&[2], &[5.0, 6.0]), tensor(&[1, 2], &[1.0, 2.0]), tensor(&[2], &[-1.0, 1.0])];
        let figure = Figure::of(&plot, &values, String::new());
        assert_eq!(figure.series[0].points, [(-1.0, 5.0), (1.0, 6.0)]);
        assert_eq!(figure.series[1].points, [(1.0, 2.0)]);
    }

    #[test]
    fn a_bar_for_each_number_and_its_name_below() {
        let plot = plot(vec![series(Mark::Bars, "sgd"), series(Mark::Bars, "adam")]);
        let figure = Figure::of(&plot, &[tensor(&[], &[0.5]), tensor(&[], &[0.9])], String::new());
        assert_eq!(figure.categories, ["sgd", "adam"]);
        assert_eq!(figure.series[1].points, [(1.0, 0.9)]);
    }

    #[test]
    fn cells_of_a_heat_map_lie_around_their_places() {
        let plot = plot(vec![Drawn::Heatmap, Drawn::X]);
        let figure =
            Figure::of(&plot, &[tensor(&[1, 3], &[1.0, 2.0, 3.0]), tensor(&[3], &[0.0, 1.0, 2.0])], String::new());
        let heat = figure.heat.expect("a heat map");
        assert_eq!((heat.x, heat.y), ((-0.5, 2.5), (0.5, 1.5)));
    }

    #[test]
    fn whatever_the_numbers_the_picture_is_whole() {
        let all = [f64::NAN, f64::INFINITY, -1e308, 1e308, 0.0, -0.0, 1e-320];
        let marks =
            vec![series(Mark::Line, "a<b"), series(Mark::Points, "&"), series(Mark::Bars, "\""), Drawn::Heatmap];
        for n in 0..=all.len() {
            let value = tensor(&[n], &all[..n]);
            let values = [value.clone(), value.clone(), value, tensor(&[n, 1], &all[..n])];
            for log in [false, true] {
                let axis = Axis { log, ..Axis::default() };
                let plot = Plot { x: axis.clone(), y: axis, ..plot(marks.clone()) };
                let text = svg(&[Figure::of(&plot, &values, "<".to_string())], 1, "");
                assert!(text.starts_with("<svg") && text.ends_with("</svg>\n"), "{text}");
                assert!(!text.contains("NaN") && !text.contains("inf") && !text.contains("a<b"), "{text}");
            }
        }
    }
}
