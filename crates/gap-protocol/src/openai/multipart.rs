//! Forms with files (`multipart/form-data`), which OpenAI's API takes where a file is a part of the request.
//!
//! The whole body is in memory already and bounded there, so a form is a list of slices of it. What is not a file is made
//! one JSON object, so that a form and a document of the same properties are read by the same code: a field that repeats,
//! or whose name ends in `[]`, is a list, and the scalars that are named are taken as JSON where they are JSON.
//!
//! ## Edges
//! A form without its last boundary was cut, and is refused: half a recording would be half a transcript. Names in quotes may
//! hold `\"` and `%22`; of the headers of a part only `content-disposition` and `content-type` are looked at. An empty file
//! field without a name is what browsers send for "none", and counts as absent.

use std::borrow::Cow;

use memchr::memmem;

use crate::call::{DecodeError, Problem};
use crate::json::{ObjectWriter, write_text};

/// More fields than any request has.
const MAX_FIELDS: usize = 128;
/// Longer headers are none that a client writes.
const MAX_HEADERS: usize = 16 * 1024;
/// What RFC 2046 allows.
const MAX_BOUNDARY: usize = 70;

/// A form.
#[derive(Clone, Debug, Default)]
pub struct Form<'a> {
    fields: Vec<Field<'a>>,
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// Its name, without `[]`.
    pub name: String,
    /// Whether its name says that it is one of a list.
    listed: bool,
    /// The name of its file, if it is one.
    pub file_name: Option<String>,
    /// What it says it is.
    pub content_type: Option<String>,
    /// Its value.
    pub data: &'a [u8],
}

impl<'a> Form<'a> {
    /// Reads a form, whose boundary stands in the header `content-type`.
    pub fn read(content_type: Option<&str>, body: &'a [u8]) -> Result<Self, DecodeError> {
        let malformed = |message: &str| DecodeError::of_body(Problem::Malformed, message.to_owned());
        let content_type = content_type.unwrap_or_default();
        if !content_type.trim_start().get(..19).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data")) {
            return Err(malformed("the request must be a form with files (content-type: multipart/form-data)"));
        }
        let Some(boundary) =
            parameter(content_type, "boundary").filter(|name| (1..=MAX_BOUNDARY).contains(&name.len()))
        else {
            return Err(malformed("the header content-type names no boundary between the fields of the form"));
        };
        let cut = || malformed("the form ends before its last boundary");
        let first = format!("--{boundary}");
        let between = memmem::Finder::new(first.as_bytes()).into_owned();
        let mut rest = if let Some(rest) = body.strip_prefix(first.as_bytes()) {
            rest
        } else {
            let at = memmem::find(body, format!("\r\n{first}").as_bytes()).ok_or_else(cut)?;
            body.get(at + 2 + first.len()..).unwrap_or_default()
        };
        let mut form = Self::default();
        loop {
            if rest.starts_with(b"--") {
                return Ok(form);
            }
            // White space may follow a boundary.
            let line = memmem::find(rest, b"\r\n").ok_or_else(cut)?;
            let part = rest.get(line + 2..).unwrap_or_default();
            let end = end_of_part(part, &between).ok_or_else(cut)?;
            if form.fields.len() == MAX_FIELDS {
                return Err(malformed(&format!("the form has more than {MAX_FIELDS} fields")));
            }
            let content = part.get(..end).unwrap_or_default();
            form.fields.extend(Field::read(content).map_err(malformed)?);
            rest = part.get(end + 2 + first.len()..).unwrap_or_default();
        }
    }

    /// The files under this name, in order.
    pub fn files<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f Field<'a>> {
        self.fields.iter().filter(move |field| field.name == name)
    }

    /// Everything but the files, as one JSON object. Of `scalars` what is a number, `true`, `false` or `null` is that.
    pub fn to_json(&self, files: &[&str], scalars: &[&str]) -> Result<Vec<u8>, DecodeError> {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        let mut done: Vec<&str> = Vec::new();
        for field in &self.fields {
            let name = field.name.as_str();
            if files.contains(&name) || done.contains(&name) {
                continue;
            }
            done.push(name);
            let all: Vec<&Field<'_>> = self.fields.iter().filter(|other| other.name == name).collect();
            let scalar = scalars.contains(&name);
            let value = object.key(name);
            if let ([only], false) = (all.as_slice(), field.listed) {
                only.write(scalar, value)?;
                continue;
            }
            value.push(b'[');
            for (place, field) in all.iter().enumerate() {
                if place > 0 {
                    value.push(b',');
                }
                field.write(scalar, value)?;
            }
            value.push(b']');
        }
        object.close();
        Ok(out)
    }
}

/// Where the part ends: the line break before the next boundary.
fn end_of_part(part: &[u8], boundary: &memmem::Finder<'_>) -> Option<usize> {
    boundary.find_iter(part).find_map(|at| {
        let before = at.checked_sub(2)?;
        (part.get(before..at) == Some(b"\r\n")).then_some(before)
    })
}

// === impl Field ===

impl<'a> Field<'a> {
    /// One part; none if it is a file that was not chosen.
    fn read(part: &'a [u8]) -> Result<Option<Self>, &'static str> {
        let end = memmem::find(part, b"\r\n\r\n").ok_or("a field of the form has no end of its headers")?;
        if end > MAX_HEADERS {
            return Err("the headers of a field of the form are too long");
        }
        let headers = part.get(..end).unwrap_or_default();
        let data = part.get(end + 4..).unwrap_or_default();
        let headers = std::str::from_utf8(headers).map_err(|_| "the headers of a field of the form are not UTF-8")?;
        let header = |wanted: &str| {
            let lines = headers.split("\r\n").filter_map(|line| line.split_once(':'));
            lines.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
        };
        let disposition = header("content-disposition").unwrap_or_default();
        let name = parameter(disposition, "name").ok_or("a field of the form has no name")?;
        let file_name = parameter(disposition, "filename");
        if data.is_empty() && file_name.as_deref() == Some("") {
            return Ok(None);
        }
        let bare = name.strip_suffix("[]").map(str::to_owned);
        let content_type = header("content-type").map(str::to_owned);
        let (listed, name) = (bare.is_some(), bare.unwrap_or(name));
        Ok(Some(Self { name, listed, file_name, content_type, data }))
    }

    fn write(&self, scalar: bool, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let Ok(text) = std::str::from_utf8(self.data) else {
            return Err(DecodeError::new(Problem::Invalid, &self.name, "must be text, in UTF-8"));
        };
        let json = text.trim();
        let is_scalar =
            |node: crate::json::Node<'_>| node.bool().is_some() || node.number().is_some() || node.is_null();
        if scalar && crate::json::parse(json.as_bytes()).is_ok_and(is_scalar) {
            out.extend_from_slice(json.as_bytes());
        } else {
            write_text(out, text);
        }
        Ok(())
    }
}

/// A parameter of a header: `name=value` or `name="value"`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.get(header.find(';')? + 1..)?;
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().trim_start_matches(';').trim();
        let (value, after) = if let Some(quoted) = after.trim_start().strip_prefix('"') {
            unquote(quoted)?
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (Cow::Borrowed(after.get(..end)?.trim()), after.get(end..)?)
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.replace("%22", "\""));
        }
        rest = after;
    }
}

/// A value up to its closing quote, and what follows.
fn unquote(quoted: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut escaped = false;
    for (at, letter) in quoted.char_indices() {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => {
                let value = quoted.get(..at)?;
                let value = if value.contains("\\\"") { value.replace("\\\"", "\"").into() } else { value.into() };
                return Some((value, quoted.get(at + 1..)?));
            }
            _ => escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests;
