//! Which pictures a folder has, and what their classes are.

use super::super::fill::Filler;
use super::super::{TableColumn, no_rows, quoted};
use super::Wrong;
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};

const READ: [&str; 3] = [".png", ".jpg", ".jpeg"];
/// Pictures that would be missed.
const NOT_READ: [&str; 7] = [".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic"];

/// The paths of all pictures, in order, and with a field for it their classes: the names of the sub-folders, or their numbers where
/// the names are numbers.
pub fn read(
    files: &Files,
    path: &Path,
    field: &Field,
    class: Option<&Field>,
) -> Result<(Vec<String>, Option<TableColumn>), Diagnostic> {
    let top = path.value.trim_end_matches('/');
    if !files.locate(top).is_dir() {
        return Err(no_folder(files, path));
    }
    let Some(class) = class else {
        let places = below(files, top).map_err(|wrong| wrong.at(path, field))?;
        return if places.is_empty() { Err(no_rows(path)) } else { Ok((places, None)) };
    };
    let (mut places, mut classes) = (vec![], Filler::new(class, false));
    for entry in visible(files, top) {
        let place = format!("{top}/{entry}");
        let Some(name) = entry.strip_suffix('/') else {
            if is_picture(&place).map_err(|wrong| wrong.at(path, field))? {
                return Err(without_class(&place).at(path, field));
            }
            continue;
        };
        let found = below(files, place.trim_end_matches('/')).map_err(|wrong| wrong.at(path, field))?;
        if found.is_empty() {
            let message = format!("{} has no PNG or JPEG pictures, and would be a class", quoted(&place));
            return Err(Wrong::new("E0709", message).help("remove the folder").at(path, field));
        }
        for place in found {
            classes.push(name).map_err(|wrong| {
                Wrong::new(wrong.code, format!("the folder {} {}", quoted(&entry), wrong.text))
                    .help("names that are numbers are the numbers of the classes")
                    .at(path, field)
            })?;
            places.push(place);
        }
    }
    if places.is_empty() {
        return Err(no_rows(path));
    }
    let classes = classes.finish(places.len(), path)?;
    Ok((places, Some(classes)))
}

/// The pictures in a folder and in the folders inside.
fn below(files: &Files, folder: &str) -> Result<Vec<String>, Wrong> {
    let mut places = vec![];
    for entry in visible(files, folder) {
        let place = format!("{folder}/{entry}");
        match place.strip_suffix('/') {
            Some(inner) => places.extend(below(files, inner)?),
            None if is_picture(&place)? => places.push(place),
            None => {}
        }
    }
    Ok(places)
}

fn visible(files: &Files, folder: &str) -> impl Iterator<Item = String> {
    files.names(folder).into_iter().filter(|name| !name.starts_with('.'))
}

/// Texts and the like may lie beside pictures; a picture of a kind that is not read is told, and not left out.
fn is_picture(place: &str) -> Result<bool, Wrong> {
    let lower = place.to_lowercase();
    if NOT_READ.iter().any(|ending| lower.ends_with(ending)) {
        let message = format!("{} is neither PNG nor JPEG", quoted(place));
        return Err(Wrong::new("E0706", message).help("convert it, or move it out of the folder"));
    }
    Ok(READ.iter().any(|ending| lower.ends_with(ending)))
}

fn without_class(place: &str) -> Wrong {
    let message = format!("{} lies in no sub-folder, whose name would be its class", quoted(place));
    Wrong::new("E0703", message).help("move it into one, or read pictures without classes: `(x: [3, 64, 64])`")
}

fn no_folder(files: &Files, path: &Path) -> Diagnostic {
    let message = format!("{} is no folder", quoted(&path.value));
    let place = files.locate(&path.value);
    Diagnostic::error("E0701", path.span, message, "this folder")
        .note(format!("dln looked for {}", quoted(&place.to_string_lossy())))
        .help("pictures are read from a folder, or from a table (.csv, .tsv) whose first column names them")
}
