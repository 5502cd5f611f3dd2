//! Places: bytes of a text, and the lines and UTF-16 columns of the protocol; paths, and the URIs of the protocol.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::{Position, Range, Uri};

use crate::base::Span;

/// A text with the beginnings of its lines.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub text: String,
    starts: Vec<usize>,
    /// The ends of all characters that take more bytes than units of UTF-16, each with how many more there are up to it: what
    /// stands far back in a long line is found without reading the line.
    wide: Vec<(usize, usize)>,
}

impl Text {
    pub fn new(text: String) -> Text {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut more = 0;
        let wide = text.char_indices().filter(|(_, c)| !c.is_ascii());
        let wide = wide.map(|(at, c)| {
            more += c.len_utf8() - c.len_utf16();
            (at + c.len_utf8(), more)
        });
        let wide = wide.collect();
        Text { text, starts, wide }
    }

    /// Where a byte stands; behind the end, the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let column = self.units(offset) - self.units(self.starts[line]);
        Position::new(line as u32, column as u32)
    }

    /// How many units of UTF-16 are in front of a byte.
    fn units(&self, offset: usize) -> usize {
        let wide = self.wide.partition_point(|&(end, _)| end <= offset);
        offset - wide.checked_sub(1).map_or(0, |at| self.wide[at].1)
    }

    /// The byte at a place; behind the end of a line, the end of the line.
    pub fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let mut column = 0;
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        for (at, c) in content.char_indices() {
            if column >= position.character {
                return start + at;
            }
            column += c.len_utf16() as u32;
        }
        start + content.len()
    }

    pub fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.lo as usize), self.position(span.hi as usize))
    }

    /// The word that a byte stands in or behind.
    pub fn word(&self, offset: usize) -> std::ops::Range<usize> {
        let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
        let offset = offset.min(self.text.len());
        let length =
            |chars: &mut dyn Iterator<Item = char>| chars.take_while(is_word).map(char::len_utf8).sum::<usize>();
        let before = length(&mut self.text[..offset].chars().rev());
        let behind = length(&mut self.text[offset..].chars());
        offset - before..offset + behind
    }
}

/// The file that a `file:` URI names.
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // A host, as in `file://localhost/x`, says nothing more.
    let path = &rest[rest.find('/')?..];
    let mut bytes = vec![];
    let mut raw = path.bytes();
    while let Some(byte) = raw.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [raw.next()?, raw.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/x` of Windows.
    let drive = path.as_bytes().get(2) == Some(&b':') && path.as_bytes()[1].is_ascii_alphabetic();
    Some(PathBuf::from(if drive { &path[1..] } else { &path }))
}

/// The URI of a file.
pub fn uri(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace('\\', "/");
    let mut out = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    Uri::from_str(&out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_halves_of_characters_that_take_two() {
        let text = Text::new("a\u{1f600}b\r\nç = 1".to_string());
        let at = text.text.find('b').expect("a b");
        assert_eq!(text.position(at), Position::new(0, 3));
        assert_eq!(text.offset(Position::new(0, 3)), at);
        assert_eq!(text.offset(Position::new(0, 99)), at + 1);
        assert_eq!(text.position(text.text.len()), Position::new(1, 5));
        assert_eq!(text.offset(Position::new(7, 0)), text.text.len());
        for offset in
            (0..text.text.len()).filter(|at| text.text.is_char_boundary(*at) && text.text.as_bytes()[*at] != b'\n')
        {
            assert_eq!(text.offset(text.position(offset)), offset);
        }
    }

    #[test]
    fn a_path_comes_back_from_its_uri() {
        for name in ["/a b/ç.dln", "/x/50%.dln", "/plain.dln"] {
            let uri = uri(Path::new(name)).expect("a uri");
            assert_eq!(path(&uri), Some(PathBuf::from(name)), "{}", uri.as_str());
        }
        assert_eq!(path(&Uri::from_str("untitled:Untitled-1").expect("a uri")), None);
    }

    #[test]
    fn a_word_is_found_from_its_middle_and_its_end() {
        let text = Text::new("let net_1 = relu".to_string());
        assert_eq!(text.word(6), 4..9);
        assert_eq!(text.word(9), 4..9);
        assert_eq!(text.word(10), 10..10);
    }
}
