//! The control API over HTTP, below `/_sim/`.

use std::time::Duration;

use http::request::Parts;
use http::{Method, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Control, KeyChange};
use crate::body::Body;
use crate::fault::Fault;
use crate::options::{Limits, SimKey};
use crate::wire;

/// A refusal: the status and what is wrong.
type Refused = (StatusCode, String);

/// Answers a request below `/_sim/`.
pub(crate) fn answer(control: &Control, head: &Parts, body: &[u8]) -> Response<Body> {
    let path = head.uri.path().trim_start_matches('/').trim_start_matches("_sim").trim_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let (status, value) = match dispatch(control, &head.method, &segments, body) {
        Ok(value) => (StatusCode::OK, value),
        Err((status, message)) => (status, json!({"error": message})),
    };
    let mut response = Response::new(Body::full(wire::pretty(&value)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn dispatch(control: &Control, method: &Method, segments: &[&str], body: &[u8]) -> Result<Value, Refused> {
    match (method.as_str(), segments) {
        ("GET", ["state"]) => Ok(state(control)),
        ("POST", ["reset"]) => {
            control.reset();
            Ok(state(control))
        }
        ("GET", ["faults"]) => Ok(json!({"faults": control.faults()})),
        ("POST", ["faults"]) => {
            let fault: Fault = read(body)?;
            let id = control.add_fault(fault).map_err(bad)?;
            Ok(json!({ "id": id }))
        }
        ("DELETE", ["faults"]) => {
            control.clear_faults();
            Ok(json!({}))
        }
        ("DELETE", ["faults", id]) => {
            let removed = id.parse().is_ok_and(|id| control.remove_fault(id));
            if removed { Ok(json!({})) } else { Err(missing(&format!("there is no fault {id}"))) }
        }
        ("GET", ["requests"]) => Ok(json!({"requests": control.requests()})),
        ("DELETE", ["requests"]) => {
            control.forget_requests();
            Ok(json!({}))
        }
        ("GET", ["usage"]) => Ok(json!({"usage": control.usage()})),
        ("GET", ["accounts"]) => Ok(json!({"accounts": control.accounts()})),
        ("DELETE", ["caches", name]) => {
            let gone = control.forget_cache(name);
            if gone { Ok(json!({})) } else { Err(missing(&format!("there is no cache {name}"))) }
        }
        ("GET", ["clock"]) => Ok(json!({"now": control.now()})),
        ("POST", ["clock", "advance"]) => {
            let Advance { seconds } = read(body)?;
            let by = Duration::try_from_secs_f64(seconds).map_err(|error| bad(format!("seconds: {error}")))?;
            if by > MOST_ADVANCE {
                return Err(bad("seconds: ten years at a time are enough".to_owned()));
            }
            control.advance(by);
            Ok(json!({"now": control.now()}))
        }
        ("GET", ["keys"]) => Ok(json!({"keys": control.keys()})),
        ("POST", ["keys"]) => {
            let key: SimKey = read(body)?;
            control.set_key(key.clone());
            Ok(json!(key))
        }
        ("PATCH", ["keys", name]) => {
            let KeyChange { state } = read(body)?;
            if control.set_key_state(name, state) {
                Ok(json!({}))
            } else {
                Err(missing(&format!("there is no key {name}")))
            }
        }
        ("DELETE", ["keys", name]) => {
            if control.remove_key(name) {
                Ok(json!({}))
            } else {
                Err(missing(&format!("there is no key {name}")))
            }
        }
        ("PUT", ["limits"]) => {
            let limits: Limits = read(body)?;
            control.set_limits(limits.clone());
            Ok(json!(limits))
        }
        _ => Err(missing(&format!("{method} is not known here; docs/guide/simulator.md lists the control API"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

const MOST_ADVANCE: Duration = Duration::from_hours(10 * 366 * 24);

fn state(control: &Control) -> Value {
    let world = control.0.world();
    json!({
        "now": control.now(),
        "seed": world.options.seed,
        "keys": control.keys(),
        "limits": *crate::lock(&world.limits),
        "faults": control.faults(),
        "usage": control.usage(),
        "requests": crate::lock(&world.journal).total(),
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| bad(error.to_string()))
}

fn bad(message: String) -> Refused {
    (StatusCode::BAD_REQUEST, message)
}

fn missing(message: &str) -> Refused {
    (StatusCode::NOT_FOUND, message.to_owned())
}
