//! OpenAI's pixels as Gemini's proportions.

use crate::call::{DecodeError, Problem};
use crate::openai::chat::decode::Work;

use super::Method;

/// The proportions of models that talk and draw, as width and height.
const GENERATE: &[(&str, f64)] = &[
    ("1:1", 1.0),
    ("2:3", 2.0 / 3.0),
    ("3:2", 1.5),
    ("3:4", 0.75),
    ("4:3", 4.0 / 3.0),
    ("4:5", 0.8),
    ("5:4", 1.25),
    ("9:16", 9.0 / 16.0),
    ("16:9", 16.0 / 9.0),
    ("21:9", 21.0 / 9.0),
];
/// Imagen's.
const PREDICT: &[(&str, f64)] =
    &[("1:1", 1.0), ("3:4", 0.75), ("4:3", 4.0 / 3.0), ("9:16", 9.0 / 16.0), ("16:9", 16.0 / 9.0)];
/// How far a proportion may be off without anybody noticing.
const NEAR: f64 = 0.01;
/// The largest side of a picture of each size, about.
const SIZES: &[(&str, f64)] = &[("1K", 1_600.0), ("2K", 3_200.0), ("4K", f64::INFINITY)];
/// Nobody asks for more.
const MOST_PIXELS: u32 = 16_384;

/// The proportion and the size to ask for. `large` asks for more than the usual size.
pub(super) fn read(
    work: &mut Work<'_>,
    asked: &str,
    large: bool,
    method: Method,
) -> Result<(Option<&'static str>, Option<&'static str>), DecodeError> {
    let sizes = &work.family.image_sizes;
    let has = |name: &str| sizes.iter().any(|size| size == name);
    let better = if large && has("2K") { Some("2K") } else { None };
    if asked.is_empty() || asked == "auto" {
        return Ok((None, better));
    }
    let Some((width, height)) = pixels(asked) else {
        let asked: String = asked.chars().take(40).collect();
        let message = format!("must be \"auto\" or WIDTHxHEIGHT in pixels, such as 1024x1024, not {asked:?}");
        return Err(DecodeError::new(Problem::Invalid, "size", message));
    };
    let known = if method == Method::Predict { PREDICT } else { GENERATE };
    let proportion = width / height;
    // Proportions are compared as people see them: 2:1 is as far from 1:1 as 1:2.
    let distance = |ratio: f64| (ratio / proportion).ln().abs();
    let nearest = known.iter().min_by(|one, other| distance(one.1).total_cmp(&distance(other.1)));
    let Some((name, ratio)) = nearest else { return Ok((None, better)) };
    if distance(*ratio) > NEAR {
        work.warnings.add("size", format!("the nearest proportion of {} is {name}", work.model));
    }
    let wanted = SIZES.iter().find(|(_, side)| width.max(height) <= *side).map_or("4K", |(size, _)| *size);
    let larger = wanted != "1K";
    let size = if larger && has(wanted) { Some(wanted) } else { better };
    if larger && size != Some(wanted) {
        let got = size.unwrap_or("about 1024 pixels");
        work.warnings.add("size", format!("{} makes pictures of {got}", work.model));
    }
    Ok((Some(name), size))
}

/// `1024x1536` as width and height.
fn pixels(asked: &str) -> Option<(f64, f64)> {
    let (width, height) = asked.split_once(['x', 'X'])?;
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (1..=MOST_PIXELS).contains(side)).map(f64::from);
    side(width).zip(side(height))
}
