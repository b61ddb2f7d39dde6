//! Reads `.env`: `NAME=value` lines as shells, Docker and python-dotenv write them.
//!
//! A value without quotes ends at the line or at ` #`; `'…'` is taken as it stands; `"…"` knows `\n`, `\t`, `\"`, `\\`.
//! Quoted values may span lines, which is how a list of keys is pasted. `$` means itself: passwords contain it.
//! A complaint names the line and never repeats it, because a line may be half a secret.

/// One assignment.
#[derive(PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
    /// Where it begins, from 1.
    pub(super) line: usize,
}

/// A line that is no assignment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// From 1.
    pub(super) line: usize,
    pub(super) said: &'static str,
}

/// All assignments in order, and all that could not be read.
pub(super) fn parse(text: &str) -> (Vec<Pair>, Vec<Malformed>) {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut scanner = Scanner { rest: &text, line: 1 };
    let (mut pairs, mut malformed) = (Vec::new(), Vec::new());
    while !scanner.rest.is_empty() {
        let line = scanner.line;
        match scanner.assignment() {
            Ok(Some((name, value))) => pairs.push(Pair { name: name.to_owned(), value, line }),
            Ok(None) => {}
            Err(said) => {
                malformed.push(Malformed { line, said });
                scanner.line_end();
            }
        }
    }
    (pairs, malformed)
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    /// The assignment of this line (and of those that its value spans); none for a blank line or a comment.
    fn assignment(&mut self) -> Result<Option<(&'a str, String)>, &'static str> {
        self.skip_blanks();
        if self.rest.is_empty() || self.rest.starts_with(['\n', '#']) {
            self.line_end();
            return Ok(None);
        }
        let line = self.rest.split('\n').next().unwrap_or_default();
        let Some((name, _)) = line.split_once('=') else {
            return Err("a line is NAME=value; a value of several lines wants quotes");
        };
        self.advance(name.len() + 1);
        let name = name.trim();
        let name =
            name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(name).trim_start();
        if !is_name(name) {
            return Err("a name has letters, digits and underscores only");
        }
        self.skip_blanks();
        let value = match self.rest.chars().next() {
            Some('\'') => self.single_quoted()?,
            Some('"') => self.double_quoted()?,
            _ => return Ok(Some((name, self.bare()))),
        };
        self.skip_blanks();
        if !(self.rest.is_empty() || self.rest.starts_with(['\n', '#'])) {
            return Err("only a comment may follow the closing quote");
        }
        self.line_end();
        Ok(Some((name, value)))
    }

    fn bare(&mut self) -> String {
        let line = self.line_end();
        let comment = line.char_indices().find(|&(at, c)| c == '#' && (at == 0 || line[..at].ends_with([' ', '\t'])));
        line[..comment.map_or(line.len(), |(at, _)| at)].trim().to_owned()
    }

    fn single_quoted(&mut self) -> Result<String, &'static str> {
        let inside = &self.rest[1..];
        let end = inside.find('\'').ok_or("the quote is never closed")?;
        self.advance(end + 2);
        Ok(inside[..end].to_owned())
    }

    fn double_quoted(&mut self) -> Result<String, &'static str> {
        let mut value = String::new();
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.advance(at + 2);
                    return Ok(value);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, c @ ('"' | '\\' | '$' | '\''))) => value.push(c),
                    Some((_, other)) => value.extend(['\\', other]),
                    None => break,
                },
                c => value.push(c),
            }
        }
        Err("the quote is never closed")
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
    }

    /// Takes the rest of the line, its end included.
    fn line_end(&mut self) -> &'a str {
        let line = self.rest.split('\n').next().unwrap_or_default();
        self.advance((line.len() + 1).min(self.rest.len()));
        line
    }

    fn advance(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
