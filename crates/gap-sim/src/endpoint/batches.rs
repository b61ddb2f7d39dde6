use super::Ask;
use crate::body::Body;
use crate::error::ApiError;
use http::Response;
pub(crate) fn create(_ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_file(name))
}
pub(crate) fn list(_ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_file(""))
}
pub(crate) fn get(_ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_file(name))
}
pub(crate) fn cancel(_ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_file(name))
}
pub(crate) fn delete(_ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    Err(crate::refusal::unknown_file(name))
}
