//! Numbers as people read them.

/// `25,557,032`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1.05 M`
pub fn short(number: u64) -> String {
    scaled(number, 1000.0, ["", " k", " M", " G", " T"])
}

/// `37.5 KiB`
pub fn bytes(number: u64) -> String {
    scaled(number, 1024.0, [" B", " KiB", " MiB", " GiB", " TiB"])
}

/// Three digits and the unit that leaves them in front of the point.
fn scaled(number: u64, step: f64, units: [&str; 5]) -> String {
    let mut value = number as f64;
    let mut unit = 0;
    while value >= step * 0.9995 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let digits = match value {
        _ if unit == 0 => 0,
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!([7, 1000, 25_557_032].map(grouped), ["7", "1,000", "25,557,032"]);
    }

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0, 999, 1000, 1_234_567, 99_960, 999_600].map(short);
        assert_eq!(shown, ["0", "999", "1.00 k", "1.23 M", "100 k", "1.00 M"]);
        assert_eq!([1023, 1024, 38_440].map(bytes), ["1023 B", "1.00 KiB", "37.5 KiB"]);
    }
}
