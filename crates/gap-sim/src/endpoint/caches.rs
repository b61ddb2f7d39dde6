use super::Ask;
use crate::body::Body;
use crate::error::ApiError;
use crate::models::Model;
use crate::request::Generate;
use http::Response;
pub(crate) fn tokens_of(_ask: &Ask<'_>, _model: &Model, _request: &Generate) -> Result<u64, ApiError> {
    Ok(0)
}
pub(crate) fn create(_ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_cache())
}
pub(crate) fn list(_ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_cache())
}
pub(crate) fn get(_ask: &Ask<'_>, _name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_cache())
}
pub(crate) fn update(_ask: &Ask<'_>, _name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_cache())
}
pub(crate) fn delete(_ask: &Ask<'_>, _name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_cache())
}
