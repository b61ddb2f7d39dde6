//! What caching by itself costs, beside the cheapest plan that somebody could have made who knew all requests beforehand.

use std::time::Duration;

use serde_json::{Value, json};

use super::{options, pass, turn};
use crate::support::client::eventually;
use crate::support::{TestApp, UNARY};

const TURNS: usize = 10;
/// `GAP_TEST_CONVERSATIONS` asks for more.
const CONVERSATIONS: usize = 30;
/// Between two requests.
const STEP: Duration = Duration::from_secs(2);
const KEYS: [&str; 10] = [
    "sim-upstream-00",
    "sim-upstream-01",
    "sim-upstream-02",
    "sim-upstream-03",
    "sim-upstream-04",
    "sim-upstream-05",
    "sim-upstream-06",
    "sim-upstream-07",
    "sim-upstream-08",
    "sim-upstream-09",
];
/// Dollars for a token of gemini-2.5-flash.
const INPUT: f64 = 0.30e-6;
const CACHED: f64 = 0.03e-6;
/// And for an hour.
const STORAGE: f64 = 1.00e-6;

fn conversations() -> usize {
    let asked = std::env::var_os("GAP_TEST_CONVERSATIONS").and_then(|count| count.into_string().ok()?.parse().ok());
    asked.unwrap_or(CONVERSATIONS)
}

/// What the simulator counts for a text.
fn tokens(text: &str) -> f64 {
    f64::from(u32::try_from(text.len().div_ceil(4)).unwrap())
}

/// What the requests of one conversation cost by the cheapest plan when its shared beginning of `root` tokens is in a
/// cache: `prompts` are the tokens of each request's turns. At each request it may be put into a cache of its own, which
/// then serves the rest; all such plans are tried. Rent is left out, to the advantage of the plan.
fn cheapest(root: f64, prompts: &[f64]) -> f64 {
    let plain: f64 = prompts.iter().map(|turns| root * CACHED + turns * INPUT).sum();
    let cached_from = |at: usize| {
        let held = root + prompts[at];
        let before: f64 = prompts[..at].iter().map(|turns| root * CACHED + turns * INPUT).sum();
        let after = prompts[at..].iter().map(|turns| held.min(root + turns) * CACHED + (turns - prompts[at]) * INPUT);
        before + held * INPUT + after.sum::<f64>()
    };
    (0..prompts.len()).map(cached_from).fold(plain, f64::min)
}

#[tokio::test(flavor = "multi_thread")]
async fn caching_by_itself_costs_little_more_than_the_cheapest_plan() {
    let count = conversations();
    let app = TestApp::with().options(options(&KEYS)).set("cache.native", "true").start().await;
    let rules = format!("Rules of the house. {}", "Everybody gets these. ".repeat(1_500));
    let mut talks: Vec<Vec<Value>> =
        (0..count).map(|number| vec![turn("user", &format!("I am number {number}."))]).collect();
    let mut prompts: Vec<Vec<f64>> = vec![Vec::new(); count];
    let began = app.clock.now();
    for round in 0..TURNS {
        for (number, talk) in talks.iter_mut().enumerate() {
            let body = json!({ "systemInstruction": { "parts": [{ "text": rules }] }, "contents": talk });
            let reply = app.post(UNARY, body.to_string()).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            let reply = reply.json();
            let prompt = reply["usageMetadata"]["promptTokenCount"].as_f64().unwrap();
            prompts[number].push(prompt - tokens(&rules));
            talk.push(reply["candidates"][0]["content"].clone());
            talk.push(turn("user", &format!("And {round}?")));
            // A cache is there a moment after it was wanted.
            eventually("orders are done", || app.app.caches.open_orders() == 0).await;
            pass(&app, STEP);
        }
    }
    let hours = app.clock.now().duration_since(began).as_secs_f64() / 3_600.0;
    let account = app.sim.accounts().values().fold(gap_sim::Account::default(), |all, one| all.plus(one));
    let output = account.output_tokens as f64 * 2.50e-6;
    let root = tokens(&rules);
    let turns: f64 = prompts.iter().map(|prompts| cheapest(root, prompts)).sum();
    let roots = root * (INPUT + STORAGE * hours);
    let (paid, best) = (account.dollars(), roots + turns + output);
    let uncached: f64 = account.prompt_tokens as f64 * INPUT + output;
    println!(
        "{count} conversations: paid {paid:.4} dollars, {:.4} of them for {} caches; the cheapest plan {best:.4} ({:+.2} %); \
         without caches {uncached:.4}; {:.4} of the prompts from caches",
        account.cache_dollars,
        account.caches,
        (paid / best - 1.0) * 100.0,
        account.explicit_tokens as f64 / account.prompt_tokens as f64,
    );
    assert!(uncached > 2.0 * best, "the measure measures");
    assert!(paid <= 1.05 * best, "paid {paid}, and {best} would have done");
}
