//! What projects keep: files, caches, batches.

use std::time::Duration;

use gap_sim::Options;
use serde_json::{Value, json};

use crate::support::{Ask, KEY, MODEL, OTHER, Sim, said};

/// The clock stands still.
async fn start() -> Sim {
    let start = Some("2026-07-01T12:00:00.123456789Z".parse().unwrap());
    Sim::with(Options { start, ..Options::with_keys([KEY, OTHER]) }).await
}

fn begin(length: usize, file: &Value) -> Ask {
    Ask::post("/upload/v1beta/files", &json!({ "file": file }))
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-length", &length.to_string())
        .header("x-goog-upload-header-content-type", "text/plain")
}

fn piece(address: &str, command: &str, offset: usize, bytes: &'static [u8]) -> Ask {
    let path = address.split_once("/upload").unwrap().1;
    Ask::get(&format!("/upload{path}"))
        .anonymous()
        .method("POST")
        .header("x-goog-upload-command", command)
        .header("x-goog-upload-offset", &offset.to_string())
        .bytes(bytes)
}

async fn uploaded(sim: &Sim, kind: &str, bytes: &'static [u8]) -> Value {
    let ask = Ask::get("/upload/v1beta/files").method("POST").header("content-type", kind).bytes(bytes);
    let answer = sim.send(&ask.header("x-goog-upload-protocol", "raw")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["file"].clone()
}

#[tokio::test]
async fn an_upload_that_can_be_resumed() {
    // wire 35
    let sim = start().await;
    let begun = sim.send(&begin(11, &json!({"displayName": "greeting.txt"}))).await;
    assert_eq!((begun.status.as_u16(), begun.body.len()), (200, 0));
    assert_eq!(begun.headers["content-length"], "0");
    assert_eq!(begun.headers["x-goog-upload-status"], "active");
    assert_eq!(begun.headers["x-goog-upload-chunk-granularity"], "8388608");
    let address = begun.headers["x-goog-upload-url"].to_str().unwrap().to_owned();
    assert!(address.starts_with(&sim.url("/upload/v1beta/files?upload_id=")), "{address}");
    assert_eq!(begun.headers["x-goog-upload-control-url"], address.as_str());

    let asked = sim.send(&piece(&address, "query", 0, b"")).await;
    assert_eq!(asked.headers["x-goog-upload-size-received"], "0");
    let crooked = sim.send(&piece(&address, "upload", 0, b"hello")).await;
    assert_eq!(crooked.status, 400, "a piece that is not the last has a fixed size");
    let misplaced = sim.send(&piece(&address, "upload, finalize", 5, b"hello world")).await;
    assert!(misplaced.message().contains("offset"));

    let done = sim.send(&piece(&address, "upload, finalize", 0, b"hello world")).await;
    assert_eq!(done.headers["x-goog-upload-status"], "final");
    let file = done.json()["file"].clone();
    let name = file["name"].as_str().unwrap().to_owned();
    assert_eq!(
        file,
        json!({
            "name": name,
            "displayName": "greeting.txt",
            "mimeType": "text/plain",
            "sizeBytes": "11",
            "createTime": "2026-07-01T12:00:00.123456Z",
            "updateTime": "2026-07-01T12:00:00.123456Z",
            "expirationTime": "2026-07-03T12:00:00.123456789Z",
            "sha256Hash": "Yjk0ZDI3Yjk5MzRkM2UwOGE1MmU1MmQ3ZGE3ZGFiZmFjNDg0ZWZlMzdhNTM4MGVlOTA4OGY3YWNlMmVmY2RlOQ==",
            "uri": format!("https://generativelanguage.googleapis.com/v1beta/{name}"),
            "state": "ACTIVE",
            "source": "UPLOADED",
        })
    );
    assert_eq!(sim.send(&piece(&address, "upload, finalize", 0, b"hello world")).await.status, 404);
}

#[tokio::test]
async fn an_upload_must_be_as_long_as_announced_and_may_be_given_up() {
    let sim = start().await;
    let address = |answer: &crate::support::Answer| answer.headers["x-goog-upload-url"].to_str().unwrap().to_owned();
    let short = address(&sim.send(&begin(99, &json!({}))).await);
    assert_eq!(sim.send(&piece(&short, "upload, finalize", 0, b"hello world")).await.status, 400);
    let left = address(&sim.send(&begin(11, &json!({}))).await);
    assert_eq!(sim.send(&piece(&left, "cancel", 0, b"")).await.headers["x-goog-upload-status"], "cancelled");
    assert_eq!(sim.send(&piece(&left, "upload, finalize", 0, b"hello world")).await.status, 404);
    let old = address(&sim.send(&begin(11, &json!({}))).await);
    sim.control.advance(Duration::from_hours(1));
    assert_eq!(sim.send(&piece(&old, "upload, finalize", 0, b"hello world")).await.status, 404);
    // A client needs no key to go on, but one to begin.
    assert_eq!(sim.send(&begin(11, &json!({})).anonymous()).await.status, 403);
    let unknown = sim.send(&begin(11, &json!({"colour": "blue"}))).await;
    assert!(unknown.message().contains("Unknown name \"colour\" at 'file'"));
    let huge = sim.send(&begin(5_000_000_000, &json!({}))).await;
    assert!(huge.text().contains("FileStorageBytesPerProject"));
}

#[tokio::test]
async fn uploads_in_one_request() {
    // wire 36
    let sim = start().await;
    let plain = uploaded(&sim, "text/csv", b"a,b").await;
    assert_eq!((plain["mimeType"].as_str(), plain["sizeBytes"].as_str()), (Some("text/csv"), Some("3")));
    let body = "--x\r\nContent-Type: application/json\r\n\r\n{\"file\": {\"display_name\": \"two\"}}\r\n--x\r\nContent-Type: text/plain\r\n\r\nline\r\n\r\nend\r\n--x--\r\n";
    let ask = |body: &'static str| {
        Ask::get("/upload/v1beta/files?uploadType=multipart")
            .method("POST")
            .header("content-type", "multipart/related; boundary=x")
            .bytes(body)
    };
    let file = sim.send(&ask(body)).await.json()["file"].clone();
    assert_eq!(
        (file["displayName"].as_str(), file["mimeType"].as_str(), file["sizeBytes"].as_str()),
        (Some("two"), Some("text/plain"), Some("11"))
    );
    for broken in ["", "--x", "--x\r\n\r\n{}\r\n--x--", "--x\r\n\r\n[\r\n--x\r\n\r\na\r\n--x--"] {
        assert_eq!(sim.send(&ask(broken)).await.status, 400, "{broken:?}");
    }
}

