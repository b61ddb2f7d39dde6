//! What each call answers.

mod batches;
mod caches;
mod embed;
pub(crate) mod files;
mod generate;
mod list;
mod models;
mod predict;

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::body::Body;
use crate::directive::Directives;
use crate::error::ApiError;
use crate::incoming::Query;
use crate::lock;
use crate::models::Model;
use crate::options::Tier;
use crate::outgoing;
use crate::quota::Cost;
use crate::refusal::{self, Caller};
use crate::route::{Action, Call, Target};
use crate::simulator::World;
use crate::{schema, wire};

/// A request whose caller is known.
pub(crate) struct Ask<'a> {
    pub(crate) world: &'a World,
    pub(crate) head: &'a Parts,
    pub(crate) query: &'a Query,
    pub(crate) body: &'a Bytes,
    pub(crate) target: &'a Target,
    pub(crate) caller: Caller,
    /// What a scripted fault asks for; stronger than what the prompt asks for.
    pub(crate) directives: Directives,
}

/// Answers a call.
pub(crate) async fn answer(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    match &ask.target.call {
        Call::Model { model, action } => match action {
            Action::GenerateContent => generate::generate(ask, model).await,
            Action::StreamGenerateContent => generate::stream(ask, model).await,
            Action::CountTokens => generate::count(ask, model),
            Action::EmbedContent => embed::one(ask, model),
            Action::BatchEmbedContents => embed::many(ask, model),
            Action::BatchGenerateContent => batches::create(ask, model),
            Action::Predict => predict::predict(ask, model),
        },
        Call::ListModels => models::list(ask),
        Call::GetModel(model) => models::get(ask, model),
        Call::UploadFile => files::upload(ask),
        Call::ListFiles => files::list(ask),
        Call::GetFile(name) => files::get(ask, name),
        Call::DeleteFile(name) => files::delete(ask, name),
        Call::DownloadFile(name) => files::download(ask, name),
        Call::SendFile(name) => files::send(ask, name),
        Call::CreateCache => caches::create(ask),
        Call::ListCaches => caches::list(ask),
        Call::GetCache(name) => caches::get(ask, name),
        Call::UpdateCache(name) => caches::update(ask, name),
        Call::DeleteCache(name) => caches::delete(ask, name),
        Call::ListBatches => batches::list(ask),
        Call::GetBatch(name) => batches::get(ask, name),
        Call::CancelBatch(name) => batches::cancel(ask, name),
        Call::DeleteBatch(name) => batches::delete(ask, name),
        Call::Echo => Ok(echo(ask)),
    }
}

// === impl Ask ===

impl Ask<'_> {
    /// The model of that name, if it can do what is asked.
    pub(crate) fn model(&self, name: &str, action: Action) -> Result<&'static Model, ApiError> {
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(ApiError::invalid("* GenerateContentRequest.model: unexpected model name format\n"));
        }
        let unknown = || refusal::unknown_model(name, &self.target.version, action.supported_as());
        let model = crate::models::find(name).ok_or_else(unknown)?;
        if model.supports(action.supported_as()) { Ok(model) } else { Err(unknown()) }
    }

    /// The body as a message, strictly.
    pub(crate) fn read<T: DeserializeOwned>(&self, message: &str) -> Result<T, ApiError> {
        typed(schema::canonical(message, self.body)?)
    }

    /// Counts a request, or refuses it.
    pub(crate) fn admit(&self, model: &Model, cost: Cost) -> Result<(), ApiError> {
        let world = self.world;
        let limits = lock(&world.limits);
        let tier = match self.caller.tier {
            Tier::Free => &limits.free,
            Tier::Paid => &limits.paid,
        };
        let limit = tier.of(model.quota());
        drop(limits);
        let now = world.clock.now();
        let admitted = lock(&world.quotas).admit(
            (self.caller.project, model.quota()),
            limit,
            cost,
            (now, world.clock.pacific_day(now)),
        );
        admitted.map_err(|refusal| refusal::quota(&refusal, &self.caller, model.quota()))
    }

    /// A JSON answer in the encoding that was asked for.
    pub(crate) fn json(&self, value: Value) -> Response<Body> {
        outgoing::json(&self.encoded(value))
    }

    pub(crate) fn encoded(&self, value: Value) -> Value {
        if self.query.wants_numbers() { outgoing::numbered(value) } else { value }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    /// Where the caller reached the simulator, for addresses in answers.
    pub(crate) fn own_address(&self) -> String {
        let in_uri = self.head.uri.authority().map(|authority| authority.as_str().to_owned());
        let in_header = self.head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let host = in_uri.or(in_header).unwrap_or_else(|| "localhost".to_owned());
        let scheme = self.head.uri.scheme_str().unwrap_or("http");
        format!("{scheme}://{host}")
    }
}

/// A canonical request as a type. What the schema let through fits; anything else is our mistake, said as Google's.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|error| {
        ApiError::new(500, "INTERNAL", format!("The simulator does not understand its own schema: {error}"))
    })
}

/// What arrived, for tests of what passes through.
fn echo(ask: &Ask<'_>) -> Response<Body> {
    let headers =
        ask.head.headers.iter().map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]));
    let value = json!({
        "method": ask.head.method.as_str(),
        "path": ask.head.uri.path(),
        "query": ask.head.uri.query(),
        "headers": headers.collect::<Value>(),
        "body": String::from_utf8_lossy(ask.body),
        "bodyBytes": ask.body.len(),
    });
    outgoing::dressed(
        StatusCode::OK,
        http::HeaderValue::from_static("application/json; charset=UTF-8"),
        Body::full(wire::pretty(&value)),
    )
}
