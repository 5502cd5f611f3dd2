//! Readers on whole and broken files, and the batches that come out.

use super::*;
use crate::base::{FileId, Span, Spanned};
use crate::tir::{Batch, Stage};
use crate::types::DType;

/// Where the path stands in the program; every error about a file points here.
const PATH: Span = Span { file: FileId(0), lo: 10, hi: 20 };

pub fn at_path<T>(value: T) -> Spanned<T> {
    Spanned { value, span: PATH }
}

pub fn path(name: &str) -> Path {
    at_path(name.into())
}

pub fn field(name: &str, dtype: DType, bound: Option<usize>, shape: &[usize]) -> Field {
    Field { name: name.into(), dtype, bound, shape: shape.to_vec(), free: None, span: Span::none() }
}

pub fn x(shape: &[usize]) -> Field {
    field("x", DType::F32, None, shape)
}

pub fn y(bound: usize) -> Field {
    field("y", DType::I64, Some(bound), &[])
}

fn csv_source(columns: Option<&[&str]>) -> DataSource {
    DataSource::Csv {
        path: path("data.csv"),
        columns: columns.map(|names| names.iter().map(|&n| at_path(n.into())).collect()),
        header: None,
        separator: None,
        tokenizer: None,
    }
}

/// Reads `source` with `bytes` behind the name of each file.
fn read_from(contents: &[(&str, &[u8])], source: &DataSource, fields: &[Field]) -> Result<Table, Diagnostic> {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in contents {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    read(&Files::at(dir.path()), &Vocabularies::default(), source, fields)
}

fn csv(text: &str, fields: &[Field]) -> Result<Table, Diagnostic> {
    read_from(&[("data.csv", text.as_bytes())], &csv_source(None), fields)
}

fn csv_error(text: &str, fields: &[Field]) -> String {
    error(csv(text, fields))
}

/// The error as `code message`; it must point at the path.
pub fn error(result: Result<Table, Diagnostic>) -> String {
    let diagnostic = result.expect_err("the file is broken");
    assert_eq!(diagnostic.span(), PATH, "{diagnostic:?}");
    format!("{} {}", diagnostic.code, diagnostic.message)
}

fn values(table: &Table, column: usize) -> Vec<f64> {
    table.columns[column].values.to_f64()
}

#[test]
fn columns_fill_fields_from_left_to_right() {
    for text in [
        "1,2,0\n3,4,1\n",
        "a,b,c\n1,2,0\n3,4,1",
        "\u{feff}a,b,c\r\n1, 2 ,0\r\n\r\n3,4,1\r\n",
        "a,b,c\n\"1\",2,0\n3,4,1.0\n",
    ] {
        let table = csv(text, &[x(&[2]), y(2)]).unwrap_or_else(|e| panic!("{text:?}: {e:?}"));
        assert_eq!(table.columns[0].values.shape, [2, 2]);
        assert_eq!(values(&table, 0), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(table.columns[1].values.shape, [2]);
        assert_eq!(values(&table, 1), [0.0, 1.0]);
    }
}

#[test]
fn columns_are_chosen_by_name() {
    let text = b"id,b,a\n7,1,2\n8,3,4\n";
    let choose = |names: &[&str]| {
        let source = csv_source(Some(names));
        read_from(&[("data.csv", text)], &source, &[x(&[2])])
    };
    let table = choose(&["a", "b"]).unwrap();
    assert_eq!(values(&table, 0), [2.0, 1.0, 4.0, 3.0]);
    assert!(error(choose(&["a", "B"])).starts_with("E0705 `data.csv` has no column `B`"));
    assert!(error(choose(&["a"])).starts_with("E0702 `data.csv`: the selection has 1 column"));
    let source = csv_source(Some(&["a"]));
    let no_header = read_from(&[("data.csv", b"1\n2\n")], &source, &[x(&[1])]);
    assert!(error(no_header).starts_with("E0705"));
}

#[test]
fn class_names_become_numbers_in_sorted_order() {
    let table = csv("size,kind\n1,b\n2,a\n3,b\n", &[x(&[]), y(3)]).unwrap();
    assert_eq!(values(&table, 1), [1.0, 0.0, 1.0]);
    assert_eq!(table.columns[1].names, ["a", "b"]);
    let fields = [x(&[]), y(1)];
    assert!(csv_error("size,kind\n1,b\n2,a\n", &fields).starts_with("E0704"));
    assert!(csv_error("size,kind\n1,b\n2,3\n", &fields).contains("began with names"));
}

#[test]
fn wrong_cells_are_named_by_line_and_column() {
    let fields = [x(&[2]), y(10)];
    let cases = [
        ("a,b,c\n1,2,3\n1,oops,3\n", "E0703 `data.csv`, line 3, column 2 (`b`): `oops` is not a number"),
        ("1,2,3\n1,,3\n", "E0703 `data.csv`, line 2, column 2: `` is no value"),
        ("1,2,3\n1,nan,3\n", "E0703 `data.csv`, line 2, column 2: `nan` is not a finite number"),
        ("1,2,3\n1,1e999,3\n", "E0703 `data.csv`, line 2, column 2: `1e999` is not a finite number"),
        ("1,2,10\n", "E0704 `data.csv`, line 1, column 3: `10` is not in 0..10"),
        ("1,2,-1\n", "E0704 `data.csv`, line 1, column 3: `-1` is not in 0..10"),
        ("1,2,0.5\n", "E0703 `data.csv`, line 1, column 3: `0.5` is not a whole number"),
        ("1,2,3\n\n1,\x1b[31m,3\n", "E0703 `data.csv`, line 3, column 2: `\\u{1b}[31m` is not a number"),
    ];
    for (text, message) in cases {
        assert_eq!(csv_error(text, &fields), message, "{text:?}");
    }
}

#[test]
fn ragged_and_empty_files_are_refused() {
    let fields = [x(&[2]), y(10)];
    let cases = [
        ("1,2,3\n1,2\n", "E0702 `data.csv`, line 2: it has 2 columns and the fields take 3"),
        ("a,b,c\n1,2,3\n1,2,3,4\n", "E0702 `data.csv`, line 3: it has 4 columns and the header has 3"),
        ("a,b\n1,2\n", "E0702 `data.csv`: the header has 2 columns and the fields take 3"),
        ("1,2,3\n\"1,2,3\n1,2,3\n", "E0702 `data.csv`, line 2: it has 1 column and the fields take 3"),
        ("", "E0709 `data.csv` has no rows"),
        ("a,b,c\n", "E0709 `data.csv` has no rows"),
    ];
    for (text, message) in cases {
        assert_eq!(csv_error(text, &fields), message, "{text:?}");
    }
    let bytes = read_from(&[("data.csv", b"1,2,3\n1,\xff,3\n")], &csv_source(None), &fields);
    assert_eq!(error(bytes), "E0703 `data.csv`, line 2: the cell in column 2 is not UTF-8 text");
    let missing = read_from(&[], &csv_source(None), &fields);
    assert!(error(missing).starts_with("E0701 `data.csv` cannot be read"));
}

#[test]
fn separators_follow_the_ending_or_the_setting() {
    let source = |name: &str, separator| DataSource::Csv {
        path: path(name),
        columns: None,
        header: None,
        separator,
        tokenizer: None,
    };
    let read = |name: &str, text: &str, separator| {
        let table = read_from(&[(name, text.as_bytes())], &source(name, separator), &[x(&[2])]);
        values(&table.unwrap(), 0)
    };
    assert_eq!(read("d.tsv", "1\t2\n", None), [1.0, 2.0]);
    assert_eq!(read("d.txt", "1;2\n", Some(';')), [1.0, 2.0]);
    let wide = read_from(&[("d", b"1")], &source("d", Some('√')), &[x(&[2])]);
    assert!(error(wide).starts_with("E0702"));
}

#[test]
fn the_digits_ship_inside() {
    let source =
        DataSource::Csv { path: path("std:digits.csv"), columns: None, header: None, separator: None, tokenizer: None };
    let table = read_from(&[], &source, &[x(&[64]), y(10)]).unwrap();
    assert_eq!(table.rows, 1797);
    assert_eq!(table.columns[0].values.shape, [1797, 64]);
    assert_eq!(values(&table, 1)[..3], [0.0, 1.0, 2.0]);
}

/// An IDX file of bytes.
fn idx_bytes(dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(values);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(images: &[u8], labels: &[u8], fields: &[Field]) -> Result<Table, Diagnostic> {
    let source = DataSource::Idx { paths: vec![path("images"), path("labels")] };
    read_from(&[("images", images), ("labels", labels)], &source, fields)
}

#[test]
fn idx_files_are_read_plain_and_packed() {
    let images = idx_bytes(&[3, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
    let labels = idx_bytes(&[3], &[0, 1, 2]);
    for shape in [&[2, 2][..], &[1, 2, 2], &[4]] {
        let table = idx(&gzip(&images), &labels, &[x(shape), y(3)]).unwrap();
        assert_eq!(table.columns[0].values.shape, [&[3], shape].concat());
        assert_eq!(values(&table, 0)[10..], [11.0, 255.0], "bytes are not scaled");
        assert_eq!(values(&table, 1), [0.0, 1.0, 2.0]);
    }
}

#[test]
fn idx_values_of_other_types_are_big_endian() {
    let mut bytes = vec![0, 0, 0x0C, 1, 0, 0, 0, 2];
    bytes.extend([-2i32, 3].iter().flat_map(|v| v.to_be_bytes()));
    let source = DataSource::Idx { paths: vec![path("values")] };
    let table = read_from(&[("values", &bytes)], &source, &[x(&[])]).unwrap();
    assert_eq!(values(&table, 0), [-2.0, 3.0]);
}

#[test]
fn every_cut_of_an_idx_file_is_refused() {
    let labels = idx_bytes(&[3], &[0, 1, 2]);
    let images = idx_bytes(&[3, 1], &[1, 2, 3]);
    let packed = gzip(&images);
    for whole in [&images, &packed] {
        for cut in 0..whole.len() {
            let message = error(idx(&whole[..cut], &labels, &[x(&[1]), y(3)]));
            assert!(message.starts_with("E0706 `images`"), "{cut}: {message}");
        }
    }
}

#[test]
fn idx_files_that_lie_are_refused() {
    let labels = idx_bytes(&[3], &[0, 1, 2]);
    let fields = [x(&[1]), y(3)];
    let refuse = |images: &[u8], text: &str| {
        let message = error(idx(images, &labels, &fields));
        assert!(message.contains(text), "{message}");
    };
    refuse(&idx_bytes(&[3, 1], &[1, 2, 3, 4]), "E0706 `images` is not a readable IDX file: it goes on");
    refuse(&idx_bytes(&[u32::MAX; 4], &[1]), "more values than memory can hold");
    refuse(&idx_bytes(&[u32::MAX, 1], &[1]), "it ends early");
    refuse(b"PNG?", "two zero bytes");
    refuse(&[0, 0, 7, 1, 0, 0, 0, 0], "type code 7");
    refuse(&idx_bytes(&[], &[1]), "no axes");
    refuse(&idx_bytes(&[0, 1], &[]), "no rows");
    refuse(&idx_bytes(&[3, 2], &[0; 6]), "E0707 the rows of `images` are [2], and `x` is [1]");
    refuse(&idx_bytes(&[2, 1], &[0; 2]), "");
}

#[test]
fn idx_files_must_agree_with_each_other_and_with_bounds() {
    let images = idx_bytes(&[2, 1], &[1, 2]);
    let fields = [x(&[1]), y(3)];
    let rows = error(idx(&images, &idx_bytes(&[3], &[0, 1, 2]), &fields));
    assert_eq!(rows, "E0707 `labels` has 3 rows and `images` has 2");
    let bound = error(idx(&images, &idx_bytes(&[2], &[0, 3]), &fields));
    assert_eq!(bound, "E0704 `labels`: row 1, value 3 is not in 0..3");
    // The same number of elements in another order is not the same row.
    let turned = idx_bytes(&[1, 2, 3], &[0; 6]);
    let message = error(idx(&turned, &images, &[x(&[3, 2]), y(3)]));
    assert!(message.starts_with("E0707"), "{message}");
}

#[test]
fn a_text_is_cut_into_pieces_with_their_successors() {
    let code = |name| field(name, DType::I64, Some(4), &[3]);
    let source = DataSource::Text { path: path("text"), length: Some(3), tokenizer: None };
    let read = |text: &[u8]| read_from(&[("text", text)], &source, &[code("x"), code("y")]);
    let table = read("abéabéaé".as_bytes()).unwrap();
    assert_eq!(table.columns[0].values.shape, [2, 3]);
    assert_eq!(values(&table, 0), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    assert_eq!(values(&table, 1), [1.0, 2.0, 0.0, 1.0, 2.0, 0.0]);
    assert_eq!(table.columns[0].names, ["a", "b", "é"]);
    assert_eq!(error(read(b"abc")), "E0709 `text` has 3 characters, and one row takes 4");
    assert!(error(read(b"abcde")).starts_with("E0704 `text` has 5 different characters"));
    assert_eq!(error(read(b"ab\n\xff")), "E0708 `text`, line 2: byte 3 is not UTF-8 text");
}

fn dataset(stages: Vec<Stage>, batch: Option<Batch>) -> Dataset {
    Dataset {
        source: csv_source(None),
        fields: vec![x(&[])],
        stages: stages.into_iter().map(at_path).collect(),
        batch,
        buckets: None,
        span: PATH,
    }
}

/// The batches of an epoch over the rows 0..7.
fn batches(dataset: &Dataset, epoch: usize) -> Result<Vec<Tensor>, Diagnostic> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("data.csv"), "0\n1\n2\n3\n4\n5\n6\n").unwrap();
    let files = Files::at(dir.path());
    let loader = Loader::open(dataset, &mut Tables::new(&files), 5)?;
    let batches: Vec<Tensor> = loader.epoch(epoch, 0).map(|mut fields| fields.remove(0)).collect();
    assert_eq!(batches.len(), loader.batches());
    assert_eq!(batches.iter().map(|b| b.shape[0]).sum::<usize>(), loader.rows());
    Ok(batches)
}

/// Shuffled rows of `width` bytes, all different, two to a batch.
pub fn wide_rows(rows: usize, width: usize) -> Loader {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<u8> = (0..rows).flat_map(|row| vec![row as u8; width]).collect();
    std::fs::write(dir.path().join("wide"), idx_bytes(&[rows as u32, width as u32], &values)).unwrap();
    let dataset = Dataset {
        source: DataSource::Idx { paths: vec![path("wide")] },
        fields: vec![field("x", DType::U8, None, &[width])],
        ..dataset(vec![Stage::Shuffle], Some(Batch { size: 2, drop_last: false }))
    };
    Loader::open(&dataset, &mut Tables::new(&Files::at(dir.path())), 5).unwrap()
}

fn rows(batches: &[Tensor]) -> Vec<f64> {
    batches.iter().flat_map(Tensor::to_f64).collect()
}

#[test]
fn the_last_batch_is_smaller_or_left_out() {
    let batch = |size, drop_last| dataset(vec![], Some(Batch { size, drop_last }));
    let sizes = |d: &Dataset| -> Vec<usize> { batches(d, 1).unwrap().iter().map(|b| b.shape[0]).collect() };
    assert_eq!(sizes(&batch(3, false)), [3, 3, 1]);
    assert_eq!(sizes(&batch(3, true)), [3, 3]);
    assert_eq!(sizes(&batch(9, false)), [7]);
    assert_eq!(sizes(&dataset(vec![], None)), [7], "without a batch size, all rows are one batch");
    assert_eq!(batches(&batch(9, true), 1).unwrap_err().code, "E0709");
}

#[test]
fn epochs_are_shuffled_by_seed_and_number_alone() {
    let shuffled = dataset(vec![Stage::Shuffle], Some(Batch { size: 3, drop_last: false }));
    let (first, second) = (batches(&shuffled, 1).unwrap(), batches(&shuffled, 2).unwrap());
    assert_eq!(first, batches(&shuffled, 1).unwrap());
    assert_ne!(first, second);
    let mut sorted = rows(&second);
    sorted.sort_by(f64::total_cmp);
    assert_eq!(sorted, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn windows_have_an_axis_of_their_own() {
    let windows = dataset(
        vec![Stage::Take { lo: 1, hi: None }, Stage::Sliding { length: 3 }],
        Some(Batch { size: 2, drop_last: false }),
    );
    let found = batches(&windows, 1).unwrap();
    assert_eq!(found[0].shape, [2, 3]);
    assert_eq!(found[0].to_f64(), [1.0, 2.0, 3.0, 2.0, 3.0, 4.0]);
    assert_eq!(found[1].to_f64(), [3.0, 4.0, 5.0, 4.0, 5.0, 6.0]);
}

/// A WAV file: format 1 for whole numbers, 3 for floats.
fn wav(format: u16, channels: u16, rate: u32, bits: u16, samples: &[u8]) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + samples.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    [format, channels].iter().for_each(|number| file.extend(number.to_le_bytes()));
    [rate, rate * u32::from(frame)].iter().for_each(|number| file.extend(number.to_le_bytes()));
    [frame, bits].iter().for_each(|number| file.extend(number.to_le_bytes()));
    file.extend(b"data");
    file.extend((samples.len() as u32).to_le_bytes());
    file.extend(samples);
    file
}

fn sounds(files: &[(&str, &[u8])], table: &str, fields: &[Field]) -> Result<Table, Diagnostic> {
    let source = DataSource::Wav { path: path("sounds.csv"), columns: None, rate: 8000 };
    read_from(&[files, &[("sounds.csv", table.as_bytes())]].concat(), &source, fields)
}

#[test]
fn samples_of_every_kind_lie_from_minus_one_to_one() {
    let eight = wav(1, 1, 8000, 8, &[0, 128, 192]);
    let sixteen = wav(1, 1, 8000, 16, &[0, 0x80, 0, 0, 0, 0x40]);
    let twenty_four = wav(1, 1, 8000, 24, &[0, 0, 0x80, 0, 0, 0, 0, 0, 0x40]);
    let thirty_two = wav(1, 1, 8000, 32, &[0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x40]);
    let floats: Vec<u8> = [-1.0f32, 0.0, 0.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    let floats = wav(3, 1, 8000, 32, &floats);
    let files: [(&str, &[u8]); 5] =
        [("a.wav", &eight), ("b.wav", &sixteen), ("c.wav", &twenty_four), ("d.wav", &thirty_two), ("e.wav", &floats)];
    let table = "file,word\ne.wav,2\nd.wav,0\nc.wav,0\nb.wav,1\na.wav,1\na.wav,2\n";
    let read = sounds(&files, table, &[x(&[3]), y(3)]).unwrap();
    assert_eq!(read.columns[0].values.to_f64(), [-1.0, 0.0, 0.5].repeat(6));
    assert_eq!(read.columns[1].values.to_f64(), [2.0, 0.0, 0.0, 1.0, 1.0, 2.0]);
}

#[test]
fn sounds_are_cut_filled_or_of_their_own_length() {
    let short = wav(1, 1, 8000, 16, &[0, 0x40]);
    let long = wav(1, 1, 8000, 16, &[0, 0xc0, 0, 0, 0, 0x20]);
    let files: [(&str, &[u8]); 2] = [("s.wav", &short), ("l.wav", &long)];
    let read = |field: Field| sounds(&files, "file\ns.wav\nl.wav\n", &[field]).unwrap();
    assert_eq!(read(x(&[2])).columns[0].values.to_f64(), [0.5, 0.0, -0.5, 0.0]);
    let free = read(Field { free: Some("T".into()), ..x(&[]) });
    assert_eq!(free.columns[0].lengths.as_deref(), Some(&[1, 3][..]));
    assert_eq!(free.columns[0].values.to_f64(), [0.5, 0.0, 0.0, -0.5, 0.0, 0.25]);
}

#[test]
fn channels_are_kept_where_they_are_declared_and_averaged_elsewhere() {
    let both = wav(1, 2, 8000, 16, &[0, 0x40, 0, 0, 0, 0x20, 0, 0x60]);
    let read = |field: Field| sounds(&[("s.wav", &both)], "file\ns.wav\n", &[field]);
    assert_eq!(read(x(&[2, 2])).unwrap().columns[0].values.to_f64(), [0.5, 0.0, 0.25, 0.75]);
    assert_eq!(read(x(&[2])).unwrap().columns[0].values.to_f64(), [0.25, 0.5]);
    let message = error(read(x(&[2, 3])));
    assert_eq!(message, "E0707 `s.wav` has 2 channels, and 3 are declared");
}

#[test]
fn broken_sounds_are_named() {
    let fine = wav(1, 1, 8000, 16, &[0, 0, 0, 0]);
    let fast = wav(1, 1, 44100, 16, &[0, 0]);
    let empty = wav(1, 1, 8000, 16, &[]);
    let nan = wav(3, 1, 8000, 32, &f32::NAN.to_le_bytes());
    let cases: [(&[u8], &str); 6] = [
        (&fine[..fine.len() - 2], "E0706 `s.wav` is not a readable WAV file: "),
        (&fine[..20], "E0706 `s.wav` is not a readable WAV file: "),
        (b"no sound", "E0706 `s.wav` is not a readable WAV file: "),
        (&fast, "E0707 `s.wav` has 44100 samples a second, and 8000 are declared"),
        (&empty, "E0709 `s.wav` has no samples"),
        (&nan, "E0703 `s.wav`: a sample of NaN is not a finite number"),
    ];
    for (bytes, expected) in cases {
        let message = error(sounds(&[("s.wav", bytes)], "file\ns.wav\n", &[x(&[2])]));
        assert!(message.starts_with(expected), "{message}");
    }
    assert!(error(sounds(&[], "file\nlost.wav\n", &[x(&[2])])).starts_with("E0701 `lost.wav` cannot be read"));
    assert!(error(sounds(&[], "1\n2\n", &[x(&[2])])).starts_with("E0703 the first column"));
}