#[tokio::test]
async fn files_belong_to_a_project_for_two_days() {
    // wire 15, 37
    let sim = start().await;
    let file = uploaded(&sim, "image/png", b"png").await;
    let name = file["name"].as_str().unwrap();
    let path = format!("/v1beta/{name}");
    assert_eq!(sim.send(&Ask::get(&path)).await.json(), file);
    let mut ask = said("Look.");
    ask["contents"][0]["parts"]
        .as_array_mut()
        .unwrap()
        .push(json!({"fileData": {"fileUri": file["uri"], "mimeType": "image/png"}}));
    assert_eq!(sim.send(&Ask::generate(MODEL, &ask)).await.status, 200);

    let wanted = format!(
        "You do not have permission to access the File {} or it may not exist.",
        name.strip_prefix("files/").unwrap()
    );
    for foreign in [
        Ask::get(&path),
        Ask::get(&path).method("DELETE"),
        Ask::generate(MODEL, &ask),
        Ask::get(&format!("{path}:download?alt=media")),
    ] {
        let answer = sim.send(&foreign.key(OTHER)).await;
        assert_eq!((answer.status.as_u16(), answer.message()), (403, wanted.clone()));
    }
    assert_eq!(sim.send(&Ask::get("/v1beta/files").key(OTHER)).await.text(), "{}\n");

    sim.control.advance(Duration::from_hours(48));
    assert_eq!(sim.send(&Ask::get(&path)).await.status, 403);
}

