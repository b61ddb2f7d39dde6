//! What arrives besides the body: the query and the credentials.

use std::borrow::Cow;

use http::HeaderMap;
use http::request::Parts;

use crate::error::ApiError;
use crate::refusal;

/// The parameters of a query, decoded.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(head: &Parts) -> Self {
        let query = head.uri.query().unwrap_or_default();
        Self(
            form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The last value of a parameter, in whichever spelling.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `alt` or `$alt`, without what follows `;`.
    fn alt(&self) -> Option<&str> {
        let value = self.get("$alt").or_else(|| self.get("alt"))?;
        value.split(';').next()
    }

    pub(crate) fn wants_events(&self) -> bool {
        self.alt() == Some("sse")
    }

    pub(crate) fn wants_media(&self) -> bool {
        self.alt() == Some("media")
    }

    /// `$alt=json;enum-encoding=int`: enums as numbers.
    pub(crate) fn wants_numbers(&self) -> bool {
        let alt = self.get("$alt").or_else(|| self.get("alt")).unwrap_or_default();
        alt.split(';').skip(1).any(|part| part.trim() == "enum-encoding=int")
    }

    /// A size of a page, as far as it is sensible.
    pub(crate) fn page_size(&self, usual: usize, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("pageSize").or_else(|| self.get("page_size")) else { return Ok(usual) };
        let size: i64 = text
            .parse()
            .map_err(|_| ApiError::invalid(format!("Invalid value at 'page_size' (TYPE_INT32), {text:?}")))?;
        match usize::try_from(size) {
            Ok(0) => Ok(usual),
            Ok(size) => Ok(size.min(most)),
            Err(_) => Err(ApiError::invalid("* ListRequest.page_size: page_size must not be negative\n")),
        }
    }

    pub(crate) fn page_token(&self) -> Option<&str> {
        self.get("pageToken").or_else(|| self.get("page_token")).filter(|token| !token.is_empty())
    }
}

/// What a caller presents to be known by.
#[derive(Debug)]
pub(crate) struct Credentials {
    keys: Vec<String>,
    token: Option<String>,
}

impl Credentials {
    pub(crate) fn of(head: &Parts, query: &Query) -> Self {
        let in_headers = header(&head.headers, "x-goog-api-key");
        let keys = in_headers.map(Cow::into_owned).into_iter().chain(query.get("key").map(str::to_owned));
        let token = header(&head.headers, "authorization").map(|value| match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim().to_owned(),
            _ => value.into_owned(),
        });
        let token = token.or_else(|| query.get("access_token").map(str::to_owned));
        Self { keys: keys.filter(|key| !key.is_empty()).collect(), token: token.filter(|token| !token.is_empty()) }
    }

    /// The key that is told to the journal, even where the request is refused.
    pub(crate) fn first_key(&self) -> Option<&str> {
        self.keys.first().map(String::as_str)
    }

    /// The one API key; Google refuses two of anything, even where they agree (wire 26).
    pub(crate) fn key(&self, rpc: &str) -> Result<&str, ApiError> {
        match (self.keys.as_slice(), &self.token) {
            ([key], None) => Ok(key),
            ([], None) => Err(refusal::no_credentials()),
            ([], Some(_)) => Err(refusal::bad_token(rpc)),
            _ => Err(refusal::several_credentials()),
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}
