//! Characters that look like ASCII and are others: letters of other scripts, full-width forms, marks of word processors.

use std::borrow::Cow;

/// The ASCII character that this one looks like, and what it is.
pub fn of(c: char) -> Option<(char, &'static str)> {
    if c.is_ascii() {
        return None;
    }
    // The full-width forms stand in the order of ASCII.
    if let '\u{ff01}'..='\u{ff5e}' = c {
        return char::from_u32(c as u32 - 0xff01 + 0x21).map(|ascii| (ascii, "full-width"));
    }
    TABLE.iter().find_map(|(what, others, ascii)| {
        let place = others.chars().position(|other| other == c)?;
        ascii.chars().nth(place).or(ascii.chars().last()).map(|ascii| (ascii, *what))
    })
}

/// What they are, the characters, and in the same order what they look like; the last one goes on for the rest.
const TABLE: &[(&str, &str, &str)] = &[
    ("Cyrillic", "аеорсхуіјѕԁһԛԝ", "aeopcxyijsdhqw"),
    ("Cyrillic", "АВЕКМНОРСТХУІЈЅԌ", "ABEKMHOPCTXYIJSG"),
    ("Greek", "οΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "oABEZHIKMNOPTYX"),
    ("a Greek question mark", "\u{37e}", ";"),
    ("an ideographic mark", "、。「」【】〔〕《》", ",.[][][]<>"),
    ("a dash", "\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}", "-"),
    ("a mathematical sign", "\u{2217}\u{2215}\u{2236}\u{223c}\u{2223}", "*/:~|"),
    ("a blank of another width", "\u{a0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}", " "),
    ("a blank of another width", "\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}", " "),
    ("a character without width", "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}", " "),
];

/// A word with ASCII in the place of letters that look like it, where ASCII letters stand beside them: `αx` is a name,
/// and so is a word of another script; `rеlu` with one Cyrillic letter is a mistake.
pub fn plain(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return Cow::Borrowed(word);
    }
    let parts = word.split('_').map(|part| {
        let latin = part.chars().any(|c| c.is_ascii_alphabetic());
        let alike = part.chars().all(|c| c.is_ascii() || of(c).is_some());
        let full = part.chars().any(|c| of(c).is_some_and(|(_, what)| what == "full-width"));
        match alike && (latin || full) {
            true => part.chars().map(|c| of(c).map_or(c, |(ascii, _)| ascii)).collect(),
            false => part.to_string(),
        }
    });
    Cow::Owned(parts.collect::<Vec<String>>().join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_for_one() {
        for (_, others, ascii) in TABLE {
            let (others, count) = (others.chars().count(), ascii.chars().count());
            assert!(count == others || count == 1, "{ascii}");
        }
        assert_eq!(of('（'), Some(('(', "full-width")));
        assert_eq!(of('９'), Some(('9', "full-width")));
        assert_eq!(of('х'), Some(('x', "Cyrillic")));
        assert_eq!(of('\u{2014}'), Some(('-', "a dash")));
        assert_eq!(of('x'), None);
        assert_eq!(of('ж'), None);
    }

    #[test]
    fn words_of_another_script_are_words() {
        assert_eq!(plain("r\u{435}lu"), "relu");
        assert_eq!(plain("ｒｅｌｕ"), "relu");
        for word in ["потеря", "loss_на", "α", "αx", "Δo", "naïve"] {
            assert_eq!(plain(word), word);
        }
    }
}