#[tokio::test]
async fn film_takes_a_while() {
    let sim = start().await;
    let file = uploaded(&sim, "video/mp4", b"film").await;
    assert_eq!(file["state"], "PROCESSING");
    let ask = json!({"contents": [{"parts": [{"fileData": {"fileUri": file["uri"], "mimeType": "video/mp4"}}]}]});
    let early = sim.send(&Ask::generate(MODEL, &ask)).await;
    assert_eq!(early.json()["error"]["status"], "FAILED_PRECONDITION");
    sim.control.advance(Duration::from_secs(2));
    assert_eq!(
        sim.send(&Ask::get(&format!("/v1beta/{}", file["name"].as_str().unwrap()))).await.json()["state"],
        "ACTIVE"
    );
    assert_eq!(sim.send(&Ask::generate(MODEL, &ask)).await.status, 200);
}

#[tokio::test]
async fn lists_come_in_pages_that_are_the_owners() {
    // wire 38
    let sim = start().await;
    for _ in 0..5 {
        uploaded(&sim, "text/plain", b"x").await;
    }
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let page = sim.send(&Ask::get(&format!("/v1beta/files?pageSize=2&pageToken={token}"))).await.json();
        names.extend(page["files"].as_array().unwrap().iter().map(|file| file["name"].clone()));
        match page["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
        let foreign = sim.send(&Ask::get(&format!("/v1beta/files?pageToken={token}")).key(OTHER)).await;
        assert_eq!(foreign.status, 400);
    }
    assert_eq!(names.len(), 5);
    let first = names[0].as_str().unwrap();
    assert_eq!(sim.send(&Ask::get(&format!("/v1beta/{first}")).method("DELETE")).await.text(), "{}\n");
    assert_eq!(sim.send(&Ask::get("/v1beta/files")).await.json()["files"].as_array().unwrap().len(), 4);
    for bad in ["pageSize=x", "pageSize=-1", "pageToken=nonsense"] {
        assert_eq!(sim.send(&Ask::get(&format!("/v1beta/files?{bad}"))).await.status, 400, "{bad}");
    }
    // wire 135
    let models = sim.send(&Ask::get("/v1beta/models?pageSize=3")).await.json();
    assert_eq!(models["models"].as_array().unwrap().len(), 3);
    assert!(models["nextPageToken"].is_string());
}

#[tokio::test]
async fn a_download_leads_to_where_the_bytes_are() {
    let sim = start().await;
    let file = uploaded(&sim, "text/plain", b"hello").await;
    let path = format!("/v1beta/{}:download", file["name"].as_str().unwrap());
    let moved = sim.send(&Ask::get(&format!("{path}?alt=media"))).await;
    assert_eq!((moved.status.as_u16(), moved.json()["error"]["message"].as_str()), (302, Some("Unknown Error.")));
    let address = moved.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(address, sim.url(&format!("/download{path}?alt=media")));
    let bytes = sim.send(&Ask::get(address.strip_prefix(&sim.url("")).unwrap())).await;
    assert_eq!((bytes.headers["content-type"].to_str().unwrap(), bytes.text().as_str()), ("text/plain", "hello"));
    assert_eq!(sim.send(&Ask::get(&path)).await.status, 400);
}

// === caches ===

fn cache(more: Value) -> Value {
    let mut cache = json!({"model": format!("models/{MODEL}"), "contents": [{"role": "user", "parts": [{"text": "word ".repeat(1_000)}]}]});
    cache.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    cache
}

