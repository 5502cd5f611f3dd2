//! Sound: a table names a WAV file for each row, and its other columns fill the other fields. Samples are whole numbers of 8
//! to 32 bits, or floats; whole ones are divided by the size of the largest, so that all lie from -1 to 1.

use super::column::{Column, Number};
use super::{Table, TableColumn, listed, quoted, ragged};
use crate::base::{Name, Span, Spanned};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};
use hound::{SampleFormat, WavReader};

/// What the program says of the sounds.
pub struct Source<'a> {
    pub path: &'a Path,
    pub columns: Option<&'a [Spanned<Name>]>,
    /// Samples a second.
    pub rate: u32,
}

/// A file, read: as many samples of each channel, those of one moment together.
struct Sound {
    place: String,
    samples: Vec<f64>,
    channels: usize,
}

/// The first field is the sound of the file in the first column, seen from the table's folder.
pub fn read(files: &Files, source: &Source, fields: &[Field]) -> Result<Table, Diagnostic> {
    let Some((field, rest)) = fields.split_first() else {
        return Ok(Table { rows: 0, columns: vec![], spelling: None });
    };
    let listed::Listed { places, order, rest } = listed::read(files, source.path, source.columns, (field, rest))?;
    let mut sounds = vec![];
    for place in &places {
        sounds.push(sound(files, place, source).map_err(|error| at_row(error, source.path, field))?);
    }
    let mut columns = vec![filled(&sounds, &order, field).map_err(|error| at_row(error, source.path, field))?];
    columns.extend(rest);
    Ok(Table { rows: order.len(), columns, spelling: None })
}

/// The code and the message of what is wrong with a file.
type Wrong = (&'static str, String);

fn at_row((code, message): Wrong, path: &Path, field: &Field) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, path.span, message, "this table names it");
    if field.span == Span::none() { diagnostic } else { diagnostic.label(field.span, "read into this field") }
}

fn sound(files: &Files, place: &str, source: &Source) -> Result<Sound, Wrong> {
    let bytes = files.read(place).map_err(|error| ("E0701", format!("{} cannot be read: {error}", quoted(place))))?;
    let malformed = |error: hound::Error| {
        let what = match error {
            hound::Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                "it ends too soon".to_string()
            }
            error => error.to_string(),
        };
        ("E0706", format!("{} is not a readable WAV file: {what}", quoted(place)))
    };
    let mut reader = WavReader::new(&*bytes).map_err(malformed)?;
    let spec = reader.spec();
    if spec.sample_rate != source.rate {
        let message =
            format!("{} has {} samples a second, and {} are declared", quoted(place), spec.sample_rate, source.rate);
        return Err(("E0707", message));
    }
    let samples: Result<Vec<f64>, hound::Error> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().map(|sample| sample.map(f64::from)).collect(),
        SampleFormat::Int => {
            let largest = 2.0f64.powi(i32::from(spec.bits_per_sample) - 1);
            reader.samples::<i32>().map(|sample| sample.map(|level| f64::from(level) / largest)).collect()
        }
    };
    let samples = samples.map_err(malformed)?;
    if samples.is_empty() {
        return Err(("E0709", format!("{} has no samples", quoted(place))));
    }
    Ok(Sound { place: place.to_string(), samples, channels: spec.channels.into() })
}

/// The rows of the field: of a declared length, cut or filled with silence at the end, or each of its own.
fn filled(sounds: &[Sound], order: &[usize], field: &Field) -> Result<TableColumn, Wrong> {
    let (length, channels) = match (&field.free, &field.shape[..]) {
        (Some(_), []) => (None, None),
        (Some(_), [channels]) => (None, Some(*channels)),
        (None, [length]) => (Some(*length), None),
        (None, [length, channels]) => (Some(*length), Some(*channels)),
        _ => unreachable!("the checker knows the shapes of sounds"),
    };
    let mut column = Column::new(field);
    let mut lengths = vec![];
    for &at in order {
        let samples = sounds[at].as_channels(channels)?;
        let width = channels.unwrap_or(1);
        let own = samples.len() / width;
        let wanted = length.unwrap_or(own);
        for sample in samples.into_iter().chain(std::iter::repeat(0.0)).take(wanted * width) {
            column.push(Number::Real(sample)).map_err(|misfit| {
                (misfit.code(), format!("{}: a sample of {sample} {misfit}", quoted(&sounds[at].place)))
            })?;
        }
        lengths.push(own);
    }
    Ok(match length {
        Some(_) => TableColumn::numbers(column.finish(order.len())),
        None => ragged::filled(TableColumn::numbers(column.finish(lengths.iter().sum())), lengths),
    })
}

impl Sound {
    /// Its channels if there are so many; one, or their mean, where none are asked for.
    fn as_channels(&self, wanted: Option<usize>) -> Result<Vec<f64>, Wrong> {
        match wanted {
            Some(wanted) if wanted != self.channels => {
                let message =
                    format!("{} has {} channels, and {wanted} are declared", quoted(&self.place), self.channels);
                Err(("E0707", message))
            }
            Some(_) => Ok(self.samples.clone()),
            None => {
                let mean = |moment: &[f64]| moment.iter().sum::<f64>() / moment.len() as f64;
                Ok(self.samples.chunks_exact(self.channels).map(mean).collect())
            }
        }
    }
}
