//! The numbers of runs as pictures: one for each metric, over epochs, or over steps where there are few epochs.

use super::log::{Epoch, Numbers, Training};
use crate::base::Name;
use crate::io::plot::{Figure, Series, short};
use crate::tir::plot::{Axis, Mark};

/// Epochs from which on batches are not shown.
const MANY: usize = 10;
/// Epochs up to which each is a mark that says its number.
const MARKED: usize = 120;

/// A name for the numbers of an epoch that are of training, or of validation.
type Part = (&'static str, fn(&Epoch) -> &Numbers);

/// A picture for each metric of a training.
pub fn of_training(training: &Training) -> Vec<Figure> {
    let by_step = training.epochs.len() < MANY;
    let figure = |name: &String| {
        let mut figure = empty(name, by_step);
        let parts: [Part; 2] = [("train", |epoch| &epoch.train), ("val", |epoch| &epoch.val)];
        let mut curves = vec![];
        for (part, numbers) in parts {
            let (line, marks) = curve(part, &training.epochs, by_step, |epoch| find(numbers(epoch), name));
            if !line.points.is_empty() {
                // The first of a name gives it its colour, the last lies above all others.
                figure.series.push(Series::new(part, Mark::Line, vec![]));
                curves.extend([line, marks]);
            }
        }
        let steps: Vec<(f64, f64)> =
            training.steps.iter().filter_map(|(step, numbers)| Some((*step, find(numbers, name)?))).collect();
        if by_step && steps.len() > 1 {
            figure.series.push(Series::new("each batch", Mark::Line, steps));
        }
        figure.series.extend(curves);
        figure
    };
    names(std::slice::from_ref(training)).iter().map(figure).filter(is_seen).collect()
}

/// A picture for each metric, with a curve for each of several runs: of validation where it has numbers.
pub fn of_runs(runs: &[(String, Training)]) -> Vec<Figure> {
    let trainings: Vec<Training> = runs.iter().map(|(_, training)| training.clone()).collect();
    let by_step = trainings.iter().all(|training| training.epochs.len() < 2);
    let mut figures = vec![];
    for name in names(&trainings) {
        let has_val = |t: &Training| t.epochs.iter().any(|epoch| find(&epoch.val, &name).is_some());
        let val = trainings.iter().any(has_val);
        let title = if val { format!("val.{name}") } else { format!("train.{name}") };
        let mut figure = empty(&title, by_step);
        for (run, training) in runs {
            let numbers = |epoch: &Epoch| find(if val { &epoch.val } else { &epoch.train }, &name);
            let (line, marks) = match by_step && !val {
                true => {
                    let steps = training.steps.iter();
                    let points = steps.filter_map(|(step, numbers)| Some((*step, find(numbers, &name)?))).collect();
                    (Series::new(run, Mark::Line, points), Series::new(run, Mark::Points, vec![]))
                }
                false => curve(run, &training.epochs, by_step, numbers),
            };
            figure.series.extend([line, marks]);
        }
        figures.push(figure);
    }
    figures.into_iter().filter(is_seen).collect()
}

fn empty(title: &str, by_step: bool) -> Figure {
    let label: Name = if by_step { "step" } else { "epoch" }.into();
    Figure { title: title.to_string(), x: Axis { label, ..Axis::default() }, ..Figure::default() }
}

fn is_seen(figure: &Figure) -> bool {
    figure.series.iter().flat_map(|series| &series.points).any(|(_, y)| y.is_finite())
}

/// A line, and marks on it that tell their numbers.
fn curve(name: &str, epochs: &[Epoch], by_step: bool, number: impl Fn(&Epoch) -> Option<f64>) -> (Series, Series) {
    let places: Vec<(&Epoch, f64)> = epochs.iter().filter_map(|epoch| Some((epoch, number(epoch)?))).collect();
    let x = |epoch: &Epoch| if by_step { epoch.step } else { epoch.epoch };
    let points: Vec<(f64, f64)> = places.iter().map(|(epoch, y)| (x(epoch), *y)).collect();
    let mut marks = Series::new(name, Mark::Points, vec![]);
    if points.len() <= MARKED {
        marks.points = points.clone();
        marks.notes = places.iter().map(|(epoch, y)| format!("{name}, epoch {}: {}", epoch.epoch, short(*y))).collect();
    }
    (Series::new(name, Mark::Line, points), marks)
}

fn find(numbers: &Numbers, name: &str) -> Option<f64> {
    numbers.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
}

/// The metrics of trainings, in the order in which they are logged.
fn names(trainings: &[Training]) -> Vec<String> {
    let of_epochs = trainings.iter().flat_map(|t| &t.epochs).flat_map(|epoch| epoch.train.iter().chain(&epoch.val));
    let of_steps = trainings.iter().flat_map(|t| &t.steps).flat_map(|(_, numbers)| numbers);
    let mut names: Vec<String> = vec![];
    for (name, _) in of_epochs.chain(of_steps) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(epochs: usize) -> Training {
        let epoch = |n: usize| Epoch {
            epoch: n as f64,
            step: 2.0 * n as f64,
            seconds: 0.0,
            train: vec![("loss".to_string(), 1.0 / n as f64)],
            val: vec![("error".to_string(), f64::NAN)],
        };
        let steps = (1..=2 * epochs).map(|n| (n as f64, vec![("loss".to_string(), 1.0)])).collect();
        Training { epochs: (1..=epochs).map(epoch).collect(), steps, ..Training::default() }
    }

    #[test]
    fn batches_are_shown_while_epochs_are_few() {
        let few = of_training(&training(2));
        assert_eq!(few.len(), 1, "what never is a number is not drawn");
        let marks = few[0].series.last().unwrap();
        assert_eq!((&*few[0].x.label, marks.points[1].0, &*marks.notes[1]), ("step", 4.0, "train, epoch 2: 0.5"));
        assert!(few[0].series.iter().any(|series| &*series.name == "each batch"));
        let many = of_training(&training(10));
        assert!(many[0].series.iter().all(|series| &*series.name == "train") && &*many[0].x.label == "epoch");
    }

    #[test]
    fn runs_lie_over_each_other() {
        let runs = [("a".to_string(), training(3)), ("b".to_string(), training(2))];
        let figures = of_runs(&runs);
        assert_eq!((figures.len(), &*figures[0].title), (1, "train.loss"));
        assert_eq!(figures[0].series.iter().filter(|s| s.mark == Mark::Line).count(), 2);
    }
}