#[tokio::test]
async fn a_cache_lives_as_long_as_was_said() {
    // wire 129
    let sim = start().await;
    let made = sim
        .send(&Ask::post("/v1beta/cachedContents", &cache(json!({"ttl": "300s", "displayName": "story"}))))
        .await
        .json();
    let name = made["name"].as_str().unwrap();
    assert_eq!(made["expireTime"], "2026-07-01T12:05:00.123456789Z");
    assert_eq!(made["usageMetadata"]["totalTokenCount"], 1_250);
    let path = format!("/v1beta/{name}");
    assert_eq!(sim.send(&Ask::get(&path)).await.json(), made);
    assert_eq!(sim.send(&Ask::get("/v1beta/cachedContents")).await.json()["cachedContents"], json!([made]));

    let mut ask = said("And?");
    ask["cachedContent"] = name.into();
    let answer = sim.send(&Ask::generate(MODEL, &ask)).await.json();
    assert_eq!(answer["usageMetadata"]["cachedContentTokenCount"], 1_250);
    assert!(answer["usageMetadata"]["promptTokenCount"].as_u64() > Some(1_250));

    // wire 99
    let mut both = ask.clone();
    both["systemInstruction"] = json!({"parts": [{"text": "Be terse."}]});
    assert!(
        sim.send(&Ask::generate(MODEL, &both))
            .await
            .message()
            .starts_with("CachedContent can not be used with GenerateContent request")
    );
    assert!(sim.send(&Ask::generate("gemini-2.5-pro", &ask)).await.message().contains("has to be the same"));
    let foreign = sim.send(&Ask::generate(MODEL, &ask).key(OTHER)).await;
    assert_eq!(
        (foreign.status.as_u16(), foreign.message().as_str()),
        (403, "CachedContent not found (or permission denied)")
    );

    let longer =
        sim.send(&Ask::post(&format!("{path}?updateMask=ttl"), &json!({"ttl": "600s"})).method("PATCH")).await.json();
    assert_eq!(longer["expireTime"], "2026-07-01T12:10:00.123456789Z");
    let other = Ask::post(&format!("{path}?updateMask=displayName"), &json!({"displayName": "x"})).method("PATCH");
    assert_eq!(sim.send(&other).await.status, 400);
    sim.control.advance(Duration::from_mins(10));
    assert_eq!(sim.send(&Ask::get(&path)).await.status, 403);
}

#[tokio::test]
async fn caches_that_cannot_be() {
    let sim = start().await;
    for (body, mark) in [
        (
            cache(json!({"contents": [{"parts": [{"text": "short"}]}]})),
            "Cached content is too small. total_token_count=2, min_total_token_count=1024",
        ),
        (
            cache(json!({"ttl": "300s", "expireTime": "2027-01-01T00:00:00Z"})),
            "oneof field 'expiration' is already set",
        ),
        (cache(json!({"expireTime": "2020-01-01T00:00:00Z"})), "must be in the future"),
        (cache(json!({"ttl": "-5s"})), "must be in the future"),
        (cache(json!({"ttl": "soon"})), "google.protobuf.Duration"),
        (cache(json!({"model": "gemini-2.5-flash"})), "unexpected model name format"),
        (cache(json!({"contents": []})), "too small"),
    ] {
        let answer = sim.send(&Ask::post("/v1beta/cachedContents", &body)).await;
        assert_eq!(answer.status, 400, "{mark}: {}", answer.text());
        assert!(answer.message().contains(mark), "{mark}: {}", answer.text());
    }
    assert_eq!(
        sim.send(&Ask::post("/v1beta/cachedContents", &cache(json!({"model": "models/gemini-embedding-001"}))))
            .await
            .status,
        404
    );
}

// === batches ===

