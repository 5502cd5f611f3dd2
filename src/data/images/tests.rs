//! Pictures beside what Pillow reads from them (`tests/reference/picture_files.py`), and folders that are not in order.

use super::super::tests::{at_path, error, field, path, x, y};
use super::*;
use crate::data::{DataSource, Vocabularies};
use crate::types::DType;
use serde::Deserialize;
use std::fs;
use std::path::{Path as Place, PathBuf};

#[derive(Deserialize)]
struct Case {
    file: String,
    shape: Vec<usize>,
    resize: Option<String>,
    levels: Vec<f64>,
    tolerance: f64,
}

fn pictures() -> PathBuf {
    Place::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/pictures")
}

fn read_at(base: &Place, source: &DataSource, fields: &[Field]) -> Result<Table, Diagnostic> {
    super::super::read(&Files::at(base), &Vocabularies::default(), source, fields)
}

fn source(name: &str, resize: Option<Resize>) -> DataSource {
    DataSource::Images { path: path(name), columns: None, resize }
}

/// A folder with some of the pictures under other names.
fn folder(entries: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (place, file) in entries {
        let to = dir.path().join(place);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        match pictures().join(file) {
            from if from.is_file() => fs::copy(from, to).map(drop).unwrap(),
            _ => fs::write(to, file).unwrap(),
        }
    }
    dir
}

fn told(entries: &[(&str, &str)], fields: &[Field]) -> String {
    error(read_at(folder(entries).path(), &source("p", None), fields))
}

#[test]
fn levels_are_those_of_pillow() {
    let text = fs::read_to_string(pictures().join("levels.jsonl")).unwrap();
    for case in text.lines().map(|line| serde_json::from_str::<Case>(line).unwrap()) {
        let resize = case.resize.as_deref().map(|word| match word {
            "stretch" => Resize::Stretch,
            "crop" => Resize::Crop,
            _ => Resize::Pad,
        });
        let dir = folder(&[(&format!("p/{}", case.file), &case.file)]);
        let table = read_at(dir.path(), &source("p", resize), &[field("x", DType::U8, None, &case.shape)]).unwrap();
        let levels = table.columns[0].values.to_f64();
        assert_eq!(levels.len(), case.levels.len());
        let worst = levels.iter().zip(&case.levels).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst <= case.tolerance, "{} {:?} {:?}: off by {worst}", case.file, case.shape, case.resize);
    }
}

#[test]
fn folders_are_classes_in_the_order_of_their_names() {
    let dir = folder(&[
        ("p/oak/b.png", "noise.png"),
        ("p/ash/deep/a.png", "noise.png"),
        ("p/ash/c.PNG", "noise.png"),
        ("p/oak/notes.txt", "no picture"),
        ("p/.hidden/d.png", "no picture"),
    ]);
    let table = read_at(dir.path(), &source("p/", None), &[x(&[10, 12]), y(2)]).unwrap();
    assert_eq!((table.rows, table.columns[1].values.to_f64()), (3, vec![0.0, 0.0, 1.0]));
    assert_eq!(table.columns[1].names, ["ash", "oak"]);
    let numbered = folder(&[("p/10/a.png", "noise.png"), ("p/9/b.png", "noise.png")]);
    let table = read_at(numbered.path(), &source("p", None), &[x(&[10, 12]), y(11)]).unwrap();
    assert_eq!(table.columns[1].values.to_f64(), [10.0, 9.0]);
}

#[test]
fn tables_name_pictures() {
    let table = "picture,weight,kind\nb.png,1.5,oak\na.png,2,ash\nb.png,3,ash\n";
    let dir = folder(&[("p/a.png", "noise.png"), ("p/b.png", "noise.png"), ("p/labels.csv", table)]);
    let read = |columns: Option<&[&str]>, fields: &[Field]| {
        let columns = columns.map(|names| names.iter().map(|&name| at_path(name.into())).collect());
        let source = DataSource::Images { path: path("p/labels.csv"), columns, resize: None };
        read_at(dir.path(), &source, fields).unwrap()
    };
    let whole = read(None, &[x(&[10, 12]), field("w", DType::F32, None, &[]), y(2)]);
    assert_eq!(whole.columns[0].values.shape, [3, 10, 12]);
    assert_eq!(whole.columns[1].values.to_f64(), [1.5, 2.0, 3.0]);
    assert_eq!(whole.columns[2].values.to_f64(), [1.0, 0.0, 0.0]);
    assert_eq!(read(Some(&["picture", "kind"]), &[x(&[10, 12]), y(2)]).columns.len(), 2);
}

#[test]
fn broken_pictures_are_named() {
    let fields = [x(&[10, 12]), y(3)];
    let fine = ("p/ash/a.png", "noise.png");
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("p.txt", "")], "E0701 `p` is no folder"),
        (&[("p/notes.txt", "")], "E0709 `p` has no rows"),
        (&[fine, ("p/oak/notes.txt", "")], "E0709 `p/oak/` has no PNG or JPEG pictures, and would be a class"),
        (&[fine, ("p/b.png", "noise.png")], "E0703 `p/b.png` lies in no sub-folder, whose name would be its class"),
        (&[fine, ("p/oak/b.webp", "")], "E0706 `p/oak/b.webp` is neither PNG nor JPEG"),
        (&[fine, ("p/oak/b.png", "text")], "E0706 `p/oak/b.png` is not a readable picture: it begins as neither"),
        (&[fine, ("p/oak/b.png", "grey.png")], "E0707 `p/oak/b.png` is 6 pixels high and 5 wide, and 10 by 12 are"),
        (&[("p/3/b.png", "noise.png")], "E0704 the folder `3/` is not in 0..3"),
    ];
    for (entries, expected) in cases {
        let message = told(entries, &fields);
        assert!(message.starts_with(expected), "{message}");
    }
    let four = ["a", "b", "c", "d"].map(|name| (format!("p/{name}/x.png"), "noise.png"));
    let four: Vec<(&str, &str)> = four.iter().map(|(place, file)| (&**place, *file)).collect();
    assert!(told(&four, &fields).starts_with("E0704 `p`: the column of `y` has 4 different names"));
}

#[test]
fn a_file_that_ends_too_soon_is_no_picture() {
    let dir = folder(&[("p/a.png", "noise.png"), ("p/b.jpg", "hills.jpg")]);
    for (name, fields) in [("a.png", x(&[10, 12])), ("b.jpg", x(&[32, 48]))] {
        let other = dir.path().join(format!("only_{name}"));
        fs::create_dir_all(&other).unwrap();
        let whole = fs::read(dir.path().join("p").join(name)).unwrap();
        fs::write(other.join(name), &whole[..whole.len() / 2]).unwrap();
        let message = error(read_at(dir.path(), &source(&format!("only_{name}"), None), &[fields]));
        assert!(message.contains("is not a readable picture"), "{message}");
    }
}
