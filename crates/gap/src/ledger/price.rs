//! What a request costs, by Google's list prices in the table of models.
//!
//! Prices are in USD per million tokens there and in billionths of a dollar here, so a token at one dollar per million is
//! 1,000 of ours. Some models cost more for long prompts; sound and images have prices of their own. Where a price is not
//! known, nothing is charged for it: a made-up sum would be worse than none.

use gap_protocol::meter::Usage;
use gap_protocol::models::Prices;

/// What a request cost and what it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// In billionths of a dollar.
    pub cost_nanos: u64,
    /// What was not paid because it came from a cache.
    pub saved_nanos: u64,
}

/// Billionths of a dollar for a token at one dollar per million.
const NANOS: f64 = 1_000.0;

/// The bill for `usage`. A project that is known to pay nothing (`free`) is billed nothing, and saves nothing.
pub fn bill(prices: &Prices, usage: &Usage, free: bool) -> Bill {
    let (Some(input), false) = (prices.input, free) else { return Bill::default() };
    let long = prices.long_from.is_some_and(|from| usage.prompt >= from);
    let of_length = |long_price: Option<f64>, price: f64| if long { long_price.unwrap_or(price) } else { price };
    let input = of_length(prices.long_input, input);
    let sound = if long { input } else { prices.input_audio.unwrap_or(input) };
    let cached = of_length(prices.long_cached, prices.cached.unwrap_or(input));
    // Of sound the cache takes off the same share.
    let cached_sound = cached * ratio(sound, input);
    let output = of_length(prices.long_output, prices.output.unwrap_or(0.0));
    let output_image = prices.output_image.unwrap_or(output);
    let output_sound = prices.output_audio.unwrap_or(output);

    let cached_tokens = usage.cached.min(usage.prompt);
    let sound_cached = usage.cached_by_modality.audio.min(cached_tokens);
    let fresh = usage.prompt - cached_tokens;
    let sound_fresh = usage.prompt_by_modality.audio.saturating_sub(sound_cached).min(fresh);
    let said = usage.candidates_by_modality;
    let images = said.image.min(usage.candidates);
    let sounds = said.audio.min(usage.candidates - images);
    let words = usage.candidates - images - sounds;

    let cost = tokens(fresh - sound_fresh) * input
        + tokens(sound_fresh) * sound
        + tokens(cached_tokens - sound_cached) * cached
        + tokens(sound_cached) * cached_sound
        + tokens(usage.tool_use_prompt) * input
        + (tokens(words) + tokens(usage.thoughts)) * output
        + tokens(images) * output_image
        + tokens(sounds) * output_sound;
    let saved = tokens(cached_tokens - sound_cached) * (input - cached) + tokens(sound_cached) * (sound - cached_sound);
    Bill { cost_nanos: nanos(cost), saved_nanos: nanos(saved) }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 1.0 }
}

fn tokens(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates, and NaN is 0")]
fn nanos(dollars_per_million: f64) -> u64 {
    (dollars_per_million * NANOS).round() as u64
}

#[cfg(test)]
mod tests {
    use gap_protocol::meter::Modalities;
    use gap_protocol::models::ModelTable;

    use super::*;

    fn billed(model: &str, usage: &Usage) -> (u64, u64) {
        let table = ModelTable::built_in().unwrap();
        let Bill { cost_nanos, saved_nanos } = bill(&table.find(model).prices, usage, false);
        (cost_nanos, saved_nanos)
    }

    #[test]
    fn a_cache_saves_the_difference() {
        let usage = Usage { prompt: 10_000, cached: 8_000, candidates: 100, thoughts: 50, ..Usage::default() };
        // 2,000 at 0.30 + 8,000 at 0.03 + 150 at 2.50 = 0.6 + 0.24 + 0.375 thousandths of a dollar.
        assert_eq!(billed("gemini-2.5-flash", &usage), (1_215_000, 2_160_000));
    }

    #[test]
    fn long_prompts_cost_more_from_the_step_on() {
        let of = |prompt| billed("gemini-2.5-pro", &Usage { prompt, candidates: 1_000, ..Usage::default() }).0;
        assert_eq!(of(200_000), 200_000 * 1_250 + 1_000 * 10_000);
        assert_eq!(of(200_001), 200_001 * 2_500 + 1_000 * 15_000);
    }

    #[test]
    fn sound_and_images_have_prices_of_their_own() {
        let sound = Modalities { audio: 1_000, ..Modalities::default() };
        let heard = Usage { prompt: 1_500, prompt_by_modality: sound, ..Usage::default() };
        assert_eq!(billed("gemini-2.5-flash", &heard).0, 500 * 300 + 1_000 * 1_000);
        let image = Modalities { image: 1_290, ..Modalities::default() };
        let drawn = Usage { candidates: 1_290, candidates_by_modality: image, ..Usage::default() };
        assert_eq!(billed("gemini-2.5-flash-image", &drawn).0, 1_290 * 30_000);
    }

    #[test]
    fn what_is_free_or_unknown_costs_nothing() {
        let usage = Usage { prompt: 10, cached: 20, candidates: 5, ..Usage::default() };
        assert_eq!(billed("somebody-elses-model", &usage), (0, 0));
        let table = ModelTable::built_in().unwrap();
        assert_eq!(bill(&table.find("gemini-2.5-flash").prices, &usage, true), Bill::default());
        // Counts that contradict each other are no reason for nonsense.
        assert_eq!(billed("gemini-2.5-flash", &usage).0, 10 * 30 + 5 * 2_500);
    }
}