#[tokio::test]
async fn a_batch_is_done_in_time() {
    // wire 131
    let sim = start().await;
    let request = |text: &str| json!({"request": said(text), "metadata": {"custom_id": text.len().to_string()}});
    let bad = json!({"request": {"contents": []}, "metadata": {"custom_id": "bad"}});
    let body = json!({"batch": {"displayName": "two", "inputConfig": {"requests": {"requests": [request("[[sim: text=\"4\"]]"), bad]}}}});
    let made = sim.send(&Ask::post(&format!("/v1beta/models/{MODEL}:batchGenerateContent"), &body)).await.json();
    assert_eq!(made["metadata"]["state"], "BATCH_STATE_PENDING");
    assert_eq!(made["metadata"]["batchStats"], json!({"requestCount": "2", "pendingRequestCount": "2"}));
    assert!(made.get("done").is_none());
    let path = format!("/v1beta/{}", made["name"].as_str().unwrap());
    sim.control.advance(Duration::from_secs(1));
    assert_eq!(sim.send(&Ask::get(&path)).await.json()["metadata"]["state"], "BATCH_STATE_RUNNING");
    sim.control.advance(Duration::from_secs(2));
    let done = sim.send(&Ask::get(&path)).await.json();
    assert_eq!(
        (done["done"].as_bool(), done["metadata"]["state"].as_str()),
        (Some(true), Some("BATCH_STATE_SUCCEEDED"))
    );
    assert_eq!(
        done["metadata"]["batchStats"],
        json!({"requestCount": "2", "successfulRequestCount": "1", "failedRequestCount": "1"})
    );
    let responses = &done["response"]["inlinedResponses"]["inlinedResponses"];
    assert_eq!(crate::support::said_in(&responses[0]["response"]), "4");
    assert_eq!(responses[1]["error"]["code"], 3);
    assert_eq!(responses[1]["metadata"]["custom_id"], "bad");
    assert_eq!(sim.send(&Ask::get("/v1beta/batches")).await.json()["operations"][0]["name"], made["name"]);
    assert_eq!(sim.send(&Ask::get(&path).key(OTHER)).await.status, 404);
    assert_eq!(sim.send(&Ask::get(&path).method("DELETE")).await.text(), "{}\n");
    assert_eq!(sim.send(&Ask::get(&path)).await.status, 404);
}

#[tokio::test]
async fn a_batch_of_lines_becomes_a_file_of_lines() {
    let sim = start().await;
    let lines = b"{\"key\": \"a\", \"request\": {\"contents\": [{\"parts\": [{\"text\": \"[[sim: text=\\\"one\\\"]]\"}]}]}}\n{\"key\": \"b\", \"request\": {\"nonsense\": 1}}\nbroken\n";
    let input = uploaded(&sim, "application/jsonl", lines).await;
    let body = json!({"batch": {"inputConfig": {"fileName": input["name"]}}});
    let made = sim.send(&Ask::post(&format!("/v1beta/models/{MODEL}:batchGenerateContent"), &body)).await.json();
    let path = format!("/v1beta/{}", made["name"].as_str().unwrap());
    sim.control.advance(Duration::from_secs(3));
    let done = sim.send(&Ask::get(&path)).await.json();
    let output = done["response"]["responsesFile"].as_str().unwrap();
    let text = sim.send(&Ask::get(&format!("/download/v1beta/{output}:download?alt=media"))).await.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["key"], "a");
    assert_eq!(crate::support::said_in(&lines[0]["response"]), "one");
    assert!(lines[1]["error"].is_object() && lines[2]["error"].is_object());
}

#[tokio::test]
async fn a_batch_can_be_cancelled_until_it_is_done() {
    let sim = start().await;
    let body = json!({"batch": {"inputConfig": {"requests": {"requests": [{"request": said("hi")}]}}}});
    let path = format!("/v1beta/models/{MODEL}:batchGenerateContent");
    let made = sim.send(&Ask::post(&path, &body)).await.json();
    let name = format!("/v1beta/{}", made["name"].as_str().unwrap());
    assert_eq!(sim.send(&Ask::post(&format!("{name}:cancel"), &json!({}))).await.text(), "{}\n");
    sim.control.advance(Duration::from_mins(1));
    let cancelled = sim.send(&Ask::get(&name)).await.json();
    assert_eq!(cancelled["metadata"]["state"], "BATCH_STATE_CANCELLED");
    assert!(cancelled.get("response").is_none());
    for bad in [json!({"batch": {}}), json!({"batch": {"inputConfig": {"requests": {"requests": []}}}})] {
        assert_eq!(sim.send(&Ask::post(&path, &bad)).await.status, 400);
    }
}
