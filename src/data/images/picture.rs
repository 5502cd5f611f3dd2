//! One picture: decoded, turned as its camera was held, brought to the channels and the size of its field.

use super::super::quoted;
use super::Wrong;
use crate::io::Files;
use crate::tir::{Field, Resize};
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage};
use std::io::Cursor;

/// What a field holds: `[height, width]`, or `[channels, height, width]` with grey, RGB or RGBA.
pub struct Frame {
    channels: usize,
    height: u32,
    width: u32,
    resize: Option<Resize>,
}

impl Frame {
    /// The checker knows the shapes of pictures.
    pub fn of(field: &Field, resize: Option<Resize>) -> Frame {
        let (channels, height, width) = match field.shape[..] {
            [height, width] => (1, height, width),
            [channels, height, width] => (channels, height, width),
            _ => unreachable!("a picture has two or three axes"),
        };
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Frame { channels, height: side(height), width: side(width), resize }
    }
}

/// The levels of a file, channel by channel.
pub fn read(files: &Files, place: &str, frame: &Frame) -> Result<Vec<u8>, Wrong> {
    let bytes = files.read(place);
    let bytes = bytes.map_err(|error| Wrong::new("E0701", format!("{} cannot be read: {error}", quoted(place))))?;
    let picture = decode(&bytes)
        .map_err(|what| Wrong::new("E0706", format!("{} is not a readable picture: {what}", quoted(place))))?;
    // Four channels of 8 bits hold whatever the file has; which of them are wanted is the field's to say.
    let picture = fitted(picture.into_rgba8(), place, frame)?;
    Ok(levels(&picture, frame.channels))
}

/// What the file is, is told by its first bytes and not by its name.
fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let told = |error: image::ImageError| error.to_string();
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err("it begins as neither PNG nor JPEG does".to_string());
    }
    let mut decoder = reader.into_decoder().map_err(told)?;
    let orientation = decoder.orientation().map_err(told)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(told)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn fitted(picture: RgbaImage, place: &str, frame: &Frame) -> Result<RgbaImage, Wrong> {
    let (width, height) = picture.dimensions();
    if (width, height) == (frame.width, frame.height) {
        return Ok(picture);
    }
    let Some(resize) = frame.resize else {
        let message = format!(
            "{} is {height} pixels high and {width} wide, and {} by {} are declared",
            quoted(place),
            frame.height,
            frame.width
        );
        return Err(Wrong::new("E0707", message).help(
            "`resize: \"crop\"` scales pictures and cuts off what stands out, `\"pad\"` fills up with black, `\"stretch\"` \
             changes their form",
        ));
    };
    let (down, across) = (f64::from(frame.height) / f64::from(height), f64::from(frame.width) / f64::from(width));
    let scale = match resize {
        Resize::Stretch => return Ok(scaled(&picture, frame.width, frame.height)),
        Resize::Crop => down.max(across),
        Resize::Pad => down.min(across),
    };
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    let (wide, high) = match resize {
        // What fits exactly must not miss by a rounding.
        Resize::Crop => (side(width).max(frame.width), side(height).max(frame.height)),
        _ => (side(width).min(frame.width), side(height).min(frame.height)),
    };
    let scaled = scaled(&picture, wide, high);
    if resize == Resize::Crop {
        let (left, top) = ((wide - frame.width) / 2, (high - frame.height) / 2);
        return Ok(imageops::crop_imm(&scaled, left, top, frame.width, frame.height).to_image());
    }
    let mut whole = RgbaImage::from_pixel(frame.width, frame.height, image::Rgba([0, 0, 0, 255]));
    let (left, top) = ((frame.width - wide) / 2, (frame.height - high) / 2);
    imageops::replace(&mut whole, &scaled, left.into(), top.into());
    Ok(whole)
}

/// By a triangle as wide as the pixels that become one, so that fine patterns do not turn into coarse ones.
fn scaled(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    imageops::resize(picture, width, height, FilterType::Triangle)
}

/// Channel by channel: RGBA, RGB without its cover, or the brightness of Rec. 601 rounded as Pillow does it.
fn levels(picture: &RgbaImage, channels: usize) -> Vec<u8> {
    if channels == 1 {
        let grey = |&image::Rgba([r, g, b, _]): &image::Rgba<u8>| {
            let sum = 19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b) + 0x8000;
            (sum >> 16) as u8
        };
        return picture.pixels().map(grey).collect();
    }
    (0..channels).flat_map(|channel| picture.pixels().map(move |pixel| pixel.0[channel])).collect()
}
