//! Records of TensorBoard's event files: a protocol buffer `tensorflow.Event` in the frame of a TFRecord, whose length
//! and data each carry a masked CRC-32C. (tensorflow/core/util/event.proto, lib/io/record_writer.h)

/// The first record of a file.
pub fn version(seconds: f64) -> Vec<u8> {
    let mut event = time(seconds);
    bytes(&mut event, 3, b"brain.Event:2");
    framed(&event)
}

/// A number under a name: `seconds` since 1970, after so many steps.
pub fn scalar(seconds: f64, step: u64, tag: &str, number: f64) -> Vec<u8> {
    let mut value = vec![];
    bytes(&mut value, 1, tag.as_bytes());
    key(&mut value, 2, FIXED32);
    value.extend((number as f32).to_le_bytes());
    framed(&summary(seconds, step, &value))
}

/// A picture under a name, as the bytes of a PNG file; none if they are those of something else.
pub fn picture(seconds: f64, step: u64, tag: &str, png: &[u8]) -> Option<Vec<u8>> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    // Behind the signature lie length and type of the header, then width and height.
    let side = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?).into());
    let (width, height) = (side(16)?, side(20)?);
    if !png.starts_with(SIGNATURE) {
        return None;
    }
    let mut image = vec![];
    number(&mut image, 1, height);
    number(&mut image, 2, width);
    number(&mut image, 3, RGB);
    bytes(&mut image, 4, png);
    let mut value = vec![];
    bytes(&mut value, 1, tag.as_bytes());
    bytes(&mut value, 4, &image);
    Some(framed(&summary(seconds, step, &value)))
}

/// `Summary.Image.colorspace`
const RGB: u64 = 3;

fn summary(seconds: f64, step: u64, value: &[u8]) -> Vec<u8> {
    let mut values = vec![];
    bytes(&mut values, 1, value);
    let mut event = time(seconds);
    number(&mut event, 2, step);
    bytes(&mut event, 5, &values);
    event
}

/// The beginning of every event.
fn time(seconds: f64) -> Vec<u8> {
    let mut event = vec![];
    key(&mut event, 1, FIXED64);
    event.extend(seconds.to_le_bytes());
    event
}

/// Wire types of protocol buffers.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

fn key(out: &mut Vec<u8>, field: u64, wire: u64) {
    varint(out, field << 3 | wire);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    key(out, field, VARINT);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    key(out, field, LENGTH);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked(crc32c(&length)).to_le_bytes());
    record.extend(data);
    record.extend(masked(crc32c(data)).to_le_bytes());
    record
}

/// A checksum that may itself be part of what a checksum is taken of.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Castagnoli's polynomial, its bits from the lowest power on (RFC 3720, B.4).
fn crc32c(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8)
}

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&rising), 0x46dd_794e);
    }

    /// `tests/reference/records.json` is what the tensorboard package writes.
    #[test]
    fn records_are_those_of_tensorboard() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/records.json");
        let known: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let number = |of: &serde_json::Value, name: &str| of[name].as_f64().unwrap();
        let version = &known["version"];
        assert_eq!(hex(&super::version(number(version, "seconds"))), version["record"].as_str().unwrap());
        for case in known["scalars"].as_array().unwrap() {
            let (step, tag) = (case["step"].as_u64().unwrap(), case["tag"].as_str().unwrap());
            let record = scalar(number(case, "seconds"), step, tag, number(case, "number"));
            assert_eq!(hex(&record), case["record"].as_str().unwrap(), "{tag}");
        }
        let case = &known["picture"];
        let text = case["png"].as_str().unwrap();
        let png: Vec<u8> =
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
        let record = picture(number(case, "seconds"), 300, "runs/drawn", &png).unwrap();
        assert_eq!(hex(&record), case["record"].as_str().unwrap());
    }

    #[test]
    fn a_picture_is_a_png_or_nothing() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        assert_eq!(picture(0.0, 1, "a", &png), None);
        png.extend([0, 0, 0, 7, 0, 0, 0, 5]);
        assert!(picture(0.0, 1, "a", &png).is_some());
        png[1] = b'J';
        assert_eq!(picture(0.0, 1, "a", &png), None);
    }
}
