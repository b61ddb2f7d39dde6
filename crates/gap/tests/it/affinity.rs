//! What Google's implicit cache gives when conversations are spread over many projects.

use gap_sim::{ImplicitCache, Options};
use serde_json::{Value, json};

use crate::support::{TestApp, UNARY};

const TURNS: usize = 10;
/// `GAP_TEST_CONVERSATIONS` asks for more.
const CONVERSATIONS: usize = 30;
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

fn conversations() -> usize {
    let asked = std::env::var_os("GAP_TEST_CONVERSATIONS").and_then(|count| count.into_string().ok()?.parse().ok());
    asked.unwrap_or(CONVERSATIONS)
}

fn turn(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [{ "text": text }] })
}

/// Tokens of prompts, and how many of them were cached, when conversations with a long beginning of their own go on side
/// by side.
async fn measure(keys: &[&str]) -> (u64, u64) {
    let options =
        Options { implicit_cache: Some(ImplicitCache::default()), ..Options::with_keys(keys.iter().copied()) };
    let app = TestApp::with().options(options).start().await;
    let shared = "The house rules, which everybody gets. ".repeat(60);
    let begin = |number| turn("user", &format!("{shared} My number is {number}. {}", "And so on. ".repeat(400)));
    let mut talks: Vec<Vec<Value>> = (0..conversations()).map(|number| vec![begin(number)]).collect();
    let (mut prompt, mut cached) = (0, 0);
    for round in 0..TURNS {
        for talk in &mut talks {
            let reply = app.post(UNARY, json!({ "contents": talk }).to_string()).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            let reply = reply.json();
            let usage = &reply["usageMetadata"];
            prompt += usage["promptTokenCount"].as_u64().unwrap();
            cached += usage["cachedContentTokenCount"].as_u64().unwrap_or(0);
            talk.push(reply["candidates"][0]["content"].clone());
            talk.push(turn("user", &format!("And {round}?")));
        }
    }
    (prompt, cached)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_projects_cache_nearly_as_much_as_one() {
    let one = measure(&KEYS[..1]).await;
    let ten = measure(&KEYS).await;
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let share = |(prompt, cached): (u64, u64)| cached as f64 / prompt as f64;
    println!("one project: {:.4} of {} tokens cached; ten: {:.4} of {}", share(one), one.0, share(ten), ten.0);
    assert!(share(one) > 0.8, "the measure measures");
    assert!(share(ten) >= 0.95 * share(one), "{} of {}", share(ten), share(one));
}
