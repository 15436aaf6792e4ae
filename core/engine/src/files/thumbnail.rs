//! Small pictures of pictures. Decoded within limits, and one at a time, so that no upload fills the memory.

use crate::input::field;
use cardea_domain::Refusal;
use cardea_domain::media::MediaType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use parking_lot::Mutex;
use std::io::Cursor;

/// Pixels of the longer side.
const SIDE: u32 = 320;
const LONGEST_SIDE: u32 = 12_000;
const MOST_MEMORY: u64 = 192 << 20;

static ONE: Mutex<()> = Mutex::new(());

/// A JPEG of at most 320 × 320, upright; None for what is no picture.
///
/// # Errors
/// `field_invalid`: a picture that can't be decoded or is too large.
pub(super) fn of(kind: MediaType, bytes: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let format = match kind {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::Webp => ImageFormat::WebP,
        _ => return Ok(None),
    };
    let _one = ONE.lock();
    let made = decoded(format, bytes).and_then(|picture| {
        let mut small = Cursor::new(Vec::new());
        let rgb = DynamicImage::ImageRgb8(picture.thumbnail(SIDE, SIDE).to_rgb8());
        rgb.write_to(&mut small, ImageFormat::Jpeg)?;
        Ok(small.into_inner())
    });
    let (zh, en) = (
        "图片已损坏，或边长超过 12000 像素",
        "The picture is damaged, or longer than 12 000 pixels",
    );
    made.map(Some).map_err(|_| field("/content", zh, en))
}

fn decoded(format: ImageFormat, bytes: &[u8]) -> image::ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_arc_1_pictures_get_small_ones_and_bombs_none() {
        let mut png = Cursor::new(Vec::new());
        let picture = DynamicImage::new_rgba8(800, 400);
        picture.write_to(&mut png, ImageFormat::Png).expect("a picture");
        let png = png.into_inner();
        let small = of(MediaType::Png, &png).expect("a picture").expect("a small one");
        let small = image::load_from_memory_with_format(&small, ImageFormat::Jpeg).expect("a JPEG");
        assert_eq!((small.width(), small.height()), (320, 160));
        // A header that promises 60 000 × 60 000 pixels.
        let mut bomb = png.clone();
        bomb[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
        assert!(of(MediaType::Png, &bomb).is_err());
        assert!(of(MediaType::Png, &png[..60]).is_err());
        assert_eq!(of(MediaType::Pdf, b"%PDF-1.7").expect("no picture"), None);
    }
}
