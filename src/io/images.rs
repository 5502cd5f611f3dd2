//! Pictures as PNG: a batch of them as one grid.

use super::Files;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Data, Tensor};
use png::ColorType;

/// Black pixels between two pictures.
const GAP: usize = 2;

/// Writes `[N, C, H, W]` (C is 1 for grey, 3 for RGB, 4 for RGBA) or `[N, H, W]` as a grid with about as many rows as
/// columns, filled row by row. Floats go from 0, black, to 1, full; what lies outside is cut off, and NaN is black.
/// Whole numbers are taken as levels from 0 to 255.
pub fn save_images(files: &Files, path: &str, images: &Tensor, span: Span) -> Result<(), Diagnostic> {
    let grid = Grid::of(&images.shape).ok_or_else(|| no_images(&images.shape, span))?;
    let pixels = grid.draw(&levels(&images.data));
    let written = encode(&grid, &pixels)
        .map_err(|error| error.to_string())
        .and_then(|bytes| files.write(path, &bytes).map_err(|error| error.to_string()));
    written.map_err(|error| {
        Diagnostic::error("E0903", span, format!("`{path}` cannot be written: {error}"), "written here")
    })
}

/// Where pictures go.
struct Grid {
    count: usize,
    color: ColorType,
    channels: usize,
    height: usize,
    width: usize,
    columns: usize,
    rows: usize,
}

impl Grid {
    fn of(shape: &[usize]) -> Option<Grid> {
        let (count, channels, height, width) = match *shape {
            [n, h, w] => (n, 1, h, w),
            [n, c, h, w] => (n, c, h, w),
            _ => return None,
        };
        let color = match channels {
            1 => ColorType::Grayscale,
            3 => ColorType::Rgb,
            4 => ColorType::Rgba,
            _ => return None,
        };
        if count == 0 || height == 0 || width == 0 {
            return None;
        }
        let columns = (1..=count).find(|c| c * c >= count)?;
        let rows = count.div_ceil(columns);
        Some(Grid { count, color, channels, height, width, columns, rows })
    }

    /// The size of the whole picture, (height, width).
    fn size(&self) -> (usize, usize) {
        let side = |n: usize, size: usize| n * (size + GAP) - GAP;
        (side(self.rows, self.height), side(self.columns, self.width))
    }

    /// From `[N, C, H, W]` to rows of pixels with interleaved channels.
    fn draw(&self, levels: &[u8]) -> Vec<u8> {
        let (height, width) = self.size();
        let mut pixels = vec![0; height * width * self.channels];
        let plane = self.height * self.width;
        for image in 0..self.count {
            let top = image / self.columns * (self.height + GAP);
            let left = image % self.columns * (self.width + GAP);
            for (channel, y, x) in (0..self.channels)
                .flat_map(|c| (0..self.height).flat_map(move |y| (0..self.width).map(move |x| (c, y, x))))
            {
                let from = (image * self.channels + channel) * plane + y * self.width + x;
                let to = ((top + y) * width + left + x) * self.channels + channel;
                pixels[to] = levels[from];
            }
        }
        pixels
    }
}

fn levels(data: &Data) -> Vec<u8> {
    match data {
        Data::F16(v) => v.iter().map(|&x| level(x.into())).collect(),
        Data::Bf16(v) => v.iter().map(|&x| level(x.into())).collect(),
        Data::F32(v) => v.iter().map(|&x| level(x.into())).collect(),
        Data::F64(v) => v.iter().map(|&x| level(x)).collect(),
        Data::I32(v) => v.iter().map(|&x| x.clamp(0, 255) as u8).collect(),
        Data::I64(v) => v.iter().map(|&x| x.clamp(0, 255) as u8).collect(),
        Data::U8(v) => v.clone(),
        Data::Bool(v) => v.iter().map(|&x| if x { 255 } else { 0 }).collect(),
    }
}

/// The conversion saturates, and takes NaN to 0.
fn level(x: f64) -> u8 {
    (x * 255.0).round() as u8
}

fn encode(grid: &Grid, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let (height, width) = grid.size();
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, side(width), side(height));
    encoder.set_color(grid.color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

fn no_images(shape: &[usize], span: Span) -> Diagnostic {
    Diagnostic::error("E0904", span, format!("{shape:?} is no batch of pictures"), "saved here")
        .note("pictures are [N, H, W], or [N, C, H, W] with 1, 3 or 4 channels, none of them empty")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DType;

    /// Size (width, height), colour and pixels of a picture, read back.
    fn drawn(images: &Tensor) -> (u32, u32, ColorType, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::at(dir.path());
        save_images(&files, "runs/1.png", images, Span::none()).unwrap();
        let bytes = files.read("runs/1.png").unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes[..])).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        pixels.truncate(info.buffer_size());
        (info.width, info.height, info.color_type, pixels)
    }

    #[test]
    fn grey_pictures_lie_in_a_grid() {
        let images = Tensor::from_f64(DType::F32, &[3, 1, 2], &[0.0, 1.0, 0.5, 2.0, -1.0, f64::NAN]);
        let (width, height, color, pixels) = drawn(&images);
        assert_eq!((width, height, color), (6, 4, ColorType::Grayscale));
        #[rustfmt::skip]
        let expected = [
            0, 255, 0, 0, 128, 255,
            0,   0, 0, 0,   0,   0,
            0,   0, 0, 0,   0,   0,
            0,   0, 0, 0,   0,   0,
        ];
        assert_eq!(pixels, expected);
    }

    #[test]
    fn channels_are_interleaved() {
        let images = Tensor::from_f64(DType::U8, &[1, 3, 1, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(drawn(&images), (2, 1, ColorType::Rgb, vec![1, 3, 5, 2, 4, 6]));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let files = Files::at("nowhere");
        for shape in [&[4][..], &[1, 2, 2, 2], &[0, 2, 2], &[1, 1, 0, 2]] {
            let images = Tensor::zeros(DType::F32, shape);
            assert_eq!(save_images(&files, "x.png", &images, Span::none()).unwrap_err().code, "E0904");
        }
    }
}
