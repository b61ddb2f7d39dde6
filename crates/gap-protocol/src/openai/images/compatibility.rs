//! What becomes of each property of requests for pictures.

use crate::openai::chat::compatibility::{Entry, kept, mapped, refused, warned};

const NO_MODERATION: &str = "has no equal; see Gemini's safety settings";
const NO_TRANSPARENCY: &str = "Gemini makes no transparent pictures";

/// The properties of `POST /v1/images/generations`.
pub const GENERATIONS: &[Entry] = &[
    refused(
        "background",
        &["\"auto\"", "\"opaque\""],
        NO_TRANSPARENCY,
        "`transparent` is refused, Gemini makes no such pictures; `auto` and `opaque` are what it does",
    ),
    mapped("model", "the model. Those that talk and draw are asked by `generateContent`, Imagen by `predict`"),
    warned("moderation", &["\"auto\""], NO_MODERATION, "no equal; `auto` is what Gemini does"),
    kept("n", "1 to 10: as many calls as it takes, four at a time"),
    mapped("output_compression", "`compressionQuality`, for jpeg of Imagen; else a warning"),
    mapped(
        "output_format",
        "`outputOptions.mimeType` of Imagen (png, jpeg). Other models choose by themselves: a warning; the answer names the format",
    ),
    kept("partial_images", "taken; Google sends pictures whole, so that there are no sketches of them"),
    mapped("prompt", "the user's turn"),
    mapped("quality", "`high` and `hd` ask for `2K` where the model has it, else a warning; so is `low`"),
    kept(
        "response_format",
        "`b64_json`, also where nothing is said. `url` gets a `data:` address with the picture in it, and a warning: nothing is stored",
    ),
    mapped(
        "size",
        "the nearest of the model's proportions (`aspectRatio`), and `imageSize` above 1600 pixels where the model has it; else a warning. The answer tells the size of the picture",
    ),
    kept("stream", "events: `image_generation.completed` for each picture, with keep-alives before"),
    warned("style", &[], "has no equal; say it in the prompt", "no equal; say it in the prompt"),
    warned("user", &["\"\""], "is not sent on", "no equal"),
];

/// The properties of `POST /v1/images/edits`, a form.
pub const EDITS: &[Entry] = &[
    refused("background", &["\"auto\"", "\"opaque\""], NO_TRANSPARENCY, "as for generations: `transparent` is refused"),
    mapped("image", "one file, or up to 16 (`image[]`): PNG, JPEG, WebP, HEIC, by their bytes"),
    warned(
        "input_fidelity",
        &["\"low\""],
        "has no equal; say in the prompt what is to stay as it is",
        "no equal; say in the prompt what is to stay as it is",
    ),
    refused(
        "mask",
        &[],
        "Gemini takes no masks",
        "refused: Gemini takes none. Say in the prompt what is to be changed",
    ),
    mapped("model", "a model that talks and draws; Imagen is refused, it makes new pictures only"),
    kept("n", "as for generations"),
    mapped("output_compression", "a warning: see `output_format`"),
    mapped("output_format", "a warning: the model chooses; the answer names the format"),
    kept("partial_images", "as for generations"),
    mapped("prompt", "the user's words, behind the pictures"),
    mapped("quality", "as for generations"),
    kept("response_format", "as for generations"),
    mapped("size", "as for generations; without it the model keeps the proportions of the first picture"),
    kept("stream", "events: `image_edit.completed`"),
    warned("user", &["\"\""], "is not sent on", "no equal"),
];

pub(super) fn find_generation(name: &str) -> Option<&'static Entry> {
    GENERATIONS.iter().find(|entry| entry.name == name)
}

pub(super) fn find_edit(name: &str) -> Option<&'static Entry> {
    EDITS.iter().find(|entry| entry.name == name)
}
