//! Recorded traffic as the judge: what Google took, the simulator takes; what Google refused for its shape, it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use gap_sim::{Options, Signatures, Tier};
use serde_json::Value;

use crate::support::{Ask, Sim};

/// One recorded exchange.
pub(crate) struct Recording {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) request: Value,
    pub(crate) answer: Value,
    pub(crate) truncated: bool,
    pub(crate) provenance: String,
}

/// All exchanges with the Developer API, or none, saying so.
pub(crate) fn all() -> Vec<Recording> {
    let folder = folder().join("recordings");
    if !folder.is_dir() {
        println!("skipped: no recordings at {}", folder.display());
        return Vec::new();
    }
    let mut all: Vec<Recording> = json_files(&folder).iter().filter_map(|path| read(path)).collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    assert!(all.len() > 500, "only {} recordings at {}", all.len(), folder.display());
    all
}

#[expect(clippy::disallowed_methods, reason = "a test's input, not a setting of the product")]
pub(crate) fn folder() -> PathBuf {
    let shared = std::env::var("GAP_SHARED_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    Path::new(&shared).to_owned()
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

fn read(path: &Path) -> Option<Recording> {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    (file["api"] == "gemini" && file["host"] != "aiplatform.googleapis.com").then(|| Recording {
        id: text("id"),
        path: text("path"),
        status: u16::try_from(file["status"].as_u64().unwrap_or_default()).unwrap(),
        request: file["request_body"].clone(),
        answer: file["response_body"].clone(),
        truncated: !file["truncated"].is_null(),
        provenance: text("provenance"),
    })
}

/// Taken when they were recorded, refused today: signatures and the flag were not demanded yet.
const BEFORE_THE_RULE: [&str; 2] = [
    "grounding/pydantic-ai-test-google-combined-tools-gemini-3-34dd88",
    "grounding/pydantic-ai-test-google-combined-tools-gemini-3-bc6376",
];

/// Models that are gone, and the one that is most like them.
fn stand_in(model: &str) -> &str {
    let like = [
        ("embedding", "gemini-embedding-001"),
        ("image-generation", "gemini-2.5-flash-image"),
        ("thinking", "gemini-2.5-flash"),
        ("robotics", "gemini-2.5-flash"),
        ("2.5-pro", "gemini-2.5-pro"),
        ("2.5-flash", "gemini-2.5-flash"),
    ];
    like.into_iter().find(|(word, _)| model.contains(word)).map_or("gemini-2.0-flash", |(_, model)| model)
}

#[tokio::test]
async fn what_google_took_is_taken() {
    let options = Options { accept_any_key: Some(Tier::Paid), signatures: Signatures::Any, ..Options::default() };
    let sim = Sim::with(options).await;
    let known = sim.send(&Ask::get("/v1beta/models?pageSize=1000")).await.json();
    let known: Vec<&str> =
        known["models"].as_array().unwrap().iter().filter_map(|model| model["name"].as_str()).collect();
    let mut count = 0;
    let mut wrong = Vec::new();
    for recording in all().iter().filter(|recording| recording.status == 200 && recording.request.is_object()) {
        let Some((before, action)) = recording.path.rsplit_once(':') else { continue };
        let actions = ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"];
        if !actions.contains(&action) || BEFORE_THE_RULE.contains(&recording.id.as_str()) {
            continue;
        }
        let model = before.rsplit('/').next().unwrap();
        let asked =
            if known.iter().any(|known| known.ends_with(&format!("/{model}"))) { model } else { stand_in(model) };
        // Requests name their model as well.
        let body = recording.request.to_string().replace(&format!("models/{model}\""), &format!("models/{asked}\""));
        let ask = Ask::post(&recording.path.replace(model, asked), &serde_json::from_str(&body).unwrap());
        let answer = sim.send(&ask).await;
        count += 1;
        // Files and caches of long ago are not here: that they are missed is right.
        let missed = answer.status == 403 && (body.contains("cachedContent") || body.contains("/files/"));
        if answer.status != 200 && !missed {
            wrong.push(format!("{} {model}:{action} {} {}", recording.id, answer.status, answer.text()));
        }
    }
    println!("{count} requests");
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}
