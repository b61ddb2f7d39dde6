//! Every URL of the product, in one table, grouped by who calls.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::api::{admin, anthropic, gemini, openai, page, probes, v1};
use crate::app::App;
use crate::middleware::FrontDoor;

/// The whole product behind its front door.
pub fn front_door(app: &App) -> FrontDoor {
    let server = &app.settings.server;
    FrontDoor::new(routes(app), &server.root_path, &server.trusted_proxies).with_books(app.books.clone())
}

fn routes(app: &App) -> Router {
    let (admin, _) = admin::routes();
    let admin = admin.layer(DefaultBodyLimit::max(app.settings.server.admin_body_limit));
    let mut routes = Router::new()
        // People and probes
        .route("/", get(page::show_page))
        .route("/assets/{*path}", get(page::show_asset))
        .route("/favicon.svg", get(page::show_file))
        .route("/theme.js", get(page::show_file))
        .route("/openapi.json", get(page::show_description))
        .route("/docs", get(page::show_swagger))
        .route("/redoc", get(page::show_redoc))
        .route("/docs/{*path}", get(page::show_docs_file))
        .route("/healthz", get(probes::show_health))
        .route("/readyz", get(probes::show_readiness))
        .route("/metrics", get(probes::show_metrics))
        // Google's SDKs below the versions that are theirs alone; the action is part of the last segment
        .route("/v1beta/{*rest}", any(gemini::relay_native))
        .route("/v1alpha/{*rest}", any(gemini::relay_native))
        .route("/v2/{*rest}", any(gemini::relay_native))
        .route("/upload/{*rest}", any(gemini::relay_native))
        .route("/download/{*rest}", any(gemini::relay_native))
        .route("/ws/{*rest}", any(gemini::relay_native))
        // OpenAI's SDKs; those who come from Google's compatible layer look for it in its place
        .route("/v1/chat/completions", post(openai::chat::create_chat_completion))
        .route("/v1beta/openai/chat/completions", post(openai::chat::create_chat_completion))
        .route("/v1/responses", post(openai::responses::create_response))
        .route("/v1/responses/input_tokens", post(openai::responses::count_input_tokens))
        .route("/v1/responses/{id}", get(openai::responses::find_response).delete(openai::responses::delete_response))
        .route("/v1/responses/{id}/cancel", post(openai::responses::cancel_response))
        .route("/v1/responses/{id}/input_items", get(openai::responses::list_input_items))
        .route("/v1beta/openai/responses/input_tokens", post(openai::responses::count_input_tokens))
        .route("/v1beta/openai/responses", post(openai::responses::create_response))
        .route(
            "/v1beta/openai/responses/{id}",
            get(openai::responses::find_response).delete(openai::responses::delete_response),
        )
        .route("/v1beta/openai/responses/{id}/cancel", post(openai::responses::cancel_response))
        .route("/v1beta/openai/responses/{id}/input_items", get(openai::responses::list_input_items))
        .merge(conversations("/v1/conversations"))
        .merge(conversations("/v1beta/openai/conversations"))
        .route("/v1/embeddings", post(openai::embeddings::create_embeddings))
        .route("/v1beta/openai/embeddings", post(openai::embeddings::create_embeddings))
        .route("/v1/images/generations", post(openai::images::create_image))
        .route("/v1/images/edits", post(openai::images::edit_image))
        .route("/v1beta/openai/images/generations", post(openai::images::create_image))
        .route("/v1beta/openai/images/edits", post(openai::images::edit_image))
        .route("/v1/audio/speech", post(openai::audio::create_speech))
        .route("/v1/audio/transcriptions", post(openai::audio::create_transcription))
        .route("/v1/audio/translations", post(openai::audio::create_translation))
        .route("/v1/completions", post(openai::completions::create_completion))
        .route("/v1beta/openai/audio/speech", post(openai::audio::create_speech))
        .route("/v1beta/openai/audio/transcriptions", post(openai::audio::create_transcription))
        .route("/v1beta/openai/audio/translations", post(openai::audio::create_translation))
        .route("/v1beta/openai/completions", post(openai::completions::create_completion))
        .route("/v1beta/openai/models", any(openai::models::show_models))
        .route("/v1beta/openai/models/{*id}", any(openai::models::show_models))
        .route("/v1beta/openai", any(v1::refuse_unknown))
        .route("/v1beta/openai/{*rest}", any(v1::refuse_unknown))
        // Anthropic's SDKs
        .route("/v1/messages", post(anthropic::messages::create_message))
        .route("/v1/messages/count_tokens", post(anthropic::messages::count_tokens))
        // Shared by OpenAI's, Anthropic's and Google's APIs
        .route("/v1/{*rest}", any(v1::dispatch))
        // The admin API; the original logs in elsewhere
        .merge(admin)
        .route("/login", get(page::show_page_or_refuse).post(admin::auth::log_in_by_form))
        .route("/api/auth/login", post(admin::auth::log_in_by_form))
        .fallback(page::show_page_or_refuse)
        .method_not_allowed_fallback(v1::refuse_method)
        .with_state(app.clone());
    if let Some(cors) = cors(&app.settings.server.cors_origins) {
        routes = routes.layer(cors);
    }
    routes
}

/// OpenAI's Conversations API, below `path`.
fn conversations(path: &str) -> Router<App> {
    use openai::conversations::{
        add_items, create_conversation, delete_conversation, delete_item, find_conversation, find_item, list_items,
        update_conversation,
    };
    let one = get(find_conversation).post(update_conversation).delete(delete_conversation);
    Router::new()
        .route(path, post(create_conversation))
        .route(&format!("{path}/{{id}}"), one)
        .route(&format!("{path}/{{id}}/items"), get(list_items).post(add_items))
        .route(&format!("{path}/{{id}}/items/{{item}}"), get(find_item).delete(delete_item))
}

/// Browser SDKs ask first; they are answered for the configured origins, never `*` with credentials.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origin = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let exposed = [
        "x-request-id",
        "x-gap-key",
        "x-gap-attempts",
        "x-gap-model",
        "x-gap-cache",
        "x-gap-warnings",
        "x-gap-error-scope",
        "x-gap-kept",
        "x-gap-conversation",
        "x-gap-history",
        "retry-after",
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-tokens",
    ];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
    Some(
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods(methods)
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(exposed.map(HeaderName::from_static))
            .max_age(Duration::from_mins(10)),
    )
}
